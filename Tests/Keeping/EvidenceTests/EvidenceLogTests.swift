import Foundation
import Glibc
import HealthModel
import TestSupport
import Testing

@testable import Evidence

/// Lines with these texts, numbered from 1; their hashes are nobody's business here.
private func lines(_ texts: [String], after seq: Int64 = 0) -> [ChainedLine] {
    texts.enumerated().map { index, text in
        ChainedLine(seq: seq + Int64(index) + 1, hash: "", text: text)
    }
}

extension EvidenceLog {
    fileprivate mutating func append(_ texts: [String]) -> Notice? {
        append(lines(texts, after: lastSeq + Int64(waitingCount)), at: EvidenceLogTests.now)
    }

    fileprivate mutating func writeWaiting() -> Notice? { writeWaiting(at: EvidenceLogTests.now) }
}

struct EvidenceLogTests {
    /// The day of the machine's clock: a file has the day of its last write.
    fileprivate static let now = Timestamp(seconds: Int64(time(nil)))

    private let directory: TemporaryDirectory
    private var path: String { directory.path + "/log" }

    init() throws { directory = try TemporaryDirectory() }

    @Test func linesAreAppendedInOrder() throws {
        try directory.write("log", "old\n")
        var log = try EvidenceLog(path: path)
        #expect(log.append(["a\n", "b\n"]) == nil)
        #expect(log.append(["c\n"]) == nil)
        #expect(directory.read("log") == "old\na\nb\nc\n")
        #expect(log.lineCount == 3)
        #expect(log.lastSeq == 3)
        #expect(log.waitingCount == 0)
    }

    /// A line of another size than a batch, and more lines than one batch holds.
    @Test func batchesLeaveNothingOut() throws {
        var log = try EvidenceLog(path: path)
        let half = EvidenceLog.batchBytes / 2
        let lines = [half - 1, half - 1, half, 2 * half, 10].enumerated().map { number, length in
            String(repeating: "\(number)", count: length) + "\n"
        }
        #expect(log.append(lines) == nil)
        #expect(directory.read("log") == lines.joined())
        #expect(log.lineCount == 5)
    }

    /// What a crash cut is taken back when it is the beginning of the line that comes now.
    @Test(arguments: [
        ("", ""), ("{}\n", "{}\n"), ("{}\n{\"ts", "{}\n{\"ts\n"), ("{", ""), ("{}", ""),
        ("{}\n{}", "{}\n"), ("x\n", "x\n"), ("\n", "\n"), ("{}}", "{}}\n"),
    ])
    func aLineThatACrashCutIsEnded(before: String, after: String) throws {
        try directory.write("log", before)
        var log = try EvidenceLog(path: path)
        #expect(log.append(["{}\n"]) == nil)
        #expect(directory.read("log") == after + "{}\n")
    }

    /// Beyond the longest line a beginning is no beginning of a line.
    @Test(arguments: [0, 1]) func aCutLineIsLookedForInAsManyBytes(excess: Int) throws {
        let cut = String(repeating: "x", count: LineReader.lineBytesMax + excess)
        try directory.write("log", "\n" + cut)
        var log = try EvidenceLog(path: path)
        #expect(log.append([cut + "\n"]) == nil)
        // Its line feed lies outside of what is looked at.
        #expect(directory.read("log") == "\n" + cut + "\n" + cut + "\n")
        try directory.write("short", "\n" + cut.dropFirst(1 + excess))
        var short = try EvidenceLog(path: directory.path + "/short")
        #expect(short.append([cut + "\n"]) == nil)
        #expect(directory.read("short") == "\n" + cut + "\n")
    }

