import Alerting
import HealthModel
import Testing

/// A monitor that does not keep up with its schedule says so.
@Suite struct LoadDoubtTests {
    private final class Loaded {
        var monitor: HealthMonitor

        init(acceleration: Double = 1) {
            let endpoints = (0..<10).map { number in
                endpoint("e\(number)", of: "s", path: "/\(number)")
            }
            monitor = HealthMonitor(
                catalogue: ServiceCatalogue(services: [service("s")], endpoints: endpoints),
                rules: .empty, acceleration: acceleration)
        }

        /// One endpoint was probed, `lateness` after its slot.
        func probed(_ number: Int, _ second: Int64, lateness: Duration = .zero) {
            var one = result("e\(number % 10)", second)
            one.latenessMicroseconds = lateness.nanoseconds / 1000
            _ = monitor.admit([one])
        }

        func missed(_ counts: [String: Int], _ second: Int64) {
            monitor.noteMissed(
                Dictionary(uniqueKeysWithValues: counts.map { (EndpointID($0.key), $0.value) }),
                at: at(second))
        }

        func alerts(_ second: Int64) -> [Alert] {
            monitor.evaluate(at: at(second)).map(\.alert)
        }
    }

    /// More than 5 % of at least 20 slots.
    @Test(arguments: [
        (95, 5, false), (94, 6, true), (19, 1, false), (18, 2, true), (17, 2, false),
        (0, 19, false),
        (0, 20, true),
    ])
    func slotsThatAreMissedAreTold(probed: Int, missed: Int, isTold: Bool) {
        let loaded = Loaded()
        for number in 0..<probed { loaded.probed(number, Int64(number)) }
        loaded.missed(["e1": missed / 2, "e2": missed - missed / 2], 100)
        let alerts = loaded.alerts(101)
        #expect(alerts.map(\.key.rule.text) == (isTold ? ["monitor-overloaded"] : []))
        #expect(alerts.allSatisfy { $0.level == .warning && $0.key.subject == .monitor })
    }

    /// Half an interval late is late.
    @Test(arguments: [
        (Duration.seconds(30), false), (.seconds(30) + .microseconds(1), true),
    ])
    func lateProbesAreTold(lateness: Duration, isTold: Bool) {
        let loaded = Loaded()
        for number in 0..<20 { loaded.probed(number, Int64(number), lateness: lateness) }
        #expect(loaded.alerts(30).isEmpty != isTold)
    }

    @Test func itEndsWhenHardlyAnySlotIsMissed() throws {
        let loaded = Loaded()
        loaded.missed(["e1": 20], 0)
        #expect(loaded.alerts(1).map(\.state) == [.firing])
        // 2 % is the end, 3 % is not.
        for number in 0..<600 { loaded.probed(number, 2 + Int64(number) / 10) }
        #expect(loaded.alerts(70).isEmpty)
        for number in 0..<400 { loaded.probed(number, 70 + Int64(number) / 10) }
        #expect(loaded.alerts(111).map(\.state) == [.resolved])
        #expect(loaded.monitor.takeAlertChanges().notifications.count <= 2)
    }

    @Test func whatIsOlderThanFiveMinutesIsForgotten() {
        let loaded = Loaded()
        loaded.missed(["e1": 20], 0)
        #expect(loaded.alerts(1).count == 1)
        #expect(loaded.alerts(299).isEmpty)
        #expect(loaded.alerts(310).map(\.state) == [.resolved])
    }

    @Test func theWordsSayWhatToDo() {
        let one = Loaded()
        one.missed(["e1": 11, "e2": 10], 0)
        let words = one.alerts(1).first?.summary
        #expect(
            words?.english
                == "of 21 probes in 5 minutes 21 did not start and 0 started late, 11 of them at "
                + "e1.test, where one runs at a time: choose longer intervals or shorter time "
                + "limits there")
        let all = Loaded()
        all.missed(["e1": 10, "e2": 10], 0)
        #expect(
            all.alerts(1).first?.summary.dutch
                == "van 20 metingen in 5 minuten begonnen er 20 niet en 0 te laat: geef de machine "
                + "meer processor, verhoog de limiet op bestanden (ulimit -n) of kies langere "
                + "intervallen")
    }

    /// Slots that a set clock skips are nobody's fault.
    @Test func aClockThatIsSetIsNoOverload() {
        let loaded = Loaded()
        func clock(_ second: Int64, _ monotonic: Int64) {
            loaded.monitor.note(
                ClockSample(
                    wall: at(second), bootNanoseconds: monotonic * 1_000_000_000,
                    monotonicNanoseconds: monotonic * 1_000_000_000))
        }
        clock(0, 0)
        clock(3601, 1)
        loaded.missed(["e1": 60, "e2": 60], 3605)
        #expect(loaded.alerts(3606).isEmpty)
        loaded.missed(["e1": 60, "e2": 60], 3611)
        #expect(loaded.alerts(3612).count == 1)
    }

    @Test func aLabSaysNothingOfTheMachine() {
        let loaded = Loaded(acceleration: 2)
        loaded.missed(["e1": 100], 0)
        #expect(loaded.alerts(1).isEmpty)
    }

    @Test func aRestartTellsNobodyAgain() {
        let before = Loaded()
        before.missed(["e1": 20], 0)
        _ = before.alerts(1)
        let after = Loaded()
        _ = after.monitor.restore(
            Array(before.monitor.takeAlertChanges().active.values), lastSeen: at(2), at: at(3))
        #expect(after.alerts(4).isEmpty)
        after.missed(["e1": 5], 5)
        #expect(after.alerts(302).isEmpty)
        #expect(after.alerts(316).map(\.state) == [.resolved])
    }

    /// Against counting everything again each time.
    @Test(arguments: 0..<10) func isWhatASlowCountSays(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let loaded = Loaded()
        var events: [(second: Int64, due: Int, bad: Int)] = []
        var isTold = false
        for second in Int64(0)..<2000 {
            let isBusy = (second / 350) % 2 == 1
            if Int.random(in: 0..<3, using: &random) == 0 {
                loaded.probed(Int(second), second)
                events.append((second, 1, 0))
            }
            if Int.random(in: 0..<(isBusy ? 12 : 150), using: &random) == 0 {
                let count = Int.random(in: 1...3, using: &random)
                loaded.missed(["e3": count], second)
                events.append((second, count, count))
            }
            let first = (noon.seconds + second - 300) / 10
            let counted = events.filter { (noon.seconds + $0.second) / 10 > first }
            let due = counted.reduce(0) { $0 + $1.due }
            let bad = counted.reduce(0) { $0 + $1.bad }
            if isTold {
                isTold = bad * 50 > due
            } else {
                isTold = due >= 20 && bad * 20 > due
            }
            _ = loaded.alerts(second)
            let shown = loaded.monitor.snapshot(at: at(second)).alerts.count
            #expect(shown == (isTold ? 1 : 0), "second \(second)")
        }
    }
}
