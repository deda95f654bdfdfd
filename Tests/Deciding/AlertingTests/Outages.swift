import HealthModel
import Testing

@testable import Alerting
@testable import Incidents
@testable import Routing
@testable import Rules

/// Plays outages to a monitor, minute by minute, and notes what people and machines are told.
///
/// Every endpoint is probed each minute, in the order of the catalogue; one that fails was confirmed.
final class Outages {
    /// A service of one endpoint, named like the service.
    struct Kind {
        var id: String
        var tier = Tier.tier1
        var sector = "identity"
        var kind = Service.Kind.probed
        var peers: String?
        var needs: [(String, Dependency.Kind)] = []
    }

    private(set) var monitor: HealthMonitor
    private let receivers: [Receiver]
    private(set) var told: [String] = []
    /// Everything that anybody was told.
    private(set) var full: [Notification] = []
    /// What receivers were told, as the ledger would keep it.
    private(set) var books: [ReceiverID: ReceiverBook] = [:]
    private(set) var alerts: [AlertKey: RememberedAlert] = [:]
    private(set) var incidents: [IncidentID: Incident] = [:]
    /// How each service fails now.
    var failing: [String: Reason] = [:]
    /// The authority of the certificates of each service.
    var issuers: [String: String] = [:]
    /// The name servers of each endpoint's domain, seen when it cannot be resolved.
    var nameServers: [String: [String]] = [:]
    private var minute: Int64 = 0

    static let rules = [
        rule("unreachable", .state(.down), hold: .seconds(120), keep: .seconds(120)),
        rule("certificate-invalid", .certificateInvalid, hold: .seconds(30)),
        rule("busy", .state(.busy), hold: .seconds(120), level: .warning),
        rule("flapping", .state(.flapping), keep: .seconds(1800), level: .critical),
    ]

    /// What operators did.
    private(set) var actions: [ActionID: OperatorAction] = [:]
    /// What the evidence log says of operators.
    private(set) var records: [EvidenceRecord] = []
    /// When the last minute ended.
    var now: Timestamp { start + .seconds(minute * 60) }
    private let start: Timestamp

    init(
        _ kinds: [Kind], tierLevels: Bool = false, receivers own: [Receiver]? = nil,
        start: Timestamp = noon
    ) throws {
        self.start = start
        let url = try #require(ProbeURL("http://127.0.0.1/"))
        receivers =
            own ?? [
                Receiver(id: ReceiverID("people"), kind: .webhook(url), level: .warning),
                Receiver(id: ReceiverID("machine"), kind: .alertmanager(url), level: .digest),
            ]
        var rules = Self.rules
        if tierLevels {
            rules[0].level = PerTier(tier0: .page, tier1: .page, tier2: .critical, tier3: .digest)
        }
        monitor = HealthMonitor(
            catalogue: Self.catalogue(kinds), rules: RuleSet(rules: rules, receivers: receivers))
    }

    static func catalogue(_ kinds: [Kind]) -> ServiceCatalogue {
        ServiceCatalogue(
            services: kinds.map { kind in
                var one = service(kind.id, tier: kind.tier, kind: kind.kind, kind.needs)
                one.sector = kind.sector
                one.peerGroup = kind.peers
                return one
            }, endpoints: kinds.filter { $0.kind == .probed }.map { endpoint($0.id, of: $0.id) })
    }

    /// Lets so many minutes pass.
    func pass(_ minutes: Int64) {
        for _ in 0..<minutes {
            for endpoint in monitor.catalogue.endpoints {
                let reason = failing[endpoint.id.text]
                var record: TLSRecord?
                if let issuer = issuers[endpoint.id.text] {
                    record = tls(from: -86_400 * 30, to: 86_400 * 60, verdict: reason)
                    record?.chainSent[0].issuer = issuer
                }
                var one = result(endpoint.id.text, 0, reason, tls: record)
                one.slot = Slot(milliseconds: now.milliseconds)
                one.finishedAt = now
                one.nameServers = reason == .dnsServfail ? nameServers[endpoint.id.text] ?? [] : []
                monitor.apply([one])
            }
            for second in stride(from: Int64(0), to: 60, by: 10) {
                _ = monitor.evaluate(at: now + .seconds(second))
                note(at: minute)
            }
            minute += 1
        }
    }

    /// Other rules, and perhaps an endpoint that belongs to another service.
    func reload(rules: [Rule], movingDigidTo service: String? = nil) {
        var endpoints = monitor.catalogue.endpoints
        for index in endpoints.indices where endpoints[index].id.text == "digid" {
            if let service { endpoints[index].service = ServiceID(service) }
        }
        _ = monitor.replace(
            catalogue: ServiceCatalogue(
                services: monitor.catalogue.services, endpoints: endpoints),
            rules: RuleSet(rules: rules, receivers: receivers), at: now)
    }

    /// Another catalogue, with the same rules.
    func reload(_ kinds: [Kind]) {
        _ = monitor.replace(
            catalogue: Self.catalogue(kinds), rules: monitor.rules, at: now)
    }

    /// Does what an operator asks for, at the end of the last minute.
    @discardableResult func order(
        _ request: OperatorOrder.Request, by author: String = "anna", reason: String = "test"
    ) throws -> OperatorAnswer {
        let answer = try monitor.perform(
            OperatorOrder(request: request, author: author, reason: reason, origin: "test"),
            at: now)
        note(at: minute)
        return answer
    }

    /// What is known now.
    func snapshot() -> HealthSnapshot { monitor.snapshot(at: now) }

    /// The program dies and another one begins with what it left.
    func restart() {
        let old = monitor
        monitor = HealthMonitor(catalogue: old.catalogue, rules: old.rules)
        _ = monitor.restore(
            Array(alerts.values), incidents: Array(incidents.values),
            actions: Array(actions.values), books: books, lastSeen: now, at: now)
        note(at: minute)
    }

    private func note(at minute: Int64) {
        let changes = monitor.takeAlertChanges()
        if changes.isComplete { alerts = [:] }
        for key in changes.ended { alerts[key] = nil }
        alerts.merge(changes.active) { $1 }
        incidents.merge(changes.incidents) { $1 }
        actions.merge(changes.actions) { $1 }
        records += monitor.takeOperatorRecords()
        for (receiver, changed) in changes.books {
            let book = books[receiver] ?? ReceiverBook()
            var (entries, threads) = (book.entries, book.threads)
            for (episode, entry) in changed.entries { entries[episode] = entry }
            for (name, thread) in changed.threads { threads[name] = thread }
            books[receiver] = ReceiverBook(entries: entries, threads: threads)
        }
        monitor.note(changes.notifications.map { Delivery(notification: $0, at: now) })
        for message in changes.notifications {
            full.append(message)
            guard message.receiver == ReceiverID("people") else { continue }
            let items = message.news.isEmpty ? [message.items[0]] : message.news
            let alert = items[0].alert
            let word =
                switch message.occasion {
                case .change: message.isOver ? "over" : alert.level.rawValue
                case .update: items.contains { $0.part == .begun } ? "update" : "partly"
                case .reminder, .escalation, .fallback: message.occasion.rawValue
                }
            let subjects = items.map {
                ($0.part.isEnd && !message.isOver ? "-" : "") + "\($0.alert.key.subject)"
            }
            told.append(
                "\(minute) \(word) \(subjects.joined(separator: ",")) \(alert.incident?.text ?? "-")"
            )
        }
    }

    /// The root of the incident with this number, such as `service/digid`.
    func root(_ number: String) -> String? {
        monitor.incidents[IncidentID(number)]?.root.description
    }
}
