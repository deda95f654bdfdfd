/// What a certificate says of itself beyond name and dates: key, signature and extensions.
///
/// Read once per certificate. Every list is bounded by a limit of `Limits`; the numbers count what
/// is there in all.
public struct CertificateProfile: Sendable, Hashable {
    /// The version as people count it: 3 for every modern certificate (RFC 5280 §4.1.2.1).
    public var version = 3
    /// Octets of the serial number as encoded, a sign octet included (RFC 5280 §4.1.2.2).
    public var serialOctets = 0
    /// Whether the serial number is zero or negative; both are forbidden (RFC 5280 §4.1.2.2).
    public var isSerialPositive = true
    /// Whether issuer and subject are the same, byte for byte (RFC 5280 §3.2).
    public var isSelfIssued = false
    /// Whether the subject is empty, as in a certificate with alternative names only.
    public var isSubjectEmpty = false
    /// The common names of the subject; at most `Limits.certificateSubjectParts`.
    public var commonNames: [String] = []
    /// The organisations of the subject; at most `Limits.certificateSubjectParts`.
    public var organisations: [String] = []
    /// The organisation of the issuer; nil when its name has none.
    public var issuerOrganisation: String?
    /// The common names that are no alternative name, letter for letter.
    public var commonNamesWithoutAlternative: [String] = []

    /// The public key.
    public var key = CertificateKey()
    /// SHA-256 over the SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) in lower-case hexadecimal.
    public var publicKeySHA256 = ""
    /// How the issuer signed (RFC 5280 §4.1.1.2).
    public var signature = CertificateSignature()

    /// The extensions in their order, at most `Limits.certificateExtensions`.
    public var extensions: [CertificateExtension] = []
    /// Object identifiers of extensions that could not be read although their form is known here.
    public var malformedExtensions: [String] = []

    /// Basic constraints (RFC 5280 §4.2.1.9); nil without the extension.
    public var basicConstraints: BasicConstraints?
    /// Key usage (RFC 5280 §4.2.1.3); nil without the extension.
    public var keyUsage: KeyUsage?
    /// Object identifiers of the extended key usages (RFC 5280 §4.2.1.12); nil without the
    /// extension.
    public var extendedKeyUsages: [String]?
    /// Object identifiers of the certificate policies (RFC 5280 §4.2.1.4).
    public var policies: [String] = []
    /// The alternative names by kind (RFC 5280 §4.2.1.6); nil without the extension.
    public var alternativeNames: AlternativeNameFacts?
    /// Name constraints (RFC 5280 §4.2.1.10); nil without the extension.
    public var nameConstraints: NameConstraintFacts?
    /// The subject key identifier (RFC 5280 §4.2.1.2) in hexadecimal; nil without the extension.
    public var subjectKeyIdentifier: String?
    /// The authority key identifier (RFC 5280 §4.2.1.1); nil without the extension.
    public var authorityKey: AuthorityKeyFacts?
    /// Where the issuer's certificate can be had (RFC 5280 §4.2.2.1); at most
    /// `Limits.certificateAddresses`.
    public var issuerURLs: [String] = []
    /// Where OCSP responses can be had (RFC 5280 §4.2.2.1); at most `Limits.certificateAddresses`.
    public var ocspURLs: [String] = []
    /// Where the revocation list can be had over HTTP (RFC 5280 §4.2.1.13); at most
    /// `Limits.certificateAddresses`.
    public var revocationListURLs: [String] = []
    /// Whether a TLS feature asks for a stapled OCSP response (RFC 7633).
    public var isStapleRequired = false
    /// The embedded timestamps of transparency logs (RFC 6962 §3.3); nil without the extension.
    public var timestamps: [SignedCertificateTimestamp]?

    /// Makes the profile of a version 3 certificate that says nothing.
    public init() {}

    /// Whether an extension with this object identifier is there.
    public func has(_ identifier: String) -> Bool {
        extensions.contains { $0.identifier == identifier }
    }

    /// Whether an extension with this object identifier is there and marked critical.
    public func isCritical(_ identifier: String) -> Bool {
        extensions.contains { $0.identifier == identifier && $0.isCritical }
    }

    /// Whether the certificate says that it belongs to an authority.
    public var isAuthority: Bool { basicConstraints?.isAuthority == true }
}

/// The public key of a certificate (RFC 5280 §4.1.2.7).
public struct CertificateKey: Sendable, Hashable {
    /// The kind of key.
    public var algorithm = KeyAlgorithm.unknown
    /// Bits of the RSA modulus, the DSA prime or the curve; nil when unknown.
    public var bits: Int?
    /// The curve by its name in the TLS registry, such as `secp256r1`, or its object identifier;
    /// nil for keys without one and for explicit parameters.
    public var curve: String?
    /// Whether the curve is spelled out in numbers instead of named (RFC 5480 §2.1.1 forbids it).
    public var isCurveExplicit = false

    /// Makes an unknown key.
    public init() {}

    /// Makes a key of a kind.
    public init(_ algorithm: KeyAlgorithm, bits: Int? = nil, curve: String? = nil) {
        self.algorithm = algorithm
        self.bits = bits
        self.curve = curve
    }
}

/// The kind of a public key.
public enum KeyAlgorithm: String, Sendable, Hashable, CaseIterable {
    case rsa
    case rsaPSS = "rsa_pss"
    case dsa
    case ellipticCurve = "ec"
    case ed25519
    case ed448
    case unknown
}

/// How a certificate is signed.
public struct CertificateSignature: Sendable, Hashable {
    /// The kind of the issuer's key.
    public var algorithm = KeyAlgorithm.unknown
    /// The digest that is signed; nil when unknown and where the algorithm has its own.
    public var digest: SignatureDigest?

