import Evidence
import HealthModel
import PollLoop
import Synchronization

/// Writes lines of evidence to the file on a thread of its own: a disk that hangs holds up neither
/// the ledger nor what people are told.
final class EvidenceWriter: Sendable {
    /// What can be read without waiting for the disk.
    struct Counters: Sendable {
        var lines = 0
        var errors = 0
        var waiting = 0
        /// The last line that the file has; 0 when this run has written none.
        var lastSeq: Int64 = 0
    }

    /// Jobs that may wait for a disk that hangs; each takes all lines that there are.
    static let jobsMax = 16

    private let thread: WriterThread
    private let log: Mutex<EvidenceLog>
    private let published = Mutex(Counters())
    /// What the thread has not taken yet; the ledger hands over no more than it may hold.
    private let inbox = Mutex<[ChainedLine]>([])
    private let timekeeper: any Timekeeper
    private let onNotice: @Sendable (EvidenceLog.Notice) -> Void

    /// Makes a writer that is not running yet; `onNotice` is called on its thread.
    ///
    /// - Throws: `PollLoopError` when descriptors are short.
    init(
        log: consuming EvidenceLog, timekeeper: any Timekeeper,
        onNotice: @escaping @Sendable (EvidenceLog.Notice) -> Void
    ) throws(PollLoopError) {
        thread = try WriterThread(
            name: "evidence", limit: Self.jobsMax, timekeeper: timekeeper)
        self.timekeeper = timekeeper
        self.log = Mutex(log)
        self.onNotice = onNotice
    }

    /// Starts the thread.
    func start() { thread.start() }

    /// Writes everything that was handed over, then ends the thread.
    func finish() { thread.finish() }

    /// Hands lines over for writing; an empty list retries what waits.
    func write(_ lines: [ChainedLine]) {
        inbox.withLock { $0 += lines }
        // When too many wait, the one that runs next takes these too.
        _ = thread.submit { [self] in use { _ in } }
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
            }
        }
    }

    /// What has been written so far; what was handed over counts as waiting.
    var counters: Counters {
        inbox.withLock { lines in
            var counters = published.withLock { $0 }
            counters.waiting += lines.count
            return counters
        }
    }

    private func use(_ work: (inout EvidenceLog) -> Void) {
        let now = timekeeper.now()
        let (notice, counters) = log.withLock { log in
            work(&log)
            let lines = inbox.withLock { lines in
                defer { lines = [] }
                published.withLock { $0.waiting += lines.count }
                return lines
            }
            let notice = log.append(lines, at: now)
            return (
                notice,
                Counters(
                    lines: log.lineCount, errors: log.errorCount, waiting: log.waitingCount,
                    lastSeq: log.lastSeq)
            )
        }
        published.withLock { $0 = counters }
        if let notice { onNotice(notice) }
    }
}
