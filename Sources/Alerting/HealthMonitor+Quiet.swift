public import HealthModel
import TLSFindings

extension HealthMonitor {
    /// The longest quiet that is promised; the reckoning of burn rates counts on it.
    public static let quietMax: Duration = .seconds(60)

    /// Until when looking at the rules changes nothing, provided that no result comes.
    ///
    /// For whoever plays time faster than it passes: `evaluate` may be left out at every instant
    /// between `now` and the returned one, and all that follows is the same. Quiet is promised only
    /// while nothing is pending, fires, is open or is in doubt, so that no timer of these runs.
    ///
    /// - Parameter now: The instant of the last `evaluate`, after which nothing was applied.
    /// - Returns: The first instant at which something may change, later than `now` and by
    ///   `quietMax` at most.
    public func quietUntil(after now: Timestamp) -> Timestamp {
        let soon = now + .nanoseconds(1)
        guard alerts.isEmpty, doubtState.alert == nil, doubtState.doubt.isAtEase,
            incidents.open.isEmpty, !incidents.needsSettling(at: now)
        else { return soon }
        var until = now + Self.quietMax
        func limit(_ instant: Timestamp?) {
            if let instant, instant > now { until = min(until, instant) }
        }
        for tracker in trackers { limit(tracker.staleAt.map { $0 + .nanoseconds(1) }) }
        if catalogue.services.contains(where: { $0.objective.hours != nil }) {
            // Hours begin and end at whole minutes, in Amsterdam as in UTC.
            limit(Timestamp(seconds: (now.seconds.flooredQuotient(by: 60) + 1) * 60))
        }
        for (index, binding) in bindings.enumerated() {
            switch binding.condition {
            case .state: continue
            case .burnRate(let condition):
                if mayBurn(binding.service, condition, at: now) { return soon }
            case .expression(let expression):
                if expression.isTimed { return soon }
                limit(expressionMemories[index]?.validUntil.map { $0 + .nanoseconds(1) })
            case .slow:
                limit(slowValues[index]?.validUntil.map { $0 + .nanoseconds(1) })
            case .certificateInvalid, .certificateRunningOut, .sentCertificateRunningOut,
                .certificateRenewalOverdue:
                for instant in boundaries(of: binding) { limit(instant) }
            }
        }
        return until
    }

    /// The instants at which a rule on certificates begins to hold or stops, by time alone.
    private func boundaries(of binding: Binding) -> [Timestamp] {
        guard let tracker = binding.tracker else { return [] }
        let status = trackers[tracker].status
        switch binding.condition {
        case .certificateRunningOut(let share):
            return status.outlook.runningOut.flatMap {
                [RenewalThreshold.start(of: $0, share: share), $0.notAfter + .nanoseconds(1)]
            }
        case .sentCertificateRunningOut(let share):
            let extra = status.outlook.sentBesidePath
            return extra.map { [RenewalThreshold.start(of: $0, share: share)] } ?? []
        case .certificateRenewalOverdue:
            guard let leaf = status.outlook.ownLeaf else { return [] }
            let start = renewals[status.id]?.overdueStart(for: leaf)
            return [start, leaf.notAfter + .nanoseconds(1)].compactMap(\.self)
        case .state, .slow, .certificateInvalid, .burnRate, .expression: return []
        }
    }

    /// Whether a budget may begin to burn too fast within `quietMax`.
    private func mayBurn(
        _ service: Int, _ condition: BurnRateCondition, at now: Timestamp
    ) -> Bool {
        if [.lostOwn, .lostChain].contains(serviceTimes[service]) { return true }
        let (clock, objective) = (
            objectiveClocks[service], catalogue.services[service].objective
        )
        return [condition.long, condition.short].allSatisfy {
            clock.burnRateBound(over: $0, objective, at: now) > condition.rate
        }
    }
}
