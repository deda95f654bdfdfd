/// The legal time of the Netherlands: UTC+1, and UTC+2 between the last Sundays of March and October,
/// at 01:00 UTC (Directive 2000/84/EC, articles 2 and 3).
///
/// Pure arithmetic for the years in which the directive is in force, from 2002; an earlier year is
/// treated by the same rule.
public enum AmsterdamTime {
    /// What is added to UTC at an instant.
    public static func offset(at instant: Timestamp) -> Duration {
        let year = instant.date.year
        guard let begin = lastSunday(of: year, month: 3), let end = lastSunday(of: year, month: 10)
        else { return .seconds(3600) }
        return begin <= instant && instant < end ? .seconds(7200) : .seconds(3600)
    }

    /// The calendar month in local time that holds an instant: from its first moment to the first
    /// moment of the next.
    public static func month(of instant: Timestamp) -> Range<Timestamp> {
        let local = (instant + offset(at: instant)).date
        let next = local.month == 12 ? (local.year + 1, 1) : (local.year, local.month + 1)
        guard let begin = midnight(local.year, local.month, 1),
            let end = midnight(next.0, next.1, 1)
        else { return instant..<(instant + .seconds(31 * 86_400)) }
        return begin..<end
    }

    /// The local day that holds an instant: 23, 24 or 25 hours.
    public static func day(of instant: Timestamp) -> Range<Timestamp> {
        let local = (instant + offset(at: instant)).date
        guard let begin = midnight(local.year, local.month, local.day) else {
            return instant..<(instant + .seconds(86_400))
        }
        // Noon of the next day, whatever clocks do at night.
        let next = (begin + .seconds(36 * 3600) + offset(at: begin + .seconds(36 * 3600))).date
        return begin..<(midnight(next.year, next.month, next.day) ?? begin + .seconds(86_400))
    }

    /// The name of that month, such as `2026-11`.
    public static func monthName(of instant: Timestamp) -> String {
        let local = (instant + offset(at: instant)).date
        return "\(local.year)-\(local.month < 10 ? "0" : "")\(local.month)"
    }

    /// The day of the week, 1 for Monday to 7 for Sunday, and the time since local midnight.
    public static func clock(at instant: Timestamp) -> (weekday: Int, time: Duration) {
        let local = (instant + offset(at: instant)).seconds
        let day = local.flooredQuotient(by: 86_400)
        return (weekday(ofDay: day), .seconds(local - day * 86_400))
    }

    /// The local day that holds an instant, as its number since 1970-01-01.
    static func dayNumber(of instant: Timestamp) -> Int64 {
        (instant + offset(at: instant)).seconds.flooredQuotient(by: 86_400)
    }

    /// The day of the week of a day since 1970-01-01, 1 for Monday to 7 for Sunday.
    static func weekday(ofDay day: Int64) -> Int {
        // 1970-01-01 was a Thursday.
        Int((day + 3) - (day + 3).flooredQuotient(by: 7) * 7 + 1)
    }

    /// The instants at which clocks show a date and time, the earlier one first.
    ///
    /// One; none in the hour that is skipped when summer time begins; two in the hour that comes
    /// twice at its end. `clock` is the date and time as if it were in UTC.
    public static func instants(showing clock: Timestamp) -> [Timestamp] {
        [Duration.seconds(7200), .seconds(3600)].filter { offset(at: clock - $0) == $0 }
            .map { clock - $0 }
    }

    /// What clocks show, with the seconds when there are any: `2026-12-05 22:00`.
    public static func dateAndTime(at instant: Timestamp) -> String {
        (instant + offset(at: instant)).shortDateAndTime
    }

    /// A time from one instant to another for people, as clocks show it and in UTC.
    ///
    /// `2026-12-05 22:00 to 2026-12-06 02:00 Amsterdam (2026-12-05 21:00 to 2026-12-06 01:00 UTC)`;
    /// `to` is the word between both ends.
    public static func text(from begin: Timestamp, _ to: String, _ end: Timestamp) -> String {
        "\(dateAndTime(at: begin)) \(to) \(dateAndTime(at: end)) Amsterdam "
            + "(\(begin.shortDateAndTime) \(to) \(end.shortDateAndTime) UTC)"
    }

    /// An instant for people, as clocks show it and in UTC:
    /// `2026-12-05 22:00 Amsterdam (2026-12-05 21:00 UTC)`.
    public static func text(of instant: Timestamp) -> String {
        "\(dateAndTime(at: instant)) Amsterdam (\(instant.shortDateAndTime) UTC)"
    }

    /// The first moment of a local day; nil when the year cannot be held.
    ///
    /// Clocks change at night, but never at midnight.
    private static func midnight(_ year: Int64, _ month: Int64, _ day: Int64) -> Timestamp? {
        Timestamp(year: year, month: month, day: day).flatMap { instants(showing: $0).first }
    }

    private static func lastSunday(of year: Int64, month: Int64) -> Timestamp? {
        guard let last = Timestamp(year: year, month: month, day: 31, hour: 1) else { return nil }
        let day = last.seconds.flooredQuotient(by: 86_400)
        // 0 for Sunday: day 3 after the epoch was one.
        let sinceSunday = (day - 3) - (day - 3).flooredQuotient(by: 7) * 7
        return last - .seconds(sinceSunday * 86_400)
    }
}
