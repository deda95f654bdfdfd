/// A time that comes back on some days, at the same time by the clock of Amsterdam.
///
/// Each lasts equally long, also in the nights in which clocks change. One that would begin in the
/// hour that is skipped begins an hour later by the clock; of the hour that comes twice the first counts.
public struct Recurrence: Sendable, Hashable {
    /// On which days one begins.
    public enum Days: Sendable, Hashable {
        /// Every day.
        case daily
        /// These days of the week, 1 for Monday to 7 for Sunday.
        case weekly(Set<Int>)
        /// The first to fourth such day of each month, or the last, which is -1.
        case monthly(place: Int, weekday: Int)
    }

    /// Days in which every kind comes back: the last Friday of a month lies at most 35 days after
    /// the one before.
    private static let daysMax: Int64 = 35

    /// On which days.
    public var days: Days
    /// None begins earlier; its time by the clock is that of each.
    public var from: Timestamp
    /// How long each lasts; at most `days.lengthMax`.
    public var length: Duration
    /// None begins at this instant or later; nil when there is no end.
    public var until: Timestamp?

    /// Makes a recurrence.
    public init(days: Days, from: Timestamp, length: Duration, until: Timestamp? = nil) {
        self.days = days
        self.from = from
        self.length = length
        self.until = until
    }

    /// The first one that is not over at an instant; nil when there is none any more.
    public func occurrence(endingAfter instant: Timestamp) -> Range<Timestamp>? {
        // None that began before is still under way.
        let earliest = max(from, instant - length)
        let first = AmsterdamTime.dayNumber(of: earliest)
        let clock = AmsterdamTime.clock(at: from).time + fraction
        // A day more at each end, for the hour by which days differ.
        for day in (first - 1)...(first + Self.daysMax + 1) where days.contains(day: day) {
            let shown = Timestamp(seconds: day * 86_400) + clock
            let instants = AmsterdamTime.instants(showing: shown)
            // Whoever did not turn the clock begins then.
            let skipped = instants.isEmpty ? [shown - .seconds(3600)] : []
            guard let begin = (instants + skipped).first(where: { $0 >= from }),
                begin + length > instant
            else { continue }
            if let until, begin >= until { return nil }
            return begin..<(begin + length)
        }
        return nil
    }

    /// What the time of `from` has beyond whole seconds.
    private var fraction: Duration { from - Timestamp(seconds: from.seconds) }
}

extension Recurrence.Days {
    private static let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    private static let places = [
        ("first", 1), ("second", 2), ("third", 3), ("fourth", 4), ("last", -1),
    ]

    /// What was expected where a text is none.
    public static let expectation =
        "daily, weekly on sun,tue, monthly on first sun (to fourth, or last), or an RRULE of these "
        + "such as FREQ=MONTHLY;BYDAY=1SU"

    /// How long one may last, so that it is over before the next: an hour less than the days between
    /// them, since one of those may be an hour shorter.
    public var lengthMax: Duration {
        let days: Int
        switch self {
        case .daily: days = 1
        case .weekly(let weekdays):
            let sorted = weekdays.sorted()
            let next = sorted.dropFirst() + [(sorted.first ?? 1) + 7]
            days = zip(sorted, next).map { $1 - $0 }.min() ?? 7
        case .monthly: days = 28
        }
        return .seconds(days * 86_400 - 3600)
    }

    /// Reads `weekly on sun,tue` and the like, or an RRULE (RFC 5545, section 3.3.10) of one of
    /// these kinds; nil for anything else.
    public init?(_ text: String) {
        if text.uppercased().hasPrefix("FREQ=") {
            self.init(rule: text.uppercased())
            return
        }
        let words = text.lowercased().split(separator: " ")
        if words == ["daily"] {
            self = .daily
            return
        }
        guard words.count >= 3, words[1] == "on" else { return nil }
        if words[0] == "weekly" {
            // `sun,tue` and `sun, tue`.
            let list = words[2...].joined().split(separator: ",", omittingEmptySubsequences: false)
            self.init(weekdays: list.map { Self.weekday($0) })
        } else if words[0] == "monthly", words.count == 4,
            let place = Self.places.first(where: { $0.0 == words[2] }),
            let weekday = Self.weekday(words[3])
        {
            self = .monthly(place: place.1, weekday: weekday)
        } else {
            return nil
        }
    }

    private init?(weekdays: [Int?]) {
        guard !weekdays.isEmpty, !weekdays.contains(nil) else { return nil }
        self = .weekly(Set(weekdays.compactMap(\.self)))
    }

    /// Reads `FREQ=DAILY`, `FREQ=WEEKLY;BYDAY=SU,TU`, `FREQ=MONTHLY;BYDAY=-1FR`.
    private init?(rule: String) {
        let parts = rule.split(separator: ";", omittingEmptySubsequences: false)
        if parts == ["FREQ=DAILY"] {
            self = .daily
            return
        }
        guard parts.count == 2, parts[1].hasPrefix("BYDAY=") else { return nil }
        let list = parts[1].dropFirst(6).split(separator: ",", omittingEmptySubsequences: false)
        func weekday(_ text: Substring) -> Int? {
            Self.names.firstIndex { $0.prefix(2).uppercased() == text }.map { $0 + 1 }
        }
        if parts[0] == "FREQ=WEEKLY" {
            self.init(weekdays: list.map(weekday))
        } else if parts[0] == "FREQ=MONTHLY", list.count == 1,
            let weekday = weekday(list[0].suffix(2)),
            let place = Self.places.first(where: { String($0.1) == list[0].dropLast(2) })
        {
            self = .monthly(place: place.1, weekday: weekday)
        } else {
            return nil
        }
    }

    /// `sun`; nil for anything else.
    private static func weekday(_ text: Substring) -> Int? {
        names.firstIndex { $0 == text }.map { $0 + 1 }
    }

    /// Whether one begins on a day, by its number since 1970-01-01.
    fileprivate func contains(day: Int64) -> Bool {
        let weekday = AmsterdamTime.weekday(ofDay: day)
        switch self {
        case .daily: return true
        case .weekly(let weekdays): return weekdays.contains(weekday)
        case .monthly(let place, let wanted):
            guard weekday == wanted else { return false }
            let date = Timestamp(seconds: day * 86_400).date
            let isLast = Timestamp(seconds: (day + 7) * 86_400).date.month != date.month
            return place < 0 ? isLast : (date.day - 1) / 7 + 1 == Int64(place)
        }
    }
}

extension Recurrence.Days: CustomStringConvertible {
    /// As people write it; read back by `init(_:)`.
    public var description: String {
        switch self {
        case .daily: return "daily"
        case .weekly(let weekdays):
            return "weekly on "
                + weekdays.sorted().map { Self.names[$0 - 1] }.joined(separator: ",")
        case .monthly(let place, let weekday):
            let word = Self.places.first { $0.1 == place }?.0 ?? ""
            return "monthly on \(word) \(Self.names[weekday - 1])"
        }
    }
}
