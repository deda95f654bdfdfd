/// What an alert is about.
public enum Subject: Sendable, Hashable, Comparable, CustomStringConvertible {
    case service(ServiceID)
    case endpoint(EndpointID)
    /// This monitor itself.
    case monitor
    /// The way from this monitor to one receiver.
    case receiver(ReceiverID)

    /// The subject of the kind `monitor` with this text, as `description` writes it.
    public init(ofMonitor text: String) {
        let isReceiver = text.hasPrefix(Self.receiverPrefix)
        self =
            isReceiver
            ? .receiver(ReceiverID(String(text.dropFirst(Self.receiverPrefix.count)))) : .monitor
    }

    private static let receiverPrefix = "receiver/"

    /// `service`, `endpoint` or `monitor`, as which a receiver counts.
    public var kind: String {
        switch self {
        case .service: "service"
        case .endpoint: "endpoint"
        case .monitor, .receiver: "monitor"
        }
    }

    /// The id of the service or endpoint, `monitor`, or `receiver/` and an id.
    public var description: String {
        switch self {
        case .service(let id): id.text
        case .endpoint(let id): id.text
        case .monitor: "monitor"
        case .receiver(let id): Self.receiverPrefix + id.text
        }
    }

    private var order: Int {
        switch self {
        case .service: 0
        case .endpoint: 1
        case .monitor: 2
        case .receiver: 3
        }
    }

    /// Orders services before endpoints before the monitor and receivers, then by id.
    public static func < (left: Subject, right: Subject) -> Bool {
        left.order == right.order
            ? left.description < right.description : left.order < right.order
    }
}

/// Names one alert while it lives: one rule for one subject.
public struct AlertKey: Sendable, Hashable, Comparable {
    /// The rule.
    public var rule: RuleID
    /// What it is about.
    public var subject: Subject

    /// Makes a key.
    public init(rule: RuleID, subject: Subject) {
        self.rule = rule
        self.subject = subject
    }

    /// Orders by subject, then by rule.
    public static func < (left: AlertKey, right: AlertKey) -> Bool {
        left.subject == right.subject ? left.rule < right.rule : left.subject < right.subject
    }
}

/// One rule pending or firing for one subject.
public struct Alert: Sendable, Hashable {
    /// Pending while the hold time runs, then firing; resolved appears only in transitions.
    public enum State: String, Sendable, Hashable, CaseIterable {
        case pending
        case firing
        case resolved
    }

    /// Rule and subject.
    public var key: AlertKey
    /// The service it is about, also when the subject is an endpoint; `monitor`, which is no
    /// service, when the subject is the monitor.
    public var service: ServiceID
    /// How soon a person must know.
    public var level: Level
    /// Pending, firing or resolved.
    public var state: State
    /// Since when the condition holds.
    public var activeSince: Timestamp
    /// Since when it fires; nil while pending.
    public var firingSince: Timestamp?
    /// The reason of the failure behind it; nil when the rule is not about a failed probe.
    public var reason: Reason?
    /// The summary with its placeholders filled in.
    public var summary: LocalizedText
    /// Where to read what to do; nil when the rule names nothing.
    public var runbook: String?
    /// The incident that it belongs to; nil when it belongs to none.
    public var incident: IncidentID?

    /// Makes an alert.
    public init(
        key: AlertKey, service: ServiceID, level: Level, state: State, activeSince: Timestamp,
        firingSince: Timestamp?, reason: Reason?, summary: LocalizedText, runbook: String?,
        incident: IncidentID? = nil
    ) {
        self.key = key
        self.service = service
        self.level = level
        self.state = state
        self.activeSince = activeSince
        self.firingSince = firingSince
        self.reason = reason
        self.summary = summary
        self.runbook = runbook
        self.incident = incident
    }
}

/// One change of one alert: the unit of the evidence log.
public struct AlertTransition: Sendable, Hashable {
    /// When it happened.
    public var at: Timestamp
    /// The alert after the change; `state` is `resolved` for one that ended, and
    /// `firingSince` is nil for a pending one that ended without ever firing.
    public var alert: Alert
    /// Whether its rule and subject are in force; the end of one of which they are not says nothing
    /// of the service.
    public var isWatched: Bool

    /// Makes a transition.
    public init(at: Timestamp, alert: Alert, isWatched: Bool = true) {
        self.at = at
        self.alert = alert
        self.isWatched = isWatched
    }
}

extension Alert {
    /// Names one time that the alert fires; another one of the same rule and subject differs.
    public var episode: String {
        let since = firingSince.map { "\($0.nanoseconds)" } ?? "-"
        return "\(key.rule)/\(key.subject.kind)/\(key.subject)/\(since)"
    }
}
