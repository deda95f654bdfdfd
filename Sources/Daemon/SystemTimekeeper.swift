// Which module the compiler takes for the owner of `timespec` depends on the files it happens to
// compile together: one of these two.
import Dispatch
import Glibc
public import HealthModel

/// The machine's clocks.
///
/// The only place in Vitaal that reads them.
public struct SystemTimekeeper: Timekeeper {
    /// Makes the machine's clocks.
    public init() {}

    /// CLOCK_REALTIME (clock_gettime(2)).
    public func now() -> Timestamp { Timestamp(nanoseconds: Self.read(CLOCK_REALTIME)) }

    /// CLOCK_MONOTONIC (clock_gettime(2)).
    public func monotonicNanoseconds() -> Int64 { Self.read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        let number = clock_gettime(clock, &time)
        precondition(number == 0, "clock_gettime failed")
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
