import Foundation
import Glibc
import TestSupport
import Testing

/// Configurations with mistakes, and how a new one comes into force.
struct ConfigurationTests {
    private static let refused = "http://127.0.0.1:1/"

    /// Four mistakes in two files.
    private static func withMistakes() throws -> Setting {
        let setting = try Setting(
            probes: """
                about: Test.
                sector: test
                services:
                  - id: one
                    name: {nl: Een, en: One}
                    owner: Owner
                    tier: 7
                    endpoints:
                      - id: one-www
                        url: https://one.example/
                        intervall: 60s
                    depends_on: [{service: two, kind: hard}]
                """,
            rules: """
                rules:
                  - id: unreachable
                    when: {state: downn}
                    for: 2m
                    level: page
                    summary: {nl: a, en: b}
                """)
        return setting
    }

    private static let places = [
        "test.yml:7:11:", "test.yml:11:9:", "test.yml:12:28:", "test.yml:3:19:",
    ]

    @Test func validateTellsEveryMistakeAtOnce() async throws {
        let setting = try Self.withMistakes()
        let outcome = try await Vitaal.outcome(["validate"] + setting.arguments)
        #expect(outcome.status == 2)
        for place in Self.places { #expect(outcome.output.contains(place), "\(outcome.output)") }
        #expect(outcome.output.contains("did you mean `interval`?"))
        #expect(outcome.output.contains("4 mistakes"))
    }

    @Test func validateAcceptsWhatShips() async throws {
        let outcome = try await Vitaal.outcome(["validate"], directory: Vitaal.root)
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(outcome.output.contains("70 services"))
        #expect(outcome.output.contains("0 receivers: no mistakes\n"))
        #expect(outcome.output.contains("\nnobody is told of alerts"))
        #expect(outcome.output.contains("\nfewer than two control targets"))
    }

    @Test func validateReadsTheSecrets() async throws {
        let setting = try Setting(
            probes: Setting.catalogue(["http://127.0.0.1:1/"]),
            rules: "receivers: [{id: a, webhook: 'http://127.0.0.1:1/', secret_file: s}]\n"
                + Setting.quickRules)
        let missing = try await Vitaal.outcome(["validate"] + setting.arguments)
        #expect(missing.status == 2)
        #expect(missing.output.contains("alerts/test.yml:1:66: the secret cannot be used: "))
        try setting.directory.write("alerts/s", "secret")
        chmod(setting.directory.path + "/alerts/s", 0o600)
        let read = try await Vitaal.outcome(["validate"] + setting.arguments)
        #expect(read.output.contains("1 rule, 1 receiver: no mistakes\n"), "\(read.output)")
        #expect(!read.output.contains("nobody is told"))
    }

    @Test(arguments: [[], ["--lab"], ["--live", "--contact", "you@example.org"]])
    func runTellsEveryMistakeAndDoesNotStart(arguments: [String]) async throws {
        let setting = try Self.withMistakes()
        let outcome = try await Vitaal.outcome(
            ["run", "--listen", "127.0.0.1:0", "--data-dir", setting.data] + arguments
                + setting.arguments)
        #expect(outcome.status == 2)
        #expect(outcome.output == "")
        for place in Self.places { #expect(outcome.errors.contains(place), "\(outcome.errors)") }
    }

    /// Both ways to ask for it; a wrong file changes nothing, a right one keeps what stays.
    @Test(.timeLimit(.minutes(2)), arguments: [true, false])
    func reloadSwapsOrKeeps(bySignal: Bool) async throws {
        let setting = try Setting(probes: Setting.catalogue([Self.refused, Self.refused]))
        try await Vitaal.daemon(setting) { daemon in
            func reload() async throws -> Answer? {
                guard bySignal else { return try await daemon.post("/-/reload") }
                daemon.child.send(SIGHUP)
                return nil
            }
            try await eventually("that both alerts fire") {
                daemon.evidence.count { $0["action"] == "alert.firing" } == 2 ? true : nil
            }

            try setting.directory.write("probes/test.yml", "services: ]")
            let refusal = try await reload()
            try await eventually("that the reload is refused") {
                try await daemon.sample("vitaal_config_last_reload_successful") == 0 ? true : nil
            }
            if let refusal {
                #expect(refusal.status == 400)
                #expect(refusal.body.contains("probes/test.yml:1:"))
            }
            #expect(try await daemon.samples("probe_success").count == 2)
            let told = try await daemon.status()
            #expect(told.output.contains("REFUSED  1 mistake in the files since "))
            #expect(told.output.contains("the next restart will not start"))
            #expect(try await daemon.status("monitor").status == 1)
            try await eventually("the words") {
                let said = daemon.child.output
                return said.contains("refused") && said.contains("probes/test.yml:1:") ? true : nil
            }

            // s0 stays, s1 goes, s2 is new.
            let changed = Setting.catalogue([Self.refused, Self.refused])
                .replacing("s1", with: "s2").replacing("e1", with: "e2")
            try setting.directory.write("probes/test.yml", changed)
            let acceptance = try await reload()
            try await eventually("that the reload is applied") {
                try await daemon.sample("vitaal_config_last_reload_successful") == 1 ? true : nil
            }
            if let acceptance { #expect(acceptance.status == 200) }
            #expect(try await !daemon.status().output.contains("REFUSED"))
            try await eventually("that the new endpoint is probed") {
                try await daemon.sample("probe_success", "\"e2\"") == 0 ? true : nil
            }
            try await eventually("that the new alert fires") {
                daemon.evidence.count { $0["action"] == "alert.firing" } == 3 ? true : nil
            }
            #expect(try await daemon.samples("probe_success").count == 2)
            #expect(try await daemon.stop(SIGTERM).end == .exit(0))
            checkEvidence(daemon)
        }
    }

    /// The alert of what stayed was told once; that of what went was ended once.
    private func checkEvidence(_ daemon: Daemon) {
        func lines(_ action: String, _ service: String? = nil) -> [[String: String]] {
            daemon.evidence.filter {
                $0["action"] == action && (service == nil || $0["service"] == service)
            }
        }
        #expect(lines("alert.firing", "s0").count == 1)
        #expect(lines("alert.resolved", "s0").isEmpty)
        #expect(lines("alert.resolved", "s1").count == 1)
        #expect(lines("alert.firing", "s2").count == 1)
        let reloads = lines("config.reload").map { $0["result"] ?? "" }
        #expect(reloads.count == 2)
        #expect(reloads.first?.hasPrefix("refused: 1 mistake") == true)
        #expect(reloads.last == "ok")
    }

    /// Rotating: move the log away, then ask for a reload.
    @Test(.timeLimit(.minutes(2)))
    func reloadOpensTheEvidenceLogAnew() async throws {
        let setting = try Setting(probes: Setting.catalogue([Self.refused]))
        try await Vitaal.daemon(setting) { daemon in
            try await eventually("a line") { daemon.evidence.isEmpty ? nil : true }
            try FileManager.default.moveItem(
                atPath: setting.data + "/evidence.jsonl", toPath: setting.data + "/old.jsonl")
            #expect(try await daemon.post("/-/reload").status == 200)
            try await eventually("the reload in the new file") {
                daemon.evidence.contains { $0["action"] == "config.reload" } ? true : nil
            }
            #expect(setting.directory.read("data/old.jsonl").contains("monitor.start"))
            #expect(!setting.directory.read("data/old.jsonl").contains("config.reload"))
        }
    }
}
