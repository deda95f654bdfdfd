import Alerting
import FoundationEssentials
import GRDB
import Glibc
import HealthModel
import Routing
import SQLiteSupport
import TestSupport
import Testing

@testable import Ledger

/// What is to be told, and what has been, across the end of a process.
@Suite final class OutboxTests {
    private let files: TemporaryDirectory
    private var directory: String { files.path }
    private static let noon = Timestamp(seconds: 1_795_435_200)

    init() throws {
        files = try TemporaryDirectory()
    }

    private func alert(_ state: Alert.State, _ level: Level = .page, since: Int64 = 0) -> Alert {
        Alert(
            key: AlertKey(rule: RuleID("r"), subject: .service(ServiceID("s"))),
            service: ServiceID("s"), level: level, state: state,
            activeSince: Self.noon + .seconds(since - 60), firingSince: Self.noon + .seconds(since),
            reason: .connectRefused, summary: LocalizedText(dutch: "weg", english: "gone"),
            runbook: "book")
    }

    /// What a receiver is told of an alert.
    private func notification(
        _ receiver: String, _ alert: Alert, at second: Int64 = 0, part: Int = 0
    ) -> Notification {
        let isOver = alert.state == .resolved
        return Notification(
            receiver: ReceiverID(receiver), at: Self.noon + .seconds(second), thread: alert.episode,
            part: part,
            items: [
                Notification.Item(
                    alert: alert, part: isOver ? .over : .begun,
                    labels: Notification.Labels(
                        tier: .tier1, sector: "tax", owner: "me", cause: "service/s"))
            ], moreCount: 3,
            words: Notification.Words(
                headline: LocalizedText(dutch: "kop", english: "head"),
                body: [
                    LocalizedText(dutch: "een", english: "one"),
                    LocalizedText(dutch: "", english: ""),
                    LocalizedText(dutch: "drie", english: "three"),
                ]))
    }

    private func entry(_ one: Notification, deliveredAt: Timestamp? = nil) -> ReceiverBook.Entry {
        ReceiverBook.Entry(
            item: one.items[0], thread: one.thread, toldAt: one.at, notification: one.id,
            deliveredAt: deliveredAt, source: .escalation,
            acknowledgement: ActionID("ACK-2026-0001"))
    }

    /// The beginning of an alert as it is told, and what the books say of it.
    private func beginning(_ alert: Alert, to receivers: [String]) -> AlertChanges {
        var changes = AlertChanges()
        changes.active[alert.key] = RememberedAlert(alert: alert, keepFiringSince: nil)
        for receiver in receivers {
            let one = notification(receiver, alert)
            changes.notifications.append(one)
            var book = ReceiverBook.Changes()
            book.entries[alert.episode] = entry(one)
            var thread = ReceiverBook.Thread()
            (thread.parts, thread.newsAt, thread.cause) = (1, one.at, "service/s")
            book.threads[one.thread] = thread
            changes.books[ReceiverID(receiver)] = book
        }
        return changes
    }

    /// Its end.
    private func end(_ alert: Alert, to receivers: [String]) -> AlertChanges {
        var changes = AlertChanges()
        changes.ended = [alert.key]
        for receiver in receivers {
            changes.notifications.append(notification(receiver, alert, at: 90, part: 1))
            var book = ReceiverBook.Changes()
            book.entries[alert.episode] = .some(nil)
            book.threads[alert.episode] = .some(nil)
            changes.books[ReceiverID(receiver)] = book
        }
        return changes
    }

    private func memory() throws -> Ledger.Memory { try Ledger(dataDirectory: directory).memory }

