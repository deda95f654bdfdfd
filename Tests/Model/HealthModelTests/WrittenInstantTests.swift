import HealthModel
import Testing

/// Instants as people write them.
@Suite struct WrittenInstantTests {
    private static let rows: [(text: String, utc: String)] = [
        ("2026-12-05 22:00", "2026-12-05T21:00:00.000Z"),
        ("2026-12-05T22:00", "2026-12-05T21:00:00.000Z"),
        ("2026-07-01 00:30", "2026-06-30T22:30:00.000Z"),
        ("2026-12-05T22:00Z", "2026-12-05T22:00:00.000Z"),
        ("2026-12-05 22:00Z", "2026-12-05T22:00:00.000Z"),
        ("2026-12-05T22:00:07.5Z", "2026-12-05T22:00:07.500Z"),
        ("2026-12-05T22:00:07.0429999Z", "2026-12-05T22:00:07.042Z"),
        ("2026-12-05T22:00:07", "2026-12-05T21:00:07.000Z"),
        ("2027-03-28T02:30+01:00", "2027-03-28T01:30:00.000Z"),
        ("2026-12-05T22:00:00-05:30", "2026-12-06T03:30:00.000Z"),
        // The last minute before the gap, and the first after it.
        ("2027-03-28 01:59", "2027-03-28T00:59:00.000Z"),
        ("2027-03-28 03:00", "2027-03-28T01:00:00.000Z"),
        // Around the hour that comes twice.
        ("2026-10-25 01:59", "2026-10-24T23:59:00.000Z"),
        ("2026-10-25 03:00", "2026-10-25T02:00:00.000Z"),
    ]

    @Test(arguments: rows) func isReadByTheClockOfAmsterdam(text: String, utc: String) throws {
        let written = try WrittenInstant(text)
        #expect(written.instant.rfc3339 == utc)
        #expect(written.later == nil)
    }

    @Test(arguments: [
        "", "tomorrow 02:00", "22:00", "2026-12-05", "2026-12-05 22", "2026-12-05 24:00",
        "2026-12-05  22:00", "2026-12-05 22:00 Z", "2026-12-05 22:00z", "2026-12-05 22:00+1:00",
        "2026-12-05 22:00+24:00", "2026-12-05 22:00+01:60", "2026-13-05 22:00",
        "2026-02-29 22:00", "2026-12-05 22:00:60", "2026-12-05 22:00:00.",
        "2026-12-05 22:00:00.1234567890", "2026-12-05 22:00 CET", "0001-01-01 00:00",
        "2026-12-05 22:00é",
    ])
    func whatIsNoInstantIsRefused(text: String) {
        #expect(throws: WrittenInstant.Mistake.malformed) { try WrittenInstant(text) }
    }

    @Test(arguments: [("02:00", "03:00"), ("02:30", "03:30"), ("02:59:59", "03:59:59")])
    func theHourThatIsSkippedIsRefusedWithAHint(time: String, meant: String) {
        do throws(WrittenInstant.Mistake) {
            _ = try WrittenInstant("2027-03-28 \(time)")
            Issue.record("\(time) was taken")
        } catch {
            #expect(
                error.description == "does not exist in Amsterdam, where clocks go from 02:00 to "
                    + "03:00 that night; perhaps 2027-03-28 \(meant) is meant")
        }
    }

    @Test(arguments: ["02:00", "02:30", "02:59:59"])
    func ofTheHourThatComesTwiceTheFirstIsTaken(time: String) throws {
        let written = try WrittenInstant("2026-10-25 \(time)")
        let utc = try WrittenInstant("2026-10-25 \(time)+02:00")
        #expect(written.instant == utc.instant)
        #expect(written.later == utc.instant + .seconds(3600))
    }

    /// Every minute of a year is shown, and read back.
    @Test func whatClocksShowIsReadBack() throws {
        let start = try WrittenInstant("2026-10-20 00:00").instant
        for minute in 0..<Int64(365 * 1440) where minute % 7 == 0 || minute < 20 * 1440 {
            let instant = start + .seconds(minute * 60)
            let written = try WrittenInstant(AmsterdamTime.dateAndTime(at: instant))
            #expect(written.instant == instant || written.later == instant)
        }
    }

    @Test func peopleSeeBothClocks() throws {
        let begin = try WrittenInstant("2026-12-05 22:00").instant
        #expect(
            AmsterdamTime.text(from: begin, "to", begin + .seconds(4 * 3600))
                == "2026-12-05 22:00 to 2026-12-06 02:00 Amsterdam "
                + "(2026-12-05 21:00 to 2026-12-06 01:00 UTC)")
        #expect(
            AmsterdamTime.text(of: begin + .seconds(7))
                == "2026-12-05 22:00:07 Amsterdam (2026-12-05 21:00:07 UTC)")
    }
}
