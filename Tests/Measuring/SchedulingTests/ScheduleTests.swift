import HealthModel
import Scheduling
import Testing

@Suite struct ScheduleTests {
    @Test func slotsArePinnedToAbsoluteTime() throws {
        let watched = endpoint("digid")
        let offset = Int64(stableHash("digid", "local") % 60_000)
        let run = Run([watched])
        let orders = run.runAll(until: noon + .seconds(600), nil)
        #expect(orders.count == 10)
        for (first, second) in zip(orders, orders.dropFirst()) {
            #expect(second.slot.milliseconds - first.slot.milliseconds == 60_000)
        }
        let first = try #require(orders.first)
        #expect((first.slot.milliseconds - offset) % 60_000 == 0)
        #expect(first.slot.instant >= noon)
        #expect(first.slot.instant < noon + .seconds(60))
        #expect(run.schedule.counters.missedSlots == 0)
        // A restart a little later continues on the same slots.
        let restarted = Run([watched], seed: 99, at: noon + .seconds(601))
        let next = try #require(restarted.nextOrder())
        #expect(next.slot.milliseconds == first.slot.milliseconds + 600_000)
    }

    @Test func aSlotAtTheInstantOfTheStartIsUsed() throws {
        let run = Run([endpoint("digid")])
        let slot = try #require(run.nextOrder()).slot
        let exact = Run([endpoint("digid")], at: slot.instant)
        #expect(exact.nextOrder()?.slot == slot)
        let late = Run([endpoint("digid")], at: slot.instant + .nanoseconds(1))
        #expect(late.nextOrder()?.slot.milliseconds == slot.milliseconds + 60_000)
    }

    @Test func everyEndpointHasItsFirstResultWithinOneInterval() {
        let endpoints = (0..<1000).map { endpoint("endpoint-\($0)", interval: .seconds(5)) }
        let run = Run(endpoints)
        let orders = run.runAll(until: noon + .seconds(5), nil)
        #expect(Set(orders.map(\.endpoint.id)).count == 1000)
    }

    @Test func oneProbePerHostInFlightAndFirstComeFirstServed() throws {
        let run = Run(["a", "b", "c"].map { endpoint($0, host: "shared.test") })
        let first = try #require(run.nextOrder())
        // The slots of the others pass while the first is in flight.
        var waiting: [Slot] = []
        for _ in 0..<2 {
            #expect(run.step().isEmpty)
            waiting.append(Slot(milliseconds: run.now.milliseconds))
        }
        #expect(run.schedule.counters.waiting == 2)
        run.finish(first)
        let second = run.due()
        #expect(second.map(\.slot) == [waiting[0]])
        let secondOrder = try #require(second.first)
        run.finish(secondOrder)
        #expect(run.due().map(\.slot) == [waiting[1]])
        #expect(run.schedule.counters.inFlight == 1)
    }

    @Test func hostsDifferingOnlyInPortAreOneHost() throws {
        let run = Run([endpoint("a", host: "one.test:8443"), endpoint("b", host: "one.test")])
        _ = try #require(run.nextOrder())
        #expect(run.step().isEmpty)
    }

    @Test func aSlotThatCannotStartBeforeTheNextIsMissedAndReported() throws {
        let run = Run([endpoint("a", host: "x.test"), endpoint("b", host: "x.test")])
        let first = try #require(run.nextOrder())
        let other = first.endpoint.id.text == "a" ? "b" : "a"
        #expect(run.step().isEmpty)
        let slot = Slot(milliseconds: run.now.milliseconds)
        _ = run.due(at: slot.instant + .seconds(60) - .nanoseconds(1))
        #expect(run.schedule.counters.missedSlots == 0)
        _ = run.due(at: slot.instant + .seconds(60))
        #expect(run.schedule.counters.missedSlots == 1)
        let missed = MissedSlots(endpoint: EndpointID(other), first: slot, count: 1)
        #expect(run.takeMissedSlots() == [missed])
        #expect(run.takeMissedSlots().isEmpty)
        let end = slot.instant + .seconds(61)
        run.now = end
        run.finish(first)
        let started = try #require(run.due().first)
        #expect(started.endpoint.id.text == other)
        #expect(started.slot.milliseconds == slot.milliseconds + 60_000)
    }

