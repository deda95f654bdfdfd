import Alerting
import HealthModel
import Ledger
import PollLoop
import Routing
import SQLiteSupport
import Synchronization

/// Keeps alerts and evidence in the ledger on a thread of its own: a disk that hangs holds up
/// neither the rules nor the readers.
final class LedgerWriter: Sendable {
    /// Jobs that may wait for a disk that hangs; none is needed twice.
    static let jobsMax = 16

    private let thread: WriterThread
    private let timekeeper: any Timekeeper
    /// Touched by the writer's thread only, but for the end.
    private let ledger: Mutex<Ledger>
    /// Who waits for what was handed over before to be on the disk.
    private let waiters = Mutex<[@Sendable (Bool) -> Void]>([])
    /// What the thread has not taken yet: at most one entry an alert, and what belongs together
    /// together.
    private struct Inbox: Sendable {
        var changes = AlertChanges()
        var endings: [Delivery] = []
        var evidence = EvidenceBacklog()
    }
    private let inbox = Mutex(Inbox())
    /// Gets lines of evidence once they are in the ledger.
    private let evidence: EvidenceWriter
    private let onOutbox = Mutex<(@Sendable ([Notification]) -> Void)?>(nil)
    private let published = Mutex(Ledger.Counters())
    private let onNotice: @Sendable (SQLiteFile.Notice) -> Void

    /// Makes a writer that is not running yet; `onNotice` is called on its thread.
    ///
    /// - Throws: `PollLoopError` when descriptors are short.
    init(
        ledger: Ledger, evidence: EvidenceWriter, timekeeper: any Timekeeper,
        onNotice: @escaping @Sendable (SQLiteFile.Notice) -> Void
    ) throws(PollLoopError) {
        thread = try WriterThread(name: "ledger", limit: Self.jobsMax, timekeeper: timekeeper)
        self.ledger = Mutex(ledger)
        self.evidence = evidence
        self.timekeeper = timekeeper
        self.onNotice = onNotice
    }

    /// Starts the thread; `onOutbox` gets, on it, the notifications that may be delivered.
    func start(onOutbox: @escaping @Sendable ([Notification]) -> Void) {
        self.onOutbox.withLock { $0 = onOutbox }
        thread.start()
    }

    /// Writes everything that was handed over, then ends the thread.
    func finish() {
        thread.finish()
        write(isLast: true)
    }

    /// Notes that the file has what was handed over, after the thread of the evidence has ended.
    func finishEvidence() { write(isLast: true) }

    /// Takes changes and the records of what they were, which are kept together; none at all makes
    /// the ledger note that the monitor is alive and try again what waits.
    func note(_ changes: AlertChanges, _ records: [EvidenceRecord] = []) {
        inbox.withLock { inbox in
            inbox.changes.merge(changes)
            inbox.evidence.add(records)
        }
        // When too many wait, the one that runs next takes these too.
        _ = thread.submit { [self] in write(isLast: false) }
    }

    /// Takes changes and says, on the writer's thread, whether they are on the disk.
    ///
    /// Changes that the disk refuses are kept and written when it takes them again.
    func note(
        _ changes: AlertChanges, _ records: [EvidenceRecord],
        completion: @escaping @Sendable (Bool) -> Void
    ) {
        inbox.withLock { inbox in
            inbox.changes.merge(changes)
            inbox.evidence.add(records)
        }
        waiters.withLock { $0.append(completion) }
        _ = thread.submit { [self] in write(isLast: false) }
    }

    /// Takes how a notification ended, and the record of it.
    func note(_ ending: Delivery, _ record: EvidenceRecord) {
        inbox.withLock { inbox in
            inbox.endings.append(ending)
            inbox.endings.removeFirst(max(0, inbox.endings.count - Limits.waitingTransitions))
            inbox.evidence.add([record])
        }
        _ = thread.submit { [self] in write(isLast: false) }
    }

    /// What has been written so far; never waits for the disk.
    ///
    /// What was handed over counts as waiting until it is on the disk.
    var counters: Ledger.Counters {
        inbox.withLock { inbox in
            var counters = published.withLock { $0 }
            counters.waiting += inbox.changes.count
            counters.evidenceWaiting += inbox.evidence.records.count
            counters.evidenceLost += inbox.evidence.lost
            return counters
        }
    }

    private func write(isLast: Bool) {
        let now = timekeeper.now()
        // Whoever waits has handed over before, so what is taken next holds what they wait for.
        let waiters = waiters.withLock { waiters in
            defer { waiters = [] }
            return waiters
        }
        let (notices, counters, outbox, isWritten) = ledger.withLock { ledger in
            let taken = inbox.withLock { inbox in
                defer { inbox = Inbox() }
                published.withLock { counters in
                    counters.waiting += inbox.changes.count
                    counters.evidenceWaiting += inbox.evidence.records.count
                    counters.evidenceLost += inbox.evidence.lost
                }
                return inbox
            }
            ledger.note(taken.changes)
            ledger.note(taken.endings)
            ledger.note(taken.evidence)
            ledger.noteExported(evidence.counters.lastSeq)
            let notices = ledger.write(at: now, isLast: isLast)
            let isWritten = ledger.isWritten
            evidence.write(ledger.takeEvidence())
            return (notices, ledger.counters, isLast ? [] : ledger.takeOutbox(), isWritten)
        }
        waiters.forEach { $0(isWritten) }
        published.withLock { $0 = counters }
        if !outbox.isEmpty { onOutbox.withLock { $0 }?(outbox) }
        notices.forEach(onNotice)
    }
}
