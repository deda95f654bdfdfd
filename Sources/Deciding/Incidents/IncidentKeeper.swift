public import HealthModel
import Observing

/// Groups alerts with one cause into incidents.
///
/// A value without a clock; `HealthMonitor` owns one. Call `join` for every alert that began to
/// fire, `leave` for every one that is over, then `reconsider`.
public struct IncidentKeeper: Sendable {
    /// How long an incident is open before it is a calamity.
    public static let calamityTime: Duration = .seconds(4 * 3600)
    /// The time in which incidents of one root count as a recurrence.
    public static let recurrenceTime: Duration = .seconds(7 * 86_400)
    /// Incidents within that time that are a recurrence.
    public static let recurrenceMin = 3
    /// How long what is left of an incident stays together when its root is over: what depends on
    /// something comes back a little later than that.
    static let aftermath: Duration = .seconds(600)
    /// Incidents that are over and kept for recurrence and for readers; the newest stay.
    public static let closedMax = 1000
    /// Incidents that are open at once; one more is told but joins no others.
    public static let openMax = 10_000

    /// What is open, by number.
    package var incidents: [IncidentID: Incident] = [:]
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

    /// Whether alerts have another number, since incidents were merged or taken apart.
    package var isRenumbered = false

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
    package func isTold(_ service: ServiceID, since: Timestamp) -> Bool {
        byService[service] != nil || (endedAt[service].map { $0 > since } ?? false)
    }

