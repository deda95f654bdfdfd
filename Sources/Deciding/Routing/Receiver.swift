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
    /// The owners whose services are for it; empty means all.
    public var owners: Set<String> = []
    /// The services that are for it; empty means all.
    public var services: Set<ServiceID> = []
    /// The hours in which it is told of everything; nil means all hours.
    public var hours: ServiceHours?
    /// Outside its hours it is told of this level and above; what is lower waits for them.
    public var levelOutsideHours = Level.page
    /// How often people are told again of an incident that nobody has acknowledged; nil never.
    public var remindEvery: Duration?
    /// Who else is told of a page that nobody has acknowledged; nil nobody.
    public var escalation: Escalation?
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

    /// Who else is told, and when.
    public struct Escalation: Sendable, Hashable {
        /// Who.
        public var receiver: ReceiverID
        /// How long after people were first told.
        public var after: Duration

        /// The least and the longest time of an escalation, and between two reminders.
        public static let times: ClosedRange<Duration> = .seconds(60)...(.seconds(86_400))
        /// The time when none is written.
        public static let usualTime: Duration = .seconds(900)

        /// Makes an escalation.
        public init(receiver: ReceiverID, after: Duration) {
            self.receiver = receiver
            self.after = after
        }
    }

    /// The level at which people are reminded, and above.
    public static let remindingLevel = Level.critical

    /// Which alerts are for a receiver.
    public enum About: String, Sendable, Hashable, CaseIterable {
        /// Alerts of every kind.
        case everything
        /// Only what this monitor says of itself: for a way that does not share its trouble.
        case monitor
        /// Only what another receiver escalates to it.
        case escalation
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
            && (owners.isEmpty || owners.contains(service.owner))
            && (services.isEmpty || services.contains(service.id))
    }

    /// Whether it may be told of this level at an instant.
    func isOpen(for level: Level, at now: Timestamp) -> Bool {
        level >= levelOutsideHours || hours?.contains(now) ?? true
    }

    /// Whether an alert of this level about the monitor itself is for the receiver: it concerns
    /// every tier and sector.
    func wantsDoubt(_ level: Level) -> Bool { about != .escalation && level >= self.level }
}
