public import HealthModel
import PollLoop
public import Scheduling
import Synchronization
public import TLSInspection

/// Stores of trusted roots by the file that they were read from.
public typealias TrustStores = [String: TrustStore]

/// Probes endpoints on one loop thread per core and delivers results in batches.
///
/// Endpoints are pinned to a loop by the hash of their host, so that what must be known per host
/// is known on one thread. All functions may be called from any thread.
public final class ProbeEngine: Sendable {
    /// Everything that is fixed while the engine runs.
    public struct Configuration: Sendable {
        /// How many loop threads; at least 1.
        public var loops: Int
        /// Where the probes run.
        public var vantage: VantageID
        /// The caps of the whole engine; in-flight and rate caps are divided over the loops.
        public var limits: ScheduleLimits
        /// How names are resolved.
        public var resolver: ResolverConfiguration
        /// Where connections are sent instead; the first that applies counts.
        public var connectOverrides: [ConnectOverride]
        /// The trusted roots.
        public var trustStore: TrustStore
        /// The User-Agent header.
        public var userAgent: String
        /// The seed of the random times of confirmations.
        public var seed: UInt64
        /// The instant at which certificates are judged; nil means now.
        public var verificationTime: Timestamp?
        /// Whether the revocation lists that certificates name are fetched and looked at.
        public var fetchesRevocationLists = false
        /// Revocation lists that are at hand from the start; looked at unless lists are fetched.
        public var revocationLists: RevocationLists?

        /// Makes a configuration.
        public init(
            loops: Int, vantage: VantageID = .local, limits: ScheduleLimits = ScheduleLimits(),
            resolver: ResolverConfiguration = ResolverConfiguration(),
            connectOverrides: [ConnectOverride] = [], trustStore: TrustStore, userAgent: String,
            seed: UInt64, verificationTime: Timestamp? = nil
        ) {
            precondition(loops >= 1, "an engine needs a loop")
            self.loops = loops
            self.vantage = vantage
            self.limits = limits
            self.resolver = resolver
            self.connectOverrides = connectOverrides
            self.trustStore = trustStore
            self.userAgent = userAgent
            self.seed = seed
            self.verificationTime = verificationTime
        }
    }

    /// The engine could not start.
    public struct StartError: Error, Sendable, Hashable, CustomStringConvertible {
        /// What failed, with the system's words.
        public let description: String
    }

    private let loops: [PollLoop]
    private let workers: [ProbeWorker]
    private let collector: RevocationCollector?
    private let isStopped = Atomic<Bool>(false)

    /// Starts the loops; nothing is probed until `replace` or `probeOnce`.
    ///
    /// - Parameters:
    ///   - configuration: what is fixed while the engine runs.
    ///   - timekeeper: the clocks.
    ///   - sink: takes finished results; called on the loops' threads and must not block.
    ///   - onMissed: takes the slots that could not be kept; called in the same way.
    /// - Throws: `StartError` when descriptors are short or the resolver cannot be set up.
    public init(
        configuration: Configuration, timekeeper: any Timekeeper,
        sink: @escaping @Sendable ([ProbeResult]) -> Void,
        onMissed: @escaping @Sendable ([MissedSlots]) -> Void = { _ in }
    ) throws(StartError) {
        OpenSSLProcess.prepare()
        CurlProcess.prepare()
        var share = configuration
        share.limits.inFlight = max(1, configuration.limits.inFlight / configuration.loops)
        share.limits.startsPerSecond = configuration.limits.startsPerSecond.map {
            $0 / Double(configuration.loops)
        }
        let collector: RevocationCollector?
        do {
            collector =
                try configuration.fetchesRevocationLists
                ? RevocationCollector(configuration: configuration, timekeeper: timekeeper) : nil
        } catch {
            throw StartError(description: error.description)
        }
        self.collector = collector
        var loops: [PollLoop] = []
        var workers: [ProbeWorker] = []
        for number in 0..<configuration.loops {
            do {
                let loop = try PollLoop(name: "probe-\(number)", timekeeper: timekeeper)
                loops.append(loop)
                workers.append(
                    ProbeWorker(
                        loop: loop, timekeeper: timekeeper, configuration: share,
                        seed: configuration.seed &+ UInt64(number), collector: collector,
                        sink: sink, onMissed: onMissed))
            } catch {
                throw StartError(description: error.description)
            }
        }
        self.loops = loops
        self.workers = workers
        if let problem = Self.open(loops: loops, workers: workers) {
            stop()
            throw StartError(description: problem)
        }
    }

