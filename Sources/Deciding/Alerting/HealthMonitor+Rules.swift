import HealthModel
import Incidents
import Observing
import Routing
import Rules
import TLSFindings

extension HealthMonitor {
    /// Tells whether the condition of a binding holds now, remembered when nothing that it looks at
    /// can have changed.
    mutating func finding(for index: Int, at now: Timestamp) -> AlertMachine.Finding {
        let known = memories[index]
        guard known.tracker >= 0 else { return serviceFinding(for: index, at: now) }
        let tracker = Int(known.tracker)
        if known.revision == revisions[tracker], now.nanoseconds <= known.validUntil,
            known.validFrom <= now.nanoseconds
        {
            return known.finding
        }
        let (finding, end) = endpointFinding(for: index, tracker, at: now)
        memories[index].remember(finding, revisions[tracker], from: now, until: end)
        return finding
    }

    /// Makes old what is remembered of an endpoint, and of the one that is compared with it.
    mutating func outdate(_ tracker: Int) {
        revisions[tracker] &+= 1
        guard !families.ipv4.isEmpty else { return }
        if families.ipv4[tracker] != nil { excuse(tracker) }
        for other in families.ipv6[tracker] ?? [] {
            revisions[other] &+= 1
            excuse(other)
        }
    }

    /// Tells whether a condition on a service holds, which is quick to see.
    ///
    /// An endpoint whose certificate is invalid is down as well. So that one cause does not page
    /// twice, a rule on the state down or degraded does not hold while *all* failing endpoints of
    /// the service fail with a verdict on the certificate, provided that a rule on invalid
    /// certificates is in force for the tier.
    private mutating func serviceFinding(
        for index: Int, at now: Timestamp
    ) -> AlertMachine.Finding {
        let service = bindings[index].service
        switch bindings[index].condition {
        case .state(let wanted):
            // Maintenance does not hide from a firing alert whether its cause lasts.
            var own = services[service].own
            if wanted != .maintenance, !actions.maintenance.isEmpty, isMaintained(service) {
                own = services[service].measured
            }
            if own == wanted {
                guard wanted == .down || wanted == .degraded,
                    bindings[index].isCertificateToldApart, isFailingByCertificateOnly(service)
                else { return .holds }
                return .fails
            }
            // Nobody says anything of a dark service any more.
            let isDark = catalogue.services[service].kind == .dark
            return own == .unknown && !isDark ? .unknown : .fails
        case .burnRate(let condition):
            return isBurning(service, condition, isActive: machines[index].isActive, at: now)
        case .expression(let expression): return finding(of: expression, for: index, at: now)
        case .slow, .certificateInvalid, .certificateRunningOut, .sentCertificateRunningOut,
            .certificateRenewalOverdue:
            return .unknown
        }
    }

    /// Tells whether a condition on an endpoint holds, and the last instant at which it still does
    /// unless something else is seen.
    private mutating func endpointFinding(
        for index: Int, _ tracker: Int, at now: Timestamp
    ) -> (AlertMachine.Finding, until: Timestamp) {
        let condition = bindings[index].condition
        if case .expression(let expression) = condition {
            return (
                self.finding(of: expression, for: index, at: now),
                end(of: expression, tracker, at: now)
            )
        }
        guard trackers[tracker].status.state != .unknown else { return (.unknown, .farFuture) }
        func told(_ isHolding: Bool) -> AlertMachine.Finding { isHolding ? .holds : .fails }
        let outlook = trackers[tracker].status.outlook
        switch condition {
        case .slow(let quantile, let window, let threshold):
            let (seen, end) = quantileSeen(tracker, quantile, window, at: now)
            slowValues[index] = seen
            let isSlow = seen.map { Duration.microseconds($0.microseconds) > threshold }
            return (told(isSlow ?? false), end)
        case .certificateInvalid:
            return (told(trackers[tracker].status.lastTLS?.verdict != nil), .farFuture)
        case .certificateRunningOut(let share):
            // A redirect's own certificate runs out as well, and stops everybody when it has.
            let isRunningOut = outlook.runningOut.contains {
                $0.isRunningOut(share: share, at: now)
            }
            let changes = outlook.runningOut.flatMap {
                [RenewalThreshold.start(of: $0, share: share), $0.notAfter + .nanoseconds(1)]
            }
            return (told(isRunningOut), now.last(before: changes))
        case .sentCertificateRunningOut(let share):
            let start = outlook.sentBesidePath.map { RenewalThreshold.start(of: $0, share: share) }
            return (
                told(start.map { $0 <= now } ?? false),
                now.last(before: [start].compactMap(\.self))
            )
        case .certificateRenewalOverdue:
            guard let leaf = outlook.ownLeaf, now <= leaf.notAfter,
                let history = certificates.renewal(of: trackers[tracker].status.id)
            else { return (.fails, .farFuture) }
            let changes = [history.overdueStart(for: leaf), leaf.notAfter + .nanoseconds(1)]
            return (
                told(history.isOverdue(leaf, at: now)),
                now.last(before: changes.compactMap(\.self))
            )
        case .state, .burnRate, .expression: return (.unknown, .farFuture)
        }
    }

