public import HealthModel

/// Alerts that share one cause: what people are called for once.
public struct Incident: Sendable, Hashable {
    /// Events kept of one incident; the first and the newest stay.
    public static let eventsMax = 500
    /// Alerts kept of one incident after they ended; the newest stay.
    public static let endedMembersMax = 1000

    /// What the alerts have in common.
    public enum Root: Sendable, Hashable {
        /// One service: its own failure, or that of what depends on it.
        case service(ServiceID)
        /// A dark service that cannot be probed, inferred from those that lean on it.
        case darkService(ServiceID)
        /// A platform that several failing services share.
        case platform(ServiceID)
        /// A group of like organisations that fail together.
        case peerGroup(String)
        /// Something that several failing services share, such as who issued their certificates.
        case shared(SharedEvidence)
        /// Several sectors without anything known in common.
        case commonCause

        /// Whether it is the failure of one service that was measured.
        var isOneService: Bool {
            if case .service = self { true } else { false }
        }

        /// From the narrowest to the widest: a wider root takes narrower incidents in.
        var breadth: Int {
            switch self {
            case .service: 0
            case .peerGroup: 1
            case .shared: 2
            case .platform: 3
            case .darkService: 4
            case .commonCause: 5
            }
        }
    }

    /// One alert of the incident.
    public struct Member: Sendable, Hashable {
        /// The alert as it last was.
        public var alert: Alert
        /// When it joined.
        public var joinedAt: Timestamp
        /// When it was over; nil while it fires.
        public var endedAt: Timestamp?

        /// Makes a member.
        public init(alert: Alert, joinedAt: Timestamp, endedAt: Timestamp?) {
            self.alert = alert
            self.joinedAt = joinedAt
            self.endedAt = endedAt
        }
    }

    /// One line of the timeline.
    public struct Event: Sendable, Hashable {
        /// What happened.
        public enum Kind: String, Sendable, Hashable, CaseIterable {
            /// The first alert fired.
            case opened
            /// Another alert joined.
            case joined
            /// An alert was over.
            case left
            /// Another cause was found behind it.
            case rooted
            /// Another incident turned out to be the same one.
            case merged
            /// It has been open for too long.
            case calamity
            /// All alerts were over, or it was taken in by another one.
            case closed
            /// An operator works on it.
            case acknowledged
            /// An operator does not work on it any more, or the time for that ran out.
            case unacknowledged
            /// Somebody else was told, since nobody had acknowledged it.
            case escalated
            /// A service of it still failed when its maintenance ran out.
            case overrun
            /// An operator wrote something down.
            case noted
            /// An operator wrote down how it ended, or ended it.
            case resolved
            /// Somebody became aware of it: the legal clock starts.
            case aware
            /// A step that the law asks for was sent.
            case reported

            /// What the legal clock is read from.
            static let legal: Set<Kind> = [.aware, .reported]
        }

        /// When it happened.
        public var at: Timestamp
        /// What happened.
        public var kind: Kind
        /// What it happened to: an alert, a root or another incident.
        public var text: String

        /// Makes an event.
        public init(at: Timestamp, kind: Kind, text: String) {
            self.at = at
            self.kind = kind
            self.text = text
        }
    }

    /// Its number.
    public var id: IncidentID
    /// What the alerts have in common.
    public var root: Root
    /// When the first alert fired.
    public var openedAt: Timestamp
    /// When all alerts were over; nil while it is open.
    public var closedAt: Timestamp?
    /// The incident that took it in; nil when it ended by itself or is open.
    public var mergedInto: IncidentID?
    /// The most urgent level that it has had.
    public var level: Level
    /// Its alerts, in the order in which they joined.
    public var members: [Member]
    /// Whether it has been open for so long that it is a calamity.
    public var isCalamity: Bool
    /// How many incidents the same root has had within a week, this one included.
    public var occurrence: Int
    /// What happened, in order, at most `eventsMax`.
    public var events: [Event]

