import Foundation
import StatusServer
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// A server on a free port, and raw sockets to talk to it.
enum LiveServer {
    /// Runs a server on a free port while `body` runs.
    static func run<Value: Sendable>(
        _ monitor: StubMonitor, host: String = "127.0.0.1",
        _ body: @Sendable (ListeningAddress) async throws -> Value
    ) async throws -> Value {
        let (ports, continuation) = AsyncStream.makeStream(of: ListeningAddress.self)
        let server = StatusServer(
            address: ListeningAddress(host: host, port: 0), reader: monitor, logger: quietLogger
        ) { continuation.yield($0) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                try await server.run()
            }
            var iterator = ports.makeAsyncIterator()
            guard let address = await iterator.next() else {
                try await group.waitForAll()
                throw CancellationError()
            }
            let value = try await body(address)
            group.cancelAll()
            return value
        }
    }

    /// Sends bytes over a new connection and returns what comes back until the server closes it.
    ///
    /// Ten seconds of silence end it too. The sockets block, so it takes a thread of its own.
    static func exchange(_ address: ListeningAddress, _ bytes: [UInt8]) async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(returning: blockingExchange(address.port, bytes))
            }
        }
    }

    private static func blockingExchange(_ port: UInt16, _ bytes: [UInt8]) -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            // Safety: sockaddr_in and sockaddr share their start, as connect(2) expects.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return "" }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            // A server that has heard enough closes; what it said is still to be read.
            if count <= 0 { break }
            sent += count
        }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { break }
            received += buffer[..<count]
        }
        return String(decoding: received, as: UTF8.self)
    }
}
