/// An instant in UTC, counted in nanoseconds since 1970-01-01T00:00:00Z without leap seconds.
///
/// The range is the years 1678 to 2262. Nothing in the core reads a clock: every decision takes
/// the instant as an argument.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Nanoseconds since the Unix epoch; negative before 1970.
    public let nanoseconds: Int64

    /// Makes the instant that lies `nanoseconds` after the Unix epoch.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Makes the instant that lies `seconds` after the Unix epoch.
    ///
    /// - Precondition: `seconds` lies within ±9,223,372,036.
    public init(seconds: Int64) {
        nanoseconds = seconds * 1_000_000_000
    }

    /// Makes the instant that lies `milliseconds` after the Unix epoch.
    public init(milliseconds: Int64) {
        nanoseconds = milliseconds * 1_000_000
    }

    /// Whole seconds since the epoch, rounded towards the past.
    public var seconds: Int64 { nanoseconds.flooredQuotient(by: 1_000_000_000) }
    /// Whole milliseconds since the epoch, rounded towards the past.
    public var milliseconds: Int64 { nanoseconds.flooredQuotient(by: 1_000_000) }
    /// Seconds since the epoch as Prometheus wants them.
    public var fractionalSeconds: Double { Double(nanoseconds) / 1e9 }

    /// Orders instants, earlier first.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The instant `duration` later; stops at the end of the range instead of wrapping.
    public static func + (instant: Timestamp, duration: Duration) -> Timestamp {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        if overflow { return Timestamp(nanoseconds: duration < .zero ? .min : .max) }
        return Timestamp(nanoseconds: sum)
    }

    /// The instant `duration` earlier; stops at the end of the range instead of wrapping.
    public static func - (instant: Timestamp, duration: Duration) -> Timestamp {
        instant + (.zero - duration)
    }

    /// The time from `right` to `left`; negative when `left` is the earlier one.
    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        // A Duration has 128 bits, so this cannot overflow.
        .nanoseconds(left.nanoseconds) - .nanoseconds(right.nanoseconds)
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC with milliseconds: `2026-11-23T14:07:31.042Z`.
    public var description: String { rfc3339 }

    /// RFC 3339 in UTC with milliseconds: `2026-11-23T14:07:31.042Z`.
    public var rfc3339: String {
        let fields = calendarFields
        let millisecond = milliseconds - seconds * 1000
        return "\(padded(fields.year, 4))-\(padded(fields.month, 2))-\(padded(fields.day, 2))T"
            + "\(padded(fields.hour, 2)):\(padded(fields.minute, 2)):\(padded(fields.second, 2))."
            + "\(padded(millisecond, 3))Z"
    }

    /// Date and time of day in UTC without a zone letter: `2026-11-23 14:07:31`.
    public var dateAndTime: String {
        let fields = calendarFields
        return "\(padded(fields.year, 4))-\(padded(fields.month, 2))-\(padded(fields.day, 2)) "
            + "\(padded(fields.hour, 2)):\(padded(fields.minute, 2)):\(padded(fields.second, 2))"
    }

    /// The same without seconds when they are zero: `2026-11-23 14:07`.
    public var shortDateAndTime: String {
        let text = dateAndTime
        return text.hasSuffix(":00") ? String(text.dropLast(3)) : text
    }

    /// The date in UTC.
    var date: (year: Int64, month: Int64, day: Int64) {
        let fields = calendarFields
        return (fields.year, fields.month, fields.day)
    }

    /// The proleptic Gregorian calendar fields in UTC.
    private var calendarFields:
        (year: Int64, month: Int64, day: Int64, hour: Int64, minute: Int64, second: Int64)
    {
        // Days are counted from 0000-03-01, so that the leap day is the last day of its year.
        let total = seconds
        let day = total.flooredQuotient(by: 86_400)
        let secondOfDay = total - day * 86_400
        let shifted = day + 719_468
        let era = shifted.flooredQuotient(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
            dayOfYear - (153 * shiftedMonth + 2) / 5 + 1,
            secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60
        )
    }

    /// The instant of a proleptic Gregorian date and time in UTC; nil when a field is out of range.
    public init?(
        year: Int64, month: Int64, day: Int64, hour: Int64 = 0, minute: Int64 = 0,
        second: Int64 = 0
    ) {
        let isLeap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
        let monthLengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        // The range of nanoseconds in an Int64 ends in 2262, so years beyond it cannot be held.
        guard (1678...2261).contains(year), (1...12).contains(month),
            (1...monthLengths[Int(month - 1)]).contains(day), (0...23).contains(hour),
            (0...59).contains(minute), (0...59).contains(second)
        else { return nil }
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.flooredQuotient(by: 400)
        let yearOfEra = shiftedYear - era * 400
        let shiftedMonth = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * shiftedMonth + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        self.init(seconds: days * 86_400 + hour * 3600 + minute * 60 + second)
    }
}

private func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

extension Int64 {
    /// The quotient rounded towards negative infinity; `divisor` is positive.
    @inlinable package func flooredQuotient(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

extension Duration {
    /// The whole duration in nanoseconds; stops at the ends of Int64 (±292 years).
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, sumOverflow) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        if sumOverflow { return seconds < 0 ? .min : .max }
        return sum
    }

    /// The duration in seconds as a floating-point number, the unit of every interface.
    public var fractionalSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }

    /// The duration in whole milliseconds, rounded towards zero.
    public var wholeMilliseconds: Int64 { nanoseconds / 1_000_000 }

    /// Short text for people, exact to the unit shown: `250ms`, `9s`, `3m12s`, `2h05m`, `12d4h`.
    public var shortText: String {
        let milliseconds = wholeMilliseconds
        if milliseconds < 0 { return "-" + (.zero - self).shortText }
        if milliseconds < 1000 { return "\(milliseconds)ms" }
        let seconds = milliseconds / 1000
        if seconds < 10 && milliseconds % 1000 >= 100 {
            return "\(seconds).\(milliseconds % 1000 / 100)s"
        }
        if seconds < 60 { return "\(seconds)s" }
        if seconds < 3600 {
            return seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds / 60)m\(seconds % 60)s"
        }
        if seconds < 86_400 {
            let minutes = seconds / 60 % 60
            return minutes == 0 ? "\(seconds / 3600)h" : "\(seconds / 3600)h\(minutes)m"
        }
        let hours = seconds / 3600 % 24
        return hours == 0 ? "\(seconds / 86_400)d" : "\(seconds / 86_400)d\(hours)h"
    }
}
