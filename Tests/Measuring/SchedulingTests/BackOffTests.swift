import HealthModel
import Scheduling
import Testing

@Suite struct BackOffTests {
    /// Seconds between the slots started while every probe ends with `reason`.
    private func gaps(
        _ interval: Duration, _ reason: Reason?, for duration: Duration,
        limits: ScheduleLimits = ScheduleLimits()
    ) -> [Int64] {
        let run = Run(
            [endpoint("digid", interval: interval, timeout: interval / 2, confirmation: nil)],
            limits: limits)
        let slots = run.runAll(until: noon + duration, reason).map(\.slot.milliseconds)
        #expect(run.schedule.counters.missedSlots == 0)
        let gaps = zip(slots, slots.dropFirst()).map { ($1 - $0) / 1000 }
        return gaps
    }

    @Test func anEndpointDownForTenMinutesIsProbedLessAndLess() {
        // Eleven probes cover exactly ten minutes; back-off begins past them.
        let minute = gaps(.seconds(60), .connectRefused, for: .seconds(3600))
        #expect(Array(minute.prefix(11)) == Array(repeating: 60, count: 11))
        #expect(Array(minute.dropFirst(11).prefix(4)) == [120, 240, 300, 300])
        // 240 s is the last whole multiple of 120 s within five minutes.
        let slower = gaps(.seconds(120), .connectRefused, for: .seconds(3600))
        #expect(Array(slower.dropFirst(6).prefix(3)) == [240, 240, 240])
        // An interval longer than the limit stays what it is.
        let slow = gaps(.seconds(600), .connectRefused, for: .seconds(7200))
        #expect(slow.allSatisfy { $0 == 600 })
    }

    @Test func theTimesAreDividedInTheLab() {
        let fast = gaps(
            .seconds(6), .connectRefused, for: .seconds(360),
            limits: ScheduleLimits(acceleration: 10))
        #expect(Array(fast.prefix(11)) == Array(repeating: 6, count: 11))
        #expect(Array(fast.dropFirst(11).prefix(4)) == [12, 24, 30, 30])
    }

    @Test func aBlockedEndpointIsLeftAloneForUpToAnHour() {
        let blocked = gaps(.seconds(300), .httpBlocked, for: .seconds(20_000))
        #expect(Array(blocked.prefix(5)) == [600, 1200, 2400, 3600, 3600])
    }

    @Test(arguments: [Reason?.none, .tooSlow, .busy, .maintenance, .monitorNoRoute])
    func otherOutcomesKeepTheInterval(reason: Reason?) {
        #expect(gaps(.seconds(60), reason, for: .seconds(3600)).allSatisfy { $0 == 60 })
    }

    @Test func recoveryRestoresTheIntervalAtOnceAndSkippedSlotsAreCounted() throws {
        let run = Run([endpoint("digid", confirmation: nil)])
        let down = run.runAll(until: noon + .seconds(3600), .connectRefused)
        let skipped = run.schedule.counters.backedOffSlots
        let first = try #require(down.first)
        let recovery = try #require(run.nextOrder())
        let all = Int((recovery.slot.milliseconds - first.slot.milliseconds) / 60_000)
        #expect(skipped == all - down.count)
        #expect(skipped > 20)
        run.finish(recovery)
        let next = try #require(run.nextOrder())
        #expect(next.slot.milliseconds - recovery.slot.milliseconds == 60_000)
        #expect(run.schedule.counters.backedOffSlots == skipped)
        // A new outage has to last ten minutes again.
        run.finish(next, .connectRefused)
        #expect(run.nextOrder()?.slot.milliseconds == next.slot.milliseconds + 60_000)
    }

    @Test func aFaultOfTheMonitorDoesNotEndTheBackOff() throws {
        let run = Run([endpoint("digid", confirmation: nil)])
        _ = run.runAll(until: noon + .seconds(3600), .connectRefused)
        let faulty = try #require(run.nextOrder())
        run.finish(faulty, .monitorNoRoute)
        let next = try #require(run.nextOrder())
        #expect(next.slot.milliseconds - faulty.slot.milliseconds == 300_000)
    }

    @Test(
        arguments: [
            (Reason.httpStatus, 503, 250, 300), (.busy, 503, 250, 300), (.busy, 429, 60, 60),
            (.httpBlocked, 429, 1000, 1020), (.httpStatus, 503, 90_000, 3600),
            (.httpStatus, 500, 250, 60), (.httpStatus, 503, 0, 60),
        ] as [(Reason, Int, Int, Int64)])
    func retryAfterIsHonoured(
        reason: Reason, status: Int, retryAfterSeconds: Int, gapSeconds: Int64
    ) throws {
        let run = Run([endpoint("digid", confirmation: nil)])
        let order = try #require(run.nextOrder())
        _ = run.finish(
            result(
                of: order, at: run.now, reason, status: status,
                retryAfterSeconds: retryAfterSeconds), of: order)
        let next = try #require(run.nextOrder())
        #expect(next.slot.milliseconds - order.slot.milliseconds == gapSeconds * 1000)
    }
}
