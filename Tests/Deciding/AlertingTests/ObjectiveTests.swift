import HealthModel
import Testing

@testable import Alerting
@testable import Observing
@testable import Rules

/// How services do against what they promise.
@Suite struct ObjectiveTests {
    private static let target = Objective(target: 0.99)

    @Test func timeIsCountedByWhatCitizensHadOfIt() throws {
        var clock = ObjectiveClock()
        clock.advance(to: noon, as: .unknown)
        for (index, kind) in ServiceTime.allCases.enumerated() {
            clock.advance(to: (clock.seenUntil ?? noon) + .seconds(10 + index), as: kind)
        }
        let month = try #require(clock.month)
        #expect(month.month == "2026-11")
        #expect(
            [
                month.good, month.lostOwn, month.lostChain, month.maintenance, month.unknown,
                month.outside,
            ] == (10...15).map { .seconds($0) })
        #expect(month.availability == 10.0 / 33)
        // A clock that goes back counts nothing twice.
        clock.advance(to: noon, as: .good)
        #expect(clock.month == month)
    }

    /// The first moment of a month is local midnight, and nothing is lost between two months.
    @Test func aMonthEndsAtLocalMidnight() throws {
        let midnight = try #require(Timestamp(year: 2026, month: 11, day: 30, hour: 23))
        var clock = ObjectiveClock()
        clock.advance(to: midnight - .seconds(60), as: .unknown)
        clock.advance(to: midnight + .seconds(30), as: .lostOwn)
        #expect(clock.months.map(\.month) == ["2026-11", "2026-12"])
        #expect(clock.months.map(\.lostOwn) == [.seconds(60), .seconds(30)])
        // A stop of more than a year: every month is there, the oldest are let go.
        clock.advance(to: midnight + .seconds(500 * 86_400), as: .unknown)
        #expect(clock.months.count == ObjectiveClock.monthsMax)
        let unknown = clock.months.map(\.unknown).reduce(.zero, +)
        #expect(unknown > .seconds(360 * 86_400))
    }

    @Test func theBudgetIsWhatMayBeLost() {
        var month = ObjectivePeriod(month: "2026-11")
        let length: Duration = .seconds(1_000_000)
        #expect(month.budgetLeft(Self.target, monthLength: length) == 1)
        month.lostOwn = .seconds(2500)
        month.lostChain = .seconds(2500)
        #expect(abs(month.budgetLeft(Self.target, monthLength: length) - 0.5) < 1e-9)
        // What does not count allows nothing to be lost in it.
        month.maintenance = .seconds(250_000)
        month.unknown = .seconds(200_000)
        month.outside = .seconds(50_000)
        #expect(abs(month.budgetLeft(Self.target, monthLength: length)) < 1e-9)
        month.lostOwn = .seconds(5000)
        #expect(month.budgetLeft(Self.target, monthLength: length) < 0)
    }

    /// Nothing of the time outside the hours allows a loss within them, from the first day.
    @Test(arguments: [2, 13, 30]) func theBudgetIsThatOfTheHours(day: Int64) throws {
        let hours = ServiceHours(
            weekdays: [1, 2, 3, 4, 5], from: .seconds(8 * 3600), to: .seconds(17 * 3600))
        var one = service("digid")
        one.objective = Objective(target: 0.99, hours: hours)
        let watch = Watch([one], [endpoint("a", of: "digid")], [])
        let begin = try #require(Timestamp(year: 2026, month: 11, day: 1)) - .seconds(3600)
        var clock = ObjectiveClock()
        clock.advance(to: begin, as: .unknown)
        // Monday 2 November: two hours are lost from 08:00 to 10:00.
        let lossAt = begin + .seconds(86_400 + 8 * 3600)
        let now = begin + .seconds((day - 1) * 86_400 + 10 * 3600)
        while let seen = clock.seenUntil, seen < now {
            let next = min(now, seen + .seconds(3600))
            let isLost = seen >= lossAt && seen < lossAt + .seconds(7200)
            clock.advance(to: next, as: isLost ? .lostOwn : hours.contains(seen) ? .good : .outside)
        }
        var monitor = watch.monitor
        monitor.restore(objectives: [ServiceID("digid"): clock])
        let left = try #require(monitor.objectiveStatuses(at: now).first).budgetLeft
        // November has 21 working days of nine hours; a hundredth of it is 1.89 h.
        #expect(abs(left - (1 - 2 / 1.89)) < 1e-9, "\(left)")
    }

    /// Against a walk minute by minute, over both changes of the clocks.
    @Test(arguments: 0..<60) func hoursAreCountedAsAWalkCountsThem(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let from = Int64.random(in: 0..<1439, using: &generator)
        let to = Int64.random(in: from + 1...1440, using: &generator)
        let days = (1...7).filter { _ in Bool.random(using: &generator) }
        let hours = ServiceHours(
            weekdays: Set(days + [Int.random(in: 1...7, using: &generator)]),
            from: .seconds(from * 60),
            to: .seconds(to * 60))
        let month: Int64 = [3, 10, 11][Int.random(in: 0..<3, using: &generator)]
        let first = try #require(Timestamp(year: 2026, month: month, day: 20))
        let begin = first + .seconds(60 * Int64.random(in: 0..<2880, using: &generator))
        let end = begin + .seconds(60 * Int64.random(in: 0..<14_400, using: &generator))
        var walked = Duration.zero
        var minute = begin
        while minute < end {
            if hours.contains(minute) { walked += .seconds(60) }
            minute = minute + .seconds(60)
        }
        #expect(hours.time(in: begin..<end) == walked)
    }

    /// Burn rates against an array of seconds, over windows of each resolution.
    @Test(arguments: 0..<20) func burnRatesAgreeWithAPlainCount(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var clock = ObjectiveClock()
        var history: [ServiceTime] = []
        clock.advance(to: noon, as: .unknown)
        var second = 0
        while second < 40_000 {
            let kind: ServiceTime =
                Double.random(in: 0..<1, using: &generator) < 0.1
                ? .lostOwn
                : [.good, .lostChain, .unknown].randomElement(using: &generator) ?? .good
            let length = Int.random(in: 1...600, using: &generator)
            history += Array(repeating: kind, count: length)
            second += length
            clock.advance(to: noon + .seconds(second), as: kind)
        }
        for (window, bucket) in [(300, 60), (3600, 60), (4320, 60), (4321, 300), (21_600, 300)] {
            let (counted, lost, lostOwn) = clock.loss(
                over: .seconds(window), at: noon + .seconds(second))
            // The edge of the window is exact to half a bucket.
            func range(_ wanted: Set<ServiceTime>) -> ClosedRange<Double> {
                let (short, long) = (window - bucket / 2 - 1, window + bucket / 2 + 1)
                func count(_ length: Int) -> Double {
                    Double(history.suffix(length).count { wanted.contains($0) })
                }
                return count(short)...count(long)
            }
            #expect(range([.good, .lostOwn, .lostChain]).contains(counted.fractionalSeconds))
            #expect(range([.lostOwn, .lostChain]).contains(lost.fractionalSeconds))
            #expect(range([.lostOwn]).contains(lostOwn.fractionalSeconds))
        }
    }

    /// What is half unknown says nothing.
    @Test func aRateNeedsHalfOfItsWindow() throws {
        var clock = ObjectiveClock()
        clock.advance(to: noon, as: .unknown)
        clock.advance(to: at(1740), as: .unknown)
        clock.advance(to: at(3540), as: .lostOwn)
        let hour: Duration = .seconds(3600)
        let whole = try #require(clock.burnRate(over: hour, Self.target, at: at(3540)))
        #expect(abs(whole - 100) < 1e-9)
        clock.advance(to: at(3600), as: .unknown)
        #expect(clock.burnRate(over: hour, Self.target, at: at(3600)) == whole)
        clock.advance(to: at(5460), as: .unknown)
        #expect(clock.burnRate(over: hour, Self.target, at: at(5460)) == nil)
    }

    /// Own and chain apart; nothing counts before the first result, nor while nothing is known.
    @Test func lostTimeIsOwnOrOfTheChain() throws {
        let play = try Outages([
            Outages.Kind(id: "digid", tier: .tier0),
            Outages.Kind(id: "duo", needs: [("digid", .login)]),
            Outages.Kind(id: "brp", kind: .dark),
        ])
        play.pass(10)
        play.failing = ["digid": .timeoutConnect]
        play.pass(5)
        play.failing = ["digid": .httpStatus, "duo": .httpStatus]
        play.pass(3)
        play.failing = [:]
        play.pass(2)
        let statuses = play.monitor.objectiveStatuses(at: at(20 * 60))
        #expect(statuses.map(\.service.text) == ["digid", "duo"])
        let (digid, duo) = (
            try #require(statuses[0].months.last), try #require(statuses[1].months.last)
        )
        #expect(digid.lostOwn == .seconds(8 * 60) && digid.lostChain == .zero)
        #expect(duo.lostOwn == .seconds(3 * 60) && duo.lostChain == .seconds(5 * 60))
        #expect(digid.unknown == .zero)
        #expect(digid.good == .seconds(11 * 60 + 50))
        // The monitor was away for an hour: that is known to be unknown.
        var next = HealthMonitor(catalogue: play.monitor.catalogue, rules: .empty)
        next.restore(objectives: play.monitor.objectiveClocksNow())
        _ = next.evaluate(at: at(20 * 60 + 3590))
        let after = try #require(next.objectiveStatuses(at: at(20 * 60 + 3590))[0].months.last)
        #expect(after.lostOwn == digid.lostOwn && after.good == digid.good)
        #expect(after.unknown == .seconds(3600))
    }

    @Test func onlyTheHoursOfTheServiceCount() throws {
        var office = service("digid")
        office.objective.hours = ServiceHours(
            weekdays: [1], from: .seconds(13 * 3600), to: .seconds(14 * 3600))
        let play = Watch([office], [endpoint("a", of: "digid")])
        // Noon in UTC is one o'clock, and the first hour counts.
        for minute in Int64(0)..<120 {
            play.apply(result("a", minute * 60, minute < 30 ? .timeoutConnect : nil))
            _ = play.evaluate(at: minute * 60)
        }
        let month = try #require(play.snapshot(at: 119 * 60).objectives.first?.months.last)
        #expect(month.lostOwn == .seconds(30 * 60))
        #expect(month.good == .seconds(30 * 60))
        #expect(month.outside == .seconds(59 * 60))
    }

    private static let fast = rule(
        "fast",
        .burnRate(BurnRateCondition(rate: 14.4, long: .seconds(3600), short: .seconds(300))),
        keep: .seconds(600), summary: "{value}")

    /// Every fourth minute is lost: no outage lasts, yet a week's budget goes in an hour.
    @Test func manyShortFailuresBurnTheBudget() throws {
        let watch = Watch(
            [service("digid")], [endpoint("a", of: "digid")],
            [rule("unreachable", .state(.down), hold: .seconds(120)), Self.fast])
        var news: [String] = []
        for minute in Int64(0)..<90 {
            let isLost = minute >= 40 && minute < 70 && minute % 4 == 0
            watch.apply(result("a", minute * 60, isLost ? .timeoutConnect : nil))
            news += watch.news(at: minute * 60).map { "\(minute) \($0)" }
        }
        let fast = news.filter { $0.contains("fast") }
        #expect(fast.first?.hasSuffix("fast digid firing") == true)
        #expect(fast.last?.hasSuffix("fast digid resolved") == true)
        #expect(fast.count == 2)
        #expect(!news.contains { $0.contains("unreachable digid firing") })
    }

    /// An outage that people were called for burns a budget too; they are not called again for it,
    /// neither during nor after it.
    @Test func whatWasToldIsNotToldAgain() throws {
        let watch = Watch(
            [service("digid")], [endpoint("a", of: "digid")],
            [rule("unreachable", .state(.down), hold: .seconds(120)), Self.fast])
        var news: [String] = []
        for minute in Int64(0)..<150 {
            let isLost = minute >= 60 && minute < 80
            watch.apply(result("a", minute * 60, isLost ? .timeoutConnect : nil))
            news += watch.news(at: minute * 60).filter { $0.hasSuffix("firing") }
        }
        #expect(news == ["unreachable digid firing"])
    }

    /// One failed probe of a service that is probed rarely is a large share of an hour.
    @Test(arguments: [(failures: 1, fires: false), (failures: 2, fires: true)])
    func oneFailedProbeIsNoTrend(failures: Int, fires: Bool) throws {
        let watch = Watch(
            [service("digid")], [endpoint("a", of: "digid", interval: .seconds(900))],
            [Self.fast])
        var news: [String] = []
        for quarter in Int64(0)..<12 {
            let isLost = (4..<(4 + failures)).contains(Int(quarter))
            watch.apply(result("a", quarter * 900, isLost ? .timeoutConnect : nil))
            for minute in Int64(0)..<15 {
                news += watch.news(at: quarter * 900 + minute * 60)
            }
        }
        #expect(news.contains("fast digid firing") == fires)
    }
}
