public import HealthModel
public import Incidents

/// What an operator has done, for some time, with who and why.
public struct OperatorAction: Sendable, Hashable {
    /// What it is.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Alerts are told to nobody who does not know of them.
        case silence
        /// Somebody works on an incident: nobody is reminded of it.
        case acknowledgement
        /// Services are under planned maintenance.
        case maintenance
        /// A service that cannot be probed is in a state that an operator knows of.
        case dark

        /// The first letters of its numbers.
        var prefix: String {
            switch self {
            case .silence: "SIL"
            case .acknowledgement: "ACK"
            case .maintenance: "MNT"
            case .dark: "DRK"
            }
        }
    }

    /// What it does.
    public enum Effect: Sendable, Hashable {
        /// These alerts are told to nobody who does not know of them.
        case silence(AlertScope)
        /// Nobody is reminded of this incident.
        case acknowledgement(IncidentID)
        /// These services are under maintenance, sorted; see `OperatorAction.withDependants`.
        case maintenance([ServiceID])
        /// This dark service is in this state.
        case dark(ServiceID, HealthState)

        /// What it is.
        public var kind: Kind {
            switch self {
            case .silence: .silence
            case .acknowledgement: .acknowledgement
            case .maintenance: .maintenance
            case .dark: .dark
            }
        }
    }

    /// Its number.
    public var id: ActionID
    /// What it does.
    public var effect: Effect
    /// Who did it.
    public var author: String
    /// Why.
    public var reason: String
    /// When it was asked for.
    public var addedAt: Timestamp
    /// From when on it holds; of one that comes back, this time or the next.
    public var startsAt: Timestamp
    /// Until when, that instant left out.
    public var endsAt: Timestamp
    /// Whether maintenance is of what needs its services too, as the catalogue says at each look.
    public var withDependants = false
    /// The endpoints that were under maintenance because of it, sorted; those that no longer are stay.
    public var endpoints: [EndpointID] = []
    /// How it comes back; nil when it does not.
    public var recurrence: Recurrence?
    /// When somebody ended it, or it ran out; nil before.
    public var endedAt: Timestamp?
    /// Who ended it; nil when it ran out or has not ended.
    public var endedBy: String?

    /// Makes an action that has not ended.
    public init(
        id: ActionID, effect: Effect, author: String, reason: String, addedAt: Timestamp,
        startsAt: Timestamp, endsAt: Timestamp
    ) {
        self.id = id
        self.effect = effect
        self.author = author
        self.reason = reason
        self.addedAt = addedAt
        self.startsAt = startsAt
        self.endsAt = endsAt
        endedAt = nil
        endedBy = nil
    }

    /// Whether it holds at an instant.
    public func isActive(at now: Timestamp) -> Bool {
        endedAt == nil && startsAt <= now && now < endsAt
    }

    /// The time of one that comes back that is not over at an instant, as far as it was asked for by
    /// then; nil when there is none any more, or when it does not come back.
    func window(endingAfter instant: Timestamp) -> Range<Timestamp>? {
        recurrence?.occurrence(endingAfter: max(instant, addedAt)).map {
            max($0.lowerBound, addedAt)..<$0.upperBound
        }
    }

    /// The times within a range in which it held or is going to, in order and apart.
    public func windows(within range: Range<Timestamp>) -> [Range<Timestamp>] {
        let end = min(range.upperBound, endedAt ?? range.upperBound)
        func cut(_ window: Range<Timestamp>) -> Range<Timestamp>? {
            let start = max(window.lowerBound, range.lowerBound)
            return start < min(window.upperBound, end) ? start..<min(window.upperBound, end) : nil
        }
        guard recurrence != nil else { return [cut(startsAt..<endsAt)].compactMap(\.self) }
        var (windows, instant): ([Range<Timestamp>], Timestamp) = ([], range.lowerBound)
        while let window = window(endingAfter: instant), window.lowerBound < end {
            if let part = cut(window) { windows.append(part) }
            instant = window.upperBound
        }
        return windows
    }

    /// What it is about in words, such as `service/digid rule/slow`, and whether of dependants too.
    public var scope: String {
        switch effect {
        case .silence(let scope): scope.description
        case .acknowledgement(let incident): incident.text
        case .maintenance(let services):
            services.map { "service/\($0)" }.joined(separator: " ")
                + (withDependants ? " and what needs it" : "")
        case .dark(let service, let state): "service/\(service) \(state.rawValue)"
        }
    }
}

