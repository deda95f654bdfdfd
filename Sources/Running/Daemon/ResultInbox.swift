import HealthModel
import Synchronization

/// Results on their way to another thread; when it cannot keep up, or its disk hangs, the oldest are
/// dropped and counted.
final class ResultInbox: Sendable {
    private let limit: Int
    private let state = Mutex<(results: [ProbeResult], dropped: Int)>(([], 0))

    /// Makes an empty one.
    ///
    /// - Parameter limit: how many results may wait; at least 1.
    init(limit: Int) { self.limit = limit }

    /// Adds results.
    ///
    /// - Parameter results: in the order in which they came.
    /// - Returns: whether nothing waited before, so that somebody must be sent to take them.
    func add(_ results: [ProbeResult]) -> Bool {
        state.withLock { state in
            let wasEmpty = state.results.isEmpty
            state.results += results
            let excess = state.results.count - limit
            if excess > 0 {
                state.results.removeFirst(excess)
                state.dropped += excess
            }
            return wasEmpty && !state.results.isEmpty
        }
    }

    /// Takes everything.
    func take() -> [ProbeResult] {
        state.withLock { state in
            var taken: [ProbeResult] = []
            swap(&taken, &state.results)
            return taken
        }
    }

    /// How many results have been dropped.
    var dropped: Int { state.withLock { $0.dropped } }
}
