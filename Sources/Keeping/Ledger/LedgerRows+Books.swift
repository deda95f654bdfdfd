import GRDB
import HealthModel
import Routing

/// What receivers were told, as rows: one for each alert that is not over, and one for each thread.
extension LedgerRows {
    /// Writes what changed in the books.
    static func write(
        _ books: [ReceiverID: ReceiverBook.Changes], to database: Database
    ) throws {
        for (receiver, changes) in books {
            try write(changes.entries, of: receiver, to: database)
            try write(changes.threads, of: receiver, to: database)
        }
    }

    private static func write(
        _ entries: [String: ReceiverBook.Entry?], of receiver: ReceiverID, to database: Database
    ) throws {
        let remove = try database.cachedStatement(
            sql: "DELETE FROM book_entry WHERE receiver = ? AND episode = ?")
        let marks = Array(repeating: "?", count: 26).joined(separator: ", ")
        let insert = try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO book_entry (
                    receiver, episode, thread, told_at, notification, delivered_at, lost_at, source,
                    acknowledgement, \(itemColumns)
                ) VALUES (\(marks))
                """)
        for (episode, entry) in entries {
            guard let entry else {
                try remove.execute(arguments: [receiver.text, episode])
                continue
            }
            try insert.execute(
                arguments: [
                    receiver.text, episode, entry.thread, entry.toldAt.nanoseconds,
                    entry.notification, entry.deliveredAt?.nanoseconds,
                    entry.lostAt?.nanoseconds, entry.source.rawValue,
                    entry.acknowledgement?.text,
                ] + values(of: entry.item))
        }
    }

    private static func write(
        _ threads: [String: ReceiverBook.Thread?], of receiver: ReceiverID, to database: Database
    ) throws {
        let remove = try database.cachedStatement(
            sql: "DELETE FROM book_thread WHERE receiver = ? AND name = ?")
        let insert = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO book_thread VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        for (name, thread) in threads {
            guard let thread else {
                try remove.execute(arguments: [receiver.text, name])
                continue
            }
            try insert.execute(
                arguments: [
                    receiver.text, name, thread.parts, thread.newsAt?.nanoseconds,
                    thread.remindedAt?.nanoseconds, thread.cause, thread.isCalamity,
                    thread.isEscalated,
                ])
        }
    }

    /// The books as they were left; what came of a message counts, also when it was written without
    /// the book.
    static func books(_ database: Database) throws -> [ReceiverID: ReceiverBook] {
        var entries: [ReceiverID: [String: ReceiverBook.Entry]] = [:]
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT book_entry.*, message.ended_at, message.ending FROM book_entry
                LEFT JOIN message ON message.id = book_entry.notification LIMIT \(alertsLimit)
                """)
        while let row = try rows.next() {
            guard let item = item(row) else { continue }
            var entry = ReceiverBook.Entry(
                item: item, thread: row["thread"], toldAt: Timestamp(nanoseconds: row["told_at"]),
                notification: row["notification"], deliveredAt: instant(row["delivered_at"]),
                lostAt: instant(row["lost_at"]),
                source: ReceiverBook.Entry.Source(rawValue: row["source"]) ?? .own,
                acknowledgement: (row["acknowledgement"] as String?).map { ActionID($0) })
            if let endedAt = instant(row["ended_at"]), entry.deliveredAt == nil,
                entry.lostAt == nil
            {
                if row["ending"] == delivered {
                    entry.deliveredAt = endedAt
                } else {
                    entry.lostAt = endedAt
                }
            }
            entries[ReceiverID(row["receiver"]), default: [:]][row["episode"]] = entry
        }
        var threads: [ReceiverID: [String: ReceiverBook.Thread]] = [:]
        for row in try Row.fetchAll(
            database, sql: "SELECT * FROM book_thread LIMIT \(alertsLimit)")
        {
            var thread = ReceiverBook.Thread()
            thread.parts = row["parts"]
            thread.newsAt = instant(row["news_at"])
            thread.remindedAt = instant(row["reminded_at"])
            thread.cause = row["cause"]
            thread.isCalamity = row["is_calamity"]
            thread.isEscalated = row["is_escalated"]
            threads[ReceiverID(row["receiver"]), default: [:]][row["name"]] = thread
        }
        return Set(entries.keys).union(threads.keys).reduce(into: [:]) { books, receiver in
            books[receiver] = ReceiverBook(
                entries: entries[receiver] ?? [:], threads: threads[receiver] ?? [:])
        }
    }
}
