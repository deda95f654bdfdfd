public import Alerting
public import Evidence
import GRDB
import Glibc
public import HealthModel
public import Incidents
public import Observing
public import Routing
public import SQLiteSupport

/// What must survive a restart: which alerts are pending and which have been told.
///
/// One SQLite file with one connection, on which every commit is durable before it returns. A value
/// for one owner, who may wait for the disk. A disk that refuses stops nobody: changes wait in
/// memory, each alert once, and are written when the disk takes them again.
public struct Ledger: Sendable {
    /// The ledger cannot be used.
    public struct OpenError: Error, Sendable, Hashable, CustomStringConvertible {
        /// The path, what is wrong with it, and what to do.
        public let description: String
    }

    /// What the ledger counts about itself.
    public struct Counters: Sendable, Hashable {
        /// Transactions written.
        public var writes = 0
        /// Attempts that failed.
        public var errors = 0
        /// Alerts and notifications that wait for the disk.
        public var waiting = 0
        /// Notifications lost because too many waited.
        public var lost = 0
        /// Records of evidence that have no place in the chain yet.
        public var evidenceWaiting = 0
        /// Records of evidence lost because too many waited.
        public var evidenceLost = 0

        /// Makes counters that start at zero.
        public init() {}
    }

    /// What an earlier run left.
    public struct Memory: Sendable, Hashable {
        /// Its alerts, pending and firing.
        public var alerts: [RememberedAlert] = []
        /// Its incidents: the open ones, those of the last week, and the last one of all.
        public var incidents: [Incident] = []
        /// What operators had done: what is not over, and the last of each kind.
        public var actions: [OperatorAction] = []
        /// How services did against their objectives.
        public var objectives: [ServiceID: ObjectiveClock] = [:]
        /// What servers did as they should.
        public var passes: [BaselinePass] = []
        /// When it was last alive; nil when there was none.
        public var lastSeen: Timestamp?
        /// Its notifications that were not delivered, in order.
        public var waiting: [Notification] = []
        /// What each receiver was told, or is going to be, and not yet the end of.
        public var books: [ReceiverID: ReceiverBook] = [:]

        /// Whether a monitor that starts without it writes over nothing that it should have known:
        /// when an earlier one was last alive is all, and passes, which are only added to.
        var isEmpty: Bool {
            alerts.isEmpty && incidents.isEmpty && actions.isEmpty && objectives.isEmpty
                && waiting.isEmpty && books.isEmpty
        }
    }

    /// The name of the file in the data directory.
    public static let name = "ledger.sqlite"
    /// How often it is noted that the monitor is alive.
    static let heartbeatInterval: Duration = .seconds(60)
    /// How long a failed write is left alone.
    static let retryInterval: Duration = .seconds(10)

    /// What has been written so far.
    public private(set) var counters = Counters()
    /// What an earlier run left.
    public private(set) var memory = Memory()

    private let path: String
    private var database: DatabaseQueue?
    private var waiting = AlertChanges()
    /// Every alert that is pending or firing, for a file that must be begun anew.
    private var current: [AlertKey: RememberedAlert] = [:]
    /// Every incident that is open, and the last one, for the same.
    private var currentIncidents: [IncidentID: Incident] = [:]
    /// What operators did that is not over, for the same.
    private var currentActions: [ActionID: OperatorAction] = [:]
    /// What servers did as they should in this run, for the same.
    private var currentPasses: [BaselinePass.Key: BaselinePass] = [:]
    /// What receivers were told, for the same.
    private var currentBooks: [ReceiverID: ReceiverBook.Changes] = [:]
    /// Notifications and deliveries that wait for the disk.
    private var outbox: [Notification] = []
    private var endings: [Delivery] = []
    /// How many of `outbox`, from the end, have not been handed out.
    private var unsent = 0
    private var evidence: EvidenceOutbox
    private var aliveAt: Timestamp?
    private var failedAt: Timestamp?
    private var isFailing = false
    private var openingNotices: [SQLiteFile.Notice] = []
    /// Whether the monitor knows all that the file says, so that it may be written over.
    private var isFileKnown = false

