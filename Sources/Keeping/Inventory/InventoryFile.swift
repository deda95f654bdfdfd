import GRDB
import Glibc
import SQLiteSupport

/// The file of the inventory: its name, form and lock.
///
/// SQLite in WAL mode. One connection writes, in the daemon; `vitaal certs` opens it read-only.
public enum InventoryFile {
    /// The inventory cannot be opened.
    public struct OpenError: Error, Sendable, Hashable, CustomStringConvertible {
        /// The path, what is wrong with it, and what to do.
        public let description: String

        init(_ description: String) { self.description = description }
    }

    /// The name of the file in the data directory.
    public static let name = "certificates.sqlite"

    /// The path of the file in a data directory.
    public static func path(in dataDirectory: String) -> String { dataDirectory + "/" + name }

    /// How long a statement waits for another connection, such as an operator's own sqlite3.
    private static let busySeconds = 5.0
    /// Bytes that the write-ahead log keeps on the disk after a checkpoint.
    private static let logBytes = 16 * 1024 * 1024

    /// Opens the file for writing, makes it when it is not there, and brings its form up to date.
    static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(busySeconds)
        configuration.label = "inventory"
        configuration.prepareDatabase { database in
            // A loss of power may cost the last minute, never the file (sqlite.org/wal.html).
            try database.execute(
                sql: "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = \(logBytes)")
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        guard try !queue.read(migrator.hasBeenSuperseded) else {
            throw OpenError(
                "\(path): written by a newer vitaal; use that one, or move the file away")
        }
        try migrator.migrate(queue)
        return queue
    }

    /// Opens the file for reading, while the daemon may write.
    static func openForReading(_ path: String) throws(OpenError) -> DatabaseQueue {
        guard access(path, F_OK) == 0 else {
            throw OpenError(
                "\(path): there is no inventory yet; vitaal run makes it in its data directory, "
                    + "which --data-dir names")
        }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(busySeconds)
        do {
            let queue = try connect(path, configuration)
            let form = try queue.read(migrator.completedMigrations)
            guard form.contains(Self.firstForm) else {
                throw OpenError("\(path): no inventory of certificates, or one not finished yet")
            }
            return queue
        } catch let error as OpenError {
            throw error
        } catch {
            throw OpenError("\(path): \(SQLiteFile.words(error))")
        }
    }

    /// Opens a connection; a directory in which we may not write is read as it stands.
    private static func connect(
        _ path: String, _ configuration: Configuration
    ) throws -> DatabaseQueue {
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.read { _ = try Row.fetchOne($0, sql: "SELECT 1 FROM sqlite_master") }
            return queue
        } catch let error as DatabaseError
            where error.resultCode == .SQLITE_CANTOPEN && access(path + "-wal", F_OK) != 0
        {
            // Nobody writes, so nothing can change under us (sqlite.org/wal.html §6).
            let encoded = path.replacing("%", with: "%25").replacing("?", with: "%3f")
                .replacing("#", with: "%23")
            return try DatabaseQueue(
                path: "file:\(encoded)?immutable=1", configuration: configuration)
        }
    }

    /// The first form of the file.
    private static let firstForm = "1 certificates, chains, sightings"

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration(firstForm) { database in
            try database.execute(
                sql: """
                    CREATE TABLE certificate (
                        fingerprint BLOB NOT NULL PRIMARY KEY,
                        der BLOB NOT NULL,
                        subject TEXT NOT NULL,
                        issuer TEXT NOT NULL,
                        issuer_organisation TEXT,
                        names TEXT NOT NULL,
                        name_count INTEGER NOT NULL,
                        serial_number TEXT NOT NULL,
                        not_before INTEGER NOT NULL,
                        not_after INTEGER NOT NULL,
                        key TEXT NOT NULL,
                        key_sha256 TEXT NOT NULL,
                        signature TEXT NOT NULL
                    ) STRICT;
                    CREATE TABLE chain (
                        id INTEGER NOT NULL PRIMARY KEY,
                        fingerprints BLOB NOT NULL UNIQUE
                    ) STRICT;
                    CREATE TABLE sighting (
                        id INTEGER NOT NULL PRIMARY KEY,
                        endpoint TEXT NOT NULL,
                        service TEXT NOT NULL,
                        host TEXT NOT NULL,
                        address TEXT NOT NULL,
                        chain INTEGER NOT NULL REFERENCES chain (id),
                        verdict TEXT NOT NULL,
                        store TEXT NOT NULL,
                        first_seen INTEGER NOT NULL,
                        last_seen INTEGER NOT NULL,
                        UNIQUE (endpoint, host, address, chain, verdict, store)
                    ) STRICT;
                    CREATE INDEX sighting_chain ON sighting (chain);
                    """)
        }
        return migrator
    }
}

/// The lock of an inventory: a file of its own, since SQLite's locks end when anybody in the
/// process closes the database file (close(2), fcntl(2)).
final class InventoryLock: Sendable {
    private let descriptor: CInt

    /// Takes the lock that goes with the inventory at `path`.
    ///
    /// Nil when it cannot be made, as on a full disk: then the inventory waits.
    ///
    /// - Throws: `OpenError` when another process holds it.
    init?(path: String) throws(InventoryFile.OpenError) {
        descriptor = Glibc.open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { return nil }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw InventoryFile.OpenError(
                "\(path): another vitaal writes to it; give each its own --data-dir")
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
