public import Alerting
import Catalogue
import DurableStore
import Evidence
public import HealthModel
import Inventory
import Ledger
import Notifying
import Observing
import PollLoop
import Probing
import Routing
import SQLiteSupport
import Scheduling
public import StatusServer
import Synchronization
import TLSInspection
import YAMLReading

/// The shell around the pure brain: takes results in, evaluates twice a second, writes evidence,
/// and hands out snapshots.
///
/// Probe loops deliver into a bounded inbox and never wait. One thread applies and evaluates.
/// Readers take the lock for a copy; every public function may be called from any thread.
public final class Monitor: MonitorReading, Sendable {
    /// How often the rules are evaluated: a confirmed failure is an alert within a second of its probe.
    static let evaluationInterval: Duration = .milliseconds(500)
    /// How long results may gather before they are applied: a wake-up per result would cost more
    /// than the work.
    static let deliveryDelay: Duration = .milliseconds(50)
    /// Lines that may wait for an output that nobody reads.
    static let consoleLines = 1000

    /// The version of this program.
    public var version: String { VitaalVersion.text }
    /// The scenario of the lab; nil outside it.
    public let scenario: String?
    /// What a request has to show that changes something as an operator.
    public let operatorToken: String?

    /// How often it is written down how services do against their objectives; what a crash takes
    /// counts as unknown.
    static let objectivesInterval: Duration = .seconds(60)

    struct State {
        /// When that was last done.
        var objectivesAt: Timestamp?
        var brain: HealthMonitor
        var counters: MonitorCounters
        var engine: ProbeEngine?
        /// Client certificates for when probing starts.
        var identities: ClientIdentities
        var trustStores: TrustStores
    }

    let loop: PollLoop
    let timekeeper: any Timekeeper
    private let configuration: DaemonConfiguration
    private let console: WriterThread
    private let evidence: EvidenceWriter
    private let inventory: InventoryWriter
    private let results: ResultWriter
    let ledger: LedgerWriter
    let dispatcher: Dispatcher
    /// What an earlier run had still to tell.
    private let memory: Ledger.Memory
    /// The end of alerts of an earlier run that nothing in force is about any more.
    private let owed: [AlertTransition]
    private let scanner: LazyScanner
    private let scans: ScanRunner
    private let sayNow: @Sendable (String) -> Void
    let state: Mutex<State>
    private let inbox = ResultInbox(limit: Limits.resultQueue)
    /// How messages ended since the last tick.
    private let deliveries: DeliveryInbox
    /// Slots missed since the last tick; one entry an endpoint at most.
    let missed = Mutex<[EndpointID: Int]>([:])
    private let isReloading = Atomic<Bool>(false)

    /// Makes a monitor that has seen nothing and runs nothing.
    ///
    /// - Parameters:
    ///   - configuration: what the run is told from outside.
    ///   - watch: what is watched at the start.
    ///   - log: the evidence log, open.
    ///   - recorder: the inventory of certificates.
    ///   - store: the results on disk.
    ///   - ledger: the alerts on disk.
    ///   - trustStore: the roots of endpoints that name none; nil leaves their age unknown.
    ///   - operatorToken: what operators have to show; nil takes no orders.
    ///   - timekeeper: the clocks.
    ///   - say: takes one line for a person.
    /// - Throws: `PollLoopError` when descriptors are short.
    init(
        configuration: DaemonConfiguration, watch: Watch, log: consuming EvidenceLog,
        recorder: InventoryRecorder, store: DurableStore, ledger: Ledger,
        trustStore: TrustStore? = nil, operatorToken: String? = nil,
        timekeeper: any Timekeeper, say: @escaping @Sendable (String) -> Void
    ) throws(PollLoopError) {
        self.configuration = configuration
        self.timekeeper = timekeeper
        scenario = configuration.scenario
        self.operatorToken = operatorToken
        loop = try PollLoop(name: "monitor", timekeeper: timekeeper)
        let console = try WriterThread(
            name: "console", limit: Self.consoleLines, timekeeper: timekeeper)
        self.console = console
        sayNow = say
        let sayLater: @Sendable (String) -> Void = { line in _ = console.submit { say(line) } }
        evidence = try EvidenceWriter(log: log, timekeeper: timekeeper) { notice in
            sayLater(Self.line(for: notice, at: timekeeper.now()))
        }
        let writer = try LedgerWriter(
            ledger: ledger, evidence: evidence, timekeeper: timekeeper
        ) { notice in
            sayLater(Self.line(for: notice, of: "ledger of alerts", at: timekeeper.now()))
        }
        self.ledger = writer
        inventory = try InventoryWriter(
            recorder: recorder, store: configuration.trustStorePath, timekeeper: timekeeper,
            onChanges: { changes in
                let records = changes.map { EvidenceRecord($0) }
                writer.note(AlertChanges(), records)
                for record in records { sayLater(record.humanLine) }
            },
            onNotice: { notice in
                sayLater(
                    Self.line(for: notice, of: "inventory of certificates", at: timekeeper.now()))
            })
        let dataDirectory = configuration.dataDirectory
        results = try ResultWriter(
            store: store, acceleration: configuration.limits.acceleration, timekeeper: timekeeper,
            announced: { try? Ledger.maintenance(dataDirectory: dataDirectory, within: $0) }
        ) { notice in sayLater(Self.line(for: notice, at: timekeeper.now())) }
        let scanner = LazyScanner(timekeeper: timekeeper, seed: configuration.seed)
        self.scanner = scanner
        scans = ScanRunner(
            overrides: configuration.connectOverrides, timekeeper: timekeeper,
            scan: { target, completion in scanner.scan(target, completion: completion) })
        var counters = MonitorCounters(startedAt: timekeeper.now())
        counters.trustStoreDate = trustStore.flatMap { TrustStoreDate(ofFile: $0.path) }
        counters.trustStoreCertificates = trustStore?.certificateCount ?? 0
        memory = ledger.memory
        let (brain, owed) = Self.brain(
            watch, acceleration: configuration.limits.acceleration, memory: memory,
            at: timekeeper.now())
        self.owed = owed
        let deliveries = DeliveryInbox()
        self.deliveries = deliveries
        dispatcher = Dispatcher(
            trustStorePath: configuration.trustStorePath, userAgent: configuration.userAgent,
            seed: configuration.seed, timekeeper: timekeeper
        ) { event in
            let record = Self.record(of: event, at: timekeeper.now())
            Self.keep(event, record, in: writer, and: deliveries)
            // A delivery is no news: the alert itself has been told.
            if record.action != .notificationDelivered { sayLater(record.humanLine) }
        }
        state = Mutex(
            State(
                brain: brain, counters: counters, identities: watch.identities,
                trustStores: watch.trustStores))
    }

