import HealthModel
import Testing

/// Hours of the week against a table of its 10,080 minutes.
@Suite struct ServiceHoursTests {
    /// The minutes of a week, from Monday, that hours hold by the clock: marked one by one.
    private static func table(of hours: ServiceHours) -> [Bool] {
        var table = Array(repeating: false, count: 7 * 1440)
        for weekday in hours.weekdays {
            for range in hours.ranges {
                let (from, to) = (
                    Int(range.from.components.seconds / 60), Int(range.to.components.seconds / 60)
                )
                var minute = from
                repeat {
                    table[((weekday - 1) * 1440 + minute) % table.count] = true
                    minute += 1
                } while minute != to && minute != to + 1440
            }
        }
        return table
    }

    /// Three days before a change of the clocks, that change, and the seconds that are added to UTC
    /// before and after it.
    ///
    /// Both days are Thursdays.
    static let weeks: [(start: Int64, change: Int64, before: Int64, after: Int64)] = [
        // 2027-03-25T00:00Z and 2026-10-22T00:00Z.
        (1_805_932_800, 1_805_932_800 + 73 * 3600, 3600, 7200),
        (1_792_627_200, 1_792_627_200 + 73 * 3600, 7200, 3600),
    ]

    private static func random(_ generator: inout SplitMix64) -> ServiceHours {
        let weekdays = (1...7).filter { _ in Bool.random(using: &generator) }
        let ranges = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
            // Often near the hours that are skipped or come twice.
            let most = Bool.random(using: &generator) ? 240 : 1440
            return ServiceHours.ClockRange(
                from: .seconds(60 * Int.random(in: 0..<most, using: &generator)),
                to: .seconds(60 * Int.random(in: 0...most, using: &generator)))
        }
        return ServiceHours(weekdays: Set(weekdays + [7]), ranges: ranges)
    }

    @Test(arguments: 0..<40) func everyMinuteIsAsTheClockShows(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let hours = Self.random(&generator)
        let table = Self.table(of: hours)
        for (start, change, before, after) in Self.weeks {
            var (open, wrong): ([Bool], [Timestamp]) = ([], [])
            for minute in 0..<Int64(6 * 1440) {
                let utc = start + minute * 60
                let local = utc + (utc < change ? before : after)
                // 1970-01-05 was a Monday.
                let ofWeek = Int((local - 4 * 86_400) / 60 % 10_080)
                open.append(table[ofWeek])
                for second in [0, 59] as [Int64] {
                    let instant = Timestamp(seconds: utc + second)
                    if hours.contains(instant) != table[ofWeek] { wrong.append(instant) }
                }
            }
            #expect(wrong.isEmpty, "\(hours)")
            for _ in 0..<20 {
                let from = Int.random(in: 0..<open.count, using: &generator)
                let to = Int.random(in: from...open.count, using: &generator)
                let sum = hours.time(
                    in: Timestamp(
                        seconds: start + Int64(from) * 60)..<Timestamp(
                            seconds: start + Int64(to) * 60))
                #expect(
                    sum == .seconds(60 * open[from..<to].filter { $0 }.count), "\(hours) \(from)")
            }
        }
    }

    @Test func partsOfMinutesCount() {
        let always = ServiceHours(weekdays: [1, 2, 3, 4, 5, 6, 7], from: .zero, to: .zero)
        let begin = Timestamp(seconds: Self.weeks[0].change - 7200) + .milliseconds(500)
        #expect(always.time(in: begin..<(begin + .seconds(14_400))) == .seconds(14_400))
        let night = ServiceHours(
            weekdays: [1, 2, 3, 4, 5, 6, 7], from: .seconds(22 * 3600), to: .seconds(6 * 3600))
        // 2026-11-23T21:59:59.5 in Amsterdam.
        let evening = Timestamp(seconds: 1_795_467_599) + .milliseconds(500)
        #expect(night.time(in: evening..<(evening + .seconds(1))) == .milliseconds(500))
    }

    /// Eight hours of a night: seven when an hour is skipped, nine when one comes twice.
    @Test func aNightIsAnHourShorterOrLongerWhenClocksChange() {
        let night = ServiceHours(weekdays: [6], from: .seconds(22 * 3600), to: .seconds(6 * 3600))
        for (week, length) in zip(Self.weeks, [7, 9] as [Int64]) {
            let time = Timestamp(seconds: week.start)..<Timestamp(seconds: week.start + 5 * 86_400)
            #expect(night.time(in: time) == .seconds(length * 3600))
        }
    }

    @Test func rangesAreUnited() {
        #expect([5..<7, 1..<3, 2..<4, 9..<9, 7..<8].united() == [1..<4, 5..<8])
        #expect([1..<9, 2..<3].united() == [1..<9])
        #expect([Range<Int>]().united().isEmpty)
    }
}
