import COpenSSL
import TLSInspection

/// The SSL_CTX that all connections without HTTP of one loop share.
///
/// libcurl makes one for every connection, which is an eighth of the work of a probe.
final class DoorContext {
    let context: OpaquePointer

    /// Nil when memory is short.
    init?() {
        guard let context = SSL_CTX_new(TLS_client_method()) else { return nil }
        HandshakeCapture.prepare(context)
        self.context = context
    }

    deinit { SSL_CTX_free(context) }
}
