import Crypto
import Foundation
import HealthModel
import SwiftASN1
import X509

/// A root and an intermediate certificate that sign the lab's leaves.
///
/// All leaves share one key: the lab starts fast, and nothing of it leaves loopback.
struct CertificateAuthority {
    /// The lifetime of a leaf, as common authorities give it.
    static let leafLifetime = Duration.seconds(90 * 86_400)
    private static let day = Duration.seconds(86_400)

    /// The self-signed root.
    let root: X509.Certificate
    /// The certificate that signs the leaves.
    let intermediate: X509.Certificate
    private let rootKey: X509.Certificate.PrivateKey
    private let intermediateKey: X509.Certificate.PrivateKey

    /// Mints an authority that is valid from a year before `now` to several years after it.
    ///
    /// - Throws: What swift-certificates throws when it cannot encode or sign.
    init(commonName: String, now: Timestamp) throws {
        rootKey = X509.Certificate.PrivateKey(P256.Signing.PrivateKey())
        intermediateKey = X509.Certificate.PrivateKey(P256.Signing.PrivateKey())
        let rootName = try Self.name("\(commonName) root", organisation: commonName)
        root = try Self.certificate(
            subject: rootName, publicKey: rootKey.publicKey, issuer: rootName, issuerKey: rootKey,
            validity: (now - Self.day * 366)...(now + Self.day * 3650),
            extensions: Self.authorityExtensions(of: rootKey.publicKey, issuer: rootKey.publicKey))
        intermediate = try Self.certificate(
            subject: Self.name("\(commonName) intermediate", organisation: commonName),
            publicKey: intermediateKey.publicKey, issuer: rootName, issuerKey: rootKey,
            validity: (now - Self.day * 366)...(now + Self.day * 1830),
            extensions: Self.authorityExtensions(
                of: intermediateKey.publicKey, issuer: rootKey.publicKey))
    }

    /// Vouches for the root of another authority: a second path for what that one signed.
    func crossSigned(
        _ other: CertificateAuthority, validity: ClosedRange<Timestamp>
    ) throws -> X509.Certificate {
        try Self.certificate(
            subject: other.root.subject, publicKey: other.root.publicKey, issuer: root.subject,
            issuerKey: rootKey, validity: validity,
            extensions: Self.authorityExtensions(
                of: other.root.publicKey, issuer: rootKey.publicKey))
    }

    /// Mints a leaf for one host name.
    func leaf(
        for name: String, validity: ClosedRange<Timestamp>, publicKey: X509.Certificate.PublicKey
    ) throws -> X509.Certificate {
        try Self.certificate(
            subject: Self.name(name), publicKey: publicKey, issuer: intermediate.subject,
            issuerKey: intermediateKey, validity: validity,
            extensions: Self.leafExtensions(
                for: name, publicKey: publicKey, issuer: intermediateKey.publicKey))
    }

    /// Mints a leaf that is signed with its own key.
    static func selfSigned(
        for name: String, validity: ClosedRange<Timestamp>, key: X509.Certificate.PrivateKey
    ) throws -> X509.Certificate {
        let subject = try Self.name(name)
        return try certificate(
            subject: subject, publicKey: key.publicKey, issuer: subject, issuerKey: key,
            validity: validity,
            extensions: leafExtensions(for: name, publicKey: key.publicKey, issuer: key.publicKey))
    }

    private static func name(
        _ commonName: String, organisation: String = "Vitaal lab"
    ) throws -> DistinguishedName {
        // RFC 5280 appendix A.1 limits a common name to 64 characters; the SAN has it whole.
        try DistinguishedName {
            OrganizationName(organisation)
            CommonName(String(commonName.prefix(64)))
        }
    }

    private static func certificate(
        subject: DistinguishedName, publicKey: X509.Certificate.PublicKey,
        issuer: DistinguishedName, issuerKey: X509.Certificate.PrivateKey,
        validity: ClosedRange<Timestamp>, extensions: X509.Certificate.Extensions
    ) throws -> X509.Certificate {
        try X509.Certificate(
            version: .v3, serialNumber: X509.Certificate.SerialNumber(), publicKey: publicKey,
            notValidBefore: date(validity.lowerBound), notValidAfter: date(validity.upperBound),
            issuer: issuer, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: extensions, issuerPrivateKey: issuerKey)
    }

    /// Certificates count whole seconds.
    private static func date(_ instant: Timestamp) -> Date {
        Date(timeIntervalSince1970: Double(instant.seconds))
    }

    private static func authorityExtensions(
        of publicKey: X509.Certificate.PublicKey, issuer: X509.Certificate.PublicKey
    ) throws -> X509.Certificate.Extensions {
        try X509.Certificate.Extensions {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            SubjectKeyIdentifier(hash: publicKey)
            AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: issuer).keyIdentifier)
        }
    }

    private static func leafExtensions(
        for name: String, publicKey: X509.Certificate.PublicKey, issuer: X509.Certificate.PublicKey
    ) throws -> X509.Certificate.Extensions {
        try X509.Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            Critical(KeyUsage(digitalSignature: true))
            try ExtendedKeyUsage([.serverAuth])
            SubjectAlternativeNames([.dnsName(name)])
            SubjectKeyIdentifier(hash: publicKey)
            AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: issuer).keyIdentifier)
        }
    }
}
