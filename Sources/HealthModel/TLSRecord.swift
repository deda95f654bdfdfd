/// What one TLS connection showed, also when the certificate is bad or the handshake failed.
public struct TLSRecord: Sendable, Hashable {
    /// Whether the handshake finished.
    ///
    /// When not, later facts are nil or empty.
    public var isHandshakeComplete: Bool
    /// `TLSv1.3`, `TLSv1.2`, …; nil before the handshake finished.
    public var version: String?
    /// The cipher suite by its IANA name; nil before the handshake finished.
    public var cipherSuite: String?
    /// The key exchange group, such as `x25519`; nil when unknown.
    public var group: String?
    /// The protocol agreed in ALPN, such as `h2`; nil when none was.
    public var alpn: String?
    /// Whether the server stapled an OCSP response.
    public var isOCSPStapled: Bool
    /// The certificates as the server sent them, leaf first; at most `Limits.chainCertificates`.
    public var chainSent: [Certificate]
    /// The path from the leaf to the trust anchor as built here; partial when none was found.
    public var chainBuilt: [Certificate]
    /// Every verification error with its depth; empty means that the chain is trusted.
    public var errors: [VerificationError]
    /// Whether the leaf is valid for the host name probed; nil when no certificate was seen.
    public var isNameMatching: Bool?
    /// The verdict on the chain; nil means trusted, or that no certificate was seen.
    public var verdict: Reason?

    /// Makes a record of a connection on which nothing has been seen yet.
    public init() {
        isHandshakeComplete = false
        version = nil
        cipherSuite = nil
        group = nil
        alpn = nil
        isOCSPStapled = false
        chainSent = []
        chainBuilt = []
        errors = []
        isNameMatching = nil
        verdict = nil
    }

    /// The leaf as sent; nil when no certificate was seen.
    public var leaf: Certificate? { chainSent.first }

    /// The first end of validity among the certificates as sent; nil when none was seen.
    public var earliestNotAfterSent: Timestamp? { chainSent.map(\.notAfter).min() }

    /// The first end of validity on the verified path; nil when the chain is not trusted.
    public var earliestNotAfterVerified: Timestamp? {
        verdict == nil ? chainBuilt.map(\.notAfter).min() : nil
    }

    /// The certificate that runs out first on the path that counts: the verified one when there
    /// is one, else the leaf.
    public var runsOutFirst: Certificate? {
        verdict == nil && !chainBuilt.isEmpty
            ? chainBuilt.min { $0.notAfter < $1.notAfter } : leaf
    }
}

/// One verification error of OpenSSL.
public struct VerificationError: Sendable, Hashable {
    /// 0 is the leaf.
    public var depth: Int
    /// The X509_V_ERR_ number.
    public var number: Int
    /// The number's name in lower case without its prefix, such as `cert_has_expired`.
    public var code: String

    /// Makes an error.
    public init(depth: Int, number: Int, code: String) {
        self.depth = depth
        self.number = number
        self.code = code
    }
}

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

    /// Makes the facts of a certificate.
    public init(
        fingerprintSHA256: String, subject: String, issuer: String, serialNumber: String,
        names: [String], nameCount: Int, notBefore: Timestamp, notAfter: Timestamp, key: String,
        signatureAlgorithm: String
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
