import Alerting
import HealthModel
import RuleTesting
import Rules

/// 2026-11-23T12:00:00Z.
let noon = Timestamp(seconds: 1_795_435_200)

func rule(
    _ id: String, _ condition: Condition, hold: Duration = .zero, keep: Duration = .zero,
    level: Level = .page
) -> Rule {
    Rule(
        id: RuleID(id), condition: condition, holdTime: PerTier(hold), keepFiringTime: keep,
        level: PerTier(level), summary: LocalizedText(dutch: "{service}", english: "{service}"))
}

/// Services of one endpoint each, with the same name, probed every minute.
func catalogue(
    _ ids: String..., hours: ServiceHours? = nil, needs: [String: String] = [:]
) -> ServiceCatalogue {
    ServiceCatalogue(
        services: ids.map { id in
            var service = Service(
                id: ServiceID(id), name: LocalizedText(dutch: id, english: id), owner: "test",
                sector: "test", tier: .tier0, kind: .probed,
                dependencies: needs[id].map {
                    [Dependency(service: ServiceID($0), kind: .hard)]
                } ?? [])
            service.objective.hours = hours
            return service
        },
        endpoints: ids.map { id in
            guard let url = ProbeURL("https://\(id).test/") else { preconditionFailure("a URL") }
            return Endpoint(
                id: EndpointID(id), service: ServiceID(id), url: url,
                probe: Probe(interval: .seconds(60)))
        })
}

func series(_ items: (ResultSeries.Outcome?, Int)...) -> ResultSeries {
    ResultSeries(items: items.map { ResultSeries.Item(outcome: $0.0, count: $0.1) })
}
