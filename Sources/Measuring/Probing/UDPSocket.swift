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
        let descriptor = shim_datagram_socket(
            address.utf8.contains(UInt8(ascii: ":")) ? AF_INET6 : AF_INET)
        guard descriptor >= 0 else { return nil }
        let number = SocketAddress.connect(descriptor, to: address, port: port)
        guard number == 0 else {
            let reason = errno
            close(descriptor)
            errno = reason
            return nil
        }
        return descriptor
    }
}
