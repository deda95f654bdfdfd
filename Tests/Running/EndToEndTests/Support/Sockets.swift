import Foundation
import Glibc

/// Loopback sockets and a plain HTTP client of a few lines.
enum Sockets {
    /// A listening socket on a free port of 127.0.0.1, or of another address of that network.
    static func listener(host: Int = 1) throws -> (descriptor: Int32, port: UInt16) {
        try bound(kind: SOCK_STREAM, host: host)
    }

    private static func bound(
        kind: __socket_type, host: Int
    ) throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(kind.rawValue) | O_CLOEXEC, 0)
        var address = loopback(port: 0, host: host)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let number = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0
                    && (kind == SOCK_DGRAM || listen(descriptor, 64) == 0)
                    ? getsockname(descriptor, address, &length) : -1
            }
        }
        guard number == 0 else {
            close(descriptor)
            throw Child.StartError(description: "no socket: \(String(cString: strerror(errno)))")
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    /// A port that was free a moment ago.
    static func freePort(datagram: Bool = false) throws -> UInt16 {
        let (descriptor, port) = try bound(kind: datagram ? SOCK_DGRAM : SOCK_STREAM, host: 1)
        close(descriptor)
        return port
    }

    /// A connection to a port of 127.0.0.1; nil when it is refused.
    static func connected(to port: UInt16) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        var address = loopback(port: port)
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let number = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if number == 0 { return descriptor }
        close(descriptor)
        return nil
    }

    /// Sends text.
    static func send(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    private static func loopback(port: UInt16, host: Int = 1) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = (UInt32(0x7F00_0000) + UInt32(host)).bigEndian
        return address
    }
}

/// What a server on 127.0.0.1 answered.
struct Answer: Sendable {
    var status: Int
    var body: String

    /// Makes one request over a connection of its own; nil when nothing answers.
    static func of(
        _ method: String = "GET", _ path: String, port: UInt16
    ) async -> Answer? {
        // The socket blocks, so it takes a thread that is not one of the tests' few.
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(returning: exchange(method, path, port))
            }
        }
    }

    private static func exchange(_ method: String, _ path: String, _ port: UInt16) -> Answer? {
        guard let descriptor = Sockets.connected(to: port) else { return nil }
        defer { close(descriptor) }
        Sockets.send(
            "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n",
            to: descriptor)
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { break }
            received += buffer[..<count]
        }
        let text = String(decoding: received, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n"),
            let status = Int(text.split(separator: " ").dropFirst().first ?? "")
        else { return nil }
        let body = String(text[end.upperBound...])
        let isChunked = text[..<end.lowerBound].lowercased().contains("encoding: chunked")
        return Answer(status: status, body: isChunked ? joined(body) : body)
    }

    /// The chunks of a body without the sizes between them (RFC 9112 §7.1).
    private static func joined(_ body: String) -> String {
        var rest = Array(body.utf8)[...]
        var whole: [UInt8] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\r")),
            let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), size > 0
        {
            whole += rest.dropFirst(end - rest.startIndex + 2).prefix(size)
            rest = rest.dropFirst(end - rest.startIndex + 2 + size + 2)
        }
        return String(decoding: whole, as: UTF8.self)
    }
}
