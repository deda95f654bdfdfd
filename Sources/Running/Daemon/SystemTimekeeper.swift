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

    /// CLOCK_BOOTTIME (clock_gettime(2)).
    public func bootNanoseconds() -> Int64 { linux_clock_nanoseconds(CLOCK_BOOTTIME) }

    /// What adjtimex(2) says; unknown where the kernel does not answer, and where it says "not
    /// synchronised" to a container, whose host may keep the clock right in another way.
    public func clockDiscipline() -> ClockDiscipline {
        var reading = linux_clock_discipline()
        let error = linux_read_clock_discipline(&reading)
        guard error == 0 else {
            return .unknown("the kernel does not answer: \(String(cString: strerror(error)))")
        }
        guard reading.is_synchronised != 0 || !Self.isContainer else {
            return .unknown("this is a container, and its kernel says nothing of a time service")
        }
        return .known(
            ClockDiscipline.Reading(
                isSynchronised: reading.is_synchronised != 0,
                offset: .nanoseconds(reading.offset_nanoseconds),
                errorMax: .microseconds(reading.maximum_error_microseconds),
                errorEstimate: .microseconds(reading.estimated_error_microseconds)))
    }

    /// Whether the marks of Docker, Podman or systemd-nspawn are there, or those of Kubernetes.
    private static let isContainer: Bool = {
        let marks: [String] = ["/.dockerenv", "/run/.containerenv", "/run/systemd/container"]
        return marks.contains { access($0, F_OK) == 0 } || getenv("KUBERNETES_SERVICE_HOST") != nil
    }()
}
