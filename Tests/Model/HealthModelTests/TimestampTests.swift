import Foundation
import HealthModel
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"), (951_868_800, "2000-03-01T00:00:00.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
            (4_107_542_399, "2100-02-28T23:59:59.000Z"),
            (1_795_435_200, "2026-11-23T12:00:00.000Z"),
            (-2_203_977_600, "1900-02-28T00:00:00.000Z"),
        ] as [(Int64, String)])
    func knownInstants(seconds: Int64, text: String) {
        #expect(Timestamp(seconds: seconds).rfc3339 == text)
        #expect(Timestamp(seconds: seconds).description == text)
    }

    @Test func millisecondsAreCutTowardsThePast() {
        #expect(Timestamp(nanoseconds: 1_999_999).rfc3339 == "1970-01-01T00:00:00.001Z")
        #expect(Timestamp(nanoseconds: -1).rfc3339 == "1969-12-31T23:59:59.999Z")
        #expect(Timestamp(nanoseconds: -1).milliseconds == -1)
        #expect(Timestamp(nanoseconds: -1).seconds == -1)
        #expect(Timestamp(nanoseconds: -1_000_000).milliseconds == -1)
        #expect(Timestamp(seconds: 1).dateAndTime == "1970-01-01 00:00:01")
        #expect(Timestamp(milliseconds: 1500).fractionalSeconds == 1.5)
    }

    @Test func theCalendarAgreesWithFoundation() throws {
        var generator = SplitMix64(seed: 1)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        // Within the years 1700 to 2261; Foundation is Gregorian there.
        for _ in 0..<5000 {
            let second = Int64.random(in: -8_500_000_000...9_200_000_000, using: &generator)
            let instant = Timestamp(seconds: second)
            let fields = calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second],
                from: Date(timeIntervalSince1970: Double(second)))
            let numbers = [
                fields.year, fields.month, fields.day, fields.hour, fields.minute, fields.second,
            ].map { Int64($0 ?? -1) }
            let made = Timestamp(
                year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3],
                minute: numbers[4], second: numbers[5])
            #expect(made == instant)
            let digits = numbers.enumerated().map { index, number in
                String(repeating: "0", count: max(0, (index == 0 ? 4 : 2) - "\(number)".count))
                    + "\(number)"
            }
            let text =
                "\(digits[0])-\(digits[1])-\(digits[2]) \(digits[3]):\(digits[4]):\(digits[5])"
            #expect(instant.dateAndTime == text)
        }
    }

    @Test(
        arguments: [
            (2026, 0, 1, 0, 0, 0), (2026, 13, 1, 0, 0, 0), (2026, 1, 0, 0, 0, 0),
            (2026, 4, 31, 0, 0, 0), (2026, 2, 29, 0, 0, 0), (1900, 2, 29, 0, 0, 0),
            (2026, 1, 1, 24, 0, 0), (2026, 1, 1, 0, 60, 0), (2026, 1, 1, 0, 0, 60),
            (1677, 1, 1, 0, 0, 0), (2262, 1, 1, 0, 0, 0), (2026, 1, 1, -1, 0, 0),
        ] as [(Int64, Int64, Int64, Int64, Int64, Int64)])
    func impossibleFieldsGiveNothing(
        year: Int64, month: Int64, day: Int64, hour: Int64, minute: Int64, second: Int64
    ) {
        let made = Timestamp(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        #expect(made == nil)
    }

    @Test func theEndsOfTheYearsAndLeapDaysExist() {
        #expect(Timestamp(year: 2000, month: 2, day: 29) == Timestamp(seconds: 951_782_400))
        #expect(Timestamp(year: 1678, month: 1, day: 1) != nil)
        #expect(Timestamp(year: 2261, month: 12, day: 31, hour: 23, minute: 59, second: 59) != nil)
    }

    @Test func arithmeticStopsAtTheEnds() {
        let last = Timestamp(nanoseconds: .max)
        let first = Timestamp(nanoseconds: .min)
        #expect(last + .nanoseconds(1) == last)
        #expect(first - .nanoseconds(1) == first)
        #expect(Timestamp(seconds: 5) - .seconds(7) == Timestamp(seconds: -2))
        #expect(Timestamp(seconds: 5) - Timestamp(nanoseconds: 1) == .nanoseconds(4_999_999_999))
        #expect(last - first == .nanoseconds(Int64.max) - .nanoseconds(Int64.min))
        #expect(first < last)
    }

    @Test(arguments: 0..<1000) func addingADifferenceComesBack(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let range = Int64.min / 4...Int64.max / 4
        let one = Timestamp(nanoseconds: .random(in: range, using: &generator))
        let other = Timestamp(nanoseconds: .random(in: range, using: &generator))
        #expect(one + (other - one) == other)
        #expect((other - one).nanoseconds == other.nanoseconds - one.nanoseconds)
        #expect(Timestamp(milliseconds: one.milliseconds) <= one)
        #expect(Timestamp(milliseconds: one.milliseconds + 1) > one)
    }
}

@Suite struct DurationTests {
    @Test(
        arguments: [
            (0, "0ms"), (1, "1ms"), (250, "250ms"), (999, "999ms"), (1000, "1s"), (1099, "1s"),
            (1100, "1.1s"), (2450, "2.4s"), (9999, "9.9s"), (10_000, "10s"), (59_999, "59s"),
            (60_000, "1m"), (192_000, "3m12s"), (3_599_999, "59m59s"), (3_600_000, "1h"),
            (7_500_000, "2h5m"), (86_399_000, "23h59m"), (86_400_000, "1d"),
            (1_051_200_000, "12d4h"), (-3000, "-3s"), (-259_200_000, "-3d"),
        ] as [(Int64, String)])
    func shortText(milliseconds: Int64, text: String) {
        #expect(Duration.milliseconds(milliseconds).shortText == text)
    }

    @Test func nanosecondsStopAtTheEnds() {
        #expect(Duration.nanoseconds(Int64.max).nanoseconds == .max)
        #expect(Duration.seconds(10_000_000_000).nanoseconds == .max)
        #expect(Duration.seconds(-10_000_000_000).nanoseconds == .min)
        #expect(Duration.nanoseconds(-1).nanoseconds == -1)
        #expect(Duration.microseconds(1999).wholeMilliseconds == 1)
        #expect(Duration.milliseconds(-1500).fractionalSeconds == -1.5)
    }
}
