public import HealthModel

/// One time that an alert fired, in a replay or in what was written down.
public struct FiredAlert: Sendable, Hashable {
    /// The rule.
    public var rule: RuleID
    /// What it was about, such as `service/digid`.
    public var object: String
    /// How urgent it was.
    public var level: Level
    /// When it began to fire.
    public var firedAt: Timestamp
    /// When it was over; nil when it went on to the end.
    public var endedAt: Timestamp?

    /// Makes an alert that fired.
    public init(
        rule: RuleID, object: String, level: Level, firedAt: Timestamp, endedAt: Timestamp? = nil
    ) {
        self.rule = rule
        self.object = object
        self.level = level
        self.firedAt = firedAt
        self.endedAt = endedAt
    }
}

/// Alerts that fired, put together from their beginnings and ends.
public struct FiredAlerts: Sendable {
    /// Alerts kept: 10 MB; more are counted.
    public static let keptMax = 100_000

    private struct Key: Sendable, Hashable {
        var rule: RuleID
        var object: String
    }

    /// The alerts, in the order in which they began.
    public private(set) var alerts: [FiredAlert] = []
    /// How many there were beyond `keptMax`.
    public private(set) var omitted = 0
    /// The last alert of each rule and subject.
    private var last: [Key: Int] = [:]

    /// Makes an empty list.
    public init() {}

    /// Takes what became of one alert; pending ones are left out.
    public mutating func note(_ transition: AlertTransition) {
        let alert = transition.alert
        guard let firedAt = alert.firingSince else { return }
        let subject = alert.key.subject
        let object = subject == .monitor ? "monitor" : "\(subject.kind)/\(subject)"
        switch alert.state {
        case .pending: return
        case .firing: begin(alert.key.rule, object, alert.level, at: firedAt)
        case .resolved: end(alert.key.rule, object, alert.level, since: firedAt, at: transition.at)
        }
    }

    /// Takes a beginning; one that is known already changes nothing, as a log may say it twice.
    public mutating func begin(
        _ rule: RuleID, _ object: String, _ level: Level, at firedAt: Timestamp
    ) {
        let key = Key(rule: rule, object: object)
        if let place = last[key], alerts[place].firedAt == firedAt { return }
        guard alerts.count < Self.keptMax else {
            omitted += 1
            return
        }
        last[key] = alerts.count
        alerts.append(FiredAlert(rule: rule, object: object, level: level, firedAt: firedAt))
    }

    /// Takes an end; the beginning is added when it is not known, as it may have been cut off.
    public mutating func end(
        _ rule: RuleID, _ object: String, _ level: Level, since firedAt: Timestamp,
        at endedAt: Timestamp
    ) {
        begin(rule, object, level, at: firedAt)
        guard let place = last[Key(rule: rule, object: object)], alerts[place].firedAt == firedAt,
            alerts[place].endedAt == nil
        else { return }
        alerts[place].endedAt = endedAt
    }
}
