public import HealthModel

/// Where alerts are delivered, as written in `alerts/`.
public struct Receiver: Sendable, Hashable {
    /// How a notification is handed over.
    public enum Kind: Sendable, Hashable {
        /// A request for each notification, with the body of Alertmanager's webhook (version 4).
        case webhook(ProbeURL)
        /// The address of an Alertmanager, which is told again while an alert fires.
        case alertmanager(ProbeURL)
        /// An incoming webhook of Mattermost or Slack, which shows a line to people.
        case chat(ProbeURL)
        /// A program that is run for each notification, with the webhook's body as its input.
        case command(ReceiverCommand)
        /// A mail to people.
        case email(ReceiverEmail)
    }

    /// The stable name, unique among the receivers.
    public var id: ReceiverID
    /// How a notification is handed over.
    public var kind: Kind
    /// Alerts of a lower level are not for it.
    public var level: Level
    /// The tiers that are for it; empty means all.
    public var tiers: Set<Tier>
    /// The sectors that are for it; empty means all.
    public var sectors: Set<String>
    /// Which alerts are for it.
    public var about = About.everything
    /// The language of what people read.
    public var language = Language.english
    /// The file of the secret that webhooks are signed with, or of the password of mail; nil
    /// without one.
    public var secretFile: String?
    /// The secret in that file, once it was read.
    public var secret: Secret?
    /// Who is told when this one does not take a notification; nil when nobody is.
    public var fallback: ReceiverFallback?

    /// Which alerts are for a receiver.
    public enum About: String, Sendable, Hashable, CaseIterable {
        /// Alerts of every kind.
        case everything
        /// Only what this monitor says of itself: for a way that does not share its trouble.
        case monitor
    }

    /// A language that texts are written in.
    public enum Language: String, Sendable, Hashable, CaseIterable {
        case dutch = "nl"
        case english = "en"
    }

    /// Makes a receiver.
    public init(
        id: ReceiverID, kind: Kind, level: Level = .warning, tiers: Set<Tier> = [],
        sectors: Set<String> = []
    ) {
        self.id = id
        self.kind = kind
        self.level = level
        self.tiers = tiers
        self.sectors = sectors
    }

    /// Whether an alert of this level about this service is for the receiver.
    public func wants(_ level: Level, about service: Service) -> Bool {
        about == .everything && level >= self.level
            && (tiers.isEmpty || tiers.contains(service.tier))
            && (sectors.isEmpty || sectors.contains(service.sector))
    }

    /// Whether an alert of this level about the monitor itself is for the receiver: it concerns
    /// every tier and sector.
    func wantsDoubt(_ level: Level) -> Bool { level >= self.level }
}
