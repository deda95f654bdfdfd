public import HealthModel

/// How one service has done in one calendar month: time by what citizens had of it, exact.
public struct ObjectivePeriod: Sendable, Hashable {
    /// The month, such as `2026-11`, in the time of Amsterdam.
    public var month: String
    /// Time in which it was available.
    public var good: Duration = .zero
    /// Time lost by its own failure: none of its endpoints answered as it should.
    public var lostOwn: Duration = .zero
    /// Time lost by what it depends on, while it answered itself.
    public var lostChain: Duration = .zero
    /// Time under maintenance, which does not count.
    public var maintenance: Duration = .zero
    /// Time in which nothing was known, which does not count either and is never shown as good.
    public var unknown: Duration = .zero
    /// Time outside the hours of the service.
    public var outside: Duration = .zero

    /// Makes a period in which nothing has happened.
    public init(month: String) { self.month = month }

    /// Time that counts.
    public var counted: Duration { good + lostOwn + lostChain }
    /// Time lost.
    public var lost: Duration { lostOwn + lostChain }
    /// The share of the time that counts in which it was available; nil while none does.
    public var availability: Double? {
        counted > .zero ? good.fractionalSeconds / counted.fractionalSeconds : nil
    }

    /// How much of the time that may be lost in a month of `length`, without what is to come of it
    /// outside the hours of the service, is left: 1 at the beginning, 0 when it is used up, negative
    /// when more was lost.
    public func budgetLeft(_ objective: Objective, monthLength length: Duration) -> Double {
        let counts = length - maintenance - unknown - outside
        let allowed = max(1, counts.fractionalSeconds * (1 - objective.target))
        return 1 - lost.fractionalSeconds / allowed
    }

    mutating func add(_ time: Duration, as kind: ServiceTime) {
        switch kind {
        case .good: good += time
        case .lostOwn: lostOwn += time
        case .lostChain: lostChain += time
        case .maintenance: maintenance += time
        case .unknown: unknown += time
        case .outside: outside += time
        }
    }
}

/// What citizens have of a service at one instant, as objectives see it.
public enum ServiceTime: String, Sendable, Hashable, CaseIterable {
    case good
    case lostOwn = "lost_own"
    case lostChain = "lost_chain"
    case maintenance
    case unknown
    case outside
}

/// Follows one service through the months, and how fast it uses up its budget: pure.
///
/// `advance` must be called with every change before it takes force. Time that goes back counts for
/// nothing; time that was not seen counts as unknown (`skip`).
public struct ObjectiveClock: Sendable, Hashable {
    /// Months kept, the running one included.
    public static let monthsMax = 14
    /// A window of which less than this share is known says nothing.
    static let knownShare = 0.5

    /// The months, the oldest first.
    public private(set) var months: [ObjectivePeriod] = []
    /// Until when time has been counted; nil before the first instant.
    public private(set) var seenUntil: Timestamp?
    private var monthEnd: Timestamp?
    private var rings = [60, 300, 3600].map { LossRing(bucketSeconds: $0) }

    /// Makes a clock that has seen nothing.
    public init() {}

    /// Makes a clock with the months of an earlier run, which saw until `seenUntil`.
    public init(months: [ObjectivePeriod], seenUntil: Timestamp?) {
        self.months = Array(months.suffix(Self.monthsMax))
        self.seenUntil = seenUntil
    }

    /// The running month; nil before the first instant.
    public var month: ObjectivePeriod? { months.last }

    /// Counts the time up to `now` as `kind`.
    public mutating func advance(to now: Timestamp, as kind: ServiceTime) {
        guard var from = seenUntil, from <= now else {
            // A clock that was set back counts nothing twice.
            if seenUntil == nil {
                seenUntil = now
                open(at: now)
            }
            return
        }
        while from < now {
            let end = monthEnd ?? open(at: from)
            let to = min(now, end)
            months[months.count - 1].add(to - from, as: kind)
            let isLost = kind == .lostOwn || kind == .lostChain
            if kind == .good || isLost {
                for index in rings.indices { rings[index].add(from, to, as: kind) }
            }
            from = to
            if from == end { open(at: from) }
        }
        seenUntil = now
    }

    /// Follows a clock that jumped to `now`: what it went forward by is unknown time.
    ///
    /// Time that comes a second time counts again. What was counted later than the clock says now
    /// belonged to a wrong clock, and is forgotten as far as whole months and buckets go.
    package mutating func jump(to now: Timestamp) {
        guard let seenUntil, now < seenUntil else { return advance(to: now, as: .unknown) }
        self.seenUntil = now
        monthEnd = nil
        let month = AmsterdamTime.monthName(of: now)
        months.removeAll { $0.month > month }
        for index in rings.indices { rings[index].forget(after: now) }
    }

    /// The longest window that can be asked for.
    public static let windowMax: Duration = .seconds(3600 * Int64(LossRing.bucketsMax))

    /// How much of the last `window` counted, how much of that was lost, and how much of that by the
    /// service itself; all are whole buckets of at most a fifth of the window.
    ///
    /// - Precondition: `window` is at most `windowMax`.
    public func loss(
        over window: Duration, at now: Timestamp
    ) -> (counted: Duration, lost: Duration, lostOwn: Duration) {
        precondition(window <= Self.windowMax, "a window of more than three days")
        return rings[ringIndex(of: window)].loss(over: window, at: now)
    }

    /// How many times faster than allowed the budget is used up over `window`.
    ///
    /// 1 uses it up exactly by the end of the month; nil when too little of the window is known.
    public func burnRate(
        over window: Duration, _ objective: Objective, at now: Timestamp
    ) -> Double? {
        let (counted, lost, _) = loss(over: window, at: now)
        guard counted >= window * Self.knownShare else { return nil }
        return lost.fractionalSeconds / counted.fractionalSeconds / (1 - objective.target)
    }

