import COpenSSL
import Glibc

/// One accepted connection, in the hands of a script on a thread of its own.
final class Connection {
    /// No script waits longer than this, so that a failing test ends too.
    static let patienceSeconds = 20

    let descriptor: CInt
    /// The TLS side; nil for plain text.
    var tls: OpaquePointer?
    private var isOpen = true
    private var isReset = false

    init(descriptor: CInt) {
        self.descriptor = descriptor
        var limit = timeval(tv_sec: Self.patienceSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        // A script that sends in pieces means it.
        var isOn: CInt = 1
        setsockopt(
            descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &isOn,
            socklen_t(MemoryLayout<CInt>.size))
    }

    deinit {
        close()
        if let tls { SSL_free(tls) }
    }

    /// Some bytes; empty at the end of the stream or after an error.
    func read(upTo count: Int = 16 * 1024) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let received: Int
            if let tls {
                received = Int(SSL_read(tls, buffer.baseAddress, CInt(count)))
            } else {
                received = recv(descriptor, buffer.baseAddress, count, 0)
            }
            filled = max(0, received)
        }
    }

    /// Everything up to the empty line that ends a request; nil when the client went away.
    @discardableResult func readRequest() -> String? {
        var bytes: [UInt8] = []
        while true {
            let more = read()
            if more.isEmpty { return nil }
            bytes += more
            if bytes.suffix(4).elementsEqual([13, 10, 13, 10]) {
                return String(decoding: bytes, as: UTF8.self)
            }
        }
    }

    /// Waits until the client closes its side.
    func awaitClose() { while !read().isEmpty {} }

    /// Sends everything; false when the client is gone.
    @discardableResult func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { raw -> Int in
                if let tls { return Int(SSL_write(tls, raw.baseAddress, CInt(raw.count))) }
                return send(descriptor, raw.baseAddress, raw.count, CInt(MSG_NOSIGNAL))
            }
            if sent <= 0 { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    /// Sends text; false when the client is gone.
    @discardableResult func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    /// Reads a request and answers it.
    func answer(_ response: String) {
        guard readRequest() != nil else { return }
        write(response)
    }

    /// Makes the end, which comes when the script returns, a reset.
    func reset() {
        isReset = true
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &linger,
            socklen_t(MemoryLayout<Glibc.linger>.size))
    }

    /// Ends the connection in order.
    func close() {
        guard isOpen else { return }
        isOpen = false
        if isReset {
            Glibc.close(descriptor)
            return
        }
        if let tls { SSL_shutdown(tls) }
        // Unread bytes would turn the end into a reset.
        shutdown(descriptor, CInt(SHUT_WR))
        var scrap = [UInt8](repeating: 0, count: 4096)
        while recv(descriptor, &scrap, scrap.count, CInt(MSG_DONTWAIT)) > 0 {}
        Glibc.close(descriptor)
    }
}

/// A complete answer with a body.
func httpAnswer(
    _ body: String = "ok", status: String = "200 OK", headers: [String] = []
) -> String {
    (["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)", "Connection: close"] + headers)
        .map { $0 + "\r\n" }.joined() + "\r\n" + body
}
