import Evidence
import Foundation
import Glibc
import TestSupport
import Testing

/// `vitaal log`: what happened, and the proof that nobody changed it.
struct LogTests {
    private static let probes = Setting.catalogue(["http://127.0.0.1:1/", "http://127.0.0.2:1/"])

    private func log(
        _ setting: Setting, _ arguments: String...
    ) async throws -> (status: Int32, output: String, errors: String) {
        try await Vitaal.outcome(
            ["log"] + arguments + ["--data-dir", setting.data])
    }

    /// A log with a beginning, two alerts and an end, in one file: made once more when midnight
    /// fell into it.
    private func settingWithLog(before: String? = nil) async throws -> Setting {
        let setting = try await newLog(before)
        let ofOneDay = EvidenceFiles.list(in: setting.data).count == 1
        return ofOneDay ? setting : try await newLog(before)
    }

    private func newLog(_ before: String?) async throws -> Setting {
        let setting = try Setting(probes: Self.probes)
        if let before { try setting.directory.write("data/evidence.jsonl", before) }
        try await Vitaal.daemon(setting) { daemon in
            try await eventually("two alerts") {
                lines(setting).count { $0.contains("\"action\":\"alert.firing\"") } == 2
                    ? true : nil
            }
            #expect(try await log(setting, "verify").status == 0, "while it is written")
            #expect(try await daemon.stop(SIGTERM).end == .exit(0))
        }
        return setting
    }

    private func lines(_ setting: Setting) -> [String] {
        setting.directory.read("data/evidence.jsonl").split(separator: "\n").map(String.init)
    }

    private func write(_ lines: [String], _ setting: Setting) throws {
        try setting.directory.write("data/evidence.jsonl", lines.map { $0 + "\n" }.joined())
    }

    /// The ledger knows what stood in a file that is gone; without a ledger too there is no log.
    @Test(.timeLimit(.minutes(2))) func aLogThatIsGoneIsCut() async throws {
        let setting = try await settingWithLog()
        try FileManager.default.removeItem(atPath: setting.data + "/evidence.jsonl")
        let gone = try await log(setting, "verify")
        #expect(gone.status == 2)
        #expect(gone.output.contains("cut: the ledger knows "), "\(gone.output)")
        try FileManager.default.removeItem(atPath: setting.data + "/ledger.sqlite")
        let nothing = try await log(setting, "verify")
        #expect(nothing.status == 3 && nothing.errors.contains("there is no evidence log"))
    }

