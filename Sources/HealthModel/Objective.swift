/// What share of the time a service promises to be available, and when that counts.
public struct Objective: Sendable, Hashable {
    /// The promise, above 0 and below 1, such as 0.995.
    public var target: Double
    /// The hours that count; nil counts all of them.
    public var hours: ServiceHours?

    /// Makes an objective.
    ///
    /// - Precondition: `target` is above 0 and below 1.
    public init(target: Double, hours: ServiceHours? = nil) {
        precondition(target > 0 && target < 1, "a target is a share, and never all")
        self.target = target
        self.hours = hours
    }

    /// What a service promises that says nothing: 99.5 % for tier 0, 99.2 % for tier 1, else 99 %.
    ///
    /// These are the published levels of DigiD, of the eHerkenning chain and of DRP.
    public init(of tier: Tier) {
        switch tier {
        case .tier0: self.init(target: 0.995)
        case .tier1: self.init(target: 0.992)
        case .tier2, .tier3: self.init(target: 0.99)
        }
    }
}

/// Hours of some days of the week, in the time of Amsterdam.
public struct ServiceHours: Sendable, Hashable {
    /// The days, 1 for Monday to 7 for Sunday.
    public var weekdays: Set<Int>
    /// The time since midnight at which they begin.
    public var from: Duration
    /// The time since midnight at which they end; at most 24 hours, later than `from`.
    public var to: Duration

    /// Makes hours.
    ///
    /// - Precondition: there is a day, and `from` lies before `to`, both within a day.
    public init(weekdays: Set<Int>, from: Duration, to: Duration) {
        precondition(!weekdays.isEmpty && weekdays.allSatisfy { (1...7).contains($0) })
        precondition(from >= .zero && from < to && to <= .seconds(86_400))
        self.weekdays = weekdays
        self.from = from
        self.to = to
    }

    /// How much of a time lies within them.
    public func time(in range: Range<Timestamp>) -> Duration {
        var sum = Duration.zero
        var instant = range.lowerBound
        while instant < range.upperBound {
            let day = AmsterdamTime.day(of: instant)
            let end = min(day.upperBound, range.upperBound)
            if day.upperBound - day.lowerBound == .seconds(86_400) {
                let (weekday, _) = AmsterdamTime.clock(at: day.lowerBound)
                let hours = (day.lowerBound + from, day.lowerBound + to)
                let overlap = min(hours.1, end) - max(hours.0, instant)
                if weekdays.contains(weekday) { sum += max(.zero, overlap) }
            } else {
                // Clocks change: minute by minute, twice a year.
                var minute = instant
                while minute < end {
                    let next = min(minute + .seconds(60), end)
                    if contains(minute) { sum += next - minute }
                    minute = next
                }
            }
            instant = end
        }
        return sum
    }

    /// Whether an instant lies within them.
    public func contains(_ instant: Timestamp) -> Bool {
        let (weekday, time) = AmsterdamTime.clock(at: instant)
        return weekdays.contains(weekday) && from <= time && time < to
    }
}