    /// Makes an open incident without alerts.
    public init(id: IncidentID, root: Root, openedAt: Timestamp, occurrence: Int = 1) {
        self.id = id
        self.root = root
        self.openedAt = openedAt
        closedAt = nil
        mergedInto = nil
        level = .digest
        members = []
        isCalamity = false
        self.occurrence = occurrence
        events = []
    }

    /// Whether an alert of it still fires.
    public var isOpen: Bool { closedAt == nil }

    /// The services of its alerts, each once, in the order in which they joined.
    public var services: [ServiceID] {
        var seen: Set<ServiceID> = []
        return members.map(\.alert.service).filter { seen.insert($0).inserted }
    }

    /// The services of which an alert still fires.
    public var failingServices: Set<ServiceID> {
        Set(members.lazy.filter { $0.endedAt == nil }.map(\.alert.service))
    }

    /// Whether several services fail for something that none of them is.
    package var isShared: Bool {
        if case .service = root { return false }
        return failingServices.count >= IncidentCause.platformMin
    }

    /// How urgent an alert of it is: the alert by itself, or what it is part of.
    ///
    /// What several services share is a page, whatever each of them is, for as long as two of them
    /// fail. One service that is the root makes none of those behind it more urgent; what it has
    /// for the third time within a week is critical.
    ///
    /// - Parameters:
    ///   - alert: The alert.
    ///   - isShared: `isShared`, which takes a while to find out.
    /// - Returns: Its own level or a higher one.
    package func level(of alert: Alert, isShared: Bool) -> Level {
        guard case .service(let id) = root else { return isShared ? .page : alert.level }
        let recurs = id == alert.service && occurrence >= IncidentKeeper.recurrenceMin
        return recurs ? max(alert.level, .critical) : alert.level
    }

    /// Whether it has been open for too long, and that has not been noted.
    func isCalamityDue(at now: Timestamp) -> Bool {
        isOpen && !isCalamity && now - openedAt >= IncidentKeeper.calamityTime
    }

    /// Adds an alert that fires.
    mutating func add(_ alert: Alert, at now: Timestamp) {
        var alert = alert
        alert.incident = id
        let kind: Event.Kind = members.isEmpty ? .opened : .joined
        members.append(Member(alert: alert, joinedAt: now, endedAt: nil))
        note(kind, "\(alert.key.rule) \(alert.key.subject)", at: now)
    }

    /// Notes that an alert is over, and gives it; nil when it is not one that fires here.
    mutating func end(_ episode: String, at now: Timestamp) -> Alert? {
        guard
            let position = members.lastIndex(where: {
                $0.endedAt == nil && $0.alert.episode == episode
            })
        else { return nil }
        members[position].endedAt = now
        let alert = members[position].alert
        note(.left, "\(alert.key.rule) \(alert.key.subject)", at: now)
        let isPast: (Member) -> Bool = { $0.endedAt != nil }
        if members.lazy.filter(isPast).count > Self.endedMembersMax,
            let oldest = members.firstIndex(where: isPast)
        {
            members.remove(at: oldest)
        }
        return alert
    }

    /// Whether an alert of it with this episode fires.
    func holds(_ episode: String) -> Bool {
        members.contains { $0.endedAt == nil && $0.alert.episode == episode }
    }

    /// The service of an alert with this episode that fires; nil when there is none.
    func service(of episode: String) -> ServiceID? {
        members.last { $0.endedAt == nil && $0.alert.episode == episode }?.alert.service
    }

    /// Takes over the level, service and runbook of an alert; false when it is not one that fires
    /// here.
    mutating func update(_ alert: Alert) -> Bool {
        guard
            let position = members.lastIndex(where: {
                $0.endedAt == nil && $0.alert.episode == alert.episode
            })
        else { return false }
        members[position].alert.level = alert.level
        members[position].alert.service = alert.service
        members[position].alert.runbook = alert.runbook
        return true
    }

