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

    /// The certificate shown when the server asks for one; nil shows none.
    ///
    /// With one, a bad verdict ends the handshake before anything of it is sent. Set it before the
    /// handshake begins.
    public var clientIdentity: ClientIdentity?

    private let host: String
    private let isAddress: Bool
    private let trustStore: TrustStore
    private let certificates: CertificateReader
    private let verdicts: VerdictCache
    private let revocationLists: RevocationLists?
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
    ///   - revocationLists: the lists at hand; nil when none were sought.
    ///   - verificationTime: the instant at which validity is judged.
    ///   - onEvent: called on the connection's thread, inside libcurl: it must not call libcurl.
    public init(
        host: String, isAddress: Bool, trustStore: TrustStore, certificates: CertificateReader,
        verdicts: VerdictCache, revocationLists: RevocationLists? = nil,
        verificationTime: Timestamp, onEvent: @escaping (Event) -> Void
    ) {
        self.host = host.hasSuffix(".") ? String(host.dropLast()) : host
        record.host = self.host
        self.isAddress = isAddress
        self.trustStore = trustStore
        self.certificates = certificates
        self.verdicts = verdicts
        self.revocationLists = revocationLists
        self.verificationTime = verificationTime
        self.onEvent = onEvent
    }

    /// Whether versions and suites are offered that no client of today offers.
    ///
    /// Set before `install`. A second look at a server that refused the first: what it speaks is
    /// described, never approved.
    public var isTolerant = false

    /// Installs the capture in a connection's SSL_CTX (CURLOPT_SSL_CTX_FUNCTION(3)).
    ///
    /// The context keeps an unretained reference: the capture must live as long as the transfer.
    public func install(in context: OpaquePointer) {
        SSL_CTX_set1_cert_store(context, trustStore.store)
        SSL_CTX_set_ex_data(
            context, Self.captureIndex, Unmanaged.passUnretained(self).toOpaque())
        Self.prepare(context)
        if isTolerant { offerEverything(in: context) }
    }

    /// Attaches the capture to one connection of a prepared context that others share.
    ///
    /// The connection keeps an unretained reference: the capture must outlive it.
    public func attach(to ssl: OpaquePointer) {
        SSL_set_ex_data(
            ssl, Self.connectionIndex, Unmanaged.passUnretained(self).toOpaque())
        _ = shim_set_verify_store(ssl, trustStore.store)
    }

    /// Prepares a context whose connections each have a capture attached or installed.
    public static func prepare(_ context: OpaquePointer) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        SSL_CTX_set_cert_verify_callback(
            context,
            { storeContext, _ in
                guard let storeContext, let capture = HandshakeCapture.of(verifying: storeContext)
                else { return 0 }
                capture.verify(storeContext)
                guard capture.mayContinue else {
                    X509_STORE_CTX_set_error(
                        storeContext, X509_V_ERR_APPLICATION_VERIFICATION)
                    return 0
                }
                return 1
            }, nil)
        SSL_CTX_set_info_callback(context) { ssl, position, value in
            guard let ssl, let capture = HandshakeCapture.of(ssl) else { return }
            capture.note(position: position, value: value, of: ssl)
        }
        // Called when the server has asked for a certificate, in TLS 1.3 before its own is seen:
        // what is set here is sent only after the verdict.
        SSL_CTX_set_cert_cb(
            context,
            { ssl, _ in
                guard let ssl, let capture = HandshakeCapture.of(ssl) else { return 1 }
                capture.isClientCertificateRequested = true
                return capture.clientIdentity?.present(on: ssl) ?? true ? 1 : 0
            }, nil)
        _ = shim_request_ocsp_staple(context)
        // In TLS 1.2 the staple comes after the certificate; here it has come in all versions.
        _ = shim_on_ocsp_staple(context) { ssl, _ in
            guard let capture = HandshakeCapture.of(ssl) else { return 1 }
            capture.readStaple(of: ssl)
            return capture.mayContinue ? 1 : 0
        }
        _ = shim_set_maximum_chain_bytes(context, Limits.chainBytes)
        _ = shim_disable_session_cache(context)
        // Many servers close without close_notify. The length of the HTTP message tells whether
        // anything was cut off, so such an end is no error by itself.
        SSL_CTX_set_options(context, shim_ignore_unexpected_eof())
    }

    private func offerEverything(in context: OpaquePointer) {
        SSL_CTX_set_security_level(context, 0)
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_VERSION), nil)
        // Nothing is lost when the library has none of them left: TLS 1.3 has a list of its own.
        SSL_CTX_set_cipher_list(context, "ALL:COMPLEMENTOFALL:@SECLEVEL=0")
        SSL_CTX_set_options(context, shim_allow_legacy_servers())
    }

    private static let captureIndex: CInt = shim_new_context_index()
    private static let connectionIndex: CInt = shim_new_connection_index()

    private static func of(_ ssl: OpaquePointer) -> HandshakeCapture? {
        let attached = SSL_get_ex_data(ssl, connectionIndex)
        guard
            let raw = attached
                ?? SSL_get_SSL_CTX(ssl).flatMap({ SSL_CTX_get_ex_data($0, captureIndex) })
        else { return nil }
        return Unmanaged<HandshakeCapture>.fromOpaque(raw).takeUnretainedValue()
    }

    private static func of(verifying storeContext: OpaquePointer) -> HandshakeCapture? {
        X509_STORE_CTX_get_ex_data(storeContext, SSL_get_ex_data_X509_STORE_CTX_idx())
            .flatMap { of(OpaquePointer($0)) }
    }

    /// A bad certificate is described to the end, unless a secret is at stake.
    private var mayContinue: Bool { clientIdentity == nil || record.verdict == nil }

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
    }

    private func readStaple(of ssl: OpaquePointer) {
        var bytes: UnsafePointer<UInt8>?
        let count = shim_ocsp_staple(ssl, &bytes)
        guard count > 0, let bytes else { return }
        record.staple = .invalid
        guard let leaf = SSL_get0_peer_certificate(ssl), let issuer = issuer(of: leaf, in: ssl)
        else { return }
        defer { X509_free(issuer) }
        record.staple = OCSPStaple.status(
            of: UnsafeBufferPointer(start: bytes, count: count), leaf: leaf, issuer: issuer,
            at: verificationTime)
        guard record.staple == .revoked, record.verdict == nil else { return }
        record.errors.append(
            VerificationError(
                depth: 0, number: Int(X509_V_ERR_CERT_REVOKED),
                code: ChainVerdict.code(of: Int(X509_V_ERR_CERT_REVOKED))))
        record.verdict = ChainVerdict.reason(for: record.errors)
    }

    /// The issuer among the certificates sent, else among the trusted ones; the caller frees it.
    private func issuer(of leaf: OpaquePointer, in ssl: OpaquePointer) -> OpaquePointer? {
        if let sent = SSL_get_peer_cert_chain(ssl) {
            for index in 0..<min(Int(shim_certificate_count(sent)), Limits.chainCertificates) {
                guard let one = shim_certificate(sent, CInt(index)), X509_cmp(one, leaf) != 0,
                    X509_check_issued(one, leaf) == X509_V_OK, X509_up_ref(one) == 1
                else { continue }
                return one
            }
        }
        guard let context = X509_STORE_CTX_new() else { return nil }
        defer { X509_STORE_CTX_free(context) }
        var found: OpaquePointer?
        guard X509_STORE_CTX_init(context, trustStore.store, leaf, nil) == 1,
            X509_STORE_CTX_get1_issuer(&found, context, leaf) == 1
        else { return nil }
        return found
    }

    /// Stands in for X509_verify_cert: judges the chain with libssl's own context and keeps
    /// everything it says, or takes the verdict on the same chain from before.
    private func verify(_ storeContext: OpaquePointer) {
        let sent = X509_STORE_CTX_get0_untrusted(storeContext)
        record.chainSent = certificates.read(sent, limit: Limits.chainCertificates)
        let isWholeChainRead = Int(shim_certificate_count(sent)) == record.chainSent.count
        let key = VerdictCache.Key(
            chain: record.chainSent.map(\.fingerprintSHA256), host: host,
            store: trustStore.identity,
            lists: revocationLists?.identity(for: record.chainSent) ?? "")
        if isWholeChainRead, let known = verdicts.verdict(for: key, at: verificationTime) {
            return take(known)
        }
        let verifier = PathVerifier(
            trustStore: trustStore, name: isAddress ? ServerName(host) : .dnsName(host),
            instant: verificationTime, revocationLists: revocationLists)
        let verdict = verifier.verify(storeContext, certificates: certificates)
        take(verdict)
        if isWholeChainRead && verdict.verdict == nil {
            verdicts.store(
                verdict, for: key, at: verificationTime,
                boundaries: revocationLists?.boundaries(for: record.chainSent) ?? [])
        }
    }

    private func take(_ verdict: PathVerdict) {
        record.chainBuilt = verdict.path
        record.errors = verdict.errors
        record.isNameMatching = verdict.isNameMatching
        record.verdict = verdict.verdict
        record.pathWarnings = verdict.warnings
        record.revocation = verdict.revocation
    }
}
