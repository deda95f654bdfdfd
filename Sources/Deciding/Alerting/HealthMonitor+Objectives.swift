public import HealthModel
import Incidents
public import Observing
import Routing
import Rules

extension HealthMonitor {
    /// The window of the burn rate that is shown.
    static let shownBurnWindow: Duration = .seconds(3600)

    /// Counts the time up to `now` for every service, as it has been until now.
    mutating func countTime(at now: Timestamp) {
        for index in services.indices where catalogue.services[index].kind == .probed {
            objectives.count(serviceTime(of: index, at: now), of: index, until: now)
        }
    }

    /// What citizens have of a service now; mutating like `finding(of:for:at:)`.
    private mutating func serviceTime(of index: Int, at now: Timestamp) -> ServiceTime {
        if let hours = catalogue.services[index].objective.hours, !hours.contains(now) {
            return .outside
        }
        if !actions.maintenance.isEmpty, isMaintained(index) { return .maintenance }
        var isKnown = false
        var isServing = false
        for tracker in trackersOfService[index] {
            // No copy of the status, which is large and looked at for every service.
            guard trackers[tracker].status.state != .unknown,
                trackers[tracker].status.lastResult != nil
            else { continue }
            isKnown = true
            // Flapping hides what was measured last; slow, busy and refusing servers do serve.
            let reason = trackers[tracker].status.lastReason
            if HealthState(of: reason) != .down { isServing = true }
        }
        guard isKnown else { return .unknown }
        if services[index].own == .maintenance { return .maintenance }
        guard isServing else { return .lostOwn }
        let isHit =
            !services[index].causes.isEmpty
            && [.down, .impaired].contains(services[index].effective)
        return isHit ? .lostChain : .good
    }

    /// Whether a service uses up its budget too fast and nobody has been told why.
    ///
    /// An outage that people were told of, or will be when its alert has been pending for long
    /// enough, is told once; so is what a failing parent costs, by the alerts of the parent. What is
    /// left are losses that no other rule sees, such as many short ones. One failed probe must not
    /// do it, however rarely the service is probed: the loss is at least that of two.
    ///
    /// Mutating like `finding(of:for:at:)`.
    mutating func isBurning(
        _ service: Int, _ condition: BurnRateCondition, isActive: Bool, at now: Timestamp
    ) -> AlertMachine.Finding {
        // To an alert that is not active it is the same whether nothing burns or nothing is known.
        if !isActive, !objectives.hasLostOwn(service, over: condition.short) { return .fails }
        let (clock, objective) = (
            objectives[service], catalogue.services[service].objective
        )
        guard let long = clock.ownBurnRate(over: condition.long, objective, at: now),
            let short = clock.ownBurnRate(over: condition.short, objective, at: now)
        else { return .unknown }
        guard long > condition.rate, short > condition.rate else { return .fails }
        return isLossUntold(service, over: condition.long, at: now) ? .holds : .fails
    }

    /// Whether a service lost more than one probe can tell, and nobody has been told why.
    private func isLossUntold(_ service: Int, over window: Duration, at now: Timestamp) -> Bool {
        let interval = trackersOfService[service].map {
            catalogue.endpoints[$0].probe.interval
        }.max()
        guard
            objectives[service].loss(over: window, at: now).lostOwn >= (interval ?? .zero) * 2,
            !alerts.keys.contains(where: {
                bindings[$0].service == service && bindings[$0].condition.isOutage
            })
        else { return false }
        return !incidents.isTold(catalogue.services[service].id, since: now - window)
    }

    /// The burn rate that an expression sees; nil when too little is known.
    ///
    /// As in `isBurning`, the longest window of the expression decides whether the loss counts.
    mutating func untoldBurnRate(
        of index: Int, over window: Duration, at now: Timestamp
    ) -> Double? {
        guard case .expression(let expression) = bindings[index].condition else { return nil }
        let service = bindings[index].service
        let rate = objectives[service].ownBurnRate(
            over: window, catalogue.services[service].objective, at: now)
        guard let rate, rate > 0 else { return rate }
        let isUntold = isLossUntold(service, over: expression.burnWindow ?? window, at: now)
        return isUntold ? rate : 0
    }

    /// How every probed service does, in the order of the catalogue.
    func objectiveStatuses(at now: Timestamp) -> [ObjectiveStatus] {
        let month = AmsterdamTime.month(of: now)
        return catalogue.services.indices.filter { catalogue.services[$0].kind == .probed }
            .map { index in
                let (service, clock) = (catalogue.services[index], objectives[index])
                // What is to come outside the hours is no time in which anything may be lost.
                let ahead = now..<max(now, month.upperBound)
                let outside = service.objective.hours.map {
                    ahead.upperBound - ahead.lowerBound - $0.time(in: ahead)
                }
                let budget = clock.month?.budgetLeft(
                    service.objective,
                    monthLength: month.upperBound - month.lowerBound - (outside ?? .zero))
                return ObjectiveStatus(
                    service: service.id, objective: service.objective, months: clock.months,
                    budgetLeft: budget ?? 1,
                    burnRate: clock.burnRate(
                        over: Self.shownBurnWindow, service.objective, at: now))
            }
    }

    /// Takes back how services did in an earlier run; the time since it was last alive is unknown.
    public mutating func restore(objectives: [ServiceID: ObjectiveClock]) {
        for index in catalogue.services.indices {
            if let clock = objectives[catalogue.services[index].id] {
                self.objectives.restore(clock, of: index)
            }
        }
    }

    /// How services do now, for whoever keeps it on disk.
    public func objectiveClocksNow() -> [ServiceID: ObjectiveClock] {
        Dictionary(
            uniqueKeysWithValues: zip(
                catalogue.services, catalogue.services.indices.map { objectives[$0] }
            )
            .filter { $0.kind == .probed && $1.month != nil }.map { ($0.id, $1) })
    }
}
