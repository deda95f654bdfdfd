public import HealthModel
import Observing
import Routing
public import Rules

extension HealthMonitor {
    /// Why a rule holds for a subject or does not, part by part, the whole first.
    ///
    /// - Parameters:
    ///   - rule: A rule whose condition is an expression.
    ///   - subject: What it looks at.
    ///   - now: The present.
    /// - Returns: nil when no such rule is in force for the subject.
    public func trace(
        of rule: RuleID, for subject: Subject, at now: Timestamp
    ) -> [ExpressionStep]? {
        for (index, binding) in bindings.enumerated() where rules.rules[binding.rule].id == rule {
            guard case .expression(let expression) = binding.condition,
                key(of: binding).subject == subject
            else { continue }
            var monitor = self
            return expression.trace { monitor.value(of: $0, for: index, at: now) }
        }
        return nil
    }

    /// Whether the expression of a binding holds, worked out anew.
    ///
    /// Like what it calls, it is mutating although it changes nothing: else the closure would hold a
    /// copy of the whole monitor, and every call would make one, which took two thirds of the time of
    /// an evaluation.
    mutating func finding(
        of expression: Expression, for index: Int, at now: Timestamp
    ) -> AlertMachine.Finding {
        expression.finding { value(of: $0, for: index, at: now) }
    }

    /// The decisive value of the expression of a binding; `-` when there is none.
    func decisiveValue(of expression: Expression, for index: Int, at now: Timestamp) -> String {
        var monitor = self
        return expression.decisiveValue { monitor.value(of: $0, for: index, at: now) } ?? "-"
    }

    /// The last instant at which an expression still comes to the same for an endpoint, unless
    /// something else is seen.
    mutating func end(of expression: Expression, _ tracker: Int, at now: Timestamp) -> Timestamp {
        guard trackers[tracker].status.state != .unknown else { return .farFuture }
        guard !expression.isRestless else { return .farPast }
        var end = end(of: expression.windows, tracker, at: now)
        for case .changed(let fact, let window) in expression.changes {
            guard !certificates.isUnchanged,
                let change = changeEnd(of: fact, window, tracker, after: now)
            else { continue }
            end = min(end, change - .nanoseconds(1))
        }
        for case .regressed(let fact, let window) in expression.changes {
            let regress = trackers[tracker].baseline.regressEnd(of: fact, within: window)
            if let regress, now < regress { end = min(end, regress - .nanoseconds(1)) }
        }
        if !expression.usuals.isEmpty { end = min(end, UsualTimes.end(of: now)) }
        guard !expression.crossings.isEmpty,
            let certificate = trackers[tracker].status.expiringCertificate
        else { return end }
        for crossing in expression.crossings {
            guard let instant = crossing.instant(for: certificate) else { continue }
            // Near the crossing, where a rounding may decide, it is looked at every time.
            if now <= instant + Self.crossingMargin {
                end = min(end, instant - Self.crossingMargin)
            }
        }
        return end
    }

    /// The last instant at which every window still holds the same results of an endpoint.
    mutating func end(of windows: [Duration], _ tracker: Int, at now: Timestamp) -> Timestamp {
        guard !windows.isEmpty else { return .farFuture }
        let series = SeriesKey(endpoint: trackers[tracker].status.id)
        let next = now + .nanoseconds(1)
        // A result from the time before the clock was set back comes into a window by and by.
        guard store.firstSlot(of: series, from: next, to: .farFuture) == nil else {
            return .farPast
        }
        // A loop, since a lazy sequence would keep a copy of the whole monitor for its closure.
        var end = Timestamp.farFuture
        for window in windows {
            guard let first = store.firstSlot(of: series, from: now - window, to: next) else {
                continue
            }
            end = min(end, first.instant + window)
        }
        return end
    }

    /// How near to the instant at which a certificate crosses a threshold roundings may decide.
    static let crossingMargin: Duration = .seconds(1)

    /// What the results of a window come to.
    ///
    /// Where IPv4 is there as well browsers take it when no connection over IPv6 stands, so that such
    /// a failure says nothing of what people see.
    private mutating func outcomes(
        of tracker: Int, _ window: Duration, at now: Timestamp
    ) -> Outcomes {
        Outcomes(
            records(of: tracker, window, at: now),
            leavesOutConnecting: families.ipv4[tracker] != nil)
    }

    private mutating func records(
        of tracker: Int, _ window: Duration, at now: Timestamp
    ) -> [ResultRecord] {
        // Half-open windows: one nanosecond more takes the slot of this very instant in.
        store.records(
            of: SeriesKey(endpoint: trackers[tracker].status.id), from: now - window,
            to: now + .nanoseconds(1))
    }

    // MARK: Values