    @Test func onlyOneWriterAtATime() throws {
        do {
            let first = try EvidenceLog(path: path)
            let error = #expect(throws: EvidenceLog.OpenError.self) {
                _ = try EvidenceLog(path: path)
            }
            #expect(error?.description.hasPrefix(path + ": another vitaal writes to it") == true)
            #expect(error?.description.contains("--data-dir") == true)
            #expect(first.lineCount == 0)
        }
        // The lock ends with its holder.
        let next = try EvidenceLog(path: path)
        #expect(next.path == path)
    }

    @Test func aMissingDirectoryIsSaid() {
        let error = #expect(throws: EvidenceLog.OpenError.self) {
            _ = try EvidenceLog(path: directory.path + "/none/log")
        }
        #expect(error?.description == directory.path + "/none/log: No such file or directory")
    }

    @Test func reopeningFollowsTheName() throws {
        var log = try EvidenceLog(path: path)
        #expect(log.append(["a\n"]) == nil)
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        #expect(log.append(["b\n"]) == nil)
        try log.reopen()
        #expect(log.append(["c\n"]) == nil)
        #expect(directory.read("log.1") == "a\nb\n")
        #expect(directory.read("log") == "c\n")
        // The old file is free for whoever packs it.
        let old = try EvidenceLog(path: path + ".1")
        #expect(old.path == path + ".1")
    }

    @Test func aFailedReopeningChangesNothing() throws {
        try directory.write("a/log", "")
        var log = try EvidenceLog(path: directory.path + "/a/log")
        try FileManager.default.moveItem(
            atPath: directory.path + "/a", toPath: directory.path + "/b")
        #expect(throws: EvidenceLog.OpenError.self) { try log.reopen() }
        #expect(log.append(["a\n"]) == nil)
        #expect(directory.read("b/log") == "a\n")
        #expect(throws: EvidenceLog.OpenError.self) {
            _ = try EvidenceLog(path: directory.path + "/b/log")
        }
    }

    /// Lines wait, it is said once, and what waited is written in order.
    @Test(.timeLimit(.minutes(2)))
    func aDiskThatRefusesIsSurvived() async throws {
        try await withFullDevice {
            try FileManager.default.createSymbolicLink(
                atPath: path, withDestinationPath: "/dev/full")
            var log = try EvidenceLog(path: path)
            #expect(log.append(["0\n"]) == .failing("No space left on device"))
            #expect(log.append(["1\n"]) == nil)
            #expect(log.writeWaiting() == nil)
            #expect(log.errorCount == 3)
            #expect(log.lineCount == 0)
            #expect(log.waitingCount == 2)

            #expect(log.append((2..<1000).map { "\($0)\n" }) == nil)
            #expect(log.waitingCount == 1000)

            try FileManager.default.removeItem(atPath: path)
            try log.reopen()
            #expect(log.writeWaiting() == .recovered(lines: 1000))
            #expect(log.writeWaiting() == nil)
            #expect(log.lineCount == 1000)
            #expect(log.lastSeq == 1000)
            #expect(directory.read("log") == (0..<1000).map { "\($0)\n" }.joined())
        }
    }

    /// A real file system with room for a page or two: no line is ever half written.
    @Test(.enabled(if: geteuid() == 0, "only root may mount a small file system"))
    func aFullFileSystemLeavesWholeLines() throws {
        let place = directory.path + "/small"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        guard mount("tmpfs", place, "tmpfs", 0, "size=64k") == 0 else {
            // A container's root may not mount either; then /dev/full above has to do.
            return
        }
        defer { umount2(place, Int32(MNT_DETACH)) }
        try directory.write("small/filler", String(repeating: "x", count: 40_000))
        var log = try EvidenceLog(path: place + "/log")
        let lines = (0..<100).map { "\($0) " + String(repeating: "y", count: 997) + "\n" }
        var notices: [EvidenceLog.Notice] = []
        for line in lines {
            if let notice = log.append([line]) { notices.append(notice) }
            let written = directory.read("small/log")
            #expect(written == lines[..<log.lineCount].joined())
        }
        #expect(notices == [.failing("No space left on device")])
        #expect(log.lineCount > 5 && log.lineCount < 60)
        let waiting = log.waitingCount
        #expect(log.lineCount + waiting == 100)

        // Room for some of them is not room for all: a batch is written whole or not at all.
        try FileManager.default.removeItem(atPath: place + "/filler")
        #expect(log.writeWaiting() == nil)
        #expect(directory.read("small/log") == lines[..<log.lineCount].joined())
        #expect(mount("tmpfs", place, "tmpfs", UInt(MS_REMOUNT), "size=1m") == 0)
        #expect(log.writeWaiting() == .recovered(lines: log.lineCount - (100 - waiting)))
        #expect(directory.read("small/log") == lines.joined())
    }
}
