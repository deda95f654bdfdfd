import HealthModel
import NIOCore
import NIOPosix

/// One host while the lab runs.
final class PlayedHost {
    let host: LabHost
    /// Its own IPv4 address on loopback.
    let address: String
    /// The fault that the scenario has in force.
    var scenarioFault = Fault.up
    /// The fault set by hand, which goes before the scenario's.
    var manualFault: Fault?
    var counters = LabCounters()
    var tlsListener: (any Channel)?
    var httpListener: (any Channel)?
    /// Ends when the last asked change of the listeners is done; changes run one after another.
    var listenersSettled: EventLoopFuture<Void>

    init(host: LabHost, address: String, loop: any EventLoop) {
        self.host = host
        self.address = address
        listenersSettled = loop.makeSucceededVoidFuture()
    }

    /// The fault in force.
    var fault: Fault { manualFault ?? scenarioFault }
    /// Whether somebody should listen.
    var isListeningWanted: Bool { fault != .refused }
    /// Whether both listeners are as they should be.
    var isSettled: Bool {
        (tlsListener != nil) == isListeningWanted && (httpListener != nil) == isListeningWanted
    }
}

/// What bounds the memory of a running lab; tests make it smaller.
struct LabLimits: Sendable {
    /// Connections open at the same time; more are closed at once.
    ///
    /// With 60 kB each for TLS this bounds memory at 500 MB.
    var connections = 8192
    /// How long a connection may hang or dribble before it is closed.
    var connectionTime = TimeAmount.seconds(120)
    /// How long a connection may wait for its next request.
    var idleTime = TimeAmount.seconds(30)
    /// Answers that may wait at the same time; further queries are lost, as UDP allows.
    var delayedAnswers = 4096
}

/// The state of a running lab, which belongs to the lab's event loop and is touched only there.
final class LabCore {
    /// Where the scenario time comes from.
    enum Clock {
        /// Runs with the machine's monotonic clock since this instant.
        case running(since: NIODeadline)
        /// Stands until it is moved.
        case manual(Duration)
    }

    private struct Connection {
        var channel: any Channel
        var deadline: NIODeadline
    }

    let loop: any EventLoop
    let limits: LabLimits
    let hosts: [PlayedHost]
    let certificates: CertificateStore
    var clock: Clock
    var tlsPort = 0
    var httpPort = 0
    var nameServer: (any Channel)?
    var isStopping = false
    private let hostByName: [String: PlayedHost]
    /// Every name above a host, such as `digid.nl`: it exists, but has no address.
    private let ancestors: Set<String>
    private let player: ScenarioPlayer
    private let startedAt: Timestamp
    private let startedDeadline: NIODeadline
    private let events: AsyncStream<LabEvent>.Continuation
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var playedUntil: Duration = .zero
    private var sweepDeadline: NIODeadline

    init(
        hosts: [LabHost], scenario: Scenario, certificates: CertificateStore, now: Timestamp,
        isClockRunning: Bool, limits: LabLimits, events: AsyncStream<LabEvent>.Continuation,
        loop: any EventLoop
    ) {
        self.loop = loop
        self.limits = limits
        self.certificates = certificates
        self.events = events
        startedAt = now
        startedDeadline = .now()
        sweepDeadline = startedDeadline
        clock = isClockRunning ? .running(since: startedDeadline) : .manual(.zero)
        player = ScenarioPlayer(scenario: scenario, hosts: hosts)
        self.hosts = hosts.enumerated().map { index, host in
            PlayedHost(host: host, address: LabAddress.text(index), loop: loop)
        }
        hostByName = Dictionary(uniqueKeysWithValues: self.hosts.map { ($0.host.name, $0) })
        var ancestors: Set<String> = [""]
        for host in hosts {
            var name = host.name[...]
            while let dot = name.firstIndex(of: ".") {
                name = name[name.index(after: dot)...]
                ancestors.insert(String(name))
            }
        }
        self.ancestors = ancestors
    }

    /// The scenario time.
    var elapsed: Duration {
        switch clock {
        case .running(let start): .nanoseconds((NIODeadline.now() - start).nanoseconds)
        case .manual(let elapsed): elapsed
        }
    }

    /// The wall clock as it was given at the start, carried on by the monotonic clock.
    var now: Timestamp {
        startedAt + .nanoseconds((NIODeadline.now() - startedDeadline).nanoseconds)
    }

