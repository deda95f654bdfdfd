import GRDB
import HealthModel
import Routing

/// Notifications as rows: the outbox, and what came of them.
extension LedgerRows {
    /// How long what came of a notification is kept.
    static let endedNotificationAge: Duration = .seconds(90 * 86_400)

    /// The columns of one alert as it is told, in the order of `values(of:)`.
    static let itemColumns = """
        part, rule, subject_kind, subject, service, level, active_since, firing_since, reason,
        summary_nl, summary_en, runbook, incident, tier, sector, owner, cause
        """

    /// Writes notifications that wait; one that is there stays as it is.
    static func write(_ notifications: [Notification], to database: Database) throws {
        let insert = try database.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO message (
                    id, receiver, at, thread, part, occasion, more_count, headline_nl, headline_en,
                    body_nl, body_en
                ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        let marks = Array(repeating: "?", count: 19).joined(separator: ", ")
        let item = try database.cachedStatement(
            sql: "INSERT INTO message_alert (message, position, \(itemColumns)) VALUES (\(marks))")
        for one in notifications {
            let words = one.words
            try insert.execute(
                arguments: [
                    one.id, one.receiver.text, one.at.nanoseconds, one.thread, one.part,
                    one.occasion.rawValue, one.moreCount, words.headline.dutch,
                    words.headline.english, words.body.map(\.dutch).joined(separator: "\n"),
                    words.body.map(\.english).joined(separator: "\n"),
                ])
            guard database.changesCount > 0 else { continue }
            let number = database.lastInsertedRowID
            for (position, told) in one.items.enumerated() {
                try item.execute(arguments: [number, position] + values(of: told))
            }
        }
    }

    /// One alert as it is told, in the order of `itemColumns`.
    static func values(of item: Notification.Item) -> StatementArguments {
        let alert = item.alert
        return [
            item.part.rawValue, alert.key.rule.text, kind(of: alert.key.subject),
            alert.key.subject.description, alert.service.text, alert.level.rawValue,
            alert.activeSince.nanoseconds, alert.firingSince?.nanoseconds,
            alert.reason?.rawValue, alert.summary.dutch, alert.summary.english, alert.runbook,
            alert.incident?.text, item.labels.tier?.rawValue, item.labels.sector,
            item.labels.owner, item.labels.cause,
        ]
    }

    /// The alert in a row as it is told; nil when its level or part is another program's.
    static func item(_ row: Row) -> Notification.Item? {
        guard var alert = alert(row), alert.firingSince != nil,
            let part = Notification.Item.Part(rawValue: row["part"])
        else { return nil }
        alert.state = part.isEnd ? .resolved : .firing
        return Notification.Item(
            alert: alert, part: part,
            labels: Notification.Labels(
                tier: (row["tier"] as Int?).flatMap { Tier(rawValue: $0) }, sector: row["sector"],
                owner: row["owner"], cause: row["cause"]))
    }

    /// Writes what came of notifications.
    static func write(_ endings: [Delivery], to database: Database) throws {
        let update = try database.cachedStatement(
            sql: "UPDATE message SET ended_at = ?, ending = ? WHERE id = ?")
        for ending in endings {
            try update.execute(
                arguments: [
                    ending.at.nanoseconds, ending.failure ?? delivered, ending.notification.id,
                ])
        }
    }

    /// How a notification ended that was taken.
    static let delivered = "delivered"

    /// Removes what ended long ago.
    static func prune(at now: Timestamp, in database: Database) throws {
        let before = (now - endedNotificationAge).nanoseconds
        try database.execute(
            sql: """
                DELETE FROM message_alert WHERE message IN
                    (SELECT number FROM message WHERE ended_at < ?)
                """, arguments: [before])
        try database.execute(sql: "DELETE FROM message WHERE ended_at < ?", arguments: [before])
    }

    /// The notifications that wait, in order, at most `waitingTransitions`.
    static func waiting(_ database: Database) throws -> [Notification] {
        var waiting: [Notification] = []
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT * FROM message WHERE ended_at IS NULL ORDER BY number
                LIMIT \(Limits.waitingTransitions)
                """)
        while let row = try rows.next() {
            let items = try Row.fetchAll(
                database, sql: "SELECT * FROM message_alert WHERE message = ? ORDER BY position",
                arguments: [row["number"] as Int64]
            ).compactMap(item)
            guard !items.isEmpty, items.count <= Notification.itemsMax else { continue }
            let (dutch, english): (String, String) = (row["body_nl"], row["body_en"])
            let lines = zip(
                dutch.split(separator: "\n", omittingEmptySubsequences: false),
                english.split(separator: "\n", omittingEmptySubsequences: false))
            waiting.append(
                Notification(
                    receiver: ReceiverID(row["receiver"]),
                    at: Timestamp(nanoseconds: row["at"]), thread: row["thread"],
                    part: row["part"],
                    occasion: Notification.Occasion(rawValue: row["occasion"]) ?? .change,
                    items: items, moreCount: row["more_count"],
                    words: Notification.Words(
                        headline: LocalizedText(
                            dutch: row["headline_nl"], english: row["headline_en"]),
                        body: lines.map {
                            LocalizedText(dutch: String($0.0), english: String($0.1))
                        })))
        }
        return waiting
    }
}
