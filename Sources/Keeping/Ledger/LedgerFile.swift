import GRDB
import Glibc

/// The file of the ledger: its form, and how it is opened.
enum LedgerFile {
    /// How long a statement waits for another connection, such as an operator's own sqlite3.
    private static let busySeconds = 5.0
    /// Bytes that the write-ahead log keeps on the disk after a checkpoint.
    private static let logBytes = 4 * 1024 * 1024

    /// Opens the file for writing, makes it when it is not there, and brings its form up to date.
    ///
    /// - Throws: `Ledger.OpenError` when another version of the program wrote it, which leaves it as it is.
    static func open(_ path: String) throws -> DatabaseQueue {
        try refuseOtherForm(path)
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(busySeconds)
        configuration.label = "ledger"
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        // GRDB sets NORMAL when it is done, with which a loss of power takes back the last commits
        // (sqlite.org/pragma.html#pragma_synchronous).
        try queue.writeWithoutTransaction { database in
            try database.execute(
                sql: "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = \(logBytes)")
        }
        try migrator.migrate(queue)
        return queue
    }

    /// What is wrong with a file that has a form which this program does not know.
    private struct OtherForm: Error, CustomStringConvertible {
        let description =
            "written by another version of vitaal; use that one, or move the file away"
    }

    /// Reads from the file; nil when there is none, or nothing in it yet.
    static func read<Value>(_ path: String, _ body: (Database) throws -> Value?) throws -> Value? {
        guard access(path, F_OK) == 0 else { return nil }
        let queue = try reader(path)
        let value = try queue.read { database -> Value? in
            guard try !migrator.hasBeenSuperseded(database) else { throw OtherForm() }
            return try migrator.hasCompletedMigrations(database) ? body(database) : nil
        }
        try queue.close()
        return value
    }

    /// Looks before anything is written; opening for writing alone changes a file.
    private static func refuseOtherForm(_ path: String) throws {
        guard access(path, F_OK) == 0 else { return }
        let queue = try reader(path)
        guard try !queue.read(migrator.hasBeenSuperseded) else {
            throw Ledger.OpenError(description: "\(path): \(OtherForm())")
        }
        try queue.close()
    }

    private static func reader(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(busySeconds)
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// The steps from each form of the file to the next; what has been released never changes.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("form 1") { database in
            try database.execute(sql: LedgerFile.form)
        }
        return migrator
    }
}
