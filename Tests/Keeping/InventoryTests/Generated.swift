import Foundation
import HealthModel
import Inventory
import LabTLS
import TLSInspection
import TestSupport

/// Authorities and leaves made for a test.
struct Generated {
    static let now = Timestamp(seconds: 1_795_000_000)
    static let day = Duration.seconds(86_400)

    /// What holds the key of all leaves: what differs is the certificate.
    let leafPair: MintedIdentity

    init() throws { leafPair = try Minting.mint(Self.wish("key of all leaves")) }

    func root(_ name: String) throws -> MintedIdentity { try Minting.mint(Self.wish(name)) }

    /// A certificate for an authority's name, and its key when `pair` has one, signed by another.
    func intermediate(
        _ name: String, by issuer: MintedIdentity, pair: MintedIdentity? = nil
    ) throws -> MintedIdentity {
        var wish = Self.wish(name)
        wish.pair = pair
        return try Minting.mint(wish, issuer: issuer)
    }

    func leaf(
        _ host: String, by issuer: MintedIdentity, notBefore: Timestamp = now - day * 10
    ) throws -> [UInt8] {
        var wish = Self.wish(host)
        wish.isAuthority = false
        wish.names = "DNS:\(host)"
        wish.notBefore = notBefore
        wish.pair = leafPair
        return try Minting.mint(wish, issuer: issuer).der
    }

    private static func wish(_ commonName: String) -> CertificateWish {
        var wish = CertificateWish(
            names: nil, notBefore: now - day * 10, notAfter: now + day * 80)
        wish.commonName = commonName
        wish.isAuthority = true
        return wish
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
