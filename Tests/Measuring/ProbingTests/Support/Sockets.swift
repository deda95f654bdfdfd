import Glibc

/// Loopback sockets on a port that the kernel chooses.
enum Sockets {
    struct Failure: Error {
        var call: String
        var number: CInt
    }

    /// A bound socket and its port.
    ///
    /// `kind` is SOCK_STREAM or SOCK_DGRAM.
    static func bound(
        kind: CInt, isIPv6: Bool
    ) throws -> (descriptor: CInt, port: UInt16) {
        let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, kind | CInt(O_CLOEXEC), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket", number: errno) }
        let number = isIPv6 ? bindIPv6(descriptor) : bindIPv4(descriptor)
        guard number == 0 else {
            let reason = errno
            close(descriptor)
            throw Failure(call: "bind", number: reason)
        }
        return (descriptor, port(of: descriptor))
    }

    /// A port on 127.0.0.1 that was free a moment ago.
    static func closedPort(kind: CInt = CInt(SOCK_STREAM.rawValue)) throws -> UInt16 {
        let (descriptor, port) = try bound(kind: kind, isIPv6: false)
        close(descriptor)
        return port
    }

    private static func bindIPv4(_ descriptor: CInt) -> CInt {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func bindIPv6(_ descriptor: CInt) -> CInt {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_addr = in6addr_loopback
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
    }

    private static func port(of descriptor: CInt) -> UInt16 {
        var storage = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        _ = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &length)
            }
        }
        // The port stands at the same place in both address structures.
        return UInt16(bigEndian: storage.sin6_port)
    }
}

/// Runs `body` on a thread of its own.
func spawnThread(_ body: @escaping @Sendable () -> Void) -> pthread_t {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var identifier = pthread_t()
    let number = pthread_create(
        &identifier, nil,
        { raw in
            // OpenSSL writes to a socket with write(2): a peer that is gone must not end the test.
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &signals, nil)
            if let raw { Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().body() }
            return nil
        }, Unmanaged.passRetained(Box(body)).toOpaque())
    precondition(number == 0, "pthread_create: \(number)")
    return identifier
}
