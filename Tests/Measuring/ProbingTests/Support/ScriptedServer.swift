import COpenSSL
import Glibc
import LabTLS
import Synchronization

/// A TCP server on loopback that plays a script on every connection, each on its own thread.
// Safety: the descriptor and the script never change after init; the rest is in a Mutex.
final class ScriptedServer: @unchecked Sendable {
    private struct State {
        var descriptors: Set<CInt> = []
        var accepted = 0
        var open = 0
        var isStopped = false
    }

    /// The port that the kernel chose.
    let port: UInt16
    private let listener: CInt
    private let state = Mutex(State())
    private let acceptor = Mutex<pthread_t?>(nil)

    /// Listens; `script` gets each connection, which is closed in order after it.
    init(
        isIPv6: Bool = false, tls: TLSServerContext? = nil,
        script: @escaping @Sendable (Connection) -> Void
    ) throws {
        (listener, port) = try Sockets.bound(
            kind: CInt(SOCK_STREAM.rawValue), isIPv6: isIPv6)
        guard listen(listener, 1024) == 0 else {
            throw Sockets.Failure(call: "listen", number: errno)
        }
        let thread = spawnThread { [self] in accept(tls: tls, script: script) }
        acceptor.withLock { $0 = thread }
    }

    /// Connections accepted so far.
    var accepted: Int { state.withLock { $0.accepted } }
    /// Connections open now.
    var open: Int { state.withLock { $0.open } }

    /// Ends every script and waits for the threads.
    func stop() {
        let isFirst = state.withLock { state in
            defer { state.isStopped = true }
            for descriptor in state.descriptors { shutdown(descriptor, CInt(SHUT_RDWR)) }
            return !state.isStopped
        }
        guard isFirst else { return }
        shutdown(listener, CInt(SHUT_RDWR))
        if let thread = acceptor.withLock({ $0.take() }) { pthread_join(thread, nil) }
        // The threads are detached, or two thousand of them would keep their stacks.
        while state.withLock({ $0.open }) > 0 { usleep(500) }
        close(listener)
    }

    private func accept(
        tls: TLSServerContext?, script: @escaping @Sendable (Connection) -> Void
    ) {
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            // A child that inherits a connection would keep it open.
            if descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
            if descriptor < 0 {
                if errno == EINTR || errno == ECONNABORTED { continue }
                return
            }
            let isWanted = state.withLock { state in
                guard !state.isStopped else { return false }
                state.accepted += 1
                state.open += 1
                state.descriptors.insert(descriptor)
                return true
            }
            guard isWanted else {
                close(descriptor)
                continue
            }
            let thread = spawnThread { [self] in
                play(descriptor: descriptor, tls: tls, script: script)
            }
            pthread_detach(thread)
        }
    }

    private func play(
        descriptor: CInt, tls: TLSServerContext?, script: (Connection) -> Void
    ) {
        let connection = Connection(descriptor: descriptor)
        defer {
            // Out of the set before the close, or stop() could shut down a number used anew.
            _ = state.withLock { $0.descriptors.remove(descriptor) }
            connection.close()
            state.withLock { $0.open -= 1 }
        }
        if let tls {
            guard let ssl = tls.accept(descriptor: descriptor) else { return }
            connection.tls = ssl
        }
        script(connection)
    }
}

/// Runs `body` with a server that plays `script`, and stops the server afterwards.
func withServer<Result>(
    isIPv6: Bool = false, tls: TLSServerContext? = nil,
    script: @escaping @Sendable (Connection) -> Void,
    body: (ScriptedServer) async throws -> Result
) async throws -> Result {
    let server = try ScriptedServer(isIPv6: isIPv6, tls: tls, script: script)
    defer { server.stop() }
    return try await body(server)
}

/// Runs `body` with one server per TLS context, each answering `200 ok` to everything.
func withServers<Result>(
    tls contexts: [TLSServerContext], body: ([UInt16]) async throws -> Result
) async throws -> Result {
    let servers = try contexts.map { context in
        try ScriptedServer(tls: context) { $0.answer(httpAnswer()) }
    }
    defer { for server in servers { server.stop() } }
    return try await body(servers.map(\.port))
}
