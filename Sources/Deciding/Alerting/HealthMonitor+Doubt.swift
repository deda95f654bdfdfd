public import HealthModel
public import Observing

/// What the brain keeps of its doubt.
struct DoubtState: Sendable {
    var doubt = SelfDoubt()
    var clock = ClockDoubt()
    var load = LoadDoubt()
    var receivers = ReceiverDoubt()
    var measuring = MeasuringDoubt()
    /// Since when nothing is reached over IPv6 that is over IPv4; nil when something is.
    var ipv6LostSince: Timestamp?
    /// When something was reached over IPv6 again; nil when it was never lost.
    var ipv6SeenAt: Timestamp?
    /// The alerts about the monitor itself that fire.
    var alerts: [AlertKey: Alert] = [:]
    /// Those that began, changed or ended since `takeAlertChanges`.
    var changed: Set<AlertKey> = []
    /// The blindness that stands in the evidence log.
    var recorded: Timestamp?
    /// What else the evidence log is to have; see `recordsMax`.
    var records: [EvidenceRecord] = []

    /// Records that wait for `takeDoubtRecords`, which is called at every look; of more than that
    /// many jumps of a clock the oldest are left out.
    static let recordsMax = 100

    mutating func add(_ record: EvidenceRecord) {
        if records.count == Self.recordsMax { records.removeFirst() }
        records.append(record)
    }
}

extension HealthMonitor {
    /// The rule that says that the monitor is blind; these rules are built in.
    public static let blindKey = AlertKey(rule: RuleID("monitor-blind"), subject: .monitor)
    /// The rule that says that its clock may be wrong.
    static let clockKey = AlertKey(rule: RuleID("monitor-clock"), subject: .monitor)
    /// The rule that says that it does not keep up with its schedule.
    static let loadKey = AlertKey(rule: RuleID("monitor-overloaded"), subject: .monitor)

    /// The rule that says that a receiver fails.
    static func receiverKey(_ id: ReceiverID) -> AlertKey {
        AlertKey(rule: RuleID("monitor-receiver"), subject: .receiver(id))
    }

