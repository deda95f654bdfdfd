import COpenSSL
import CProbeShims
import HealthModel
import Synchronization

// Safety: an SSL_CTX that is no longer changed may be used from any thread (SSL_CTX_new(3)).
/// How a server of the lab or of a test speaks TLS.
///
/// It is told what to do before its first connection and may then be used from any thread.
public final class TLSServerContext: @unchecked Sendable {
    let context: OpaquePointer
    private var unnamed: MintedIdentity?
    private var staple: [UInt8] = []
    private let subjects = Mutex<[String]>([])

    /// The common names of all certificates that clients have shown.
    public var clientSubjects: [String] { subjects.withLock { $0 } }

    /// Shows `identity` and `chain` after it.
    ///
    /// - Throws: `LabTLSError` when OpenSSL takes one of them for unusable.
    public convenience init(identity: MintedIdentity, chain: [MintedIdentity] = []) throws {
        try self.init(
            certificate: identity.certificate, key: identity.key, chain: chain.map(\.certificate))
    }

    /// Shows `certificate` and `chain`, whatever they are; references of its own are taken.
    ///
    /// - Throws: `LabTLSError` when OpenSSL takes one of them for unusable.
    public init(certificate: OpaquePointer, key: OpaquePointer, chain: [OpaquePointer]) throws {
        guard let context = SSL_CTX_new(TLS_server_method()) else { throw LabTLSError() }
        self.context = context
        // Debian's level 2 refuses to serve the weak keys that the lab and tests are about.
        SSL_CTX_set_security_level(context, 0)
        guard SSL_CTX_use_certificate(context, certificate) == 1,
            SSL_CTX_use_PrivateKey(context, key) == 1
        else { throw LabTLSError() }
        for link in chain {
            // 1 asks for a reference of its own (SSL_CTX_add1_chain_cert(3)).
            let number = SSL_CTX_ctrl(
                context, SSL_CTRL_CHAIN_CERT, 1, UnsafeMutableRawPointer(link))
            guard number == 1 else { throw LabTLSError() }
        }
    }

    deinit { SSL_CTX_free(context) }

    /// Speaks these versions only, such as `TLS1_VERSION` to `TLS1_2_VERSION`.
    public func limit(to versions: ClosedRange<CInt>) {
        SSL_CTX_ctrl(
            context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(versions.upperBound), nil)
        SSL_CTX_ctrl(
            context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(versions.lowerBound), nil)
    }

    /// Speaks these suites only, in OpenSSL's spelling, and TLS 1.2 only.
    ///
    /// - Throws: `LabTLSError` when OpenSSL has none of them.
    public func limit(toSuites suites: String) throws {
        limit(to: TLS1_2_VERSION...TLS1_2_VERSION)
        guard SSL_CTX_set_cipher_list(context, suites + ":@SECLEVEL=0") == 1 else {
            throw LabTLSError("suites \(suites)")
        }
    }

    /// Chooses HTTP/1.1 when a client offers it by ALPN (RFC 7301).
    public func chooseHTTP11() {
        SSL_CTX_set_alpn_select_cb(
            context,
            { _, chosen, chosenCount, offered, offeredCount, _ in
                guard let offered,
                    let place = TLSServerContext.placeOfHTTP11(
                        in: UnsafeBufferPointer(start: offered, count: Int(offeredCount)))
                else { return SSL_TLSEXT_ERR_NOACK }
                chosen?.pointee = offered + place.lowerBound
                chosenCount?.pointee = UInt8(place.count)
                return SSL_TLSEXT_ERR_OK
            }, nil)
    }

    /// Where the name `http/1.1` stands in a list of names with their lengths before them.
    private static func placeOfHTTP11(in list: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        var start = 0
        while start < list.count {
            let place = start + 1..<start + 1 + Int(list[start])
            guard place.upperBound <= list.count else { return nil }
            if list[place].elementsEqual("http/1.1".utf8) { return place }
            start = place.upperBound
        }
        return nil
    }

