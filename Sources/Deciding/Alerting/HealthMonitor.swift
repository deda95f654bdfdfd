public import HealthModel
public import Incidents
public import Observing
public import Routing
import Rules
import TLSFindings

/// The whole pure brain: results in, states and alert transitions out.
///
/// Holds the rolling store, a tracker per endpoint, the state of every service and one alert
/// machine per rule and subject. A value without locks and without a clock; give it one owner.
/// Hand results to `apply`, then call `evaluate` about twice a second.
public struct HealthMonitor: Sendable {
    /// What is watched.
    public internal(set) var catalogue: ServiceCatalogue
    /// The rules in force.
    public internal(set) var rules: RuleSet
    /// The results kept.
    public internal(set) var store: RollingStore
    /// By how much the times of back-off are divided; 1 outside the lab.
    public let acceleration: Double
    /// Whether a schedule should measure every endpoint, so that one that is not measured is a fault of
    /// the monitor; false where results are only played.
    public let isScheduled: Bool
    /// Results of endpoints that are not in the catalogue, such as those removed by a reload.
    public internal(set) var strayResults = 0

    var graph: DependencyGraph
    var trackers: [EndpointTracker] = []
    /// How often what is known of each endpoint has changed, so that what is remembered is known to
    /// be old.
    var revisions: [Int32] = []
    var trackerOfEndpoint: [EndpointID: Int] = [:]
    var trackersOfService: [[Int]] = []
    var serviceOfTracker: [Int] = []
    /// Endpoints of one URL that differ in the address family only.
    var families = AddressFamilyPairs()
    var services: [ServiceState] = []
    /// Services of which an endpoint changed since the last look.
    var changedServices: Set<Int> = []

    var bindings: [Binding] = []
    var machines: [AlertMachine] = []
    /// What each binding came to, and the last quantile of those that ask for one.
    var memories: [FindingMemory] = []
    var slowValues: [Quantile?] = []
    /// Pending and firing alerts by the position of their binding.
    var alerts: [Int: Alert] = [:]
    /// Bindings whose alert changed since `takeAlertChanges`.
    var changedAlerts: Set<Int> = []
    /// Whether all may have.
    var areAllAlertsChanged = false
    /// Who was told what, and what has to be told.
    var telling = TellingState()

    /// The incidents: what alerts have in common.
    public internal(set) var incidents = IncidentKeeper()
    /// What services have in common by the catalogue.
    var incidentMap: IncidentMap

    /// What operators have done.
    public internal(set) var actions = ActionKeeper()
    /// What the evidence log has to say of it since `takeOperatorRecords`.
    var operatorRecords: [EvidenceRecord] = []
    /// Services that did not serve when their maintenance ran out, and which one that was.
    var overruns: [ServiceID: ActionID] = [:]

    /// How each service does against its objective, and what citizens have of it now.
    var objectives = ObjectiveBoard()

    /// One service.
    struct ServiceState: Sendable {
        /// What was measured.
        var measured = HealthState.unknown
        /// What was measured, unless an operator knows better.
        var own = HealthState.unknown
        /// Since when it has its own state; nil when it was never measured.
        var ownSince: Timestamp?
        /// Whether it was in another known state before.
        var isOwnBeginKnown = false
        var effective = HealthState.unknown
        var since: Timestamp?
        var isBeginKnown = false
        var causes: [ServiceID] = []
    }

    /// One rule for one subject, looked up once.
    struct Binding: Sendable {
        /// What is the same for all subjects of a tier.
        ///
        /// A reference: there is a binding for every rule and endpoint, most of which would be copies
        /// of this.
        let terms: Terms
        var service: Int
        /// The endpoint that is the subject; nil when it is the service.
        var tracker: Int?
        /// Whether an invalid certificate of this service is told by a rule of its own.
        var isCertificateToldApart: Bool

        var rule: Int { terms.rule }
        var condition: Condition { terms.condition }
        var level: Level { terms.level }
        var holdTime: Duration { terms.holdTime }
        var keepFiringTime: Duration { terms.keepFiringTime }
    }

