import COpenSSL
import CProbeShims
import LabTLS

/// The client's end of a TLS connection.
final class TLSClient {
    let session: TLSSession
    private let ssl: OpaquePointer

    /// A client that trusts `roots` (PEM) and checks the name; nil accepts everything.
    init(host: String, roots: String?, asksForStaple: Bool, acceptsLegacy: Bool) throws {
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw LabTLSError() }
        // A connection holds a reference to its context.
        defer { SSL_CTX_free(context) }
        if acceptsLegacy {
            SSL_CTX_set_security_level(context, 0)
            SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_VERSION), nil)
            SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0")
            SSL_CTX_set_options(context, shim_allow_legacy_servers())
        } else {
            // 1 takes RSA keys of 1024 bits, so that the test sees what the lab sends.
            SSL_CTX_set_security_level(context, roots == nil ? 1 : 2)
        }
        // Longer chains than libssl takes by default are among the faults.
        _ = shim_set_maximum_chain_bytes(context, 4 * 1024 * 1024)
        if asksForStaple { _ = shim_request_ocsp_staple(context) }
        guard let ssl = SSL_new(context) else { throw LabTLSError() }
        self.ssl = ssl
        session = try TLSSession(owning: ssl)
        SSL_set_connect_state(ssl)
        _ = shim_set_server_name(ssl, host)
        guard let roots else { return }
        SSL_set_verify(ssl, SSL_VERIFY_PEER, nil)
        SSL_set1_host(ssl, host)
        let bytes = Array(roots.utf8)
        guard let store = X509_STORE_new(), let memory = BIO_new_mem_buf(bytes, CInt(bytes.count))
        else { throw LabTLSError() }
        defer {
            X509_STORE_free(store)
            BIO_free(memory)
        }
        while let root = PEM_read_bio_X509(memory, nil, nil, nil) {
            X509_STORE_add_cert(store, root)
            X509_free(root)
        }
        _ = shim_set_verify_store(ssl, store)
    }

    /// Adds what TLS showed.
    func describe(in outcome: inout Exchange) {
        if session.isEstablished {
            outcome.version = SSL_get_version(ssl).map { String(cString: $0) }
        }
        outcome.renegotiations = SSL_ctrl(ssl, SSL_CTRL_GET_TOTAL_RENEGOTIATIONS, 0, nil)
        let chain = SSL_get_peer_cert_chain(ssl)
        outcome.chain = (0..<shim_certificate_count(chain)).compactMap { index in
            chain.flatMap { shim_certificate($0, index) }.map(Self.encoded)
        }
        var response: UnsafePointer<UInt8>?
        let count = shim_ocsp_staple(ssl, &response)
        if count > 0 {
            outcome.staple = Array(UnsafeBufferPointer(start: response, count: Int(count)))
        }
    }

    private static func encoded(_ certificate: OpaquePointer) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(max(0, i2d_X509(certificate, nil))))
        bytes.withUnsafeMutableBufferPointer { buffer in
            var position = buffer.baseAddress
            _ = i2d_X509(certificate, &position)
        }
        return bytes
    }
}