    deinit { stop() }

    /// Starts the threads and waits until each is set up; returns what went wrong, or nil.
    private static func open(loops: [PollLoop], workers: [ProbeWorker]) -> String? {
        let problems = BlockingQueue<String?>()
        for (loop, worker) in zip(loops, workers) {
            loop.start()
            loop.post {
                do throws(ResolverError) {
                    try worker.open()
                    problems.put(nil)
                } catch {
                    problems.put(error.description)
                }
            }
        }
        return loops.map { _ in problems.take() }.compactMap { $0 }.first
    }

    /// Puts a new set of endpoints in force; what stayed keeps its place in the schedule.
    ///
    /// - Parameters:
    ///   - endpoints: what is probed from now on.
    ///   - identities: the client certificates that they name; a probe that lacks its own ends
    ///     with `monitor_error`.
    ///   - trustStores: the trusted roots that they name, by file; the same holds for them.
    public func replace(
        endpoints: [Endpoint], identities: ClientIdentities = [:], trustStores: TrustStores = [:]
    ) {
        for (number, worker) in workers.enumerated() {
            let share = endpoints.filter {
                Int(stableHash($0.url.host) % UInt64(workers.count)) == number
            }
            loops[number].post {
                worker.replace(
                    endpoints: share, identities: identities, trustStores: trustStores)
            }
        }
    }

    /// Probes again at their next slot those endpoints that are left alone because they failed, for
    /// the fault may have been the monitor's.
    public func resume() {
        for (loop, worker) in zip(loops, workers) { loop.post { worker.resume() } }
    }

    /// Probes once now, by the same code as the schedule; `completion` is called on a loop's
    /// thread.
    ///
    /// Nothing is confirmed and nothing goes to the sink.
    public func probeOnce(
        _ endpoint: Endpoint, identity: ClientIdentity? = nil, trustStore: TrustStore? = nil,
        completion: @escaping @Sendable (ProbeResult) -> Void
    ) {
        loops[0].post { [worker = workers[0]] in
            worker.probeOnce(
                endpoint, identity: identity, trustStore: trustStore, completion: completion)
        }
    }

    /// What the schedules have counted, taken together.
    public var counters: ScheduleCounters {
        workers.map(\.counters).reduce(into: ScheduleCounters()) { sum, one in
            sum.starts += one.starts
            sum.missedSlots += one.missedSlots
            sum.backedOffSlots += one.backedOffSlots
            sum.confirmations += one.confirmations
            sum.inFlight += one.inFlight
            sum.waiting += one.waiting
            sum.clockSteps += one.clockSteps
            sum.discarded += one.discarded
        }
    }

    /// What fetching revocation lists has come to; nil when that is off.
    public var revocationCounters: RevocationCounters? { collector?.counters }

    /// Whether there are revocation lists to fetch for the certificates of a result.
    public func namesRevocationLists(_ result: ProbeResult) -> Bool {
        collector != nil && !RevocationAddresses.named(by: result).isEmpty
    }

    /// Fetches the revocation lists that the certificates of a result name, unless they are at
    /// hand.
    ///
    /// `completion` is called once, on a thread of the engine: when each has been asked for, or
    /// when the time is over.
    public func fetchRevocationLists(
        for result: ProbeResult, within limit: Duration,
        completion: @escaping @Sendable () -> Void
    ) {
        let addresses = RevocationAddresses.named(by: result)
        guard let collector, !addresses.isEmpty else { return completion() }
        collector.want(addresses, within: limit, completion: completion)
    }

    /// Ends every probe in flight without a result and waits for the threads.
    ///
    /// Idempotent.
    public func stop() {
        guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
        for (loop, worker) in zip(loops, workers) {
            loop.post { worker.close() }
            loop.stop()
        }
        for loop in loops { loop.join() }
        collector?.stop()
    }
}
