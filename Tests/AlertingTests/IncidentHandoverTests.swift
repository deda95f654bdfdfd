import HealthModel
import Testing

@testable import Alerting

/// The last alert of an incident ends in the very second in which the next one of it begins.
@Suite struct IncidentHandoverTests {
    /// A service of two endpoints that come back one after the other: `unreachable` ends two minutes
    /// after the first one is back, and `partly-unreachable` begins then.
    @Test func endpointsThatComeBackOneByOneAreOneIncident() throws {
        let url = try #require(ProbeURL("http://127.0.0.1/"))
        let people = ReceiverID("people")
        var monitor = HealthMonitor(
            catalogue: ServiceCatalogue(
                services: [service("digid")],
                endpoints: [endpoint("a", of: "digid"), endpoint("b", of: "digid")]),
            rules: RuleSet(
                rules: [
                    rule("unreachable", .state(.down), hold: .seconds(120), keep: .seconds(120)),
                    rule(
                        "partly-unreachable", .state(.degraded), hold: .seconds(120),
                        keep: .seconds(120)),
                ], receivers: [Receiver(id: people, kind: .webhook(url))]))
        var told: [String] = []
        for second in stride(from: Int64(0), through: 1200, by: 10) {
            if second.isMultiple(of: 60) {
                let (a, b) = ((60..<300).contains(second), (60..<600).contains(second))
                monitor.apply([
                    result("a", second, a ? .connectRefused : nil),
                    result("b", second, b ? .connectRefused : nil),
                ])
            }
            _ = monitor.evaluate(at: at(second))
            for routed in monitor.takeAlertChanges().transitions {
                let alert = routed.transition.alert
                guard !routed.receivers.isEmpty || alert.state == .resolved,
                    !routed.held.contains(people)
                else { continue }
                told.append("\(second) \(alert.key.rule) \(alert.state)")
            }
        }
        // Both end for the books at 720; people were told of the first one only.
        #expect(told.first == "180 unreachable firing")
        #expect(told.filter { $0.hasSuffix("firing") }.count == 1)
        #expect(told.dropFirst().allSatisfy { $0.hasPrefix("720 ") })
        #expect(monitor.incidents.open.isEmpty && monitor.incidents.closed.count == 1)
        #expect(monitor.incidents.closed.first?.members.count == 2)
    }
}
