import COpenSSL
import CProbeShims
public import HealthModel

/// What one TLS handshake shows, gathered while it runs, whether it succeeds or not.
///
/// The recipe: libcurl verifies nothing; our callback replaces X509_verify_cert, records every
/// error at every depth and lets the handshake finish. So a bad certificate is described, and the
/// HTTP answer behind it is still seen. The verdict is ours.
///
/// Belongs to the thread of its connection. It must outlive the SSL_CTX it is installed in, or be
/// detached by ending the transfer first.
public final class HandshakeCapture {
    /// Names one connection phase change.
    public enum Event: Sendable, Hashable {
        /// The TCP connection stands and the first TLS bytes are about to be sent.
        case started
        /// The handshake has finished.
        case completed
    }

    /// What has been seen so far.
    public private(set) var record = TLSRecord()
    /// Whether a handshake was begun at all.
    public private(set) var isStarted = false
    /// The last alert received from the server (RFC 8446 §6); nil when none but close_notify was.
    public private(set) var alertReceived: Int?
    /// Whether the server asked for a client certificate.
    public private(set) var isClientCertificateRequested = false
    /// The reason number of the first error in OpenSSL's queue when the handshake failed; 0 when
    /// there was none, as when the peer just closed the connection.
    public private(set) var failureReasonNumber: CInt = 0

    private let host: String
    private let isAddress: Bool
    private let trustStore: TrustStore
    private let certificates: CertificateReader
    private let verdicts: VerdictCache
    private let verificationTime: Timestamp
    private let onEvent: (Event) -> Void

    /// Makes a capture for one connection.
    ///
    /// - Parameters:
    ///   - host: the name or address that the certificate must be valid for.
    ///   - isAddress: whether `host` is an address.
    ///   - trustStore: the trusted roots.
    ///   - certificates: the reader of the connection's thread.
    ///   - verdicts: the verdicts known on the connection's thread, for the same trust store.
    ///   - verificationTime: the instant at which validity is judged.
    ///   - onEvent: called on the connection's thread, inside libcurl: it must not call libcurl.
    public init(
        host: String, isAddress: Bool, trustStore: TrustStore, certificates: CertificateReader,
        verdicts: VerdictCache, verificationTime: Timestamp, onEvent: @escaping (Event) -> Void
    ) {
        self.host = host.hasSuffix(".") ? String(host.dropLast()) : host
        self.isAddress = isAddress
        self.trustStore = trustStore
        self.certificates = certificates
        self.verdicts = verdicts
        self.verificationTime = verificationTime
        self.onEvent = onEvent
    }

    /// Installs the capture in a connection's SSL_CTX (CURLOPT_SSL_CTX_FUNCTION(3)).
    ///
    /// The context keeps an unretained reference: the capture must live as long as the transfer.
    public func install(in context: OpaquePointer) {
        let raw = Unmanaged.passUnretained(self).toOpaque()
        SSL_CTX_set1_cert_store(context, trustStore.store)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        SSL_CTX_set_cert_verify_callback(
            context,
            { storeContext, raw in
                guard let storeContext, let raw else { return 0 }
                Unmanaged<HandshakeCapture>.fromOpaque(raw).takeUnretainedValue()
                    .verify(storeContext)
                return 1
            }, raw)
        SSL_CTX_set_ex_data(context, Self.captureIndex, raw)
        SSL_CTX_set_info_callback(context) { ssl, position, value in
            guard let ssl, let capture = HandshakeCapture.of(ssl) else { return }
            capture.note(position: position, value: value, of: ssl)
        }
        SSL_CTX_set_client_cert_cb(context) { ssl, _, _ in
            if let ssl { HandshakeCapture.of(ssl)?.isClientCertificateRequested = true }
            return 0
        }
        _ = shim_request_ocsp_staple(context)
        _ = shim_set_maximum_chain_bytes(context, Limits.chainBytes)
        _ = shim_disable_session_cache(context)
        // Many servers close without close_notify. The length of the HTTP message tells whether
        // anything was cut off, so such an end is no error by itself.
        SSL_CTX_set_options(context, shim_ignore_unexpected_eof())
    }

    private static let captureIndex: CInt = shim_new_context_index()

    private static func of(_ ssl: OpaquePointer) -> HandshakeCapture? {
        guard let context = SSL_get_SSL_CTX(ssl),
            let raw = SSL_CTX_get_ex_data(context, captureIndex)
        else { return nil }
        return Unmanaged<HandshakeCapture>.fromOpaque(raw).takeUnretainedValue()
    }

    private func note(position: CInt, value: CInt, of ssl: OpaquePointer) {
        if position & SSL_CB_ALERT != 0 {
            // The low byte is the description (SSL_CTX_set_info_callback(3)).
            // 0 is close_notify (RFC 8446 §6.1): an orderly end is no complaint.
            let description = Int(value & 0xFF)
            if position & SSL_CB_READ != 0, description != 0 { alertReceived = description }
        } else if position & SSL_CB_HANDSHAKE_START != 0 {
            // TLS 1.3 reports session tickets as further handshakes: only the first counts.
            if !isStarted {
                isStarted = true
                onEvent(.started)
            }
        } else if position & SSL_CB_HANDSHAKE_DONE != 0 {
            if !record.isHandshakeComplete {
                readConnection(ssl)
                onEvent(.completed)
            }
        } else if position & SSL_CB_EXIT != 0, value <= 0, !record.isHandshakeComplete {
            let code = ERR_peek_error()
            if code != 0 && failureReasonNumber == 0 {
                failureReasonNumber = shim_error_reason(code)
            }
        }
    }

