import HealthModel
import Scheduling
import Testing

/// Sight has returned, and what was left alone because it failed is looked at again.
@Suite struct ResumeTests {
    @Test func everythingIsProbedOnceWithinOneIntervalAndNotAtOnce() {
        let run = Run((0..<100).map { endpoint("e\($0)", confirmation: nil) })
        let before = run.runAll(until: noon + .seconds(3600), .connectUnreachable)
        let skipped = run.schedule.counters.backedOffSlots
        run.now = noon + .seconds(3601)
        run.resume()
        let after = run.runAll(until: run.now + .seconds(60), nil)
        #expect(Set(after.map(\.endpoint.id)).count == 100)
        #expect(after.count == 100)
        let known = Set(before.map { "\($0.endpoint.id) \($0.slot)" })
        #expect(after.allSatisfy { !known.contains("\($0.endpoint.id) \($0.slot)") })
        var perSecond: [Int64: Int] = [:]
        for order in after { perSecond[order.slot.instant.seconds, default: 0] += 1 }
        #expect((perSecond.values.max() ?? 0) < 12)
        // What was skipped and is probed after all counts as skipped no more.
        #expect(run.schedule.counters.backedOffSlots < skipped)
        #expect(run.schedule.counters.missedSlots == 0)
    }

    @Test func theCapsStay() {
        let run = Run(
            (0..<10).map { endpoint("e\($0)", host: "one.test", confirmation: nil) },
            limits: ScheduleLimits(hostSpacing: .seconds(3)))
        _ = run.runAll(until: noon + .seconds(1800), .connectUnreachable)
        run.now = noon + .seconds(1801)
        run.resume()
        var starts: [Timestamp] = []
        while let deadline = run.schedule.nextDeadline(), deadline <= noon + .seconds(1900) {
            for order in run.step() {
                starts.append(run.now)
                run.finish(order)
            }
        }
        #expect(starts.count >= 10)
        #expect(zip(starts, starts.dropFirst()).allSatisfy { $1 - $0 >= .seconds(3) })
    }

    @Test func whoBlocksUsOrAskedForRestIsLeftAlone() throws {
        let blocked = Run([endpoint("digid", interval: .seconds(300), confirmation: nil)])
        let orders = blocked.runAll(until: noon + .seconds(4000), .httpBlocked)
        let next = try #require(blocked.schedule.nextDeadline())
        blocked.now = noon + .seconds(4001)
        blocked.resume()
        #expect(blocked.schedule.nextDeadline() == next)
        #expect(orders.count > 2)

        let resting = Run([endpoint("digid", confirmation: nil)])
        let order = try #require(resting.nextOrder())
        _ = resting.finish(
            result(
                of: order, at: resting.now, .httpStatus, status: 503, retryAfterSeconds: 250),
            of: order)
        resting.now = resting.now + .seconds(5)
        resting.resume()
        let after = try #require(resting.nextOrder())
        #expect(after.slot.milliseconds - order.slot.milliseconds == 300_000)
    }

    @Test func whatIsInFlightEndsAsItBegan() throws {
        let run = Run([endpoint("digid", confirmation: nil)])
        _ = run.runAll(until: noon + .seconds(3600), .connectRefused)
        let order = try #require(run.nextOrder())
        run.resume()
        run.finish(order, .connectRefused)
        // The outage has to last ten minutes again before it is probed less.
        let next = try #require(run.nextOrder())
        #expect(next.slot.milliseconds - order.slot.milliseconds == 60_000)
    }
}
