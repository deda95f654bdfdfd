public import HealthModel

/// What kind of failure it is: what decides whether one failure may be the cause of another.
public enum SymptomClass: String, Sendable, Hashable, CaseIterable {
    /// The name cannot be resolved.
    case name
    /// No connection can be made.
    case reach
    /// The certificate is refused.
    case identity
    /// The connection is there, and TLS on it fails for another reason than the certificate.
    case handshake
    /// The server answers wrongly, or not to the end.
    case answer
    /// The answer is not what it should be.
    case content
    /// The server says that it is too busy.
    case busy
}

extension Reason {
    /// The kind of failure; nil for what says nothing of the server.
    public var symptom: SymptomClass? {
        switch self {
        case .dnsNXDomain, .dnsNoAddress, .dnsServfail, .dnsBogus, .timeoutDNS: .name
        case .connectRefused, .connectReset, .connectUnreachable, .connectFailed, .timeoutConnect:
            .reach
        case .startTLSRefused, .startTLSProtocol, .startTLSClosed, .tlsNotTLS, .tlsProtocol,
            .tlsReset, .tlsChainTooLarge, .tlsClientCertificateRequired,
            .tlsClientCertificateRefused, .timeoutTLS:
            .handshake
        case .tlsExpired, .tlsRevoked, .tlsNotYetValid, .tlsHostnameMismatch, .tlsSelfSigned,
            .tlsUntrusted, .tlsIncompleteChain, .tlsWeak, .tlsInvalid:
            .identity
        case .httpStatus, .httpBlocked, .httpProtocol, .httpEmpty, .httpReset, .httpTruncated,
            .httpHeadersTooLarge, .timeoutProcessing, .timeoutTransfer, .tooSlow:
            .answer
        case .redirectLimit, .redirectDomain, .redirectDowngrade, .redirectInvalid,
            .headerMismatch, .bodyMismatch, .bodySize:
            .content
        case .busy: .busy
        case .maintenance, .monitorNoResolver, .monitorNoRoute, .monitorNoDescriptors,
            .monitorNoMemory, .monitorError:
            nil
        }
    }
}

/// What the failure of one thing explains of another; nothing else is ever called its cause.
///
/// The table stands in docs/explain/incidents.md too. A platform, a peer group, a dark service that is
/// inferred and a common cause explain failures of one class only, the same in all of them.
package enum CauseTable {
    /// What a service that needs another one by hard edges shows when that one is out.
    ///
    /// Its name and its certificate are its own.
    static let hard: Set<SymptomClass> = [.reach, .handshake, .answer, .content]
    /// What a service shows that people log in to by another one, when that one is out.
    ///
    /// Its front page stays.
    static let login: Set<SymptomClass> = [.answer, .content]

    /// What services show that share a piece of evidence.
    package static func symptoms(of evidence: SharedEvidence.Kind) -> Set<SymptomClass> {
        switch evidence {
        case .issuer: [.identity]
        case .addressBlock: [.reach]
        case .nameServer: [.name]
        case .redirectHost: Set(SymptomClass.allCases)
        }
    }
}
