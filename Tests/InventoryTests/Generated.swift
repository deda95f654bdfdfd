import Crypto
import Foundation
import HealthModel
import Inventory
import SwiftASN1
import TLSInspection
import X509

/// Authorities and leaves made for a test, with swift-certificates.
struct Generated {
    static let now = Timestamp(seconds: 1_795_000_000)
    static let day = Duration.seconds(86_400)

    /// A key and the certificate that goes with it.
    struct Authority {
        var key: X509.Certificate.PrivateKey
        var certificate: X509.Certificate

        func der() throws -> [UInt8] { try Generated.der(certificate) }

        func pem() throws -> String { try certificate.serializeAsPEM().pemString + "\n" }
    }

    /// One key for all leaves: what differs is the certificate.
    let leafKey = X509.Certificate.PrivateKey(P256.Signing.PrivateKey())

    func root(_ name: String) throws -> Authority {
        let key = X509.Certificate.PrivateKey(P256.Signing.PrivateKey())
        let certificate = try Self.certificate(
            name, issuer: name, key: key.publicKey, signer: key, isAuthority: true)
        return Authority(key: key, certificate: certificate)
    }

    /// A certificate for an authority's name and key, signed by another.
    func intermediate(
        _ name: String, by issuer: Authority, organisation: String? = nil,
        key: X509.Certificate.PrivateKey? = nil
    ) throws -> Authority {
        let key = key ?? X509.Certificate.PrivateKey(P256.Signing.PrivateKey())
        let certificate = try Self.certificate(
            name, issuer: Self.commonName(issuer.certificate), key: key.publicKey,
            signer: issuer.key, isAuthority: true)
        return Authority(key: key, certificate: certificate)
    }

    func leaf(
        _ host: String, by issuer: Authority, notBefore: Timestamp = now - day * 10
    ) throws -> [UInt8] {
        try Self.der(
            Self.certificate(
                host, issuer: Self.commonName(issuer.certificate), key: leafKey.publicKey,
                signer: issuer.key, isAuthority: false, notBefore: notBefore))
    }

    static func commonName(_ certificate: X509.Certificate) -> String {
        let text = "\(certificate.subject)"
        return String(text.split(separator: ",").first?.dropFirst("CN=".count) ?? "")
    }

    static func der(_ certificate: X509.Certificate) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }

    private static func certificate(
        _ subject: String, issuer: String, key: X509.Certificate.PublicKey,
        signer: X509.Certificate.PrivateKey, isAuthority: Bool,
        notBefore: Timestamp = now - day * 10
    ) throws -> X509.Certificate {
        func name(_ text: String) throws -> DistinguishedName {
            try DistinguishedName { CommonName(text) }
        }
        return try X509.Certificate(
            version: .v3, serialNumber: X509.Certificate.SerialNumber(), publicKey: key,
            notValidBefore: Date(timeIntervalSince1970: Double(notBefore.seconds)),
            notValidAfter: Date(timeIntervalSince1970: Double((now + day * 80).seconds)),
            issuer: name(issuer), subject: name(subject), signatureAlgorithm: .ecdsaWithSHA256,
            extensions: X509.Certificate.Extensions {
                if isAuthority {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                    Critical(KeyUsage(keyCertSign: true))
                } else {
                    SubjectAlternativeNames([.dnsName(subject)])
                }
            }, issuerPrivateKey: signer)
    }

    /// The facts of certificates in DER.
    static func facts(_ encodings: [[UInt8]]) -> [HealthModel.Certificate] {
        let pool = CertificatePool(der: encodings)
        let reader = CertificateReader()
        return encodings.indices.compactMap { pool.facts($0, by: reader) }
    }

    static func observation(
        _ chain: [HealthModel.Certificate], endpoint: String = "e", host: String = "a.example",
        address: String = "192.0.2.1", verdict: Reason? = nil, at: Timestamp = now
    ) -> CertificateObservation? {
        CertificateObservation(
            endpoint: EndpointID(endpoint), service: ServiceID("s"), host: host, address: address,
            chain: chain, verdict: verdict, store: "roots.pem", at: at)
    }
}

/// A directory that goes with its last reference.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "vitaal-inventory-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