    @Test(.timeLimit(.minutes(2))) func theLogIsShownAndVerified() async throws {
        let setting = try await settingWithLog()
        let raw = lines(setting)
        let all = try await log(setting)
        #expect(all.status == 0)
        #expect(all.errors == "")
        #expect(all.output.split(separator: "\n").count == raw.count)
        #expect(all.output.contains("  PAGE      FIRING    s0  Service 0 is gone: "))
        #expect(all.output.hasSuffix("  -         STOP      monitor\n"))
        let json = try await log(setting, "--json", "--lines", "2")
        #expect(json.output == raw.suffix(2).map { $0 + "\n" }.joined())
        #expect(try await log(setting, "--json", "--since", "1h").output.hasPrefix(raw[0]))
        #expect(try await log(setting, "--json", "--since", "2999-01-01").output == "")

        let one = try await log(setting, "--service", "s1", "--json")
        #expect(one.status == 0)
        let kept = raw.filter { $0.contains("\"service\":\"s1\"") }
        #expect(one.output.split(separator: "\n").map(String.init) == kept)
        let none = try await log(setting, "--service", "nobody")
        #expect(none.status == 3)
        #expect(none.errors.contains("nothing about a service 'nobody'"))

        let verdict = try await log(setting, "verify")
        #expect(verdict.status == 0)
        #expect(
            verdict.output.contains(
                "\(raw.count) lines in 1 file, 1 to \(raw.count): as they were written\n"))
        let known = try #require(
            verdict.output.split(separator: " ").last?.split(separator: "\n").first)
        #expect(
            raw.last?.hasSuffix("\"hash\":\"\(known.drop { $0 != ":" }.dropFirst())\"}") == true)
        // A line that is known from elsewhere.
        #expect(try await log(setting, "verify", "--after", String(known)).status == 0)
        let other = known.prefix { $0 != ":" } + ":" + String(repeating: "0", count: 64)
        #expect(try await log(setting, "verify", "--after", String(other)).status == 2)
    }

    /// As docs/formats/evidence-log.md says it, with nothing of ours.
    @Test(.timeLimit(.minutes(2))) func anybodyCanComputeAHash() async throws {
        let setting = try await settingWithLog()
        let command = """
            head -1 evidence.jsonl | sed 's/,"hash":"[0-9a-f]*"}$/}/' | tr -d '\\n' | sha256sum
            """
        let outcome = try await Child.outcome(
            "/bin/sh", ["-c", command], directory: setting.data)
        let hash = outcome.output.prefix(64)
        #expect(lines(setting).first?.hasSuffix(",\"hash\":\"\(hash)\"}") == true)
        let text = try Repository.text("docs/formats/evidence-log.md")
        #expect(text.contains(command))
    }

    /// Each kind of tampering is named by file and line.
    @Test(.timeLimit(.minutes(2))) func tamperingIsNamed() async throws {
        let setting = try await settingWithLog()
        let raw = lines(setting)
        func verdict(_ lines: [String]) async throws -> String {
            try write(lines, setting)
            let outcome = try await log(setting, "verify")
            #expect(outcome.status == 2, "\(outcome.output)")
            return outcome.output
        }
        var some = raw
        some[1] = some[1].replacingOccurrences(of: "unreachable", with: "reachable")
        #expect(try await verdict(some).hasPrefix("evidence.jsonl:2: changed: "))
        some = raw
        some.remove(at: 1)
        #expect(try await verdict(some).hasPrefix("evidence.jsonl:2: missing: line 2, "))
        some = raw
        some.insert(raw[0], at: 2)
        #expect(try await verdict(some).hasPrefix("evidence.jsonl:3: inserted: "))
        some = raw
        some.swapAt(0, 3)
        let swapped = try await verdict(some)
        #expect(swapped.contains("evidence.jsonl:1: reordered: "))
        #expect(swapped.contains("evidence.jsonl:4: reordered: "))
        #expect(swapped.contains("not as they were written"))
        let cut = try await verdict(Array(raw.dropLast()))
        #expect(cut.hasPrefix("evidence.jsonl:\(raw.count - 1): cut: the ledger knows 1 line more"))
        // Files alone know nothing of their end.
        let file = setting.data + "/evidence.jsonl"
        #expect(try await Vitaal.outcome(["log", "verify", file]).status == 0)
        // Ten are told one by one.
        let many = try await verdict(raw + Array(repeating: "x", count: 11))
        #expect(many.contains(":\(raw.count + 10): inserted: "))
        #expect(!many.contains(":\(raw.count + 11): "))
        #expect(many.contains("and 1 more\n"))

        try write(raw, setting)
        #expect(try await log(setting, "verify").status == 0)
        try FileManager.default.removeItem(atPath: setting.data + "/ledger.sqlite")
        let without = try await log(setting, "verify")
        #expect(without.status == 2)
        #expect(without.output.contains("ledger.sqlite: missing: "))
    }

    @Test(.timeLimit(.minutes(2))) func aLogOfAnEarlierVersionStaysValid() async throws {
        let setting = try await settingWithLog(
            before:
                "{\"ts\":\"2026-11-01T00:00:00.000Z\",\"action\":\"monitor.start\"}\n{\"cut")
        let verdict = try await log(setting, "verify")
        #expect(verdict.status == 0)
        #expect(verdict.output.hasPrefix("2 lines from before the chain began\n"))
        let shown = try await log(setting)
        #expect(shown.output.hasPrefix("2026-11-01 00:00:00  -         START\n"))
        #expect(shown.errors.contains("evidence.jsonl:2: no record; left out"))
    }

    @Test func withoutALogThereIsNothingToSay() async throws {
        let setting = try Setting(probes: Self.probes)
        for arguments in [[], ["verify"], ["--follow"]] {
            let outcome = try await Vitaal.outcome(
                ["log"] + arguments + ["--data-dir", setting.data])
            #expect(outcome.status == 3)
            #expect(outcome.errors.contains("there is no evidence log"))
        }
        let missing = try await Vitaal.outcome(["log", "verify", setting.data + "/none"])
        #expect(missing.status == 3)
        #expect(missing.errors.contains(setting.data + "/none: cannot be read"))
    }

    @Test(arguments: [
        ["--since", "yesterday"], ["--since", "2x"], ["--since", "-1h"], ["--lines", "0"],
        ["--lines", "1000001"], ["verify", "--after", "1"], ["verify", "--after", "1:abc"],
    ])
    func mistakesAreRefused(arguments: [String]) async throws {
        let outcome = try await Vitaal.outcome(["log"] + arguments)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains(arguments[arguments.count - 2]))
    }

    /// A day ends while somebody follows: the file is renamed, the chain and the follower go on.
    @Test(.timeLimit(.minutes(2))) func followingGoesOnAcrossADay() async throws {
        let setting = try await settingWithLog()
        let before = lines(setting)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1_795_435_200)],
            ofItemAtPath: setting.data + "/evidence.jsonl")
        let arguments = ["log", "--follow", "--json", "--lines", "1", "--data-dir", setting.data]
        try await Child.run(Vitaal.path, arguments) { follower in
            try await eventually("the last line") { follower.lines.isEmpty ? nil : true }
            try await Vitaal.daemon(setting) { daemon in
                try await eventually("a start") { follower.lines.count >= 2 ? true : nil }
                #expect(try await daemon.stop(SIGTERM).end == .exit(0))
            }
            let old = setting.directory.read("data/evidence-2026-11-23.jsonl")
            #expect(old == before.map { $0 + "\n" }.joined())
            let after = lines(setting)
            #expect(after.last?.contains("monitor.stop") == true)
            try await eventually("all lines") {
                follower.lines.count == 1 + after.count ? true : nil
            }
            #expect(follower.lines.map(String.init) == [before[before.count - 1]] + after)
            follower.send(SIGINT)
            #expect(try await follower.waitForEnd() == .exit(0))
            #expect(follower.errors == "")
        }
        let verdict = try await log(setting, "verify")
        #expect(verdict.status == 0, "\(verdict.output)")
        #expect(verdict.output.contains("lines in 2 files"))
    }

    /// Whoever has read enough closes the pipe.
    @Test(.timeLimit(.minutes(2))) func aClosedPipeEndsFollowing() async throws {
        let setting = try Setting(probes: Self.probes)
        try setting.directory.write("data/evidence.jsonl", "{\"ts\":\"x\",\"action\":\"a\"}\n")
        var pipes: [Int32] = [0, 0]
        try #require(pipe(&pipes) == 0)
        let arguments = ["log", "--follow", "--data-dir", setting.data]
        let end = try await Child.run(Vitaal.path, arguments, standardOutput: pipes[1]) {
            follower in
            close(pipes[1])
            var bytes = [UInt8](repeating: 0, count: 64)
            #expect(read(pipes[0], &bytes, bytes.count) > 0)
            close(pipes[0])
            return try await follower.waitForEnd()
        }
        #expect(end == .exit(0))
    }
}