    @Test(arguments: [1, 2, 7]) func theCapInFlightHolds(cap: Int) {
        let run = Run(
            (0..<20).map { endpoint("e\($0)", interval: .seconds(10), timeout: .seconds(5)) },
            limits: ScheduleLimits(inFlight: cap))
        var started: [Order] = []
        while run.now < noon + .seconds(9), run.schedule.nextDeadline() != nil {
            started += run.step()
        }
        #expect(started.count == cap)
        #expect(run.schedule.counters.inFlight == cap)
    }

    @Test func theRateCapAllowsOneSecondsWorthAtOnceAndThenTheRate() {
        let run = Run(
            (0..<100).map { endpoint("e\($0)", interval: .seconds(1), timeout: .milliseconds(1)) },
            limits: ScheduleLimits(startsPerSecond: 10))
        var starts: [Timestamp] = []
        while run.now < noon + .seconds(20) {
            for order in run.step() {
                starts.append(run.now)
                run.finish(order)
            }
        }
        for (index, start) in starts.enumerated() where index + 10 < starts.count {
            // Never more than burst + rate in any window of one second.
            if index + 20 < starts.count {
                #expect(starts[index + 20] - start >= .seconds(1))
            }
        }
        #expect((200...211).contains(starts.count))
        // A fractional rate starts one every two seconds.
        let slow = Run(
            (0..<100).map { endpoint("e\($0)", interval: .seconds(1), timeout: .milliseconds(1)) },
            limits: ScheduleLimits(startsPerSecond: 0.5))
        #expect(slow.runAll(until: noon + .seconds(20), nil).count <= 11)
    }

    @Test func startsOnOneHostKeepTheirSpacing() {
        let run = Run(
            (0..<10).map {
                endpoint("e\($0)", host: "x.test", interval: .seconds(20), timeout: .seconds(1))
            }, limits: ScheduleLimits(hostSpacing: .seconds(1)))
        var last: Timestamp?
        var count = 0
        while run.now < noon + .seconds(40) {
            for order in run.step() {
                if let last { #expect(run.now - last >= .seconds(1)) }
                last = run.now
                count += 1
                run.finish(order)
            }
        }
        #expect(count >= 19)
        #expect(run.schedule.counters.missedSlots == 0)
    }

    @Test func theSpacingIsExact() throws {
        let endpoints = ["a", "b"].map { endpoint($0, host: "x.test") }
        let run = Run(endpoints, limits: ScheduleLimits(hostSpacing: .seconds(60)))
        let first = try #require(run.nextOrder())
        run.finish(first)
        let start = run.now
        #expect(run.step().isEmpty)
        run.now = start + .seconds(60) - .nanoseconds(1)
        #expect(run.schedule.counters.waiting == 1)
        #expect(run.due().isEmpty)
        run.now = start + .seconds(60)
        #expect(run.due().count == 1)
    }

    @Test func deadlinesEndWhenEverythingWaits() throws {
        let run = Run([])
        #expect(run.schedule.nextDeadline() == nil)
        run.replace(endpoints: [endpoint("a")])
        _ = try #require(run.nextOrder())
        #expect(run.schedule.nextDeadline() == nil)
    }

    @Test func fiftyThousandEndpointsArePlannedAndStarted() {
        let endpoints = (0..<Limits.endpoints).map { endpoint("endpoint-\($0)") }
        let run = Run(endpoints, limits: ScheduleLimits(inFlight: Limits.endpoints))
        let orders = run.runAll(until: noon + .seconds(60), nil)
        #expect(orders.count >= Limits.endpoints)
        #expect(run.schedule.counters.missedSlots == 0)
    }
}

@Suite struct StableHashTests {
    @Test func theHashIsTheSameInEveryProcess() {
        // Computed with an independent implementation.
        #expect(stableHash("digid", "local") == 6_991_487_997_204_228_762)
        #expect(stableHash("digid-www", "local") != stableHash("digid", "local"))
        #expect(stableHash("ab", "c") != stableHash("a", "bc"))
    }

    @Test(arguments: [1000, 5000, 60_000, 300_000]) func tenThousandEndpointsAreSpreadFlat(
        interval: Int
    ) {
        var buckets = Array(repeating: 0, count: 50)
        for index in 0..<10_000 {
            let offset = Int(stableHash("endpoint-\(index)", "local") % UInt64(interval))
            buckets[offset * 50 / interval] += 1
        }
        // 200 expected in each, standard deviation 14: five deviations either way.
        #expect(buckets.allSatisfy { (130...270).contains($0) })
    }
}
