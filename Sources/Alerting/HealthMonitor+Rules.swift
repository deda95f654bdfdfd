import HealthModel
import ResultStore
import TLSFindings

extension HealthMonitor {
    /// Tells whether the condition of a binding holds now.
    ///
    /// An endpoint whose certificate is invalid is down as well. So that one cause does not page
    /// twice, a rule on the state down or degraded does not hold while *all* failing endpoints of
    /// the service fail with a verdict on the certificate, provided that a rule on invalid
    /// certificates is in force for the tier.
    mutating func finding(for index: Int, at now: Timestamp) -> AlertMachine.Finding {
        let binding = bindings[index]
        switch binding.condition {
        case .state(let wanted):
            // Maintenance does not hide from a firing alert whether its cause lasts.
            let isHidden = wanted != .maintenance && isMaintained(binding.service)
            let own = isHidden ? services[binding.service].measured : services[binding.service].own
            if own == wanted {
                let isCertificate =
                    (wanted == .down || wanted == .degraded) && binding.isCertificateToldApart
                    && isFailingByCertificateOnly(binding.service)
                return isCertificate ? .fails : .holds
            }
            // Nobody says anything of a dark service any more.
            let isDark = catalogue.services[binding.service].kind == .dark
            return own == .unknown && !isDark ? .unknown : .fails
        case .burnRate(let condition):
            return isBurning(
                binding.service, condition, isActive: machines[index].isActive, at: now)
        case .slow(let quantile, let window, let threshold):
            guard let tracker = binding.tracker else { return .unknown }
            if trackers[tracker].status.state == .unknown { return .unknown }
            let seen = slowValue(of: index, tracker, quantile, window, at: now)
            guard let seen else { return .fails }
            return Duration.microseconds(seen.microseconds) > threshold ? .holds : .fails
        case .certificateInvalid:
            guard let tracker = binding.tracker else { return .unknown }
            if trackers[tracker].status.state == .unknown { return .unknown }
            return trackers[tracker].status.lastTLS?.verdict == nil ? .fails : .holds
        case .certificateRunningOut(let share):
            guard let tracker = binding.tracker else { return .unknown }
            if trackers[tracker].status.state == .unknown { return .unknown }
            // A redirect's own certificate runs out as well, and stops everybody when it has.
            let isRunningOut = trackers[tracker].status.outlook.runningOut.contains {
                $0.isRunningOut(share: share, at: now)
            }
            return isRunningOut ? .holds : .fails
        case .sentCertificateRunningOut(let share):
            guard let tracker = binding.tracker else { return .unknown }
            if trackers[tracker].status.state == .unknown { return .unknown }
            let extra = trackers[tracker].status.outlook.sentBesidePath
            return extra.map { RenewalThreshold.start(of: $0, share: share) <= now } == true
                ? .holds : .fails
        case .certificateRenewalOverdue:
            guard let tracker = binding.tracker else { return .unknown }
            if trackers[tracker].status.state == .unknown { return .unknown }
            guard let leaf = trackers[tracker].status.outlook.ownLeaf, now <= leaf.notAfter,
                let history = renewals[trackers[tracker].status.id]
            else { return .fails }
            return history.isOverdue(leaf, at: now) ? .holds : .fails
        case .expression(let expression): return finding(of: expression, for: index, at: now)
        }
    }

    private func isFailingByCertificateOnly(_ service: Int) -> Bool {
        let failing = trackersOfService[service].filter {
            [.down, .degraded, .busy, .flapping].contains(trackers[$0].status.state)
        }
        return !failing.isEmpty
            && failing.allSatisfy {
                trackers[$0].status.lastResult?.reason?.isCertificateVerdict == true
            }
    }

    private mutating func slowValue(
        of index: Int, _ tracker: Int, _ quantile: Double, _ window: Duration, at now: Timestamp
    ) -> Quantile? {
        if let known = slowValues[index], known.revision == revisions[tracker],
            known.validUntil.map({ now <= $0 && now >= $0 - window }) ?? true
        {
            return known.quantile
        }
        let series = SeriesKey(endpoint: trackers[tracker].status.id)
        // Half-open windows: one nanosecond more takes the slot of this very instant in.
        let (from, to) = (now - window, now + .nanoseconds(1))
        let earliest = store.records(of: series, from: from, to: to).first?.slot.instant
        let value = SlowValue(
            quantile: store.quantile(
                quantile, of: .total, series: series, from: from, to: to),
            revision: revisions[tracker], validUntil: earliest.map { $0 + window })
        slowValues[index] = value
        return value.quantile
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
            return AlertTransition(at: now, alert: alert)
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
        return trackersOfService[binding.service]
            .filter {
                trackers[$0].status.lastResult?.reason != nil
                    || trackers[$0].status.state == .flapping
            }
            .sorted { left, right in
                let (first, second) = (
                    trackers[left].status.state.severity, trackers[right].status.state.severity
                )
                return first == second ? left < right : first > second
            }
    }

    private func reason(of binding: Binding, worst: EndpointStatus?) -> Reason? {
        switch binding.condition {
        case .state, .expression: worst?.lastResult?.reason
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
