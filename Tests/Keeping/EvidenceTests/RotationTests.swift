import Foundation
import HealthModel
import TestSupport
import Testing

@testable import Evidence

/// Files are renamed by size and by day, and the chain goes on.
struct RotationTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.path + "/" + EvidenceFiles.activeName }
    private static let today = Timestamp(seconds: Int64(time(nil)))

    private static func day(_ instant: Timestamp) -> String { String(instant.rfc3339.prefix(10)) }

    init() throws { directory = try TemporaryDirectory() }

    private func sealed(_ count: Int, after head: ChainHead = .beginning) -> [ChainedLine] {
        var head = head
        return (0..<count).map { _ in
            let line = head.seal("{\"ts\":\"2026-11-27T10:00:00.000Z\",\"action\":\"a\"}")
            head = line.head
            return line
        }
    }

    private var names: [String] { EvidenceFiles.list(in: directory.path).map(\.name) }

    /// Everything in order, verified.
    private func verified(_ head: ChainHead?) throws -> ChainVerifier {
        var verifier = ChainVerifier(known: head)
        for file in EvidenceFiles.list(in: directory.path) {
            let reader = try #require(LineReader(path: file.path))
            while let line = reader.next() {
                guard case .whole(let bytes) = line else { continue }
                verifier.take(bytes, at: LinePlace(file: file.name, line: reader.lineNumber))
            }
        }
        verifier.finish(head: head)
        return verifier
    }

    @Test func aFileIsFullAtTheLimitAndNotBefore() throws {
        let lines = sealed(6)
        let three = lines[..<3].reduce(0) { $0 + $1.text.utf8.count }
        let day = Self.day(Self.today)
        for (limit, first) in [(three, 3), (three - 1, 2)] {
            for name in names {
                try FileManager.default.removeItem(atPath: "\(directory.path)/\(name)")
            }
            var log = try EvidenceLog(path: path, sizeLimit: limit)
            // One by one and at once.
            for line in lines[..<4] { #expect(log.append([line], at: Self.today) == nil) }
            #expect(log.append(Array(lines[4...]), at: Self.today) == nil)
            #expect(
                directory.read("evidence-\(day).jsonl")
                    == lines[..<first].map(\.text).joined())
            #expect(try verified(lines.last?.head).findings.isEmpty)
            #expect(try verified(lines.last?.head).lineCount == 6)
            #expect(names.last == EvidenceFiles.activeName)
        }
        #expect(names == ["evidence-\(day).jsonl", "evidence-\(day).1.jsonl", "evidence.jsonl"])
    }

    /// A line longer than a file gets one of its own.
    @Test func everyLineIsWrittenWhateverTheLimit() throws {
        let lines = sealed(3)
        var log = try EvidenceLog(path: path, sizeLimit: 1)
        #expect(log.append(lines, at: Self.today) == nil)
        #expect(names.count == 3)
        #expect(try verified(lines.last?.head).lineCount == 3)
        #expect(directory.read(EvidenceFiles.activeName) == lines[2].text)
    }

    @Test func everyDayHasItsFile() throws {
        let lines = sealed(5)
        let tomorrow = Self.today + .seconds(86_400)
        do {
            var log = try EvidenceLog(path: path)
            #expect(log.append(Array(lines[..<2]), at: Self.today) == nil)
            #expect(names == ["evidence.jsonl"])
            #expect(log.append([lines[2]], at: tomorrow) == nil)
            #expect(names == ["evidence-\(Self.day(Self.today)).jsonl", "evidence.jsonl"])
            #expect(directory.read("evidence.jsonl") == lines[2].text)
        }
        // A later run sees the day of a file by its last write.
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1_795_435_200)], ofItemAtPath: path)
        var log = try EvidenceLog(path: path)
        #expect(log.append(Array(lines[3...]), at: Self.today) == nil)
        #expect(
            names == [
                "evidence-\(Self.day(Self.today)).jsonl",
                "evidence-\(Self.day(Timestamp(seconds: 1_795_435_200))).jsonl", "evidence.jsonl",
            ])
        #expect(try verified(lines.last?.head).findings.isEmpty)
    }

    /// A line that a crash cut at the end of a day is ended before the file is renamed.
    @Test func aCutLineIsEndedFirst() throws {
        let lines = sealed(2)
        try directory.write("evidence.jsonl", lines[0].text + String(lines[1].text.prefix(40)))
        var log = try EvidenceLog(path: path)
        #expect(log.append([lines[1]], at: Self.today + .seconds(86_400)) == nil)
        #expect(names.count == 2)
        let result = try verified(lines.last?.head)
        #expect(result.findings.isEmpty)
        #expect(result.lineCount == 2)
    }

    /// What somebody else moves or links is left where it is.
    @Test func otherFilesAreLeftAlone() throws {
        let lines = sealed(3)
        var log = try EvidenceLog(path: path, sizeLimit: 1)
        #expect(log.append([lines[0]], at: Self.today) == nil)
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        #expect(log.append([lines[1]], at: Self.today) == nil)
        #expect(names == ["evidence.jsonl.1"])
        try log.reopen()
        #expect(log.append([lines[2]], at: Self.today) == nil)
        #expect(names == ["evidence.jsonl.1", "evidence.jsonl"])
        #expect(try verified(lines.last?.head).findings.isEmpty)

        try directory.write("elsewhere/log", "")
        try FileManager.default.createSymbolicLink(
            atPath: directory.path + "/link", withDestinationPath: directory.path + "/elsewhere/log"
        )
        var linked = try EvidenceLog(path: directory.path + "/link", sizeLimit: 1)
        #expect(linked.append(lines, at: Self.today) == nil)
        #expect(directory.read("elsewhere/log") == lines.map(\.text).joined())
    }

    /// Lines that go to a file without a name would be nowhere once the ledger forgets them.
    @Test func aFileThatIsDeletedIsBegunAnew() throws {
        let lines = sealed(3)
        var log = try EvidenceLog(path: path)
        #expect(log.append([lines[0]], at: Self.today) == nil)
        try FileManager.default.removeItem(atPath: path)
        #expect(log.append([lines[1]], at: Self.today) == .deleted)
        #expect(log.append([lines[2]], at: Self.today) == nil)
        #expect(directory.read("evidence.jsonl") == lines[1...].map(\.text).joined())
        #expect(try verified(lines.last?.head).findings.map(\.kind) == [.missing])
    }

    /// A name that cannot be had is said once, and the file is written on.
    @Test func aRenameThatFailsLosesNothing() throws {
        let lines = sealed(4)
        let day = Self.day(Self.today)
        var log = try EvidenceLog(path: path, sizeLimit: 1)
        #expect(log.append([lines[0]], at: Self.today) == nil)
        for number in 0..<EvidenceFiles.filesPerDayMax {
            try directory.write("evidence-\(day)\(number == 0 ? "" : ".\(number)").jsonl", "")
        }
        #expect(
            log.append([lines[1]], at: Self.today)
                == .notRotated("\(directory.path): too many files of \(day)"))
        #expect(log.append([lines[2]], at: Self.today) == nil)
        #expect(directory.read("evidence.jsonl") == lines[..<3].map(\.text).joined())
        let last = EvidenceFiles.filesPerDayMax - 1
        try FileManager.default.removeItem(
            atPath: directory.path + "/evidence-\(day).\(last).jsonl")
        #expect(log.append([lines[3]], at: Self.today) == nil)
        #expect(directory.read("evidence-\(day).\(last).jsonl") == lines[..<3].map(\.text).joined())
    }

    /// Lines decide on the order, names do not.
    @Test func filesAreInTheOrderOfTheirLines() throws {
        let lines = sealed(6).map(\.text)
        try directory.write("evidence.jsonl", lines[5])
        try directory.write("evidence.jsonl.1", lines[4])
        try directory.write("evidence.jsonl-20261126", lines[3])
        try directory.write("evidence-2026-11-25.10.jsonl", lines[2])
        try directory.write("evidence-2026-11-25.9.jsonl", lines[1])
        try directory.write("evidence-2026-11-27.jsonl", "{\"ts\":1}\n" + lines[0])
        try directory.write("evidence-2026-11-28.jsonl", "earlier\n")
        try directory.write("evidence.jsonl.2.gz", "packed")
        try directory.write("results.jsonl", lines[0])
        #expect(
            names == [
                "evidence-2026-11-28.jsonl", "evidence-2026-11-27.jsonl",
                "evidence-2026-11-25.9.jsonl", "evidence-2026-11-25.10.jsonl",
                "evidence.jsonl-20261126", "evidence.jsonl.1", "evidence.jsonl",
            ])
        #expect(EvidenceFiles.packed(in: directory.path) == ["evidence.jsonl.2.gz"])
        #expect(EvidenceFiles.head(in: directory.path)?.seq == 6)
        #expect(EvidenceFiles.head(in: directory.path + "/none") == nil)
        #expect(EvidenceFiles.list(in: directory.path + "/none").isEmpty)
    }

    /// The last line is found behind what is none, as far as it is looked for.
    @Test func theHeadIsTheLastWholeLine() throws {
        let lines = sealed(2)
        for cut in 0..<lines[1].text.utf8.count {
            try directory.write("evidence.jsonl", lines[0].text + String(lines[1].text.prefix(cut)))
            // The line feed is the last byte.
            let isWhole = cut == lines[1].text.utf8.count - 1
            #expect(EvidenceFiles.head(in: directory.path) == lines[isWhole ? 1 : 0].head)
        }
        let noise = String(
            repeating: "x", count: EvidenceFiles.tailBytes - lines[0].text.utf8.count)
        try directory.write("evidence.jsonl", lines[0].text + noise)
        #expect(EvidenceFiles.head(in: directory.path)?.seq == 1)
        try directory.write("evidence.jsonl", lines[0].text + noise + "x")
        #expect(EvidenceFiles.head(in: directory.path) == nil)
    }
}
