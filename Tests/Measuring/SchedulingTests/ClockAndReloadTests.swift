import HealthModel
import Scheduling
import Testing

@Suite struct ClockStepTests {
    private let endpoints = (0..<100).map { endpoint("e\($0)") }

    @Test func aClockSetBackAnHourDoesNotStopProbing() {
        let run = Run(endpoints)
        _ = run.runAll(until: noon + .seconds(120), nil)
        let stepped = noon - .seconds(3600)
        run.now = stepped
        _ = run.due(at: stepped)
        let orders = run.runAll(until: stepped + .seconds(60), nil)
        #expect(Set(orders.map(\.endpoint.id)).count == 100)
        #expect(orders.allSatisfy { $0.slot.instant >= stepped })
        #expect(run.schedule.counters.clockSteps == 1)
        #expect(run.schedule.counters.missedSlots == 0)
    }

    @Test func aProbeInFlightWhileTheClockIsSetBackContinuesInThePresent() throws {
        let run = Run([endpoint("digid")])
        let order = try #require(run.nextOrder())
        run.now = noon - .seconds(3600)
        run.finish(order)
        let next = try #require(run.nextOrder())
        #expect(next.slot.instant > noon - .seconds(3600))
        #expect(next.slot.instant <= noon - .seconds(3540))
    }

    @Test func aConfirmationSurvivesAClockSetBack() throws {
        let run = Run([endpoint("digid")])
        let order = try #require(run.nextOrder())
        run.finish(order, .connectRefused)
        let stepped = run.now - .seconds(3600)
        run.now = stepped
        _ = run.due(at: stepped)
        let second = try #require(run.nextOrder())
        #expect(second.attempt == 2)
        #expect(run.now <= stepped + .seconds(15))
    }

    @Test func aClockSetForwardADayMakesNoBurst() {
        let run = Run(endpoints)
        _ = run.runAll(until: noon + .seconds(120), nil)
        run.now = noon + .seconds(86_400)
        #expect(run.due().isEmpty)
        #expect((143_000...144_000).contains(run.schedule.counters.missedSlots))
        #expect(run.schedule.counters.clockSteps == 1)
        var perSecond: [Int64: Int] = [:]
        for order in run.runAll(until: run.now + .seconds(59), nil) {
            perSecond[order.slot.instant.seconds, default: 0] += 1
        }
        #expect((perSecond.values.max() ?? 0) < 12)
        #expect(perSecond.values.reduce(0, +) >= 95)
    }

    @Test func slewingAndShortPausesAreNotSteps() {
        let run = Run(endpoints)
        _ = run.due(at: noon - ScheduleLimits.clockStepBackMin)
        #expect(run.schedule.counters.clockSteps == 0)
        guard let deadline = run.schedule.nextDeadline() else { return }
        let pause = ScheduleLimits.clockStepForwardMin
        let late = run.due(at: deadline + pause)
        #expect(late.count > 5)
        #expect(run.schedule.counters.clockSteps == 0)
        var other = Run(endpoints)
        #expect(other.due(at: deadline + pause + .nanoseconds(1)).isEmpty)
        #expect(other.schedule.counters.clockSteps == 1)
        other = Run(endpoints)
        let early = noon - ScheduleLimits.clockStepBackMin - .nanoseconds(1)
        _ = other.due(at: early)
        #expect(other.schedule.counters.clockSteps == 1)
    }
}

@Suite struct ReloadTests {
    @Test func whatStaysKeepsItsAttemptAndItsHost() throws {
        let run = Run([endpoint("a", host: "x.test"), endpoint("b", host: "x.test")])
        let order = try #require(run.nextOrder())
        run.replace(
            endpoints: [endpoint("a", host: "x.test"), endpoint("b", host: "x.test")])
        #expect(run.schedule.counters.inFlight == 1)
        #expect(run.step().isEmpty)
        let finished = run.finish(order)
        #expect(finished == .final(result(of: order, at: run.now)))
        #expect(run.due().count == 1)
    }

