import Alerting
import HealthModel
import PollLoop
import Synchronization

/// Writes evidence on a thread of its own: a disk that hangs holds up neither the rules nor the
/// readers.
final class EvidenceWriter: Sendable {
    /// What can be read without waiting for the disk.
    struct Counters: Sendable {
        var lines = 0
        var errors = 0
        var waiting = 0
        var lost = 0
    }

    /// Batches that may wait for a disk that hangs; each is what one evaluation found.
    static let batchesMax = 1024

    private let thread: WriterThread
    private let log: Mutex<EvidenceLog>
    private let published = Mutex(Counters())
    private let lostInQueue = Atomic<Int>(0)
    private let onNotice: @Sendable (EvidenceLog.Notice) -> Void

    /// Makes a writer that is not running yet; `onNotice` is called on its thread.
    ///
    /// - Throws: `PollLoopError` when descriptors are short.
    init(
        log: consuming EvidenceLog, timekeeper: any Timekeeper,
        onNotice: @escaping @Sendable (EvidenceLog.Notice) -> Void
    ) throws(PollLoopError) {
        thread = try WriterThread(
            name: "evidence", limit: Self.batchesMax, timekeeper: timekeeper)
        self.log = Mutex(log)
        self.onNotice = onNotice
    }

    /// Starts the thread.
    func start() { thread.start() }

    /// Writes everything that was handed over, then ends the thread.
    func finish() { thread.finish() }

    /// Hands lines over for writing, each with its line break; an empty list retries what waits.
    func write(_ lines: [String]) {
        let isTaken = thread.submit { [self] in
            use { log in lines.isEmpty ? log.writeWaiting() : log.append(lines) }
        }
        if !isTaken { lostInQueue.add(lines.count, ordering: .relaxed) }
    }

    /// Opens the file anew; `onFailure` is called on the writer's thread.
    func reopen(onFailure: @escaping @Sendable (EvidenceLog.OpenError) -> Void) {
        _ = thread.submit { [self] in
            use { log in
                do throws(EvidenceLog.OpenError) {
                    try log.reopen()
                } catch {
                    onFailure(error)
                }
                return log.writeWaiting()
            }
        }
    }

    /// What has been written and lost so far.
    var counters: Counters {
        var counters = published.withLock { $0 }
        counters.lost += lostInQueue.load(ordering: .relaxed)
        return counters
    }

    private func use(_ work: (inout EvidenceLog) -> EvidenceLog.Notice?) {
        let (notice, counters) = log.withLock { log in
            let notice = work(&log)
            return (
                notice,
                Counters(
                    lines: log.lineCount, errors: log.errorCount, waiting: log.waitingCount,
                    lost: log.lostCount)
            )
        }
        published.withLock { $0 = counters }
        if let notice { onNotice(notice) }
    }
}
