import HealthModel
import Testing

/// What comes back, against an oracle that looks at every minute.
@Suite struct RecurrenceTests {
    private static func at(_ text: String) throws -> Timestamp {
        try WrittenInstant(text).instant
    }

    /// The begins of four months, found by looking at the clock at every minute: the first at which
    /// it shows the time on a day that is meant, or, when it never does, the one an hour later.
    private static func begins(
        _ days: Recurrence.Days, from: Timestamp, until: Timestamp?, to end: Timestamp
    ) -> [Timestamp] {
        let time = AmsterdamTime.clock(at: from).time
        var (found, seen): ([Timestamp], Set<String>) = ([], [])
        var minute = from
        while minute < end {
            defer { minute = minute + .seconds(60) }
            let clock = AmsterdamTime.clock(at: minute)
            let before = AmsterdamTime.clock(at: minute - .seconds(3600)).time
            // One hour later by the clock, and an hour ago it showed less than the time.
            let isSkipped =
                AmsterdamTime.offset(at: minute) > AmsterdamTime.offset(at: minute - .seconds(3600))
                && clock.time == time + .seconds(3600) && before < time
                && AmsterdamTime.instants(showing: minute + .seconds(3600)).isEmpty
            guard clock.time == time || isSkipped else { continue }
            let date = String(AmsterdamTime.dateAndTime(at: minute).prefix(10))
            guard isMeant(days, date: date, weekday: clock.weekday), seen.insert(date).inserted,
                until.map({ minute < $0 }) ?? true
            else { continue }
            found.append(minute)
        }
        return found
    }

    /// Whether a date such as `2026-12-06` is meant.
    private static func isMeant(_ days: Recurrence.Days, date: String, weekday: Int) -> Bool {
        switch days {
        case .daily: return true
        case .weekly(let weekdays): return weekdays.contains(weekday)
        case .monthly(let place, let wanted):
            let numbers = date.split(separator: "-").compactMap { Int($0) }
            let lengths = [
                31, numbers[0] % 4 == 0 ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
            ]
            let same = stride(
                from: (numbers[2] - 1) % 7 + 1, through: lengths[numbers[1] - 1], by: 7)
            let all = Array(same)
            return weekday == wanted
                && (place < 0 ? all.last : all[place - 1]) == numbers[2]
        }
    }