/// What an operator asks for.
public struct OperatorOrder: Sendable, Hashable {
    /// What is asked for.
    public enum Request: Sendable, Hashable {
        /// Tell these alerts to nobody.
        case silence(AlertScope, from: Timestamp?, to: Timestamp)
        /// Remind nobody of this incident.
        case acknowledge(IncidentID, to: Timestamp)
        /// Take these services, and perhaps what needs them, for being under maintenance.
        ///
        /// With `every` the time comes back on these days, for the last time before `until`.
        case maintain(
            [ServiceID], withDependants: Bool, from: Timestamp?, to: Timestamp,
            every: Recurrence.Days? = nil, until: Timestamp? = nil)
        /// Take a dark service for being in this state.
        case setDark(ServiceID, HealthState, to: Timestamp)
        /// End what was asked for before.
        case end(ActionID)
        /// Write the reason into the timeline of an incident.
        case note(IncidentID)
        /// Write into the timeline how an incident ended; with force end one of which alerts fire.
        case resolve(IncidentID, force: Bool)
        /// Start the legal clock of an incident, at the instant when somebody became aware of it.
        case aware(IncidentID, at: Timestamp)
        /// Note that a step that the law asks for was sent.
        case reported(IncidentID, LegalClock.Step)
    }

    /// What is asked for.
    public var request: Request
    /// Who asks.
    public var author: String
    /// Why; for a note what is noted.
    public var reason: String
    /// Where the request came from, such as an address.
    public var origin: String

    /// Makes an order; `HealthMonitor.perform` checks it.
    public init(request: Request, author: String, reason: String, origin: String) {
        self.request = request
        self.author = author
        self.reason = reason
        self.origin = origin
    }
}

/// Why an order was not carried out; nothing has changed.
public enum OperatorRefusal: Error, Sendable, Hashable {
    /// The author is empty, too long or holds control characters.
    case author
    /// The reason is empty, too long or holds control characters.
    case reason
    /// A silence that names nothing.
    case emptyScope
    /// More names than `Limits.scopeNames`.
    case scopeTooLarge
    /// Something of this kind and name is not there.
    case unknown(kind: String, name: String)
    /// The incident or action was over before.
    case isOver(String)
    /// The end is not later than the beginning, or has passed.
    case endsTooEarly
    /// It lasts longer than this.
    case lastsTooLong(Duration)
    /// It begins later than `Limits.planningDuration` from now.
    case startsTooLate
    /// It comes back before it is over; this is how long it may last.
    case overlapsItself(Duration)
    /// As many as `Limits.operatorActions` are not over.
    case tooMany
    /// The service is probed: its state is measured.
    case notDark(ServiceID)
    /// A dark service cannot be said to be in this state.
    case darkState(HealthState)
    /// Nobody has started the legal clock of the incident.
    case notAware(IncidentID)
    /// Nobody can have become aware of it then.
    case awareTooEarly
    /// Alerts of the incident still fire.
    case stillFires([AlertKey])
}

extension OperatorRefusal: CustomStringConvertible {
    /// What was expected, in a sentence without a full stop.
    public var description: String {
        switch self {
        case .author:
            "who does this? an author of 1 to \(Limits.operatorNameBytes) bytes is needed"
        case .reason:
            "why? a reason of 1 to \(Limits.operatorReasonBytes) bytes is needed, in one line"
        case .emptyScope:
            "a silence has to name something: a service, endpoint, rule, sector, owner or tier"
        case .scopeTooLarge: "more than \(Limits.scopeNames) names"
        case .unknown(let kind, let name): "there is no \(kind) '\(name)'"
        case .isOver(let what): "\(what) is over"
        case .endsTooEarly: "it has to end later than it begins, and later than now"
        case .lastsTooLong(let most): "it lasts longer than \(most.shortText)"
        case .startsTooLate:
            "it begins more than \(Limits.planningDuration.shortText) from now"
        case .overlapsItself(let most):
            "it has to be over an hour before it comes back: it lasts longer than \(most.shortText)"
        case .tooMany:
            "\(Limits.operatorActions) silences, acknowledgements and the like are in force; end some"
        case .notDark(let service):
            "'\(service)' is probed, so its state is measured; only a dark service can be set"
        case .darkState(let state):
            "a dark service is never shown as \(state.rawValue); set it to down, degraded or busy, "
                + "or end what was set"
        case .notAware(let id):
            "the legal clock of \(id) was not started: vitaal incident aware \(id)"
        case .awareTooEarly: "nobody becomes aware of it in the future, or a year ago"
        case .stillFires(let keys):
            "\(keys.count) alert\(keys.count == 1 ? "" : "s") of it still fire: "
                + keys.prefix(3).map { "\($0.rule) \($0.subject)" }.joined(separator: ", ")
                + (keys.count > 3 ? " and more" : "") + "; it ends by itself, or with --force"
        }
    }
}
