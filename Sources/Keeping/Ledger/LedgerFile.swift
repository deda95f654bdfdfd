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
    /// - Throws: `Ledger.OpenError` when a later program wrote it, which leaves it as it is.
    static func open(_ path: String) throws -> DatabaseQueue {
        try refuseLaterForm(path)
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

    /// Reads from the file; nil when there is none.
    static func read<Value>(_ path: String, _ body: (Database) throws -> Value?) throws -> Value? {
        guard access(path, F_OK) == 0 else { return nil }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(busySeconds)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        let value = try queue.read(body)
        try queue.close()
        return value
    }

    /// Looks before anything is written; opening for writing alone changes a file.
    private static func refuseLaterForm(_ path: String) throws {
        guard access(path, F_OK) == 0 else { return }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(busySeconds)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        guard try !queue.read(migrator.hasBeenSuperseded) else {
            throw Ledger.OpenError(
                description:
                    "\(path): written by a newer vitaal; use that one, or move the file away")
        }
        try queue.close()
    }

    /// The steps from each form of the file to the next; what has been released never changes.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 alerts") { database in
            try database.execute(
                sql: """
                    CREATE TABLE alert (
                        rule TEXT NOT NULL,
                        subject_kind TEXT NOT NULL CHECK (subject_kind IN ('service', 'endpoint')),
                        subject TEXT NOT NULL,
                        service TEXT NOT NULL,
                        level TEXT NOT NULL,
                        active_since INTEGER NOT NULL,
                        firing_since INTEGER,
                        keep_firing_since INTEGER,
                        reason TEXT,
                        summary_nl TEXT NOT NULL,
                        summary_en TEXT NOT NULL,
                        runbook TEXT,
                        PRIMARY KEY (rule, subject_kind, subject)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE alive (
                        id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
                        at INTEGER NOT NULL
                    ) STRICT;
                    """)
        }
        migrator.registerMigration("2 notifications") { database in
            try database.execute(
                sql: """
                    CREATE TABLE notification (
                        number INTEGER NOT NULL PRIMARY KEY,
                        receiver TEXT NOT NULL,
                        state TEXT NOT NULL CHECK (state IN ('firing', 'resolved')),
                        at INTEGER NOT NULL,
                        ended_at INTEGER,
                        ending TEXT,
                        rule TEXT NOT NULL,
                        subject_kind TEXT NOT NULL CHECK (subject_kind IN ('service', 'endpoint')),
                        subject TEXT NOT NULL,
                        service TEXT NOT NULL,
                        level TEXT NOT NULL,
                        active_since INTEGER NOT NULL,
                        firing_since INTEGER NOT NULL,
                        reason TEXT,
                        summary_nl TEXT NOT NULL,
                        summary_en TEXT NOT NULL,
                        runbook TEXT,
                        UNIQUE (rule, subject_kind, subject, firing_since, state, receiver)
                    ) STRICT;
                    CREATE INDEX notification_waiting ON notification (number)
                        WHERE ended_at IS NULL;
                    """)
        }
        migrator.registerMigration("3 parts") { database in
            try database.execute(sql: LedgerFile.parts)
        }
        migrator.registerMigration("5 incidents") { database in
            try database.execute(sql: LedgerFile.incidents)
        }
        migrator.registerMigration("6 objectives") { database in
            try database.execute(
                sql: """
                    CREATE TABLE objective (
                        service TEXT NOT NULL,
                        month TEXT NOT NULL,
                        seen_until INTEGER NOT NULL,
                        good INTEGER NOT NULL,
                        lost_own INTEGER NOT NULL,
                        lost_chain INTEGER NOT NULL,
                        maintenance INTEGER NOT NULL,
                        unknown INTEGER NOT NULL,
                        outside INTEGER NOT NULL,
                        PRIMARY KEY (service, month)
                    ) STRICT, WITHOUT ROWID;
                    """)
        }
        // After those that were released before it; needs none of them.
        migrator.registerMigration("4 evidence") { database in
            try database.execute(
                sql: """
                    CREATE TABLE evidence (
                        seq INTEGER NOT NULL PRIMARY KEY,
                        hash TEXT NOT NULL,
                        line TEXT NOT NULL
                    ) STRICT;
                    CREATE TABLE evidence_head (
                        id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
                        seq INTEGER NOT NULL,
                        hash TEXT NOT NULL,
                        exported INTEGER NOT NULL
                    ) STRICT;
                    """)
        }
        migrator.registerMigration("7 operators") { database in
            try database.execute(sql: LedgerFile.operators)
        }
        migrator.registerMigration("8 baseline") { database in
            try database.execute(
                sql: """
                    CREATE TABLE baseline_pass (
                        endpoint TEXT NOT NULL,
                        fact TEXT NOT NULL,
                        url TEXT NOT NULL,
                        at INTEGER NOT NULL,
                        PRIMARY KEY (endpoint, fact)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX baseline_pass_at ON baseline_pass (at);
                    """)
        }
        migrator.registerMigration("9 books") { database in
            try database.execute(sql: LedgerFile.books)
        }
        migrator.registerMigration("10 recurrence") { database in
            try database.execute(sql: LedgerRows.addRecurrence)
        }
        return migrator
    }

    private static let operators = """
        CREATE TABLE operator_action (
            id TEXT NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL,
            author TEXT NOT NULL,
            reason TEXT NOT NULL,
            added_at INTEGER NOT NULL,
            starts_at INTEGER NOT NULL,
            ends_at INTEGER NOT NULL,
            ended_at INTEGER,
            ended_by TEXT
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX operator_action_waiting ON operator_action (starts_at)
            WHERE ended_at IS NULL;
        CREATE TABLE operator_action_name (
            action TEXT NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            PRIMARY KEY (action, kind, name)
        ) STRICT, WITHOUT ROWID;
        ALTER TABLE incident ADD COLUMN first_told_at INTEGER;
        """

    private static let incidents = """
        CREATE TABLE incident (
            id TEXT NOT NULL PRIMARY KEY,
            root TEXT NOT NULL,
            opened_at INTEGER NOT NULL,
            closed_at INTEGER,
            merged_into TEXT,
            level TEXT NOT NULL,
            updates INTEGER NOT NULL,
            told_at INTEGER,
            told_services INTEGER NOT NULL,
            told_root TEXT,
            is_calamity INTEGER NOT NULL,
            occurrence INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX incident_open ON incident (opened_at) WHERE closed_at IS NULL;
        CREATE INDEX incident_closed ON incident (closed_at);
        CREATE TABLE incident_told (
            incident TEXT NOT NULL,
            receiver TEXT NOT NULL,
            level TEXT NOT NULL,
            PRIMARY KEY (incident, receiver)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE incident_event (
            incident TEXT NOT NULL,
            position INTEGER NOT NULL,
            at INTEGER NOT NULL,
            kind TEXT NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (incident, position)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE incident_alert (
            incident TEXT NOT NULL,
            position INTEGER NOT NULL,
            joined_at INTEGER NOT NULL,
            ended_at INTEGER,
            is_lead INTEGER NOT NULL,
            rule TEXT NOT NULL,
            subject_kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            service TEXT NOT NULL,
            level TEXT NOT NULL,
            active_since INTEGER NOT NULL,
            firing_since INTEGER,
            reason TEXT,
            summary_nl TEXT NOT NULL,
            summary_en TEXT NOT NULL,
            runbook TEXT,
            PRIMARY KEY (incident, position)
        ) STRICT, WITHOUT ROWID;
        """

    /// Lets alerts be about the monitor or belong to an incident, and one episode be told in parts.
    ///
    /// SQLite cannot change a constraint, so both tables are made anew.
    private static let parts = """
        CREATE TABLE new_alert (
            rule TEXT NOT NULL,
            subject_kind TEXT NOT NULL
                CHECK (subject_kind IN ('service', 'endpoint', 'monitor')),
            subject TEXT NOT NULL,
            service TEXT NOT NULL,
            level TEXT NOT NULL,
            active_since INTEGER NOT NULL,
            firing_since INTEGER,
            keep_firing_since INTEGER,
            reason TEXT,
            summary_nl TEXT NOT NULL,
            summary_en TEXT NOT NULL,
            runbook TEXT,
            incident TEXT,
            PRIMARY KEY (rule, subject_kind, subject)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO new_alert SELECT *, NULL FROM alert;
        DROP TABLE alert;
        ALTER TABLE new_alert RENAME TO alert;
        CREATE TABLE new_notification (
            number INTEGER NOT NULL PRIMARY KEY,
            receiver TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('firing', 'resolved')),
            at INTEGER NOT NULL,
            ended_at INTEGER,
            ending TEXT,
            rule TEXT NOT NULL,
            subject_kind TEXT NOT NULL
                CHECK (subject_kind IN ('service', 'endpoint', 'monitor')),
            subject TEXT NOT NULL,
            service TEXT NOT NULL,
            level TEXT NOT NULL,
            active_since INTEGER NOT NULL,
            firing_since INTEGER NOT NULL,
            reason TEXT,
            summary_nl TEXT NOT NULL,
            summary_en TEXT NOT NULL,
            runbook TEXT,
            incident TEXT,
            part INTEGER NOT NULL,
            occasion TEXT NOT NULL,
            UNIQUE (rule, subject_kind, subject, firing_since, state, receiver, part)
        ) STRICT;
        INSERT INTO new_notification SELECT *, NULL, 0, 'change' FROM notification;
        DROP TABLE notification;
        ALTER TABLE new_notification RENAME TO notification;
        CREATE INDEX notification_waiting ON notification (number) WHERE ended_at IS NULL;
        """
}
