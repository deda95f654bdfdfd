import Alerting
import FoundationEssentials
import GRDB
import Glibc
import HealthModel
import SQLiteSupport
import TestFiles
import Testing

@testable import Ledger

/// What is to be told, and what has been, across the end of a process.
@Suite final class OutboxTests {
    private let directory: String
    private static let noon = Timestamp(seconds: 1_795_435_200)

    init() throws {
        directory = "\(TestFiles.directory)/vitaal-outbox-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func alert(_ state: Alert.State, _ level: Level = .page, since: Int64 = 0) -> Alert {
        Alert(
            key: AlertKey(rule: RuleID("r"), subject: .service(ServiceID("s"))),
            service: ServiceID("s"), level: level, state: state,
            activeSince: Self.noon + .seconds(since - 60), firingSince: Self.noon + .seconds(since),
            reason: .connectRefused, summary: LocalizedText(dutch: "weg", english: "gone"),
            runbook: "book")
    }

    /// The change that an alert makes, and who hears of its beginning.
    private func change(
        _ alert: Alert, at second: Int64 = 0, to receivers: [String] = []
    ) -> AlertChanges {
        var changes = AlertChanges()
        if alert.state == .firing {
            changes.active[alert.key] = RememberedAlert(alert: alert, keepFiringSince: nil)
        } else {
            changes.ended = [alert.key]
        }
        changes.transitions = [
            RoutedTransition(
                transition: AlertTransition(at: Self.noon + .seconds(second), alert: alert),
                receivers: receivers.map { ReceiverID($0) })
        ]
        return changes
    }

    private func notification(
        _ receiver: String, _ alert: Alert, at second: Int64 = 0
    )
        -> Notification
    {
        Notification(
            receiver: ReceiverID(receiver), at: Self.noon + .seconds(second), alert: alert)
    }

    private func memory() throws -> Ledger.Memory { try Ledger(dataDirectory: directory).memory }

    @Test func whatIsWrittenIsHandedOutOnceAndRememberedUntilItEnds() throws {
        let (a, b) = (
            notification("a", alert(.firing)), notification("b", alert(.firing))
        )
        do {
            var ledger = try Ledger(dataDirectory: directory)
            ledger.note(change(alert(.firing), to: ["a", "b"]))
            #expect(ledger.write(at: Self.noon) == [])
            #expect(ledger.takeOutbox() == [a, b])
            #expect(ledger.takeOutbox() == [])
            ledger.note([Delivery(notification: a, at: Self.noon + .seconds(1))])
            #expect(ledger.counters.waiting == 1)
            #expect(ledger.write(at: Self.noon) == [])
            #expect(ledger.counters.waiting == 0)
        }
        #expect(try memory().waiting == [b])
        #expect(try memory().told == [a, b])
        // The end goes to whoever was told of the beginning, in a later run too, at its level.
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(change(alert(.resolved, .warning), at: 90))
        _ = ledger.write(at: Self.noon)
        let ends = ["a", "b"].map { notification($0, alert(.resolved), at: 90) }
        #expect(ledger.takeOutbox() == ends)
        #expect(try memory().waiting == [b] + ends)
        #expect(try memory().told == [])
    }

    /// People hear of the end when the incident ends, an Alertmanager at once; a restart between
    /// the two forgets neither.
    @Test func anEndThatIsHeldIsToldLater() throws {
        do {
            var ledger = try Ledger(dataDirectory: directory)
            ledger.note(change(alert(.firing), to: ["a", "b"]))
            _ = ledger.write(at: Self.noon)
            _ = ledger.takeOutbox()
            var over = change(alert(.resolved), at: 90)
            over.transitions[0].held = [ReceiverID("a")]
            ledger.note(over)
            _ = ledger.write(at: Self.noon)
            #expect(ledger.takeOutbox() == [notification("b", alert(.resolved), at: 90)])
        }
        #expect(try memory().told == [notification("a", alert(.firing))])
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(change(alert(.resolved), at: 200))
        _ = ledger.write(at: Self.noon)
        #expect(ledger.takeOutbox() == [notification("a", alert(.resolved), at: 200)])
        #expect(try memory().told == [])
    }

    /// What is told while an alert fires has an id of its own; whoever hears of the alert by it is
    /// told of the end too.
    @Test func laterPartsGoToThoseWhoAreNamed() throws {
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(change(alert(.firing), to: ["a", "c"]))
        var update = change(alert(.firing), at: 60, to: ["a", "b"])
        update.transitions[0].part = 1
        update.transitions[0].occasion = .update
        ledger.note(update)
        _ = ledger.write(at: Self.noon)
        var second = notification("a", alert(.firing), at: 60)
        second.part = 1
        second.occasion = .update
        let (first, other) = (
            notification("a", alert(.firing)), notification("c", alert(.firing))
        )
        var new = second
        new.receiver = ReceiverID("b")
        #expect(ledger.takeOutbox() == [first, other, second, new])
        #expect(second.id == first.id + "/1")
        ledger.note([Delivery(notification: second, at: Self.noon)])
        _ = ledger.write(at: Self.noon)
        #expect(try memory().waiting == [first, other, new])
        #expect(try memory().told == [first, other, new])
        ledger.note(change(alert(.resolved), at: 90))
        _ = ledger.write(at: Self.noon)
        #expect(ledger.takeOutbox().map(\.receiver.text) == ["a", "c", "b"])
        #expect(try memory().told == [])
    }

