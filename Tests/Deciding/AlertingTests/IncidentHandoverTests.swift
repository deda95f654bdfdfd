import HealthModel
import Testing

@testable import Alerting
@testable import Incidents
@testable import Observing
@testable import Routing

/// The last alert of an incident ends in the very second in which the next one of it begins.
@Suite struct IncidentHandoverTests {
    /// A service whose endpoint goes elsewhere is nobody's part any more.
    @Test func aServiceThatLostItsEndpointIsPagedAgain() throws {
        let play = try Outages([.init(id: "digid"), .init(id: "duo")])
        play.issuers = ["digid": "O=A"]
        play.failing = ["digid": .tlsUntrusted]
        play.pass(4)
        #expect(play.told.count == 1)
        play.reload(rules: Outages.rules, movingDigidTo: "duo")
        play.failing = [:]
        play.pass(5)
        // The end of one service's, the beginning of the other's, and its end.
        #expect(play.told.count == 3 && play.monitor.incidents.open.isEmpty, "\(play.told)")
        play.reload(rules: Outages.rules, movingDigidTo: "digid")
        play.failing = ["digid": .connectRefused]
        play.pass(5)
        #expect(play.told.dropFirst(3).first?.hasSuffix("page digid INC-2026-0002") == true)
    }

    /// Whoever heard of any alert, as the fallback of a machine perhaps, hears of its end.
    @Test func everyAlertOfAnIncidentHasItsEnd() throws {
        let play = try Outages([
            .init(id: "digid"), .init(id: "svb", needs: [("digid", .hard)]),
        ])
        play.failing = ["digid": .connectRefused, "svb": .timeoutConnect]
        play.pass(5)
        play.failing["svb"] = nil
        play.pass(5)
        play.failing = [:]
        play.pass(5)
        let people = ReceiverID("people")
        let ends = play.full.filter { $0.receiver == people }.flatMap(\.news)
            .filter(\.part.isEnd).map(\.alert.service.text)
        #expect(ends.sorted() == ["digid", "svb"])
    }

    /// Numbers of another year do not begin those of this one anew.
    @Test func aClockThatGoesBackOverNewYearGivesNoNumberTwice() throws {
        var keeper = IncidentKeeper()
        let catalogue = Outages.catalogue([.init(id: "a"), .init(id: "b"), .init(id: "c")])
        let map = IncidentMap(
            catalogue: catalogue, graph: DependencyGraph(services: catalogue.services))
        let instants = [
            Timestamp(year: 2026, month: 12, day: 31, hour: 23),
            Timestamp(year: 2027, month: 1, day: 1),
            Timestamp(year: 2026, month: 12, day: 31, hour: 22),
        ]
        let numbers = try zip(["a", "b", "c"], instants).map { name, instant in
            let instant = try #require(instant)
            let alert = Alert(
                key: AlertKey(rule: RuleID("r"), subject: .service(ServiceID(name))),
                service: ServiceID(name), level: .page, state: .firing, activeSince: instant,
                firingSince: instant, reason: nil, summary: LocalizedText(dutch: "", english: ""),
                runbook: nil)
            let cause = IncidentCause(
                map: map,
                failing: [
                    ServiceID(name): FailingService(since: instant, isDown: true, isFlapping: false)
                ])
            return keeper.join(alert, cause: cause, opens: true, at: instant)?.text
        }
        #expect(numbers == ["INC-2026-0001", "INC-2027-0001", "INC-2026-0002"])
    }

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
            told += monitor.takeAlertChanges().told.map { "\(second) \($0)" }
        }
        // Better is news as well: what was told last is always what holds.
        #expect(
            told == [
                "180 people begun unreachable digid page",
                "420 people begun partly-unreachable digid page",
                "420 people over unreachable digid page",
                "720 people over partly-unreachable digid page",
            ])
        #expect(monitor.incidents.open.isEmpty && monitor.incidents.closed.count == 1)
        #expect(monitor.incidents.closed.first?.members.count == 2)
    }
}
