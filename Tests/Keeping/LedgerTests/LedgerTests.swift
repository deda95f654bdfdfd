import Alerting
import Foundation
import GRDB
import HealthModel
import SQLiteSupport
import TestSupport
import Testing

@testable import Ledger

@Suite final class LedgerTests {
    private let files: TemporaryDirectory
    private var directory: String { files.path }
    private static let noon = Timestamp(seconds: 1_795_435_200)

    init() throws {
        files = try TemporaryDirectory()
    }

    private var path: String { directory + "/" + Ledger.name }

    private func alert(_ name: String, isFiring: Bool, isEndpoint: Bool = false) -> RememberedAlert
    {
        RememberedAlert(
            alert: Alert(
                key: AlertKey(
                    rule: RuleID("r"),
                    subject: isEndpoint
                        ? .endpoint(EndpointID(name)) : .service(ServiceID(name))),
                service: ServiceID(name), level: .page, state: isFiring ? .firing : .pending,
                activeSince: Self.noon, firingSince: isFiring ? Self.noon + .seconds(60) : nil,
                reason: isFiring ? .connectRefused : nil,
                summary: LocalizedText(dutch: "weg", english: "gone"),
                runbook: isFiring ? "runbook" : nil),
            keepFiringSince: isFiring ? Self.noon + .milliseconds(61_001) : nil)
    }

    private func changes(
        _ active: [RememberedAlert], ended: [RememberedAlert] = [], isComplete: Bool = false
    ) -> AlertChanges {
        var changes = AlertChanges()
        changes.isComplete = isComplete
        for one in active { changes.active[one.alert.key] = one }
        changes.ended = Set(ended.map(\.alert.key))
        return changes
    }

    private func left() throws -> Set<RememberedAlert> {
        Set(try Ledger(dataDirectory: directory).memory.alerts)
    }

    @Test func everyFieldComesBack() throws {
        let (a, b) = (alert("a", isFiring: true), alert("b", isFiring: false, isEndpoint: true))
        // A service and an endpoint may have one name.
        let c = alert("b", isFiring: true)
        do {
            var ledger = try Ledger(dataDirectory: directory)
            #expect(ledger.memory == Ledger.Memory())
            ledger.note(changes([a, b, c]))
            #expect(ledger.counters.waiting == 3)
            #expect(ledger.write(at: Self.noon).isEmpty)
            #expect(ledger.counters.waiting == 0)
            // Neither closed nor told to end.
        }
        #expect(try left() == [a, b, c])
        #expect(try Ledger(dataDirectory: directory).memory.lastSeen == Self.noon)
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(changes([], ended: [a]))
        #expect(ledger.write(at: Self.noon).isEmpty)
        #expect(try left() == [b, c])
        ledger.note(changes([a], isComplete: true))
        #expect(ledger.write(at: Self.noon).isEmpty)
        #expect(try left() == [a])
    }

    /// Alerts about the monitor share a kind, and differ by what they are about.
    @Test func alertsAboutTheMonitorComeBack() throws {
        let subjects: [Subject] = [
            .monitor, .receiver(ReceiverID("a")), .receiver(ReceiverID("monitor")),
        ]
        let alerts = subjects.map { subject in
            var one = alert("monitor", isFiring: true)
            one.alert.key.subject = subject
            return one
        }
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(changes(alerts))
        #expect(ledger.write(at: Self.noon).isEmpty)
        #expect(try left() == Set(alerts))
        ledger.note(changes([], ended: [alerts[1]]))
        #expect(ledger.write(at: Self.noon).isEmpty)
        #expect(try left() == [alerts[0], alerts[2]])
    }

    /// Every commit is durable: FULL, whatever GRDB sets.
    @Test func everyCommitIsDurable() throws {
        let queue = try LedgerFile.open(path)
        let (synchronous, mode) = try queue.read { database in
            (
                try Int.fetchOne(database, sql: "PRAGMA synchronous"),
                try String.fetchOne(database, sql: "PRAGMA journal_mode")
            )
        }
        #expect(synchronous == 2)
        #expect(mode == "wal")
    }

    @Test func aliveIsNotedOnceAMinute() throws {
        var ledger = try Ledger(dataDirectory: directory)
        for second in 0...120 { _ = ledger.write(at: Self.noon + .seconds(second)) }
        #expect(ledger.counters.writes == 3)
        let memory = try Ledger(dataDirectory: directory).memory
        #expect(memory.lastSeen == Self.noon + .seconds(120))
    }

    @Test func aDamagedFileIsSetAsideAndNothingInForceIsLost() throws {
        let a = alert("a", isFiring: true)
        try Data("this is no database, and long enough to be looked at".utf8)
            .write(to: URL(filePath: path))
        var ledger = try Ledger(dataDirectory: directory)
        #expect(ledger.write(at: Self.noon) == [.setAside(path: path + ".damaged")])
        ledger.note(changes([a]))
        #expect(ledger.write(at: Self.noon).isEmpty)
        #expect(try left() == [a])
        #expect(FileManager.default.fileExists(atPath: path + ".damaged"))
    }

