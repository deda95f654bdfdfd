import Foundation
public import HealthModel
import NIOCore
import NIOPosix
import Synchronization

/// Loopback servers that play the hosts of a catalogue: DNS, TLS and HTTP, with faults.
///
/// Every host has an address of its own in 127.64.0.0/10. All TLS servers share one port number
/// and all plain servers another, so that a client needs two rules to find them. One thread
/// serves everything. Methods may be called from any thread. Whoever starts a lab stops it.
public final class Lab: Sendable {
    /// Hosts in one lab; each holds two listening sockets.
    public static let hostsLimit = 4096
    /// Port numbers tried before the lab gives up.
    public static let portAttempts = 8
    /// Events kept for a slow reader before the oldest is lost.
    public static let eventsLimit = 4096
    /// How often the timeline is played.
    static let tickInterval = TimeAmount.milliseconds(100)

    /// Where the scenario time comes from.
    public enum Clock: Sendable {
        /// The machine's monotonic clock.
        case running
        /// It stands until `advance(to:)` moves it: for tests.
        case manual
    }

    /// The hosts in the order of their addresses.
    public let hosts: [LabHost]
    /// The scenario that is played.
    public let scenario: Scenario
    /// The file with the lab's root certificate in PEM.
    public let caFilePath: String
    /// The lab's root certificate in PEM.
    public let caPEM: String
    /// The UDP port of the name server on 127.0.0.1.
    public let dnsPort: Int
    /// The port of every TLS server.
    public let tlsPort: Int
    /// The port of every plain HTTP server.
    public let httpPort: Int
    /// What came into force, from the start on.
    ///
    /// For one reader; it ends when the lab stops.
    public let events: AsyncStream<LabEvent>

    private let group: MultiThreadedEventLoopGroup
    private let core: NIOLoopBound<LabCore>
    private let isStopped = Mutex(false)

    private init(
        hosts: [LabHost], scenario: Scenario, caFilePath: String, caPEM: String,
        ports: LabPorts, events: AsyncStream<LabEvent>, group: MultiThreadedEventLoopGroup,
        core: NIOLoopBound<LabCore>
    ) {
        self.hosts = hosts
        self.scenario = scenario
        self.caFilePath = caFilePath
        self.caPEM = caPEM
        dnsPort = ports.dns
        tlsPort = ports.tls
        httpPort = ports.http
        self.events = events
        self.group = group
        self.core = core
    }

    /// Starts a lab and returns when every server answers.
    ///
    /// - Parameters:
    ///   - hosts: The hosts to play, at most `hostsLimit`, each once.
    ///   - scenario: What goes wrong when.
    ///   - directory: Where `lab-ca.pem` is written; made when it does not exist.
    ///   - now: The instant for which the certificates are minted.
    ///   - clock: Where the scenario time comes from.
    /// - Returns: The running lab; `stop()` ends it.
    /// - Throws: `LabError`; then nothing is left running.
    public static func start(
        hosts: [LabHost], scenario: Scenario, directory: String, now: Timestamp,
        clock: Clock = .running
    ) async throws -> Lab {
        try await start(
            hosts: hosts, scenario: scenario, directory: directory, now: now, clock: clock,
            limits: LabLimits())
    }

    /// The same with limits that a test can reach.
    static func start(
        hosts: [LabHost], scenario: Scenario, directory: String, now: Timestamp, clock: Clock,
        limits: LabLimits
    ) async throws -> Lab {
        guard hosts.count <= hostsLimit else { throw LabError.tooManyHosts(hosts.count) }
        var names: Set<String> = []
        for host in hosts {
            guard ProbeURL("https://\(host.name)/")?.host == host.name,
                names.insert(host.name).inserted
            else { throw LabError.invalidHost(host.name) }
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            return try await start(
                hosts: hosts, scenario: scenario, directory: directory, now: now, clock: clock,
                limits: limits, group: group)
        } catch {
            // Nothing more can be done about a group that does not stop; the cause counts.
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private static func start(
        hosts: [LabHost], scenario: Scenario, directory: String, now: Timestamp, clock: Clock,
        limits: LabLimits, group: MultiThreadedEventLoopGroup
    ) async throws -> Lab {
        let loop = group.next()
        let (events, continuation) = AsyncStream.makeStream(
            of: LabEvent.self, bufferingPolicy: .bufferingNewest(eventsLimit))
        let (core, caPEM) = try await loop.submit {
            do {
                let certificates = try CertificateStore(now: now)
                let core = LabCore(
                    hosts: hosts, scenario: scenario, certificates: certificates, now: now,
                    isClockRunning: clock == .running, limits: limits, events: continuation,
                    loop: loop)
                return (NIOLoopBound(core, eventLoop: loop), certificates.rootPEM)
            } catch {
                throw LabError.certificatesFailed("\(error)")
            }
        }.get()
        let caFilePath = try writeCA(caPEM, directory: directory)
        let ports = try await loop.flatSubmit {
            begin(core.value)
        }.get()
        return Lab(
            hosts: hosts, scenario: scenario, caFilePath: caFilePath, caPEM: caPEM, ports: ports,
            events: events, group: group, core: core)
    }

    /// Opens the servers and starts the timeline, on the loop.
    private static func begin(_ core: LabCore) -> EventLoopFuture<LabPorts> {
        let bound = NIOLoopBound(core, eventLoop: core.loop)
        return core.listen().flatMap {
            bound.value.listenForQueries()
        }.flatMap {
            bound.value.begin()
        }.map {
            let core = bound.value
            core.loop.scheduleRepeatedTask(initialDelay: tickInterval, delay: tickInterval) { _ in
                bound.value.tick()
            }
            return LabPorts(dns: core.dnsPort, tls: core.tlsPort, http: core.httpPort)
        }
    }

    private static func writeCA(_ pem: String, directory: String) throws -> String {
        let path = directory + "/lab-ca.pem"
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true)
            try pem.write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw LabError.fileNotWritten("\(path): \(error.localizedDescription)")
        }
        return path
    }

