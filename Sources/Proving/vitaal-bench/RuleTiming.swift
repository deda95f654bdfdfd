import Alerting
import HealthModel
import Observing
import Routing
import Rules

/// Measures one evaluation of many rules for many endpoints: with what is remembered between
/// results, and as if nothing were.
struct RuleTiming {
    /// Endpoints, each with a service of its own.
    var endpoints = 10_000
    /// Results of each endpoint, a minute apart.
    var results = 60
    /// Evaluations of which the median counts.
    var rounds = 5
    /// What an evaluation may take.
    static let targetMilliseconds = 100.0

    /// Conditions that ask for windows, quantiles, certificates and the present: twenty rules.
    static let conditions: [String] = (1...5).flatMap { step in
        [
            "availability(\(step * 10)m) < 90% and failures(\(step * 10)m) >= 3",
            "p95(total, \(step * 10)m) > \(step)s or consecutive_failures >= 3",
            "changes(\(step * 10)m) >= 4 and not status == 503",
            "certificate.expires_in < \(step)d and certificate.trusted",
        ]
    }

    /// Prints the figures; whether the target is met.
    func run() throws -> Bool {
        // 2026-11-23T12:00:00Z.
        let start = Timestamp(seconds: 1_795_435_200)
        var monitor = HealthMonitor(catalogue: try catalogue(), rules: try rules())
        for minute in 0..<results {
            monitor.apply(
                (0..<endpoints).map { result($0, at: start + .seconds(60 * minute)) })
        }
        let end = start + .seconds(60 * (results - 1))
        _ = monitor.evaluate(at: end)
        var remembered: [Double] = []
        var naive: [Double] = []
        for round in 1...rounds {
            let now = end + .seconds(2 * round)
            remembered.append(milliseconds { _ = monitor.evaluate(at: now) })
            // Taking nothing back makes everything that was remembered old.
            for index in 0..<endpoints { monitor.recall([], of: .init(endpoint: id(index))) }
            naive.append(milliseconds { _ = monitor.evaluate(at: now + .seconds(1)) })
        }
        let median = remembered.median ?? .infinity
        let ratio = (naive.median ?? 0) / max(median, 0.001)
        print(
            "rules, \(endpoints) endpoints × \(Self.conditions.count): \(median.text(1)) ms per "
                + "evaluation, without memory \(ratio.text(1)) × as long, target ≤ "
                + "\(Self.targetMilliseconds.text(0)) ms: "
                + (median <= Self.targetMilliseconds ? "met" : "NOT met"))
        return median <= Self.targetMilliseconds
    }

    private func milliseconds(_ body: () -> Void) -> Double {
        let start = monotonicSeconds()
        body()
        return (monotonicSeconds() - start) * 1000
    }

    private func id(_ index: Int) -> EndpointID { EndpointID("e\(index)") }

    private func catalogue() throws -> ServiceCatalogue {
        guard let url = ProbeURL("https://a.test/") else { throw BenchError("no URL") }
        return ServiceCatalogue(
            services: (0..<endpoints).map { index in
                Service(
                    id: ServiceID("s\(index)"), name: LocalizedText(dutch: "S", english: "S"),
                    owner: "O", sector: "test", tier: .tier0)
            },
            endpoints: (0..<endpoints).map { index in
                Endpoint(
                    id: id(index), service: ServiceID("s\(index)"), url: url,
                    probe: Probe(interval: .seconds(60)))
            })
    }

    private func rules() throws -> RuleSet {
        RuleSet(
            rules: try Self.conditions.enumerated().map { index, text in
                Rule(
                    id: RuleID("r\(index)"), condition: Condition(try .init(parsing: text)),
                    holdTime: PerTier(.seconds(60)), level: PerTier(.warning),
                    summary: LocalizedText(dutch: "S", english: "S"))
            })
    }

    /// One in a hundred endpoints fails now and then, as in a fleet on a common day.
    private func result(_ index: Int, at instant: Timestamp) -> ProbeResult {
        let isFailure = index.isMultiple(of: 100) && instant.seconds.isMultiple(of: 180)
        return ProbeResult(
            endpoint: id(index), slot: Slot(milliseconds: instant.milliseconds),
            finishedAt: instant, reason: isFailure ? .timeoutConnect : nil,
            phases: PhaseDurations(totalMicroseconds: Int64(100_000 + index)))
    }
}
