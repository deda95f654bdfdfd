import Crypto
import Foundation
import HealthModel
import Inventory
import SwiftASN1
import TLSInspection
import X509

/// An inventory as a daemon would have it, of endpoints that three authorities have certified.
struct GeneratedInventory {
    /// Endpoints, each with a certificate of its own.
    var endpoints: Int

    /// Observations handed over at once: what waits for the disk has a limit.
    private static let batch = 1000
    private static let roots = 3
    private static let day = Duration.seconds(86_400)

    private struct Authority {
        var key: X509.Certificate.PrivateKey
        var certificate: X509.Certificate
    }

    /// Writes the inventory and the roots into a data directory and gives the path of the roots.
    func write(to directory: String, now: Timestamp) throws -> String {
        let roots = try (1...Self.roots).map { number in
            try authority("Bench CA \(number) root", by: nil, now: now)
        }
        let rootsPath = directory + "/roots.pem"
        try roots.map { try $0.certificate.serializeAsPEM().pemString + "\n" }.joined()
            .write(toFile: rootsPath, atomically: true, encoding: .utf8)
        let issuers = try roots.enumerated().map { number, root in
            try authority("Bench CA \(number + 1) intermediate", by: root, now: now)
        }
        // The second root vouches for the first one too: a second path for part of the chains.
        let cross = try certificate(
            "Bench CA 1 root", key: roots[0].key.publicKey, by: roots[1], now: now)
        let leafKey = X509.Certificate.PrivateKey(P256.Signing.PrivateKey())
        var recorder = try InventoryRecorder(dataDirectory: directory)
        for start in stride(from: 0, to: endpoints, by: Self.batch) {
            var observations: [CertificateObservation] = []
            for number in start..<min(endpoints, start + Self.batch) {
                let issuer = issuers[number % Self.roots]
                let leaf = try certificate(
                    "h\(number).bench.example", key: leafKey.publicKey, by: issuer, now: now,
                    isAuthority: false)
                let others = [issuer.certificate] + (number % 12 == 0 ? [cross] : [])
                let chain = CertificatePool(der: try ([leaf] + others).map(Self.encoded))
                let reader = CertificateReader()
                let observation = CertificateObservation(
                    endpoint: EndpointID("e\(number)"), service: ServiceID("s\(number)"),
                    host: "h\(number).bench.example", address: "192.0.2.1",
                    chain: (0..<chain.count).compactMap { chain.facts($0, by: reader) },
                    verdict: nil, store: rootsPath, at: now)
                if let observation { observations.append(observation) }
            }
            recorder.note(observations)
            if let notice = recorder.write(at: now).first { throw BenchError("\(notice)") }
        }
        return rootsPath
    }

    private func authority(
        _ name: String, by issuer: Authority?, now: Timestamp
    ) throws -> Authority {
        let key = X509.Certificate.PrivateKey(P256.Signing.PrivateKey())
        return Authority(
            key: key,
            certificate: try certificate(
                name, key: key.publicKey, by: issuer, ownKey: key, now: now))
    }

    private func certificate(
        _ subject: String, key: X509.Certificate.PublicKey, by issuer: Authority?,
        ownKey: X509.Certificate.PrivateKey? = nil, now: Timestamp, isAuthority: Bool = true
    ) throws -> X509.Certificate {
        let name = try DistinguishedName { CommonName(subject) }
        guard let signer = issuer?.key ?? ownKey else { throw BenchError("no key to sign with") }
        return try X509.Certificate(
            version: .v3, serialNumber: X509.Certificate.SerialNumber(), publicKey: key,
            notValidBefore: Date(timeIntervalSince1970: Double((now - Self.day * 30).seconds)),
            notValidAfter: Date(timeIntervalSince1970: Double((now + Self.day * 60).seconds)),
            issuer: issuer?.certificate.subject ?? name, subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: X509.Certificate.Extensions {
                if isAuthority {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                    Critical(KeyUsage(keyCertSign: true))
                } else {
                    Critical(BasicConstraints.notCertificateAuthority)
                    try ExtendedKeyUsage([.serverAuth])
                    SubjectAlternativeNames([.dnsName(subject)])
                }
            }, issuerPrivateKey: signer)
    }

    private static func encoded(_ certificate: X509.Certificate) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }
}
