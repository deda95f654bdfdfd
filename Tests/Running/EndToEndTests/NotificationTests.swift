import Foundation
import Glibc
import TestSupport
import Testing

/// From an outage to the receivers, whatever dies in between.
struct NotificationTests {
    /// Rules that fire at once, and who is told.
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

    /// The number of the first incident.
    private static var incident: String {
        "INC-\(Calendar(identifier: .gregorian).component(.year, from: Date()))-0001"
    }

    /// The ids told, in order, each once.
    private static func ids(_ hook: Webhook) -> [String] {
        var seen: Set<String> = []
        return hook.requests.map(\.key).filter { seen.insert($0).inserted }
    }

    @Test(.timeLimit(.minutes(2))) func aReceiverIsToldOfTheBeginningAndTheEnd() async throws {
        let (target, hook, low) = (try Webhook(status: 503), try Webhook(), try Webhook())
        let setting = try Self.setting(
            target.port,
            """
              - {id: on-call, webhook: 'http://127.0.0.1:\(hook.port)/hook?a=b', level: page}
              - {id: others, webhook: 'http://127.0.0.1:\(low.port)/', tiers: [3]}
            """)
        try await Vitaal.daemon(setting) { daemon in
            try await eventually("a page") { hook.requests.count == 1 ? true : nil }
            let page = try #require(hook.requests.first)
            #expect(page.path == "/hook?a=b")
            #expect(page.body.contains("\"summary\":\"Service 0 is gone: "))
            #expect(page.body.contains("\"summary\":\"PAGE: Service 0 is gone: "))
            #expect(page.body.contains("\"status\":\"firing\""))
            target.answer(200)
            try await eventually("its end") { hook.requests.count == 2 ? true : nil }
            #expect(hook.requests[1].body.contains("\"status\":\"resolved\""))
            #expect(page.key == "on-call/\(Self.incident)/0/firing")
            #expect(hook.requests[1].key == "on-call/\(Self.incident)/1/resolved")
            try await eventually("the metrics") { () -> Bool? in
                let delivered = try await daemon.sample(
                    "vitaal_notifications_delivered_total", "on-call")
                let waiting = try await daemon.sample("vitaal_ledger_waiting")
                return delivered == 2 && waiting == 0 ? true : nil
            }
            #expect(try await daemon.sample("vitaal_receiver_up", "on-call") == 1)
            #expect(try await daemon.stop(SIGTERM).end == .exit(0))
        }
        #expect(low.requests.isEmpty)
        let told = setting.evidence.filter { $0["action"] == "notification.delivered" }
        #expect(told.map { $0["notification"] } == hook.requests.map(\.key))
        #expect(told.map { $0["object"] } == ["receiver/on-call", "receiver/on-call"])
    }

    @Test(.timeLimit(.minutes(1))) func withoutAReceiverItSaysSo() async throws {
        let setting = try Setting(probes: Setting.catalogue(["http://127.0.0.1:1/"]))
        try await Vitaal.daemon(setting) { daemon in
            try await eventually("the line") {
                daemon.child.lines.contains { $0.hasPrefix("nobody is told of alerts") }
                    ? true : nil
            }
        }
    }

    /// The receiver is away while the alert fires, the monitor is killed meanwhile, and the alert
    /// is over before it is back: both are told, in order, once.
    @Test(.timeLimit(.minutes(2))) func whatCouldNotBeToldIsToldLater() async throws {
        let (target, hook) = (try Webhook(status: 503), try Webhook(status: 500))
        let setting = try Self.setting(
            target.port, "  - {id: on-call, webhook: 'http://127.0.0.1:\(hook.port)/'}")
        try await Vitaal.daemon(setting) { daemon in
            try await eventually("a failure") { () -> Bool? in
                let failures = try await daemon.sample(
                    "vitaal_notification_failures_total", "on-call")
                return failures ?? 0 > 0 ? true : nil
            }
            #expect(try await daemon.sample("vitaal_receiver_up", "on-call") == 0)
            daemon.child.send(SIGKILL)
            _ = try await daemon.child.waitForEnd()
        }
        target.answer(200)
        try await Vitaal.daemon(setting) { daemon in
            try await eventually("the end") { () -> Bool? in
                let waiting = try await daemon.sample("vitaal_notifications_waiting", "on-call")
                return waiting == 2 ? true : nil
            }
            #expect(hook.requests.isEmpty)
            hook.answer(200)
            try await eventually("both") { hook.requests.count == 2 ? true : nil }
            try await eventually("the evidence") {
                setting.evidence.contains { $0["action"] == "receiver.recovered" } ? true : nil
            }
        }
        #expect(Self.ids(hook).map { $0.hasSuffix("firing") } == [true, false])
        #expect(setting.evidence.contains { $0["action"] == "receiver.failing" })
    }

