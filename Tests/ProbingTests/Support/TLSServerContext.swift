import COpenSSL
import Glibc

/// How a test server speaks TLS.
// Safety: an SSL_CTX that is no longer changed may be used from any thread (SSL_CTX_new(3)).
final class TLSServerContext: @unchecked Sendable {
    private let context: OpaquePointer

    /// Speaks as told: `identity` is sent first and `chain` after it; `version`, such as
    /// TLS1_2_VERSION, is the only one spoken, nil means any.
    init(
        identity: MintedIdentity, chain: [MintedIdentity] = [], version: CInt? = nil,
        demandsClientCertificate: Bool = false
    ) throws {
        guard let context = SSL_CTX_new(TLS_server_method()) else { throw MintingError() }
        self.context = context
        // Debian's level 2 refuses to serve the weak keys that these tests are about.
        SSL_CTX_set_security_level(context, 0)
        if let version { limit(to: version) }
        if demandsClientCertificate {
            SSL_CTX_set_verify(
                context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        }
        guard SSL_CTX_use_certificate(context, identity.certificate) == 1,
            SSL_CTX_use_PrivateKey(context, identity.key) == 1
        else { throw MintingError() }
        for link in chain {
            // 1 asks for a reference of its own (SSL_CTX_add1_chain_cert(3)).
            let number = SSL_CTX_ctrl(
                context, SSL_CTRL_CHAIN_CERT, 1, UnsafeMutableRawPointer(link.certificate))
            guard number == 1 else { throw MintingError() }
        }
    }

    deinit { SSL_CTX_free(context) }

    /// Speaks only this version; before the first connection.
    func limit(to version: CInt) {
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(version), nil)
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(version), nil)
    }

    /// Does the handshake on an accepted socket; nil when it fails.
    func accept(descriptor: CInt) -> OpaquePointer? {
        guard let ssl = SSL_new(context) else { return nil }
        SSL_set_fd(ssl, descriptor)
        guard SSL_accept(ssl) == 1 else {
            SSL_free(ssl)
            return nil
        }
        return ssl
    }
}