    /// Lets the alerts of a service go that fire, and gives them.
    mutating func release(_ service: ServiceID, at now: Timestamp) -> [Alert] {
        let isLeaving: (Member) -> Bool = { $0.endedAt == nil && $0.alert.service == service }
        let released = members.filter(isLeaving).map(\.alert)
        members.removeAll(where: isLeaving)
        for alert in released {
            note(.left, "\(alert.key.rule) \(alert.key.subject), which has another cause", at: now)
        }
        return released
    }

    /// Takes the highest level that it has had.
    mutating func raiseLevel() {
        let isShared = isShared
        for member in members where member.endedAt == nil {
            level = max(level, self.level(of: member.alert, isShared: isShared))
        }
    }

    /// Takes over the alerts of another incident that turned out to be the same, and its debts.
    mutating func takeIn(_ other: Incident, at now: Timestamp) {
        members += other.members.map { member in
            var member = member
            member.alert.incident = id
            return member
        }
        openedAt = min(openedAt, other.openedAt)
        level = max(level, other.level)
        // Who became aware of a part is aware of the whole, and what was sent was sent.
        let legal = other.events.filter { Event.Kind.legal.contains($0.kind) }
        if !legal.isEmpty { events = (events + legal).sorted { $0.at < $1.at } }
        note(.merged, other.id.text, at: now)
    }

    mutating func note(_ kind: Event.Kind, _ text: String, at now: Timestamp) {
        events.append(Event(at: now, kind: kind, text: text))
        // The beginning tells most; what was in the middle of a very long one tells least. What the
        // law asks about is never dropped, unless there is nothing else.
        while events.count > Self.eventsMax {
            let oldest = events.indices.dropFirst().dropLast().first {
                !Event.Kind.legal.contains(events[$0].kind)
            }
            events.remove(at: oldest ?? 1)
        }
    }
}

/// Something that failing services have in common and that may be the cause.
public struct SharedEvidence: Sendable, Hashable, Comparable {
    /// What is shared.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The organisation that issued certificates which are refused.
        case issuer
        /// The block of addresses that do not answer: /24 of IPv4, /48 of IPv6.
        case addressBlock = "address_block"
        /// The host that a redirect led to, and which failed.
        case redirectHost = "redirect_host"
        /// A name server of the domains that cannot be resolved.
        case nameServer = "name_server"
    }

    /// What is shared.
    public var kind: Kind
    /// Its name.
    public var value: String

    /// Makes evidence.
    public init(kind: Kind, value: String) {
        self.kind = kind
        self.value = value
    }

    /// Orders by kind, then by name.
    public static func < (left: SharedEvidence, right: SharedEvidence) -> Bool {
        (left.kind.rawValue, left.value) < (right.kind.rawValue, right.value)
    }
}

extension Incident.Root: CustomStringConvertible {
    /// Kind and name, such as `service/digid`, for logs and files.
    public var description: String {
        switch self {
        case .service(let id): "service/\(id)"
        case .darkService(let id): "dark/\(id)"
        case .platform(let id): "platform/\(id)"
        case .peerGroup(let name): "peer_group/\(name)"
        case .shared(let evidence): "\(evidence.kind.rawValue)/\(evidence.value)"
        case .commonCause: "common_cause"
        }
    }

    /// Reads what `description` wrote; nil for anything else.
    public init?(_ text: String) {
        guard text != "common_cause" else {
            self = .commonCause
            return
        }
        guard let slash = text.firstIndex(of: "/") else { return nil }
        let (kind, name) = (text[..<slash], String(text[text.index(after: slash)...]))
        switch kind {
        case "service": self = .service(ServiceID(name))
        case "dark": self = .darkService(ServiceID(name))
        case "platform": self = .platform(ServiceID(name))
        case "peer_group": self = .peerGroup(name)
        default:
            guard let kind = SharedEvidence.Kind(rawValue: String(kind)) else { return nil }
            self = .shared(SharedEvidence(kind: kind, value: name))
        }
    }
}

extension Incident.Root {
    /// Whether evidence shows that it is the cause; otherwise failures only coincide.
    public var isShown: Bool {
        switch self {
        case .service, .shared: true
        case .darkService, .platform, .peerGroup, .commonCause: false
        }
    }
}