    private func isFailingByCertificateOnly(_ service: Int) -> Bool {
        // A loop, since closures would hold copies of the monitor.
        var hasFailing = false
        for tracker in countedTrackers(of: service)
        where [.down, .degraded, .busy, .flapping].contains(trackers[tracker].status.state) {
            guard trackers[tracker].status.lastReason?.isCertificateVerdict == true else {
                return false
            }
            hasFailing = true
        }
        return hasFailing
    }

    private mutating func quantileSeen(
        _ tracker: Int, _ quantile: Double, _ window: Duration, at now: Timestamp
    ) -> (Quantile?, until: Timestamp) {
        let seen = store.quantile(
            quantile, of: .total, series: SeriesKey(endpoint: trackers[tracker].status.id),
            from: now - window, to: now + .nanoseconds(1))
        return (seen, end(of: [window], tracker, at: now))
    }

    // MARK: Transitions

    /// Keeps the alert as the change leaves it.
    mutating func note(
        _ change: AlertMachine.Change, of index: Int, at now: Timestamp
    ) -> AlertTransition {
        switch change {
        case .pending, .firing:
            let alert = makeAlert(index, at: now)
            alerts[index] = alert
            return AlertTransition(at: now, alert: alert)
        case .resolved, .ended:
            var alert = alerts.removeValue(forKey: index) ?? makeAlert(index, at: now)
            alert.state = .resolved
            // At once: budgets that are looked at next must know that the loss was told.
            incidents.noteEndOfDismissed(alert, at: now)
            return AlertTransition(at: now, alert: alert)
        }
    }

    /// Ends alerts about a state that a service is not in any more when one about the state that it
    /// is in begins to fire and is no less urgent: a service has one state, and people read of one.
    mutating func supersede(
        _ changes: inout [(binding: Int, transition: AlertTransition)], at now: Timestamp
    ) {
        for change in changes where change.transition.alert.state == .firing {
            let new = bindings[change.binding]
            guard case .state = new.condition else { continue }
            for index in alerts.keys.sorted()
            where index != change.binding && bindings[index].service == new.service
                && bindings[index].level <= new.level
            {
                guard case .state = bindings[index].condition,
                    let end = machines[index].stopOutliving()
                else { continue }
                changedAlerts.insert(index)
                changes.append((index, note(end, of: index, at: now)))
            }
        }
    }

    private func makeAlert(_ index: Int, at now: Timestamp) -> Alert {
        let binding = bindings[index]
        let rule = rules.rules[binding.rule]
        let machine = machines[index]
        let worst = failingTrackers(of: binding).first.map { trackers[$0].status }
        let reason = reason(of: binding, worst: worst)
        return Alert(
            key: key(of: binding), service: catalogue.services[binding.service].id,
            level: binding.level, state: machine.firingSince == nil ? .pending : .firing,
            activeSince: machine.activeSince ?? now, firingSince: machine.firingSince,
            reason: reason,
            summary: summary(of: index, reason: reason, worst: worst, at: now),
            runbook: rule.runbook)
    }

    func key(of binding: Binding) -> AlertKey {
        let subject: Subject =
            binding.tracker.map { .endpoint(trackers[$0].status.id) }
            ?? .service(catalogue.services[binding.service].id)
        return AlertKey(rule: rules.rules[binding.rule].id, subject: subject)
    }

    /// The endpoints behind an alert, the worst first, then in the order of the catalogue.
    func failingTrackers(of binding: Binding) -> [Int] {
        if let tracker = binding.tracker { return [tracker] }
        return countedTrackers(of: binding.service)
            .filter { [trackers] in
                trackers[$0].status.lastReason != nil
                    || trackers[$0].status.state == .flapping
            }
            .sorted { [trackers] left, right in
                let (first, second) = (
                    trackers[left].status.state.severity, trackers[right].status.state.severity
                )
                return first == second ? left < right : first > second
            }
    }

    private func reason(of binding: Binding, worst: EndpointStatus?) -> Reason? {
        switch binding.condition {
        case .state, .expression: worst?.lastReason
        case .certificateInvalid: worst?.lastTLS?.verdict
        case .slow, .certificateRunningOut, .sentCertificateRunningOut,
            .certificateRenewalOverdue, .burnRate:
            nil
        }
    }
}

extension Certificate {
    /// Whether less than `share` of what should be left at renewal is left, and some still is.
    func isRunningOut(share: Double, at now: Timestamp) -> Bool {
        now <= notAfter && RenewalThreshold.start(of: self, share: share) <= now
    }
}
