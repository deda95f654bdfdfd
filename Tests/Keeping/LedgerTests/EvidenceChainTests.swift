import Alerting
import Evidence
import Foundation
import GRDB
import HealthModel
import SQLiteSupport
import TestSupport
import Testing

@testable import Ledger

/// The chain is written with what it tells of, and the file gets all of it, once.
@Suite final class EvidenceChainTests {
    private let files: TemporaryDirectory
    private var directory: String { files.path }
    private static let noon = Timestamp(seconds: 1_795_435_200)
    private var path: String { directory + "/" + Ledger.name }
    private var log: String { directory + "/" + EvidenceFiles.activeName }

    init() throws {
        files = try TemporaryDirectory()
    }

    private func records(_ count: Int, from first: Int = 0) -> EvidenceBacklog {
        var backlog = EvidenceBacklog()
        backlog.add(
            (first..<first + count).map { number in
                EvidenceRecord(at: Self.noon, action: .configReload, result: "r\(number)")
            })
        return backlog
    }

    private func append(_ lines: [ChainedLine]) throws {
        var file = try EvidenceLog(path: log)
        // A file has the day of its last write.
        let today = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
        #expect(file.append(lines, at: today) == nil)
    }

    private func text() -> String {
        String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
    }

    private func write(_ text: some StringProtocol) throws {
        try Data(text.utf8).write(to: URL(filePath: log))
    }

    /// What is wrong with the files; the number of whole lines; how many wait.
    private func verified() throws -> (findings: [String], lines: Int, waiting: Int64) {
        let state = try #require(try EvidenceState.read(dataDirectory: directory))
        var verifier = ChainVerifier(known: state.head)
        for file in EvidenceFiles.list(in: directory) {
            let reader = try #require(LineReader(path: file.path))
            while let line = reader.next() {
                guard case .whole(let bytes) = line else { continue }
                verifier.take(bytes, at: LinePlace(file: file.name, line: reader.lineNumber))
            }
        }
        let waiting = verifier.finish(head: state.head, waitingFrom: state.waitingFrom)
        return (verifier.findings.map(\.description), verifier.lineCount, waiting)
    }

    /// The results of the records in the file, in order.
    private func results() -> [String] {
        text().split(separator: "\n").compactMap {
            EvidenceEntry(Array($0.utf8))?.fields["result"]
        }
    }

    @Test func recordsGetTheirPlacesInOrder() throws {
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(records(2))
        #expect(ledger.counters.evidenceWaiting == 2)
        #expect(ledger.takeEvidence().isEmpty)
        #expect(ledger.write(at: Self.noon).isEmpty)
        #expect(ledger.counters.evidenceWaiting == 0)
        let lines = ledger.takeEvidence()
        #expect(lines.map(\.seq) == [1, 2])
        #expect(ledger.takeEvidence().isEmpty)
        #expect(try verified().waiting == 2)
        try append(lines)
        ledger.noteExported(2)
        ledger.note(records(1, from: 2))
        #expect(ledger.write(at: Self.noon).isEmpty)
        #expect(try EvidenceState.read(dataDirectory: directory)?.waitingFrom == 3)
        try append(ledger.takeEvidence())
        #expect(results() == ["r0", "r1", "r2"])
        #expect(try verified() == ([], 3, 0))
    }

