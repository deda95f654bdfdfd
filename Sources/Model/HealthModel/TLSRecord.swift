/// What one TLS connection showed, also when the certificate is bad or the handshake failed.
public struct TLSRecord: Sendable, Hashable {
    /// The name or address that was asked for; nil when none was.
    public var host: String?
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
    /// What the OCSP response says that the server stapled.
    public var staple: StapleStatus
    /// The certificates as the server sent them, leaf first; at most `Limits.chainCertificates`.
    public var chainSent: [Certificate]
    /// The path from the leaf to the trust anchor as built here; partial when none was found.
    public var chainBuilt: [Certificate]
    /// What is worth mending about how the path was found, whatever the verdict.
    public var pathWarnings: [PathWarning]
    /// What the revocation lists say of each certificate of `chainBuilt` but the last; empty when
    /// none were looked at.
    public var revocation: [RevocationStatus]
    /// Every verification error with its depth; empty means that the chain is trusted.
    public var errors: [VerificationError]
    /// Whether the leaf is valid for the host name probed; nil when no certificate was seen.
    public var isNameMatching: Bool?
    /// The verdict on the chain; nil means trusted, or that no certificate was seen.
    public var verdict: Reason?

    /// Makes a record of a connection on which nothing has been seen yet.
    public init() {
        host = nil
        isHandshakeComplete = false
        version = nil
        cipherSuite = nil
        group = nil
        alpn = nil
        staple = .none
        chainSent = []
        chainBuilt = []
        pathWarnings = []
        revocation = []
        errors = []
        isNameMatching = nil
        verdict = nil
    }

    /// Whether the server stapled an OCSP response, good or bad.
    public var isOCSPStapled: Bool { staple != .none }

    /// What the lists say of the certificate of the path of which they say the worst; nil when
    /// none were looked at.
    public var worstRevocation: RevocationStatus? {
        [.revoked, .stale, .unavailable, .good, .none].first(where: revocation.contains)
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

    /// The certificate that runs out first of those sent beside the verified path; nil when there
    /// is none, or no verified path.
    public var runsOutFirstBesidePath: Certificate? {
        guard verdict == nil, !chainBuilt.isEmpty else { return nil }
        let path = Set(chainBuilt.map(\.fingerprintSHA256))
        return chainSent.filter { !path.contains($0.fingerprintSHA256) }
            .min { $0.notAfter < $1.notAfter }
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

/// Something about the chain as sent that some clients stumble over.
public enum PathWarning: Sendable, Hashable {
    /// The chain is trusted, but only by clients that try another path after a certificate led
    /// them astray (the shape of AddTrust in 2020 and DST Root CA X3 in 2021).
    ///
    /// `code` says why that certificate is a dead end, as in `VerificationError`. `isSent` is
    /// false when it is a trusted root of ours rather than one that the server sent.
    case needsBacktracking(offender: Certificate, code: String, isSent: Bool)
    /// The issuer of the last certificate of the path was neither sent nor trusted.
    ///
    /// `issuer` is its name in RFC 2253 form; `url` is where the certificate says it can be
    /// fetched (RFC 5280 §4.2.2.1), nil when it does not say.
    case missingIssuer(issuer: String, url: String?)
    /// The root of the path is trusted only for certificates issued no later than `date`, and the
    /// leaf is younger; the reason why it is not trusted.
    case distrustedAfter(root: Certificate, date: Timestamp)
    /// So many paths are possible that not all were tried: the verdict is that of those tried.
    case searchCutShort
}

/// What a stapled OCSP response says of the leaf (RFC 6960).
public enum StapleStatus: String, Sendable, Hashable, CaseIterable {
    /// The server stapled none.
    case none
    /// The leaf is not revoked.
    case good
    /// The leaf is revoked.
    case revoked
    /// It is past its next update, or from later than now.
    case stale
    /// Whoever signed it does not know the leaf.
    case unknown
    /// It cannot be read, is no answer about the leaf, or nobody who may has signed it.
    case invalid
}

/// What revocation lists say about one certificate.
public enum RevocationStatus: String, Sendable, Hashable, CaseIterable {
    /// A current list of its issuer that covers it does not name it.
    case good
    /// A list of its issuer names it.
    case revoked
    /// The only lists that cover it are past their next update, so they no longer say anything.
    case stale
    /// It says where its list is, but no list that may be used was at hand.
    case unavailable
    /// It names no list, and none was at hand; normal for short-lived certificates.
    case none
}
