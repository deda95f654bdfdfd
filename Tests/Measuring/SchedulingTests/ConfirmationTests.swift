import HealthModel
import Scheduling
import Testing

@Suite struct ConfirmationTests {
    /// Finishes the next order and gives back what the schedule made of it.
    private func finishNext(
        _ run: Run, _ reason: Reason?, status: Int? = nil, retryAfterSeconds: Int? = nil
    ) throws -> Finished {
        let order = try #require(run.nextOrder())
        return run.finish(
            result(
                of: order, at: run.now, reason, status: status,
                retryAfterSeconds: retryAfterSeconds), of: order)
    }

    @Test func aFirstFailureIsTriedAgainAndTheSecondAttemptDecides() throws {
        for (second, seed) in [(Reason?.none, UInt64(1)), (.timeoutConnect, 2)] {
            let run = Run([endpoint("digid")], seed: seed)
            guard case .confirmLater(let at) = try finishNext(run, .connectRefused) else {
                Issue.record("not confirmed")
                return
            }
            #expect(at >= run.now + .seconds(5))
            #expect(at <= run.now + .seconds(15))
            let order = try #require(run.nextOrder())
            #expect(run.now == at)
            #expect(order.attempt == 2)
            var outcome = result(of: order, at: run.now, second)
            outcome.latenessMicroseconds = 999
            guard case .final(let merged) = run.finish(outcome, of: order)
            else {
                Issue.record("not final")
                return
            }
            #expect(merged.reason == second)
            #expect(merged.attempts == 2)
            #expect(merged.firstReason == .connectRefused)
            #expect(merged.latenessMicroseconds == 0)
            #expect(merged.slot == order.slot)
            let next = try #require(run.nextOrder())
            #expect(next.attempt == 1)
            #expect(next.slot.milliseconds == order.slot.milliseconds + 60_000)
            #expect(run.schedule.counters.confirmations == 1)
        }
    }

    @Test func aKnownOutageIsNotConfirmedAgainUntilItRecovered() throws {
        let run = Run([endpoint("digid")])
        _ = try finishNext(run, .connectRefused)
        _ = try finishNext(run, .connectRefused)
        guard case .final(let second) = try finishNext(run, .connectRefused) else {
            Issue.record("confirmed a known outage")
            return
        }
        #expect(second.attempts == 1)
        #expect(second.firstReason == nil)
        _ = try finishNext(run, nil)
        guard case .confirmLater = try finishNext(run, .connectRefused) else {
            Issue.record("a new outage is confirmed")
            return
        }
    }

    @Test(arguments: Reason.allCases) func onlyFailuresOfTheEndpointAreConfirmed(
        reason: Reason
    ) throws {
        let run = Run([endpoint("digid")])
        let finished = try finishNext(run, reason)
        if case .confirmLater = finished {
            #expect(reason.meaning == .failure)
        } else {
            #expect(reason.meaning != .failure)
        }
    }

    @Test func nothingIsConfirmedWithoutARange() throws {
        let run = Run([endpoint("digid", confirmation: nil)])
        guard case .final = try finishNext(run, .connectRefused) else {
            Issue.record("confirmed without a range")
            return
        }
    }

    @Test func confirmationTimesFillTheRangeAndFollowTheSeed() throws {
        func delays(seed: UInt64) -> [Duration] {
            let run = Run((0..<200).map { endpoint("e\($0)") }, seed: seed)
            var delays: [Duration] = []
            while delays.count < 200 {
                for order in run.nextOrders() where order.attempt == 1 {
                    let failed = result(of: order, at: run.now, .connectRefused)
                    let finished = run.finish(failed, of: order)
                    if case .confirmLater(let at) = finished { delays.append(at - run.now) }
                }
            }
            return delays
        }
        let first = delays(seed: 1)
        #expect(first == delays(seed: 1))
        #expect(first != delays(seed: 2))
        #expect((first.min() ?? .zero) < .seconds(6))
        #expect((first.max() ?? .zero) > .seconds(14))
        #expect(first.allSatisfy { ($0 >= .seconds(5)) && ($0 <= .seconds(15)) })
    }

    @Test func aConfirmationGoesBeforeRegularOrdersOfItsHost() throws {
        let run = Run(
            [endpoint("a", host: "x.test")]
                + (0..<20).map { endpoint("e\($0)", host: "x.test", confirmation: nil) })
        // Fail `a` once, then keep the host busy until its confirmation and others wait.
        var blocker: Order?
        while blocker == nil {
            let order = try #require(run.nextOrder())
            if order.endpoint.id.text == "a" {
                let failed = result(of: order, at: run.now, .connectRefused)
                _ = run.finish(failed, of: order)
                blocker = run.nextOrder()
            } else {
                run.finish(order)
            }
        }
        for _ in 0..<2 {
            run.now = run.now + .seconds(9)
            #expect(run.due().isEmpty)
        }
        #expect(run.schedule.counters.waiting > 1)
        let order = try #require(blocker)
        run.finish(order)
        let next = run.due()
        #expect(next.map(\.endpoint.id.text) == ["a"])
        #expect(next.map(\.attempt) == [2])
    }

    @Test func aConfirmationLeavesTimeForTheNextSlot() throws {
        // Both attempts take the whole time limit: 10 + 15 + 10 is longer than the interval.
        for seed in UInt64(0)..<50 {
            let run = Run([endpoint("digid", interval: .seconds(20))], seed: seed)
            let first = try #require(run.nextOrder())
            run.now = run.now + .seconds(10)
            let failed = result(of: first, at: run.now, .timeoutConnect)
            _ = run.finish(failed, of: first)
            let second = try #require(run.nextOrder())
            run.now = run.now + .seconds(10)
            run.finish(second)
            let next = try #require(run.due().first ?? run.nextOrder())
            #expect(next.slot.milliseconds == first.slot.milliseconds + 20_000)
            #expect(run.schedule.counters.missedSlots == 0)
        }
    }

    @Test func aServerThatAskedForRestIsNotConfirmedAgainst() throws {
        for (seconds, isConfirmed) in [(3, true), (16, false)] {
            let run = Run([endpoint("digid")])
            let finished = try finishNext(
                run, .httpStatus, status: 503, retryAfterSeconds: seconds)
            if case .confirmLater = finished {
                #expect(isConfirmed)
            } else {
                #expect(!isConfirmed)
            }
        }
    }
}
