public import HealthModel
import ResultStore

extension HealthMonitor {
    /// What an expression came to, as long as nothing it looks at can have changed.
    struct ExpressionMemory: Sendable {
        var finding: AlertMachine.Finding
        var revision: Int
        var validFrom: Timestamp
        /// When the earliest result leaves a window; nil when time alone changes nothing.
        var validUntil: Timestamp?
    }

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
        for binding in bindings where rules.rules[binding.rule].id == rule {
            guard case .expression(let expression) = binding.condition,
                key(of: binding).subject == subject
            else { continue }
            return expression.trace { value(of: $0, for: binding, at: now) }
        }
        return nil
    }

    /// Whether the expression of a binding holds: remembered, or worked out anew.
    mutating func finding(
        of expression: Expression, for index: Int, at now: Timestamp
    ) -> AlertMachine.Finding {
        // A service has few values, and they are at hand.
        guard let tracker = bindings[index].tracker,
            trackers[tracker].status.state != .unknown
        else { return freshFinding(of: expression, for: index, at: now) }
        if let known = expressionMemories[index], known.revision == revisions[tracker],
            known.validFrom <= now, known.validUntil.map({ now <= $0 }) ?? true
        {
            return known.finding
        }
        let finding = freshFinding(of: expression, for: index, at: now)
        if expression.isTimed {
            expressionMemories[index] = nil
        } else {
            expressionMemories[index] = ExpressionMemory(
                finding: finding, revision: revisions[tracker], validFrom: now,
                validUntil: end(of: expression.windows, tracker, at: now))
        }
        return finding
    }

    /// Whether the expression of a binding holds, worked out anew.
    func freshFinding(
        of expression: Expression, for index: Int, at now: Timestamp
    ) -> AlertMachine.Finding {
        let binding = bindings[index]
        return expression.finding { value(of: $0, for: binding, at: now) }
    }

    /// The decisive value of the expression of a binding; `-` when there is none.
    func decisiveValue(of expression: Expression, for index: Int, at now: Timestamp) -> String {
        let binding = bindings[index]
        return expression.decisiveValue { value(of: $0, for: binding, at: now) } ?? "-"
    }

    /// When the first result leaves a window; nil when all windows are empty.
    private func end(of windows: Set<Duration>, _ tracker: Int, at now: Timestamp) -> Timestamp? {
        windows.compactMap { window in
            records(of: tracker, window, at: now).first.map { $0.slot.instant + window }
        }.min()
    }

    private func records(of tracker: Int, _ window: Duration, at now: Timestamp) -> [ResultRecord] {
        // Half-open windows: one nanosecond more takes the slot of this very instant in.
        store.records(
            of: SeriesKey(endpoint: trackers[tracker].status.id), from: now - window,
            to: now + .nanoseconds(1))
    }

    // MARK: Values

    /// What is measured, in the numbers of `Expression.Measure`.
    private func value(
        of quantity: Expression.Quantity, for binding: Binding, at now: Timestamp
    ) -> Double? {
        switch quantity {
        case .state: return Expression.Literal.state(services[binding.service].own).scalar
        case .effectiveState:
            return Expression.Literal.state(services[binding.service].effective).scalar
        case .dependants: return Double(graph.dependants[binding.service].count)
        case .tier: return Double(catalogue.services[binding.service].tier.rawValue)
        default: break
        }
        guard let tracker = binding.tracker, trackers[tracker].status.state != .unknown else {
            return nil
        }
        let status = trackers[tracker].status
        switch quantity {
        case .consecutiveFailures: return Double(status.consecutiveFailures)
        case .reason:
            guard let result = status.lastResult else { return nil }
            return result.reason.map { Expression.Literal.reason($0).scalar } ?? -1
        case .status: return status.lastResult?.http.map { Double($0.status) }
        case .certificateTrusted: return status.lastTLS.map { $0.verdict == nil ? 1 : 0 }
        case .certificateExpiresIn:
            return status.expiringCertificate.map { ($0.notAfter - now).fractionalSeconds }
        case .certificateLifetimeLeft:
            return status.expiringCertificate.flatMap { $0.lifetimeLeft(at: now) }
        case .availability(let window):
            return Outcomes(records(of: tracker, window, at: now)).availability
        case .failures(let window):
            return Outcomes(records(of: tracker, window, at: now)).failures
        case .changes(let window):
            return Outcomes(records(of: tracker, window, at: now)).changes
        case .quantile(let percent, let phase, let window):
            let quantile = store.quantile(
                Double(percent) / 100, of: phase, series: SeriesKey(endpoint: status.id),
                from: now - window, to: now + .nanoseconds(1))
            return quantile.map { Double($0.microseconds) / 1e6 }
        case .state, .effectiveState, .dependants, .tier: return nil
        }
    }
}

/// What the results of a window come to; each value is nil when none says what people see.
private struct Outcomes {
    private var measured = 0
    private var failed = 0
    private var changed = 0

    init(_ records: [ResultRecord]) {
        var last: Bool?
        for record in records {
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
