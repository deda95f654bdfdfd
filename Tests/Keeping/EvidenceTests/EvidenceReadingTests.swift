import Foundation
import HealthModel
import TestSupport
import Testing

@testable import Evidence

/// Reading a log back: the last lines, since when, about what, and what comes.
struct EvidenceReadingTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private static let names = ["evidence-2026-11-25.jsonl", "evidence-2026-11-26.jsonl"]

    /// A line a minute from noon of each day, three a file; `more` stands for a line's own members.
    private func log(_ more: [Int: String] = [:]) throws -> [ChainedLine] {
        var head = ChainHead.beginning
        var lines: [ChainedLine] = []
        for number in 0..<9 {
            let line = head.seal(
                "{\"ts\":\"2026-11-2\(5 + number / 3)T12:0\(number % 3):00.000Z\",\"action\":\"a\","
                    + "\"result\":\"\(number)\"\(more[number] ?? "")}")
            head = line.head
            lines.append(line)
        }
        for (index, name) in (Self.names + ["evidence.jsonl"]).enumerated() {
            try directory.write(name, lines[3 * index..<3 * index + 3].map(\.text).joined())
        }
        return lines
    }

    private func words(_ item: EvidenceItem) -> String {
        switch item {
        case .record(let entry, _): entry.fields["result"] ?? ""
        case .problem(let place, let words): "\(place): \(words)"
        }
    }

    private func shown(
        _ count: Int?, since: Timestamp? = nil, service: String? = nil, endpoints: Set<String> = []
    ) -> [String] {
        var filter = EvidenceFilter(since: since, service: service, endpoints: endpoints)
        var reading = EvidenceReading(directory: directory.path)
        var shown: [String] = []
        reading.last(count, &filter, since: since) { shown.append(words($0)) }
        return shown
    }

    @Test func theLastLinesAreShownInOrder() throws {
        _ = try log()
        for count in 1...11 {
            #expect(shown(count) == (0..<9).suffix(count).map { "\($0)" })
        }
        #expect(shown(nil) == (0..<9).map { "\($0)" })
    }

    /// What is written while the log is shown is not shown again by whoever follows it.
    @Test func whatCameWhileReadingIsNoNews() throws {
        let lines = try log()
        let more = lines[8].head.seal(
            "{\"ts\":\"2026-11-27T12:03:00.000Z\",\"action\":\"a\",\"result\":\"9\"}")
        var filter = EvidenceFilter()
        var reading = EvidenceReading(directory: directory.path)
        var shown: [String] = []
        reading.last(nil, &filter, since: nil) { item in
            shown.append(words(item))
            guard shown.count == 1 else { return }
            try? directory.write("evidence.jsonl", (lines[6...].map(\.text) + [more.text]).joined())
        }
        #expect(shown == (0..<10).map { "\($0)" })
        let follower = EvidenceFollower(directory: directory.path, after: reading.lastSeq)
        #expect(follower.poll().isEmpty)
    }

    /// A line that is written, and forgotten by the ledger, while the files are verified.
    @Test(arguments: [0, 40]) func whatIsWrittenWhileVerifyingIsThere(cut: Int) throws {
        let lines = try log()
        let all = lines.map(\.text).joined().utf8.count
        #expect(all > 0)
        let text = lines[6...].map(\.text).joined()
        try directory.write("evidence.jsonl", String(text.dropLast(lines[8].text.count - cut)))
        var asked = 0
        let check = try EvidenceCheck(directory: directory.path, start: .after(.beginning)) {
            asked += 1
            // After the files were read to their end, the rest of the line comes.
            if asked == 2 {
                try directory.append("evidence.jsonl", String(lines[8].text.dropFirst(cut)))
            }
            let head = asked == 1 ? lines[7].head : lines[8].head
            return EvidenceCheck.Known(head: head, waitingFrom: nil)
        }
        #expect(check.verifier.findings.isEmpty, "\(check.verifier.findings)")
        #expect(check.verifier.lineCount == 9)
        #expect(asked == 2)
    }

    @Test func linesSinceAnInstantAreShown() throws {
        _ = try log()
        for number in 0..<9 {
            let day: Int64 = 25 + Int64(number) / 3
            let since = try #require(
                Timestamp(year: 2026, month: 11, day: day, hour: 12, minute: Int64(number) % 3))
            #expect(shown(nil, since: since) == (number..<9).map { "\($0)" })
            #expect(
                shown(2, since: since + .milliseconds(1))
                    == (min(9, number + 1)..<9).suffix(2).map { "\($0)" })
        }
    }

    /// A service, its endpoints as far as they are known, and incidents that touched it.
    @Test func linesAboutAServiceAreShown() throws {
        _ = try log([
            0: ",\"object\":\"endpoint/a-www\"",
            1: ",\"object\":\"endpoint/a-www\",\"service\":\"a\",\"incident\":\"INC-1\"",
            2: ",\"object\":\"endpoint/a-www\"",
            3: ",\"object\":\"service/a\"",
            4: ",\"object\":\"service/b\",\"incident\":\"INC-1\"",
            5: ",\"object\":\"incident/INC-1\"",
            6: ",\"object\":\"incident/INC-2\"",
            7: ",\"object\":\"endpoint/a-api\"",
            8: ",\"object\":\"endpoint/a-www\",\"service\":\"b\"",
        ])
        #expect(shown(nil, service: "a") == ["1", "2", "3", "5"])
        #expect(shown(nil, service: "a", endpoints: ["a-api"]) == ["1", "2", "3", "5", "7"])
        #expect(shown(2, service: "a") == ["3", "5"])
        #expect(shown(nil, service: "c").isEmpty)
    }

    @Test(arguments: [0, 1]) func whatIsNoRecordIsSaid(excess: Int) throws {
        let long = "{" + String(repeating: "x", count: LineReader.lineBytesMax - 1 + excess)
        try directory.write("evidence.jsonl", "x\n\(long)\n{\"ts\":\"y\",\"action\":\"a\"}\n")
        let second =
            excess == 0
            ? "no record; left out" : "longer than \(LineReader.lineBytesMax) bytes; left out"
        #expect(
            shown(9)
                == ["evidence.jsonl:1: no record; left out", "evidence.jsonl:2: \(second)", ""])
    }

    // MARK: Following

    private func follow(_ follower: EvidenceFollower) -> [String] { follower.poll().map(words) }

    private func append(_ text: String, to name: String = "evidence.jsonl") throws {
        let handle = try #require(FileHandle(forWritingAtPath: directory.path + "/" + name))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
    }

    private func move(_ name: String, to other: String) throws {
        try FileManager.default.moveItem(
            atPath: directory.path + "/" + name, toPath: directory.path + "/" + other)
    }

    @Test func followingGoesOnAcrossRenamedFiles() throws {
        let lines = try log().map(\.text)
        try directory.write("evidence.jsonl", "earlier\n" + lines[6])
        let follower = EvidenceFollower(directory: directory.path, after: 7)
        #expect(follow(follower).isEmpty)
        // A line counts when it is whole.
        try append(String(lines[7].prefix(50)))
        #expect(follow(follower).isEmpty)
        try append(String(lines[7].dropFirst(50)))
        #expect(follow(follower) == ["7"])
        try append("noise\n")
        #expect(follow(follower) == ["evidence.jsonl:4: no record; left out"])
        // Written to the old file just before it was renamed, and two files at once.
        let last = try #require(ChainLink(Array(lines[8].utf8.dropLast()))?.head)
        var head = last
        let more = (9..<13).map { number in
            let line = head.seal("{\"ts\":\"t\",\"action\":\"a\",\"result\":\"\(number)\"}")
            head = line.head
            return line.text
        }
        try append(lines[8])
        try move("evidence.jsonl", to: "evidence-2026-11-27.jsonl")
        try directory.write("evidence-2026-11-28.jsonl", more[0])
        try directory.write("evidence.jsonl", more[1])
        #expect(follow(follower) == ["8", "9", "10"])
        #expect(follow(follower).isEmpty)
        // logrotate makes an empty file at once, and lines still come to the old one.
        try move("evidence.jsonl", to: "evidence.jsonl.1")
        try directory.write("evidence.jsonl", "")
        #expect(follow(follower).isEmpty)
        try append(more[2], to: "evidence.jsonl.1")
        try append(more[3])
        #expect(follow(follower) == ["11", "12"])
    }

    @Test func followingBeginsWithTheFirstLine() throws {
        let follower = EvidenceFollower(directory: directory.path, after: 0)
        #expect(follow(follower).isEmpty)
        let lines = try log().map(\.text)
        #expect(follow(follower) == (0..<9).map { "\($0)" })
        #expect(lines.count == 9)
    }

    // MARK: Verifying files

    private func check(
        _ known: EvidenceCheck.Known?, start: ChainVerifier.Start = .after(.beginning)
    ) throws -> EvidenceCheck {
        try EvidenceCheck(directory: directory.path, start: start, known: { known })
    }

    @Test func filesAreVerifiedAsOneChain() throws {
        let lines = try log()
        let known = EvidenceCheck.Known(head: lines[8].head, waitingFrom: nil)
        let whole = try check(known)
        #expect(whole.verifier.findings.isEmpty)
        #expect(whole.verifier.lineCount == 9)
        #expect(whole.files == 3)

        let name = Self.names[1]
        try directory.write(name, lines[3].text + lines[5].text)
        #expect(
            try check(known).verifier.findings.map(\.description)
                == ["\(name):2: missing: line 5, before this one"])
        try FileManager.default.removeItem(atPath: directory.path + "/" + name)
        #expect(
            try check(known).verifier.findings.map(\.description)
                == ["evidence.jsonl:1: missing: lines 4 to 6, before this one"])
        // Files alone, in any order.
        let files = ["evidence.jsonl"].compactMap {
            EvidenceFiles.file($0, path: directory.path + "/" + $0)
        }
        let alone = try EvidenceCheck(files: files, start: .after(lines[5].head), known: { nil })
        #expect(alone.verifier.findings.isEmpty)
        #expect(alone.verifier.lineCount == 3)
    }

    /// A line that is being written, or that a crash cut, is no damage while the ledger holds it.
    @Test func aCutLineThatTheLedgerHoldsIsNoDamage() throws {
        let lines = try log()
        let before = lines[6].text + lines[7].text
        for cut in 0...lines[8].text.utf8.count {
            try directory.write("evidence.jsonl", before + lines[8].text.prefix(cut))
            let waits = try check(EvidenceCheck.Known(head: lines[8].head, waitingFrom: 9))
            #expect(waits.verifier.findings.isEmpty)
            #expect(waits.waiting == (cut >= lines[8].text.utf8.count - 1 ? 0 : 1))
            let gone = try check(EvidenceCheck.Known(head: lines[8].head, waitingFrom: nil))
            let expected: [ChainFinding.Kind] =
                cut == 0 ? [.cut] : cut >= lines[8].text.utf8.count - 1 ? [] : [.changed]
            #expect(gone.verifier.findings.map(\.kind) == expected)
        }
    }

    /// The monitor renames a file while it is read: it is read anew.
    @Test func aFileRenamedMeanwhileIsReadAnew() throws {
        let lines = try log()
        var calls = 0
        let check = try EvidenceCheck(directory: directory.path, start: .after(.beginning)) {
            calls += 1
            if calls == 1 {
                try move("evidence.jsonl", to: "evidence-2026-11-27.jsonl")
                try directory.write("evidence.jsonl", "")
            }
            return EvidenceCheck.Known(head: lines[8].head, waitingFrom: nil)
        }
        #expect(check.verifier.findings.isEmpty)
        #expect(check.files == 4)
        #expect(calls == 4)
    }
}
