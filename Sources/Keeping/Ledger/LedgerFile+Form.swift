/// The tables of the ledger.
///
/// Instants and durations are nanoseconds; STRICT, so that a value of another type is an error.
extension LedgerFile {
    /// What an alert is about and says.
    private static let alert = """
        rule TEXT NOT NULL,
        subject_kind TEXT NOT NULL CHECK (subject_kind IN ('service', 'endpoint', 'monitor')),
        subject TEXT NOT NULL,
        service TEXT NOT NULL,
        level TEXT NOT NULL,
        active_since INTEGER NOT NULL,
        firing_since INTEGER,
        reason TEXT,
        summary_nl TEXT NOT NULL,
        summary_en TEXT NOT NULL,
        runbook TEXT
        """

    /// An alert as a receiver is told of it.
    private static let item = """
        part TEXT NOT NULL,
        \(alert),
        incident TEXT,
        tier INTEGER,
        sector TEXT,
        owner TEXT,
        cause TEXT
        """

    static let form = """
        CREATE TABLE alive (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE alert (
            \(alert),
            keep_firing_since INTEGER,
            incident TEXT,
            PRIMARY KEY (rule, subject_kind, subject)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE incident (
            id TEXT NOT NULL PRIMARY KEY,
            root TEXT NOT NULL,
            opened_at INTEGER NOT NULL,
            closed_at INTEGER,
            merged_into TEXT,
            level TEXT NOT NULL,
            is_calamity INTEGER NOT NULL,
            occurrence INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX incident_open ON incident (opened_at) WHERE closed_at IS NULL;
        CREATE INDEX incident_closed ON incident (closed_at);
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
            \(alert),
            PRIMARY KEY (incident, position)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE message (
            number INTEGER NOT NULL PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            receiver TEXT NOT NULL,
            at INTEGER NOT NULL,
            thread TEXT NOT NULL,
            part INTEGER NOT NULL,
            occasion TEXT NOT NULL,
            more_count INTEGER NOT NULL,
            headline_nl TEXT NOT NULL,
            headline_en TEXT NOT NULL,
            body_nl TEXT NOT NULL,
            body_en TEXT NOT NULL,
            ended_at INTEGER,
            ending TEXT
        ) STRICT;
        CREATE INDEX message_waiting ON message (number) WHERE ended_at IS NULL;
        CREATE TABLE message_alert (
            message INTEGER NOT NULL,
            position INTEGER NOT NULL,
            \(item),
            PRIMARY KEY (message, position)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE book_entry (
            receiver TEXT NOT NULL,
            episode TEXT NOT NULL,
            thread TEXT NOT NULL,
            told_at INTEGER NOT NULL,
            notification TEXT NOT NULL,
            delivered_at INTEGER,
            lost_at INTEGER,
            source TEXT NOT NULL,
            acknowledgement TEXT,
            \(item),
            PRIMARY KEY (receiver, episode)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE book_thread (
            receiver TEXT NOT NULL,
            name TEXT NOT NULL,
            parts INTEGER NOT NULL,
            news_at INTEGER,
            reminded_at INTEGER,
            cause TEXT,
            is_calamity INTEGER NOT NULL,
            is_escalated INTEGER NOT NULL,
            PRIMARY KEY (receiver, name)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE operator_action (
            id TEXT NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL,
            author TEXT NOT NULL,
            reason TEXT NOT NULL,
            added_at INTEGER NOT NULL,
            starts_at INTEGER NOT NULL,
            ends_at INTEGER NOT NULL,
            ended_at INTEGER,
            ended_by TEXT,
            recurrence TEXT,
            recurs_from INTEGER,
            recurs_length INTEGER,
            recurs_until INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX operator_action_waiting ON operator_action (starts_at)
            WHERE ended_at IS NULL;
        CREATE TABLE operator_action_name (
            action TEXT NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            PRIMARY KEY (action, kind, name)
        ) STRICT, WITHOUT ROWID;
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
        CREATE TABLE baseline_pass (
            endpoint TEXT NOT NULL,
            fact TEXT NOT NULL,
            url TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (endpoint, fact)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX baseline_pass_at ON baseline_pass (at);
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
        """
}
