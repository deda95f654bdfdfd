import HealthModel
import PollLoop
import Scheduling
import Synchronization
import TLSInspection

// Safety: everything mutable but `published` is touched only on the loop's thread, which each
// entry point checks.
/// One loop with its share of the endpoints: asks the schedule what is due, starts attempts, and
/// hands finished results on in batches.
final class ProbeWorker: @unchecked Sendable {
    private let loop: PollLoop
    private let timekeeper: any Timekeeper
    private let configuration: ProbeEngine.Configuration
    private let sink: @Sendable ([ProbeResult]) -> Void
    private let onMissed: @Sendable ([MissedSlots]) -> Void
    private let collector: RevocationCollector?
    private let published = Mutex(ScheduleCounters())

    private var context: ProbeContext?
    private var schedule: Schedule
    private var attempts: [ObjectIdentifier: ProbeAttempt] = [:]
    private var assertions: [EndpointID: CompiledAssertions] = [:]
    private var identities: ClientIdentities = [:]
    private var trustStores: TrustStores = [:]
    private var finished: [ProbeResult] = []
    private var timer: PollLoop.TimerID?
    private var isDraining = false

    init(
        loop: PollLoop, timekeeper: any Timekeeper, configuration: ProbeEngine.Configuration,
        seed: UInt64, collector: RevocationCollector? = nil,
        sink: @escaping @Sendable ([ProbeResult]) -> Void,
        onMissed: @escaping @Sendable ([MissedSlots]) -> Void = { _ in }
    ) {
        self.loop = loop
        self.timekeeper = timekeeper
        self.configuration = configuration
        self.sink = sink
        self.onMissed = onMissed
        self.collector = collector
        schedule = Schedule(
            vantage: configuration.vantage, limits: configuration.limits, seed: seed)
    }

    /// What the schedule has counted; from any thread, at most one turn of the loop old.
    var counters: ScheduleCounters { published.withLock { $0 } }

    /// Sets the resolver and libcurl up.
    ///
    /// On the loop's thread.
    func open() throws(ResolverError) {
        loop.preconditionOnLoop()
        context = try ProbeContext(
            loop: loop, timekeeper: timekeeper, configuration: configuration, collector: collector)
        loop.atEndOfTurn { [unowned self] in self.endTurn() }
    }

    /// Puts a new set of endpoints in force.
    ///
    /// On the loop's thread.
    func replace(
        endpoints: [Endpoint], identities: ClientIdentities, trustStores: TrustStores
    ) {
        loop.preconditionOnLoop()
        self.identities = identities
        self.trustStores = trustStores
        var cache = PatternCache()
        var compiled: [EndpointID: CompiledAssertions] = [:]
        var byAssertions: [Assertions: CompiledAssertions] = [:]
        for endpoint in endpoints {
            let wanted = endpoint.probe.assertions
            let ready = byAssertions[wanted] ?? CompiledAssertions(wanted, cache: &cache)
            byAssertions[wanted] = ready
            compiled[endpoint.id] = ready
        }
        assertions = compiled
        schedule.replace(endpoints: endpoints, at: timekeeper.now())
        pump()
    }

    /// Ends back-off, since sight has returned.
    ///
    /// On the loop's thread.
    func resume() {
        loop.preconditionOnLoop()
        schedule.resume(at: timekeeper.now())
        pump()
    }

    /// Probes once, outside the schedule.
    ///
    /// On the loop's thread.
    func probeOnce(
        _ endpoint: Endpoint, identity: ClientIdentity?, trustStore: TrustStore?,
        completion: @escaping @Sendable (ProbeResult) -> Void
    ) {
        loop.preconditionOnLoop()
        // A probe asked for while the engine stops ends like those in flight: without a result.
        guard !isDraining else { return }
        var cache = PatternCache()
        let slot = Slot(milliseconds: timekeeper.now().milliseconds)
        start(
            endpoint, slot: slot,
            assertions: CompiledAssertions(endpoint.probe.assertions, cache: &cache),
            identity: identity, trustStore: trustStore
        ) { result in completion(result) }
    }

