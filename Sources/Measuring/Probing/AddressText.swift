import Glibc

/// Questions about addresses as text, answered by the C library.
enum AddressText {
    /// Whether `text` is an IPv4 or IPv6 address.
    static func isAddress(_ text: String) -> Bool {
        var buffer = in6_addr()
        return inet_pton(AF_INET, text, &buffer) == 1 || inet_pton(AF_INET6, text, &buffer) == 1
    }

    /// The text of 4 or 16 address bytes; nil for any other length.
    static func text(ofBytes bytes: UnsafeRawBufferPointer) -> String? {
        let family: CInt
        switch bytes.count {
        case 4: family = AF_INET
        case 16: family = AF_INET6
        default: return nil
        }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard let base = buffer.baseAddress, let source = bytes.baseAddress,
                inet_ntop(family, source, base, 64) != nil
            else { return nil }
            return String(cString: base)
        }
    }

    /// Whether this machine has a route to an address; true when that cannot be asked.
    static func hasRoute(to address: String) -> Bool {
        guard let descriptor = UDPSocket.connected(to: address, port: 9) else {
            return errno != ENETUNREACH && errno != EHOSTUNREACH && errno != EADDRNOTAVAIL
                && errno != EAFNOSUPPORT
        }
        close(descriptor)
        return true
    }
}
