public import HealthModel

/// Groups alerts with one cause into incidents, and decides who is told what of them.
///
/// A value without a clock; `HealthMonitor` owns one. Call `join` for every alert that began to
/// fire, `leave` for every one that is over, then `settle`, which gives what people are told.
public struct IncidentKeeper: Sendable {
    /// How long an incident is open before it is a calamity.
    public static let calamityTime: Duration = .seconds(4 * 3600)
    /// The time in which incidents of one root count as a recurrence.
    public static let recurrenceTime: Duration = .seconds(7 * 86_400)
    /// Incidents within that time that are a recurrence.
    public static let recurrenceMin = 3
    /// The least time between two updates of one incident.
    public static let updateInterval: Duration = .seconds(300)
    /// Incidents that are over and kept for recurrence and for readers; the newest stay.
    public static let closedMax = 1000
    /// Incidents that are open at once; one more is told but joins no others.
    public static let openMax = 10_000

    /// What is open, by number.
    var incidents: [IncidentID: Incident] = [:]
    /// The open incident of each service of which an alert fires in one; never two of one service.
    private var byService: [ServiceID: IncidentID] = [:]
    /// The open incident with each root.
    private var byRoot: [Incident.Root: IncidentID] = [:]
    /// What is over, in the order in which it ended.
    public private(set) var closed: [Incident] = []
    /// The number given last in each year: clocks may go back over New Year.
    private var counters: [Int: Int] = [:]
    /// Incidents that changed since `takeChanged`.
    private var changed: Set<IncidentID> = []
    /// Incidents of which people may have to be told.
    private var unsettled: Set<IncidentID> = []

    /// Whether incidents were merged, so that alerts have another number.
    var hasMerged = false

    /// When people are reminded, and who else is told.
    var policy: [ReceiverID: NudgePolicy] = [:]
    /// The incidents that somebody works on.
    var acknowledged: Set<IncidentID> = []

    /// When each service's part in its last incident ended, for as long as budgets look back.
    private var endedAt: [ServiceID: Timestamp] = [:]

    /// Makes a keeper without incidents.
    public init() {}

    /// What is open, in the order of the numbers.
    public var open: [Incident] { incidents.values.sorted { $0.id < $1.id } }

    /// The incident with this number; nil when it is not kept.
    public subscript(_ id: IncidentID) -> Incident? {
        incidents[id] ?? closed.last { $0.id == id }
    }

    /// The incidents that changed since the last call, for whoever keeps them on disk.
    public mutating func takeChanged() -> [Incident] {
        defer { changed = [] }
        return changed.sorted().compactMap { self[$0] }
    }

    /// Whether an incident of this service is open, or the service's part in one ended after `since`.
    func isTold(_ service: ServiceID, since: Timestamp) -> Bool {
        byService[service] != nil || (endedAt[service].map { $0 > since } ?? false)
    }

    /// Whether something waits for `settle`, or an open incident may become a calamity.
    func needsSettling(at now: Timestamp) -> Bool {
        !unsettled.isEmpty || incidents.values.contains { isDue($0, at: now) }
    }

    /// Whether time alone makes something of an incident worth telling.
    private func isDue(_ incident: Incident, at now: Timestamp) -> Bool {
        if incident.isCalamityDue(at: now) { return true }
        guard !policy.isEmpty, !acknowledged.contains(incident.id) else { return false }
        return !incident.nudges(policy, at: now).isEmpty
    }

    /// Writes a line into the timeline of an incident; false when it is not kept.
    @discardableResult mutating func note(
        _ kind: Incident.Event.Kind, _ text: String, in id: IncidentID, at now: Timestamp
    ) -> Bool {
        if incidents[id] != nil {
            incidents[id]?.note(kind, text, at: now)
        } else if let position = closed.lastIndex(where: { $0.id == id }) {
            closed[position].note(kind, text, at: now)
        } else {
            return false
        }
        changed.insert(id)
        return true
    }