    /// Opens the ledger of a data directory, of which the caller is the only user, and reads what
    /// an earlier run left.
    ///
    /// A damaged file is set aside; a disk that refuses is tried again at every write. What can be read
    /// only then comes too late for the monitor, which has judged without it: that is set aside too.
    ///
    /// - Parameter dataDirectory: An existing directory.
    /// - Throws: `OpenError` when a later program wrote the file.
    public init(dataDirectory: String) throws(OpenError) {
        path = dataDirectory + "/" + Self.name
        evidence = EvidenceOutbox(file: EvidenceFiles.head(in: dataDirectory))
        do {
            try open()
        } catch let error as OpenError {
            throw error
        } catch {
            openingNotices = [fail(error)].compactMap(\.self)
        }
    }

    /// Takes changes, in memory only.
    public mutating func note(_ changes: AlertChanges) {
        for notification in changes.notifications { send(notification) }
        counters.lost += changes.lostNotifications
        var changes = changes
        changes.notifications = []
        waiting.merge(changes)
        if changes.isComplete { current = [:] }
        for key in changes.ended { current[key] = nil }
        current.merge(changes.active) { $1 }
        currentIncidents.merge(changes.incidents) { $1 }
        currentActions.merge(changes.actions) { $1 }
        currentPasses.merge(changes.passes) { $1 }
        for (receiver, book) in changes.books {
            var all = currentBooks[receiver] ?? ReceiverBook.Changes()
            all.merge(book)
            all.entries = all.entries.filter { $0.value != nil }
            all.threads = all.threads.filter { $0.value != nil }
            currentBooks[receiver] = all.isEmpty ? nil : all
        }
        forgetActions()
        forgetIncidents()
        count()
    }

    /// Forgets incidents that are over, but for the last one of each year, those whose alerts fire on
    /// and those of which somebody has to report.
    private mutating func forgetIncidents() {
        let last = Self.last(of: currentIncidents.keys.map(\.text))
        guard currentIncidents.contains(where: { !$0.value.isOpen && !last.contains($0.key.text) })
        else { return }
        let named = Set(current.values.compactMap(\.alert.incident))
        currentIncidents = currentIncidents.filter { id, incident in
            incident.isOpen || last.contains(id.text) || named.contains(id)
                || LegalClock(incident)?.next != nil
        }
    }

    /// Forgets actions that are over, but for the last one of each kind and year.
    private mutating func forgetActions() {
        let last = Self.last(of: currentActions.keys.map(\.text))
        currentActions = currentActions.filter { id, action in
            action.endedAt == nil || last.contains(id.text)
        }
    }

