import COpenSSL

/// One end of a TLS connection between two streams of bytes, without a socket: what the other end
/// sent is put in with `receive`, what is to be sent to it is taken with `takeOutput`.
///
/// Not thread-safe: it belongs to whoever moves the bytes. What waits inside is at most what was
/// received and not yet read, and what was written and not yet taken.
public final class TLSSession {
    /// What came of a step.
    public enum Step {
        /// It is done.
        case done
        /// The other end has to send more first.
        case waiting
        /// The other end has said goodbye.
        case ended
        /// The connection is of no use any more; there may be an alert to send.
        case failed(LabTLSError)
    }

    /// Bytes read at a time: the largest record (RFC 8446 §5.1).
    private static let readBytes = 16 * 1024

    private let ssl: OpaquePointer
    private let input: OpaquePointer
    private let output: OpaquePointer

    /// Whether the handshake is done, the first one at least.
    public private(set) var isEstablished = false

    /// Takes the server's part.
    ///
    /// - Throws: `LabTLSError` when there is no memory for it.
    public convenience init(server context: TLSServerContext) throws {
        guard let ssl = SSL_new(context.context) else { throw LabTLSError() }
        SSL_set_accept_state(ssl)
        try self.init(owning: ssl)
    }

    /// Takes the part for which `ssl` was prepared, and frees it in the end.
    ///
    /// - Throws: `LabTLSError` when there is no memory for it.
    public init(owning ssl: OpaquePointer) throws {
        guard let input = BIO_new(BIO_s_mem()), let output = BIO_new(BIO_s_mem()) else {
            SSL_free(ssl)
            throw LabTLSError()
        }
        self.ssl = ssl
        self.input = input
        self.output = output
        // Both belong to `ssl` from here on (SSL_set_bio(3)).
        SSL_set_bio(ssl, input, output)
    }

    deinit { SSL_free(ssl) }

    /// Puts in what the other end has sent.
    public func receive(_ bytes: UnsafeRawBufferPointer) {
        // A memory BIO takes everything (BIO_s_mem(3)).
        BIO_write(input, bytes.baseAddress, CInt(bytes.count))
    }

    /// Goes on with the handshake.
    public func handshake() -> Step {
        let step = step { SSL_do_handshake(ssl) }
        if case .done = step { isEstablished = true }
        return step
    }

    /// Reads what the other end has said, into `bytes`; nothing is added unless it is `done`.
    public func read(into bytes: inout [UInt8]) -> Step {
        var count = 0
        var buffer = [UInt8](repeating: 0, count: Self.readBytes)
        let step = step { SSL_read_ex(ssl, &buffer, buffer.count, &count) }
        if case .done = step { bytes += buffer.prefix(count) }
        return step
    }

    /// Says something; all of it when it is `done`, nothing when it is `waiting`.
    public func write(_ bytes: UnsafeRawBufferPointer) -> Step {
        guard !bytes.isEmpty else { return .done }
        if SSL_renegotiate_pending(ssl) == 1 { return .waiting }
        var count = 0
        return step { SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &count) }
    }

    /// Asks the client for another handshake (RFC 5246 §7.4.1.1); TLS 1.2 and older only.
    ///
    /// What is written waits until the client has done it.
    public func askForRenegotiation() -> Step {
        step { SSL_renegotiate(ssl) == 1 ? SSL_do_handshake(ssl) : 0 }
    }

    /// Says goodbye (close_notify).
    public func sayGoodbye() {
        ERR_clear_error()
        SSL_shutdown(ssl)
        ERR_clear_error()
    }

    /// Takes what is to be sent to the other end.
    public func takeOutput() -> [UInt8] {
        let count = BIO_ctrl_pending(output)
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            initializedCount = max(0, Int(BIO_read(output, buffer.baseAddress, CInt(count))))
        }
    }

    private func step(_ body: () -> CInt) -> Step {
        ERR_clear_error()
        let result = body()
        if result > 0 { return .done }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .waiting
        case SSL_ERROR_ZERO_RETURN: return .ended
        default: return .failed(LabTLSError("TLS"))
        }
    }
}
