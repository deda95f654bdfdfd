public import HealthModel

/// Keeps what operators have done and knows what of it holds now.
///
/// A value without a clock; `HealthMonitor` owns one. Call `advance` before asking.
public struct ActionKeeper: Sendable {
    /// Actions that are over and kept for readers; the newest stay.
    public static let overMax = 200

    /// An action that began to hold, or ran out, since the last look; one that comes back does both
    /// each time.
    package enum Turn: Sendable, Hashable {
        case began(OperatorAction)
        case ranOut(OperatorAction)
    }

    /// What holds or is going to, by number.
    private(set) var pending: [ActionID: OperatorAction] = [:]
    /// What is over, in the order in which it ended.
    public private(set) var over: [OperatorAction] = []
    /// The silences that hold now, in the order in which they began.
    package private(set) var silences: [OperatorAction] = []
    /// The maintenance that each service is under now; of several the one that ends last.
    package private(set) var maintenance: [ServiceID: OperatorAction] = [:]
    /// What operators say of dark services now.
    package private(set) var darks: [ServiceID: (state: HealthState, action: OperatorAction)] = [:]
    /// The incidents that are acknowledged now.
    package private(set) var acknowledgements: [IncidentID: OperatorAction] = [:]

    /// What needs each service by the catalogue (hard and login edges), of those that are needed.
    private var dependants: [ServiceID: [ServiceID]] = [:]
    /// The endpoints of each service by the catalogue.
    private var endpoints: [ServiceID: [EndpointID]] = [:]
    private var active: Set<ActionID> = []
    /// The number given last of each kind and year.
    private var counters: [String: Int] = [:]
    private var changed: Set<ActionID> = []
    /// When something next begins or runs out; nil when nothing waits.
    package private(set) var nextTurnAt: Timestamp?
    /// When `advance` was last called.
    private var seenAt: Timestamp?

    /// Makes a keeper of nothing.
    public init() {}

    /// What holds or is going to, in the order of the numbers.
    public var current: [OperatorAction] { pending.values.sorted { $0.id < $1.id } }

    /// The action with this number; nil when it is not kept.
    public subscript(_ id: ActionID) -> OperatorAction? {
        pending[id] ?? over.last { $0.id == id }
    }

    /// The actions that changed since the last call, for whoever keeps them on disk.
    package mutating func takeChanged() -> [OperatorAction] {
        defer { changed = [] }
        return changed.sorted().compactMap { self[$0] }
    }

    /// Takes back what an earlier run left: what is not over, and the last number of each kind.
    package mutating func restore(_ remembered: [OperatorAction], at now: Timestamp) {
        for action in remembered {
            let parts = action.id.text.split(separator: "-")
            if parts.count == 3, let number = Int(parts[2]) {
                let series = "\(parts[0])-\(parts[1])"
                counters[series] = max(counters[series] ?? 0, number)
            }
            // Whoever keeps them on disk may have to begin anew.
            changed.insert(action.id)
            if action.endedAt == nil {
                pending[action.id] = action
            } else {
                over.append(action)
            }
        }
        over.sort { ($0.endedAt ?? now) < ($1.endedAt ?? now) }
        nextTurnAt = now
    }

    /// Adds an action; one that comes back begins with the window that is given.
    ///
    /// - Throws: `OperatorRefusal.tooMany`.
    package mutating func add(
        _ effect: OperatorAction.Effect, author: String, reason: String, from: Timestamp,
        to: Timestamp, withDependants: Bool = false, recurrence: Recurrence? = nil,
        at now: Timestamp
    ) throws(OperatorRefusal) -> OperatorAction {
        guard pending.count < Limits.operatorActions else { throw .tooMany }
        let year = now.rfc3339.prefix { $0 != "-" }
        let series = "\(effect.kind.prefix)-\(year)"
        let number = (counters[series] ?? 0) + 1
        counters[series] = number
        let digits = String(number)
        let padding = String(repeating: "0", count: max(0, 4 - digits.utf8.count))
        var action = OperatorAction(
            id: ActionID("\(series)-\(padding)\(digits)"), effect: effect, author: author,
            reason: reason, addedAt: now, startsAt: from, endsAt: to)
        action.withDependants = withDependants
        action.recurrence = recurrence
        pending[action.id] = action
        changed.insert(action.id)
        nextTurnAt = now
        return action
    }

    /// Ends an action before its time.
    ///
    /// - Throws: `OperatorRefusal` when it is not there or over.
    package mutating func end(
        _ id: ActionID, by author: String, at now: Timestamp
    ) throws(OperatorRefusal) -> OperatorAction {
        guard var action = pending[id] else {
            throw over.contains { $0.id == id }
                ? .isOver(id.text) : .unknown(kind: "operator action", name: id.text)
        }
        action.endedAt = now
        action.endedBy = author
        close(action)
        nextTurnAt = now
        return action
    }

