public import HealthModel
import Incidents
import Observing
import Routing
import Rules

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
        guard alerts.isEmpty, doubtState.alerts.isEmpty, doubtState.doubt.isAtEase,
            doubtState.ipv6LostSince == nil, families.excused.isEmpty, incidents.open.isEmpty,
            telling.isAtEase,
            !isScheduled || trackers.allSatisfy({ $0.status.unmeasuredSince == nil })
        else { return soon }
        var until = now + Self.quietMax
        func limit(_ instant: Timestamp?) {
            if let instant, instant > now { until = min(until, instant) }
        }
        limit(actions.nextTurnAt)
        for tracker in trackers { limit(tracker.staleAt.map { $0 + .nanoseconds(1) }) }
        if catalogue.services.contains(where: { $0.objective.hours != nil }) {
            // Hours begin and end at whole minutes, in Amsterdam as in UTC.
            limit(Timestamp(seconds: (now.seconds.flooredQuotient(by: 60) + 1) * 60))
        }
        for (index, binding) in bindings.enumerated() {
            if let tracker = binding.tracker {
                let known = memories[index]
                guard known.revision == revisions[tracker], known.validFrom <= now.nanoseconds,
                    known.validUntil >= now.nanoseconds
                else { return soon }
                if known.validUntil < .max { limit(Timestamp(nanoseconds: known.validUntil + 1)) }
                continue
            }
            switch binding.condition {
            case .burnRate(let condition):
                if mayBurn(binding.service, condition, at: now) { return soon }
            case .expression(let expression):
                let state = services[binding.service]
                if expression.waits(in: state.own) || expression.waits(in: state.effective) {
                    return soon
                }
            default: continue
            }
        }
        return until
    }

    /// Whether a budget may begin to burn too fast within `quietMax`.
    private func mayBurn(
        _ service: Int, _ condition: BurnRateCondition, at now: Timestamp
    ) -> Bool {
        if [.lostOwn, .lostChain].contains(objectives.time(of: service)) { return true }
        let (clock, objective) = (
            objectives[service], catalogue.services[service].objective
        )
        return [condition.long, condition.short].allSatisfy {
            clock.burnRateBound(over: $0, objective, at: now) > condition.rate
        }
    }
}
