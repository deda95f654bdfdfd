import Glibc
public import HealthModel

/// The machine's monotonic clock, and a wall clock that goes with it from a fixed beginning.
///
/// For tests of threads that really wait: time passes, and nobody can set the wall clock back in
/// the middle of one, as a time service may do with the machine's.
public struct SteadyClock: Timekeeper {
    /// The wall clock at the start: half past an hour, so that no test sees an hour end.
    public static let beginning = Timestamp(seconds: 1_796_124_600)

    private let start: Int64

    /// Makes a wall clock that shows `beginning` now.
    public init() { start = Self.monotonicNanoseconds() }

    /// A wall clock that nobody sets.
    public func now() -> Timestamp {
        Self.beginning + .nanoseconds(monotonicNanoseconds() - start)
    }

    /// CLOCK_MONOTONIC (clock_gettime(2)).
    public func monotonicNanoseconds() -> Int64 { Self.monotonicNanoseconds() }

    private static func monotonicNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
