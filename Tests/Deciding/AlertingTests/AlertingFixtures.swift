import Alerting
import HealthModel
import Observing
import Routing
import Rules

/// 2026-11-23T12:00:00Z.
let noon = Timestamp(seconds: 1_795_435_200)

func at(_ second: Int64) -> Timestamp { noon + .seconds(second) }

func service(
    _ id: String, tier: Tier = .tier0, kind: Service.Kind = .probed,
    _ dependencies: [(String, Dependency.Kind)] = []
) -> Service {
    Service(
        id: ServiceID(id), name: LocalizedText(dutch: "\(id) NL", english: "\(id) EN"),
        owner: "Logius", sector: "identity", tier: tier, kind: kind,
        dependencies: dependencies.map { Dependency(service: ServiceID($0.0), kind: $0.1) })
}

func endpoint(
    _ id: String, of service: String, path: String = "/", interval: Duration = .seconds(60)
) -> Endpoint {
    guard let url = ProbeURL("https://\(id).test\(path)") else {
        preconditionFailure("bad URL in a test")
    }
    return Endpoint(
        id: EndpointID(id), service: ServiceID(service), url: url, probe: Probe(interval: interval))
}

func result(
    _ endpoint: String, _ second: Int64, _ reason: Reason? = nil, detail: String = "",
    totalMicroseconds: Int64 = 1000, tls: TLSRecord? = nil, retryAfterSeconds: Int? = nil
) -> ProbeResult {
    ProbeResult(
        endpoint: EndpointID(endpoint), slot: Slot(milliseconds: at(second).milliseconds),
        finishedAt: at(second), reason: reason, detail: detail,
        phases: PhaseDurations(totalMicroseconds: totalMicroseconds), tls: tls,
        retryAfterSeconds: retryAfterSeconds)
}

func rule(
    _ id: String, _ condition: Condition, hold: Duration = .zero, keep: Duration = .zero,
    level: Level? = .page, summary: String = "{service}: {reason}"
) -> Rule {
    Rule(
        id: RuleID(id), condition: condition, holdTime: PerTier(hold), keepFiringTime: keep,
        level: PerTier(level), summary: LocalizedText(dutch: summary, english: summary),
        runbook: "runbook")
}

/// A TLS record with one certificate.
func tls(
    from: Int64 = 0, to: Int64, verdict: Reason? = nil
) -> TLSRecord {
    var record = TLSRecord()
    record.isHandshakeComplete = true
    let certificate = Certificate(
        fingerprintSHA256: "00", subject: "CN=a", issuer: "CN=b", serialNumber: "1", names: [],
        nameCount: 0, notBefore: at(from), notAfter: at(to), key: "EC prime256v1",
        signatureAlgorithm: "ecdsa-with-SHA256")
    record.chainSent = [certificate]
    record.chainBuilt = verdict == nil ? [certificate] : []
    record.verdict = verdict
    return record
}

/// A monitor in a box, because `#expect` cannot take calls that mutate a value.
final class Watch {
    private(set) var monitor: HealthMonitor

    init(_ services: [Service], _ endpoints: [Endpoint], _ rules: [Rule] = []) {
        monitor = HealthMonitor(
            catalogue: ServiceCatalogue(services: services, endpoints: endpoints),
            rules: RuleSet(rules: rules))
    }

    func apply(_ results: ProbeResult...) { monitor.apply(results) }

    func evaluate(at second: Int64) -> [AlertTransition] { monitor.evaluate(at: at(second)) }

    /// The transitions as `rule subject state`.
    func news(at second: Int64) -> [String] { Self.describe(evaluate(at: second)) }

    func recall(_ sights: [CertificateWatch.Sight]) { monitor.recall(sights) }

    /// Takes back one result a minute.
    func recall(_ reasons: [Reason?], of id: String) {
        let records = reasons.enumerated().map { minute, reason in
            ResultRecord(result(id, Int64(minute) * 60, reason))
        }
        monitor.recall(records, of: SeriesKey(endpoint: EndpointID(id)))
    }

    func note(_ scan: TLSScan, of endpoint: String, at second: Int64) {
        monitor.note(scan, of: EndpointID(endpoint), at: at(second))
    }

    func note(_ fact: BaselineFact, _ grade: BaselineGrade, of endpoint: String, at second: Int64) {
        monitor.note(fact, grade, of: EndpointID(endpoint), at: at(second))
    }

    func restore(passes: [BaselinePass], at second: Int64) {
        _ = monitor.restore([], passes: passes, lastSeen: at(second), at: at(second))
    }

    func takeAlertChanges() -> AlertChanges { monitor.takeAlertChanges() }

    func restore(
        _ remembered: [RememberedAlert], lastSeen: Int64, at second: Int64
    ) -> [String] {
        Self.describe(monitor.restore(remembered, lastSeen: at(lastSeen), at: at(second)))
    }

    func sharesLeft(of endpoint: String) -> [Double]? {
        monitor.renewalHistory(of: EndpointID(endpoint))?.sharesLeft
    }

    func replace(
        _ services: [Service], _ endpoints: [Endpoint], _ rules: [Rule], at second: Int64
    ) -> [String] {
        let catalogue = ServiceCatalogue(services: services, endpoints: endpoints)
        return Self.describe(
            monitor.replace(
                catalogue: catalogue, rules: RuleSet(rules: rules), at: at(second)))
    }

    func snapshot(at second: Int64) -> HealthSnapshot { monitor.snapshot(at: at(second)) }

    func state(_ endpoint: String, at second: Int64) -> EndpointStatus? {
        snapshot(at: second).endpoints.first { $0.id.text == endpoint }
    }

    func status(_ service: String, at second: Int64) -> ServiceStatus? {
        snapshot(at: second).services.first { $0.id.text == service }
    }

    private static func describe(_ transitions: [AlertTransition]) -> [String] {
        transitions.map {
            let isEnd = $0.alert.state == .resolved && $0.alert.firingSince == nil
            let word = isEnd ? "ended" : $0.alert.state.rawValue
            return "\($0.alert.key.rule) \($0.alert.key.subject) \(word)"
        }
    }
}

extension AlertChanges {
    /// What is told, as `receiver part rule subject level`, the receivers in order.
    var told: [String] {
        notifications.flatMap { message in
            message.news.map {
                "\(message.receiver) \($0.part) \($0.alert.key.rule) \($0.alert.key.subject) "
                    + "\($0.alert.level)"
            }
        }.sorted()
    }

    /// The books of receivers that had none before.
    var newBooks: [ReceiverID: ReceiverBook] {
        books.mapValues { changes in
            ReceiverBook(
                entries: changes.entries.compactMapValues { $0 },
                threads: changes.threads.compactMapValues { $0 })
        }
    }
}
