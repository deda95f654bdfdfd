/// What is wrong with one host of the lab: a closed list, so that every fault has a test.
public enum Fault: Sendable, Hashable {
    /// Nothing: a page with status 200 and the service's name as its title.
    case up
    /// The connection is accepted and then nothing happens, as with a hanging process.
    case down
    /// Nobody listens: the connection is refused.
    case refused
    /// The connection is reset (TCP RST) in this phase.
    case reset(ResetPhase)
    /// Every answer comes this much later.
    case slow(Duration)
    /// The answer comes at one byte a second.
    case trickle
    /// The certificate expired three days ago.
    case expired
    /// The certificate becomes valid in three days.
    case notYetValid
    /// The certificate is for another name.
    case wrongName
    /// The certificate is signed with its own key.
    case selfSigned
    /// The certificate leads to a root that is not in the lab's CA file.
    case untrusted
    /// The intermediate certificate is not sent.
    case incompleteChain
    /// The chain is larger than 1 MB: the intermediate again and again.
    case hugeChain
    /// The certificate has an RSA key of 1024 bits.
    case weakKey
    /// Nothing newer than TLS 1.1 is spoken.
    case legacyTLS
    /// TLS 1.0 is spoken and nothing else.
    case onlyTLS10
    /// TLS 1.2 without the extension that keeps renegotiation safe (RFC 5746).
    ///
    /// A client that goes on all the same sees the certificate, and the handshake fails at its end.
    case noSecureRenegotiation
    /// TLS 1.2 with another handshake after the request, as servers do that ask for a client
    /// certificate on some paths only.
    case renegotiation
    /// An OCSP response is stapled to the handshake.
    case staple(Staple)
    /// The server demands a certificate of the client.
    case clientCertificate
    /// The certificate is valid, with this share of its lifetime left: over 0, at most 1.
    case expiring(lifetimeLeft: Double)
    /// A page with status 200 that says that too many people are logged in.
    case throttle
    /// A page with status 200 that announces maintenance.
    case maintenance
    /// Status 403.
    case forbidden
    /// Status 429 with this `Retry-After`.
    case tooManyRequests(retryAfter: Duration)
    /// This status, 200 to 599, with a small page.
    case status(Int)
    /// Status 302 to this address.
    case redirect(location: String)
    /// Half of the period up, half of it status 503. Each host has its own phase.
    case flapping(period: Duration)
    /// The name server answers this much later.
    case slowDNS(Duration)
    /// The name server says that the name does not exist.
    case nxdomain
    /// The name server says that it failed.
    case servfail
    /// The name server does not answer.
    case silentDNS
    /// Plain HTTP is spoken on the TLS port.
    case plainHTTP
    /// Bytes without meaning come instead of TLS, or instead of HTTP on the plain port.
    case garbage
    /// Answers as it should, but without HSTS.
    case noHSTS
    /// The response headers never end.
    case endlessHeaders
    /// The response body never ends.
    case endlessBody
    /// The response body ends before its stated length.
    case truncated

    /// When a connection is reset.
    public enum ResetPhase: String, Sendable, Hashable, CaseIterable {
        /// Right after it was accepted.
        case connect
        /// After the first bytes of the TLS handshake.
        case handshake
        /// After the request.
        case request
        /// In the middle of the response body.
        case body
    }

    /// What a stapled OCSP response says.
    public enum Staple: String, Sendable, Hashable, CaseIterable {
        /// The certificate is good.
        case good
        /// The certificate is revoked.
        case revoked
        /// It was good, until two days ago.
        case stale
    }

    /// The spelling of each fault in scenario files.
    public enum Name: String, Sendable, Hashable, CaseIterable {
        case up
        case down
        case refused
        case reset
        case slow
        case trickle
        case expired
        case notYetValid = "not_yet_valid"
        case wrongName = "wrong_name"
        case selfSigned = "self_signed"
        case untrusted
        case incompleteChain = "incomplete_chain"
        case hugeChain = "huge_chain"
        case weakKey = "weak_key"
        case legacyTLS = "legacy_tls"
        case onlyTLS10 = "only_tls_1_0"
        case noSecureRenegotiation = "no_secure_renegotiation"
        case renegotiation
        case staple
        case clientCertificate = "client_certificate"
        case expiring
        case throttle
        case maintenance
        case forbidden
        case tooManyRequests = "too_many_requests"
        case status
        case redirect
        case flapping
        case slowDNS = "slow_dns"
        case nxdomain
        case servfail
        case silentDNS = "silent_dns"
        case plainHTTP = "plain_http"
        case garbage
        case noHSTS = "no_hsts"
        case endlessHeaders = "endless_headers"
        case endlessBody = "endless_body"
        case truncated
    }

    /// The spelling of this fault in scenario files, without its parameter.
    public var name: Name {
        switch self {
        case .up: .up
        case .down: .down
        case .refused: .refused
        case .reset: .reset
        case .slow: .slow
        case .trickle: .trickle
        case .expired: .expired
        case .notYetValid: .notYetValid
        case .wrongName: .wrongName
        case .selfSigned: .selfSigned
        case .untrusted: .untrusted
        case .incompleteChain: .incompleteChain
        case .hugeChain: .hugeChain
        case .weakKey: .weakKey
        case .legacyTLS: .legacyTLS
        case .onlyTLS10: .onlyTLS10
        case .noSecureRenegotiation: .noSecureRenegotiation
        case .renegotiation: .renegotiation
        case .staple: .staple
        case .clientCertificate: .clientCertificate
        case .expiring: .expiring
        case .throttle: .throttle
        case .maintenance: .maintenance
        case .forbidden: .forbidden
        case .tooManyRequests: .tooManyRequests
        case .status: .status
        case .redirect: .redirect
        case .flapping: .flapping
        case .slowDNS: .slowDNS
        case .nxdomain: .nxdomain
        case .servfail: .servfail
        case .silentDNS: .silentDNS
        case .plainHTTP: .plainHTTP
        case .garbage: .garbage
        case .noHSTS: .noHSTS
        case .endlessHeaders: .endlessHeaders
        case .endlessBody: .endlessBody
        case .truncated: .truncated
        }
    }
}
