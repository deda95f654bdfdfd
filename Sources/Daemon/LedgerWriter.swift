import Alerting
import HealthModel
import Ledger
import PollLoop
import SQLiteSupport
import Synchronization

/// Keeps alerts in the ledger on a thread of its own: a disk that hangs holds up neither the rules
/// nor the readers.
final class LedgerWriter: Sendable {
    /// Jobs that may wait for a disk that hangs; none is needed twice.
    static let jobsMax = 16

    private let thread: WriterThread
    private let timekeeper: any Timekeeper
    /// Touched by the writer's thread only, but for the end.
    private let ledger: Mutex<Ledger>
    /// What the thread has not taken yet; at most one entry an alert.
    private let inbox = Mutex(AlertChanges())
    private let endings = Mutex<[Delivery]>([])
    /// Receivers that the thread has not taken yet.
    private let receivers = Mutex<[Receiver]?>(nil)
    private let onOutbox = Mutex<(@Sendable ([Notification]) -> Void)?>(nil)
    private let published = Mutex(Ledger.Counters())
    private let onNotice: @Sendable (SQLiteFile.Notice) -> Void

    /// Makes a writer that is not running yet; `onNotice` is called on its thread.
    ///
    /// - Throws: `PollLoopError` when descriptors are short.
    init(
        ledger: Ledger, timekeeper: any Timekeeper,
        onNotice: @escaping @Sendable (SQLiteFile.Notice) -> Void
    ) throws(PollLoopError) {
        thread = try WriterThread(name: "ledger", limit: Self.jobsMax, timekeeper: timekeeper)
        self.ledger = Mutex(ledger)
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

    /// Takes changes; none at all makes the ledger note that the monitor is alive and try again
    /// what waits.
    func note(_ changes: AlertChanges) {
        inbox.withLock { $0.merge(changes) }
        // When too many wait, the one that runs next takes these too.
        _ = thread.submit { [self] in write(isLast: false) }
    }

    /// Takes how a notification ended.
    func note(_ ending: Delivery) {
        endings.withLock { endings in
            endings.append(ending)
            endings.removeFirst(max(0, endings.count - Limits.waitingTransitions))
        }
        _ = thread.submit { [self] in write(isLast: false) }
    }

    /// Takes the receivers in force, for who is told when one of them does not take a notification.
    func use(_ receivers: [Receiver]) { self.receivers.withLock { $0 = receivers } }

    /// What has been written so far; never waits for the disk.
    ///
    /// What was handed over counts as waiting until it is on the disk.
    var counters: Ledger.Counters {
        inbox.withLock { changes in
            var counters = published.withLock { $0 }
            counters.waiting += changes.count
            return counters
        }
    }

    private func write(isLast: Bool) {
        let now = timekeeper.now()
        let (notices, counters, outbox) = ledger.withLock { ledger in
            let changes = inbox.withLock { changes in
                let taken = changes.take()
                published.withLock { $0.waiting += taken.count }
                return taken
            }
            if let receivers = receivers.withLock({ $0.take() }) { ledger.use(receivers) }
            ledger.note(changes)
            ledger.note(
                endings.withLock { endings in
                    defer { endings = [] }
                    return endings
                })
            let notices = ledger.write(at: now, isLast: isLast)
            return (notices, ledger.counters, isLast ? [] : ledger.takeOutbox())
        }
        published.withLock { $0 = counters }
        if !outbox.isEmpty { onOutbox.withLock { $0 }?(outbox) }
        notices.forEach(onNotice)
    }
}

extension AlertChanges {
    fileprivate mutating func take() -> AlertChanges {
        defer { self = AlertChanges() }
        return self
    }
}