    private func readConnection(_ ssl: OpaquePointer) {
        record.isHandshakeComplete = true
        record.version = SSL_get_version(ssl).map { String(cString: $0) }
        record.cipherSuite = shim_cipher_standard_name(ssl).map { String(cString: $0) }
        record.group = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard let base = buffer.baseAddress, shim_group_name(ssl, base, 64) == 1 else {
                return nil
            }
            return String(cString: base)
        }
        var protocolName: UnsafePointer<UInt8>?
        var length: CUnsignedInt = 0
        SSL_get0_alpn_selected(ssl, &protocolName, &length)
        if let protocolName, length > 0 {
            record.alpn = String(
                decoding: UnsafeBufferPointer(start: protocolName, count: Int(length)),
                as: UTF8.self)
        }
        // In TLS 1.2 the staple comes after the certificate, so it is read here.
        record.isOCSPStapled = shim_ocsp_staple_bytes(ssl) > 0
    }

    /// Stands in for X509_verify_cert: judges the chain with libssl's own context and keeps
    /// everything it says, or takes the verdict on the same chain from before.
    private func verify(_ storeContext: OpaquePointer) {
        record.errors.removeAll()
        let sent = X509_STORE_CTX_get0_untrusted(storeContext)
        record.chainSent = certificates.read(sent, limit: Limits.chainCertificates)
        let isWholeChainRead = Int(shim_certificate_count(sent)) == record.chainSent.count
        let key = VerdictCache.Key(chain: record.chainSent.map(\.fingerprintSHA256), host: host)
        if isWholeChainRead, let path = verdicts.path(for: key, at: verificationTime) {
            record.chainBuilt = path
            record.isNameMatching = true
            return
        }
        let isNameSet = prepare(storeContext)
        let isVerified = isNameSet && X509_verify_cert(storeContext) == 1
        record.chainBuilt = certificates.read(
            X509_STORE_CTX_get0_chain(storeContext), limit: Limits.chainCertificates)
        let isNameMatching =
            isNameSet && !record.errors.contains { ChainVerdict.isNameError($0.number) }
        record.isNameMatching = isNameMatching
        if isVerified && record.errors.isEmpty && isNameMatching {
            if isWholeChainRead {
                verdicts.store(path: record.chainBuilt, for: key, at: verificationTime)
            }
        } else {
            record.verdict = ChainVerdict.reason(for: record.errors)
        }
    }

    /// Sets what the chain is judged by; false when `host` cannot be a name in a certificate.
    private func prepare(_ storeContext: OpaquePointer) -> Bool {
        let parameters = X509_STORE_CTX_get0_param(storeContext)
        // libssl sets the level of the connection just before it calls us; 2 is 112 bits.
        X509_VERIFY_PARAM_set_auth_level(parameters, 2)
        // Browsers ignore the common name and partial wildcards; OpenSSL must be told to.
        X509_VERIFY_PARAM_set_hostflags(
            parameters,
            UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
        X509_VERIFY_PARAM_set_time(parameters, time_t(verificationTime.seconds))
        X509_STORE_CTX_set_verify_cb(storeContext) { isGood, storeContext in
            if isGood == 0, let storeContext,
                let raw = X509_STORE_CTX_get_ex_data(
                    storeContext, SSL_get_ex_data_X509_STORE_CTX_idx()),
                let capture = HandshakeCapture.of(OpaquePointer(raw))
            {
                capture.noteError(of: storeContext)
            }
            return 1
        }
        return isAddress
            ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1
            : X509_VERIFY_PARAM_set1_host(parameters, host, 0) == 1
    }

    private func noteError(of storeContext: OpaquePointer) {
        guard record.errors.count < Limits.verificationErrors else { return }
        let number = Int(X509_STORE_CTX_get_error(storeContext))
        if number == Int(X509_V_ERR_CERT_HAS_EXPIRED), isInLastSecond(storeContext) { return }
        let error = VerificationError(
            depth: Int(X509_STORE_CTX_get_error_depth(storeContext)), number: number,
            code: ChainVerdict.code(of: number))
        if !record.errors.contains(error) { record.errors.append(error) }
    }

    /// Whether the certificate looked at ends in this very second.
    ///
    /// OpenSSL calls that expired; RFC 5280 §4.1.2.5 counts notAfter as valid.
    private func isInLastSecond(_ storeContext: OpaquePointer) -> Bool {
        guard let certificate = X509_STORE_CTX_get_current_cert(storeContext),
            let end = X509_get0_notAfter(certificate)
        else { return false }
        return ASN1_TIME_cmp_time_t(end, time_t(verificationTime.seconds)) == 0
    }
}
