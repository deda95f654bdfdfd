import Foundation
import Glibc
import TestSupport
import Testing

/// What an operator types, and what a monitor that is killed remembers of it.
struct OperatorTests {
    private static func setting(_ target: Webhook, _ hook: Webhook) throws -> Setting {
        try Setting(
            probes: Setting.catalogue(["http://127.0.0.1:\(target.port)/"]),
            rules: """
                receivers:
                  - {id: on-call, webhook: 'http://127.0.0.1:\(hook.port)/'}
                rules:
                  - id: unreachable
                    when: {state: down}
                    level: page
                    summary: {nl: '{service} is weg', en: '{service} is gone: {reason}'}

                """)
    }

    private static func vitaal(
        _ daemon: Daemon, _ arguments: [String]
    ) async throws -> (status: Int32, output: String, errors: String) {
        try await Vitaal.outcome(
            arguments + ["--listen", daemon.address]
                + (arguments.contains("list") || arguments.contains("show")
                    ? [] : ["--data-dir", daemon.setting.data, "--author", "anna"]))
    }

    private static func firing(_ daemon: Daemon) async throws {
        try await eventually("a firing alert") {
            try await daemon.get("/api/v1/alerts").body.contains("\"firing\"") ? true : nil
        }
    }

    @Test(.timeLimit(.minutes(2))) func aSilenceOutlivesAKillAndKeepsItsWord() async throws {
        let (target, hook) = (try Webhook(), try Webhook())
        let setting = try Self.setting(target, hook)
        try await Vitaal.daemon(setting) { daemon in
            let added = try await Self.vitaal(
                daemon,
                ["silence", "add", "--service", "s0", "--for", "2h", "--reason", "new switch"])
            #expect(added.status == 0, "\(added.errors)")
            #expect(added.output.hasPrefix("SIL-"), "\(added.output)")
            #expect(added.output.contains("service/s0"), "\(added.output)")
            // It was answered, so it is on the disk.
            daemon.child.send(SIGKILL)
            _ = try await daemon.child.waitForEnd()
        }
        target.answer(503)
        try await Vitaal.daemon(setting) { daemon in
            let list = try await Self.vitaal(daemon, ["silence", "list"])
            #expect(list.status == 0 && list.output.contains("anna: new switch"))
            try await Self.firing(daemon)
            let status = try await daemon.status("--lang", "en")
            #expect(status.output.contains("anna: new switch"), "\(status.output)")
            #expect(hook.requests.isEmpty)
            let id = String(list.output.prefix { $0 != " " })
            let why = try await Vitaal.outcome(["why", "e0", "--listen", daemon.address])
            #expect(why.status == 0 && why.output.hasPrefix("s0  measured down"), "\(why.errors)")
            for words in [
                "e0  down  http_status (status 503)", "unreachable  s0  PAGE  firing since",
                "state == down  yes", "kept back by \(id)", "→ on-call  not told: silenced",
            ] {
                #expect(why.output.contains(words), "\(words) in \(why.output)")
            }
            let nothing = try await Vitaal.outcome(["why", "s9", "--listen", daemon.address])
            #expect(nothing.status == 3 && nothing.errors.contains("no service, endpoint"))
            let ended = try await Self.vitaal(daemon, ["silence", "end", id])
            #expect(ended.status == 0 && ended.output.contains("ended"), "\(ended.errors)")
            try await eventually("the page") { hook.requests.count == 1 ? true : nil }
            let again = try await Self.vitaal(daemon, ["silence", "end", id])
            #expect(again.status == 3 && again.errors.contains("\(id) is over"))
            #expect(try await daemon.stop(SIGTERM).end == .exit(0))
        }
        let lines = setting.evidence.filter { ($0["action"] ?? "").hasPrefix("silence.") }
        #expect(lines.map { $0["action"] } == ["silence.began", "silence.ended"])
        #expect(lines.map { $0["actor"] } == ["anna", "anna"])
        #expect(lines.first?["reason"] == "new switch")
    }

    @Test(.timeLimit(.minutes(2))) func anIncidentIsAcknowledgedNotedAndEnded() async throws {
        let (target, hook) = (try Webhook(status: 503), try Webhook())
        let setting = try Self.setting(target, hook)
        try await Vitaal.daemon(setting) { daemon in
            try await Self.firing(daemon)
            let list = try await Self.vitaal(daemon, ["incident", "list"])
            let id = String(list.output.split(separator: " ").dropFirst().first ?? "")
            #expect(id.hasPrefix("INC-"))
            let known = try await Self.vitaal(daemon, ["ack", "add", id, "--reason", "calling"])
            #expect(known.status == 0 && known.output.hasPrefix("ACK-"), "\(known.errors)")
            let noted = try await Self.vitaal(daemon, ["incident", "note", id, "switch 7 is dead"])
            #expect(noted.status == 0, "\(noted.errors)")
            let refused = try await Self.vitaal(
                daemon, ["incident", "resolve", id, "--reason", "gone"])
            #expect(refused.status == 3 && refused.errors.contains("still fire"))
            let shown = try await Self.vitaal(daemon, ["incident", "show", id])
            #expect(shown.output.contains("acknowledged  anna: calling"), "\(shown.output)")
            #expect(shown.output.contains("noted  anna: switch 7 is dead"))
            #expect(shown.output.contains("acknowledged by anna"))
            // Told is what the receiver has taken, and the ledger has noted.
            try await eventually("why says who was told") {
                let told = try await Vitaal.outcome([
                    "why", id, "--listen", daemon.address, "--lang", "nl",
                ])
                return told.output.contains("→ on-call  verteld als") ? true : nil
            }
            let aware = try await Self.vitaal(
                daemon, ["incident", "aware", id, "--reason", "significant"])
            #expect(aware.status == 0, "\(aware.errors)")
            let sent = try await Self.vitaal(
                daemon, ["incident", "reported", id, "early-warning", "--reason", "NCSC 7"])
            #expect(sent.status == 0, "\(sent.errors)")
            let clock = try await Self.vitaal(daemon, ["incident", "show", id])
            #expect(clock.output.contains("To report (NIS2, article 23):"), "\(clock.output)")
            #expect(clock.output.contains("  early-warning  "))
            #expect(clock.output.contains("  sent ") && clock.output.contains("  within 2d23h"))
            try await eventually("the page") { hook.requests.count == 1 ? true : nil }
            let forced = try await Self.vitaal(
                daemon, ["incident", "resolve", id, "--reason", "out of use", "--force"])
            #expect(forced.status == 0, "\(forced.errors)")
            try await eventually("its end") { hook.requests.count >= 2 ? true : nil }
            #expect(hook.requests[1].body.contains("\"status\":\"resolved\""))
            let why = try await Vitaal.outcome(["why", "e0", "--listen", daemon.address])
            #expect(why.output.contains("→ on-call  not told: its incident was resolved by force"))
            #expect(try await daemon.stop(SIGTERM).end == .exit(0))
            #expect(hook.requests.count == 2)
        }
    }

