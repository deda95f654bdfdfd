import HealthModel
import Synchronization
import Testing

@testable import Daemon

struct SystemTimekeeperTests {
    @Test func theClocksGoOnTogether() throws {
        let timekeeper = SystemTimekeeper()
        let before = try #require(timekeeper.clockSample() ?? timekeeper.clockSample())
        let after = try #require(timekeeper.clockSample() ?? timekeeper.clockSample())
        #expect(before.monotonicNanoseconds <= after.monotonicNanoseconds)
        #expect(before.bootNanoseconds <= after.bootNanoseconds)
        // The machine may have slept, never the other way round.
        #expect(after.bootNanoseconds >= before.monotonicNanoseconds)
    }

    /// What it says depends on the machine; that it says something does not.
    @Test func theKernelSaysSomethingOfTheClock() {
        switch SystemTimekeeper().clockDiscipline() {
        case .unknown(let why): #expect(!why.isEmpty)
        case .known(let reading): #expect(reading.errorMax >= .zero)
        }
    }

    /// Clocks that were not read together are no sample.
    @Test(arguments: [(100, true), (101, false)])
    func aThreadThatWasHeldUpHasNoSample(milliseconds: Int64, isSample: Bool) {
        let timekeeper = HeldUp(Duration.milliseconds(milliseconds))
        #expect((timekeeper.clockSample() != nil) == isSample)
    }

    private final class HeldUp: Timekeeper {
        private let delay: Duration
        private let calls = Atomic<Int>(0)

        init(_ delay: Duration) { self.delay = delay }
        func now() -> Timestamp { Timestamp(seconds: 0) }
        func monotonicNanoseconds() -> Int64 { 0 }
        func bootNanoseconds() -> Int64 {
            let earlier = calls.wrappingAdd(1, ordering: .relaxed).oldValue
            return earlier == 0 ? 0 : delay.nanoseconds
        }
    }
}