    /// Ends every attempt without a result and lets go of all resources.
    ///
    /// On the loop's thread.
    func close() {
        loop.preconditionOnLoop()
        isDraining = true
        for attempt in attempts.values { attempt.cancel() }
        attempts.removeAll()
        if let timer { loop.cancel(timer) }
        timer = nil
        flush()
        loop.atEndOfTurn(nil)
        context?.close()
        context = nil
    }

    private func pump() {
        guard !isDraining else { return }
        for order in schedule.due(at: timekeeper.now()) {
            guard let ready = assertions[order.endpoint.id] else {
                preconditionFailure("an order for an endpoint that is not in force")
            }
            start(
                order.endpoint, slot: order.slot, assertions: ready,
                identity: order.endpoint.probe.clientCertificate.flatMap { identities[$0] },
                trustStore: order.endpoint.probe.trustFile.flatMap { trustStores[$0] }
            ) { [unowned self] result in
                self.take(result, of: order)
            }
        }
        armTimer()
    }

    private func start(
        _ endpoint: Endpoint, slot: Slot, assertions: CompiledAssertions,
        identity: ClientIdentity?, trustStore: TrustStore?,
        onEnd: @escaping (ProbeResult) -> Void
    ) {
        guard let context else { preconditionFailure("open() comes first") }
        var identifier: ObjectIdentifier?
        let attempt = ProbeAttempt(
            endpoint: endpoint, slot: slot, assertions: assertions, clientIdentity: identity,
            trustStore: trustStore, context: context
        ) { [unowned self] result in
            if let identifier { self.attempts[identifier] = nil }
            onEnd(result)
        }
        identifier = ObjectIdentifier(attempt)
        attempts[ObjectIdentifier(attempt)] = attempt
        attempt.start()
    }

    private func take(_ result: ProbeResult, of order: Order) {
        if case .final(let merged) = schedule.finish(result, of: order, at: timekeeper.now()) {
            finished.append(merged)
            noteLists(of: merged)
        }
        needsPump = true
    }

    /// The lists named within the last hour, so that most results cost a look-up only.
    private var namedLists: Set<String> = []
    private var namedSince = Timestamp(nanoseconds: 0)

    private func noteLists(of result: ProbeResult) {
        guard let collector else { return }
        if result.finishedAt - namedSince > .seconds(3600) {
            namedLists.removeAll(keepingCapacity: true)
            namedSince = result.finishedAt
        }
        let addresses = RevocationAddresses.named(by: result).subtracting(namedLists)
        guard !addresses.isEmpty, namedLists.count < RevocationSchedule.addressesMax else { return }
        namedLists.formUnion(addresses)
        collector.want(addresses)
    }

    private var needsPump = false

    private func endTurn() {
        if needsPump {
            needsPump = false
            pump()
        }
        flush()
        let missed = schedule.takeMissedSlots()
        if !missed.isEmpty { onMissed(missed) }
        let counters = schedule.counters
        published.withLock { $0 = counters }
    }

    private func flush() {
        guard !finished.isEmpty else { return }
        let batch = finished
        finished.removeAll(keepingCapacity: true)
        sink(batch)
    }

    private func armTimer() {
        if let timer { loop.cancel(timer) }
        timer = nil
        guard let deadline = schedule.nextDeadline() else { return }
        // The wall clock says when; the monotonic clock waits. A clock that is set in between is
        // noticed within this bound.
        let wait = min(max(.zero, deadline - timekeeper.now()), .seconds(5))
        timer = loop.schedule(
            atMonotonicNanoseconds: timekeeper.monotonicNanoseconds() + wait.nanoseconds
        ) { [unowned self] in
            self.timer = nil
            self.pump()
        }
    }
}
