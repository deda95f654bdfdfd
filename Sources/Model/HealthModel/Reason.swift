/// Why a probe failed: a closed list, so that it can be a metric label and an alert key.
///
/// The raw value is what appears in metrics, JSON and logs. The prefix says which layer failed;
/// `monitor_` reasons are our own fault and never count against a service.
public enum Reason: String, Sendable, Hashable, CaseIterable {
    // Name resolution.
    case dnsNXDomain = "dns_nxdomain"
    case dnsNoAddress = "dns_no_address"
    case dnsServfail = "dns_servfail"
    case dnsBogus = "dns_bogus"
    case timeoutDNS = "timeout_dns"
    // Connection.
    case connectRefused = "connect_refused"
    case connectReset = "connect_reset"
    case connectUnreachable = "connect_unreachable"
    case connectFailed = "connect_failed"
    case timeoutConnect = "timeout_connect"
    // From plain text to TLS.
    case startTLSRefused = "starttls_refused"
    case startTLSProtocol = "starttls_protocol"
    case startTLSClosed = "starttls_closed"
    // TLS handshake.
    case tlsNotTLS = "tls_not_tls"
    case tlsProtocol = "tls_protocol"
    case tlsReset = "tls_reset"
    case tlsChainTooLarge = "tls_chain_too_large"
    case tlsClientCertificateRequired = "tls_client_certificate_required"
    case tlsClientCertificateRefused = "tls_client_certificate_refused"
    case timeoutTLS = "timeout_tls"
    // Certificate verdict.
    case tlsExpired = "tls_expired"
    case tlsRevoked = "tls_revoked"
    case tlsNotYetValid = "tls_not_yet_valid"
    case tlsHostnameMismatch = "tls_hostname_mismatch"
    case tlsSelfSigned = "tls_self_signed"
    case tlsUntrusted = "tls_untrusted"
    case tlsIncompleteChain = "tls_incomplete_chain"
    case tlsWeak = "tls_weak"
    case tlsInvalid = "tls_invalid"
    // HTTP.
    case httpStatus = "http_status"
    case httpBlocked = "http_blocked"
    case httpProtocol = "http_protocol"
    case httpEmpty = "http_empty"
    case httpReset = "http_reset"
    case httpTruncated = "http_truncated"
    case httpHeadersTooLarge = "http_headers_too_large"
    case timeoutProcessing = "timeout_processing"
    case timeoutTransfer = "timeout_transfer"
    case redirectLimit = "redirect_limit"
    case redirectDomain = "redirect_domain"
    case redirectDowngrade = "redirect_downgrade"
    case redirectInvalid = "redirect_invalid"
    // Assertions.
    case headerMismatch = "header_mismatch"
    case bodyMismatch = "body_mismatch"
    case bodySize = "body_size"
    case tooSlow = "too_slow"
    case busy = "busy"
    case maintenance = "maintenance"
    // Our own fault: the endpoint becomes unknown, not down.
    case monitorNoResolver = "monitor_no_resolver"
    case monitorNoRoute = "monitor_no_route"
    case monitorNoDescriptors = "monitor_no_descriptors"
    case monitorNoMemory = "monitor_no_memory"
    case monitorError = "monitor_error"

    /// What a reason says about the endpoint's own state.
    public enum Meaning: Sendable, Hashable {
        /// The endpoint does not do its work.
        case failure
        /// The endpoint answers, slower than asked.
        case slow
        /// The endpoint answers with a page that says it is too busy.
        case busy
        /// The endpoint answers with a page that announces maintenance.
        case maintenance
        /// The endpoint refuses this client; that is not an outage.
        case blocked
        /// The monitor itself could not probe.
        case monitor
    }

    /// What this reason says about the endpoint's own state.
    public var meaning: Meaning {
        switch self {
        case .tooSlow: .slow
        case .busy: .busy
        case .maintenance: .maintenance
        case .httpBlocked: .blocked
        case .monitorNoResolver, .monitorNoRoute, .monitorNoDescriptors, .monitorNoMemory,
            .monitorError:
            .monitor
        default: .failure
        }
    }

    /// True for the reasons that are verdicts on the certificate rather than on the service.
    public var isCertificateVerdict: Bool {
        switch self {
        case .tlsExpired, .tlsRevoked, .tlsNotYetValid, .tlsHostnameMismatch, .tlsSelfSigned,
            .tlsUntrusted, .tlsIncompleteChain, .tlsWeak, .tlsInvalid:
            true
        default: false
        }
    }
}