    /// Shows `other` to clients that send no server name.
    public func withoutServerName(show other: MintedIdentity) {
        unnamed = other
        SSL_CTX_set_client_hello_cb(
            context,
            { ssl, _, raw in
                var bytes: UnsafePointer<UInt8>?
                var count = 0
                if let ssl, let raw,
                    SSL_client_hello_get0_ext(
                        ssl, CUnsignedInt(TLSEXT_TYPE_server_name), &bytes, &count) != 1
                {
                    let other = Unmanaged<MintedIdentity>.fromOpaque(raw).takeUnretainedValue()
                    SSL_use_cert_and_key(ssl, other.certificate, other.key, nil, 1)
                }
                return SSL_CLIENT_HELLO_SUCCESS
            }, Unmanaged.passUnretained(other).toOpaque())
    }

    /// Staples an OCSP response in DER to every handshake whose client asks for one.
    public func staple(_ response: [UInt8]) {
        staple = response
        SSL_CTX_set_ex_data(context, Self.index, Unmanaged.passUnretained(self).toOpaque())
        _ = shim_on_ocsp_staple(context) { ssl, _ in
            guard let context = SSL_get_SSL_CTX(ssl),
                let raw = SSL_CTX_get_ex_data(context, TLSServerContext.index)
            else { return SSL_TLSEXT_ERR_NOACK }
            let response = Unmanaged<TLSServerContext>.fromOpaque(raw).takeUnretainedValue().staple
            // libssl frees it with OPENSSL_free.
            guard let copy = CRYPTO_malloc(response.count, nil, 0) else {
                return SSL_TLSEXT_ERR_NOACK
            }
            copy.copyMemory(from: response, byteCount: response.count)
            SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_STATUS_REQ_OCSP_RESP, response.count, copy)
            return SSL_TLSEXT_ERR_OK
        }
    }

    private static let index = shim_new_context_index()

    /// Asks the client for a certificate, which nobody's signature makes good.
    ///
    /// - Parameter isDemanded: Whether a client without one is sent away.
    public func askForClientCertificate(isDemanded: Bool) {
        let demand = isDemanded ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | demand, nil)
    }

    /// Asks for a client certificate and notes what is shown.
    ///
    /// - Parameters:
    ///   - file: The PEM file of the roots that count; nil refuses all.
    ///   - isDemanded: Whether a client without one is sent away.
    /// - Throws: `LabTLSError` when the file cannot be used.
    public func askForClientCertificate(trusting file: String?, isDemanded: Bool = true) throws {
        askForClientCertificate(isDemanded: isDemanded)
        if let file {
            guard SSL_CTX_load_verify_locations(context, file, nil) == 1 else {
                throw LabTLSError(file)
            }
        }
        SSL_CTX_set_session_id_context(context, [1], 1)
        SSL_CTX_set_cert_verify_callback(
            context,
            { storeContext, raw in
                guard let storeContext, let raw else { return 0 }
                Unmanaged<TLSServerContext>.fromOpaque(raw).takeUnretainedValue()
                    .note(X509_STORE_CTX_get0_untrusted(storeContext))
                return X509_verify_cert(storeContext)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func note(_ chain: OpaquePointer?) {
        for index in 0..<shim_certificate_count(chain) {
            guard let chain, let one = shim_certificate(chain, index) else { continue }
            var name = [CChar](repeating: 0, count: 256)
            X509_NAME_get_text_by_NID(
                X509_get_subject_name(one), NID_commonName, &name, CInt(name.count))
            let text = String(
                decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            subjects.withLock { $0.append(text) }
        }
    }

    /// Does the handshake on a connected socket, which may block; nil when it fails.
    ///
    /// - Returns: The connection, an `SSL` that the caller frees.
    public func accept(descriptor: CInt) -> OpaquePointer? {
        guard let ssl = SSL_new(context) else { return nil }
        SSL_set_fd(ssl, descriptor)
        guard SSL_accept(ssl) == 1 else {
            SSL_free(ssl)
            return nil
        }
        return ssl
    }
}
