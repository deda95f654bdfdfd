import HealthModel
import Scheduling
import Testing

/// The rules of the schedule in the slowest obvious form.
///
/// Every endpoint is looked at in every step, one slot at a time. It checks what a `Schedule`
/// does; it starts nothing itself.
private struct Oracle {
    struct Watched {
        var endpoint: Endpoint
        var interval: Int64
        /// The slot that is due next, or waits.
        var next: Int64
        /// When the slot that waits came to stand in the queue of its host; nil when none waits.
        var waitingSince: Timestamp?
        var confirmAt: Timestamp?
        var inFlight: Order?
        var downSince: Timestamp?
        var stride: Int64 = 1
        var started = 0
    }

    var watched: [EndpointID: Watched] = [:]
    var limits: ScheduleLimits
    var starts: [Timestamp] = []
    var lastStart: [String: Timestamp] = [:]
    var missed = 0
    var backedOff = 0

    init(_ endpoints: [Endpoint], limits: ScheduleLimits, at now: Timestamp) {
        self.limits = limits
        for endpoint in endpoints {
            let interval = endpoint.probe.interval.wholeMilliseconds
            let offset = Int64(stableHash(endpoint.id.text, "local") % UInt64(interval))
            var slot = now.milliseconds
            while Timestamp(milliseconds: slot) < now || (slot - offset) % interval != 0 {
                slot += 1
            }
            watched[endpoint.id] = Watched(endpoint: endpoint, interval: interval, next: slot)
        }
    }

    /// Lets time pass: slots become due, and those that waited too long are missed.
    mutating func tick(_ now: Timestamp) {
        for (id, var one) in watched where one.inFlight == nil && one.confirmAt == nil {
            while Timestamp(milliseconds: one.next + one.interval) <= now {
                one.next += one.interval
                missed += 1
                one.waitingSince = one.waitingSince ?? now
            }
            if Timestamp(milliseconds: one.next) <= now, one.waitingSince == nil {
                one.waitingSince = now
            }
            watched[id] = one
        }
    }

    var inFlight: Int { watched.values.count { $0.inFlight != nil } }

    func isHostBusy(_ host: String) -> Bool {
        watched.values.contains { $0.endpoint.url.host == host && $0.inFlight != nil }
    }

    mutating func check(start order: Order, at now: Timestamp) {
        let host = order.endpoint.url.host
        #expect(!isHostBusy(host))
        #expect(inFlight < limits.inFlight)
        #expect(order.slot.instant <= now)
        if let last = lastStart[host] { #expect(now - last >= limits.hostSpacing) }
        if let rate = limits.startsPerSecond {
            let recent = starts.count { now - $0 < .seconds(1) }
            #expect(recent < 2 * max(1, Int(rate)))
        }
        guard var one = watched[order.endpoint.id] else {
            Issue.record("an order for an unknown endpoint")
            return
        }
        #expect(one.next == order.slot.milliseconds)
        if order.attempt == 2 {
            #expect((one.confirmAt ?? now + .seconds(1)) <= now)
        } else {
            #expect(one.confirmAt == nil)
            // Nobody on the host waited longer, and no confirmation was ready.
            for other in watched.values where other.endpoint.url.host == host {
                #expect((other.confirmAt ?? now + .seconds(1)) > now)
                if let since = other.waitingSince, let mine = one.waitingSince {
                    #expect(mine <= since)
                }
            }
        }
        one.inFlight = order
        one.waitingSince = nil
        one.confirmAt = nil
        one.started += order.attempt == 1 ? 1 : 0
        watched[order.endpoint.id] = one
        starts.append(now)
        lastStart[host] = now
    }

    /// After `due`, nothing that could start is left waiting.
    func checkNothingIsHeldBack(_ now: Timestamp) {
        guard inFlight < limits.inFlight, limits.startsPerSecond == nil else { return }
        for one in watched.values where one.inFlight == nil {
            let isWaiting = one.confirmAt.map { $0 <= now } ?? (one.waitingSince != nil)
            let host = one.endpoint.url.host
            let isSpaced = lastStart[host].map { now - $0 >= limits.hostSpacing } ?? true
            #expect(!isWaiting || isHostBusy(host) || !isSpaced)
        }
    }

    mutating func finish(_ order: Order, _ finished: Finished, _ reason: Reason?, at now: Timestamp)
    {
        guard var one = watched[order.endpoint.id] else { return }
        one.inFlight = nil
        if case .confirmLater(let at) = finished {
            #expect(order.attempt == 1)
            #expect(reason?.meaning == .failure)
            #expect(one.downSince == nil)
            one.confirmAt = at
        } else {
            note(reason, &one, now)
            one.next += one.interval * one.stride
            backedOff += Int(one.stride) - 1
        }
        watched[order.endpoint.id] = one
    }

    private func note(_ reason: Reason?, _ one: inout Watched, _ now: Timestamp) {
        func doubled(_ seconds: Double) -> Int64 {
            let most = Int64(seconds * 1000 / limits.acceleration) / one.interval
            return max(1, min(one.stride * 2, most))
        }
        switch reason?.meaning {
        case .failure:
            one.downSince = one.downSince ?? now
            let down = (now - (one.downSince ?? now)).fractionalSeconds
            one.stride = down > 600 / limits.acceleration ? doubled(300) : 1
        case .blocked:
            one.downSince = nil
            one.stride = doubled(3600)
        case .monitor: break
        default:
            one.downSince = nil
            one.stride = 1
        }
    }
}

@Suite struct ScheduleOracleTests {
    private static let caps = [
        ScheduleLimits(acceleration: 20),
        ScheduleLimits(inFlight: 3, acceleration: 20),
        ScheduleLimits(startsPerSecond: 4, acceleration: 20),
        ScheduleLimits(hostSpacing: .milliseconds(700), acceleration: 20),
        ScheduleLimits(
            inFlight: 2, startsPerSecond: 2.5, hostSpacing: .milliseconds(300), acceleration: 20),
    ]