    /// The host with this name in lower case.
    func host(named name: String) -> PlayedHost? { hostByName[name] }

    /// Whether a host stands below this name.
    func isAncestor(_ name: String) -> Bool { ancestors.contains(name) }

    /// The port of the name server; 0 before it listens.
    var dnsPort: Int { nameServer?.localAddress?.port ?? 0 }

    /// How many connections are open.
    var connectionCount: Int { connections.count }

    // MARK: The timeline

    /// Brings the faults that the scenario has in force at the start.
    func begin() -> EventLoopFuture<Void> {
        for (host, fault) in zip(hosts, player.faults(at: .zero)) where fault != .up {
            host.scenarioFault = fault
            announce(host, at: .zero)
        }
        return settleAll()
    }

    /// Brings what has come into force since the last call; the future ends when the listeners
    /// have followed.
    func play() -> EventLoopFuture<Void> {
        let elapsed = elapsed
        let changes = player.changes(after: playedUntil, through: elapsed)
        playedUntil = max(playedUntil, elapsed)
        for change in changes {
            guard let host = hostByName[change.host] else { continue }
            host.scenarioFault = change.fault
            if host.manualFault == nil { announce(host, at: change.elapsed) }
        }
        return changes.isEmpty ? loop.makeSucceededVoidFuture() : settleAll()
    }

    /// Sets a fault by hand; nil gives the host back to the scenario.
    func setManualFault(_ fault: Fault?, of host: PlayedHost) -> EventLoopFuture<Void> {
        let before = host.fault
        host.manualFault = fault
        if host.fault != before { announce(host, at: elapsed) }
        return settle(host)
    }

    private func announce(_ host: PlayedHost, at elapsed: Duration) {
        events.yield(LabEvent(elapsed: elapsed, host: host.host.name, fault: host.fault))
    }

    /// What happens ten times a second: the timeline, and once a second the sweep.
    func tick() {
        if isStopping { return }
        // A listener that could not be opened is tried again with the sweep.
        _ = play()
        let now = NIODeadline.now()
        guard now >= sweepDeadline else { return }
        sweepDeadline = now + .seconds(1)
        for host in hosts where !host.isSettled { _ = settle(host) }
        for connection in connections.values where connection.deadline <= now {
            connection.channel.close(promise: nil)
        }
    }

    // MARK: Connections

    /// Takes a connection in; false when there are too many.
    func register(_ channel: any Channel) -> Bool {
        guard connections.count < limits.connections, !isStopping else { return false }
        let key = ObjectIdentifier(channel)
        connections[key] = Connection(
            channel: channel, deadline: .now() + limits.connectionTime)
        let bound = NIOLoopBound(self, eventLoop: loop)
        channel.closeFuture.whenComplete { _ in
            bound.value.connections.removeValue(forKey: key)
        }
        return true
    }

    /// Moves the end of a connection that does something useful.
    func extend(_ channel: any Channel, isIdle: Bool) {
        let time = isIdle ? limits.idleTime : limits.connectionTime
        connections[ObjectIdentifier(channel)]?.deadline = .now() + time
    }

    /// Closes everything.
    func stop() -> EventLoopFuture<Void> {
        isStopping = true
        events.finish()
        let channels =
            connections.values.map(\.channel)
            + hosts.flatMap { [$0.tlsListener, $0.httpListener] }.compactMap(\.self)
            + [nameServer].compactMap(\.self)
        // A channel that was closed already fails to close; that is as good.
        let closed = channels.map { $0.close(mode: .all).recover { _ in } }
        return EventLoopFuture.andAllComplete(closed, on: loop)
    }
}

/// The addresses of the lab: `127.64.0.0/10`, apart from what else listens on loopback.
enum LabAddress {
    /// The address of the host with this index: from 127.64.0.1, without the numbers 0 and 255 at
    /// the end.
    static func text(_ index: Int) -> String {
        let bytes = bytes(index)
        return bytes.map(String.init).joined(separator: ".")
    }

    /// The four bytes of the address.
    static func bytes(_ index: Int) -> [UInt8] {
        precondition((0..<Lab.hostsLimit).contains(index), "more hosts than the lab has addresses")
        return [127, 64, UInt8(index / 254), UInt8(index % 254 + 1)]
    }
}
