package import HealthModel
import Rules

/// One alert that fires, with all that decides who has to know of it.
package struct FiringAlert: Sendable {
    /// The alert at the level that it has as a part of its incident.
    package var alert: Alert
    /// What it is grouped and routed by.
    package var labels: Notification.Labels
    /// Its service; nil when it is about the monitor.
    package var service: Service?
    /// Whether it is the root of its incident by itself.
    package var isRoot = false
    /// The silence that holds for it; nil for none.
    package var silence: ActionID?
    /// Whether its service is under maintenance.
    package var isMaintained = false
    /// Whether an operator has ended its incident by force.
    package var isDismissed = false
    /// The acknowledgement of its incident; nil for none.
    package var acknowledgement: ActionID?
    /// Whether its incident has become a calamity.
    package var isCalamity = false

    package init(alert: Alert, labels: Notification.Labels, service: Service?) {
        self.alert = alert
        self.labels = labels
        self.service = service
    }

    /// What it is told in: its incident, or itself.
    package var thread: String { alert.incident?.text ?? alert.episode }
}

/// Why a receiver is not told of an alert.
public enum Obstacle: String, Sendable, Hashable, CaseIterable {
    /// The level is lower than it asks for.
    case level
    /// The tier, sector, owner or service is not for it.
    case scope
    /// The rule names other receivers.
    case rule
    /// It takes something else only (`about`).
    case about
    /// It is outside its hours.
    case hours
    /// A silence holds.
    case silence
    /// The service is under maintenance.
    case maintenance
    /// An operator has ended its incident by force.
    case resolved

    /// Whether the alert is for the receiver all the same, at another time.
    var isQuiet: Bool {
        switch self {
        case .hours, .silence, .maintenance: true
        case .level, .scope, .rule, .about, .resolved: false
        }
    }
}

/// Who has to know of what: the one place where that is decided.
package struct Audience {
    /// Whom rules name, by rule; a rule that names nobody leaves it to what receivers ask for.
    let named: [RuleID: [ReceiverID]]
    let now: Timestamp

    package init(rules: RuleSet, at now: Timestamp) {
        var named: [RuleID: [ReceiverID]] = [:]
        for rule in rules.rules {
            let receivers = rules.receivers(of: rule.id)
            if !receivers.isEmpty { named[rule.id] = receivers }
        }
        self.named = named
        self.now = now
    }

    /// Why a receiver is not told of an alert that fires; nil when it is.
    ///
    /// - Parameters:
    ///   - firing: The alert.
    ///   - receiver: Who would be told.
    ///   - isCalled: Whether it is told instead of somebody else, whatever it asks for itself.
    /// - Returns: The first reason that holds.
    package func obstacle(
        _ firing: FiringAlert, for receiver: Receiver, isCalled: Bool = false
    ) -> Obstacle? {
        let level = firing.alert.level
        switch firing.alert.key.subject {
        case .monitor, .receiver:
            // Not the one that does not listen.
            if firing.alert.key.subject == .receiver(receiver.id) { return .scope }
            if isCalled || receiver.wantsDoubt(level) { return nil }
            return receiver.about == .escalation ? .about : .level
        case .service, .endpoint: break
        }
        guard let service = firing.service else { return .scope }
        if receiver.isForPeople, firing.isDismissed { return .resolved }
        if let obstacle = interest(in: level, of: service, firing.alert.key.rule, receiver),
            !isCalled
        {
            return obstacle
        }
        if firing.silence != nil { return .silence }
        if firing.isMaintained { return .maintenance }
        return receiver.isOpen(for: level, at: now) ? nil : .hours
    }

    private func interest(
        in level: Level, of service: Service, _ rule: RuleID, _ receiver: Receiver
    ) -> Obstacle? {
        if let named = named[rule] { return named.contains(receiver.id) ? nil : .rule }
        if receiver.about != .everything { return .about }
        if level < receiver.level { return .level }
        return receiver.wants(level, about: service) ? nil : .scope
    }
}

extension Receiver {
    /// Whether people are called, once per incident; others keep count of each alert themselves.
    var isForPeople: Bool {
        if case .alertmanager = kind { false } else { true }
    }
}