    @Test(arguments: 0..<40) func everySlotIsStartedMissedOrBackedOffExactlyOnce(
        seed: UInt64
    ) {
        var generator = SplitMix64(seed: seed)
        let limits = Self.caps[Int(seed) % Self.caps.count]
        let hostCount = Int.random(in: 1...8, using: &generator)
        let endpoints = (0..<Int.random(in: 1...16, using: &generator)).map { index in
            endpoint(
                "e\(index)", host: "h\(index % hostCount).test",
                interval: .milliseconds(Int64.random(in: 500...6000, using: &generator)),
                timeout: .milliseconds(400),
                confirmation: index % 3 == 0 ? nil : .milliseconds(100) ... .milliseconds(900))
        }
        var oracle = Oracle(endpoints, limits: limits, at: noon)
        let run = Run(endpoints, limits: limits, seed: seed)
        var ends: [(Timestamp, Order)] = []
        // Spells of health and of trouble, so that back-off begins and ends.
        for step in 0..<3000 {
            run.now = run.now + .microseconds(Int64.random(in: 0...60_000, using: &generator))
            for (_, order) in ends where ends.contains(where: { $0.1 == order && $0.0 <= run.now })
            {
                let isTrouble = step / 700 % 2 == 1 && step < 2600
                let reasons: [Reason?] =
                    isTrouble
                    ? [.connectRefused, .httpBlocked, .timeoutTLS, .monitorNoRoute] : [nil]
                let reason = reasons.randomElement(using: &generator) ?? nil
                oracle.finish(order, run.finish(order, reason), reason, at: run.now)
            }
            ends.removeAll { $0.0 <= run.now }
            oracle.tick(run.now)
            for order in run.due() {
                oracle.check(start: order, at: run.now)
                let microseconds = Int64.random(in: 0...900_000, using: &generator)
                ends.append((run.now + .microseconds(microseconds), order))
            }
            oracle.checkNothingIsHeldBack(run.now)
            #expect(run.schedule.counters.inFlight == oracle.inFlight)
            // Slots that wait for a cap are noticed by both at the same instants.
            #expect(run.schedule.counters.missedSlots == oracle.missed)
            #expect(run.schedule.counters.backedOffSlots == oracle.backedOff)
        }
        #expect(run.schedule.counters.starts == oracle.starts.count)
        let reported = run.takeMissedSlots().map(\.count).reduce(0, +)
        let isComplete = oracle.missed <= ScheduleLimits.missedReports
        #expect(isComplete ? reported == oracle.missed : reported <= oracle.missed)
        #expect(oracle.watched.values.allSatisfy { $0.started > 0 })
    }
}