    /// Makes an unknown signature.
    public init() {}

    /// Makes a signature of a kind.
    public init(_ algorithm: KeyAlgorithm, _ digest: SignatureDigest? = nil) {
        self.algorithm = algorithm
        self.digest = digest
    }
}

/// A digest used in signatures.
public enum SignatureDigest: String, Sendable, Hashable, CaseIterable {
    case md2
    case md5
    case sha1
    case sha224
    case sha256
    case sha384
    case sha512
}

/// That an extension is there.
public struct CertificateExtension: Sendable, Hashable {
    /// The object identifier in dotted form.
    public var identifier: String
    /// Whether a client that does not know the extension has to refuse the certificate.
    public var isCritical: Bool

    /// Makes an extension.
    public init(identifier: String, isCritical: Bool = false) {
        self.identifier = identifier
        self.isCritical = isCritical
    }
}

/// Basic constraints (RFC 5280 §4.2.1.9).
public struct BasicConstraints: Sendable, Hashable {
    /// Whether the subject is an authority.
    public var isAuthority: Bool
    /// How many intermediates may follow on a path; nil means any number.
    public var pathLength: Int?

    /// Makes constraints.
    public init(isAuthority: Bool, pathLength: Int? = nil) {
        self.isAuthority = isAuthority
        self.pathLength = pathLength
    }
}

/// What a key may be used for (RFC 5280 §4.2.1.3).
public struct KeyUsage: OptionSet, Sendable, Hashable {
    /// Bit n of the extension is bit n here.
    public var rawValue: UInt16

    /// Makes a set from the bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Signatures other than on certificates and revocation lists.
    public static let digitalSignature = KeyUsage(rawValue: 1 << 0)
    /// Encryption of keys, as in TLS with RSA key exchange.
    public static let keyEncipherment = KeyUsage(rawValue: 1 << 2)
    /// Signatures on certificates.
    public static let certificateSigning = KeyUsage(rawValue: 1 << 5)
    /// Signatures on revocation lists.
    public static let revocationListSigning = KeyUsage(rawValue: 1 << 6)
}

/// The alternative names of a certificate, all of them, by kind.
public struct AlternativeNameFacts: Sendable, Hashable {
    /// How many are DNS names.
    public var dnsCount = 0
    /// How many are addresses.
    public var addressCount = 0
    /// How many are of another kind.
    public var otherCount = 0
    /// The DNS names with a wildcard, at most `Limits.certificateNames`.
    public var wildcards: [String] = []
    /// The DNS names with an underscore, at most `Limits.certificateOddNames`.
    public var underscores: [String] = []
    /// The DNS names that are no host name otherwise, at most `Limits.certificateOddNames`.
    public var malformed: [String] = []

    /// Makes the facts of an extension without names.
    public init() {}
}

/// The name constraints of a certificate.
public struct NameConstraintFacts: Sendable, Hashable {
    /// How many subtrees are permitted.
    public var permittedCount = 0
    /// How many subtrees are excluded.
    public var excludedCount = 0
    /// The DNS subtrees of both kinds, at most `Limits.certificateNames`.
    public var dnsSubtrees: [String] = []
    /// Whether a subtree of addresses has a mask with gaps or the wrong length
    /// (RFC 5280 §4.2.1.10).
    public var isAddressMaskInvalid = false

    /// Makes constraints without subtrees.
    public init() {}
}

/// The authority key identifier of a certificate.
public struct AuthorityKeyFacts: Sendable, Hashable {
    /// The key identifier in hexadecimal; nil without that field.
    public var keyIdentifier: String?
    /// Whether the issuer of the authority's certificate is named.
    public var hasIssuer = false
    /// Whether the serial number of the authority's certificate is given.
    public var hasSerialNumber = false

    /// Makes facts with a key identifier only.
    public init(keyIdentifier: String? = nil) { self.keyIdentifier = keyIdentifier }
}

/// A promise of a transparency log (RFC 6962 §3.2).
public struct SignedCertificateTimestamp: Sendable, Hashable {
    /// The log: SHA-256 of its key in lower-case hexadecimal.
    public var log: String
    /// When the log saw the certificate.
    public var instant: Timestamp

    /// Makes a timestamp.
    public init(log: String, instant: Timestamp) {
        self.log = log
        self.instant = instant
    }
}

/// Object identifiers of the extensions that are read.
public enum ExtensionIdentifier {
    /// RFC 5280 §4.2.1.2.
    public static let subjectKeyIdentifier = "2.5.29.14"
    /// RFC 5280 §4.2.1.3.
    public static let keyUsage = "2.5.29.15"
    /// RFC 5280 §4.2.1.6.
    public static let subjectAlternativeName = "2.5.29.17"
    /// RFC 5280 §4.2.1.9.
    public static let basicConstraints = "2.5.29.19"
    /// RFC 5280 §4.2.1.10.
    public static let nameConstraints = "2.5.29.30"
    /// RFC 5280 §4.2.1.13.
    public static let revocationListPoints = "2.5.29.31"
    /// RFC 5280 §4.2.1.4.
    public static let certificatePolicies = "2.5.29.32"
    /// RFC 5280 §4.2.1.1.
    public static let authorityKeyIdentifier = "2.5.29.35"
    /// RFC 5280 §4.2.1.12.
    public static let extendedKeyUsage = "2.5.29.37"
    /// RFC 5280 §4.2.2.1.
    public static let authorityInformationAccess = "1.3.6.1.5.5.7.1.1"
    /// RFC 7633 §4.1.
    public static let tlsFeature = "1.3.6.1.5.5.7.1.24"
    /// RFC 6962 §3.3.
    public static let timestampList = "1.3.6.1.4.1.11129.2.4.2"
}
