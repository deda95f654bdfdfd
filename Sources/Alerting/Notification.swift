public import HealthModel

/// What one receiver is to be told of one alert: that it fires, or that it is over.
public struct Notification: Sendable, Hashable {
    /// Who is told.
    public var receiver: ReceiverID
    /// When what is told happened.
    public var at: Timestamp
    /// The alert, firing or resolved, with `firingSince`.
    public var alert: Alert

    /// Makes a notification.
    ///
    /// - Precondition: the alert has fired.
    public init(receiver: ReceiverID, at: Timestamp, alert: Alert) {
        precondition(alert.firingSince != nil && alert.state != .pending, "nothing to tell yet")
        self.receiver = receiver
        self.at = at
        self.alert = alert
    }

    /// The episode and what is told of it: the same for every attempt, also after a restart.
    public var id: String {
        "\(receiver)/\(episode)/\(alert.state.rawValue)"
    }

    /// One time that one alert fires, from its beginning to its end.
    public var episode: String { alert.episode }
}

extension Alert {
    /// Names one time that the alert fires; another one of the same rule and subject differs.
    public var episode: String {
        let kind =
            switch key.subject {
            case .service: "service"
            case .endpoint: "endpoint"
            }
        let since = firingSince.map { "\($0.nanoseconds)" } ?? "-"
        return "\(key.rule)/\(kind)/\(key.subject)/\(since)"
    }
}

/// A transition that people are told of, and who.
public struct RoutedTransition: Sendable, Hashable {
    /// What happened.
    public var transition: AlertTransition
    /// Who is told that the alert fires; whoever was told that is told of the end as well, so that
    /// it is empty for the end.
    public var receivers: [ReceiverID]

    /// Makes a routed transition.
    public init(transition: AlertTransition, receivers: [ReceiverID]) {
        self.transition = transition
        self.receivers = receivers
    }
}