    /// What a rule says of the subjects of one tier.
    final class Terms: Sendable {
        let rule: Int
        let condition: Condition
        let level: Level
        let holdTime: Duration
        let keepFiringTime: Duration

        init(_ rule: Rule, at index: Int, level: Level, tier: Tier) {
            self.rule = index
            self.level = level
            condition = rule.condition
            holdTime = rule.holdTime[tier]
            keepFiringTime = rule.keepFiringTime
        }
    }

    /// Whether the monitor can see, and who knows it.
    var doubtState = DoubtState()

    /// What was seen of certificates: renewals, and what was new.
    var certificates = CertificateHistory()
    /// What servers did as they should since `takeAlertChanges`, to be kept.
    var changedPasses: [BaselinePass.Key: BaselinePass] = [:]
    /// How long probes usually take, for rules that ask for it.
    var usualTimes = UsualTimes()

    /// Makes a monitor that has seen nothing.
    ///
    /// - Parameters:
    ///   - catalogue: What is watched.
    ///   - rules: The rules in force.
    ///   - store: Where results are kept.
    ///   - acceleration: By how much the times of back-off are divided; at least 1.
    ///   - isScheduled: Whether a schedule should measure every endpoint.
    public init(
        catalogue: ServiceCatalogue, rules: RuleSet, store: RollingStore = RollingStore(),
        acceleration: Double = 1, isScheduled: Bool = false
    ) {
        precondition(acceleration >= 1, "acceleration below 1")
        self.catalogue = catalogue
        self.rules = rules
        self.store = store
        self.acceleration = acceleration
        self.isScheduled = isScheduled
        graph = DependencyGraph(services: catalogue.services)
        incidentMap = IncidentMap(catalogue: catalogue, graph: graph)
        install()
    }

    /// Takes final results, in the order in which their probes ended.
    @discardableResult public mutating func apply(_ results: [ProbeResult]) -> AppendOutcome {
        var known: [ProbeResult] = []
        known.reserveCapacity(results.count)
        for result in results {
            guard let index = trackerOfEndpoint[result.endpoint] else {
                strayResults += 1
                continue
            }
            certificates.learn(
                from: result, at: index,
                shown: trackers[index].status.outlook.ownLeaf?.fingerprintSHA256,
                among: catalogue.endpoints)
            trackers[index].apply(
                result, interval: catalogue.endpoints[index].probe.interval,
                acceleration: acceleration)
            // A result that was on its way when its endpoint moved is of the old URL.
            if let (fact, grade) = BaselineFact.judge(result),
                result.hops.first?.url == catalogue.endpoints[index].url.withoutQuery
            {
                note(fact, grade, of: result.endpoint, at: result.finishedAt)
            }
            outdate(index)
            changedServices.insert(serviceOfTracker[index])
            known.append(result)
        }
        let outcome = store.append(known)
        learnUsual(from: known)
        return outcome
    }

    /// Takes back what an earlier run has measured, so that rules over a time need not wait for it;
    /// states are not taken back.
    public mutating func recall(_ records: [ResultRecord], of series: SeriesKey) {
        guard let index = trackerOfEndpoint[series.endpoint] else { return }
        store.restore(records, of: series)
        trackers[index].recall(records.map(\.reason))
        outdate(index)
    }

