import COpenSSL
import HealthModel
import LabTLS

/// A root and an intermediate certificate that sign the lab's leaves.
///
/// All leaves share one key: the lab starts fast, and nothing of it leaves loopback.
struct CertificateAuthority {
    /// The lifetime of a leaf, as common authorities give it.
    static let leafLifetime = Duration.seconds(90 * 86_400)
    private static let day = Duration.seconds(86_400)
    /// Both ends of a path name the key, as public authorities have it (RFC 5280 §4.2.1.1).
    private static let keyIdentifiers: [(number: CInt, value: String)] = [
        (NID_subject_key_identifier, "hash"), (NID_authority_key_identifier, "keyid"),
    ]

    /// The self-signed root.
    let root: MintedIdentity
    /// The certificate that signs the leaves.
    let intermediate: MintedIdentity
    private let name: String

    /// Mints an authority that is valid from a year before `now` to several years after it.
    ///
    /// - Throws: `LabTLSError`.
    init(commonName: String, now: Timestamp) throws {
        name = commonName
        root = try Minting.mint(Self.wish("\(commonName) root", of: commonName, 3650, now: now))
        intermediate = try Minting.mint(
            Self.wish("\(commonName) intermediate", of: commonName, 1830, now: now), issuer: root)
    }

    /// Vouches for the root of another authority: a second path for what that one signed.
    func crossSigned(_ other: CertificateAuthority, now: Timestamp) throws -> MintedIdentity {
        var wish = Self.wish("\(other.name) root", of: other.name, 1830, now: now)
        wish.pair = other.root
        return try Minting.mint(wish, issuer: root)
    }

    /// Mints a leaf for one host name, with the key of `pair`.
    func leaf(
        for name: String, validity: ClosedRange<Timestamp>, pair: MintedIdentity
    ) throws -> MintedIdentity {
        try Minting.mint(
            Self.leafWish(for: name, validity: validity, pair: pair), issuer: intermediate)
    }

    /// Mints a leaf that is signed with its own key, the key of `pair`.
    static func selfSigned(
        for name: String, validity: ClosedRange<Timestamp>, pair: MintedIdentity
    ) throws -> MintedIdentity {
        try Minting.mint(leafWish(for: name, validity: validity, pair: pair))
    }

    private static func wish(
        _ commonName: String, of organisation: String, _ days: Int, now: Timestamp
    ) -> CertificateWish {
        var wish = CertificateWish(
            names: nil, notBefore: now - day * 366, notAfter: now + day * days)
        wish.commonName = commonName
        wish.organisation = organisation
        wish.isAuthority = true
        wish.extra = keyIdentifiers
        return wish
    }

    private static func leafWish(
        for name: String, validity: ClosedRange<Timestamp>, pair: MintedIdentity
    ) -> CertificateWish {
        var wish = CertificateWish(
            names: "DNS:\(name)", notBefore: validity.lowerBound, notAfter: validity.upperBound)
        // RFC 5280 appendix A.1 limits a common name to 64 characters; the names have it whole.
        wish.commonName = String(name.prefix(64))
        wish.organisation = "Vitaal lab"
        wish.extra =
            [
                (NID_key_usage, "critical,digitalSignature"), (NID_ext_key_usage, "serverAuth"),
            ] + keyIdentifiers
        wish.pair = pair
        return wish
    }
}