    /// Closes every server and connection and ends the thread; a second call does nothing.
    public func stop() async {
        let isFirst = isStopped.withLock { isStopped in
            defer { isStopped = true }
            return !isStopped
        }
        guard isFirst else { return }
        let core = core
        // Neither closing nor the end of the thread can fail in a way that somebody could mend.
        try? await core.eventLoop.flatSubmit { core.value.stop() }.get()
        try? await group.shutdownGracefully()
    }

    // MARK: How to find the lab

    /// The name server as libunbound's `ub_ctx_set_fwd` takes it: `127.0.0.1@PORT`.
    public var dnsServer: String { "127.0.0.1@\(dnsPort)" }

    /// To which port of the same address a connection to port 443 or 80 goes.
    public var portMap: [UInt16: UInt16] {
        [443: UInt16(clamping: tlsPort), 80: UInt16(clamping: httpPort)]
    }

    /// The same as `portMap` in the form of curl's `--connect-to`, any host and its own address.
    public var connectOverrides: [String] { [":443::\(tlsPort)", ":80::\(httpPort)"] }

    /// The address of a host; nil when the lab does not play it.
    public func address(of host: String) -> String? {
        hosts.firstIndex { $0.name == host.lowercased() }.map { LabAddress.text($0) }
    }

    // MARK: Control

    /// Puts a fault on a host, whatever the scenario says, until it is cleared.
    ///
    /// When this returns, new connections and queries meet the fault, and so do later requests on
    /// open connections.
    ///
    /// - Throws: `LabError.unknownHost` or `LabError.stopped`.
    public func apply(_ fault: Fault, to host: String) async throws {
        try await onHost(host) { core, played in core.setManualFault(fault, of: played) }
    }

    /// Gives a host back to the scenario.
    ///
    /// - Throws: `LabError.unknownHost` or `LabError.stopped`.
    public func clear(_ host: String) async throws {
        try await onHost(host) { core, played in core.setManualFault(nil, of: played) }
    }

    /// Moves the scenario time of a lab with a manual clock; it never goes back.
    ///
    /// - Precondition: The lab was started with the clock `manual`.
    /// - Throws: `LabError.stopped`.
    public func advance(to elapsed: Duration) async throws {
        try await onLoop { core -> EventLoopFuture<Void> in
            guard case .manual(let before) = core.clock else {
                preconditionFailure("only a manual clock can be moved")
            }
            core.clock = .manual(max(before, elapsed))
            return core.play()
        }
    }

    /// The scenario time.
    ///
    /// - Throws: `LabError.stopped`.
    public func elapsed() async throws -> Duration { try await read { $0.elapsed } }

    /// The fault in force on a host.
    ///
    /// - Throws: `LabError.unknownHost` or `LabError.stopped`.
    public func fault(of host: String) async throws -> Fault {
        try await readHost(host) { $0.fault }
    }

    /// What a host has been asked since the start.
    ///
    /// - Throws: `LabError.unknownHost` or `LabError.stopped`.
    public func counters(of host: String) async throws -> LabCounters {
        try await readHost(host) { $0.counters }
    }

    /// How many connections are open.
    ///
    /// - Throws: `LabError.stopped`.
    public func connectionCount() async throws -> Int { try await read { $0.connectionCount } }

    private func onHost(
        _ name: String, _ work: @escaping @Sendable (LabCore, PlayedHost) -> EventLoopFuture<Void>
    ) async throws {
        try await onLoop { core -> EventLoopFuture<Void> in
            guard let host = core.host(named: name.lowercased()) else {
                return core.loop.makeFailedFuture(LabError.unknownHost(name))
            }
            return work(core, host)
        }
    }

    private func readHost<Value: Sendable>(
        _ name: String, _ get: @escaping @Sendable (PlayedHost) -> Value
    ) async throws -> Value {
        try await read { core in
            guard let host = core.host(named: name.lowercased()) else {
                throw LabError.unknownHost(name)
            }
            return get(host)
        }
    }

    private func read<Value: Sendable>(
        _ get: @escaping @Sendable (LabCore) throws -> Value
    ) async throws -> Value {
        try await onLoop { core in core.loop.makeCompletedFuture { try get(core) } }
    }

    /// Does `work` on the lab's thread.
    private func onLoop<Value: Sendable>(
        _ work: @escaping @Sendable (LabCore) -> EventLoopFuture<Value>
    ) async throws -> Value {
        let core = core
        guard !isStopped.withLock({ $0 }) else { throw LabError.stopped }
        do {
            return try await core.eventLoop.flatSubmit { work(core.value) }.get()
        } catch is EventLoopError {
            // It was stopped in between.
            throw LabError.stopped
        }
    }
}

/// The ports of a lab that has started.
private struct LabPorts {
    var dns: Int
    var tls: Int
    var http: Int
}
