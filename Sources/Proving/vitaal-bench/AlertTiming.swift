import Foundation
import HealthModel

/// Measures a monitor of which everything fires: how long `vitaal status` takes, how soon a failed
/// probe is an alert, and how soon an alert is with a receiver.
struct AlertTiming {
    /// Services that are down, each with an endpoint on an address of its own.
    var endpoints = 10_000
    /// Runs of `vitaal status` of which the median counts.
    var rounds = 9
    /// What `vitaal status` may take.
    static let statusTargetSeconds = 0.5
    /// What an alert may take from firing to being delivered, for 99 of 100.
    static let deliveryTargetSeconds = 1.0
    /// What a first failed probe may take to fire, beside the time until it is confirmed.
    static let firingTargetSeconds = 1.0
    /// The longest wait before a failure is confirmed.
    private static let confirmSeconds = 0.6
    /// Within how long everything has to fire: two rounds of probes.
    private static let firingLimitSeconds = 180.0

    let workspace: Workspace

    /// Prints the figures; whether the targets are met.
    func run() throws -> Bool {
        let server = try WebServer(in: workspace)
        let catalogue = try GeneratedCatalogue(
            scheme: "http", endpoints: endpoints, intervalSeconds: 60, timeout: "5s",
            confirm: "200ms..600ms", loopbackPort: try Loopback.freePort()
        ).write(to: "alert-probes", in: workspace)
        _ = try workspace.makeDirectory("alert-rules")
        try workspace.write(
            Self.rules(receiver: server.httpPorts[.vitaal] ?? 0), to: "alert-rules/rules.yml")
        let vitaal = try Vitaal(
            catalogue: catalogue, rules: workspace.path("alert-rules"), options: [], in: workspace)
        defer { vitaal.processes.forEach { $0.stop() } }
        say("waiting until \(endpoints) alerts fire")
        try wait(for: "alerts", seconds: Self.firingLimitSeconds) {
            Thread.sleep(forTimeInterval: 1)
            return try firing(vitaal) == endpoints
        }
        let status = try timeStatus(vitaal)
        try wait(for: "the deliveries") { try delivered(vitaal).count >= endpoints }
        let delivery = try delivered(vitaal).bound
        let delays = try firingDelays(vitaal).sorted()
        let usual = delays.isEmpty ? .infinity : delays[delays.count * 99 / 100]
        let worst = delays.last ?? .infinity
        let limit = Self.confirmSeconds + Self.firingTargetSeconds
        let memory = try vitaal.processes[0].usage().peakMegabytes
        print(
            """
            alerts, \(endpoints) firing: `vitaal status` \(status.text(3)) s, target < \
            \(Self.statusTargetSeconds.text(1)) s: \(verdict(status < Self.statusTargetSeconds))
            from the first failed probe to firing: p99 \(usual.text(2)) s, at most \
            \(worst.text(2)) s, target ≤ \(limit.text(1)) s: \(verdict(worst <= limit))
            from firing to delivered at a local receiver: p99 ≤ \(delivery.text(2)) s, target < \
            \(Self.deliveryTargetSeconds.text(1)) s: \
            \(verdict(delivery <= Self.deliveryTargetSeconds))
            peak of memory \(memory.text(0)) MB
            """)
        return status < Self.statusTargetSeconds && worst <= limit
            && delivery <= Self.deliveryTargetSeconds
    }

    private func verdict(_ isMet: Bool) -> String { isMet ? "met" : "NOT met" }

    private static func rules(receiver port: Int) -> String {
        """
        about: Everything that is down fires at once.
        receivers:
          - {id: machine, alertmanager: 'http://127.0.0.1:\(port)', level: digest}
          - {id: on-call, webhook: 'http://127.0.0.1:\(port)/hook'}
        rules:
          - id: unreachable
            when: state == down
            level: page
            summary: {nl: '{service} is weg: {reason}', en: '{service} is gone: {reason}'}

        """
    }

