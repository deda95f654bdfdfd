import Alerting
import HealthModel
import Routing
import Rules
import Testing

@testable import RuleTesting

/// Leaving out the seconds in which nothing can change gives what every second gives.
struct QuietTests {
    private static let rules: [Rule] = {
        let timed = try? Expression(parsing: "certificate.expires_in < 1h")
        let windowed = try? Expression(parsing: "availability(10m) < 80% and failures(10m) >= 2")
        let lasting = try? Expression(parsing: "effective_state == down for 90s")
        return [
            rule("down", .state(.down), hold: .seconds(90), keep: .seconds(120)),
            rule("degraded", .state(.degraded), hold: .seconds(45)),
            rule("flapping", .state(.flapping), keep: .seconds(600)),
            rule("slow", .slow(quantile: 0.9, window: .seconds(300), threshold: .seconds(3))),
            rule("invalid", .certificateInvalid, hold: .seconds(30)),
            rule("out", .certificateRunningOut(share: 0.5), hold: .seconds(10)),
            rule("beside", .sentCertificateRunningOut(share: 0.5)),
            rule("overdue", .certificateRenewalOverdue),
            rule("fast", .burnRate(.init(rate: 14.4, long: .seconds(3600), short: .seconds(300)))),
            rule("burn", .burnRate(.init(rate: 3, long: .seconds(7200), short: .seconds(600)))),
        ]
            + [timed, windowed, lasting].compactMap(\.self).enumerated().map { number, expression in
                rule("expression-\(number)", .expression(expression), hold: .seconds(20))
            }
    }()

    /// A case by chance: mostly well, with failures, silence, slowness and certificates.
    private func randomCase(seed: UInt64, slots: Int) -> RuleTest {
        var generator = SplitMix64(seed: seed)
        let hours = ServiceHours(
            weekdays: [1], from: .seconds(12 * 3600), to: .seconds(13 * 3600 + 1800))
        let watched = catalogue(
            "a", "b", "c", hours: Bool.random(using: &generator) ? hours : nil,
            needs: ["b": "a"])
        // Each rule is in force in half of the cases: one that is never quiet would hide the rest. Budgets
        // are for losses that no other rule tells of.
        let isAboutBudgets = Int.random(in: 0..<4, using: &generator) == 0
        let rules = Self.rules.filter { rule in
            let isBudget = if case .burnRate = rule.condition { true } else { false }
            return isAboutBudgets ? isBudget : Bool.random(using: &generator)
        }
        var series: [EndpointID: ResultSeries] = [:]
        for endpoint in watched.endpoints {
            var items: [ResultSeries.Item] = []
            if Bool.random(using: &generator) {
                // Renewed twice with half of the time left, and then no more.
                let shown = ResultSeries.ShownCertificate(
                    left: .seconds(3000), lifetime: .seconds(3000))
                items += [25, 25, 45].map {
                    ResultSeries.Item(outcome: .success, count: $0, certificate: shown)
                }
            }
            while ResultSeries(items: items).slotCount < slots {
                var item = ResultSeries.Item(
                    outcome: .success, count: Int.random(in: 1...40, using: &generator))
                switch Int.random(in: 0..<12, using: &generator) {
                case 0: item.outcome = .failure(.timeoutConnect)
                case 1: (item.outcome, item.count) = (.failure(.tlsExpired), 2)
                case 2: item.outcome = nil
                case 3: item.length = .seconds(Int.random(in: 1...6, using: &generator))
                case 4:
                    item.certificate = .init(
                        left: .seconds(Int.random(in: 0...20_000, using: &generator)),
                        lifetime: .seconds(20_000))
                case 5:
                    item.sentBeside = .init(
                        left: .seconds(Int.random(in: 0...20_000, using: &generator)),
                        lifetime: .seconds(20_000))
                case 6: (item.outcome, item.count) = (.failure(.connectRefused), 1)
                case 7: item.outcome = .failure(.tooSlow)
                case 8:
                    items += (0..<14).map {
                        ResultSeries.Item(outcome: $0 % 2 == 0 ? .success : .failure(.timeoutTLS))
                    }
                default: break
                }
                items.append(item)
            }
            series[endpoint.id] = ResultSeries(items: items)
        }
        let length = Duration.seconds(slots * 60)
        return RuleTest(
            name: "\(seed)", catalogue: watched, rules: RuleSet(rules: rules), start: noon,
            series: series,
            // What is expected is wrong on purpose: what came is compared in full.
            checks: [
                .init(at: length / 3, alerts: [], incidents: []),
                .init(at: length, alerts: [], incidents: []),
            ])
    }

    @Test(arguments: UInt64(0)..<24) func nothingIsMissed(seed: UInt64) {
        let test = randomCase(seed: seed, slots: 130)
        let (quick, slow) = (test.run(), test.run(everySecond: true))
        #expect(quick.story == slow.story)
        #expect(quick == slow)
    }

    /// The cases above are worth something only when much happens in them, and when seconds are left out.
    @Test func thereIsSomethingToMiss() throws {
        let stories = (UInt64(0)..<24).map { randomCase(seed: $0, slots: 130).run().story }
        let fired = Set(stories.joined().filter { $0.columns[3] == "firing" }.map { $0.columns[1] })
        #expect(fired.count == Self.rules.count, "only \(fired)")
        var calm = RulePlayer(
            catalogue: catalogue("a"), rules: RuleSet(rules: [rule("down", .state(.down))]))
        _ = calm.step(at: noon)
        #expect(calm.nextStep(after: noon, result: nil) == noon + HealthMonitor.quietMax)
        #expect(
            calm.nextStep(after: noon, result: noon + .milliseconds(1500)) == noon + .seconds(2))
        #expect(calm.nextStep(after: noon, result: noon) == noon + .seconds(1))
        // How long a state lasts is looked at every second, also one that comes from elsewhere.
        let lasting = try Expression(parsing: "effective_state == down for 90s")
        var below = RulePlayer(
            catalogue: catalogue("a", "b", needs: ["b": "a"]),
            rules: RuleSet(rules: [rule("waits", .expression(lasting))]))
        let results = [("a", Reason.timeoutConnect), ("b", nil)].map { id, reason in
            ProbeResult(
                endpoint: EndpointID(id), slot: Slot(milliseconds: noon.milliseconds),
                finishedAt: noon, reason: reason)
        }
        _ = below.step(at: noon, results)
        #expect(below.nextStep(after: noon, result: nil) == noon + .seconds(1))
        let waiting = try Expression(parsing: "state == unknown for 2m")
        var restless = RulePlayer(
            catalogue: catalogue("a"), rules: RuleSet(rules: [rule("waits", .expression(waiting))]))
        _ = restless.step(at: noon)
        #expect(restless.nextStep(after: noon, result: nil) == noon + .seconds(1))
    }
}