    private static func keep(
        _ event: Dispatcher.Event, _ record: EvidenceRecord, in ledger: LedgerWriter,
        and deliveries: DeliveryInbox
    ) {
        if case .ended(let delivery) = event {
            deliveries.add(delivery)
            ledger.note(delivery, record)
        } else {
            ledger.note(AlertChanges(), [record])
        }
    }

    /// What decides, with what an earlier run knew, and the end of alerts of that run which nothing
    /// in force is about any more.
    private static func brain(
        _ watch: Watch, acceleration: Double, memory: Ledger.Memory, at now: Timestamp
    ) -> (HealthMonitor, owed: [AlertTransition]) {
        var brain = HealthMonitor(
            catalogue: watch.catalogue, rules: watch.rules, acceleration: acceleration,
            isScheduled: true)
        let owed = brain.restore(
            memory.alerts, incidents: memory.incidents, actions: memory.actions,
            books: memory.books, waiting: memory.waiting, passes: memory.passes,
            lastSeen: memory.lastSeen ?? now, at: now)
        brain.restore(objectives: memory.objectives)
        return (brain, owed)
    }

    // MARK: Life

    /// Starts evaluating, and probing with `engine`.
    func start(engine: ProbeEngine) {
        console.start()
        evidence.start()
        results.start(
            snapshot().catalogue, usual: state.withLock { $0.brain.usualKinds },
            onHours: { [self] hours, kind, endpoint in
                state.withLock { $0.brain.recall(hours, of: kind, for: endpoint) }
            },
            onRecall: { [self] records, series in
                state.withLock { $0.brain.recall(records, of: series) }
            })
        inventory.start { [self] sights in state.withLock { $0.brain.recall(sights) } }
        loop.start()
        use(state.withLock { $0.brain.rules.receivers })
        ledger.start { [dispatcher] in dispatcher.deliver($0) }
        for (receiver, book) in memory.books {
            dispatcher.remember(book.entries.values.map(\.item), by: receiver)
        }
        dispatcher.deliver(memory.waiting)
        record(
            [EvidenceRecord(at: timekeeper.now(), action: .monitorStart)]
                + owed.map { EvidenceRecord($0) },
            with: state.withLock { $0.brain.takeAlertChanges() })
        let (endpoints, identities, trustStores) = state.withLock { state in
            state.engine = engine
            return (state.brain.catalogue.probedEndpoints, state.identities, state.trustStores)
        }
        inventory.use(snapshot().catalogue)
        scans.use(snapshot().catalogue.endpoints)
        engine.replace(
            endpoints: endpoints, identities: identities, trustStores: trustStores)
        loop.post { [self] in tick(at: timekeeper.monotonicNanoseconds()) }
    }

