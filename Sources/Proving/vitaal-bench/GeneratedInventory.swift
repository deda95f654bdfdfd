import COpenSSL
import Foundation
import HealthModel
import Inventory
import LabTLS
import TLSInspection

/// An inventory as a daemon would have it, of endpoints that three authorities have certified.
struct GeneratedInventory {
    /// Endpoints, each with a certificate of its own.
    var endpoints: Int

    /// Observations handed over at once: what waits for the disk has a limit.
    private static let batch = 1000
    private static let roots = 3
    private static let day = Duration.seconds(86_400)

    /// Writes the inventory and the roots into a data directory and gives the path of the roots.
    func write(to directory: String, now: Timestamp) throws -> String {
        let roots = try (1...Self.roots).map { number in
            try Minting.mint(Self.wish("Bench CA \(number) root", now: now))
        }
        let rootsPath = directory + "/roots.pem"
        try roots.map(\.pem).joined()
            .write(toFile: rootsPath, atomically: true, encoding: .utf8)
        let issuers = try roots.enumerated().map { number, root in
            try Minting.mint(
                Self.wish("Bench CA \(number + 1) intermediate", now: now), issuer: root)
        }
        // The second root vouches for the first one too: a second path for part of the chains.
        var crossWish = Self.wish("Bench CA 1 root", now: now)
        crossWish.pair = roots[0]
        let cross = try Minting.mint(crossWish, issuer: roots[1])
        var recorder = try InventoryRecorder(dataDirectory: directory)
        for start in stride(from: 0, to: endpoints, by: Self.batch) {
            var observations: [CertificateObservation] = []
            for number in start..<min(endpoints, start + Self.batch) {
                let issuer = issuers[number % Self.roots]
                let host = "h\(number).bench.example"
                var wish = Self.wish(host, now: now)
                wish.isAuthority = false
                wish.names = "DNS:\(host)"
                wish.extra = [(NID_ext_key_usage, "serverAuth")]
                wish.pair = roots[0]
                let leaf = try Minting.mint(wish, issuer: issuer)
                let others = [issuer] + (number % 12 == 0 ? [cross] : [])
                let chain = CertificatePool(der: ([leaf] + others).map(\.der))
                let reader = CertificateReader()
                let observation = CertificateObservation(
                    endpoint: EndpointID("e\(number)"), service: ServiceID("s\(number)"),
                    host: host, address: "192.0.2.1",
                    chain: (0..<chain.count).compactMap { chain.facts($0, by: reader) },
                    verdict: nil, store: rootsPath, at: now)
                if let observation { observations.append(observation) }
            }
            recorder.note(observations)
            if let notice = recorder.write(at: now).first { throw BenchError("\(notice)") }
        }
        return rootsPath
    }

    /// An authority's wish.
    private static func wish(_ commonName: String, now: Timestamp) -> CertificateWish {
        var wish = CertificateWish(names: nil, notBefore: now - day * 30, notAfter: now + day * 60)
        wish.commonName = commonName
        wish.isAuthority = true
        return wish
    }
}