    /// Damage that shows itself while the monitor runs: what was written before is written again.
    @Test func damageWhileRunningLosesNothingInForce() throws {
        let (a, b, c) = (
            alert("a", isFiring: true), alert("b", isFiring: false), alert("c", isFiring: true)
        )
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(changes([a, b]))
        #expect(ledger.write(at: Self.noon).isEmpty)
        ledger.note(changes([c], ended: [b]))
        let notice = ledger.fail(DatabaseError(resultCode: .SQLITE_CORRUPT))
        #expect(notice == .setAside(path: path + ".damaged"))
        #expect(ledger.write(at: Self.noon).isEmpty)
        #expect(try left() == [a, c])
    }

    @Test func aDiskThatRefusesIsToldOnceAndTriedAgain() throws {
        let a = alert("a", isFiring: true)
        // A directory in the place of the file is refused whoever asks.
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(changes([a], isComplete: true))
        var notices: [SQLiteFile.Notice] = []
        for second in 0..<30 { notices += ledger.write(at: Self.noon + .seconds(second)) }
        #expect(notices.count == 1)
        guard case .failing = notices.first else {
            Issue.record("\(notices)")
            return
        }
        // At the start, then every ten seconds.
        #expect(ledger.counters.errors == 4)
        #expect(ledger.counters.waiting == 1)
        try FileManager.default.removeItem(atPath: path)
        #expect(ledger.write(at: Self.noon + .seconds(40)) == [.recovered])
        #expect(try left() == [a])
    }

    /// The monitor has judged without what the file remembers, and must not write over it.
    @Test(arguments: [true, false]) func whatCanOnlyBeReadLaterIsKept(isWorthKeeping: Bool) throws {
        let (a, b) = (alert("a", isFiring: true), alert("b", isFiring: true))
        do {
            var earlier = try Ledger(dataDirectory: directory)
            if isWorthKeeping { earlier.note(changes([a])) }
            #expect(earlier.write(at: Self.noon, isLast: true).isEmpty)
        }
        let elsewhere = directory + "/elsewhere"
        try FileManager.default.moveItem(atPath: path, toPath: elsewhere)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(changes([b], isComplete: true))
        #expect(ledger.write(at: Self.noon).count == 1)
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: elsewhere, toPath: path)
        let unread = path + ".unread"
        let expected: [SQLiteFile.Notice] =
            isWorthKeeping ? [.unread(path: unread), .recovered] : [.recovered]
        #expect(ledger.write(at: Self.noon + .seconds(40)) == expected)
        #expect(try left() == [b])
        #expect(FileManager.default.fileExists(atPath: unread) == isWorthKeeping)
        guard isWorthKeeping else { return }
        for ending in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: path + ending)
        }
        try FileManager.default.moveItem(atPath: unread, toPath: path)
        #expect(try left() == [a])
    }

    /// A file that remembers an alert, opens, and cannot be read whole until a table has its name back.
    private func unreadable(after alert: RememberedAlert) throws -> DatabaseQueue {
        do {
            var earlier = try Ledger(dataDirectory: directory)
            earlier.note(changes([alert]))
            #expect(earlier.write(at: Self.noon, isLast: true).isEmpty)
        }
        let other = try DatabaseQueue(path: path)
        try other.write { try $0.execute(sql: "ALTER TABLE message RENAME TO away") }
        return other
    }

    private func makeReadable(_ other: DatabaseQueue) throws {
        try other.write { try $0.execute(sql: "ALTER TABLE away RENAME TO message") }
        try other.close()
    }

    /// The file opens, but what it remembers cannot be read until later.
    @Test func whatIsReadOnlyInPartIsKept() throws {
        let (a, b) = (alert("a", isFiring: true), alert("b", isFiring: true))
        let other = try unreadable(after: a)
        var ledger = try Ledger(dataDirectory: directory)
        #expect(ledger.memory == Ledger.Memory())
        ledger.note(changes([b], isComplete: true))
        #expect(ledger.write(at: Self.noon).count == 1)
        try makeReadable(other)
        #expect(
            ledger.write(at: Self.noon + .seconds(40))
                == [.unread(path: path + ".unread"), .recovered])
        #expect(try left() == [b])
    }

    /// What cannot be moved away is not written over either.
    @Test func whatCannotBeSetAsideIsLeftAlone() throws {
        let (a, b) = (alert("a", isFiring: true), alert("b", isFiring: true))
        let other = try unreadable(after: a)
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(changes([b], isComplete: true))
        try makeReadable(other)
        // A directory that is not empty cannot be replaced by a file.
        let unread = path + ".unread"
        try FileManager.default.createDirectory(
            atPath: unread + "/x", withIntermediateDirectories: true)
        #expect(ledger.write(at: Self.noon).count == 1)
        #expect(ledger.counters.waiting == 1)
        try FileManager.default.removeItem(atPath: unread)
        #expect(
            ledger.write(at: Self.noon + .seconds(40)) == [.unread(path: unread), .recovered])
        #expect(try left() == [b])
    }

    @Test func aFileOfALaterProgramIsRefusedAndStaysAsItIs() throws {
        do {
            let queue = try LedgerFile.open(path)
            try queue.write {
                try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 of the future')")
            }
            try queue.close()
        }
        let before = try Data(contentsOf: URL(filePath: path))
        #expect(throws: Ledger.OpenError.self) { try Ledger(dataDirectory: self.directory) }
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }
}