    @Test func thereIsNothingToReadWithoutALedger() throws {
        #expect(try EvidenceState.read(dataDirectory: directory) == nil)
        try Data("no database, and long enough to be looked at by SQLite".utf8)
            .write(to: URL(filePath: path))
        let error = #expect(throws: Ledger.OpenError.self) {
            try EvidenceState.read(dataDirectory: self.directory)
        }
        #expect(error?.description.hasPrefix(path + ": ") == true)
    }

    /// Neither has what the other lacks: a transaction that fails takes both back.
    @Test func evidenceAndAlertsAreOneTransaction() throws {
        var ledger = try Ledger(dataDirectory: directory)
        #expect(ledger.write(at: Self.noon).isEmpty)
        let other = try DatabaseQueue(path: path)
        try other.write { try $0.execute(sql: "ALTER TABLE alert RENAME TO away") }
        var changes = AlertChanges()
        changes.isComplete = true
        ledger.note(changes)
        ledger.note(records(1))
        #expect(ledger.write(at: Self.noon).count == 1)
        #expect(ledger.takeEvidence().isEmpty)
        #expect(try EvidenceState.read(dataDirectory: directory)?.head == .beginning)
        #expect(ledger.counters.evidenceWaiting == 1)
        try other.write { try $0.execute(sql: "ALTER TABLE away RENAME TO alert") }
        ledger.note(records(1, from: 1))
        #expect(ledger.write(at: Self.noon + .seconds(10)) == [.recovered])
        try append(ledger.takeEvidence())
        #expect(results() == ["r0", "r1"])
        #expect(try verified() == ([], 2, 0))
    }

    /// The process dies after the commit and with any part of the lines in the file: afterwards the
    /// file has every line once.
    @Test func aCrashBetweenCommitAndFileLosesAndDoublesNothing() throws {
        do {
            var ledger = try Ledger(dataDirectory: directory)
            ledger.note(records(2))
            #expect(ledger.write(at: Self.noon).isEmpty)
            try append(ledger.takeEvidence())
            ledger.noteExported(2)
            ledger.note(records(3, from: 2))
            #expect(ledger.write(at: Self.noon).isEmpty)
            try append(ledger.takeEvidence())
        }
        let whole = text()
        let saved = try Data(contentsOf: URL(filePath: path))
        let kept = whole.split(separator: "\n")[..<2].reduce(0) { $0 + $1.utf8.count + 1 }
        let ends = Set(
            whole.utf8.enumerated().filter { $1 == UInt8(ascii: "\n") }.map { $0.offset })
        // Around the end of a line every byte, within it one of five: 0.05 s each.
        let cuts = (kept...whole.utf8.count).filter { cut in
            cut.isMultiple(of: 5) || (cut - 8...cut + 8).contains { ends.contains($0) }
        }
        for cut in cuts {
            for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
                try FileManager.default.removeItem(atPath: directory + "/" + name)
            }
            try saved.write(to: URL(filePath: path))
            try write(whole.prefix(cut))
            var ledger = try Ledger(dataDirectory: directory)
            ledger.note(records(1, from: 5))
            #expect(ledger.write(at: Self.noon).isEmpty)
            try append(ledger.takeEvidence())
            try #require(results() == (0..<6).map { "r\($0)" }, "cut at \(cut)")
            try #require(try verified() == ([], 6, 0), "cut at \(cut)")
        }
    }

    /// What was in the file and is gone is not made up again.
    @Test func aCutOfWhatWasInTheFileIsSeen() throws {
        do {
            var ledger = try Ledger(dataDirectory: directory)
            ledger.note(records(3))
            #expect(ledger.write(at: Self.noon).isEmpty)
            try append(ledger.takeEvidence())
            ledger.noteExported(3)
            #expect(ledger.write(at: Self.noon, isLast: true).isEmpty)
        }
        let lines = text().split(separator: "\n", omittingEmptySubsequences: false)
        try write(lines[0] + "\n")
        #expect(
            try verified().findings == [
                "evidence.jsonl:1: cut: the ledger knows 2 lines more, up to 3"
            ])
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(records(1, from: 3))
        #expect(ledger.write(at: Self.noon).isEmpty)
        try append(ledger.takeEvidence())
        #expect(
            try verified().findings == [
                "evidence.jsonl:2: missing: lines 2 to 3, before this one"
            ])
    }

    /// A new ledger, or one of an older copy, goes on after the last line of the file and says so.
    @Test(arguments: [false, true]) func aLedgerThatKnowsLessGoesOnAfterTheFile(isOld: Bool) throws
    {
        do {
            var ledger = try Ledger(dataDirectory: directory)
            ledger.note(records(1))
            #expect(ledger.write(at: Self.noon).isEmpty)
            try append(ledger.takeEvidence())
            ledger.noteExported(1)
            #expect(ledger.write(at: Self.noon, isLast: true).isEmpty)
        }
        let old = try Data(contentsOf: URL(filePath: path))
        do {
            var ledger = try Ledger(dataDirectory: directory)
            ledger.note(records(2, from: 1))
            #expect(ledger.write(at: Self.noon).isEmpty)
            try append(ledger.takeEvidence())
        }
        for ending in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: path + ending)
        }
        try (isOld ? old : Data("damaged, and long enough to be looked at by SQLite".utf8))
            .write(to: URL(filePath: path))
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(records(1, from: 3))
        #expect(ledger.write(at: Self.noon).count == (isOld ? 0 : 1))
        // What was set aside is begun anew with the next transaction.
        #expect(ledger.write(at: Self.noon, isLast: true).isEmpty)
        try append(ledger.takeEvidence())
        #expect(results().count == 5)
        #expect(results()[3].hasPrefix("the ledger did not know line 3, "))
        #expect(results()[4] == "r3")
        #expect(try verified() == ([], 5, 0))
        ledger.note(records(1, from: 4))
        #expect(ledger.write(at: Self.noon).isEmpty)
        try append(ledger.takeEvidence())
        #expect(results().last == "r4")
        #expect(try verified() == ([], 6, 0))
    }

    /// Damage while the monitor runs: what waits for the file goes into the new ledger too.
    @Test func damageWhileRunningKeepsTheChain() throws {
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(records(2))
        #expect(ledger.write(at: Self.noon).isEmpty)
        let lines = ledger.takeEvidence()
        #expect(
            ledger.fail(DatabaseError(resultCode: .SQLITE_CORRUPT))
                == .setAside(path: path + ".damaged"))
        ledger.note(records(1, from: 2))
        #expect(ledger.write(at: Self.noon).isEmpty)
        #expect(try EvidenceState.read(dataDirectory: directory)?.waitingFrom == 1)
        try append(lines + ledger.takeEvidence())
        #expect(results() == ["r0", "r1", "r2"])
        #expect(try verified() == ([], 3, 0))
    }

    /// A ledger that can only be read later is set aside, with lines that are in no file yet.
    @Test func whatCanOnlyBeReadLaterStaysInTheChain() throws {
        do {
            var ledger = try Ledger(dataDirectory: directory)
            var changes = AlertChanges()
            let alert = Alert(
                key: AlertKey(rule: RuleID("r"), subject: .service(ServiceID("a"))),
                service: ServiceID("a"), level: .page, state: .pending, activeSince: Self.noon,
                firingSince: nil, reason: nil,
                summary: LocalizedText(dutch: "weg", english: "gone"), runbook: nil)
            changes.active[alert.key] = RememberedAlert(alert: alert, keepFiringSince: nil)
            ledger.note(changes)
            ledger.note(records(2))
            #expect(ledger.write(at: Self.noon, isLast: true).isEmpty)
        }
        let elsewhere = directory + "/elsewhere"
        try FileManager.default.moveItem(atPath: path, toPath: elsewhere)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(records(1, from: 2))
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: elsewhere, toPath: path)
        #expect(
            ledger.write(at: Self.noon).contains(.unread(path: path + ".unread")))
        try append(ledger.takeEvidence())
        #expect(results() == ["r0", "r1", "r2"])
        #expect(try verified() == ([], 3, 0))
    }

    /// A file that refuses: lines wait in the ledger up to a limit, records in memory up to another,
    /// and what is lost then is a line of the chain.
    @Test(arguments: [0, 1]) func whatIsLostIsSaid(excess: Int) throws {
        let limit = Limits.evidenceQueue
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(records(limit))
        #expect(ledger.write(at: Self.noon).isEmpty)
        let waiting = ledger.takeEvidence()
        #expect(waiting.count == limit)
        ledger.note(records(limit + excess, from: limit))
        #expect(ledger.write(at: Self.noon).isEmpty)
        #expect(ledger.takeEvidence().isEmpty)
        #expect(ledger.counters.evidenceWaiting == limit)
        #expect(ledger.counters.evidenceLost == excess)
        try append(waiting)
        ledger.noteExported(Int64(limit))
        #expect(ledger.write(at: Self.noon).isEmpty)
        try append(ledger.takeEvidence())
        let told = results()
        try #require(told.count == 2 * limit + (excess == 0 ? 0 : 1))
        let first =
            excess == 0 ? "r\(limit)" : "1 record was lost: too many waited for the disk"
        #expect(told[limit] == first)
        #expect(told.last == "r\(2 * limit + excess - 1)")
        #expect(ledger.counters.evidenceLost == excess)
        #expect(try verified() == ([], told.count, 0))
    }

    /// When the process ends, everything gets its place.
    @Test func theLastWriteTakesAll() throws {
        let limit = Limits.evidenceQueue
        do {
            var ledger = try Ledger(dataDirectory: directory)
            ledger.note(records(limit))
            #expect(ledger.write(at: Self.noon).isEmpty)
            ledger.note(records(1, from: limit))
            #expect(ledger.write(at: Self.noon, isLast: true).isEmpty)
        }
        var ledger = try Ledger(dataDirectory: directory)
        let lines = ledger.takeEvidence()
        #expect(lines.count == limit + 1)
        #expect(ledger.write(at: Self.noon).isEmpty)
        try append(lines)
        #expect(try verified() == ([], limit + 1, 0))
    }
}

struct EvidenceBacklogTests {
    @Test(arguments: [-1, 0, 1, 2]) func theOldestIsLostFirst(excess: Int) {
        let limit = Limits.evidenceQueue
        var backlog = EvidenceBacklog()
        for part in [limit - 1, excess + 1] {
            let first = backlog.records.count
            backlog.add(
                (first..<first + part).map {
                    EvidenceRecord(
                        at: Timestamp(seconds: Int64($0)), action: .configReload)
                })
        }
        #expect(backlog.records.count == limit + min(0, excess))
        #expect(backlog.lost == max(0, excess))
        #expect(backlog.records.first?.at.seconds == Int64(max(0, excess)))
        var all = EvidenceBacklog()
        all.add(backlog)
        all.add(backlog)
        #expect(all.lost == 2 * max(0, excess) + limit + 2 * min(0, excess))
        #expect(!all.isEmpty)
        #expect(EvidenceBacklog().isEmpty)
    }
}