    /// Whether the service itself has lost anything that may lie in `window`: cheap, and mostly no.
    package func hasLostOwn(over window: Duration) -> Bool {
        rings[ringIndex(of: window)].hasLostOwn
    }

    private func ringIndex(of window: Duration) -> Int {
        rings.indices.first { window <= rings[$0].length } ?? rings.count - 1
    }

    /// The same of what the service itself has lost: what a failing parent costs is told of there.
    package func ownBurnRate(
        over window: Duration, _ objective: Objective, at now: Timestamp
    ) -> Double? {
        let (counted, _, lost) = loss(over: window, at: now)
        guard counted >= window * Self.knownShare else { return nil }
        return lost.fractionalSeconds / counted.fractionalSeconds / (1 - objective.target)
    }

    /// What `burnRate` stays at or below for the next minute, when nothing more is lost in it.
    ///
    /// Of what was lost nothing is added; of what counted one bucket may leave the window.
    package func burnRateBound(
        over window: Duration, _ objective: Objective, at now: Timestamp
    ) -> Double {
        let (counted, lost, _) = loss(over: window, at: now)
        guard lost > .zero else { return 0 }
        let ring = rings.first { window <= $0.length } ?? rings[rings.count - 1]
        let stays = (counted - ring.bucketLength).fractionalSeconds
        guard stays > 0 else { return .infinity }
        return lost.fractionalSeconds / stays / (1 - objective.target)
    }

    /// Begins the month of an instant, unless it is the running one; returns its end.
    @discardableResult private mutating func open(at instant: Timestamp) -> Timestamp {
        let name = AmsterdamTime.monthName(of: instant)
        let end = AmsterdamTime.month(of: instant).upperBound
        monthEnd = end
        guard months.last?.month != name else { return end }
        months.append(ObjectivePeriod(month: name))
        if months.count > Self.monthsMax { months.removeFirst(months.count - Self.monthsMax) }
        return end
    }
}

/// What was lost lately, in buckets of one length, the newest last.
struct LossRing: Sendable, Hashable {
    /// Buckets kept beside the running one.
    static let bucketsMax = 72

    private struct Bucket: Sendable, Hashable {
        /// Since the epoch, in lengths of a bucket.
        var number: Int32
        var countedMilliseconds: Int32 = 0
        var lostMilliseconds: Int32 = 0
        var lostOwnMilliseconds: Int32 = 0
    }

    private let bucketMilliseconds: Int64
    private var buckets: [Bucket] = []
    /// What the buckets that are kept say was lost by the service itself.
    private var lostOwnMilliseconds: Int64 = 0

    /// Whether anything was lost by the service itself in the buckets that are kept.
    var hasLostOwn: Bool { lostOwnMilliseconds > 0 }

    init(bucketSeconds: Int64) { bucketMilliseconds = bucketSeconds * 1000 }

    /// The time of one bucket; a minute at least.
    var bucketLength: Duration { .milliseconds(bucketMilliseconds) }

    /// The longest window that it knows.
    var length: Duration { .milliseconds(bucketMilliseconds * Int64(Self.bucketsMax)) }

    /// Adds a stretch of time that counted: good or lost.
    mutating func add(_ from: Timestamp, _ to: Timestamp, as kind: ServiceTime) {
        let end = to.milliseconds
        var begin = max(from.milliseconds, end - length.wholeMilliseconds)
        while begin < end {
            let number = begin.flooredQuotient(by: bucketMilliseconds)
            let stop = min(end, (number + 1) * bucketMilliseconds)
            if buckets.last.map({ Int64($0.number) }) != number {
                buckets.append(Bucket(number: Int32(clamping: number)))
            }
            // At most the length of a bucket, an hour.
            let time = Int32(clamping: stop - begin)
            buckets[buckets.count - 1].countedMilliseconds += time
            if kind != .good { buckets[buckets.count - 1].lostMilliseconds += time }
            if kind == .lostOwn {
                buckets[buckets.count - 1].lostOwnMilliseconds += time
                lostOwnMilliseconds += Int64(time)
            }
            begin = stop
        }
        if buckets.count > Self.bucketsMax + 1 {
            let old = buckets.prefix(buckets.count - Self.bucketsMax - 1)
            lostOwnMilliseconds -= old.reduce(0) { $0 + Int64($1.lostOwnMilliseconds) }
            buckets.removeFirst(old.count)
        }
    }

    /// Forgets the buckets that begin after an instant.
    mutating func forget(after instant: Timestamp) {
        let number = instant.milliseconds.flooredQuotient(by: bucketMilliseconds)
        buckets.removeAll { Int64($0.number) > number }
    }

    func loss(
        over window: Duration, at now: Timestamp
    ) -> (counted: Duration, lost: Duration, lostOwn: Duration) {
        let begin = (now - window).milliseconds
        // The bucket in which the window begins counts when most of it lies in the window.
        let first = (begin + bucketMilliseconds / 2).flooredQuotient(by: bucketMilliseconds)
        var (counted, lost, lostOwn): (Int64, Int64, Int64) = (0, 0, 0)
        for bucket in buckets.reversed() {
            guard Int64(bucket.number) >= first else { break }
            counted += Int64(bucket.countedMilliseconds)
            lost += Int64(bucket.lostMilliseconds)
            lostOwn += Int64(bucket.lostOwnMilliseconds)
        }
        return (.milliseconds(counted), .milliseconds(lost), .milliseconds(lostOwn))
    }
}
