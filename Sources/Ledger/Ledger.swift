public import Alerting
import GRDB
import Glibc
public import HealthModel
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
        /// Alerts that wait for the disk.
        public var waiting = 0

        /// Makes counters that start at zero.
        public init() {}
    }

    /// What an earlier run left.
    public struct Memory: Sendable, Hashable {
        /// Its alerts, pending and firing.
        public var alerts: [RememberedAlert] = []
        /// When it was last alive; nil when there was none.
        public var lastSeen: Timestamp?
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
    private var aliveAt: Timestamp?
    private var failedAt: Timestamp?
    private var isFailing = false
    private var openingNotices: [SQLiteFile.Notice] = []

    /// Opens the ledger of a data directory, of which the caller is the only user, and reads what
    /// an earlier run left.
    ///
    /// A damaged file is set aside; a disk that refuses is tried again at every write.
    ///
    /// - Parameter dataDirectory: An existing directory.
    /// - Throws: `OpenError` when a later program wrote the file.
    public init(dataDirectory: String) throws(OpenError) {
        path = dataDirectory + "/" + Self.name
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
        waiting.merge(changes)
        if changes.isComplete { current = [:] }
        for key in changes.ended { current[key] = nil }
        current.merge(changes.active) { $1 }
        counters.waiting = waiting.count
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
        guard !waiting.isEmpty || isHeartbeatDue || isLast else { return notices }
        do {
            if database == nil { try open() }
            try database?.write { [waiting] in try LedgerRows.write(waiting, at: now, to: $0) }
            waiting = AlertChanges()
            counters.writes += 1
            aliveAt = now
            failedAt = nil
            if isFailing { notices.append(.recovered) }
            isFailing = false
        } catch {
            failedAt = now
            if let notice = fail(error) { notices.append(notice) }
        }
        counters.waiting = waiting.count
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
            return .setAside(path: SQLiteFile.setAside(path))
        }
        guard !isFailing else { return nil }
        isFailing = true
        return .failing(SQLiteFile.words(error))
    }

    private mutating func open() throws {
        let queue = try LedgerFile.open(path)
        memory = try queue.read { try LedgerRows.memory($0) }
        database = queue
    }
}