    /// Writes a line into the timeline of an incident; false when it is not kept.
    @discardableResult package mutating func note(
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

    /// Takes back what an earlier run left.
    ///
    /// - Parameters:
    ///   - remembered: Open incidents, those of the last week and the last one of all.
    ///   - active: The episodes that fire; members that are not among them are over.
    ///   - now: The present.
    package mutating func restore(
        _ remembered: [Incident], active: Set<String>, at now: Timestamp
    ) {
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
        for incident in open {
            for member in incident.members
            where member.endedAt == nil && !active.contains(member.alert.episode) {
                leave(member.alert, at: now)
            }
        }
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
    package mutating func join(
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
        changed.insert(id)
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
            if cause.explains(
                root, service, members: incident.failingServices,
                lastJoin: begun ?? incident.openedAt)
            {
                return id
            }
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
        isRenumbered = true
        byRoot[incident.root] = nil
        for service in incident.failingServices { byService[service] = keeper }
        incidents[keeper]?.takeIn(incident, at: now)
        incident.closedAt = now
        incident.mergedInto = keeper
        incident.members = []
        incident.note(.closed, "merged into \(keeper)", at: now)
        keep(incident)
        changed.insert(keeper)
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
        changed.insert(id)
    }

    /// Notes that an alert is over.
    package mutating func leave(_ alert: Alert, at now: Timestamp) {
        // The service of an endpoint may have become another one by a reload.
        let candidates = [byService[alert.service], alert.incident].compactMap(\.self)
        guard let id = candidates.first(where: { incidents[$0]?.holds(alert.episode) == true }),
            let over = incidents[id]?.end(alert.episode, at: now)
        else { return }
        changed.insert(id)
        if incidents[id]?.failingServices.contains(over.service) == false,
            byService[over.service] == id
        {
            byService[over.service] = nil
            noteEnd(of: [over.service], at: now)
        }
        closeIfOver(id, at: now)
    }

    private mutating func closeIfOver(_ id: IncidentID, at now: Timestamp) {
        guard var incident = incidents[id], incident.members.allSatisfy({ $0.endedAt != nil })
        else { return }
        incidents[id] = nil
        byRoot[incident.root] = nil
        incident.closedAt = now
        incident.note(.closed, "all alerts are over", at: now)
        for service in incident.services where byService[service] == id { byService[service] = nil }
        keep(incident)
    }

    /// Ends an incident whose alerts fire on without it, since an operator says that it is over.
    package mutating func dismiss(_ id: IncidentID, at now: Timestamp) {
        for member in incidents[id]?.members ?? [] where member.endedAt == nil {
            leave(member.alert, at: now)
        }
    }

    /// Takes over what a reload changed of an alert that fires.
    package mutating func update(_ alert: Alert, at now: Timestamp) {
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
        changed.insert(id)
    }

    /// Notes that an alert is over whose incident was resolved by force before: only now does its
    /// service not fail any more, and what that cost was told.
    package mutating func noteEndOfDismissed(_ alert: Alert, at now: Timestamp) {
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
        closed.append(incident)
        if closed.count > Self.closedMax { closed.removeFirst(closed.count - Self.closedMax) }
    }

    private static func number(of id: IncidentID) -> (year: Int, number: Int)? {
        let parts = id.text.split(separator: "-")
        guard parts.count == 3, let year = Int(parts[1]), let number = Int(parts[2]) else {
            return nil
        }
        return (year, number)
    }

    // MARK: What time and new evidence change

    /// Looks at open incidents anew: notes calamities, and takes apart what has no cause in common
    /// any more.
    ///
    /// - Parameters:
    ///   - cause: What fails now.
    ///   - now: The present.
    package mutating func reconsider(_ cause: IncidentCause, at now: Timestamp) {
        for var incident in open {
            incident.raiseLevel()
            if incident.isCalamityDue(at: now) {
                // A lasting early sign is none, but is not looked at for ever either.
                incident.isCalamity = true
                if incident.level >= .critical {
                    incident.note(.calamity, "open for four hours", at: now)
                }
            }
            if incident != incidents[incident.id] {
                incidents[incident.id] = incident
                changed.insert(incident.id)
            }
            takeApart(incident, cause, at: now)
        }
    }

    /// The next instant at which time alone changes an incident; nil without one.
    package func nextChange(after now: Timestamp) -> Timestamp? {
        incidents.values.flatMap { incident in
            [
                incident.isCalamity ? nil : incident.openedAt + Self.calamityTime,
                rootlessSince(incident).map { $0 + Self.aftermath },
            ].compactMap(\.self)
        }.filter { $0 > now }.min()
    }

    /// Since when nothing fails any more that the incident is named after, although others do; nil
    /// while something does.
    private func rootlessSince(_ incident: Incident) -> Timestamp? {
        let failing = incident.failingServices
        switch incident.root {
        case .service(let id):
            guard !failing.contains(id) else { return nil }
            let own = incident.members.filter { $0.alert.service == id }
            return own.compactMap(\.endedAt).max() ?? incident.openedAt
        default:
            guard failing.count < IncidentCause.platformMin else { return nil }
            return incident.members.compactMap(\.endedAt).max() ?? incident.openedAt
        }
    }

    private mutating func takeApart(
        _ incident: Incident, _ cause: IncidentCause, at now: Timestamp
    ) {
        let id = incident.id
        let failing = incident.failingServices.sorted()
        let isRootless = rootlessSince(incident).map { now - $0 >= Self.aftermath } ?? false
        if case .service(let root) = incident.root, isRootless, cause.failing[root] != nil {
            // It fails, although no alert says so yet.
            return
        }
        if isRootless {
            // What is left stands on its own feet.
            var left: [Incident.Root: [ServiceID]] = [:]
            for service in failing {
                left[cause.root(of: service).root, default: []].append(service)
            }
            guard let first = incident.members.first(where: { $0.endedAt == nil })?.alert.service,
                let stays = left.first(where: { $0.value.contains(first) })
            else { return }
            for (_, services) in left.sorted(by: { $0.key.description < $1.key.description })
            where services != stays.value {
                for service in services { move(service, outOf: id, cause, at: now) }
            }
            reroot(id, to: stays.key, cause, at: now)
            return
        }
        guard failing.count > 1 else { return }
        for service in failing where isContradicted(incident, service, cause) {
            move(service, outOf: id, cause, at: now)
        }
    }

    /// Whether what a service shows by now cannot come from the cause of its incident.
    ///
    /// While an outage lasts connections are refused, time out and end in errors by turns; a name
    /// that does not exist and a certificate that is refused are something else.
    private func isContradicted(
        _ incident: Incident, _ service: ServiceID, _ cause: IncidentCause
    ) -> Bool {
        let symptom = cause.failing[service]?.symptom
        guard symptom == .name || symptom == .identity else { return false }
        return !cause.fits(incident.root, service, among: incident.failingServices)
    }

    /// Gives an incident another root, or has the one that has it take it in.
    private mutating func reroot(
        _ id: IncidentID, to root: Incident.Root, _ cause: IncidentCause, at now: Timestamp
    ) {
        guard let old = incidents[id]?.root, old != root else { return }
        if let other = byRoot[root] {
            _ = merge(id, into: other, at: now)
            return
        }
        byRoot[old] = nil
        byRoot[root] = id
        incidents[id]?.root = root
        incidents[id]?.note(.rooted, root.description, at: now)
        changed.insert(id)
    }

    /// Has the alerts of a service leave an incident for one of their own.
    private mutating func move(
        _ service: ServiceID, outOf id: IncidentID, _ cause: IncidentCause, at now: Timestamp
    ) {
        let released = incidents[id]?.release(service, at: now) ?? []
        guard !released.isEmpty else { return }
        isRenumbered = true
        changed.insert(id)
        if byService[service] == id { byService[service] = nil }
        for alert in released { _ = join(alert, cause: cause, opens: true, at: now) }
        closeIfOver(id, at: now)
    }
}