    static let alertmanager = tool("prometheus-alertmanager")

    /// A copy of Alertmanager that finds its templates in its working directory.
    ///
    /// Debian's looks below /usr/share, where an unpacked package is not.
    static func copy(of program: String, in directory: String) throws -> String {
        let templates = "/usr/share/prometheus/alertmanager"
        let here = String(repeating: "./", count: templates.count / 2)
        var bytes = try Data(contentsOf: URL(filePath: program))
        while let found = bytes.firstRange(of: Data(templates.utf8)) {
            bytes.replaceSubrange(found, with: Data(here.utf8))
        }
        let copy = directory + "/alertmanager"
        try bytes.write(to: URL(filePath: copy))
        chmod(copy, 0o755)
        let root = URL(filePath: program).deletingLastPathComponent().deletingLastPathComponent()
        for name in ["default.tmpl", "email.tmpl"] {
            let file = root.appending(path: "share/prometheus/alertmanager/\(name)").path
            guard FileManager.default.fileExists(atPath: file) else { continue }
            try FileManager.default.copyItem(atPath: file, toPath: directory + "/\(name)")
        }
        return copy
    }

    /// The real one, killed and started anew: it knows what fires, and what is over.
    @Test(
        .timeLimit(.minutes(3)), .enabled(if: alertmanager != nil, "Alertmanager is missing"))
    func anAlertmanagerIsToldWhatItForgot() async throws {
        let (target, port) = (try Webhook(status: 503), try Sockets.freePort())
        let setting = try Self.setting(
            target.port, "  - {id: am, alertmanager: 'http://127.0.0.1:\(port)/'}")
        try setting.directory.write(
            "am.yml", "route: {receiver: none}\nreceivers: [{name: none}]\n")
        let program = try Self.copy(
            of: try #require(Self.alertmanager), in: setting.directory.path)
        let arguments = [
            "--config.file=am.yml", "--storage.path=am", "--cluster.listen-address=",
            "--web.listen-address=127.0.0.1:\(port)",
        ]
        func alerts() async -> [[String: Any]] {
            let body = await Answer.of("GET", "/api/v2/alerts", port: port)?.body ?? ""
            return (try? JSONSerialization.jsonObject(with: Data(body.utf8)))
                as? [[String: Any]] ?? []
        }
        try await Vitaal.daemon(setting) { daemon in
            try await Child.run(program, arguments, directory: setting.directory.path) { child in
                try await eventually("an alert") { await alerts().count == 1 ? true : nil }
                let alert = try #require(await alerts().first)
                #expect(
                    alert["labels"] as? [String: String] == [
                        "alertname": "unreachable", "service": "s0", "severity": "page",
                        "incident": Self.incident, "cause": "service/s0", "tier": "1",
                        "sector": "test", "owner": "Owner 0",
                    ])
                child.send(SIGKILL)
                _ = try await child.waitForEnd()
            }
            daemon.child.send(SIGKILL)
            _ = try await daemon.child.waitForEnd()
        }
        try await Child.run(program, arguments, directory: setting.directory.path) { _ in
            try await Vitaal.daemon(setting) { _ in
                // The restarted monitor tells at once what an earlier run has told.
                try await eventually("the alert again") { await alerts().count == 1 ? true : nil }
                target.answer(200)
                try await eventually("its end") { await alerts().isEmpty ? true : nil }
            }
        }
    }

    /// What README shows of an Alertmanager's configuration is one.
    @Test(.enabled(if: tool("amtool") != nil, "amtool is missing"))
    func theConfigurationInTheReadmeIsOne() async throws {
        let readme = try Repository.text("README.md")
        let start = try #require(readme.range(of: "```yaml\nroute:"))
        let rest = readme[start.lowerBound...].dropFirst("```yaml\n".count)
        let end = try #require(rest.range(of: "```"))
        let directory = try TemporaryDirectory()
        try directory.write("am.yml", String(rest[..<end.lowerBound]))
        let outcome = try await Child.outcome(
            try #require(tool("amtool")), ["check-config", directory.path + "/am.yml"])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }
}
