import HealthModel
import Observing
import Testing

@testable import Alerting
@testable import Routing
@testable import Rules

@Suite struct ExpressionRuleTests {
    private func condition(_ text: String) throws -> Condition {
        Condition(try Rules.Expression(parsing: text))
    }

    @Test func `fires for an endpoint and says the decisive value`() throws {
        let watch = Watch(
            [service("a")], [endpoint("a-www", of: "a")],
            [
                rule(
                    "losing", try condition("failures(10m) >= 2 and availability(10m) < 90%"),
                    summary: "{value} {endpoint} {reason}")
            ])
        watch.apply(result("a-www", 0), result("a-www", 60, .timeoutConnect))
        #expect(watch.news(at: 60) == [])
        watch.apply(result("a-www", 120, .timeoutConnect))
        let transitions = watch.evaluate(at: 120)
        #expect(
            transitions.map(\.alert.summary.english) == ["2 a-www \(Reason.timeoutConnect.text)"])
        // Nothing new comes, but one failure leaves the window: the first is 10 minutes old.
        #expect(watch.news(at: 660) == [])
        watch.apply(result("a-www", 640))
        #expect(watch.news(at: 661) == ["losing a-www resolved"])
    }

    @Test func `fires for a service`() throws {
        let watch = Watch(
            [service("a"), service("b", [("a", .hard)])],
            [endpoint("a-www", of: "a"), endpoint("b-www", of: "b")],
            [rule("wide", try condition("effective_state == down and dependants >= 1"))])
        watch.apply(result("a-www", 0, .timeoutConnect), result("b-www", 0))
        #expect(watch.news(at: 1) == ["wide a firing"])
    }

    @Test func `does not judge what is not measured`() throws {
        let watch = Watch(
            [service("a")], [endpoint("a-www", of: "a")],
            [rule("none", try condition("not failures(10m) > 1"))])
        #expect(watch.news(at: 0) == [])
        watch.apply(result("a-www", 1))
        #expect(watch.news(at: 1) == ["none a-www firing"])
        // Silence is no recovery.
        #expect(watch.news(at: 1000) == [])
    }

    @Test func `looks at the services that a rule is for`() throws {
        var scoped = rule("r", .state(.down))
        scoped.scope = RuleScope(services: [ServiceID("b")])
        let watch = Watch(
            [service("a"), service("b")],
            [endpoint("a-www", of: "a"), endpoint("b-www", of: "b")], [scoped])
        watch.apply(result("a-www", 0, .timeoutConnect), result("b-www", 0, .timeoutConnect))
        #expect(watch.news(at: 0) == ["r b firing"])
    }

    @Test func `a certificate is told apart only where its rule is in force`() {
        var certificates = rule("certificate-invalid", .certificateInvalid)
        certificates.scope = RuleScope(sectors: ["tax"])
        let watch = Watch(
            [service("a")], [endpoint("a-www", of: "a")],
            [rule("down", .state(.down)), certificates])
        watch.apply(
            result("a-www", 0, .tlsExpired, tls: tls(from: -10, to: -1, verdict: .tlsExpired)))
        #expect(watch.news(at: 0) == ["down a firing"])
    }

    @Test(arguments: [
        (RuleScope(), true), (RuleScope(services: [ServiceID("a")]), true),
        (RuleScope(services: [ServiceID("b")]), false), (RuleScope(tiers: [.tier0]), true),
        (RuleScope(tiers: [.tier1]), false), (RuleScope(sectors: ["identity"]), true),
        (RuleScope(sectors: ["tax"]), false), (RuleScope(owners: ["Logius"]), true),
        (RuleScope(owners: ["logius"]), false),
        (RuleScope(tiers: [.tier0], owners: ["RvIG"]), false),
    ])
    func `a scope includes by everything that is written`(scope: RuleScope, isIncluded: Bool) {
        #expect(scope.includes(service("a")) == isIncluded)
    }

    @Test func `certificates by time and share`() throws {
        let texts = [
            "certificate.expires_in < 50s", "certificate.lifetime_left <= 1/2",
            "certificate.trusted",
        ]
        let watch = Watch(
            [service("a")], [endpoint("a-www", of: "a")],
            try texts.enumerated().map { rule("r\($0)", try condition($1), summary: "{value}") })
        watch.apply(result("a-www", 0, tls: tls(from: 0, to: 100)))
        #expect(watch.news(at: 49) == ["r2 a-www firing"])
        #expect(watch.evaluate(at: 50).map(\.alert.summary.english) == ["50%"])
        #expect(watch.evaluate(at: 51).map(\.alert.summary.english) == ["49s"])
    }

    @Test func `says why`() throws {
        let watch = Watch(
            [service("a")], [endpoint("a-www", of: "a")],
            [rule("r", try condition("consecutive_failures >= 3 or status == 503"))])
        watch.apply(result("a-www", 0, .timeoutConnect))
        let steps = watch.monitor.trace(
            of: RuleID("r"), for: .endpoint(EndpointID("a-www")), at: at(0))
        #expect(steps?.map(\.value) == [nil, "1", nil])
        #expect(steps?.map(\.finding) == [.unknown, .fails, .unknown])
        #expect(
            watch.monitor.trace(of: RuleID("r"), for: .service(ServiceID("a")), at: at(0)) == nil)
    }

    // MARK: Oracles

    /// What a window says, from all results ever given.
    private func expected(
        _ results: [ProbeResult], _ window: Int64, at second: Int64
    ) -> (availability: Double, failures: Int, changes: Int, median: Int64?)? {
        let inside = results.filter {
            $0.slot.instant >= at(second - window) && $0.slot.instant <= at(second)
        }
        let outcomes = inside.compactMap { result -> Bool? in
            switch HealthState(of: result) {
            case .up, .degraded: true
            case .down, .busy: false
            default: nil
            }
        }
        guard !outcomes.isEmpty else { return nil }
        let good = outcomes.filter(\.self).count
        let times = inside.filter { [.up, .degraded].contains(HealthState(of: $0)) }
            .map(\.phases.totalMicroseconds).sorted()
        return (
            Double(good) / Double(outcomes.count), outcomes.count - good,
            zip(outcomes, outcomes.dropFirst()).count { $0 != $1 },
            times.isEmpty ? nil : times[(times.count - 1) / 2]
        )
    }

    private func monitor(_ texts: [String]) throws -> HealthMonitor {
        HealthMonitor(
            catalogue: ServiceCatalogue(
                services: [service("a")], endpoints: [endpoint("a-www", of: "a")]),
            rules: RuleSet(
                rules: try texts.enumerated().map { rule("r\($0)", try condition($1)) }))
    }

    @Test func `remembered is what is worked out anew, and both are right`() throws {
        let texts = [
            "availability(5m) < 80%", "failures(3m) >= 2", "changes(10m) > 2",
            "p50(total, 4m) > 50ms", "failures(3m) > 1 or not availability(7m) > 60%",
        ]
        for seed in 0..<20 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            var monitor = try monitor(texts)
            var results: [ProbeResult] = []
            var second: Int64 = 0
            for _ in 0..<300 {
                second += Int64.random(in: 1...40, using: &random)
                if Int.random(in: 0..<3, using: &random) > 0 {
                    let reasons: [Reason?] = [
                        nil, nil, nil, .timeoutConnect, .tooSlow, .busy, .maintenance,
                    ]
                    let new = result(
                        "a-www", second, reasons.randomElement(using: &random) ?? nil,
                        totalMicroseconds: Int64.random(in: 1...100_000, using: &random))
                    results.append(new)
                    monitor.apply([new])
                }
                monitor.refresh(at: at(second))
                for index in texts.indices {
                    guard case .expression(let expression) = monitor.bindings[index].condition
                    else { continue }
                    let fresh = monitor.finding(of: expression, for: index, at: at(second))
                    let kept = monitor.finding(for: index, at: at(second))
                    #expect(kept == fresh, "seed \(seed) at \(second): \(texts[index])")
                }
                guard monitor.trackers[0].status.state != .unknown else { continue }
                func holds(_ index: Int) -> AlertMachine.Finding {
                    monitor.finding(for: index, at: at(second))
                }
                func finding(_ isHolding: Bool?) -> AlertMachine.Finding {
                    isHolding.map { $0 ? .holds : .fails } ?? .unknown
                }
                let five = expected(results, 300, at: second)
                let three = expected(results, 180, at: second)
                let ten = expected(results, 600, at: second)
                let four = expected(results, 240, at: second)
                #expect(holds(0) == finding(five.map { $0.availability < 0.8 }))
                #expect(holds(1) == finding(three.map { $0.failures >= 2 }))
                #expect(holds(2) == finding(ten.map { $0.changes > 2 }))
                #expect(holds(3) == finding(four?.median.map { $0 > 50_000 }))
            }
        }
    }

    @Test func `a reload forgets nothing and mixes nothing up`() throws {
        let first = rule("a", try condition("failures(10m) >= 1"))
        let second = rule("b", try condition("failures(10m) >= 2"))
        let services = [service("a")]
        let endpoints = [endpoint("a-www", of: "a")]
        let watch = Watch(services, endpoints, [first])
        watch.apply(result("a-www", 0, .timeoutConnect))
        #expect(watch.news(at: 0) == ["a a-www firing"])
        #expect(watch.replace(services, endpoints, [second, first], at: 1) == [])
        #expect(watch.news(at: 1) == [])
        watch.apply(result("a-www", 60, .timeoutConnect))
        #expect(watch.news(at: 60) == ["b a-www firing"])
    }

    @Test func `the lab divides windows and leaves thresholds`() throws {
        let rules = RuleSet(rules: [rule("r", try condition("p95(total, 10m) > 3s"))])
        #expect(
            rules.accelerated(by: 60).rules.map(\.condition)
                == [try condition("p95(total, 10s) > 3s")])
    }
}
