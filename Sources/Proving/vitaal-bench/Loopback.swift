import Foundation

/// Plain sockets on 127.0.0.1.
enum Loopback {
    /// A port on which nobody listens at the moment.
    static func freePort() throws -> Int {
        let (descriptor, port) = try listen(backlog: 1)
        close(descriptor)
        return port
    }

    /// Listens on a port that the kernel chooses; the caller closes the descriptor.
    ///
    /// - Parameters:
    ///   - backlog: How many connections may wait to be accepted.
    ///   - isWhole: Whether to listen on all of 127.0.0.0/8 rather than on 127.0.0.1.
    /// - Throws: `BenchError` with the errno.
    /// - Returns: The descriptor, and the port.
    static func listen(
        backlog: Int32, isWhole: Bool = false
    ) throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw BenchError("no socket: errno \(errno)") }
        var address = address(port: 0)
        if isWhole {
            // Every address, but of the loopback device only (socket(7)): nothing from outside.
            let device = "lo"
            let length = socklen_t(device.utf8.count)
            guard setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, device, length) == 0 else {
                close(descriptor)
                throw BenchError("cannot bind to the loopback device: errno \(errno)")
            }
            address.sin_addr.s_addr = 0
        }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // Safety: the pointer to the address lives as long as the calls.
        let failed = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) != 0
                    || Glibc.listen(descriptor, backlog) != 0
                    || getsockname(descriptor, $0, &length) != 0
            }
        }
        guard !failed else {
            close(descriptor)
            throw BenchError("cannot listen on 127.0.0.1: errno \(errno)")
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// Gets a page over HTTP; nil when nobody answers or the status is not 200.
    static func get(_ path: String, port: Int) -> String? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        var address = address(port: UInt16(port))
        // Safety: the pointer to the address lives as long as the call.
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        let request = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        guard connected, send(descriptor, request, request.utf8.count, 0) > 0 else { return nil }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        guard let data = try? handle.readToEnd(),
            case let text = String(decoding: data, as: UTF8.self),
            text.hasPrefix("HTTP/1.1 200"), let head = text.range(of: "\r\n\r\n")
        else { return nil }
        return String(text[head.upperBound...])
    }

    private static func address(port: UInt16) -> sockaddr_in {
        sockaddr_in(
            sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian,
            sin_addr: in_addr(s_addr: UInt32(0x7F00_0001).bigEndian),
            sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
    }
}
