import Glibc

/// Calls on sockets that want addresses as structures.
enum SocketAddress {
    /// connect(2) to a numeric address: 0, or -1 with errno.
    static func connect(_ descriptor: CInt, to address: String, port: UInt16) -> CInt {
        address.utf8.contains(UInt8(ascii: ":"))
            ? connectIPv6(descriptor, address, port) : connectIPv4(descriptor, address, port)
    }

    /// The local address of a connection in the form of RFC 5321 §4.1.3, such as `[192.0.2.1]`.
    static func literal(ofLocalEndOf descriptor: CInt) -> String {
        var storage = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let number = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &length)
            }
        }
        guard number == 0 else { return "[127.0.0.1]" }
        if CInt(storage.sin6_family) == AF_INET6 {
            let text = withUnsafeBytes(of: &storage.sin6_addr) { AddressText.text(ofBytes: $0) }
            return "[IPv6:\(text ?? "::1")]"
        }
        // The IPv4 address stands where an IPv6 one has its flow label (ip(7), ipv6(7)).
        let text = withUnsafeBytes(of: &storage.sin6_flowinfo) { AddressText.text(ofBytes: $0) }
        return "[\(text ?? "127.0.0.1")]"
    }

    private static func connectIPv4(_ descriptor: CInt, _ address: String, _ port: UInt16) -> CInt {
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        guard inet_pton(AF_INET, address, &target.sin_addr) == 1 else { return -1 }
        return withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func connectIPv6(_ descriptor: CInt, _ address: String, _ port: UInt16) -> CInt {
        var target = sockaddr_in6()
        target.sin6_family = sa_family_t(AF_INET6)
        target.sin6_port = port.bigEndian
        guard inet_pton(AF_INET6, address, &target.sin6_addr) == 1 else { return -1 }
        return withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
    }
}