    /// Makes every open incident be looked at again, after receivers or catalogue changed.
    mutating func unsettle() { unsettled.formUnion(incidents.keys) }

    /// Takes back what an earlier run left.
    ///
    /// - Parameters:
    ///   - remembered: Open incidents, those of the last week and the last one of all.
    ///   - active: The episodes that fire; members that are not among them are over.
    ///   - now: The present.
    /// - Returns: The ends that are owed for incidents of which no alert fires any more.
    mutating func restore(
        _ remembered: [Incident], active: Set<String>, at now: Timestamp
    ) -> [RoutedTransition] {
        for incident in remembered {
            if let (year, number) = Self.number(of: incident.id) {
                counters[year] = max(counters[year] ?? 0, number)
            }
            // Whoever keeps them on disk may have to begin anew.
            changed.insert(incident.id)
            guard incident.isOpen else {
                closed.append(incident)
                noteEnd(of: incident.services, at: incident.closedAt ?? now)
                continue
            }
            incidents[incident.id] = incident
            byRoot[incident.root] = incident.id
            for service in incident.failingServices { byService[service] = incident.id }
        }
        closed.sort { ($0.closedAt ?? now) < ($1.closedAt ?? now) }
        var ends: [RoutedTransition] = []
        for incident in open {
            for member in incident.members
            where member.endedAt == nil && !active.contains(member.alert.episode) {
                ends += leave(member.alert, at: now, heldBy: [])
            }
        }
        return ends
    }

    // MARK: Joining and leaving

    /// Finds the open incident that a failure belongs to, or begins one.
    ///
    /// - Parameters:
    ///   - alert: It fires.
    ///   - cause: What fails now.
    ///   - opens: Whether the alert is worth an incident by itself; otherwise it only joins one
    ///     that several services share.
    ///   - now: The present.
    /// - Returns: The number; nil when the alert is in none.
    mutating func join(
        _ alert: Alert, cause: IncidentCause, opens: Bool, at now: Timestamp
    ) -> IncidentID? {
        if let id = byService[alert.service] ?? explaining(alert.service, cause) {
            add(alert, to: id, at: now)
            return regroup(id, around: alert.service, cause, at: now)
        }
        let (root, services) = cause.root(of: alert.service)
        let isAlone = if case .service = root { true } else { false }
        guard opens || !isAlone, byRoot[root] != nil || incidents.count < Self.openMax else {
            return nil
        }
        let id = byRoot[root] ?? widen(services, to: root, at: now) ?? begin(root, at: now)
        add(alert, to: id, at: now)
        return absorb(services, into: id, at: now)
    }

    /// Gives the oldest of the incidents that the root explains wholly this root; nil without one.
    private mutating func widen(
        _ services: Set<ServiceID>, to root: Incident.Root, at now: Timestamp
    ) -> IncidentID? {
        guard let id = explained(by: root, services).first, let old = incidents[id]?.root else {
            return nil
        }
        byRoot[old] = nil
        byRoot[root] = id
        incidents[id]?.root = root
        let occurrence = max(earlier(root, at: now) + 1, incidents[id]?.occurrence ?? 1)
        incidents[id]?.occurrence = occurrence
        incidents[id]?.note(.rooted, root.description, at: now)
        touch(id)
        return id
    }

    /// The open incidents that are no wider than the root and of which it explains every failure.
    private func explained(by root: Incident.Root, _ services: Set<ServiceID>) -> [IncidentID] {
        Set(services.compactMap { byService[$0] }).sorted().filter { id in
            guard let incident = incidents[id] else { return false }
            return incident.root.breadth <= root.breadth
                && incident.failingServices.isSubset(of: services)
        }
    }