    @Test func anEndIsNoNewsForWhoeverHeardOfNoBeginning() throws {
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(change(alert(.firing), to: []))
        ledger.note(change(alert(.resolved), at: 90))
        _ = ledger.write(at: Self.noon)
        #expect(ledger.takeOutbox() == [])
    }

    /// Whoever comes later is told once too, and everybody hears of the end at their level.
    @Test func nobodyIsToldTwiceOfOneBeginning() throws {
        do {
            var ledger = try Ledger(dataDirectory: directory)
            ledger.note(change(alert(.firing, .critical), to: ["a"]))
            ledger.note(change(alert(.firing), at: 5, to: ["a", "b"]))
            _ = ledger.write(at: Self.noon)
            #expect(
                ledger.takeOutbox() == [
                    notification("a", alert(.firing, .critical)),
                    notification("b", alert(.firing), at: 5),
                ])
        }
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(change(alert(.firing), at: 6, to: ["a", "b"]))
        ledger.note(change(alert(.resolved, .warning), at: 90))
        _ = ledger.write(at: Self.noon)
        #expect(
            ledger.takeOutbox() == [
                notification("a", alert(.resolved, .critical), at: 90),
                notification("b", alert(.resolved), at: 90),
            ])
    }

    /// One alert twice before the disk is ready: both times are told, in order.
    @Test func nothingIsMergedAway() throws {
        var ledger = try Ledger(dataDirectory: directory)
        var all = change(alert(.firing), to: ["a"])
        all.merge(change(alert(.resolved), at: 1))
        all.merge(change(alert(.firing, since: 2), at: 2, to: ["a"]))
        ledger.note(all)
        _ = ledger.write(at: Self.noon)
        let expected = [
            notification("a", alert(.firing)), notification("a", alert(.resolved), at: 1),
            notification("a", alert(.firing, since: 2), at: 2),
        ]
        #expect(ledger.takeOutbox() == expected)
        #expect(try memory().waiting == expected)
    }

    @Test func whatWasGivenUpDoesNotComeBack() throws {
        do {
            var ledger = try Ledger(dataDirectory: directory)
            ledger.note(change(alert(.firing), to: ["a"]))
            _ = ledger.write(at: Self.noon)
            ledger.note([
                Delivery(
                    notification: notification("a", alert(.firing)), at: Self.noon, failure: "no")
            ])
            _ = ledger.write(at: Self.noon)
        }
        #expect(try memory().waiting == [])
        let queue = try DatabaseQueue(path: directory + "/" + Ledger.name)
        #expect(
            try queue.read { try String.fetchAll($0, sql: "SELECT ending FROM notification") }
                == ["no"])
    }

    /// A disk that refuses keeps no page back, and gets it when it takes something again.
    @Test func aRefusingDiskKeepsNoPageBack() throws {
        var ledger = try Ledger(dataDirectory: directory)
        let page = notification("a", alert(.firing))
        _ = ledger.write(at: Self.noon)
        let blocker = try DatabaseQueue(path: directory + "/" + Ledger.name)
        try blocker.writeWithoutTransaction { database in
            try database.execute(sql: "DROP TABLE notification")
        }
        ledger.note(change(alert(.firing), to: ["a"]))
        #expect(ledger.write(at: Self.noon).count == 1)
        #expect(ledger.takeOutbox() == [page])
        #expect(ledger.takeOutbox() == [])
        #expect(ledger.counters.waiting == 2)
    }

    /// After damage the new file owes the end of what fires.
    @Test func aNewFileOwesTheEnd() throws {
        do {
            var ledger = try Ledger(dataDirectory: directory)
            ledger.note(change(alert(.firing), to: ["a"]))
            _ = ledger.write(at: Self.noon)
            _ = ledger.takeOutbox()
            _ = ledger.fail(DatabaseError(resultCode: .SQLITE_CORRUPT))
            _ = ledger.write(at: Self.noon)
            #expect(ledger.takeOutbox() == [])
        }
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(change(alert(.resolved), at: 90))
        _ = ledger.write(at: Self.noon)
        #expect(ledger.takeOutbox() == [notification("a", alert(.resolved), at: 90)])
    }

    /// What was delivered before the file was damaged is not delivered again by the next run.
    @Test func aNewFileKnowsWhatWasDelivered() throws {
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(change(alert(.firing), to: ["a", "b"]))
        _ = ledger.write(at: Self.noon)
        _ = ledger.takeOutbox()
        ledger.note([Delivery(notification: notification("a", alert(.firing)), at: Self.noon)])
        _ = ledger.write(at: Self.noon)
        _ = ledger.fail(DatabaseError(resultCode: .SQLITE_CORRUPT))
        _ = ledger.write(at: Self.noon)
        #expect(try memory().waiting == [notification("b", alert(.firing))])
        #expect(try memory().told.map(\.receiver.text).sorted() == ["a", "b"])
    }

    @Test func whatEndedLongAgoIsRemovedUnlessItsAlertFires() throws {
        let later = Self.noon + LedgerRows.endedNotificationAge + .seconds(120)
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(change(alert(.firing), to: ["a"]))
        _ = ledger.write(at: Self.noon)
        ledger.note([Delivery(notification: notification("a", alert(.firing)), at: Self.noon)])
        _ = ledger.write(at: Self.noon)
        _ = ledger.write(at: later)
        #expect(try memory().told.count == 1)
        ledger.note(change(alert(.resolved), at: 90))
        _ = ledger.write(at: later)
        _ = ledger.write(at: later + .seconds(120))
        let queue = try DatabaseQueue(path: directory + "/" + Ledger.name)
        #expect(
            try queue.read { try String.fetchAll($0, sql: "SELECT state FROM notification") }
                == ["resolved"])
    }

    @Test func whatWaitsIsBounded() throws {
        var ledger = try Ledger(dataDirectory: directory)
        var changes = change(alert(.firing), to: ["a"])
        changes.transitions = (0...Limits.waitingTransitions).map { number in
            change(alert(.firing, since: Int64(number)), to: ["a"]).transitions[0]
        }
        ledger.note(changes)
        #expect(ledger.counters.lost == 1)
        _ = ledger.write(at: Self.noon)
        #expect(ledger.takeOutbox().count == Limits.waitingTransitions)
    }

    /// The file of the program before: its alerts stay, and what they end with is told to nobody,
    /// since nobody was told.
    @Test func theFormBeforeIsTakenOver() throws {
        do {
            let queue = try DatabaseQueue(path: directory + "/" + Ledger.name)
            try queue.write { database in
                try database.execute(
                    sql: """
                        CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
                        INSERT INTO grdb_migrations VALUES ('1 alerts');
                        CREATE TABLE alert (rule TEXT NOT NULL, subject_kind TEXT NOT NULL,
                            subject TEXT NOT NULL, service TEXT NOT NULL, level TEXT NOT NULL,
                            active_since INTEGER NOT NULL, firing_since INTEGER,
                            keep_firing_since INTEGER, reason TEXT, summary_nl TEXT NOT NULL,
                            summary_en TEXT NOT NULL, runbook TEXT,
                            PRIMARY KEY (rule, subject_kind, subject)) STRICT, WITHOUT ROWID;
                        INSERT INTO alert VALUES ('r', 'service', 's', 's', 'page', 1, 2, NULL,
                            'connect_refused', 'weg', 'gone', NULL);
                        CREATE TABLE alive (id INTEGER NOT NULL PRIMARY KEY, at INTEGER NOT NULL)
                            STRICT;
                        INSERT INTO alive VALUES (1, 3);
                        """)
            }
        }
        let memory = try memory()
        #expect(memory.alerts.map(\.alert.firingSince) == [Timestamp(nanoseconds: 2)])
        #expect(memory.lastSeen == Timestamp(nanoseconds: 3))
        #expect(memory.told == [] && memory.waiting == [])
    }

    /// The second form: who was told, and what waits, stay.
    @Test func theFormWithNotificationsIsTakenOver() throws {
        do {
            let queue = try DatabaseQueue(path: directory + "/" + Ledger.name)
            try LedgerFile.migrator.migrate(queue, upTo: "2 notifications")
            try queue.write { database in
                try database.execute(
                    sql: """
                        INSERT INTO alert VALUES ('r', 'service', 's', 's', 'page', ?, ?, NULL,
                            'connect_refused', 'weg', 'gone', 'book');
                        INSERT INTO notification VALUES (7, 'a', 'firing', ?, NULL, NULL, 'r',
                            'service', 's', 's', 'page', ?, ?, 'connect_refused', 'weg', 'gone',
                            'book');
                        """,
                    arguments: [
                        alert(.firing).activeSince.nanoseconds, Self.noon.nanoseconds,
                        Self.noon.nanoseconds, alert(.firing).activeSince.nanoseconds,
                        Self.noon.nanoseconds,
                    ])
            }
        }
        let memory = try memory()
        #expect(memory.alerts.map(\.alert) == [alert(.firing)])
        #expect(memory.waiting == [notification("a", alert(.firing))])
        #expect(memory.told == memory.waiting)
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(change(alert(.resolved), at: 90))
        _ = ledger.write(at: Self.noon)
        #expect(ledger.takeOutbox() == [notification("a", alert(.resolved), at: 90)])
    }
}