    private mutating func close(_ action: OperatorAction) {
        pending[action.id] = nil
        over.append(action)
        changed.insert(action.id)
        if over.count > Self.overMax { over.removeFirst(over.count - Self.overMax) }
    }

    /// Works out what holds at `now`.
    ///
    /// - Returns: What began or ran out, in the order of the numbers; what somebody ended is not
    ///   among it. Empty when nothing changed, which costs one comparison.
    package mutating func advance(to now: Timestamp) -> [Turn] {
        defer { seenAt = now }
        // A clock that was set back may bring back what had run out of time to begin.
        let isSetBack = seenAt.map { now < $0 } ?? false
        guard isSetBack || (nextTurnAt.map { $0 <= now } ?? false) else { return [] }
        var turns: [Turn] = []
        for var action in sorted(where: { now >= $0.endsAt }) {
            action.endedAt = action.endsAt
            turns.append(.ranOut(action))
            // The next time may begin at this instant.
            active.remove(action.id)
            if !bringBack(action.id, at: now) { close(action) }
        }
        if isSetBack {
            for action in sorted(where: { $0.recurrence != nil }) { bringBack(action.id, at: now) }
        }
        let begun = sorted { $0.isActive(at: now) && !active.contains($0.id) }
        turns += begun.map { .began($0) }
        let held = pending.values.filter { $0.isActive(at: now) }
        active = Set(held.map(\.id))
        silences.removeAll { !active.contains($0.id) }
        silences += begun.filter { $0.effect.kind == .silence }
        lookUpWhatHolds()
        nextTurnAt = pending.values.map { now < $0.startsAt ? $0.startsAt : $0.endsAt }.min()
        return turns
    }

    /// Follows another catalogue at once: what needs each service by it, and the endpoints of each.
    package mutating func follow(
        _ dependants: [ServiceID: [ServiceID]], endpoints: [ServiceID: [EndpointID]]
    ) {
        self.dependants = dependants
        self.endpoints = endpoints
        lookUpWhatHolds()
    }

    /// The services that maintenance is of by the catalogue, sorted; none for other actions.
    package func services(under action: OperatorAction) -> [ServiceID] {
        guard case .maintenance(let named) = action.effect else { return [] }
        guard action.withDependants else { return named }
        return Set(named).union(named.flatMap { dependants[$0] ?? [] }).sorted()
    }

    /// Looks up by service and incident what is active.
    private mutating func lookUpWhatHolds() {
        for id in active { noteCovered(by: id) }
        (maintenance, darks, acknowledgements) = ([:], [:], [:])
        // Of two that say something of one service the one that ends last counts.
        let held = active.compactMap { pending[$0] }
            .sorted { ($0.endsAt, $0.id) < ($1.endsAt, $1.id) }
        for action in held {
            switch action.effect {
            case .silence: break
            case .maintenance:
                for service in services(under: action) { maintenance[service] = action }
            case .dark(let service, let state): darks[service] = (state, action)
            case .acknowledgement(let incident): acknowledgements[incident] = action
            }
        }
    }

    /// Remembers which endpoints are under a maintenance, for whoever counts their time later.
    private mutating func noteCovered(by id: ActionID) {
        guard let action = pending[id], action.effect.kind == .maintenance else { return }
        let covered = services(under: action).flatMap { endpoints[$0] ?? [] }
        let all = Set(action.endpoints).union(covered)
        guard all.count > action.endpoints.count else { return }
        pending[id]?.endpoints = all.sorted()
        changed.insert(id)
    }

    /// Gives an action that comes back its time at `now`, or the next one.
    ///
    /// - Returns: Whether it comes back.
    @discardableResult private mutating func bringBack(_ id: ActionID, at now: Timestamp) -> Bool {
        guard let window = pending[id]?.window(endingAfter: now) else { return false }
        guard window.lowerBound != pending[id]?.startsAt else { return true }
        pending[id]?.startsAt = window.lowerBound
        pending[id]?.endsAt = window.upperBound
        changed.insert(id)
        return true
    }

    /// What waits or holds and is asked for, in the order of the numbers.
    private func sorted(where isAskedFor: (OperatorAction) -> Bool) -> [OperatorAction] {
        pending.values.filter(isAskedFor).sorted { $0.id < $1.id }
    }

    /// The silence that keeps an alert from being told; nil when there is none.
    package func silence(of alert: Alert, service: Service) -> OperatorAction? {
        silences.first { action in
            guard case .silence(let scope) = action.effect else { return false }
            return scope.contains(alert, of: service)
        }
    }
}
