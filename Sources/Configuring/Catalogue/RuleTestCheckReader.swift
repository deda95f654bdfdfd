import Alerting
import HealthModel
import Incidents
import Routing
import RuleTesting
import Rules
import YAMLReading

/// The keys of an expected alert.
enum ExpectedAlertKey: String, FieldKey {
    case rule
    case subject
    case state
    case level
    static let mappingName = "an expected alert"
}

/// The keys of an expected notification.
enum ExpectedNotificationKey: String, FieldKey {
    case receiver
    case state
    case occasion
    case rule
    case subject
    case level
    case words
    static let mappingName = "an expected notification"
}

/// The keys of an expected incident.
enum ExpectedIncidentKey: String, FieldKey {
    case root
    case services
    case level
    static let mappingName = "an expected incident"
}

/// The states of an alert that is there.
private enum ActiveState: String, CaseIterable {
    case pending
    case firing
}

/// The states that are told.
private enum ToldState: String, CaseIterable {
    case firing
    case resolved
}

/// Reads what a test of rules expects at one instant.
struct RuleTestCheckReader {
    /// Alerts, notifications or incidents expected at one instant.
    static let expectationsMax = 1000
    /// Texts expected in one message.
    static let wordsMax = 32

    let catalogue: ServiceCatalogue
    let rules: RuleSet
    let log: MistakeLog

    /// The check and where its instant stands; nil without a usable instant.
    func check(_ node: YAMLNode) -> (check: RuleTest.Check, position: SourcePosition)? {
        guard let fields = Fields<RuleTestCheckKey>(node, log) else { return nil }
        let at = fields.required(.at).flatMap(self.instant)
        let alerts = fields[.alerts].map { list in items(list, "alerts", alert) }
        let notifications = fields[.notifications].map { list in
            items(list, "notifications", notification)
        }
        let incidents = fields[.incidents].map { list in items(list, "incidents", incident) }
        if alerts == nil, notifications == nil, incidents == nil {
            log.add(
                at: fields.position, "an instant at which nothing is expected",
                expected: "`alerts`, `notifications` or `incidents`; `[]` stands for none")
        }
        guard let at else { return nil }
        let check = RuleTest.Check(
            at: at, place: fields.position.description, alerts: alerts,
            notifications: notifications, incidents: incidents)
        return (check, fields[.at]?.position ?? fields.position)
    }

    private func items<Item>(
        _ list: YAMLNode, _ what: String, _ read: (YAMLNode) -> Item?
    ) -> [Item] {
        list.items(log, of: what, limit: Self.expectationsMax).compactMap(read)
    }

    private func instant(_ node: YAMLNode) -> Duration? {
        guard let at = node.duration(log) else { return nil }
        if at > RuleTest.lengthMax {
            log.add(
                at: node.position, "found \(node.found)",
                expected: "at most \(RuleTest.lengthMax.fileText) after the start")
            return nil
        }
        guard at.wholeMilliseconds.isMultiple(of: RulePlayer.period.wholeMilliseconds) else {
            log.add(
                at: node.position, "found \(node.found)",
                expected: "whole seconds: that is how often rules are looked at")
            return nil
        }
        return at
    }

    // MARK: Alerts

    private func alert(_ node: YAMLNode) -> RuleTest.ExpectedAlert? {
        guard let fields = Fields<ExpectedAlertKey>(node, log) else { return nil }
        let rule = fields.required(.rule).flatMap(self.rule)
        let subject = fields.required(.subject).flatMap { self.subject($0, of: rule) }
        let state = fields[.state]?.choice(ActiveState.self, log) ?? .firing
        let level = fields[.level]?.choice(Level.self, log)
        guard let rule, let subject else { return nil }
        return RuleTest.ExpectedAlert(
            rule: rule, subject: subject, state: state == .pending ? .pending : .firing,
            level: level)
    }

    private func notification(_ node: YAMLNode) -> RuleTest.ExpectedNotification? {
        guard let fields = Fields<ExpectedNotificationKey>(node, log) else { return nil }
        let receiver = fields.required(.receiver).flatMap(self.receiver)
        let state = fields[.state]?.choice(ToldState.self, log) ?? .firing
        let occasion = fields[.occasion]?.choice(Notification.Occasion.self, log)
        let rule = fields[.rule].flatMap(self.rule)
        let subject = fields[.subject].flatMap { self.subject($0, of: rule) }
        let level = fields[.level]?.choice(Level.self, log)
        guard let receiver else { return nil }
        return RuleTest.ExpectedNotification(
            receiver: receiver, state: state == .firing ? .firing : .resolved,
            occasion: occasion, rule: rule, subject: subject, level: level,
            words: fields[.words].map(words) ?? [])
    }

