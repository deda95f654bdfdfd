import Alerting
import HealthModel
import Scheduling
import Synchronization
import TestSupport
import Testing

@testable import Daemon

/// What the monitor sees of itself reaches the brain and comes out again.
struct SelfDoubtWiringTests {
    /// The machine's clocks, of which the wall clock can be set.
    private final class SetClock: Timekeeper {
        private let ahead = Atomic<Int64>(0)
        private let system = SystemTimekeeper()

        func now() -> Timestamp {
            system.now() + .nanoseconds(ahead.load(ordering: .relaxed))
        }
        func monotonicNanoseconds() -> Int64 { system.monotonicNanoseconds() }
        func clockDiscipline() -> ClockDiscipline {
            .known(
                ClockDiscipline.Reading(
                    isSynchronised: true, offset: .milliseconds(1), errorMax: .milliseconds(2),
                    errorEstimate: .zero))
        }
        func set(_ step: Duration) { ahead.add(step.nanoseconds, ordering: .relaxed) }
    }

    @Test(.timeLimit(.minutes(2)))
    func aSetClockIsWrittenDown() async throws {
        let clock = SetClock()
        let bench = try Bench(services: ["one"], timekeeper: clock)
        try bench.start()
        try await eventually("the kernel was asked") { bench.monitor.snapshot().clock != nil }
        clock.set(.seconds(100))
        try await eventually("it is written down") {
            bench.evidence.contains("clock.stepped monitor")
        }
        #expect(bench.monitor.snapshot().clock == clock.clockDiscipline())
        bench.monitor.stop()
        #expect(bench.lines.contains { $0.contains("the clock was set by +1m40s") })
    }

    @Test(.timeLimit(.minutes(2)))
    func missedSlotsBecomeADoubt() async throws {
        let bench = try Bench(services: ["one", "two"])
        try bench.start()
        let runs = ["one", "two"].map { name in
            MissedSlots(
                endpoint: EndpointID(name + "-www"), first: Slot(milliseconds: 0), count: 10)
        }
        bench.monitor.deliver(missed: runs)
        try await eventually("it fires") {
            bench.monitor.snapshot().alerts.map(\.key.rule.text) == ["monitor-overloaded"]
        }
        bench.monitor.stop()
        #expect(bench.evidence.contains("alert.firing monitor"))
    }
}
