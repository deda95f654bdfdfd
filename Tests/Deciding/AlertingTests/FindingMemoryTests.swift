import HealthModel
import Observing
import Testing

@testable import Alerting
@testable import Routing
@testable import Rules

/// What is remembered between results must never change what is told.
@Suite struct FindingMemoryTests {
    static let conditions: [String] = [
        "availability(5m) < 80% and failures(3m) >= 2", "changes(10m) > 2",
        "p50(total, 4m) > 50ms or consecutive_failures >= 3",
        "not failures(2m) > 0", "status == 503 or reason == \"timeout_connect\"",
        "certificate.expires_in < 5m", "2 * certificate.expires_in <= 9m",
        "certificate.lifetime_left < 1/4 and certificate.trusted",
        "1/2 >= certificate.lifetime_left or failures(1m) > 0",
        "0 * certificate.expires_in == 0s", "state == busy or effective_state == down",
        "changed(certificate.issuer, 5m)", "not changed(certificate.issuer, 2m)",
        "state == busy for 1m", "burn_rate(10m) > 2",
        "regressed(hsts, 3m)", "not regressed(hsts)", "only_ipv6_fails",
    ]

    private func rules() throws -> [Rule] {
        let fixed: [Condition] = [
            .state(.down), .state(.flapping), .certificateInvalid,
            .slow(quantile: 0.9, window: .seconds(120), threshold: .milliseconds(60)),
            .certificateRunningOut(share: 0.75), .certificateRunningOut(share: 0.25),
            .sentCertificateRunningOut(share: 0.5), .certificateRenewalOverdue,
            .burnRate(BurnRateCondition(rate: 2, long: .seconds(600), short: .seconds(300))),
        ]
        let written = try Self.conditions.map {
            Condition(try Rules.Expression(parsing: $0))
        }
        return (fixed + written).enumerated().map { index, condition in
            rule(
                "r\(index)", condition, hold: .seconds(index % 3 * 20),
                keep: .seconds(index % 2 * 30), summary: "{value} {reason}")
        }
    }

    private func random(
        _ endpoint: String, _ second: Int64, _ random: inout SplitMix64
    ) -> ProbeResult {
        let reasons: [Reason?] = [
            nil, nil, nil, nil, .timeoutConnect, .tooSlow, .busy, .maintenance, .tlsExpired,
            .httpBlocked, .monitorNoRoute,
        ]
        let reason = reasons.randomElement(using: &random) ?? nil
        var record = tls(
            from: second - Int64.random(in: 0...900, using: &random),
            to: second + Int64.random(in: -60...900, using: &random),
            verdict: reason == .tlsExpired ? .tlsExpired : nil)
        // Five certificates, of two authorities.
        let number = Int.random(in: 0..<5, using: &random)
        record.chainSent[0].fingerprintSHA256 = "\(number)"
        record.chainSent[0].issuer = "CN=\(number % 2)"
        if reason != .tlsExpired { record.chainBuilt = record.chainSent }
        if Bool.random(using: &random), let extra = tls(from: 0, to: second + 100).leaf {
            record.chainSent.append(extra)
        }
        var one = result(
            endpoint, second, reason,
            totalMicroseconds: Int64.random(in: 1...100_000, using: &random),
            tls: Int.random(in: 0..<3, using: &random) == 0 ? nil : record)
        if let tls = one.tls, Bool.random(using: &random) {
            one.hops = [
                ProbeHop(
                    url: "https://\(endpoint).test/", status: 200, tls: tls,
                    hstsSeconds: Bool.random(using: &random) ? 31_536_000 : nil)
            ]
        }
        return one
    }

    @Test func `passing over what cannot have changed tells the same`() throws {
        let services = [service("a"), service("b", [("a", .hard)])]
        var endpoints = [
            endpoint("a-www", of: "a"), endpoint("b-www", of: "b"), endpoint("b-api", of: "b"),
        ]
        endpoints[2].url = endpoints[1].url
        endpoints[2].probe.addressFamily = .ipv6
        let catalogue = ServiceCatalogue(services: services, endpoints: endpoints)
        let rules = RuleSet(rules: try rules())
        var told = 0
        var remembered = 0
        for seed in 0..<8 as Range<UInt64> {
            var generator = SplitMix64(seed: seed)
            var quick = HealthMonitor(catalogue: catalogue, rules: rules)
            var thorough = quick
            var second: Int64 = 0
            for step in 0..<300 {
                // Mostly forwards, and now and then the clock is set back.
                let isBack = Int.random(in: 0..<60, using: &generator) == 0
                second += isBack ? -90 : Int64.random(in: 0...8, using: &generator)
                if Int.random(in: 0..<4, using: &generator) == 0 {
                    let endpoint = endpoints[Int.random(in: 0..<3, using: &generator)].id.text
                    let news = random(endpoint, second, &generator)
                    quick.apply([news])
                    thorough.apply([news])
                } else if Int.random(in: 0..<40, using: &generator) == 0 {
                    second += 400
                }
                if step == 200 {
                    _ = quick.replace(catalogue: catalogue, rules: rules, at: at(second))
                    _ = thorough.replace(catalogue: catalogue, rules: rules, at: at(second))
                }
                thorough.memories = thorough.bindings.map { FindingMemory(tracker: $0.tracker) }
                let wanted = thorough.evaluate(at: at(second))
                let known = quick.memories
                let found = quick.evaluate(at: at(second))
                remembered += zip(known, quick.memories).count {
                    $0.tracker >= 0 && $0.revision >= 0 && $0.validFrom == $1.validFrom
                }
                told += wanted.count
                guard found != wanted else { continue }
                Issue.record("seed \(seed), step \(step): \(found) instead of \(wanted)")
                return
            }
        }
        // It would prove nothing if nothing happened, or nothing was remembered.
        #expect(told > 1000 && remembered > 20_000, "\(told) \(remembered)")
    }

    @Test func `what is asked of the present only is remembered until the next result`() throws {
        var monitor = HealthMonitor(
            catalogue: ServiceCatalogue(
                services: [service("a")], endpoints: [endpoint("a-www", of: "a")]),
            rules: RuleSet(
                rules: [
                    rule("r", Condition(try .init(parsing: "certificate.expires_in < 100s")))
                ]))
        monitor.apply([result("a-www", 0, tls: tls(to: 1000))])
        _ = monitor.evaluate(at: at(0))
        #expect(monitor.memories[0].validUntil == at(899).nanoseconds)
        _ = monitor.evaluate(at: at(5))
        #expect(monitor.memories[0].validFrom == at(0).nanoseconds)
        monitor.apply([result("a-www", 60, tls: tls(to: 5000))])
        _ = monitor.evaluate(at: at(60))
        #expect(monitor.memories[0].validUntil == at(4899).nanoseconds)
    }
}
