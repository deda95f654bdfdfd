/// The step to books: what was told and what waits, one message with as many alerts as it has.
extension LedgerFile {
    private static let item = """
        part TEXT NOT NULL,
        rule TEXT NOT NULL,
        subject_kind TEXT NOT NULL CHECK (subject_kind IN ('service', 'endpoint', 'monitor')),
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
        tier INTEGER,
        sector TEXT,
        owner TEXT,
        cause TEXT
        """

    /// The thread of an old notification, and how many came before it in its thread.
    private static let old = """
        WITH old AS (
            SELECT *, rule || '/' || subject_kind || '/' || subject || '/' || firing_since AS episode,
                coalesce(incident, rule || '/' || subject_kind || '/' || subject || '/' || firing_since)
                    AS thread
            FROM notification
        ), numbered AS (
            SELECT *, row_number() OVER (PARTITION BY receiver, thread ORDER BY number) - 1 AS place,
                row_number() OVER (
                    PARTITION BY receiver, episode, state ORDER BY number) - 1 AS turn
            FROM old
        )
        """

    static let books = """
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
        \(old)
        INSERT INTO message SELECT number, receiver || '/' || thread || '/' || place || '/' || state, receiver, at,
            thread, place, occasion, 0, upper(level) || ': ' || summary_nl,
            upper(level) || ': ' || summary_en, summary_nl, summary_en, ended_at, ending
            FROM numbered WHERE ended_at IS NULL;
        INSERT INTO message_alert SELECT number, 0,
            CASE WHEN state = 'resolved' THEN 'over' WHEN part = 0 THEN 'begun' ELSE 'known' END,
            rule, subject_kind, subject, service, level, active_since, firing_since, reason,
            summary_nl, summary_en, runbook, incident, NULL, NULL, NULL, NULL
            FROM notification WHERE ended_at IS NULL;
        \(old)
        INSERT INTO book_entry SELECT receiver, episode, thread, at,
            receiver || '/' || thread || '/' || place || '/firing',
            CASE WHEN ending = 'delivered' THEN ended_at END,
            CASE WHEN ending <> 'delivered' THEN ended_at END, 'own', NULL, 'begun', rule,
            subject_kind, subject, service, level, active_since, firing_since, reason, summary_nl,
            summary_en, runbook, incident, NULL, NULL, NULL, NULL
            FROM numbered AS one WHERE state = 'firing' AND turn = 0 AND NOT EXISTS (
                SELECT 1 FROM old AS later WHERE later.episode = one.episode
                    AND later.receiver = one.receiver AND later.state = 'resolved');
        \(old)
        INSERT INTO book_thread SELECT receiver, thread, count(*), max(at), NULL, NULL, 0, 0
            FROM numbered GROUP BY receiver, thread;
        DROP TABLE notification;
        DROP TABLE incident_told;
        ALTER TABLE incident DROP COLUMN updates;
        ALTER TABLE incident DROP COLUMN told_at;
        ALTER TABLE incident DROP COLUMN told_services;
        ALTER TABLE incident DROP COLUMN told_root;
        ALTER TABLE incident DROP COLUMN first_told_at;
        ALTER TABLE incident_alert DROP COLUMN is_lead;
        """
}
