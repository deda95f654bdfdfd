/// Hours of some days of the week, in the time of Amsterdam.
public struct ServiceHours: Sendable, Hashable {
    /// A time by the clock, from one minute to another, that one left out.
    public struct ClockRange: Sendable, Hashable {
        /// The time since midnight at which it begins; less than 24 hours.
        public var from: Duration
        /// The time since midnight at which it ends, at most 24 hours; on the next day when it is
        /// not later than `from`.
        public var to: Duration

        /// Makes a range.
        ///
        /// - Precondition: both lie within a day, and `from` not at its end.
        public init(from: Duration, to: Duration) {
            precondition(from >= .zero && from < .day && to >= .zero && to <= .day)
            self.from = from
            self.to = to
        }

        /// The part on the day on which it begins.
        fileprivate var today: Range<Duration> { from..<(from < to ? to : .day) }
        /// The part on the next day; empty when it ends on the day on which it begins.
        fileprivate var tomorrow: Range<Duration> { .zero..<(from < to ? .zero : to) }
    }

    /// Ranges of one day: a shop or a desk has two or three.
    public static let rangesMax = 8

    /// The days on which the ranges begin, 1 for Monday to 7 for Sunday.
    public var weekdays: Set<Int>
    /// The ranges; they may overlap.
    public var ranges: [ClockRange]

    /// Makes hours.
    ///
    /// - Precondition: there is a day and a range.
    public init(weekdays: Set<Int>, ranges: [ClockRange]) {
        precondition(!weekdays.isEmpty && weekdays.allSatisfy { (1...7).contains($0) })
        precondition(!ranges.isEmpty)
        self.weekdays = weekdays
        self.ranges = ranges
    }

    /// Makes hours of one range.
    ///
    /// - Precondition: as for the other initialisers.
    public init(weekdays: Set<Int>, from: Duration, to: Duration) {
        self.init(weekdays: weekdays, ranges: [ClockRange(from: from, to: to)])
    }

    /// The times by the clock that a day of the week has, in order and apart from one another.
    private func times(of weekday: Int) -> [Range<Duration>] {
        let isYesterday = weekdays.contains(weekday == 1 ? 7 : weekday - 1)
        var found: [Range<Duration>] = []
        for range in ranges {
            if weekdays.contains(weekday) { found.append(range.today) }
            if isYesterday { found.append(range.tomorrow) }
        }
        return found.united()
    }

    /// How much of a time lies within them.
    public func time(in range: Range<Timestamp>) -> Duration {
        var sum = Duration.zero
        var instant = range.lowerBound
        while instant < range.upperBound {
            let day = AmsterdamTime.day(of: instant)
            let end = min(day.upperBound, range.upperBound)
            if day.upperBound - day.lowerBound == .day {
                for time in times(of: AmsterdamTime.clock(at: day.lowerBound).weekday) {
                    let begin = max(day.lowerBound + time.lowerBound, instant)
                    sum += max(.zero, min(day.lowerBound + time.upperBound, end) - begin)
                }
            } else {
                // Clocks change: minute by minute, twice a year.
                var minute = instant
                while minute < end {
                    let whole = Timestamp(seconds: minute.seconds - minute.seconds % 60)
                    let next = min(whole + .seconds(60), end)
                    if contains(minute) { sum += next - minute }
                    minute = next
                }
            }
            instant = end
        }
        return sum
    }

    /// Whether clocks show one of them at an instant.
    ///
    /// So hours that begin in the hour that is skipped begin with the next one, and those in the
    /// hour that comes twice come twice.
    public func contains(_ instant: Timestamp) -> Bool {
        let (weekday, time) = AmsterdamTime.clock(at: instant)
        let isToday = weekdays.contains(weekday)
        let isYesterday = weekdays.contains(weekday == 1 ? 7 : weekday - 1)
        return ranges.contains {
            isToday && $0.today.contains(time) || isYesterday && $0.tomorrow.contains(time)
        }
    }
}

extension Duration {
    fileprivate static let day = Duration.seconds(86_400)
}
