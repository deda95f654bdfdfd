import Alerting
import HealthModel
import Observing
import Routing
import Rules
import Testing

/// The clock of the machine is doubted, and a clock that is set moves what is being waited for.
@Suite struct ClockDoubtTests {
    /// A monitor on a machine whose clocks are moved by hand.
    private final class Machine {
        var monitor: HealthMonitor
        /// Awake since the start.
        private var elapsed: Duration = .zero
        private var asleep: Duration = .zero
        private(set) var wall = noon
        var discipline: ClockDiscipline?

        init(_ endpoints: [String] = ["a"], controls: [String] = [], _ rules: [Rule] = []) {
            let hook = ProbeURL("https://hook.test/")
            let levels: [Level] = [.warning, .critical]
            let receivers = hook.map { hook in
                levels.map {
                    Receiver(id: ReceiverID($0.rawValue), kind: .webhook(hook), level: $0)
                }
            }
            monitor = HealthMonitor(
                catalogue: ServiceCatalogue(
                    services: endpoints.map { service("s-" + $0) },
                    endpoints: endpoints.map { endpoint($0, of: "s-" + $0) },
                    controls: controls.map {
                        endpoint($0, of: "monitor", interval: .seconds(10))
                    }), rules: RuleSet(rules: rules, receivers: receivers ?? []))
        }

        func pass(_ time: Duration, set step: Duration = .zero, sleep: Duration = .zero) {
            elapsed += time
            asleep += sleep
            wall = wall + time + sleep + step
        }

        /// What is new after some time has passed, and the clock was set perhaps.
        func news(
            after time: Duration, set step: Duration = .zero, sleep: Duration = .zero
        ) -> [String] {
            pass(time, set: step, sleep: sleep)
            look()
            return monitor.evaluate(at: wall).map {
                "\($0.alert.key.rule) \($0.alert.key.subject) \($0.alert.state) \($0.alert.level)"
            }
        }

        func look() {
            monitor.note(
                ClockSample(
                    wall: wall, bootNanoseconds: (elapsed + asleep).nanoseconds,
                    monotonicNanoseconds: elapsed.nanoseconds))
            if let discipline { monitor.note(discipline, at: wall) }
        }

        func take(_ id: String, _ reason: Reason? = nil) {
            let result = ProbeResult(
                endpoint: EndpointID(id), slot: Slot(milliseconds: wall.milliseconds),
                finishedAt: wall, reason: reason)
            monitor.apply(monitor.admit([result]))
        }

        func records() -> [String] {
            monitor.takeDoubtRecords(at: wall).map { "\($0.action.rawValue) \($0.result)" }
        }

        func state(_ id: String) -> HealthState? {
            monitor.snapshot(at: wall).endpoints.first { $0.id.text == id }?.state
        }
    }

    private static func known(
        _ isSynchronised: Bool, errorMax: Duration = .milliseconds(20),
        offset: Duration = .microseconds(3)
    ) -> ClockDiscipline {
        .known(
            ClockDiscipline.Reading(
                isSynchronised: isSynchronised, offset: offset, errorMax: errorMax,
                errorEstimate: .milliseconds(1)))
    }

    @Test(arguments: [
        (Duration.seconds(2), Duration.zero, [String]()),
        (.seconds(2) + .nanoseconds(1), .zero, ["clock.stepped the clock was set by +2s"]),
        (.seconds(-2), .zero, []),
        (.seconds(-2) - .nanoseconds(1), .zero, ["clock.stepped the clock was set by -2s"]),
        (.seconds(3600) - .microseconds(1), .zero, ["clock.stepped the clock was set by +1h"]),
        (.zero, .seconds(2), []),
        (.zero, .seconds(7200), ["monitor.suspended the machine slept for 2h"]),
        (
            .seconds(-90), .seconds(7200),
            [
                "clock.stepped the clock was set by -1m30s",
                "monitor.suspended the machine slept for 2h",
            ]
        ),
    ])
    func aJumpIsWrittenDown(step: Duration, sleep: Duration, records: [String]) {
        let machine = Machine()
        #expect(machine.news(after: .seconds(1)) == [])
        #expect(machine.news(after: .seconds(1), set: step, sleep: sleep) == [])
        #expect(machine.records() == records)
        #expect(machine.news(after: .seconds(1)) == [])
        #expect(machine.records() == [])
    }