    /// One text or several, each of which the message has.
    private func words(_ node: YAMLNode) -> [String] {
        if case .sequence = node.content {
            return node.items(log, of: "words", limit: Self.wordsMax).compactMap {
                $0.text(log, expected: "a text")
            }
        }
        return [node.text(log, expected: "a text, or a list of texts")].compactMap(\.self)
    }

    // MARK: Incidents

    private func incident(_ node: YAMLNode) -> RuleTest.ExpectedIncident? {
        guard let fields = Fields<ExpectedIncidentKey>(node, log) else { return nil }
        let root = fields.required(.root).flatMap(self.root)
        let services = fields[.services]?.integer(log, in: 1...Limits.services)
        let level = fields[.level]?.choice(Level.self, log)
        return root.map {
            RuleTest.ExpectedIncident(root: $0, services: services, level: level)
        }
    }

    /// `digid`, or a kind and a name such as `dark/nafin` or `peer_group/municipalities`.
    private func root(_ node: YAMLNode) -> Incident.Root? {
        let expected = "a service, or a root such as `dark/nafin`, `platform/ssc` or `common_cause`"
        guard let text = node.text(log, expected: expected) else { return nil }
        let root = Incident.Root(text) ?? (isIdentifier(text) ? .service(ServiceID(text)) : nil)
        switch root {
        case .service(let id), .darkService(let id), .platform(let id):
            guard catalogue.service(id) != nil else {
                reportMissing("service", id.text, catalogue.services.map(\.id.text), node)
                return nil
            }
        case .peerGroup(let name):
            let groups = Set(catalogue.services.compactMap(\.peerGroup))
            guard groups.contains(name) else {
                reportMissing("peer group", name, Array(groups), node)
                return nil
            }
        case .shared, .commonCause: break
        case nil:
            log.add(at: node.position, "found \(node.found)", expected: expected)
        }
        return root
    }

    // MARK: Names

    private func rule(_ node: YAMLNode) -> RuleID? {
        guard let id = node.identifier(log) else { return nil }
        let known = rules.rules.map(\.id) + [HealthMonitor.blindKey.rule]
        if known.contains(RuleID(id)) { return RuleID(id) }
        reportMissing("rule", id, known.map(\.text), node, suffix: " in force here")
        return nil
    }

    private func receiver(_ node: YAMLNode) -> ReceiverID? {
        guard let id = node.identifier(log) else { return nil }
        let known = rules.receivers.map(\.id)
        if known.contains(ReceiverID(id)) { return ReceiverID(id) }
        guard !known.isEmpty else {
            log.add(
                at: node.position, "there is no receiver `\(id)`",
                expected: "`receivers` at the top of this file, or in the rules beside it")
            return nil
        }
        reportMissing("receiver", id, known.map(\.text), node)
        return nil
    }

    /// The id of what a rule is about: a service, an endpoint or the monitor.
    private func subject(_ node: YAMLNode, of rule: RuleID?) -> String? {
        guard let id = node.identifier(log) else { return nil }
        let services = catalogue.services.map(\.id.text)
        let endpoints = catalogue.endpoints.map(\.id.text)
        let (kind, known): (String, [String])
        if rule == HealthMonitor.blindKey.rule {
            (kind, known) = ("subject", [HealthMonitor.blindKey.subject.description])
        } else if let rule = rules.rules.first(where: { $0.id == rule }) {
            (kind, known) =
                rule.condition.isAboutEndpoint ? ("endpoint", endpoints) : ("service", services)
        } else {
            (kind, known) = ("service or endpoint", services + endpoints + ["monitor"])
        }
        if known.contains(id) { return id }
        reportMissing(kind, id, known, node, suffix: rule.map { ", which `\($0)` is about" } ?? "")
        return nil
    }

    private func reportMissing(
        _ kind: String, _ name: String, _ known: [String], _ node: YAMLNode, suffix: String = ""
    ) {
        log.add(
            at: node.position, "there is no \(kind) \(name.quoted)\(suffix)",
            hint: NearestName.hint(for: name, among: known))
    }
}
