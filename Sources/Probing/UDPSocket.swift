import CProbeShims
import Glibc

/// Datagram sockets to one peer.
enum UDPSocket {
    /// A non-blocking socket connected to a numeric address; nil when the machine has no route to
    /// it, or no descriptor left; errno tells.
    ///
    /// The caller closes it.
    ///
    /// Connecting sends nothing: it only asks the routing table (connect(2)).
    static func connected(to address: String, port: UInt16) -> CInt? {
        let isIPv6 = address.utf8.contains(UInt8(ascii: ":"))
        let descriptor = shim_datagram_socket(isIPv6 ? AF_INET6 : AF_INET)
        guard descriptor >= 0 else { return nil }
        let number =
            isIPv6
            ? connectIPv6(descriptor, address, port) : connectIPv4(descriptor, address, port)
        guard number == 0 else {
            let reason = errno
            close(descriptor)
            errno = reason
            return nil
        }
        return descriptor
    }

    private static func connectIPv4(_ descriptor: CInt, _ address: String, _ port: UInt16) -> CInt {
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        guard inet_pton(AF_INET, address, &target.sin_addr) == 1 else { return -1 }
        return withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
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
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
    }
}