    private func firing(_ vitaal: Vitaal) throws -> Int {
        let values = try vitaal.metrics().values(of: "vitaal_alerts")
        return Int(
            values.filter { $0.labels.contains("state=\"firing\"") }.map(\.value).reduce(0, +))
    }

    /// The median of the whole command, with the start of the program.
    private func timeStatus(_ vitaal: Vitaal) throws -> Double {
        var took: [Double] = []
        for round in 1...rounds {
            let start = monotonicSeconds()
            let command = try ChildProcess(
                workspace.vitaal, ["status", "--listen", "127.0.0.1:\(vitaal.port)"],
                log: "status-\(round).log", in: workspace)
            let end = command.wait()
            took.append(monotonicSeconds() - start)
            // A wait status: exit code 2, since services are down (wait(2)).
            guard end.status == 2 << 8 else {
                throw BenchError("vitaal status ended with \(end.status): \(command.output)")
            }
        }
        return took.median ?? .infinity
    }

    /// How many alerts the receiver that hears of each has taken, and the bound of the histogram
    /// within which 99 of 100 are.
    private func delivered(_ vitaal: Vitaal) throws -> (count: Int, bound: Double) {
        let page = try vitaal.metrics()
        let buckets = page.values(of: "vitaal_notification_delivery_seconds_bucket").filter {
            $0.labels.contains("receiver=\"machine\"")
        }.compactMap { labels, value -> (bound: Double, count: Double)? in
            guard let start = labels.range(of: "le=\"")?.upperBound else { return nil }
            let text = labels[start...].prefix { $0 != "\"" }
            return (text == "+Inf" ? .infinity : Double(text) ?? .infinity, value)
        }.sorted { $0.bound < $1.bound }
        guard let all = buckets.last?.count else { return (0, .infinity) }
        return (Int(all), buckets.first { $0.count >= all * 0.99 }?.bound ?? .infinity)
    }

    /// Seconds since 1970 of `2026-11-23T14:07:31.042Z`; nil for anything else.
    private func seconds(_ instant: String) -> Double? {
        let parts = instant.split { !$0.isNumber }
        let numbers = parts.prefix(6).compactMap { Int64($0) }
        guard numbers.count == 6,
            let whole = Timestamp(
                year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3],
                minute: numbers[4], second: numbers[5])
        else { return nil }
        return Double(whole.seconds) + (parts.count > 6 ? Double("0." + parts[6]) ?? 0 : 0)
    }

    /// Seconds from the beginning of the first failed probe of each endpoint to its alert.
    private func firingDelays(_ vitaal: Vitaal) throws -> [Double] {
        struct Alerts: Decodable {
            struct Alert: Decodable {
                var service: String
                var firingSince: String?
            }
            var alerts: [Alert]
        }
        guard let text = Loopback.get("/api/v1/alerts", port: vitaal.port) else {
            throw BenchError("vitaal does not answer at /api/v1/alerts")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let alerts = try decoder.decode(Alerts.self, from: Data(text.utf8)).alerts
        var firingSince: [String: Double] = [:]
        for alert in alerts {
            firingSince[String(alert.service.dropFirst())] = alert.firingSince.flatMap(seconds)
        }
        let lines = try runToEnd(
            workspace.vitaal, ["store", "export", "--data-dir", workspace.path("data")],
            in: workspace
        ).output.split(separator: "\n").dropFirst()
        var began: [String: Double] = [:]
        for line in lines {
            let values = line.split(separator: ",", omittingEmptySubsequences: false)
            guard values.count > 4, values[4] == "failure", let late = Double(values[3]),
                let slot = seconds(String(values[2]))
            else { continue }
            let endpoint = String(values[0].dropFirst())
            let start = slot + late
            began[endpoint] = min(began[endpoint] ?? start, start)
        }
        guard began.count == endpoints else {
            throw BenchError("\(began.count) of \(endpoints) endpoints have failed results")
        }
        return began.compactMap { endpoint, start in firingSince[endpoint].map { $0 - start } }
    }
}
