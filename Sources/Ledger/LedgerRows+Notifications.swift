import Alerting
import GRDB
import HealthModel

/// Notifications as rows: the outbox, and what came of them.
extension LedgerRows {
    /// How long what came of a notification is kept.
    static let endedNotificationAge: Duration = .seconds(90 * 86_400)

    /// Writes notifications that wait; one that is there stays as it is.
    static func write(_ notifications: [Notification], to database: Database) throws {
        let insert = try database.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO notification (
                    receiver, state, at, rule, subject_kind, subject, service, level, active_since,
                    firing_since, reason, summary_nl, summary_en, runbook, incident, part, occasion
                ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for notification in notifications {
            let alert = notification.alert
            try insert.execute(
                arguments: [
                    notification.receiver.text, alert.state.rawValue, notification.at.nanoseconds,
                    alert.key.rule.text, kind(of: alert.key.subject),
                    alert.key.subject.description, alert.service.text, alert.level.rawValue,
                    alert.activeSince.nanoseconds, alert.firingSince?.nanoseconds,
                    alert.reason?.rawValue, alert.summary.dutch, alert.summary.english,
                    alert.runbook, alert.incident?.text, notification.part,
                    notification.occasion.rawValue,
                ])
        }
    }

    /// Writes what came of notifications.
    static func write(_ endings: [Delivery], to database: Database) throws {
        let update = try database.cachedStatement(
            sql: """
                UPDATE notification SET ended_at = ?, ending = ?
                WHERE rule = ? AND subject_kind = ? AND subject = ? AND firing_since = ?
                    AND state = ? AND receiver = ? AND part = ?
                """)
        for ending in endings {
            let alert = ending.notification.alert
            try update.execute(
                arguments: [
                    ending.at.nanoseconds, ending.failure ?? "delivered", alert.key.rule.text,
                    kind(of: alert.key.subject), alert.key.subject.description,
                    alert.firingSince?.nanoseconds, alert.state.rawValue,
                    ending.notification.receiver.text, ending.notification.part,
                ])
        }
    }

    /// Removes what ended long ago, but not while its alert still fires.
    static func prune(at now: Timestamp, in database: Database) throws {
        try database.execute(
            sql: """
                DELETE FROM notification WHERE ended_at < ? AND NOT EXISTS (
                    SELECT 1 FROM alert WHERE alert.rule = notification.rule
                        AND alert.subject_kind = notification.subject_kind
                        AND alert.subject = notification.subject
                )
                """,
            arguments: [(now - endedNotificationAge).nanoseconds])
    }

    /// The notifications that wait, in order, at most `waitingTransitions`.
    static func waiting(_ database: Database) throws -> [Notification] {
        try notifications(
            database, sql: "SELECT * FROM notification WHERE ended_at IS NULL ORDER BY number")
    }

    /// The end of the same episode, told to the same receiver.
    private static let theEnd = """
        SELECT 1 FROM notification AS later WHERE later.rule = notification.rule
            AND later.subject_kind = notification.subject_kind
            AND later.subject = notification.subject
            AND later.firing_since = notification.firing_since
            AND later.state = 'resolved' AND later.receiver = notification.receiver
        """

    /// Who has been told of alerts, or is going to be, and is still owed the end.
    static func told(_ database: Database) throws -> [Notification] {
        try notifications(
            database,
            sql: """
                SELECT * FROM notification
                WHERE state = 'firing' AND NOT EXISTS (\(theEnd)) AND NOT EXISTS (
                    SELECT 1 FROM notification AS first WHERE first.rule = notification.rule
                        AND first.subject_kind = notification.subject_kind
                        AND first.subject = notification.subject
                        AND first.firing_since = notification.firing_since
                        AND first.state = 'firing' AND first.receiver = notification.receiver
                        AND first.part < notification.part)
                ORDER BY number
                """)
    }

    /// Who has heard, or is going to hear, of episodes of which something waits.
    static func heard(_ database: Database) throws -> [Notification] {
        try notifications(
            database,
            sql: """
                SELECT * FROM notification WHERE state = 'firing' AND EXISTS (
                    SELECT 1 FROM notification AS other WHERE other.ended_at IS NULL
                        AND other.rule = notification.rule
                        AND other.subject_kind = notification.subject_kind
                        AND other.subject = notification.subject
                        AND other.firing_since = notification.firing_since)
                ORDER BY number
                """)
    }

    private static func notifications(_ database: Database, sql: String) throws -> [Notification] {
        var notifications: [Notification] = []
        let rows = try Row.fetchCursor(database, sql: "\(sql) LIMIT \(alertsLimit)")
        while let row = try rows.next() {
            let state: Alert.State = row["state"] == "firing" ? .firing : .resolved
            guard var alert = alert(row), alert.firingSince != nil else { continue }
            alert.state = state
            notifications.append(
                Notification(
                    receiver: ReceiverID(row["receiver"]),
                    at: Timestamp(nanoseconds: row["at"]), alert: alert, part: row["part"],
                    occasion: Notification.Occasion(rawValue: row["occasion"]) ?? .change))
        }
        return notifications
    }
}
