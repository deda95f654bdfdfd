import Foundation
import Glibc
import TestSupport
import Testing

/// `vitaal test` and `vitaal replay`, by the program as it is run.
struct RuleTestingTests {
    private static let passing = """
        services: [{id: web, tier: 0}]
        cases:
          - name: down is told
            series: {web: 'up x2, down x2'}
            expect: [{at: 122s, alerts: [{rule: unreachable, subject: web, level: page}]}]

        """

    private static func setting(_ tests: String) throws -> Setting {
        let setting = try Setting(probes: Setting.catalogue(["http://127.0.0.1:1/"]))
        try setting.directory.write("alerts/a.test.yml", tests)
        return setting
    }

    @Test func whatShipsIsAsItsTestsSay() async throws {
        let outcome = try await Vitaal.outcome(["test"], directory: Vitaal.root)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines.allSatisfy { $0.contains(".test.yml: OK, ") })
    }

    @Test func whatIsNotAsExpectedEndsWithOne() async throws {
        let wrong = Self.passing.replacing("122s", with: "121s")
        let setting = try Self.setting(wrong)
        let (file, directory) = ("alerts/a.test.yml", setting.directory.path)
        let outcome = try await Vitaal.outcome(["test", file], directory: directory)
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(
            outcome.output == """
                alerts/a.test.yml: FAILED, 1 of 1 case
                  ✖ down is told
                    at 2m1s, 2026-11-23 12:02:01 UTC (alerts/a.test.yml:5:14)
                      alerts expected:
                        ✖ unreachable  web  firing   page
                      alerts came:
                        ✖ unreachable  web  pending  page

                """)
        let json = try await Vitaal.outcome(["test", file, "--json"], directory: directory)
        #expect(json.status == 1)
        let document = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
        let files = (document as? [String: Any])?["files"] as? [[String: Any]]
        #expect(files?.first?["file"] as? String == file)
        #expect(files?.first?["ok"] as? Bool == false)
    }

    @Test func mistakesEndWithTwo() async throws {
        let setting = try Self.setting(
            Self.passing.replacing("rule: unreachable", with: "rule: unreachble"))
        let outcome = try await Vitaal.outcome(["test", setting.directory.path + "/alerts"])
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("alerts/a.test.yml:5:41: there is no rule `unreachble`"))
        #expect(outcome.errors.contains("did you mean `unreachable`?"))
        // They are no rules, so that the daemon takes what is beside them; validate tells them.
        let validated = try await Vitaal.outcome(["validate"] + setting.arguments)
        #expect(validated.status == 2)
        #expect(validated.output.contains("a.test.yml:5:41: there is no rule `unreachble`"))
    }

    @Test func nothingThereEndsWithTwo() async throws {
        let outcome = try await Vitaal.outcome(["test", "/nowhere"])
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("/nowhere:1:1: the directory cannot be read"))
    }

    /// The daemon watches a closed port for some seconds; then its own rules tell the same in a
    /// replay, and others tell less.
    @Test(.timeLimit(.minutes(2))) func aReplayTellsWhatWasTold() async throws {
        let setting = try Setting(
            probes: Setting.catalogue(["http://127.0.0.1:1/"], interval: "1s"))
        let start = Date.now.addingTimeInterval(-5)
        try await Vitaal.daemon(setting) { daemon in
            _ = try await eventually("that an alert fires") {
                daemon.evidence.contains { $0["action"] == "alert.firing" } ? true : nil
            }
            daemon.child.send(SIGTERM)
            _ = try await daemon.child.waitForEnd()
        }
        let window = [
            "--from", start.formatted(.iso8601), "--to",
            Date.now.addingTimeInterval(5).formatted(.iso8601),
        ]
        func replay(
            _ more: [String] = []
        ) async throws -> (status: Int32, output: String, errors: String) {
            try await Vitaal.outcome(
                [
                    "replay", "--rules", setting.directory.path + "/alerts", "--probes",
                    setting.directory.path + "/probes", "--data-dir", setting.data,
                ]
                    + window + more)
        }
        // A file that was set aside may say things twice, in another version's words or not at all.
        try setting.directory.write(
            "data/evidence-1.jsonl",
            setting.directory.read("data/evidence.jsonl").replacing("{", with: "{\"seq\":1,")
                + "no JSON\n")
        let same = try await replay()
        #expect(same.errors.contains("log that could not be read: 1\n"))
        #expect(same.status == 0, "\(same.errors)")
        #expect(same.output.contains("BOTH, with these rules and then: 1\n"), "\(same.output)")
        #expect(same.output.contains("NEW, with these rules only: 0\n"))
        #expect(same.output.contains("GONE, then only: 0\n"))
        try setting.directory.write(
            "alerts/test.yml", Setting.quickRules.replacing("for: 2s", with: "for: 1h"))
        let later = try await replay(["--json"])
        let object = try JSONSerialization.jsonObject(with: Data(later.output.utf8))
        let document = try #require(object as? [String: Any])
        #expect((document["both"] as? [Any])?.count == 0)
        #expect((document["only_proposed"] as? [Any])?.count == 0)
        let gone = try #require(document["only_then"] as? [[String: Any]])
        #expect(gone.map { $0["object"] as? String } == ["service/s0"])
        let nothing = try await Vitaal.outcome([
            "replay", "--rules", setting.directory.path + "/alerts", "--probes",
            setting.directory.path + "/probes", "--data-dir", setting.data, "--from",
            "2020-01-01T00:00:00Z", "--to", "2020-01-02T00:00:00Z",
        ])
        #expect(nothing.status == 3)
        #expect(nothing.errors.contains("no results are kept of that time"))
    }
}