    /// Stops probing and evaluating and writes the last evidence line; waits for the threads.
    ///
    /// Does nothing when it was not started.
    func stop() {
        guard let engine = state.withLock({ $0.engine.take() }) else { return }
        engine.stop()
        loop.stop()
        loop.join()
        inventory.finish()
        results.finish()
        scanner.stop()
        dispatcher.stop()
        let changes = state.withLock { state in
            var changes = state.brain.takeAlertChanges()
            changes.objectives = state.brain.objectiveClocksNow()
            return changes
        }
        record([EvidenceRecord(at: timekeeper.now(), action: .monitorStop)], with: changes)
        ledger.finish()
        evidence.finish()
        ledger.finishEvidence()
        console.finish()
    }

    /// Takes finished results from a probe loop; drops the oldest, and counts, when the monitor
    /// cannot keep up.
    func deliver(_ results: [ProbeResult]) {
        guard inbox.add(results) else { return }
        loop.post { [self] in
            let due = timekeeper.monotonicNanoseconds() + Self.deliveryDelay.nanoseconds
            loop.schedule(atMonotonicNanoseconds: due) { [self] in applyInbox() }
        }
    }

    private func applyInbox() {
        let measured = inbox.take()
        guard !measured.isEmpty else { return }
        let results = state.withLock { state in
            noticeClock(&state.brain)
            let results = state.brain.admit(measured)
            state.brain.apply(results)
            state.counters.probes += results.count
            let lateness = results.lazy.map(\.latenessMicroseconds).max() ?? 0
            state.counters.latenessMicrosecondsMax = max(
                state.counters.latenessMicrosecondsMax, lateness)
            return results
        }
        inventory.deliver(results)
        self.results.deliver(results)
        scans.note(results)
    }

    /// Evaluates and plans the next tick a fixed time after this one was due.
    private func tick(at due: Int64) {
        applyInbox()
        let now = timekeeper.now()
        let scanned = scans.takeNews()
        let delivered = deliveries.take()
        let (transitions, changes, records, sighted) = state.withLock { state in
            noticeClock(&state.brain)
            for (endpoint, record) in scanned {
                state.brain.note(record.scan, of: endpoint, at: record.finishedAt)
            }
            noteSelf(&state.brain, at: now)
            state.brain.note(delivered)
            let transitions = state.brain.evaluate(at: now)
            var changes = state.brain.takeAlertChanges()
            let isDue = state.objectivesAt.map { now < $0 || now - $0 >= Self.objectivesInterval }
            if isDue ?? true {
                changes.objectives = state.brain.objectiveClocksNow()
                state.objectivesAt = now
            }
            let records =
                state.brain.takeDoubtRecords(at: now) + state.brain.takeOperatorRecords()
            let sighted = state.brain.takeReturnOfSight() ? state.engine : nil
            return (transitions, changes, records, sighted)
        }
        sighted?.resume()
        record(records + transitions.map { EvidenceRecord($0) }, with: changes)
        scans.tick()
        let next = max(
            due + Self.evaluationInterval.nanoseconds, timekeeper.monotonicNanoseconds())
        loop.schedule(atMonotonicNanoseconds: next) { [self] in tick(at: next) }
    }

    /// Hands records and what they tell of to the ledger, and records to the console; both write on
    /// threads of their own.
    ///
    /// No record at all makes the ledger try again what waits. `completion` is told whether it all
    /// is on the disk.
    func record(
        _ records: [EvidenceRecord], with changes: AlertChanges = AlertChanges(),
        completion: (@Sendable (Bool) -> Void)? = nil
    ) {
        if let completion {
            ledger.note(changes, records, completion: completion)
        } else {
            ledger.note(changes, records)
        }
        // Start and stop are told by whoever starts and stops.
        for record in records where ![.monitorStart, .monitorStop].contains(record.action) {
            say(record.humanLine)
        }
    }

    /// Puts receivers in force; when that fails, those of before stay and a person hears it.
    private func use(_ receivers: [Receiver]) {
        do throws(PollLoopError) {
            try dispatcher.use(receivers)
        } catch {
            say("\(timekeeper.now().dateAndTime)  receivers cannot be started: \(error)")
        }
    }

    private func say(_ line: String) { _ = console.submit { [sayNow] in sayNow(line) } }

    // MARK: Reading

    /// Whether probing has started.
    public var isReady: Bool { state.withLock { $0.engine != nil } }

    /// Everything known now.
    public func snapshot() -> HealthSnapshot {
        var snapshot = state.withLock { state in
            noticeClock(&state.brain)
            return state.brain.snapshot(at: timekeeper.now())
        }
        let (found, histories) = (scans.found, results.histories)
        guard !found.isEmpty || !histories.isEmpty else { return snapshot }
        for index in snapshot.endpoints.indices {
            snapshot.endpoints[index].scan = found[snapshot.endpoints[index].id]
            snapshot.endpoints[index].history = histories[snapshot.endpoints[index].id]
        }
        return snapshot
    }

