public import HealthModel
import Observing

/// Whether enough of the catalogue is measured: pure.
///
/// A monitor that measures nothing has nothing to tell, which looks like a calm day. Blindness finds
/// out that a monitor lost its sight; this finds out that it has none, whatever the cause.
struct MeasuringDoubt: Sendable, Hashable {
    /// The share of all endpoints that must be unknown before people are told: a quarter is no
    /// matter of a few odd ones.
    static let share = 0.25
    /// How long an endpoint is unknown before it counts.
    static let holdTime: Duration = .seconds(300)
    /// The same in intervals, for those that are probed seldom.
    static let intervals = 2

    /// One endpoint.
    struct Subject: Sendable {
        var status: EndpointStatus
        var tier: Tier
        var interval: Duration
    }

    /// Whether an earlier run told people and nothing has been looked at since.
    private var isResumed = false
    /// Up to when what is unknown began before anybody looked; nil unless an earlier run told people.
    private var resumedAt: Timestamp?
    private var resumedSince: Timestamp?

    /// Goes on where an earlier run left off, until what it could not measure is measured.
    mutating func resume(since: Timestamp) { (isResumed, resumedSince) = (true, since) }

    /// Follows a clock that was set.
    mutating func shift(by jump: Duration) {
        resumedAt = resumedAt.map { $0 + jump }
        resumedSince = resumedSince.map { $0 + jump }
    }

    /// Judges; call it at every look at the rules.
    ///
    /// - Parameters:
    ///   - subjects: All endpoints that should be measured.
    ///   - sightedAt: When blindness ended last: until then it told why; nil when it never was.
    ///   - acceleration: By how much the hold time is divided.
    ///   - now: The present.
    /// - Returns: What people have to know; nil when nothing.
    mutating func conclude(
        _ subjects: [Subject], sightedAt: Timestamp?, acceleration: Double, at now: Timestamp
    ) -> DoubtFinding? {
        if isResumed { (isResumed, resumedAt) = (false, now) }
        let late = subjects.filter { subject in
            guard let since = subject.status.unmeasuredSince else { return false }
            if let resumedAt, since <= resumedAt { return true }
            let from = sightedAt.map { max($0, since) } ?? since
            let patience = max(Self.holdTime / acceleration, subject.interval * Self.intervals)
            return now - from >= patience
        }
        let isVital = late.contains { $0.tier == .tier0 }
        guard !late.isEmpty,
            isVital || Double(late.count) >= Self.share * Double(subjects.count)
        else {
            (resumedAt, resumedSince) = (nil, nil)
            return nil
        }
        // Those that will be late in a moment are of the same cause: told is how bad it is now.
        let report = MeasuringReport(
            subjects.filter { $0.status.unmeasuredSince != nil }.map(\.status))
        let (count, names) = (report.count(of: subjects.count), report.names)
        let why = report.why ?? count
        return DoubtFinding(
            level: isVital || report.unmeasured == subjects.count ? .page : .critical,
            since: [resumedSince, report.since].compactMap(\.self).min() ?? now,
            summary: LocalizedText(
                dutch: "\(count.dutch) (\(names.dutch)) \(why.dutch)",
                english: "\(count.english) (\(names.english)) \(why.english)"))
    }
}

extension HealthMonitor {
    /// The rule that says that too little is measured.
    public static let notMeasuredKey = AlertKey(rule: RuleID("not-measured"), subject: .monitor)

    /// Judges whether enough is measured.
    ///
    /// Nothing begins while the monitor is blind: one cause is told once. Whoever only plays results
    /// has no schedule that could fail.
    mutating func concludeMeasuring(at now: Timestamp) -> DoubtFinding? {
        guard isScheduled else { return nil }
        for index in trackers.indices { trackers[index].expect(at: now) }
        let isTold = doubtState.alerts[Self.notMeasuredKey] != nil
        if selfDoubt.isBlind, !isTold { return nil }
        // Cheap while all is well, however many endpoints there are.
        guard isTold || trackers.contains(where: { $0.status.unmeasuredSince != nil }) else {
            return nil
        }
        let subjects = trackers.indices.compactMap { index -> MeasuringDoubt.Subject? in
            if isMaintained(serviceOfTracker[index]) { return nil }
            return MeasuringDoubt.Subject(
                status: trackers[index].status,
                tier: catalogue.services[serviceOfTracker[index]].tier,
                interval: catalogue.endpoints[index].probe.interval)
        }
        return doubtState.measuring.conclude(
            subjects, sightedAt: selfDoubt.sightedAt, acceleration: acceleration, at: now)
    }
}
