import Alerting
import Evidence
import HealthModel

/// Evidence on its way: records get their places in the chain in the transaction that they belong
/// to, and stay in the ledger until their lines are in the file.
struct EvidenceOutbox: Sendable {
    /// What a ledger holds of the evidence.
    struct Stored: Sendable, Hashable {
        /// The last line of the chain; nil in a ledger that has never held one.
        var head: ChainHead?
        /// The last line that is known to be in the file.
        var exported: Int64 = 0
        /// Lines that may not be in the file, in order.
        var lines: [ChainedLine] = []
    }

    /// Records with their places in the chain, for one transaction.
    struct Sealing: Sendable {
        var lines: [ChainedLine] = []
        /// How many records they came from, and how many lost ones they tell.
        fileprivate(set) var records = 0
        fileprivate(set) var lost = 0
    }

    /// What waits for a transaction.
    private(set) var backlog = EvidenceBacklog()
    /// Records lost since the start.
    private(set) var lostCount = 0
    /// The last line that is known to be in the file.
    private(set) var exported: Int64 = 0

    /// The last line of the file when it was opened.
    private let file: ChainHead?
    /// The last line of the chain; nil until a ledger has been read.
    private var head: ChainHead?
    /// The line of the file after which the chain goes on, when the ledger did not know it.
    private var resumedAfter: ChainHead?
    /// Lines that may not be in the file, in order.
    private var unexported: [ChainedLine] = []
    /// The last line in the ledger.
    private var stored: Int64 = 0
    /// The last line that was handed out.
    private var taken: Int64 = 0

    /// Makes an outbox for a file that ends with `file`.
    init(file: ChainHead?) { self.file = file }

    /// Whether there is something that can get a place in the chain now.
    var hasWork: Bool { !backlog.isEmpty && unexported.count < Limits.evidenceQueue }

    /// Takes records, in memory only.
    mutating func note(_ later: EvidenceBacklog) {
        let before = backlog.lost
        backlog.add(later)
        lostCount += backlog.lost - before
    }

    /// Goes on where a ledger and the file end, whichever is further.
    ///
    /// After damage a new ledger gets what waits for the file once more.
    mutating func open(_ ledger: Stored) {
        guard head == nil else {
            stored = exported
            return
        }
        let end = ledger.head ?? .beginning
        if let file, file.seq > end.seq {
            (head, resumedAfter) = (file, file)
            exported = file.seq
        } else {
            head = end
            exported = max(ledger.exported, min(file?.seq ?? 0, end.seq))
            unexported = ledger.lines.filter { $0.seq > exported }
        }
        stored = end.seq
        taken = exported
    }

    /// Gives records their places in the chain, as many as may wait for the file; nothing changes
    /// until `keep`.
    ///
    /// - Parameters:
    ///   - now: The present.
    ///   - isLast: Whether the process ends, so that more may wait.
    /// - Returns: Lines for the transaction that comes.
    func seal(at now: Timestamp, isLast: Bool) -> Sealing {
        var sealing = Sealing()
        guard var head else { return sealing }
        let room = isLast ? .max : Limits.evidenceQueue - unexported.count
        guard room > 0, !backlog.isEmpty || resumedAfter != nil else { return sealing }
        var records: [EvidenceRecord] = []
        if let resumedAfter {
            records.append(
                EvidenceRecord(
                    at: now, action: .evidenceResumed, object: "evidence",
                    result: "the ledger did not know line \(resumedAfter.seq), the last one of the "
                        + "files; the chain goes on after it"))
        }
        if backlog.lost > 0 {
            records.append(
                EvidenceRecord(
                    at: now, action: .evidenceLost, object: "evidence",
                    result: "\(backlog.lost) record\(backlog.lost == 1 ? " was" : "s were") lost: "
                        + "too many waited for the disk"))
        }
        sealing.lost = backlog.lost
        sealing.records = min(backlog.records.count, room)
        records += backlog.records.prefix(sealing.records)
        for record in records {
            let line = head.seal(record.jsonLine)
            head = line.head
            sealing.lines.append(line)
        }
        return sealing
    }

    /// Lines that the ledger is to hold and does not, and its head; nil when no ledger was read.
    func entry(with sealing: Sealing) -> (lines: [ChainedLine], head: ChainHead, exported: Int64)? {
        guard let head else { return nil }
        let lines = unexported.filter { $0.seq > stored } + sealing.lines
        return (lines, sealing.lines.last?.head ?? head, exported)
    }

    /// Notes that the transaction is on the disk.
    mutating func keep(_ sealing: Sealing) {
        stored = sealing.lines.last?.seq ?? head?.seq ?? 0
        guard let last = sealing.lines.last else { return }
        backlog.remove(first: sealing.records, lost: sealing.lost)
        resumedAfter = nil
        unexported += sealing.lines
        head = last.head
    }

    /// Lines for the file that were not handed out before.
    mutating func take() -> [ChainedLine] {
        // Only what is on the disk may be in the file.
        let lines = unexported.filter { $0.seq > taken && $0.seq <= stored }
        taken = lines.last?.seq ?? taken
        return lines
    }

    /// Notes that the file has the lines up to this one.
    mutating func noteExported(_ seq: Int64) {
        guard seq > exported, seq <= stored else { return }
        exported = seq
        unexported.removeFirst(unexported.prefix { $0.seq <= seq }.count)
    }
}