    @Test(.timeLimit(.minutes(2))) func whatIsWrongIsSaidAndChangesNothing() async throws {
        let (target, hook) = (try Webhook(), try Webhook())
        let setting = try Self.setting(target, hook)
        try await Vitaal.daemon(setting) { daemon in
            let cases: [([String], String)] = [
                (
                    ["silence", "add", "--service", "s00", "--for", "2h", "--reason", "x"],
                    "there is no service 's00'; did you mean `s0`?"
                ),
                (["silence", "add", "--for", "2h", "--reason", "x"], "has to name something"),
                (
                    ["silence", "add", "--service", "s0", "--for", "91d", "--reason", "x"],
                    "lasts longer than 90d"
                ),
                (["dark", "set", "s0", "down", "--for", "1h", "--reason", "x"], "is probed"),
                (["ack", "add", "INC-2026-0099"], "there is no incident 'INC-2026-0099'"),
            ]
            for (arguments, words) in cases {
                let outcome = try await Self.vitaal(daemon, arguments)
                #expect(outcome.status == 3, "\(arguments)")
                #expect(outcome.errors.contains(words), "\(outcome.errors)")
            }
            for arguments in [
                ["silence", "add", "--service", "s0", "--for", "soon", "--reason", "x"],
                ["silence", "add", "--service", "s0", "--reason", "x"],
                ["silence", "end", "MNT-2026-0001"],
                ["maintenance", "add", "s0", "--from", "tomorrow", "--for", "1h", "--reason", "x"],
                ["maintenance", "add", "s0", "--every", "daily", "--for", "1h", "--reason", "x"],
                [
                    "maintenance", "add", "s0", "--every", "sometimes", "--from",
                    "2026-12-05 22:00", "--for", "1h", "--reason", "x",
                ],
            ] {
                let outcome = try await Self.vitaal(daemon, arguments)
                #expect(outcome.status == 64, "\(arguments): \(outcome.errors)")
            }
            // Another user has another data directory, and so no token.
            let stranger = try await Vitaal.outcome([
                "silence", "add", "--service", "s0", "--for", "2h", "--reason", "x", "--listen",
                daemon.address, "--data-dir", setting.directory.path + "/elsewhere",
            ])
            #expect(stranger.status == 3 && stranger.errors.contains("token"))
            #expect(try await daemon.get("/api/v1/actions").body.contains("\"actions\":[]"))
            var information = stat()
            #expect(stat(setting.data + "/operator-token", &information) == 0)
            #expect(information.st_mode & 0o777 == 0o600)
            // Nothing that is kept is for every user of the machine, whoever made the file.
            for name in try FileManager.default.contentsOfDirectory(atPath: setting.data) {
                #expect(stat(setting.data + "/" + name, &information) == 0)
                #expect(information.st_mode & 0o007 == 0, "\(name)")
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func maintenanceIsShownAndExcluded() async throws {
        let (target, hook) = (try Webhook(status: 503), try Webhook())
        let setting = try Self.setting(target, hook)
        try await Vitaal.daemon(setting, []) { daemon in
            let added = try await Self.vitaal(
                daemon, ["maintenance", "add", "s0", "--for", "1h", "--reason", "release 7"])
            #expect(added.status == 0, "\(added.errors)")
            try await eventually("the state") {
                try await daemon.get("/api/v1/status").body.contains(
                    "\"own_state\":\"maintenance\"") ? true : nil
            }
            let list = try await Self.vitaal(daemon, ["maintenance", "list"])
            #expect(list.output.contains("service/s0  anna: release 7"))
            #expect(list.output.contains(" Amsterdam\n    ") && list.output.contains(" UTC"))
            let twice = try await Self.vitaal(
                daemon,
                [
                    "silence", "add", "--service", "s0", "--until", "2026-10-25 02:30", "--reason",
                    "x",
                ])
            #expect(twice.errors.contains("comes twice in Amsterdam"), "\(twice.errors)")
            let skipped = try await Self.vitaal(
                daemon,
                [
                    "maintenance", "add", "s0", "--from", "2027-03-28 02:30", "--for", "1h30m",
                    "--reason", "x",
                ])
            #expect(skipped.status == 64 && skipped.errors.contains("does not exist in Amsterdam"))
        }
    }
}
