/// The facts of one certificate.
public struct Certificate: Sendable, Hashable {
    /// SHA-256 over the DER bytes, in lower-case hexadecimal.
    public var fingerprintSHA256: String
    /// The subject in RFC 2253 form, cut at `Limits.certificateNameBytes`.
    public var subject: String
    /// The issuer in RFC 2253 form, cut at `Limits.certificateNameBytes`.
    public var issuer: String
    /// The serial number in lower-case hexadecimal.
    public var serialNumber: String
    /// DNS names and addresses of the subject alternative name; at most
    /// `Limits.certificateNames`.
    public var names: [String]
    /// How many alternative names there are in all.
    public var nameCount: Int
    /// The first instant of validity.
    public var notBefore: Timestamp
    /// The last instant of validity, inclusive (RFC 5280 §4.1.2.5).
    public var notAfter: Timestamp
    /// The key algorithm and size, such as `RSA 2048` or `EC prime256v1`.
    public var key: String
    /// The signature algorithm, such as `ecdsa-with-SHA256`.
    public var signatureAlgorithm: String
    /// What the certificate says in its extensions and of its key; nil when that was not read.
    ///
    /// Held by reference, so that a chain costs no more to copy for it.
    public var profile: CertificateProfile? {
        get { storedProfile?.value }
        set { storedProfile = newValue.map(StoredProfile.init) }
    }

    /// The certificate as it was sent, in DER; nil when that was not kept.
    ///
    /// Held by reference; at most `Limits.chainBytes`, since a longer message is not read.
    public var der: [UInt8]? {
        get { storedBytes?.value }
        set { storedBytes = newValue.map(StoredBytes.init) }
    }

    private var storedProfile: StoredProfile?
    private var storedBytes: StoredBytes?

    private final class StoredProfile: Sendable, Hashable {
        let value: CertificateProfile

        init(_ value: CertificateProfile) { self.value = value }

        static func == (left: StoredProfile, right: StoredProfile) -> Bool {
            left === right || left.value == right.value
        }
        func hash(into hasher: inout Hasher) { hasher.combine(value) }
    }

    private final class StoredBytes: Sendable, Hashable {
        let value: [UInt8]

        init(_ value: [UInt8]) { self.value = value }

        static func == (left: StoredBytes, right: StoredBytes) -> Bool {
            left === right || left.value == right.value
        }
        func hash(into hasher: inout Hasher) { hasher.combine(value.count) }
    }

    /// Makes the facts of a certificate.
    public init(
        fingerprintSHA256: String, subject: String, issuer: String, serialNumber: String,
        names: [String], nameCount: Int, notBefore: Timestamp, notAfter: Timestamp, key: String,
        signatureAlgorithm: String, profile: CertificateProfile? = nil, der: [UInt8]? = nil
    ) {
        self.fingerprintSHA256 = fingerprintSHA256
        self.subject = subject
        self.issuer = issuer
        self.serialNumber = serialNumber
        self.names = names
        self.nameCount = nameCount
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.key = key
        self.signatureAlgorithm = signatureAlgorithm
        storedProfile = profile.map(StoredProfile.init)
        storedBytes = der.map(StoredBytes.init)
    }

    /// How long the certificate is valid in all.
    public var lifetime: Duration { notAfter - notBefore }

    /// The share of the lifetime left at `now`: 1 when new, 0 at the end, negative after it.
    public func lifetimeLeft(at now: Timestamp) -> Double {
        let lifetime = lifetime.fractionalSeconds
        guard lifetime > 0 else { return now <= notAfter ? 1 : -1 }
        return (notAfter - now).fractionalSeconds / lifetime
    }
}