    private static func days(_ generator: inout SplitMix64) -> Recurrence.Days {
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: return .daily
        case 1:
            let some = (1...7).filter { _ in Bool.random(using: &generator) }
            return .weekly(some.isEmpty ? [7] : Set(some))
        default:
            return .monthly(
                place: [1, 2, 3, 4, -1][Int.random(in: 0..<5, using: &generator)],
                weekday: Int.random(in: 1...7, using: &generator))
        }
    }

    @Test(arguments: 0..<24) func everyOneIsFound(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let days = Self.days(&generator)
        // Around the change in October, or that in March; often at the hours that change.
        let start = try Self.at(seed % 2 == 0 ? "2026-09-20 00:00" : "2027-02-20 00:00")
        let minutes = Int64.random(in: 0..<(seed % 3 == 0 ? 1440 : 240), using: &generator)
        let from =
            start + .seconds(Int64.random(in: 0..<9, using: &generator) * 86_400 + minutes * 60)
        let end = start + .seconds(110 * 86_400)
        let until =
            Bool.random(using: &generator)
            ? nil : from + .seconds(Int64.random(in: 1...80, using: &generator) * 86_400)
        let most = Int64(days.lengthMax / .seconds(60))
        let length = Duration.seconds(60 * Int64.random(in: 1...most, using: &generator))
        let recurrence = Recurrence(days: days, from: from, length: length, until: until)
        let begins = Self.begins(days, from: from, until: until, to: end)
        var found: [Timestamp] = []
        var instant = from - .seconds(86_400)
        while let next = recurrence.occurrence(endingAfter: instant), next.lowerBound < end {
            #expect(next.upperBound - next.lowerBound == length)
            found.append(next.lowerBound)
            instant = next.upperBound
        }
        #expect(found == begins, "\(days) \(AmsterdamTime.dateAndTime(at: from))")
        // Asked at any instant, it is the first that is not over.
        for _ in 0..<50 {
            let now = start + .seconds(Int64.random(in: 0..<(90 * 86_400), using: &generator))
            let first = begins.first { $0 + length > now }
            #expect(recurrence.occurrence(endingAfter: now)?.lowerBound == first, "\(now)")
        }
    }

    @Test(arguments: [
        // Skipped in March: an hour later by the clock. Twice in October: the first.
        ("2027-03-27 02:30", "2027-03-28 03:30", "2027-03-28T01:30:00.000Z"),
        ("2026-10-24 02:30", "2026-10-25 02:30", "2026-10-25T00:30:00.000Z"),
        ("2026-12-05 22:00", "2026-12-06 22:00", "2026-12-06T21:00:00.000Z"),
    ]) func daysGoByTheClock(from: String, shown: String, utc: String) throws {
        let daily = Recurrence(days: .daily, from: try Self.at(from), length: .seconds(7200))
        let first = try #require(daily.occurrence(endingAfter: daily.from))
        #expect(first.lowerBound == daily.from)
        let next = try #require(daily.occurrence(endingAfter: first.upperBound))
        #expect(AmsterdamTime.dateAndTime(at: next.lowerBound) == shown)
        #expect(next.lowerBound.rfc3339 == utc)
        #expect(next.upperBound - next.lowerBound == .seconds(7200))
    }

    @Test func itBeginsAtTheSecondOfTheTwoWhenThatWasMeant() throws {
        let from = try Self.at("2026-10-25T01:30Z")
        let daily = Recurrence(days: .daily, from: from, length: .seconds(60))
        #expect(daily.occurrence(endingAfter: from)?.lowerBound == from)
    }

    @Test func monthsAreCountedByTheirDays() throws {
        let from = try Self.at("2026-12-01 01:00")
        let rows: [(String, [String])] = [
            ("monthly on first sun", ["2026-12-06", "2027-01-03", "2027-02-07"]),
            ("monthly on fourth tue", ["2026-12-22", "2027-01-26", "2027-02-23"]),
            ("monthly on last fri", ["2026-12-25", "2027-01-29", "2027-02-26"]),
            ("monthly on last sun", ["2026-12-27", "2027-01-31", "2027-02-28"]),
            ("weekly on sun,tue", ["2026-12-01", "2026-12-06", "2026-12-08"]),
        ]
        for (text, dates) in rows {
            let days = try #require(Recurrence.Days(text))
            let recurrence = Recurrence(days: days, from: from, length: .seconds(3600))
            var (found, instant): ([String], Timestamp) = ([], from)
            while found.count < 3, let next = recurrence.occurrence(endingAfter: instant) {
                found.append(String(AmsterdamTime.dateAndTime(at: next.lowerBound).prefix(10)))
                instant = next.upperBound
            }
            #expect(found == dates, "\(text)")
        }
    }

    @Test(arguments: [
        ("daily", Recurrence.Days.daily, "daily"), ("FREQ=DAILY", .daily, "daily"),
        ("weekly on sun,tue", .weekly([2, 7]), "weekly on tue,sun"),
        ("Weekly on Sun, Tue", .weekly([2, 7]), "weekly on tue,sun"),
        ("FREQ=WEEKLY;BYDAY=SU,TU", .weekly([2, 7]), "weekly on tue,sun"),
        ("monthly on first sun", .monthly(place: 1, weekday: 7), "monthly on first sun"),
        ("freq=monthly;byday=1su", .monthly(place: 1, weekday: 7), "monthly on first sun"),
        ("monthly on last fri", .monthly(place: -1, weekday: 5), "monthly on last fri"),
        ("FREQ=MONTHLY;BYDAY=-1FR", .monthly(place: -1, weekday: 5), "monthly on last fri"),
    ]) func isReadAndWritten(text: String, days: Recurrence.Days, written: String) {
        #expect(Recurrence.Days(text) == days)
        #expect(days.description == written)
        #expect(Recurrence.Days(written) == days)
    }

    @Test(arguments: [
        "", "sunday", "weekly", "weekly sun", "weekly on", "weekly on sun,", "weekly on son",
        "daily on sun", "monthly on sun", "monthly on fifth sun", "monthly on first",
        "monthly on first sun,tue", "hourly", "FREQ=YEARLY", "FREQ=DAILY;INTERVAL=2",
        "FREQ=MONTHLY;BYDAY=5SU", "FREQ=MONTHLY;BYDAY=SU", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=",
        "FREQ=MONTHLY;BYDAY=1SU,2SU", "FREQ=MONTHLY;BYMONTHDAY=1",
    ]) func whatIsNoneIsRefused(text: String) { #expect(Recurrence.Days(text) == nil) }

    @Test(
        arguments: [
            ("daily", 23), ("weekly on sun", 167), ("weekly on sun,mon", 23),
            ("weekly on mon,thu", 71), ("monthly on last fri", 671),
        ] as [(String, Int64)])
    func oneIsOverBeforeTheNext(text: String, hours: Int64) {
        #expect(Recurrence.Days(text)?.lengthMax == .seconds(hours * 3600))
    }
}
