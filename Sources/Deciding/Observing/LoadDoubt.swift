package import HealthModel

/// Whether the monitor keeps up with its own schedule: pure.
///
/// A probe that starts half an interval late or not at all is a gap in what is known. Give the
/// value one owner.
package struct LoadDoubt: Sendable, Hashable {
    /// The time that is looked at.
    static let window: Duration = .seconds(300)
    /// It is counted in buckets of this length.
    static let bucketSeconds: Int64 = 10
    /// Slots that must have been due before their share says something.
    static let slotsMin = 20
    /// The share of slots missed or late above which the monitor is overloaded.
    static let beginShare = 0.05
    /// The share at which it is no more.
    static let endShare = 0.02
    /// After the clock was set or the machine slept, slots are missed by nobody's fault.
    static let graceTime: Duration = .seconds(10)
    /// Hosts counted one by one in a bucket; the others count together.
    static let hostsMax = 64

    private struct Bucket: Sendable, Hashable {
        /// Since the epoch, in lengths of a bucket.
        var number: Int64
        var due = 0
        var late = 0
        var missed = 0
        var byHost: [String: Int] = [:]
    }

    private var buckets: [Bucket] = []
    private var graceUntil: Timestamp?
    /// When an overload of an earlier run was taken over.
    private var resumedAt: Timestamp?
    /// Since when the monitor is overloaded; nil when it keeps up.
    package private(set) var since: Timestamp?

    package init() {}
    private var summary = LocalizedText(dutch: "", english: "")

    /// Takes a probe that has been made.
    package mutating func take(isLate: Bool, host: String, at now: Timestamp) {
        guard isCounting(at: now) else { return }
        let index = bucket(of: now)
        buckets[index].due += 1
        guard isLate else { return }
        buckets[index].late += 1
        blame(host, 1, index)
    }

    /// Takes slots whose probe was not made.
    package mutating func take(missed: Int, host: String, at now: Timestamp) {
        guard isCounting(at: now), missed > 0 else { return }
        let index = bucket(of: now)
        buckets[index].due += missed
        buckets[index].missed += missed
        blame(host, missed, index)
    }

    /// Begins anew, because the clock was set or the machine slept.
    package mutating func jump(to now: Timestamp, by jump: Duration) {
        buckets = []
        graceUntil = now + Self.graceTime
        since = since.map { $0 + jump }
        resumedAt = since == nil ? nil : now
    }

    /// Judges; call it at every look at the rules.
    package mutating func conclude(at now: Timestamp) {
        let first = Self.number(of: now - Self.window)
        buckets.removeAll { $0.number <= first || $0.number > Self.number(of: now) + 1 }
        let due = buckets.reduce(0) { $0 + $1.due }
        let bad = buckets.reduce(0) { $0 + $1.late + $1.missed }
        let share = Double(bad) / Double(max(1, due))
        if since == nil {
            guard due >= Self.slotsMin, share > Self.beginShare else { return }
            since = now
            summary = words(due: due)
        } else if share <= Self.endShare {
            // What an earlier run said stands until enough has been seen.
            if let resumedAt, due < Self.slotsMin, now - resumedAt < Self.window { return }
            (since, resumedAt) = (nil, nil)
        }
    }

    /// What people have to know; nil when nothing.
    package var finding: DoubtFinding? {
        since.map { DoubtFinding(level: .warning, since: $0, summary: summary) }
    }

    /// Goes on where an earlier run left off.
    package mutating func resume(since: Timestamp, summary: LocalizedText, at now: Timestamp) {
        (self.since, self.summary, resumedAt) = (since, summary, now)
    }

    private func isCounting(at now: Timestamp) -> Bool {
        graceUntil.map { now >= $0 } ?? true
    }

    private mutating func bucket(of now: Timestamp) -> Int {
        let number = Self.number(of: now)
        if let index = buckets.lastIndex(where: { $0.number == number }) { return index }
        buckets.append(Bucket(number: number))
        // Results of other instants come too, but never of more than a window and its ends.
        let most = Int(Self.window.components.seconds / Self.bucketSeconds) + 2
        if buckets.count > most { buckets.removeFirst(buckets.count - most) }
        return buckets.count - 1
    }

    private mutating func blame(_ host: String, _ count: Int, _ index: Int) {
        let isRoom =
            buckets[index].byHost[host] != nil || buckets[index].byHost.count < Self.hostsMax
        buckets[index].byHost[isRoom ? host : "", default: 0] += count
    }

    private static func number(of instant: Timestamp) -> Int64 {
        instant.milliseconds.flooredQuotient(by: bucketSeconds * 1000)
    }

    private func words(due: Int) -> LocalizedText {
        let missed = buckets.reduce(0) { $0 + $1.missed }
        let late = buckets.reduce(0) { $0 + $1.late }
        let hosts = buckets.reduce(into: [String: Int]()) { $0.merge($1.byHost) { $0 + $1 } }
        let worst = hosts.filter { $0.key != "" }.max {
            $0.value == $1.value ? $0.key > $1.key : $0.value < $1.value
        }
        let what = LocalizedText(
            dutch: "van \(due) metingen in 5 minuten begonnen er \(missed) niet en \(late) te laat",
            english:
                "of \(due) probes in 5 minutes \(missed) did not start and \(late) started late")
        if let worst, worst.value * 2 > missed + late {
            return LocalizedText(
                dutch: "\(what.dutch), \(worst.value) ervan op \(worst.key), waar er één tegelijk "
                    + "loopt: kies daar langere intervallen of kortere tijdslimieten",
                english: "\(what.english), \(worst.value) of them at \(worst.key), where one runs "
                    + "at a time: choose longer intervals or shorter time limits there")
        }
        return LocalizedText(
            dutch: "\(what.dutch): geef de machine meer processor, verhoog de limiet op bestanden "
                + "(ulimit -n) of kies langere intervallen",
            english: "\(what.english): give the machine more CPU, raise the limit of open files "
                + "(ulimit -n) or choose longer intervals")
    }
}
