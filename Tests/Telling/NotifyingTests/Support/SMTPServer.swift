import COpenSSL
import Foundation
import Glibc
import Synchronization
import Testing

/// A server of mail on loopback that plays what a test tells it to, over real sockets and TLS.
// Safety: what is not in a Mutex never changes after init.
final class SMTPServer: @unchecked Sendable {
    /// Where in the conversation it is.
    enum Stage: String, CaseIterable {
        case greeting, hello = "EHLO", startTLS = "STARTTLS", handshake, auth = "AUTH"
        case sender = "MAIL", recipient = "RCPT", data = "DATA", message = ".", quit = "QUIT"
    }

    /// What it does instead of what is right.
    enum Fault: Sendable {
        case say(String)
        case hang
        /// Lines of one answer that never ends.
        case endless
        /// One line that never ends.
        case endlessLine
        case close
    }

    let port: UInt16
    private let listener: CInt
    private let context: OpaquePointer
    private let isImplicitTLS: Bool
    private let fault: @Sendable (Stage, String) -> Fault?
    private let heard = Mutex<(commands: [String], messages: [String])>(([], []))

    /// What clients said, the messages apart; `TLS` stands where the encryption began.
    var commands: [String] { heard.withLock { $0.commands } }
    /// The messages as they came, dots doubled.
    var messages: [String] { heard.withLock { $0.messages } }

    init(
        _ identity: TestCertificate, isImplicitTLS: Bool = false,
        fault: @escaping @Sendable (Stage, String) -> Fault? = { _, _ in nil }
    ) throws {
        self.isImplicitTLS = isImplicitTLS
        self.fault = fault
        context = try #require(SSL_CTX_new(TLS_server_method()))
        SSL_CTX_use_certificate(context, identity.certificate)
        SSL_CTX_use_PrivateKey(context, identity.key)
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 64) == 0
                    ? getsockname(listener, address, &length) : -1
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        try #require(result == 0)
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else {
                    // Here, so that nobody else's listener has its number while this one looks.
                    Glibc.close(listener)
                    return
                }
                Thread.detachNewThread { [self] in
                    // OpenSSL writes with write(2).
                    var signals = sigset_t()
                    sigemptyset(&signals)
                    sigaddset(&signals, SIGPIPE)
                    pthread_sigmask(SIG_BLOCK, &signals, nil)
                    var limit = timeval(tv_sec: 20, tv_usec: 0)
                    let size = socklen_t(MemoryLayout<timeval>.size)
                    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
                    setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
                    let connection = Connection(client)
                    serve(connection)
                    connection.close()
                }
            }
        }
    }

    deinit { SSL_CTX_free(context) }

    /// Refuses every further connection.
    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func serve(_ connection: Connection) {
        if isImplicitTLS, !encrypt(connection) { return }
        guard answer(connection, .greeting, "", "220 test ESMTP") else { return }
        while let line = connection.line() {
            heard.withLock { $0.commands.append(line) }
            let word = String(line.prefix { $0 != " " })
            switch Stage(rawValue: word.uppercased()) {
            case .hello:
                let offer = connection.tls == nil ? "STARTTLS" : "AUTH PLAIN"
                guard
                    answer(connection, .hello, line, "250-test\r\n250-SIZE 100000\r\n250 \(offer)")
                else { return }
            case .startTLS:
                guard answer(connection, .startTLS, line, "220 go"), encrypt(connection) else {
                    return
                }
            case .auth:
                if fault(.auth, line) == nil {
                    guard connection.write("334 \r\n"), let secret = connection.line() else {
                        return
                    }
                    heard.withLock { $0.commands.append(secret) }
                }
                guard answer(connection, .auth, line, "235 welcome") else { return }
            case .data:
                let isRefused = fault(.data, line) != nil
                guard answer(connection, .data, line, "354 go") else { return }
                if isRefused { continue }
                var message = ""
                while let line = connection.line(), line != "." { message += line + "\r\n" }
                heard.withLock { $0.messages.append(message) }
                guard answer(connection, .message, message, "250 queued") else { return }
            case let stage?:
                guard answer(connection, stage, line, stage == .quit ? "221 bye" : "250 ok") else {
                    return
                }
                if stage == .quit { return }
            case nil:
                guard connection.write("500 what?\r\n") else { return }
            }
        }
    }

    /// Says what is right, or does what is wrong; false when the conversation is over.
    private func answer(
        _ connection: Connection, _ stage: Stage, _ line: String, _ right: String
    ) -> Bool {
        switch fault(stage, line) {
        case nil: return connection.write(right + "\r\n")
        case .say(let text): return connection.write(text + "\r\n")
        case .hang: connection.awaitClose()
        case .endless:
            while connection.write(String(repeating: "250-and so on\r\n", count: 100)) {}
        case .endlessLine:
            while connection.write(String(repeating: "250 x", count: 1000)) {}
        case .close: break
        }
        return false
    }

    private func encrypt(_ connection: Connection) -> Bool {
        switch fault(.handshake, "") {
        case nil: break
        case .hang:
            connection.awaitClose()
            return false
        default: return false
        }
        guard let ssl = SSL_new(context) else { return false }
        SSL_set_fd(ssl, connection.descriptor)
        connection.tls = ssl
        guard SSL_accept(ssl) == 1 else { return false }
        heard.withLock { $0.commands.append("TLS") }
        return true
    }

    private final class Connection {
        let descriptor: CInt
        var tls: OpaquePointer?
        private var buffer: [UInt8] = []

        init(_ descriptor: CInt) { self.descriptor = descriptor }

        private func read() -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count =
                if let tls { Int(SSL_read(tls, &bytes, CInt(bytes.count))) } else {
                    recv(descriptor, &bytes, bytes.count, 0)
                }
            return Array(bytes.prefix(max(0, count)))
        }

        /// The next line without its end; nil when there is none.
        func line() -> String? {
            while true {
                if let end = buffer.firstIndex(of: 10) {
                    let line = String(decoding: buffer[..<end], as: UTF8.self)
                    buffer.removeFirst(end + 1)
                    return line.hasSuffix("\r") ? String(line.dropLast()) : line
                }
                let more = read()
                guard !more.isEmpty else { return nil }
                buffer += more
            }
        }

        func write(_ text: String) -> Bool {
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { raw -> Int in
                    if let tls { return Int(SSL_write(tls, raw.baseAddress, CInt(raw.count))) }
                    return send(descriptor, raw.baseAddress, raw.count, CInt(MSG_NOSIGNAL))
                }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }

        func awaitClose() { while !read().isEmpty {} }

        func close() {
            if let tls {
                SSL_shutdown(tls)
                SSL_free(tls)
            }
            Glibc.close(descriptor)
        }
    }
}