    @Test func whatIsWrittenIsHandedOutOnceAndRememberedUntilItEnds() throws {
        let (a, b) = (notification("a", alert(.firing)), notification("b", alert(.firing)))
        do {
            var ledger = try Ledger(dataDirectory: directory)
            ledger.note(beginning(alert(.firing), to: ["a", "b"]))
            #expect(ledger.write(at: Self.noon) == [])
            #expect(ledger.takeOutbox() == [a, b])
            #expect(ledger.takeOutbox() == [])
            ledger.note([Delivery(notification: a, at: Self.noon + .seconds(1))])
            #expect(ledger.counters.waiting == 1)
            #expect(ledger.write(at: Self.noon) == [])
            #expect(ledger.counters.waiting == 0)
        }
        let memory = try memory()
        #expect(memory.waiting == [b])
        // What came of a message counts, although the book was written before that.
        let book = try #require(memory.books[ReceiverID("a")])
        #expect(
            book.entries == [a.thread: entry(a, deliveredAt: Self.noon + .seconds(1))])
        #expect(book.threads[a.thread]?.parts == 1 && book.threads[a.thread]?.newsAt == a.at)
        #expect(memory.books[ReceiverID("b")]?.entries == [b.thread: entry(b)])
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(end(alert(.resolved), to: ["a", "b"]))
        _ = ledger.write(at: Self.noon)
        let ends = ["a", "b"].map { notification($0, alert(.resolved), at: 90, part: 1) }
        #expect(ledger.takeOutbox() == ends)
        #expect(try self.memory().waiting == [b] + ends)
        #expect(try self.memory().books.isEmpty)
    }

    @Test func whatWasGivenUpDoesNotComeBackAndIsKnown() throws {
        let page = notification("a", alert(.firing))
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(beginning(alert(.firing), to: ["a"]))
        _ = ledger.write(at: Self.noon)
        ledger.note([Delivery(notification: page, at: Self.noon, failure: "no")])
        _ = ledger.write(at: Self.noon)
        #expect(try memory().waiting == [])
        #expect(try memory().books[ReceiverID("a")]?.entries[page.thread]?.lostAt == Self.noon)
    }

    /// A disk that refuses keeps no page back, and gets it when it takes something again.
    @Test func aRefusingDiskKeepsNoPageBack() throws {
        var ledger = try Ledger(dataDirectory: directory)
        let page = notification("a", alert(.firing))
        _ = ledger.write(at: Self.noon)
        let blocker = try DatabaseQueue(path: directory + "/" + Ledger.name)
        try blocker.writeWithoutTransaction { database in
            try database.execute(sql: "DROP TABLE message")
        }
        ledger.note(beginning(alert(.firing), to: ["a"]))
        #expect(ledger.write(at: Self.noon).count == 1)
        #expect(ledger.takeOutbox() == [page])
        #expect(ledger.takeOutbox() == [])
        #expect(ledger.counters.waiting == 2)
    }

    /// After damage the new file knows what was told, so that the end is owed by it.
    @Test func aNewFileKnowsWhatWasTold() throws {
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(beginning(alert(.firing), to: ["a", "b"]))
        ledger.note(end(alert(.resolved, since: 1), to: ["a"]))
        _ = ledger.write(at: Self.noon)
        _ = ledger.takeOutbox()
        _ = ledger.fail(DatabaseError(resultCode: .SQLITE_CORRUPT))
        _ = ledger.write(at: Self.noon)
        #expect(try memory().books.keys.map(\.text).sorted() == ["a", "b"])
        #expect(try memory().books[ReceiverID("a")]?.entries.count == 1)
    }

    @Test func whatEndedLongAgoIsRemoved() throws {
        let later = Self.noon + LedgerRows.endedNotificationAge + .seconds(120)
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(beginning(alert(.firing), to: ["a"]))
        _ = ledger.write(at: Self.noon)
        ledger.note([Delivery(notification: notification("a", alert(.firing)), at: Self.noon)])
        _ = ledger.write(at: Self.noon)
        _ = ledger.write(at: later)
        let queue = try DatabaseQueue(path: directory + "/" + Ledger.name)
        for table in ["message", "message_alert"] {
            #expect(
                try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") } == 0)
        }
        // What was told is known for as long as it fires.
        #expect(try memory().books[ReceiverID("a")]?.entries.count == 1)
    }

    @Test func whatWaitsIsBounded() throws {
        var ledger = try Ledger(dataDirectory: directory)
        var changes = AlertChanges()
        changes.notifications = (0...Limits.waitingTransitions).map { number in
            notification("a", alert(.firing, since: Int64(number)))
        }
        ledger.note(changes)
        #expect(ledger.counters.lost == 1)
        _ = ledger.write(at: Self.noon)
        #expect(ledger.takeOutbox().count == Limits.waitingTransitions)
    }
}
