import HealthModel
import Synchronization

/// Clocks that stand still until a test moves them.
final class ManualClock: Timekeeper {
    private let nanoseconds = Mutex<Int64>(0)

    func now() -> Timestamp { Timestamp(nanoseconds: monotonicNanoseconds()) }

    func monotonicNanoseconds() -> Int64 { nanoseconds.withLock { $0 } }

    /// Moves both clocks ahead.
    func advance(_ more: Int64) { nanoseconds.withLock { $0 += more } }
}
