import HealthModel
import Testing

/// The legal time of the Netherlands, against dates that are known.
@Suite struct AmsterdamTimeTests {
    private func utc(
        _ year: Int64, _ month: Int64, _ day: Int64, _ hour: Int64 = 0, _ minute: Int64 = 0,
        _ second: Int64 = 0
    ) throws -> Timestamp {
        try #require(
            Timestamp(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second))
    }

    /// The last Sundays of March and October of these years.
    @Test(
        arguments: [
            (2024, 31, 27), (2025, 30, 26), (2026, 29, 25), (2027, 28, 31), (2028, 26, 29),
            (2038, 28, 31),
        ] as [(Int64, Int64, Int64)])
    func clocksChangeAtOneUTC(year: Int64, march: Int64, october: Int64) throws {
        let rows: [(Timestamp, Int64)] = [
            (try utc(year, 1, 1), 1), (try utc(year, 3, march, 0, 59, 59), 1),
            (try utc(year, 3, march, 1), 2), (try utc(year, 7, 1), 2),
            (try utc(year, 10, october, 0, 59, 59), 2), (try utc(year, 10, october, 1), 1),
            (try utc(year, 12, 31), 1),
        ]
        for (instant, hours) in rows {
            #expect(AmsterdamTime.offset(at: instant) == .seconds(hours * 3600))
        }
    }

    /// Months begin at local midnight; March lacks an hour and October has one more.
    @Test func monthsAreLocal() throws {
        let rows: [(Timestamp, String, Timestamp, Int64)] = [
            (try utc(2026, 10, 31, 23), "2026-11", try utc(2026, 10, 31, 23), 720),
            (try utc(2026, 10, 31, 22, 59, 59), "2026-10", try utc(2026, 9, 30, 22), 745),
            (try utc(2026, 3, 15), "2026-03", try utc(2026, 2, 28, 23), 743),
            (try utc(2026, 12, 31, 22, 59), "2026-12", try utc(2026, 11, 30, 23), 744),
            (try utc(2026, 12, 31, 23), "2027-01", try utc(2026, 12, 31, 23), 744),
            (try utc(2028, 2, 29), "2028-02", try utc(2028, 1, 31, 23), 696),
        ]
        for (instant, name, begin, hours) in rows {
            let month = AmsterdamTime.month(of: instant)
            #expect(AmsterdamTime.monthName(of: instant) == name)
            #expect(month.lowerBound == begin)
            #expect(month.upperBound - month.lowerBound == .seconds(hours * 3600))
            #expect(month.contains(instant))
        }
    }

    /// 23 November 2026 is a Monday; half past eight there is half past seven in UTC.
    @Test func hoursFollowTheLocalClock() throws {
        let office = ServiceHours(
            weekdays: [1, 2, 3, 4, 5], from: .seconds(8 * 3600), to: .seconds(17 * 3600))
        let rows: [(Timestamp, Bool)] = [
            (try utc(2026, 11, 23, 6, 59, 59), false), (try utc(2026, 11, 23, 7), true),
            (try utc(2026, 11, 23, 15, 59, 59), true), (try utc(2026, 11, 23, 16), false),
            (try utc(2026, 11, 22, 12), false), (try utc(2026, 11, 21, 12), false),
            (try utc(2026, 7, 6, 6), true), (try utc(2026, 7, 6, 5, 59), false),
        ]
        for (instant, isOpen) in rows { #expect(office.contains(instant) == isOpen) }
        #expect(AmsterdamTime.clock(at: Timestamp(seconds: 0)).weekday == 4)
        #expect(AmsterdamTime.clock(at: Timestamp(seconds: -5 * 86_400)).weekday == 6)
    }
}
