import Foundation
import Glibc
import TestSupport
import Testing

/// A monitor that is killed at random instants while services fail and heal: nothing is lost and
/// nothing is told twice.
///
/// `VITAAL_KILLS` sets how often; `make torture` asks for a thousand.
struct KillTests {
    /// What is told: `s0` fails and heals; `s1` fails for good but is silenced all the while.
    private struct Stage {
        let target: Webhook
        let silenced: Webhook
        /// A receiver that keeps every request.
        let hook: Webhook
        /// Takes what Alertmanager would, and keeps it.
        let machine: Webhook
        let setting: Setting
        private(set) var outages: [(from: Date, to: Date)] = []
        private(set) var isDown = false
        /// The silences that the monitor has accepted.
        var accepted: [String] = []

        init(alertmanager port: UInt16?) throws {
            (target, silenced) = (try Webhook(), try Webhook())
            (hook, machine) = (try Webhook(), try Webhook())
            let real =
                port.map { "\n  - {id: real, alertmanager: 'http://127.0.0.1:\($0)/'}" } ?? ""
            let receivers = """
                receivers:
                  - {id: on-call, webhook: 'http://127.0.0.1:\(hook.port)/'}
                  - {id: machine, alertmanager: 'http://127.0.0.1:\(machine.port)/'}
                """
            let rules = """

                rules:
                  - id: unreachable
                    when: {state: down}
                    level: page
                    summary: {nl: '{service} is weg', en: '{service} is gone: {reason}'}

                """
            setting = try Setting(
                probes: Setting.catalogue([
                    "http://127.0.0.1:\(target.port)/", "http://127.0.0.1:\(silenced.port)/",
                ]), rules: receivers + real + rules)
        }

        /// Lets the receiver of Alertmanager's kind refuse what it is sent, now and then.
        func tease() { machine.answer(Int.random(in: 0..<4) == 0 ? 400 : 200) }

        mutating func turn(_ down: Bool) {
            guard down != isDown else { return }
            isDown = down
            // First, since a probe may fail before this process runs again.
            if down { outages.append((Date(), .distantFuture)) }
            target.answer(down ? 503 : 200)
            if !down { outages[outages.count - 1].to = Date() }
        }

        /// Asks for a silence of `s1`; one that is answered must never be forgotten.
        mutating func silence(_ daemon: Daemon) async throws {
            let outcome = try await Vitaal.outcome([
                "silence", "add", "--service", "s1", "--for", "1d", "--reason", "torture",
                "--author", "anna", "--listen", daemon.address, "--data-dir", setting.data,
            ])
            if outcome.status == 0 { accepted.append(String(outcome.output.prefix { $0 != " " })) }
        }
    }

    /// The ids told, in order, each once.
    private static func ids(_ hook: Webhook) -> [String] {
        var seen: Set<String> = []
        return hook.requests.map(\.key).filter { seen.insert($0).inserted }
    }

    @Test(.timeLimit(.minutes(120))) func nothingIsLostOrToldTwiceByKills() async throws {
        let kills = ProcessInfo.processInfo.environment["VITAAL_KILLS"].flatMap { Int($0) } ?? 12
        guard let program = NotificationTests.alertmanager else {
            try await torture(Stage(alertmanager: nil), kills: kills, alertmanager: nil)
            return
        }
        let port = try Sockets.freePort()
        let stage = try Stage(alertmanager: port)
        try stage.setting.directory.write(
            "am.yml", "route: {receiver: none}\nreceivers: [{name: none}]\n")
        let copy = try NotificationTests.copy(of: program, in: stage.setting.directory.path)
        let arguments = [
            "--config.file=am.yml", "--storage.path=am", "--cluster.listen-address=",
            "--web.listen-address=127.0.0.1:\(port)",
        ]
        try await Child.run(copy, arguments, directory: stage.setting.directory.path) { _ in
            try await torture(stage, kills: kills, alertmanager: port)
        }
    }

