import Glibc
import HealthModel
import PollLoop

/// Tells a name that fails from a resolver that is gone.
///
/// When a look-up fails without a word about the name, each name server is asked for the root's
/// name servers. Any answer at all means that the resolver is there, and the failure is the
/// name's; silence means that the monitor is blind, which is never the service's fault. Belongs
/// to the loop's thread.
final class ResolverCheck {
    /// How long silence lasts before a name server counts as gone.
    static let patience: Duration = .seconds(1)
    /// How long a verdict is kept, so that a thousand failing names cost one question.
    static let verdictLifetime: Duration = .seconds(5)

    private let loop: PollLoop
    private let timekeeper: any Timekeeper
    private let servers: [NameServer]
    private var verdict: (isReachable: Bool, untilNanoseconds: Int64)?
    private var waiting: [(Bool) -> Void] = []
    private var sockets: [(descriptor: CInt, registration: PollLoop.Registration)] = []
    private var timer: PollLoop.TimerID?
    private var identifier: UInt16 = 0x5641

    init(loop: PollLoop, timekeeper: any Timekeeper, servers: [NameServer]) {
        self.loop = loop
        self.timekeeper = timekeeper
        self.servers = servers
    }

    /// The name servers as `address`, or `address@port` where that is not 53; the first few.
    var serverNames: String {
        servers.prefix(NameServer.limit).map {
            $0.port == 53 ? $0.address : "\($0.address)@\($0.port)"
        }.joined(separator: ", ")
    }

    /// Calls `completion` with whether any name server answers; at once when that is known.
    func run(completion: @escaping (Bool) -> Void) {
        let now = timekeeper.monotonicNanoseconds()
        if let verdict, now < verdict.untilNanoseconds { return completion(verdict.isReachable) }
        waiting.append(completion)
        guard waiting.count == 1 else { return }
        identifier &+= 1
        for server in servers { ask(server) }
        if sockets.isEmpty { return conclude(isReachable: false) }
        timer = loop.schedule(
            atMonotonicNanoseconds: now + Self.patience.nanoseconds
        ) { [weak self] in
            self?.timer = nil
            self?.conclude(isReachable: false)
        }
    }

    /// Drops what is in flight; the completions are not called.
    func close() {
        waiting.removeAll()
        closeSockets()
    }

    private func conclude(isReachable: Bool) {
        closeSockets()
        verdict = (
            isReachable, timekeeper.monotonicNanoseconds() + Self.verdictLifetime.nanoseconds
        )
        let completions = waiting
        waiting.removeAll()
        for completion in completions { completion(isReachable) }
    }

    private func closeSockets() {
        if let timer { loop.cancel(timer) }
        timer = nil
        for socket in sockets {
            loop.unwatch(socket.registration)
            Glibc.close(socket.descriptor)
        }
        sockets.removeAll()
    }

    private func ask(_ server: NameServer) {
        guard let descriptor = UDPSocket.connected(to: server.address, port: server.port) else {
            return
        }
        // Header: id, recursion desired, one question; question: root, NS, IN (RFC 1035 §4.1).
        let query: [UInt8] = [
            UInt8(identifier >> 8), UInt8(identifier & 0xFF), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0,
            0, 0, 2, 0, 1,
        ]
        let sent = query.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, 0) }
        guard sent == query.count,
            let registration = try? loop.watch(
                descriptor, for: .readable,
                handler: { [weak self] _ in self?.read(descriptor) })
        else {
            Glibc.close(descriptor)
            return
        }
        sockets.append((descriptor, registration))
    }

    private func read(_ descriptor: CInt) {
        let isAnswer = withUnsafeTemporaryAllocation(byteCount: 512, alignment: 1) { buffer in
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            // The top bit of the third byte marks a response.
            return count >= 12 && buffer[0] == UInt8(identifier >> 8)
                && buffer[1] == UInt8(identifier & 0xFF) && buffer[2] & 0x80 != 0
        }
        if isAnswer { return conclude(isReachable: true) }
        // ECONNREFUSED or noise: this server is out; the others may still answer.
        guard let index = sockets.firstIndex(where: { $0.descriptor == descriptor }) else { return }
        loop.unwatch(sockets[index].registration)
        Glibc.close(descriptor)
        sockets.remove(at: index)
        if sockets.isEmpty { conclude(isReachable: false) }
    }
}
