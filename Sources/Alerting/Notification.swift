public import HealthModel

/// What one receiver is to be told of one alert: that it fires, or that it is over.
public struct Notification: Sendable, Hashable {
    /// Why somebody is told.
    public enum Occasion: String, Sendable, Hashable, CaseIterable {
        /// The alert began to fire, or is over.
        case change
        /// What is behind it has grown.
        case update
        /// It still fires and nobody has said that they know.
        case reminder
        /// Nobody has said that they know, and somebody else is told.
        case escalation
        /// Another receiver did not take it in time.
        case fallback
    }

    /// Who is told.
    public var receiver: ReceiverID
    /// When what is told happened.
    public var at: Timestamp
    /// The alert, firing or resolved, with `firingSince`.
    public var alert: Alert
    /// Counts what one receiver is told of one episode while it fires: 0 is the beginning.
    public var part: Int
    /// Why somebody is told.
    public var occasion: Occasion

    /// Makes a notification.
    ///
    /// - Precondition: the alert has fired.
    public init(
        receiver: ReceiverID, at: Timestamp, alert: Alert, part: Int = 0,
        occasion: Occasion = .change
    ) {
        precondition(alert.firingSince != nil && alert.state != .pending, "nothing to tell yet")
        self.receiver = receiver
        self.at = at
        self.alert = alert
        self.part = part
        self.occasion = occasion
    }

    /// The episode and what is told of it: the same for every attempt, also after a restart.
    public var id: String {
        "\(receiver)/\(episode)/\(alert.state.rawValue)" + (part == 0 ? "" : "/\(part)")
    }

    /// One time that one alert fires, from its beginning to its end.
    public var episode: String { alert.episode }
}

extension Alert {
    /// Names one time that the alert fires; another one of the same rule and subject differs.
    public var episode: String {
        let since = firingSince.map { "\($0.nanoseconds)" } ?? "-"
        return "\(key.rule)/\(key.subject.kind)/\(key.subject)/\(since)"
    }
}

/// A transition that people are told of, and who.
public struct RoutedTransition: Sendable, Hashable {
    /// What happened.
    public var transition: AlertTransition
    /// Who is told that the alert fires; whoever was told that is told of the end as well, so that
    /// it is empty for the end.
    public var receivers: [ReceiverID]
    /// Who is not told of the end yet, because the incident goes on.
    public var held: Set<ReceiverID>
    /// Counts what is told of one episode while it fires: 0 is the beginning, which nobody is told
    /// twice; the others go to all who are named.
    public var part: Int
    /// Why somebody is told.
    public var occasion: Notification.Occasion

    /// Makes a routed transition.
    public init(
        transition: AlertTransition, receivers: [ReceiverID], held: Set<ReceiverID> = [],
        part: Int = 0, occasion: Notification.Occasion = .change
    ) {
        self.transition = transition
        self.receivers = receivers
        self.held = held
        self.part = part
        self.occasion = occasion
    }
}