    /// What the monitor counts about itself.
    public func counters() -> MonitorCounters {
        var (counters, engine) = state.withLock { ($0.counters, $0.engine) }
        // A line on its way between the two is counted twice rather than not at all.
        let alerts = ledger.counters
        let written = evidence.counters
        counters.evidenceLines = written.lines
        counters.evidenceErrors = written.errors
        counters.evidenceWaiting = written.waiting + alerts.evidenceWaiting
        counters.evidenceLost = alerts.evidenceLost
        counters.ledgerWrites = alerts.writes
        counters.ledgerErrors = alerts.errors
        counters.ledgerWaiting = alerts.waiting
        counters.lostTransitions = alerts.lost
        counters.receivers = dispatcher.counters
        let kept = inventory.counters
        counters.inventoryWritten = kept.written
        counters.inventoryErrors = kept.errors
        counters.inventoryWaiting = kept.waiting
        counters.inventoryDropped = kept.dropped
        let stored = results.counters
        counters.storeAppended = stored.store.appended
        counters.storeRefused = stored.store.tooOld + stored.store.overLimit
        counters.storeLost = stored.store.undurable + stored.dropped
        counters.storeWaiting = stored.store.waiting
        counters.storeErrors = stored.store.errors
        counters.storeBytes = stored.bytes
        if let lists = engine?.revocationCounters {
            counters.revocationFetches = lists.fetches
            counters.revocationFailures = lists.failures
            counters.revocationLists = lists.lists
            counters.revocationBytes = lists.bytes
        }
        counters.droppedResults = inbox.dropped
        if let schedule = engine?.counters {
            counters.missedSlots = schedule.missedSlots
            counters.confirmations = schedule.confirmations
            counters.probesInFlight = schedule.inFlight
        }
        let process = ProcessStatistics.read()
        counters.cpuSeconds = process.cpuSeconds
        counters.residentBytes = process.residentBytes
        counters.openDescriptors = process.openDescriptors
        counters.descriptorLimit = process.descriptorLimit
        counters.threads = process.threads
        return counters
    }

    /// The reasons of the last probes of an endpoint, oldest first.
    public func recentReasons(of endpoint: EndpointID) -> [Reason?] {
        state.withLock { state in
            state.brain.store.last(
                StatusDocument.recentResultsLimit,
                of: SeriesKey(endpoint: endpoint, vantage: .local)
            ).map(\.reason)
        }
    }

    // MARK: Reload

    /// Reads the configuration again; a wrong one changes nothing.
    ///
    /// One reload at a time.
    public func reload() async -> ReloadOutcome {
        guard !isReloading.exchange(true, ordering: .acquiringAndReleasing) else {
            return .refused(mistakes: ["another reload is still running; try again"])
        }
        defer { isReloading.store(false, ordering: .releasing) }
        do throws(ConfigurationError) {
            apply(try configuration.loadWatch())
            return .applied
        } catch {
            refuse(error)
            return .refused(mistakes: error.description.split(separator: "\n").map(String.init))
        }
    }

    private func apply(_ watch: Watch) {
        let now = timekeeper.now()
        use(watch.rules.receivers)
        let (ended, changes, engine) = state.withLock { state in
            let ended = state.brain.replace(
                catalogue: watch.catalogue, rules: watch.rules, at: now)
            state.identities = watch.identities
            state.trustStores = watch.trustStores
            state.counters.reloads += 1
            state.counters.refusal = nil
            state.counters.configurationReadAt = now
            return (ended, state.brain.takeAlertChanges(), state.engine)
        }
        // Whoever rotates the log moves it away and then asks for a reload.
        evidence.reopen { [self] error in say("\(now.dateAndTime)  \(error)") }
        record(
            ended.map { EvidenceRecord($0) } + [EvidenceRecord(at: now, action: .configReload)],
            with: changes)
        inventory.use(watch.catalogue)
        results.use(watch.catalogue)
        scans.use(watch.catalogue.endpoints)
        engine?.replace(
            endpoints: watch.catalogue.probedEndpoints, identities: watch.identities,
            trustStores: watch.trustStores)
    }

    private func refuse(_ error: ConfigurationError) {
        let now = timekeeper.now()
        state.withLock { state in
            let since = state.counters.refusal?.since ?? now
            state.counters.refusal = ConfigurationRefusal(since: since, mistakes: error.count)
        }
        let count = "\(error.count) mistake\(error.count == 1 ? "" : "s")"
        record([
            EvidenceRecord(
                at: now, action: .configReload,
                result: "refused: \(count), the old configuration stays in force")
        ])
        say(error.description)
    }
}