    /// The open incident whose root explains that the service fails.
    private func explaining(_ service: ServiceID, _ cause: IncidentCause) -> IncidentID? {
        for root in cause.possibleRoots(of: service) {
            guard let id = byRoot[root], let incident = incidents[id] else { continue }
            let last = incident.members.last
            let begun = last.flatMap { cause.failing[$0.alert.service]?.since } ?? last?.joinedAt
            if cause.explains(root, service, lastJoin: begun ?? incident.openedAt) { return id }
        }
        // The parent fails for a wider cause than itself: what needs it goes along.
        let parent = cause.dependencyRoot(of: service)
        return parent == service ? nil : byService[parent]
    }

    /// Gives the incident of one service a wider root when one explains its alerts by now.
    private mutating func regroup(
        _ id: IncidentID, around service: ServiceID, _ cause: IncidentCause, at now: Timestamp
    ) -> IncidentID {
        guard case .service(let below) = incidents[id]?.root else { return id }
        let (root, services) = cause.root(of: service)
        // The parent of a child that failed first: the root moves up.
        if case .service(let above) = root, cause.map.ancestors[below]?.contains(above) != true {
            return id
        }
        if let other = byRoot[root] { return other == id ? id : merge(id, into: other, at: now) }
        guard let oldest = widen(services, to: root, at: now) else { return id }
        return absorb(services, into: oldest, at: now)
    }

    /// Takes in the incidents of these services that have no wider root of their own.
    private mutating func absorb(
        _ services: Set<ServiceID>, into id: IncidentID, at now: Timestamp
    ) -> IncidentID {
        guard let root = incidents[id]?.root else { return id }
        for other in explained(by: root, services) where other != id {
            _ = merge(other, into: id, at: now)
        }
        return id
    }

    /// Ends an incident as part of another one, which takes over its alerts and its debts.
    private mutating func merge(
        _ id: IncidentID, into keeper: IncidentID, at now: Timestamp
    ) -> IncidentID {
        guard var incident = incidents.removeValue(forKey: id) else { return keeper }
        hasMerged = true
        byRoot[incident.root] = nil
        for service in incident.failingServices { byService[service] = keeper }
        incidents[keeper]?.takeIn(incident, at: now)
        incident.closedAt = now
        incident.mergedInto = keeper
        incident.members = []
        incident.note(.closed, "merged into \(keeper)", at: now)
        keep(incident)
        touch(keeper)
        return keeper
    }

    private mutating func begin(_ root: Incident.Root, at now: Timestamp) -> IncidentID {
        let year = Int(now.rfc3339.prefix { $0 != "-" }) ?? 0
        let number = (counters[year] ?? 0) + 1
        counters[year] = number
        let digits = String(number)
        let padding = String(repeating: "0", count: max(0, 4 - digits.utf8.count))
        let id = IncidentID("INC-\(year)-\(padding)\(digits)")
        incidents[id] = Incident(
            id: id, root: root, openedAt: now, occurrence: earlier(root, at: now) + 1)
        byRoot[root] = id
        return id
    }

    /// How many incidents with this root ended within the time of a recurrence.
    private func earlier(_ root: Incident.Root, at now: Timestamp) -> Int {
        closed.lazy.filter { one in
            one.root == root && one.mergedInto == nil
                && one.closedAt.map { now - $0 < Self.recurrenceTime } == true
        }.count
    }

    private mutating func add(_ alert: Alert, to id: IncidentID, at now: Timestamp) {
        byService[alert.service] = id
        incidents[id]?.add(alert, at: now)
        touch(id)
    }

