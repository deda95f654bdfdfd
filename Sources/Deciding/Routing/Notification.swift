public import HealthModel

/// What one receiver is told at once: alerts that began, that are over, and what else goes on.
public struct Notification: Sendable, Hashable {
    /// Why somebody is told.
    public enum Occasion: String, Sendable, Hashable, CaseIterable {
        /// The first word of something, or the last one.
        case change
        /// More of what is known.
        case update
        /// It still fires and nobody has said that they know.
        case reminder
        /// Nobody has said that they know, and somebody else is told.
        case escalation
        /// Another receiver did not take it in time.
        case fallback

        /// Whether it is told because of what happened, and not because of who did not respond.
        public var isNews: Bool { self == .change || self == .update }
    }

    /// One alert in it.
    public struct Item: Sendable, Hashable {
        /// What is said of the alert.
        public enum Part: String, Sendable, Hashable, CaseIterable {
            /// It fires, which is new to the receiver.
            case begun
            /// It is over.
            case over
            /// Its rule or subject is not watched any more, so that nobody knows how it is.
            case unwatched
            /// It fires on under other labels, or is not for this receiver any more.
            case changed
            /// It still fires, as the receiver knows.
            case known

            /// Whether it is the end of what was told.
            public var isEnd: Bool {
                switch self {
                case .over, .unwatched, .changed: true
                case .begun, .known: false
                }
            }
        }

        /// The alert at the level at which it is told; its state is firing, or resolved at an end.
        public var alert: Alert
        /// What is said of it.
        public var part: Part
        /// What else it is known by.
        public var labels: Labels

        /// Makes an item.
        public init(alert: Alert, part: Part = .begun, labels: Labels = Labels()) {
            self.alert = alert
            self.part = part
            self.labels = labels
        }
    }

    /// What an alert is grouped and routed by, besides rule, subject, service and level.
    public struct Labels: Sendable, Hashable {
        /// How vital the service is; nil when the alert is about the monitor.
        public var tier: Tier?
        /// Its sector; nil as above.
        public var sector: String?
        /// Who runs it; nil as above.
        public var owner: String?
        /// The cause of its incident, such as `service/digid`; nil for none.
        public var cause: String?

        /// Makes labels.
        public init(
            tier: Tier? = nil, sector: String? = nil, owner: String? = nil, cause: String? = nil
        ) {
            self.tier = tier
            self.sector = sector
            self.owner = owner
            self.cause = cause
        }
    }

    /// What people read of a message.
    public struct Words: Sendable, Hashable {
        /// One line that says the most important thing; at most `MessageWords.headlineCharacters`.
        public var headline: LocalizedText
        /// What else one should know, in lines without an end.
        public var body: [LocalizedText]

        /// Makes words.
        public init(
            headline: LocalizedText = LocalizedText(dutch: "", english: ""),
            body: [LocalizedText] = []
        ) {
            self.headline = headline
            self.body = body
        }
    }

    /// Alerts in one message; what else goes on is counted, what else is new has one of its own.
    public static let itemsMax = 100

    /// Who is told.
    public var receiver: ReceiverID
    /// When what is told happened.
    public var at: Timestamp
    /// What it is about: the number of an incident, or the episode of an alert outside of one.
    public var thread: String
    /// Counts what one receiver is told of one thread, from 0.
    public var part: Int
    /// Why somebody is told.
    public var occasion: Occasion
    /// What is told, the news first; at least one and at most `itemsMax`.
    public var items: [Item]
    /// How many others go on that are not in `items`.
    public var moreCount: Int
    /// What people read of it.
    public var words: Words

    /// Makes a notification.
    ///
    /// - Precondition: there is something to tell, and all of it has fired.
    public init(
        receiver: ReceiverID, at: Timestamp, thread: String, part: Int = 0,
        occasion: Occasion = .change, items: [Item], moreCount: Int = 0,
        words: Words = Words()
    ) {
        precondition(!items.isEmpty && items.count <= Self.itemsMax, "nothing or too much to tell")
        precondition(
            items.allSatisfy { $0.alert.firingSince != nil && $0.alert.state != .pending },
            "nothing to tell yet")
        self.receiver = receiver
        self.at = at
        self.thread = thread
        self.part = part
        self.occasion = occasion
        self.items = items
        self.moreCount = moreCount
        self.words = words
    }

    /// Who is told and what of, and whether any of it fires: the same for every attempt, also after a
    /// restart.
    public var id: String {
        "\(receiver)/\(thread)/\(part)/\(isOver ? "resolved" : "firing")"
    }

    /// The alert that leads.
    public var alert: Alert { items[0].alert }

    /// All words in both languages, a line each.
    public var text: String {
        ([words.headline] + words.body).flatMap { [$0.dutch, $0.english] }
            .joined(separator: "\n")
    }

    /// What is new to the receiver: what began and what ended.
    public var news: [Item] { items.filter { $0.part != .known } }

    /// Whether nothing of what was told fires any more.
    public var isOver: Bool { moreCount == 0 && items.allSatisfy(\.part.isEnd) }
}