    @Test func aRemovedEndpointInFlightIsDiscardedAndStillCountsOnItsHost() throws {
        let run = Run([endpoint("a", host: "x.test")])
        let order = try #require(run.nextOrder())
        run.replace(endpoints: [endpoint("b", host: "x.test")])
        run.now = run.now + .seconds(61)
        #expect(run.due().isEmpty)
        let finished = run.finish(order)
        #expect(finished == .discarded)
        #expect(run.schedule.counters.discarded == 1)
        #expect(run.schedule.counters.inFlight == 0)
        #expect(run.due().map(\.endpoint.id.text) == ["b"])
    }

    @Test func aConfirmationSurvivesAReloadAndUsesTheNewProbe() throws {
        let run = Run([endpoint("a")])
        let order = try #require(run.nextOrder())
        run.finish(order, .connectRefused)
        run.replace(endpoints: [endpoint("a", interval: .seconds(50))])
        let second = try #require(run.nextOrder())
        #expect(second.attempt == 2)
        #expect(second.endpoint.probe.interval == .seconds(50))
        run.finish(second)
        let offset = Int64(stableHash("a", "local") % 50_000)
        let next = try #require(run.nextOrder())
        #expect((next.slot.milliseconds - offset) % 50_000 == 0)
        #expect(next.slot.instant > run.now - .seconds(50))
    }

    @Test func backOffSurvivesAReloadUnlessTheURLChanges() throws {
        for (path, gap) in [("/", Int64(300)), ("/other", 60)] {
            let run = Run([endpoint("a", confirmation: nil)])
            _ = run.runAll(until: noon + .seconds(3600), .connectRefused)
            run.replace(
                endpoints: [endpoint("a", path: path, confirmation: nil), endpoint("b")])
            var slots: [Int64] = []
            for order in run.runAll(until: run.now + .seconds(1200), .connectRefused)
            where order.endpoint.id.text == "a" {
                slots.append(order.slot.milliseconds)
            }
            #expect(slots.count >= 2)
            #expect(slots[1] - slots[0] == gap * 1000)
        }
    }

    @Test func aReloadThatChangesNothingChangesNoSlot() {
        let endpoints = (0..<50).map { endpoint("e\($0)", host: "h\($0 % 7).test") }
        let plain = Run(endpoints)
        let reloaded = Run(endpoints)
        let expected = plain.runAll(until: noon + .seconds(300), nil)
        var seen: [Order] = []
        for minute in Int64(1)...10 {
            seen += reloaded.runAll(until: noon + .seconds(minute * 30), nil)
            reloaded.replace(endpoints: endpoints)
        }
        #expect(seen.map(\.slot) == expected.map(\.slot))
        #expect(reloaded.schedule.counters.missedSlots == 0)
    }

    @Test func manyReloadsWithWaitingAndInFlightKeepTheCounts() {
        var generator = SplitMix64(seed: 7)
        let run = Run([])
        var inFlight: [Order] = []
        for _ in 0..<500 {
            let endpoints = (0..<30).filter { _ in Bool.random(using: &generator) }.map {
                endpoint("e\($0)", host: "h\($0 % 4).test", interval: .seconds(3))
            }
            run.replace(endpoints: endpoints)
            #expect(run.schedule.endpointCount == endpoints.count)
            for _ in 0..<5 {
                run.now = run.now + .milliseconds(Int64.random(in: 0...900, using: &generator))
                inFlight += run.due()
                inFlight.removeAll { order in
                    guard Int.random(in: 0..<3, using: &generator) == 0 else { return false }
                    let reason: Reason? = Bool.random(using: &generator) ? nil : .connectRefused
                    run.finish(order, reason)
                    return true
                }
                inFlight += run.due()
                #expect(run.schedule.counters.inFlight == inFlight.count)
                let hosts = inFlight.map(\.endpoint.url.host)
                #expect(Set(hosts).count == hosts.count)
            }
        }
        for order in inFlight {
            run.finish(order)
        }
        run.replace(endpoints: [])
        #expect(run.schedule.counters.inFlight == 0)
        #expect(run.schedule.counters.waiting == 0)
        #expect(run.schedule.nextDeadline() == nil)
    }
}