    /// Notes that an alert is over.
    ///
    /// - Parameters:
    ///   - alert: The alert, as it was.
    ///   - now: The present.
    ///   - heldBy: The receivers who hear of the end only when the incident ends.
    /// - Returns: What is told of ends, now.
    mutating func leave(
        _ alert: Alert, at now: Timestamp, heldBy: Set<ReceiverID>
    ) -> [RoutedTransition] {
        // The service of an endpoint may have become another one by a reload.
        let candidates = [byService[alert.service], alert.incident].compactMap(\.self)
        guard let id = candidates.first(where: { incidents[$0]?.holds(alert.episode) == true }),
            var over = incidents[id]?.end(alert.episode, at: now)
        else { return [] }
        touch(id)
        let stillFails =
            incidents[id]?.members.contains {
                $0.endedAt == nil && $0.alert.service == over.service
            } ?? false
        if !stillFails, byService[over.service] == id {
            byService[over.service] = nil
            noteEnd(of: [over.service], at: now)
        }
        over.state = .resolved
        guard var incident = incidents[id], incident.members.allSatisfy({ $0.endedAt != nil })
        else {
            // People wait for the end of the incident; machines are told of each alert.
            return [
                RoutedTransition(
                    transition: AlertTransition(at: now, alert: over), receivers: [],
                    held: heldBy)
            ]
        }
        incidents[id] = nil
        byRoot[incident.root] = nil
        incident.closedAt = now
        incident.note(.closed, "all alerts are over", at: now)
        for service in incident.services where byService[service] == id { byService[service] = nil }
        keep(incident)
        // Of all, since people may have heard of any as the fallback of a machine; only who was told
        // of one hears of its end.
        return incident.members.map { member in
            var alert = member.alert
            alert.state = .resolved
            return RoutedTransition(
                transition: AlertTransition(at: now, alert: alert), receivers: [])
        }
    }

    /// Takes over what a reload changed of an alert that fires.
    mutating func update(_ alert: Alert, at now: Timestamp) {
        guard let id = alert.incident, let before = incidents[id]?.service(of: alert.episode),
            incidents[id]?.update(alert) == true
        else { return }
        byService[alert.service] = id
        if before != alert.service, byService[before] == id,
            incidents[id]?.failingServices.contains(before) == false
        {
            byService[before] = nil
            noteEnd(of: [before], at: now)
        }
        touch(id)
    }

    /// Notes that people were told of an alert by itself before it joined.
    mutating func makeLead(_ episode: String, in id: IncidentID) {
        incidents[id]?.makeLead(episode)
    }

    /// Notes that an alert is over whose incident was resolved by force before: only now does its
    /// service not fail any more, and what that cost was told.
    mutating func noteEndOfDismissed(_ alert: Alert, at now: Timestamp) {
        guard let id = alert.incident, incidents[id] == nil else { return }
        noteEnd(of: [alert.service], at: now)
    }

    private mutating func noteEnd(of services: [ServiceID], at now: Timestamp) {
        for service in services { endedAt[service] = max(now, endedAt[service] ?? now) }
        let before = now - ObjectiveClock.windowMax
        if endedAt.count > Self.openMax { endedAt = endedAt.filter { $0.value > before } }
    }

    private mutating func keep(_ incident: Incident) {
        noteEnd(of: incident.services, at: incident.closedAt ?? incident.openedAt)
        changed.insert(incident.id)
        unsettled.remove(incident.id)
        closed.append(incident)
        if closed.count > Self.closedMax { closed.removeFirst(closed.count - Self.closedMax) }
    }

    private mutating func touch(_ id: IncidentID) {
        changed.insert(id)
        unsettled.insert(id)
    }

    private static func number(of id: IncidentID) -> (year: Int, number: Int)? {
        let parts = id.text.split(separator: "-")
        guard parts.count == 3, let year = Int(parts[1]), let number = Int(parts[2]) else {
            return nil
        }
        return (year, number)
    }

    // MARK: Telling

    /// Notes that incidents were settled, and which of them changed by it.
    mutating func finish(_ incident: Incident, isSettled: Bool) {
        if incidents[incident.id] != incident { changed.insert(incident.id) }
        incidents[incident.id] = incident
        if isSettled { unsettled.remove(incident.id) }
    }

    /// The open incidents of which people may have to be told, in the order of their numbers.
    func due(at now: Timestamp) -> [Incident] {
        let late = incidents.values.lazy.filter { isDue($0, at: now) }.map(\.id)
        return unsettled.union(late).sorted().compactMap { incidents[$0] }
    }
}
