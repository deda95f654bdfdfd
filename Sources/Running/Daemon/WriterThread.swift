import HealthModel
import PollLoop
import Synchronization

/// A thread that does what may block, in order, so that nobody else has to wait for it.
final class WriterThread: Sendable {
    private let loop: PollLoop
    private let limit: Int
    private let waiting = Atomic<Int>(0)

    /// Makes a thread that is not running yet and takes at most `limit` jobs in waiting.
    ///
    /// - Throws: `PollLoopError` when descriptors are short.
    init(name: String, limit: Int, timekeeper: any Timekeeper) throws(PollLoopError) {
        loop = try PollLoop(name: name, timekeeper: timekeeper)
        self.limit = limit
    }

    /// Starts the thread.
    func start() { loop.start() }

    /// Hands over a job; false, and the job is dropped, when too many wait.
    func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        if waiting.add(1, ordering: .relaxed).newValue > limit {
            waiting.subtract(1, ordering: .relaxed)
            return false
        }
        loop.post { [self] in
            job()
            waiting.subtract(1, ordering: .relaxed)
        }
        return true
    }

    /// Waits until every job handed over is done, then ends the thread.
    func finish() {
        loop.stop()
        loop.join()
    }
}