    /// The rule that says that the clock of a receiver differs from ours.
    static func receiverClockKey(_ id: ReceiverID) -> AlertKey {
        AlertKey(rule: RuleID("receiver-clock"), subject: .receiver(id))
    }

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
        results.compactMap { result in
            if let index = trackerOfEndpoint[result.endpoint] {
                let lateness = Duration.microseconds(result.latenessMicroseconds)
                let endpoint = catalogue.endpoints[index]
                doubtState.load.take(
                    isLate: lateness > endpoint.probe.interval / 2, host: endpoint.url.host,
                    at: result.finishedAt)
            }
            return doubtState.doubt.take(result)
        }
    }

    /// Takes slots whose probe could not be made in time.
    ///
    /// - Parameters:
    ///   - missed: How many of each endpoint.
    ///   - now: The present.
    public mutating func noteMissed(_ missed: [EndpointID: Int], at now: Timestamp) {
        for (id, count) in missed {
            guard let index = trackerOfEndpoint[id] else { continue }
            doubtState.load.take(
                missed: count, host: catalogue.endpoints[index].url.host, at: now)
        }
    }

    /// Takes how the receivers do; call it before `evaluate`.
    public mutating func noteReceivers(
        _ receivers: [ReceiverID: ReceiverCounters], at now: Timestamp
    ) {
        doubtState.receivers.take(receivers, at: now)
    }

    /// What the evidence log has to say of blindness and of the clock since the last call.
    public mutating func takeDoubtRecords(at now: Timestamp) -> [EvidenceRecord] {
        var records = doubtState.records
        doubtState.records = []
        let since = doubtState.doubt.blindSince
        guard since != doubtState.recorded else { return records }
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

    /// Whether sight has returned since the last call, so that what backs off may be looked at.
    public mutating func takeReturnOfSight() -> Bool {
        guard doubtState.doubt.hasRegainedSight else { return false }
        doubtState.doubt.hasRegainedSight = false
        return true
    }

    /// Judges the monitor itself, and tells what is wrong with it.
    mutating func concludeDoubt(at now: Timestamp) -> [AlertTransition] {
        doubtState.doubt.conclude(at: now)
        doubtState.load.conclude(at: now)
        var findings: [AlertKey: DoubtFinding] = [:]
        findings[Self.blindKey] = blindness(at: now)
        findings[Self.clockKey] = doubtState.clock.finding(at: now)
        findings[Self.ipv6Key] = concludeIPv6(at: now)
        findings[Self.notMeasuredKey] = concludeMeasuring(at: now)
        // The intervals of a lab are too short to say anything about the machine.
        if acceleration == 1 { findings[Self.loadKey] = doubtState.load.finding }
        for (id, finding) in doubtState.receivers.findings(at: now) {
            findings[Self.receiverKey(id)] = finding
        }
        for (id, finding) in doubtState.receivers.clockFindings() {
            findings[Self.receiverClockKey(id)] = finding
        }
        return settle(findings, at: now)
    }

    private func blindness(at now: Timestamp) -> DoubtFinding? {
        guard let since = doubtState.doubt.blindSince,
            doubtState.alerts[Self.blindKey] != nil
                || now - since >= SelfDoubt.holdTime / acceleration
        else { return nil }
        return DoubtFinding(level: .page, since: since, summary: Self.blindText)
    }

    /// Begins, raises and ends the alerts about the monitor so that they are what was found.
    private mutating func settle(
        _ findings: [AlertKey: DoubtFinding], at now: Timestamp
    ) -> [AlertTransition] {
        var transitions: [AlertTransition] = []
        for (key, alert) in doubtState.alerts.sorted(by: { $0.key < $1.key })
        where findings[key] == nil {
            var alert = alert
            alert.state = .resolved
            doubtState.alerts[key] = nil
            doubtState.changed.insert(key)
            transitions.append(AlertTransition(at: now, alert: alert))
        }
        for (key, finding) in findings.sorted(by: { $0.key < $1.key }) {
            let old = doubtState.alerts[key]
            guard (old?.level).map({ finding.level > $0 }) ?? true else { continue }
            var alert =
                old
                ?? Alert(
                    key: key, service: ServiceID("monitor"), level: finding.level, state: .firing,
                    activeSince: finding.since, firingSince: now, reason: nil,
                    summary: finding.summary, runbook: nil)
            (alert.level, alert.summary) = (finding.level, finding.summary)
            doubtState.alerts[key] = alert
            doubtState.changed.insert(key)
            transitions.append(AlertTransition(at: now, alert: alert))
        }
        return transitions
    }

    private static let blindText = LocalizedText(
        dutch: "de monitor ziet niets: alle toestanden zijn onbekend, andere alarmen wachten",
        english: "the monitor is blind: all states are unknown, other alerts wait")

    /// Makes every endpoint unknown while the monitor is blind.
    mutating func loseSight(at now: Timestamp) {
        guard let since = doubtState.doubt.blindSince else { return }
        for index in trackers.indices where trackers[index].loseSight(at: min(since, now)) {
            changedServices.insert(serviceOfTracker[index])
            outdate(index)
        }
    }

    /// Goes on doubting, with people told, until something is seen; false for an alert that is not
    /// about the monitor.
    mutating func resumeDoubt(_ alert: Alert, at now: Timestamp) -> Bool {
        guard alert.key.subject.kind == Subject.monitor.kind else { return false }
        doubtState.alerts[alert.key] = alert
        let since = alert.activeSince
        switch alert.key {
        case Self.blindKey:
            doubtState.doubt.resume(blindSince: since)
            doubtState.recorded = since
        case Self.clockKey: doubtState.clock.resume(level: alert.level, since: since)
        case Self.ipv6Key: doubtState.ipv6LostSince = since
        case Self.notMeasuredKey: doubtState.measuring.resume(since: since)
        case Self.loadKey:
            doubtState.load.resume(since: since, summary: alert.summary, at: now)
        default:
            if case .receiver(let id) = alert.key.subject, alert.key == Self.receiverKey(id) {
                doubtState.receivers.resume(id, since: since)
            }
        }
        return true
    }

    /// Adds what became of the alerts about the monitor.
    mutating func addDoubt(to changes: inout AlertChanges) {
        let keys = changes.isComplete ? Set(doubtState.alerts.keys) : doubtState.changed
        for key in keys.union(doubtState.changed) {
            if let alert = doubtState.alerts[key] {
                changes.active[key] = RememberedAlert(alert: alert, keepFiringSince: nil)
            } else {
                changes.ended.insert(key)
            }
        }
        doubtState.changed = []
    }
}
