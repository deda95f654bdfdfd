import Foundation
import Glibc
import TestSupport
import Testing

/// Receivers of every kind as an operator writes and tries them.
struct ReceiverTests {
    /// The rules of a setting in which one service is to be down.
    private static func rules(_ receivers: String) -> String {
        """
        receivers:
        \(receivers)
        rules:
          - id: unreachable
            when: {state: down}
            level: page
            summary: {nl: '{service} is weg', en: '{service} is gone: {reason}'}

        """
    }

    private static func setting(_ port: UInt16, _ receivers: String) throws -> Setting {
        try Setting(
            probes: Setting.catalogue(["http://127.0.0.1:\(port)/"]), rules: rules(receivers))
    }

    @Test func aTestSaysWhatCameOfIt() async throws {
        let (good, bad) = (try Webhook(), try Webhook(status: 500))
        let setting = try Self.setting(
            1,
            """
              - {id: good, webhook: 'http://127.0.0.1:\(good.port)/hook?key=secret', level: critical}
              - {id: bad, webhook: 'http://127.0.0.1:\(bad.port)/'}
              - {id: program, command: [/bin/sh, -c, 'echo busy >&2; exit 75']}
              - {id: fine, command: [/bin/sh, -c, 'test "$VITAAL_RECEIVER" = fine']}
              - id: post
                email: {server: 'smtp://127.0.0.1:1', from: v@example.org, to: [a@example.org]}
            """)
        func test(_ id: String) async throws -> (status: Int32, output: String, errors: String) {
            try await Vitaal.outcome(["receiver", "test", id] + setting.arguments)
        }
        let first = try await test("good")
        #expect(first.status == 0, "\(first)")
        #expect(
            first.output.hasPrefix(
                "✔ good took it (webhook http://127.0.0.1:\(good.port)/hook, after "))
        let request = try #require(good.requests.first)
        #expect(request.body.contains("\"summary\":\"TEST of receiver good: nothing is wrong.\""))
        #expect(request.body.contains("\"severity\":\"critical\""))
        #expect(good.requests.count == 1)
        for (id, way, words) in [
            ("bad", "webhook http://127.0.0.1:\(bad.port)/", "HTTP 500"),
            ("program", "command /bin/sh", "exit code 75: busy"),
            (
                "post", "mail to a@example.org by smtp://127.0.0.1:1",
                "Couldn't connect to server"
            ),
        ] {
            let outcome = try await test(id)
            #expect(outcome.status == 2)
            #expect(outcome.output.hasPrefix("✖ \(id) did not take it (\(way), after "))
            #expect(outcome.output.hasSuffix("): \(words)\n"), "\(outcome.output)")
        }
        #expect(try await test("fine").status == 0)
        let unknown = try await test("nobody")
        #expect(unknown.status == 2)
        #expect(
            unknown.errors
                == "vitaal: there is no receiver 'nobody'; there are: good, bad, program, fine, post\n"
        )
    }

    @Test func aProgramThatIsNotThereIsAMistake() async throws {
        let setting = try Self.setting(1, "  - {id: siren, command: [/nowhere/siren]}")
        for arguments in [["validate"], ["receiver", "test", "siren"]] {
            let outcome = try await Vitaal.outcome(arguments + setting.arguments)
            #expect(outcome.status == 2)
            #expect(
                (outcome.output + outcome.errors).contains(
                    "test.yml:2:27: the program cannot be run: /nowhere/siren: No such file or "
                        + "directory"), "\(outcome)")
        }
    }

    /// A program hears of the beginning and the end, with the body of a webhook; beside it are one
    /// that forks and hangs and a server of mail that says nothing.
    @Test(.timeLimit(.minutes(2))) func nobodyWaitsForTheBadOnes() async throws {
        let (target, silent) = (try Webhook(status: 503), try Sockets.listener())
        defer { close(silent.descriptor) }
        let files = try TemporaryDirectory()
        let setting = try Self.setting(
            target.port,
            """
              - {id: hanging, timeout: 60s, command: [/bin/sh, -c, 'trap "" TERM; sleep 600 & sleep 600']}
              - id: silent
                email: {server: 'smtp://127.0.0.1:\(silent.port)', from: v@example.org, to: [a@example.org]}
              - id: good
                command: [/bin/sh, -c, 'cat >> "$1"; echo " $VITAAL_STATE" >> "$1"', sh, \(files.path)/told]
            """)
        try await Vitaal.daemon(setting) { daemon in
            try await eventually("a page") {
                files.read("told").hasSuffix(" firing\n") ? true : nil
            }
            #expect(files.read("told").contains("\"summary\":\"Service 0 is gone: "))
            target.answer(200)
            try await eventually("its end") {
                files.read("told").hasSuffix(" resolved\n") ? true : nil
            }
            // The program has written before it has ended.
            try await eventually("that both are delivered") {
                try await daemon.sample("vitaal_notification_delivery_seconds_count", "good") == 2
                    ? true : nil
            }
            #expect(try await daemon.sample("vitaal_notifications_waiting", "silent") == 2)
            #expect(try await daemon.sample("vitaal_notifications_waiting", "hanging") == 2)
            let (end, took) = try await daemon.stop(SIGTERM)
            #expect(end == .exit(0))
            #expect(took < .seconds(10))
        }
    }

    /// The receiver is away, the monitor is killed before and after the other one is told: that one
    /// hears of the beginning and the end once, and the first one of both when it is back.
    @Test(.timeLimit(.minutes(3))) func anotherIsToldOnceAcrossKills() async throws {
        let (target, away) = (try Webhook(status: 503), try Webhook(status: 500))
        let other = try Webhook()
        let setting = try Self.setting(
            target.port,
            """
              - {id: away, webhook: 'http://127.0.0.1:\(away.port)/', fallback: other, fallback_after: 10s}
              - {id: other, webhook: 'http://127.0.0.1:\(other.port)/', tiers: [3]}
            """)
        func kill(_ daemon: Daemon) async throws {
            daemon.child.send(SIGKILL)
            _ = try await daemon.child.waitForEnd()
        }
        try await Vitaal.daemon(setting) { daemon in
            try await eventually("a failure") { () -> Bool? in
                let failures = try await daemon.sample(
                    "vitaal_notification_failures_total", "away")
                return failures ?? 0 > 0 ? true : nil
            }
            try await kill(daemon)
        }
        #expect(other.requests.isEmpty)
        try await Vitaal.daemon(setting) { daemon in
            try await eventually("the other is told") { other.requests.isEmpty ? nil : true }
            #expect(other.requests.map(\.key.isEmpty) == [false])
            try await kill(daemon)
        }
        target.answer(200)
        away.answer(200)
        try await Vitaal.daemon(setting) { daemon in
            try await eventually("all ends") {
                away.requests.count >= 2 && other.requests.count >= 2 ? true : nil
            }
            try await eventually("nothing waits") { () -> Bool? in
                let waiting = try await daemon.samples("vitaal_notifications_waiting").map(\.value)
                return waiting == [0, 0] ? true : nil
            }
            #expect(Set(other.requests.map(\.key)).count == 2)
            #expect(other.requests.last?.key.hasSuffix("/resolved") == true)
            #expect(Set(away.requests.map(\.key)).count == 2)
        }
    }
}
