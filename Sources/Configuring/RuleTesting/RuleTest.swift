public import HealthModel
public import Incidents
public import Routing

/// One case of a test of rules: what endpoints say, and what has to come of it when.
public struct RuleTest: Sendable, Hashable {
    /// The longest case: each second of it is played.
    public static let lengthMax: Duration = .seconds(31 * 86_400)
    /// Slots of all series of one case.
    public static let slotsMax = 1_000_000

    /// What it shows, in words.
    public var name: String
    /// Where it stands: file, line and column.
    public var place: String
    /// What is watched.
    public var catalogue: ServiceCatalogue
    /// The rules in force, and who is told.
    public var rules: RuleSet
    /// When it begins.
    public var start: Timestamp
    /// What endpoints and control targets say; the others say nothing.
    public var series: [EndpointID: ResultSeries]
    /// What has to come of it, the earliest first.
    public var checks: [Check]

    /// Makes a case.
    public init(
        name: String, place: String = "", catalogue: ServiceCatalogue, rules: RuleSet,
        start: Timestamp, series: [EndpointID: ResultSeries], checks: [Check]
    ) {
        self.name = name
        self.place = place
        self.catalogue = catalogue
        self.rules = rules
        self.start = start
        self.series = series
        self.checks = checks
    }

    /// What has to be at one instant; what is nil is not looked at.
    public struct Check: Sendable, Hashable {
        /// When, from the start on; whole seconds.
        public var at: Duration
        /// Where it stands.
        public var place: String
        /// Every alert that is pending or fires.
        public var alerts: [ExpectedAlert]?
        /// Everything that was told since the check before.
        public var notifications: [ExpectedNotification]?
        /// Every incident that is open.
        public var incidents: [ExpectedIncident]?

        /// Makes a check.
        public init(
            at: Duration, place: String = "", alerts: [ExpectedAlert]? = nil,
            notifications: [ExpectedNotification]? = nil, incidents: [ExpectedIncident]? = nil
        ) {
            self.at = at
            self.place = place
            self.alerts = alerts
            self.notifications = notifications
            self.incidents = incidents
        }
    }

    /// An alert that is pending or fires.
    public struct ExpectedAlert: Sendable, Hashable {
        /// The rule.
        public var rule: RuleID
        /// The id of the service or endpoint.
        public var subject: String
        /// Pending or firing.
        public var state: Alert.State
        /// How urgent it is; nil when that is not looked at.
        public var level: Level?

        /// Makes an expectation.
        public init(
            rule: RuleID, subject: String, state: Alert.State = .firing, level: Level? = nil
        ) {
            self.rule = rule
            self.subject = subject
            self.state = state
            self.level = level
        }
    }

    /// Something that a receiver is told; what is nil is not looked at.
    public struct ExpectedNotification: Sendable, Hashable {
        /// Who is told.
        public var receiver: ReceiverID
        /// That an alert fires, or that it is over.
        public var state: Alert.State
        /// Why it is told; nil for news, whether it is the first word or more of it.
        public var occasion: Notification.Occasion?
        /// The rule.
        public var rule: RuleID?
        /// The id of the service or endpoint.
        public var subject: String?
        /// How urgent it is.
        public var level: Level?
        /// What its text has, in either language.
        public var words: [String]

        /// Makes an expectation.
        public init(
            receiver: ReceiverID, state: Alert.State = .firing,
            occasion: Notification.Occasion? = nil, rule: RuleID? = nil, subject: String? = nil,
            level: Level? = nil, words: [String] = []
        ) {
            self.receiver = receiver
            self.state = state
            self.occasion = occasion
            self.rule = rule
            self.subject = subject
            self.level = level
            self.words = words
        }
    }

    /// An incident that is open; what is nil is not looked at.
    public struct ExpectedIncident: Sendable, Hashable {
        /// What is behind it.
        public var root: Incident.Root
        /// How many services it has touched.
        public var services: Int?
        /// The most urgent level that it has had.
        public var level: Level?

        /// Makes an expectation.
        public init(root: Incident.Root, services: Int? = nil, level: Level? = nil) {
            self.root = root
            self.services = services
            self.level = level
        }
    }
}
