import Glibc
import HealthModel

/// The machine's clocks: the servers of these tests are real, so time has to pass.
struct MachineClock: Timekeeper {
    func now() -> Timestamp { Timestamp(nanoseconds: Self.nanoseconds(of: CLOCK_REALTIME)) }
    func monotonicNanoseconds() -> Int64 { Self.nanoseconds(of: CLOCK_MONOTONIC) }

    private static func nanoseconds(of clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
