import HealthModel

@testable import TLSFindings

let day: Int64 = 86_400

/// 2026-06-01, a day on which 200 days are allowed.
let issued = Timestamp(seconds: 1_780_272_000)
/// Some days later.
let today = issued + .seconds(10 * day)

/// A profile that no rule has anything against.
func soundProfile() -> CertificateProfile {
    var profile = CertificateProfile()
    profile.serialOctets = 16
    profile.commonNames = ["a.test"]
    profile.key = CertificateKey(.ellipticCurve, bits: 256, curve: "secp256r1")
    profile.signature = CertificateSignature(.ellipticCurve, .sha256)
    profile.basicConstraints = BasicConstraints(isAuthority: false)
    profile.keyUsage = .digitalSignature
    profile.extendedKeyUsages = [ExtendedKeyUsage.serverAuthentication]
    profile.policies = ["2.23.140.1.2.1"]
    var names = AlternativeNameFacts()
    names.dnsCount = 1
    profile.alternativeNames = names
    profile.subjectKeyIdentifier = "aa"
    profile.authorityKey = AuthorityKeyFacts(keyIdentifier: "bb")
    profile.issuerURLs = ["http://a.test/ca"]
    profile.revocationListURLs = ["http://a.test/crl"]
    profile.timestamps = ["1", "2", "3"].map {
        SignedCertificateTimestamp(log: $0, instant: issued)
    }
    for identifier in [
        ExtensionIdentifier.keyUsage, ExtensionIdentifier.extendedKeyUsage,
        ExtensionIdentifier.subjectAlternativeName, ExtensionIdentifier.subjectKeyIdentifier,
        ExtensionIdentifier.authorityKeyIdentifier, ExtensionIdentifier.authorityInformationAccess,
    ] { profile.extensions.append(CertificateExtension(identifier: identifier)) }
    return profile
}

/// A certificate with a profile, valid for `seconds` from `from`.
func certificate(
    _ name: String = "leaf", issuer: String = "intermediate", from: Timestamp = issued,
    seconds: Int64 = 90 * day - 1, profile: CertificateProfile? = soundProfile()
) -> Certificate {
    Certificate(
        fingerprintSHA256: name, subject: "CN=\(name)", issuer: "CN=\(issuer)", serialNumber: "01",
        names: [], nameCount: 0, notBefore: from, notAfter: from + .seconds(seconds), key: "key",
        signatureAlgorithm: "", profile: profile)
}

/// An intermediate or root that no rule has anything against.
func authority(
    _ name: String, key: String, issuerKey: String?, isRoot: Bool = false,
    change: (inout CertificateProfile) -> Void = { _ in }
) -> Certificate {
    var profile = CertificateProfile()
    profile.serialOctets = 16
    profile.isSelfIssued = isRoot
    profile.key = CertificateKey(.rsa, bits: 4096)
    profile.signature = CertificateSignature(.rsa, .sha256)
    profile.basicConstraints = BasicConstraints(isAuthority: true, pathLength: 0)
    profile.keyUsage = [.certificateSigning, .revocationListSigning]
    profile.subjectKeyIdentifier = key
    profile.authorityKey = issuerKey.map { AuthorityKeyFacts(keyIdentifier: $0) }
    change(&profile)
    return certificate(
        name, issuer: isRoot ? name : "root", seconds: 3650 * day, profile: profile)
}

let intermediate = authority("intermediate", key: "bb", issuerKey: "cc")
let root = authority("root", key: "cc", issuerKey: nil, isRoot: true)

/// The findings on a leaf that came with its intermediate and was verified.
func judge(
    _ leaf: Certificate, _ rest: [Certificate] = [intermediate, root],
    rules: CertificateRules = .publicWeb,
    change: (inout ConnectionFacts) -> Void = { _ in }
) -> [Finding] {
    var connection = ConnectionFacts(rules: rules, isTrusted: true)
    change(&connection)
    return TLSFindings.judge(
        chainSent: [leaf] + rest.dropLast(), path: [leaf] + rest, connection: connection,
        at: today, isPublicSuffix: { ["test", "co.test"].contains($0) })
}