    private func torture(_ stage: Stage, kills: Int, alertmanager: UInt16?) async throws {
        var stage = stage
        try await Vitaal.daemon(stage.setting) { daemon in
            try await stage.silence(daemon)
            #expect(stage.accepted.count == 1)
        }
        stage.silenced.answer(503)
        for _ in 0..<kills {
            try await Vitaal.daemon(stage.setting) { daemon in
                for _ in 0..<Int.random(in: 1...4) {
                    if Int.random(in: 0..<3) > 0 { stage.turn(!stage.isDown) }
                    stage.tease()
                    if stage.accepted.count < 900, Int.random(in: 0..<4) == 0 {
                        try await stage.silence(daemon)
                    }
                    try await Task.sleep(for: .milliseconds(Int.random(in: 100...2000)))
                }
                daemon.child.send(SIGKILL)
                _ = try await daemon.child.waitForEnd()
            }
            if Bool.random() { stage.turn(!stage.isDown) }
        }
        stage.turn(false)
        stage.machine.answer(200)
        try await end(stage, alertmanager)
        check(stage)
        try await checkChain(stage)
    }

    /// The kills left the chain of evidence whole, and what was told stands in it.
    private func checkChain(_ stage: Stage) async throws {
        let setting = stage.setting
        let verdict = try await Vitaal.outcome(["log", "verify", "--data-dir", setting.data])
        #expect(verdict.status == 0, "\(verdict.output)\(verdict.errors)")
        let numbers = setting.evidence.compactMap { $0["seq"].flatMap { Int($0) } }
        #expect(numbers == Array(1...max(1, numbers.count)))
        let told = setting.evidence.filter {
            $0["action"] == "notification.delivered" && $0["object"] == "receiver/on-call"
        }
        #expect(Set(told.compactMap { $0["notification"] }) == Set(Self.ids(stage.hook)))
        let silences = setting.evidence.filter { $0["action"] == "silence.began" }
        #expect(
            Set(stage.accepted.map { "silence/\($0)" }).isSubset(
                of: silences.compactMap { $0["object"] }))
    }

    /// Waits until all is told, and looks at what is left.
    private func end(_ stage: Stage, _ alertmanager: UInt16?) async throws {
        try await Vitaal.daemon(stage.setting) { daemon in
            try await eventually("that all is over and told") { () -> Bool? in
                let succeeded = try await daemon.results("success").first ?? 0
                let alerts = try await daemon.get("/api/v1/alerts").body
                let waiting = try await daemon.samples("vitaal_notifications_waiting")
                let unwritten = try await daemon.sample("vitaal_ledger_waiting")
                return succeeded >= 2 && !alerts.contains("\"service\":\"s0\"")
                    && alerts.contains("\"silenced_by\"")
                    && waiting.allSatisfy { $0.value == 0 } && unwritten == 0 ? true : nil
            }
            let actions = try await daemon.get("/api/v1/actions").body
            let forgotten = stage.accepted.filter { !actions.contains("\"\($0)\"") }
            #expect(forgotten.isEmpty, "silences that were accepted and are gone")
            if let alertmanager {
                try await eventually("that Alertmanager knows no alert") {
                    await Answer.of("GET", "/api/v2/alerts", port: alertmanager)?.body
                        .hasPrefix("[]") == true ? true : nil
                }
            }
            #expect(try await daemon.stop(SIGTERM).end == .exit(0))
        }
    }

    /// One alert in a message, as a receiver keeps it.
    private struct Told: Hashable {
        var fingerprint: String
        var service: String
        var part: String
        /// When it began to fire, in milliseconds.
        var start: Int
    }

    /// What the messages say, each message once.
    private static func told(_ hook: Webhook) -> [Told] {
        var seen: Set<String> = []
        return hook.requests.filter { seen.insert($0.key).inserted }.flatMap { request -> [Told] in
            let object = try? JSONSerialization.jsonObject(with: Data(request.body.utf8))
            let alerts = (object as? [String: Any])?["alerts"] as? [[String: Any]] ?? []
            return alerts.compactMap { alert in
                guard let labels = alert["labels"] as? [String: String],
                    let annotations = alert["annotations"] as? [String: String],
                    let start = (alert["startsAt"] as? String).flatMap(Self.date)
                else { return nil }
                return Told(
                    fingerprint: alert["fingerprint"] as? String ?? "",
                    service: labels["service"] ?? "", part: annotations["part"] ?? "",
                    start: Int((start.timeIntervalSince1970 * 1000).rounded()))
            }
        }
    }

    private func check(_ stage: Stage) {
        let told = Self.told(stage.hook)
        #expect(!told.contains { $0.service == "s1" }, "a silenced page")
        #expect(!stage.machine.requests.contains { $0.body.contains("\"s1\"") })
        let begun = told.filter { $0.part == "begun" }
        let ended = told.filter { $0.part == "over" }
        #expect(Set(begun).count == begun.count, "something is told twice")
        #expect(Set(ended).count == ended.count, "an end is told twice")
        // With the same labels, so that whoever keys by the fingerprint closes it.
        #expect(
            Set(begun.map { "\($0.fingerprint) \($0.start)" })
                == Set(ended.map { "\($0.fingerprint) \($0.start)" }), "an end is missing")
        let starts = begun.map { Date(timeIntervalSince1970: Double($0.start) / 1e3) }
        let seen = stage.setting.evidence.filter {
            $0["action"] == "alert.firing" && $0["service"] == "s0"
        }.compactMap { $0["firing_since"] }.compactMap(Self.date)
        // A busy machine may let a probe time out between the outages.
        let strays = stage.setting.evidence.filter {
            $0["action"] == "alert.firing" && $0["service"] == "s0"
                && $0["reason"] != "http_status"
        }.compactMap { $0["firing_since"] }.compactMap(Self.date)
        for (number, outage) in stage.outages.enumerated() {
            // A failed probe is seen a moment after it happened, and a short outage later still.
            let next =
                stage.outages.indices.contains(number + 1)
                ? stage.outages[number + 1].from : .distantFuture
            let window = outage.from..<next
            let told = starts.filter { start in
                window.contains(start)
                    && !strays.contains { abs($0.timeIntervalSince(start)) < 0.002 }
            }
            let wasSeen = seen.contains { window.contains($0) && !strays.contains($0) }
            #expect(told.count <= 1, "outage \(number) was told \(told.count) times")
            #expect(!wasSeen || told.count == 1, "outage \(number) was seen and not told")
        }
        #expect(!begun.isEmpty && !seen.isEmpty)
        checkMachine(stage, told: Set(begun.map(\.start)))
    }

    /// What a receiver of Alertmanager's kind was told: every alert by its start, and that it ended.
    private func checkMachine(_ stage: Stage, told: Set<Int>) {
        var firing: Set<Int> = []
        var ended: Set<Int> = []
        for request in stage.machine.requests {
            let object = try? JSONSerialization.jsonObject(with: Data(request.body.utf8))
            for alert in object as? [[String: Any]] ?? [] {
                guard let start = (alert["startsAt"] as? String).flatMap(Self.date),
                    let end = (alert["endsAt"] as? String).flatMap(Self.date)
                else { continue }
                let millisecond = Int((start.timeIntervalSince1970 * 1000).rounded())
                // A firing alert ends in minutes, one that is over has ended before it is told.
                if end > request.at {
                    firing.insert(millisecond)
                } else {
                    ended.insert(millisecond)
                }
            }
        }
        #expect(firing.union(ended) == told, "other alerts than those that were told")
        #expect(ended == told, "an end is missing")
    }

    private static func date(_ text: String) -> Date? {
        try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