    /// Looks at every rule for every subject.
    ///
    /// - Parameter now: The present.
    /// - Returns: What changed, services before endpoints.
    public mutating func evaluate(at now: Timestamp) -> [AlertTransition] {
        let doubts = concludeDoubt(at: now)
        turnActions(at: now)
        refresh(at: now)
        countTime(at: now)
        var changes: [(binding: Int, transition: AlertTransition)] = []
        let isBlind = selfDoubt.isBlind
        for index in bindings.indices {
            let finding = isBlind ? .unknown : finding(of: index, at: now)
            // Nearly all are done here: a memory that counts, and no alert.
            if finding != .holds, !machines[index].isActive { continue }
            let before = machines[index]
            let change = machines[index].take(
                finding, at: now, holdTime: bindings[index].holdTime,
                keepFiringTime: bindings[index].keepFiringTime)
            let after = machines[index]
            if change != nil || after.keepFiringSince != before.keepFiringSince
                || after.activeSince != before.activeSince
            {
                changedAlerts.insert(index)
            }
            if let change { changes.append((index, note(change, of: index, at: now))) }
        }
        supersede(&changes, at: now)
        group(&changes, at: now)
        if !doubts.isEmpty || !changes.isEmpty { telling.isDue = true }
        tell(at: now)
        return doubts + changes.map(\.transition)
    }

    /// Everything a reader may know at `now`; alerts are those of the last evaluation.
    public mutating func snapshot(at now: Timestamp) -> HealthSnapshot {
        refresh(at: now)
        let statuses = catalogue.services.indices.map { index in
            ServiceStatus(
                id: catalogue.services[index].id, ownState: services[index].own,
                effectiveState: services[index].effective, since: services[index].since,
                causes: services[index].causes, dependants: graph.dependants[index])
        }
        let sorted = alerts.values.sorted { left, right in
            if left.level != right.level { return left.level > right.level }
            if left.activeSince != right.activeSince {
                return left.activeSince < right.activeSince
            }
            return left.key < right.key
        }
        var snapshot = HealthSnapshot(
            takenAt: now, catalogue: catalogue, endpoints: endpointStatuses(),
            services: statuses,
            alerts: doubtState.alerts.values.sorted { $0.key < $1.key } + sorted,
            incidents: shownIncidents(at: now), objectives: objectiveStatuses(at: now))
        snapshot.blindSince = selfDoubt.blindSince
        snapshot.controls = selfDoubt.controls
        snapshot.clock = clockDiscipline
        snapshot.failingReceivers = doubtState.receivers.failingSince
        snapshot.isAnyRuleInForce = !bindings.isEmpty || catalogue.services.isEmpty
        addActions(to: &snapshot)
        return snapshot
    }

    // MARK: States

    /// Brings the states up to date: what is stale, and what changed since the last look.
    mutating func refresh(at now: Timestamp) {
        loseSight(at: now)
        for index in trackers.indices where trackers[index].age(at: now) {
            changedServices.insert(serviceOfTracker[index])
            outdate(index)
        }
        guard !changedServices.isEmpty else { return }
        var isOwnChanged = false
        for service in changedServices {
            let measured = measuredState(of: service)
            services[service].measured = measured
            let own = state(of: service, measured: measured)
            guard own != services[service].own else { continue }
            services[service].isOwnBeginKnown = services[service].own != .unknown
            services[service].own = own
            services[service].ownSince = now
            isOwnChanged = true
        }
        changedServices.removeAll(keepingCapacity: true)
        if isOwnChanged { spread(at: now) }
    }

    /// What the endpoints of a service come to.
    private mutating func measuredState(of service: Int) -> HealthState {
        // A loop, since a copy of every status would take longer than all the rest.
        var seen: Set<HealthState> = []
        var isWaiting = false
        let all = families.excused.isEmpty
        for tracker in all ? trackersOfService[service] : countedTrackers(of: service) {
            if trackers[tracker].status.lastResult == nil { isWaiting = true }
            let state = trackers[tracker].status.state
            if state != .unknown { seen.insert(state) }
        }
        return HealthState(ofServiceThatHas: seen, isWaiting: isWaiting)
    }

    /// Works out the effective states from the own ones.
    mutating func spread(at now: Timestamp) {
        let effect = graph.effect(of: services.map(\.own))
        for index in services.indices {
            services[index].causes = effect.causes[index]
            guard services[index].effective != effect.states[index] else { continue }
            services[index].isBeginKnown = services[index].effective != .unknown
            services[index].effective = effect.states[index]
            services[index].since = now
        }
    }
}