    /// What is measured, in the numbers of `Expression.Measure`.
    ///
    /// Mutating like `finding`.
    private mutating func value(
        of quantity: Expression.Quantity, for index: Int, at now: Timestamp
    ) -> Double? {
        let service = bindings[index].service
        switch quantity {
        case .state: return Expression.Literal.state(services[service].own).scalar
        case .effectiveState:
            return Expression.Literal.state(services[service].effective).scalar
        case .dependants: return Double(graph.dependants[service].count)
        case .tier: return Double(catalogue.services[service].tier.rawValue)
        case .stateTime: return services[service].ownSince.map { (now - $0).fractionalSeconds }
        case .effectiveStateTime:
            return services[service].since.map { (now - $0).fractionalSeconds }
        case .isStateBeginKnown: return services[service].isOwnBeginKnown ? 1 : 0
        case .isEffectiveStateBeginKnown: return services[service].isBeginKnown ? 1 : 0
        case .burnRate(let window): return untoldBurnRate(of: index, over: window, at: now)
        default:
            guard let tracker = bindings[index].tracker,
                trackers[tracker].status.state != .unknown
            else { return nil }
            return value(of: quantity, ofEndpoint: tracker, at: now)
        }
    }

    /// What is measured of an endpoint that is known.
    private mutating func value(
        of quantity: Expression.Quantity, ofEndpoint tracker: Int, at now: Timestamp
    ) -> Double? {
        // The status is large: a copy of it, or of its last result, would take longer than all that
        // is asked here.
        switch quantity {
        case .consecutiveFailures: return Double(trackers[tracker].status.consecutiveFailures)
        case .reason:
            if trackers[tracker].status.lastResult == nil { return nil }
            return trackers[tracker].status.lastReason.map {
                Expression.Literal.reason($0).scalar
            } ?? -1
        case .status: return (trackers[tracker].status.lastResult?.http?.status).map(Double.init)
        case .onlyIPv6Fails:
            if families.ipv4.isEmpty { return 0 }
            return onlyIPv6FailsKnown(tracker).map { $0 ? 1 : 0 }
        case .certificateTrusted:
            if trackers[tracker].status.lastTLS == nil { return nil }
            return trackers[tracker].status.lastTLS?.verdict == nil ? 1 : 0
        case .certificateExpiresIn:
            return trackers[tracker].status.expiringCertificate.map {
                ($0.notAfter - now).fractionalSeconds
            }
        case .certificateLifetimeLeft:
            return trackers[tracker].status.expiringCertificate.flatMap {
                $0.lifetimeLeft(at: now)
            }
        case .availability(let window):
            return outcomes(of: tracker, window, at: now).availability
        case .failures(let window):
            return outcomes(of: tracker, window, at: now).failures
        case .changes(let window):
            return outcomes(of: tracker, window, at: now).changes
        case .quantile(let percent, let phase, let window):
            let quantile = store.quantile(
                Double(percent) / 100, of: phase,
                series: SeriesKey(endpoint: trackers[tracker].status.id),
                from: now - window, to: now + .nanoseconds(1))
            return quantile.map { Double($0.microseconds) / 1e6 }
        case .usual(let percent, let phase, _):
            return usualTimes.usual(
                UsualTimes.Kind(percent: percent, phase: phase),
                of: trackers[tracker].status.id, at: now
            ).map { Double($0) / 1e6 }
        case .changed(let fact, let window):
            guard trackers[tracker].status.outlook.ownLeaf != nil else { return nil }
            if certificates.isUnchanged { return 0 }
            return changeEnd(of: fact, window, tracker, after: now) == nil ? 0 : 1
        case .regressed(let fact, let window):
            // What nobody looks for here, perhaps since a reload, is as it should be.
            guard trackers[tracker].baseline.isSeen(fact) else {
                return fact.isLookedFor(at: catalogue.endpoints[tracker]) ? nil : 0
            }
            let end = trackers[tracker].baseline.regressEnd(of: fact, within: window)
            return end.map { now < $0 ? 1 : 0 } ?? 0
        case .state, .effectiveState, .stateTime, .effectiveStateTime, .isStateBeginKnown,
            .isEffectiveStateBeginKnown, .dependants, .tier, .burnRate:
            return nil
        }
    }
}

/// What the results of a window come to; each value is nil when none says what people see.
private struct Outcomes {
    private var measured = 0
    private var failed = 0
    private var changed = 0

    init(_ records: [ResultRecord], leavesOutConnecting: Bool) {
        var last: Bool?
        for record in records {
            if leavesOutConnecting, record.reason?.isBeforeConnection == true { continue }
            let isFailure: Bool
            switch record.reason?.meaning {
            case nil, .slow: isFailure = false
            case .failure, .busy: isFailure = true
            case .maintenance, .blocked, .monitor: continue
            }
            measured += 1
            if isFailure { failed += 1 }
            if let last, last != isFailure { changed += 1 }
            last = isFailure
        }
    }

    var availability: Double? {
        measured == 0 ? nil : Double(measured - failed) / Double(measured)
    }
    var failures: Double? { measured == 0 ? nil : Double(failed) }
    var changes: Double? { measured == 0 ? nil : Double(changed) }
}

extension EndpointStatus {
    /// The certificate that runs out first on the trusted paths; the leaf of a path that is not
    /// trusted when there is no other, as that is what visitors see.
    fileprivate var expiringCertificate: Certificate? {
        outlook.runningOut.min { $0.notAfter < $1.notAfter } ?? lastTLS?.leaf
    }
}

extension Certificate {
    /// The share of the lifetime that is left, 0 after the end; nil without a lifetime.
    fileprivate func lifetimeLeft(at now: Timestamp) -> Double? {
        guard lifetime > .zero else { return nil }
        return max(0, (notAfter - now).fractionalSeconds / lifetime.fractionalSeconds)
    }
}
