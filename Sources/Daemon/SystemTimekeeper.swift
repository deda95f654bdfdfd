import CLinux
import Glibc
public import HealthModel

/// The machine's clocks.
///
/// The only place in Vitaal that reads them.
public struct SystemTimekeeper: Timekeeper {
    /// Makes the machine's clocks.
    public init() {}

    /// CLOCK_REALTIME (clock_gettime(2)).
    public func now() -> Timestamp {
        Timestamp(nanoseconds: linux_clock_nanoseconds(CLOCK_REALTIME))
    }

    /// CLOCK_MONOTONIC (clock_gettime(2)).
    public func monotonicNanoseconds() -> Int64 { linux_clock_nanoseconds(CLOCK_MONOTONIC) }
}
