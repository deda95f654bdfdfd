public import HealthModel

/// What the brain keeps of its doubt.
struct DoubtState: Sendable {
    var doubt = SelfDoubt()
    /// The alert that the monitor is blind; nil while nobody is told.
    var alert: Alert?
    /// Whether it changed since `takeAlertChanges`.
    var isChanged = false
    /// The blindness that stands in the evidence log.
    var recorded: Timestamp?
}

extension HealthMonitor {
    /// The rule that says that the monitor is blind; it is built in.
    public static let blindKey = AlertKey(rule: RuleID("monitor-blind"), subject: .monitor)

    /// Whether the monitor can see.
    public var selfDoubt: SelfDoubt { doubtState.doubt }

    /// Takes final results as they were measured and says what they count for.
    ///
    /// Comes before `apply`, which takes what this returns, as does whoever keeps results.
    ///
    /// - Parameter results: In the order in which their probes ended.
    /// - Returns: The results of endpoints; those of control targets are left out. What was measured
    ///   in blindness has the reason `monitor_no_route`: it is neither up nor down.
    public mutating func admit(_ results: [ProbeResult]) -> [ProbeResult] {
        results.compactMap { doubtState.doubt.take($0) }
    }

    /// What the evidence log has to say of blindness since the last call.
    public mutating func takeDoubtRecords(at now: Timestamp) -> [EvidenceRecord] {
        let since = doubtState.doubt.blindSince
        guard since != doubtState.recorded else { return [] }
        var records: [EvidenceRecord] = []
        if let before = doubtState.recorded {
            records.append(
                EvidenceRecord(
                    at: doubtState.doubt.sightedAt ?? now, action: .monitorSighted,
                    result: "blind since \(before.rfc3339)"))
        }
        if let since {
            records.append(
                EvidenceRecord(at: since, action: .monitorBlind, result: Self.blindText.english))
        }
        doubtState.recorded = since
        return records
    }

    /// Judges whether the monitor sees, forgets what cannot be believed, and tells it.
    mutating func concludeDoubt(at now: Timestamp) -> [AlertTransition] {
        doubtState.doubt.conclude(at: now)
        guard let since = doubtState.doubt.blindSince else {
            guard var alert = doubtState.alert else { return [] }
            alert.state = .resolved
            doubtState.alert = nil
            doubtState.isChanged = true
            return [AlertTransition(at: now, alert: alert)]
        }
        guard doubtState.alert == nil, now - since >= SelfDoubt.holdTime / acceleration else {
            return []
        }
        let alert = Alert(
            key: Self.blindKey, service: ServiceID("monitor"), level: .page, state: .firing,
            activeSince: since, firingSince: now, reason: nil, summary: Self.blindText,
            runbook: nil)
        doubtState.alert = alert
        doubtState.isChanged = true
        return [AlertTransition(at: now, alert: alert)]
    }

    private static let blindText = LocalizedText(
        dutch: "de monitor ziet niets: alle toestanden zijn onbekend, andere alarmen wachten",
        english: "the monitor is blind: all states are unknown, other alerts wait")

    /// Makes every endpoint unknown while the monitor is blind.
    mutating func loseSight(at now: Timestamp) {
        guard let since = doubtState.doubt.blindSince else { return }
        for index in trackers.indices where trackers[index].loseSight(at: min(since, now)) {
            changedServices.insert(serviceOfTracker[index])
        }
    }

    /// Goes on being blind, with people told, until something is seen.
    mutating func resumeBlindness(_ alert: Alert) {
        doubtState.doubt.resume(blindSince: alert.activeSince)
        doubtState.alert = alert
        doubtState.recorded = alert.activeSince
    }

    /// Adds what became of the alert of blindness.
    mutating func addDoubt(to changes: inout AlertChanges) {
        defer { doubtState.isChanged = false }
        if let alert = doubtState.alert {
            guard doubtState.isChanged || changes.isComplete else { return }
            changes.active[alert.key] = RememberedAlert(alert: alert, keepFiringSince: nil)
        } else if doubtState.isChanged {
            changes.ended.insert(Self.blindKey)
        }
    }

    /// Who is told that an alert fires.
    func receivers(for alert: Alert) -> [ReceiverID] {
        if alert.key.subject == .monitor {
            return rules.receivers.filter { $0.wantsDoubt(alert.level) }.map(\.id)
        }
        guard let service = catalogue.service(alert.service) else { return [] }
        return rules.receivers.filter { $0.wants(alert.level, about: service) }.map(\.id)
    }
}