    /// Only what the kernel says counts, for ten minutes; at a limit nobody is told.
    @Test(arguments: [
        (known(false), true), (known(true), false), (.unknown("EPERM"), false),
        (known(true, errorMax: .seconds(1)), false),
        (known(true, errorMax: .seconds(1) + .microseconds(1)), true),
        (known(true, offset: .seconds(-1)), false),
        (known(true, offset: .seconds(-1) - .nanoseconds(1)), true),
    ])
    func aClockInDoubtIsTold(discipline: ClockDiscipline, isTold: Bool) {
        let machine = Machine()
        machine.discipline = discipline
        #expect(machine.news(after: .zero) == [])
        #expect(machine.news(after: .seconds(599)) == [])
        #expect(
            machine.news(after: .seconds(1))
                == (isTold ? ["monitor-clock monitor firing warning"] : []))
        #expect(machine.news(after: .seconds(9999)) == [])
        #expect(machine.monitor.snapshot(at: machine.wall).clock == discipline)
        machine.discipline = Self.known(true)
        #expect(
            machine.news(after: .seconds(1))
                == (isTold ? ["monitor-clock monitor resolved warning"] : []))
    }

    @Test func aClockThatIsRightInBetweenIsNoNews() {
        let machine = Machine()
        machine.discipline = Self.known(false)
        #expect(machine.news(after: .zero) == [])
        #expect(machine.news(after: .seconds(599)) == [])
        machine.discipline = Self.known(true)
        #expect(machine.news(after: .seconds(1)) == [])
        machine.discipline = Self.known(false)
        #expect(machine.news(after: .seconds(1)) == [])
        #expect(machine.news(after: .seconds(599)) == [])
    }

    /// How long a service has been in a state follows the clock, forward and back.
    @Test(arguments: [
        (Duration.seconds(3600), Duration.zero), (.seconds(-3600), .zero), (.zero, .seconds(3600)),
    ])
    func aStateThatLastsFollowsTheClock(step: Duration, sleep: Duration) throws {
        let lasting = rule(
            "r",
            Condition(
                try .init(parsing: "state == busy for 10m and effective_state == busy for 10m")))
        let machine = Machine(["a"], [lasting])
        machine.take("a")
        #expect(machine.news(after: .seconds(1)) == [])
        var news: [String] = []
        for minute in 0..<20 {
            machine.take("a", .busy)
            let isJump = minute == 2 || minute == 15
            news += machine.news(
                after: .seconds(60), set: isJump ? step : .zero, sleep: isJump ? sleep : .zero
            ).map { "\(minute) \($0)" }
        }
        #expect(news == ["10 r s-a firing page"])
    }

    /// A repair sets the clock as well, and then says that it is right.
    @Test(arguments: [
        (Duration.seconds(60), Self.known(false), [String]()),
        (.seconds(61), Self.known(false), ["monitor-clock monitor firing critical"]),
        (.seconds(-61), Self.known(false), ["monitor-clock monitor firing critical"]),
        (.seconds(61), Self.known(true), []), (.seconds(61), .unknown("container"), []),
    ])
    func aLargeStepOfAClockThatNobodyKeepsRightIsCritical(
        step: Duration, after: ClockDiscipline, told: [String]
    ) {
        let machine = Machine()
        machine.discipline = Self.known(true)
        #expect(machine.news(after: .seconds(1)) == [])
        machine.discipline = Self.known(false)
        #expect(machine.news(after: .seconds(1), set: step) == [])
        #expect(machine.news(after: .seconds(29)) == [])
        machine.discipline = after
        #expect(machine.news(after: .seconds(1)) == told)
    }

    @Test func whoeverKnowsHearsThatItIsWorseAndTheOthersHearIt() {
        let machine = Machine()
        machine.discipline = Self.known(false)
        #expect(machine.news(after: .zero) == [])
        #expect(machine.news(after: .seconds(600)).count == 1)
        #expect(
            machine.monitor.takeAlertChanges().told
                == ["warning begun monitor-clock monitor warning"])
        #expect(
            machine.news(after: .seconds(1), set: .seconds(90)) == [
                "monitor-clock monitor firing critical"
            ])
        let second = machine.monitor.takeAlertChanges()
        // Whoever keeps count of the lower level hears its end.
        #expect(
            second.told == [
                "critical begun monitor-clock monitor critical",
                "warning begun monitor-clock monitor critical",
                "warning changed monitor-clock monitor warning",
            ])
        #expect(second.active.values.map(\.alert.level) == [.critical])
        machine.discipline = Self.known(true)
        #expect(
            machine.news(after: .seconds(1)) == ["monitor-clock monitor resolved critical"])
        #expect(machine.monitor.takeAlertChanges().ended.count == 1)
    }

    @Test func aRestartTellsNobodyAgain() {
        let before = Machine()
        before.discipline = Self.known(false)
        _ = before.news(after: .zero)
        _ = before.news(after: .seconds(600))
        let changes = before.monitor.takeAlertChanges()
        let after = Machine()
        after.pass(.seconds(700))
        let ended = after.monitor.restore(
            Array(changes.active.values), lastSeen: before.wall, at: after.wall)
        #expect(ended == [])
        after.discipline = Self.known(false)
        #expect(after.news(after: .seconds(1)) == [])
        #expect(after.monitor.takeAlertChanges().active.count == 1)
        after.discipline = Self.known(true)
        #expect(after.news(after: .seconds(1)) == ["monitor-clock monitor resolved warning"])
    }

    @Test func aClockThatWentBackWhileTheMonitorWasAwayCounts() {
        let machine = Machine()
        _ = machine.monitor.restore([], lastSeen: noon + .seconds(61), at: noon)
        machine.discipline = Self.known(false)
        #expect(machine.news(after: .zero) == [])
        #expect(machine.news(after: .seconds(30)) == ["monitor-clock monitor firing critical"])
    }

    @Test(arguments: [Duration.seconds(-86_400), .seconds(-3), .seconds(3), .seconds(86_400)])
    func aSetClockMovesWhatIsBeingWaitedFor(step: Duration) {
        let machine = Machine(controls: ["c"], [rule("gone", .state(.down), hold: .seconds(90))])
        #expect(machine.news(after: .zero) == [])
        machine.take("c")
        machine.take("a", .httpStatus)
        #expect(machine.news(after: .seconds(1)) == ["gone s-a pending page"])
        #expect(machine.news(after: .seconds(30), set: step) == [])
        #expect(machine.state("a") == .down)
        #expect(!machine.monitor.selfDoubt.isBlind)
        machine.take("a", .httpStatus)
        #expect(machine.news(after: .seconds(59)) == [])
        #expect(machine.news(after: .seconds(1)) == ["gone s-a firing page"])
        // Silence still makes it unknown: three times the interval of back-off.
        #expect(machine.news(after: .seconds(900 - 60)) == [])
        #expect(machine.state("a") == .down)
        #expect(machine.news(after: .seconds(1)) == [])
        #expect(machine.state("a") == .unknown)
    }

    @Test func timeThatNeverWasIsUnknownAndTimeThatComesAgainCounts() {
        let machine = Machine()
        func month() -> ObjectivePeriod? {
            machine.monitor.objectiveClocksNow()[ServiceID("s-a")]?.month
        }
        _ = machine.news(after: .zero)
        machine.take("a")
        for _ in 0..<100 { _ = machine.news(after: .seconds(1)) }
        let before = month()
        _ = machine.news(after: .seconds(1), set: .seconds(3600))
        #expect(month()?.good == before?.good)
        #expect(month()?.unknown == (before?.unknown ?? .zero) + .seconds(3601))
        _ = machine.news(after: .seconds(1), set: .seconds(-7200))
        machine.take("a")
        for _ in 0..<100 { _ = machine.news(after: .seconds(1)) }
        #expect(month()?.good == (before?.good ?? .zero) + .seconds(100))
    }

    @Test func timeCountsAfterARestartWithAClockSetBack() {
        let before = Machine()
        before.pass(.seconds(7200))
        _ = before.news(after: .zero)
        _ = before.news(after: .seconds(10))
        let after = Machine()
        after.monitor.restore(objectives: before.monitor.objectiveClocksNow())
        after.take("a")
        for _ in 0..<11 { _ = after.news(after: .seconds(1)) }
        let month = after.monitor.objectiveClocksNow()[ServiceID("s-a")]?.month
        #expect(month?.good == .seconds(10))
    }

    /// The oracle is a machine of which the clock is never set: the same news at the same time.
    @Test(arguments: 0..<8)
    func theNewsDoesNotDependOnTheClock(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let rules = [
            rule("gone", .state(.down), hold: .seconds(30), keep: .seconds(40)),
            rule("limp", .state(.degraded), hold: .seconds(5)),
        ]
        let ids = ["a", "b", "c"]
        let machines = (0..<2).map { _ in Machine(ids, controls: ["x", "y"], rules) }
        let reasons: [Reason?] = [nil, nil, nil, .timeoutConnect, .httpStatus, .tooSlow]
        var count = 0
        for second in 0..<3000 {
            let isSet = Int.random(in: 0..<100, using: &random) == 0
            let size = Int64.random(in: -100_000...100_000, using: &random)
            let step: Duration = isSet ? .seconds(size) : .zero
            let sleeps: Duration = isSet && size % 3 == 0 ? .seconds(abs(size)) : .zero
            let plain = machines[0].news(after: .seconds(1))
            let moved = machines[1].news(after: .seconds(1), set: step, sleep: sleeps)
            if plain != moved { Issue.record("second \(second): \(plain), \(moved)") }
            count += plain.count
            // Silence for minutes at a time, so that things grow stale.
            guard (second / 400) % 3 != 2 else { continue }
            for id in ids + ["x", "y"] where Int.random(in: 0..<12, using: &random) == 0 {
                let isLost = (second / 300) % 2 == 1
                let usual: Reason? = isLost ? .timeoutConnect : nil
                let isOdd = Int.random(in: 0..<4, using: &random) == 0
                let reason = isOdd ? reasons.randomElement(using: &random) ?? nil : usual
                for machine in machines { machine.take(id, reason) }
            }
            guard second % 10 == 0 else { continue }
            for id in ids { #expect(machines[0].state(id) == machines[1].state(id)) }
        }
        #expect(count > 20)
    }
}