    /// The last number of each kind and year, such as the last that begins with `SIL-2026`.
    private static func last(of numbers: [String]) -> Set<String> {
        let series = Dictionary(grouping: numbers) { $0.prefix(8) }
        return Set(
            series.values.compactMap { some in
                some.max { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
            })
    }

    /// Takes what came of notifications, in memory only.
    public mutating func note(_ endings: [Delivery]) {
        self.endings += endings
        // One that is forgotten is delivered again after a restart, under the same id.
        self.endings.removeFirst(max(0, self.endings.count - Limits.waitingTransitions))
        count()
    }

    /// Takes records of evidence, in memory only; they are written in one transaction with what
    /// else was noted.
    public mutating func note(_ backlog: EvidenceBacklog) {
        evidence.note(backlog)
        count()
    }

    /// The lines of evidence that are on the disk and not in the file, each handed out once.
    public mutating func takeEvidence() -> [ChainedLine] { evidence.take() }

    /// Takes that the file has all lines up to this one; the ledger forgets them with its next
    /// transaction.
    public mutating func noteExported(_ seq: Int64) { evidence.noteExported(seq) }

    /// The notifications that may be delivered now, each handed out once.
    ///
    /// Call it after `write`: what is on the disk is delivered for certain, also after a crash.
    /// What the disk refused is handed out too, since a full disk must not keep a page back.
    public mutating func takeOutbox() -> [Notification] {
        let taken = Array(outbox.suffix(unsent))
        unsent = 0
        if database != nil, !isFailing { outbox = [] }
        return taken
    }

    /// Puts a notification into the outbox; the oldest is lost when too many wait.
    private mutating func send(_ notification: Notification) {
        outbox.append(notification)
        unsent += 1
        let excess = outbox.count - Limits.waitingTransitions
        guard excess > 0 else { return }
        counters.lost += max(0, excess - (outbox.count - unsent))
        outbox.removeFirst(excess)
        unsent = min(unsent, outbox.count)
    }

    private mutating func count() {
        counters.waiting = waiting.count + outbox.count + endings.count
        counters.evidenceWaiting = evidence.backlog.records.count
        counters.evidenceLost = evidence.lostCount
    }

    /// Whether everything that was noted is on the disk.
    public var isWritten: Bool {
        !isFailing && waiting.isEmpty && outbox.count == unsent && endings.isEmpty
    }

    /// Writes what was noted, in one transaction.
    ///
    /// - Parameters:
    ///   - now: The present.
    ///   - isLast: Whether to write now in any case, since the process ends.
    /// - Returns: What a person should hear.
    public mutating func write(at now: Timestamp, isLast: Bool = false) -> [SQLiteFile.Notice] {
        var notices = openingNotices
        openingNotices = []
        if let failedAt, !isLast, now >= failedAt, now - failedAt < Self.retryInterval {
            return notices
        }
        let isHeartbeatDue = aliveAt.map { now < $0 || now - $0 >= Self.heartbeatInterval } ?? true
        let isIdle =
            waiting.isEmpty && outbox.isEmpty && endings.isEmpty && !evidence.hasWork
        guard !isIdle || isHeartbeatDue || isLast else { return notices }
        do {
            if database == nil { notices += [try reopen()].compactMap(\.self) }
            let sealing = evidence.seal(at: now, isLast: isLast)
            let entry = evidence.entry(with: sealing)
            try database?.write { [waiting, outbox, endings] database in
                try LedgerRows.write(waiting, at: now, to: database)
                try LedgerRows.write(outbox, to: database)
                try LedgerRows.write(endings, to: database)
                try LedgerRows.write(entry, to: database)
                if isHeartbeatDue {
                    try LedgerRows.prune(at: now, in: database)
                    try LedgerRows.pruneIncidents(at: now, in: database)
                    try LedgerRows.pruneActions(at: now, in: database)
                    try LedgerRows.prunePasses(at: now, in: database)
                }
            }
            evidence.keep(sealing)
            waiting = AlertChanges()
            outbox.removeFirst(outbox.count - unsent)
            endings = []
            counters.writes += 1
            aliveAt = now
            failedAt = nil
            if isFailing { notices.append(.recovered) }
            isFailing = false
        } catch {
            failedAt = now
            if let notice = fail(error) { notices.append(notice) }
        }
        count()
        return notices
    }

    /// Notes a failed operation; after damage the file is set aside and begun anew.
    mutating func fail(_ error: any Error) -> SQLiteFile.Notice? {
        counters.errors += 1
        if SQLiteFile.isDamage(error) {
            try? database?.close()
            database = nil
            failedAt = nil
            waiting = AlertChanges()
            waiting.isComplete = true
            waiting.active = current
            waiting.incidents = currentIncidents
            waiting.actions = currentActions
            waiting.passes = currentPasses
            waiting.books = currentBooks
            isFileKnown = true
            return .setAside(path: SQLiteFile.setAside(path))
        }
        guard !isFailing else { return nil }
        isFailing = true
        return .failing(SQLiteFile.words(error))
    }

    /// Opens the file again, or a new one when this one remembers what the monitor never heard of.
    ///
    /// The chain of evidence goes on all the same.
    private mutating func reopen() throws -> SQLiteFile.Notice? {
        guard !isFileKnown else {
            try open()
            return nil
        }
        let queue = try LedgerFile.open(path)
        guard try queue.read({ try LedgerRows.memory($0) }).isEmpty else {
            evidence.open(try queue.read { try LedgerRows.evidence($0) })
            try queue.close()
            let aside = SQLiteFile.setAside(path, ending: ".unread")
            // A file that cannot be moved away is left as it is, too.
            guard access(path, F_OK) != 0 else {
                throw OpenError(description: "\(path) cannot be moved to \(aside)")
            }
            try open()
            return .unread(path: aside)
        }
        try queue.close()
        try open()
        return nil
    }

    private mutating func open() throws {
        let queue = try LedgerFile.open(path)
        evidence.open(try queue.read { try LedgerRows.evidence($0) })
        memory = try queue.read { try LedgerRows.memory($0) }
        for pass in memory.passes where currentPasses[pass.key] == nil {
            currentPasses[pass.key] = pass
        }
        isFileKnown = true
        database = queue
    }
}
