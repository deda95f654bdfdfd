import Alerting
import Rules
import Simulation
import Testing

/// The rules of the simulated years are the shipped ones on availability and objectives.
@Suite struct SimulatedRuleTests {
    @Test func theyAreThoseThatAreShipped() throws {
        let shipped = try Drill().rules.rules.filter { rule in
            switch rule.condition {
            case .state, .slow, .burnRate: true
            default: false
            }
        }
        #expect(
            shipped.map(Self.essence)
                == SimulatedRules.all.map(Self.essence).sorted { one, two in
                    let order = shipped.map(\.id)
                    return (order.firstIndex(of: one.id) ?? 0) < (order.firstIndex(of: two.id) ?? 0)
                })
    }

    /// A rule without its words.
    private static func essence(_ rule: Rule) -> Rule {
        var rule = rule
        rule.summary = SimulatedRules.all[0].summary
        rule.runbook = nil
        return rule
    }
}
