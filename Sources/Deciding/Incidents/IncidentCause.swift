package import HealthModel

/// A service of which an alert about an outage is pending or firing.
package struct FailingService: Sendable, Hashable {
    /// Since when.
    package var since: Timestamp
    /// Whether its own state is down; otherwise it fails in part.
    var isDown: Bool
    /// Whether it is reachable by turns: what needs it fails with it, as when it is down.
    var isFlapping = false
    /// What kind of failure it is; nil when that is not known, as of a dark service.
    package var symptom: SymptomClass?
    /// What it shares with others, perhaps.
    package var evidence: Set<SharedEvidence> = []

    package init(
        since: Timestamp, isDown: Bool, isFlapping: Bool = false, symptom: SymptomClass? = nil,
        evidence: Set<SharedEvidence> = []
    ) {
        self.since = since
        self.isDown = isDown
        self.isFlapping = isFlapping
        self.symptom = symptom
        self.evidence = evidence
    }

    /// Whether what depends on it may fail because of it.
    var isOut: Bool { isDown || isFlapping }
}

/// Finds what several failing services have in common: pure, and the same for the same input.
///
/// What many services are asked for is looked up once, so that thousands that fail in one second
/// cost no more than each of them alone.
package struct IncidentCause {
    /// How far apart the beginnings of failures with one cause lie.
    static let window: Duration = .seconds(900)
    /// The same when nothing but the time is in common: a coincidence soon ceases to be one.
    static let commonWindow: Duration = .seconds(300)
    /// Members of a peer group that fail together.
    static let peersMin = 3
    /// The share of a peer group that is enough, with at least two members.
    static let peersShare = 0.25
    /// Services that share one piece of evidence.
    static let sharedMin = 3
    /// Services on one platform.
    static let platformMin = 2
    /// Direct dependants of a dark service, and the share of all of them.
    static let darkMin = 3
    static let darkShare = 0.5
    /// Measured causes that the failures of direct dependants come from: when all of them are behind
    /// one service that fails, that service is the cause.
    static let darkRootsMin = 2
    /// Sectors without a known link.
    static let sectorsMin = 3
    /// The share of all services that a common cause takes at least, so that in a large catalogue
    /// the failures of every day are not called one.
    static let commonShare = 0.01

    let map: IncidentMap
    let failing: [ServiceID: FailingService]
    /// The failing services that show each piece of evidence.
    private let showing: [SharedEvidence: [ServiceID]]
    /// The services that are down by themselves, and by nothing else that is known.
    private let ownDown: Set<ServiceID>
    /// How many sectors these are of.
    private let ownSectors: Int

    /// Looks at what fails now.
    package init(map: IncidentMap, failing: [ServiceID: FailingService]) {
        self.map = map
        self.failing = failing
        var showing: [SharedEvidence: [ServiceID]] = [:]
        var ownDown: Set<ServiceID> = []
        for (id, one) in failing {
            for evidence in one.evidence { showing[evidence, default: []].append(id) }
            // What fails because of another failing service says nothing by itself.
            if one.isDown, Self.dependencyRoot(of: id, map, failing) == id { ownDown.insert(id) }
        }
        self.showing = showing
        self.ownDown = ownDown
        ownSectors = Set(ownDown.compactMap { map.services[$0]?.sector }).count
    }

    /// The root that explains the failure of `service`, and every failing service that it explains.
    func root(of service: ServiceID) -> (root: Incident.Root, services: Set<ServiceID>) {
        guard let own = failing[service] else { return (.service(service), [service]) }
        if map.services[service]?.kind == .dark {
            // An operator says so.
            let behind = together(map.darkDependants[service]?.all ?? [], own).filter {
                failing[$0]?.symptom.map(CauseTable.hard.contains) ?? true
            }
            return (.darkService(service), behind.union([service]))
        }
        for wide in [shared, platform, dark, peers, common] {
            guard let (root, services) = wide(service, own) else { continue }
            // What fails behind one of them has the same cause.
            let behind = together(failing.keys, own).filter {
                services.contains(dependencyRoot(of: $0))
            }
            return (root, services.union(behind))
        }
        let narrow = dependencyRoot(of: service)
        let behind = together(map.descendants[narrow] ?? [], own).filter {
            mayExplain(narrow, $0)
        }
        return (.service(narrow), behind.union([service, narrow]))
    }

    /// Those of some services that began to fail at about the same time as `own`.
    private func together(
        _ services: some Sequence<ServiceID>, _ own: FailingService,
        within window: Duration = IncidentCause.window
    ) -> Set<ServiceID> {
        var together: Set<ServiceID> = []
        for id in services {
            guard let one = failing[id], abs(one.since, own.since) <= window else { continue }
            together.insert(id)
        }
        return together
    }

    /// The same, of those that fail in the same way.
    private func alike(
        _ services: some Sequence<ServiceID>, _ own: FailingService,
        within window: Duration = IncidentCause.window
    ) -> Set<ServiceID> {
        guard let symptom = own.symptom else { return [] }
        return together(services, own, within: window).filter { failing[$0]?.symptom == symptom }
    }

    /// The roots that could explain the failure of `service`, the widest first.
    func possibleRoots(of service: ServiceID) -> [Incident.Root] {
        var roots: [Incident.Root] = (failing[service]?.evidence ?? []).sorted().map {
            .shared($0)
        }
        roots += (map.platforms[service] ?? []).map { .platform($0) }
        roots += map.darksBehind[service, default: []].map { .darkService($0) }
        if let group = map.services[service]?.peerGroup { roots.append(.peerGroup(group)) }
        let above = (map.ancestors[service] ?? []).filter { failing[$0]?.isOut == true }
        roots += above.sorted().map { .service($0) }
        roots.append(.commonCause)
        return roots
    }

    /// Whether a failure that begins while an incident with this root is open belongs to it.
    ///
    /// - Parameters:
    ///   - root: The root of the incident.
    ///   - service: What fails.
    ///   - members: The services that fail in the incident.
    ///   - lastJoin: When the last of them began to fail.
    /// - Returns: Whether it belongs to it.
    func explains(
        _ root: Incident.Root, _ service: ServiceID, members: Set<ServiceID>, lastJoin: Timestamp
    ) -> Bool {
        guard let one = failing[service], fits(root, service, among: members) else { return false }
        switch root {
        case .peerGroup: return abs(one.since, lastJoin) <= Self.window
        case .commonCause: return one.isDown && abs(one.since, lastJoin) <= Self.commonWindow
        case .service, .shared, .platform, .darkService: return true
        }
    }

    /// Whether the failure of `service` is of a kind that the root may explain.
    ///
    /// - Parameters:
    ///   - root: The root of the incident.
    ///   - service: What fails.
    ///   - members: The services that fail in the incident; one of them must fail in the same way
    ///     when the root is nothing that was measured.
    /// - Returns: Whether it may come from the root.
    func fits(_ root: Incident.Root, _ service: ServiceID, among members: Set<ServiceID>) -> Bool {
        guard let one = failing[service] else { return false }
        func isAlike() -> Bool {
            guard let symptom = one.symptom else { return false }
            let others = members.subtracting([service])
            return others.isEmpty || others.contains { failing[$0]?.symptom == symptom }
        }
        switch root {
        case .service(let id):
            return service == id || (failing[id]?.isOut == true && mayExplain(id, service))
        case .shared(let evidence):
            return one.evidence.contains(evidence)
                && one.symptom.map { CauseTable.symptoms(of: evidence.kind).contains($0) } ?? false
        case .platform(let id):
            return map.platforms[service]?.contains(id) == true && isAlike()
        case .darkService(let id):
            guard map.darkDependants[id]?.all.contains(service) == true || service == id else {
                return false
            }
            // What an operator says is known; what is inferred rests on likeness.
            guard failing[id] != nil else { return isAlike() }
            return service == id || one.symptom.map(CauseTable.hard.contains) ?? true
        case .peerGroup(let name):
            return map.peerGroups[name]?.contains(service) == true && isAlike()
        case .commonCause: return isAlike()
        }
    }

    /// Whether the failure of `parent` may be the cause of that of `child`.
    private func mayExplain(_ parent: ServiceID, _ child: ServiceID) -> Bool {
        Self.mayExplain(parent, child, map, failing)
    }

    private static func mayExplain(
        _ parent: ServiceID, _ child: ServiceID, _ map: IncidentMap,
        _ failing: [ServiceID: FailingService]
    ) -> Bool {
        guard let symptom = failing[child]?.symptom else {
            return map.ancestors[child]?.contains(parent) == true
        }
        if map.hardAncestors[child]?.contains(parent) == true {
            return CauseTable.hard.contains(symptom)
        }
        return map.ancestors[child]?.contains(parent) == true && CauseTable.login.contains(symptom)
    }

    /// The failing service that the failure of `service` comes from; itself when none is known.
    func dependencyRoot(of service: ServiceID) -> ServiceID {
        Self.dependencyRoot(of: service, map, failing)
    }

    private static func dependencyRoot(
        of service: ServiceID, _ map: IncidentMap, _ failing: [ServiceID: FailingService]
    ) -> ServiceID {
        func failed(above id: ServiceID) -> Set<ServiceID> {
            (map.ancestors[id] ?? []).filter {
                failing[$0]?.isOut == true && $0 != id && mayExplain($0, id, map, failing)
            }
        }
        let above = failed(above: service)
        guard !above.isEmpty else { return service }
        // Two that need each other are both on top; the first by name speaks for both.
        let tops = above.filter { one in
            failed(above: one).allSatisfy { mayExplain(one, $0, map, failing) }
        }
        return (tops.isEmpty ? above : tops).min() ?? service
    }

    private typealias Found = (root: Incident.Root, services: Set<ServiceID>)

    private func shared(_ service: ServiceID, _ own: FailingService) -> Found? {
        let found = own.evidence.sorted().map { ($0, alike(showing[$0] ?? [], own)) }
        guard let best = found.max(by: { $0.1.count < $1.1.count }),
            best.1.count >= Self.sharedMin
        else { return nil }
        return (.shared(best.0), best.1)
    }

    private func platform(_ service: ServiceID, _ own: FailingService) -> Found? {
        for platform in map.platforms[service] ?? [] {
            let failed = alike(map.platformServices[platform] ?? [], own)
            if failed.count >= Self.platformMin { return (.platform(platform), failed) }
        }
        return nil
    }

    private func dark(_ service: ServiceID, _ own: FailingService) -> Found? {
        let behind = map.darksBehind[service, default: []]
        // What an operator says is down explains best, then the one of which the largest part fails.
        var best: (id: ServiceID, share: Double)?
        for id in behind {
            guard let direct = map.darkDependants[id]?.direct else { continue }
            let failed = alike(direct, own)
            let isSaid = failing[id] != nil && own.symptom.map(CauseTable.hard.contains) ?? true
            let isEnough =
                isSaid
                || failed.count >= Self.darkMin
                    && Double(failed.count) >= Self.darkShare * Double(direct.count)
                    && Set(failed.map { dependencyRoot(of: $0) }).count >= Self.darkRootsMin
            let share =
                isSaid ? 2 : Double(failed.count) / Double(max(1, direct.count))
            if isEnough, share > best?.share ?? -1 { best = (id, share) }
        }
        guard let best, let all = map.darkDependants[best.id]?.all else { return nil }
        guard best.share > 1 else { return (.darkService(best.id), alike(all, own)) }
        let said = together(all, own).filter { fits(.darkService(best.id), $0, among: []) }
        return (.darkService(best.id), said)
    }

    private func peers(_ service: ServiceID, _ own: FailingService) -> Found? {
        guard let group = map.services[service]?.peerGroup, let members = map.peerGroups[group]
        else { return nil }
        let failed = alike(members, own)
        let isLargePart =
            failed.count >= 2 && Double(failed.count) >= Self.peersShare * Double(members.count)
        guard failed.count >= Self.peersMin || isLargePart else { return nil }
        return (.peerGroup(group), failed)
    }

    private func common(_ service: ServiceID, _ own: FailingService) -> Found? {
        let least = max(
            Double(Self.sectorsMin), Self.commonShare * Double(map.probedCount))
        guard ownDown.contains(service), ownSectors >= Self.sectorsMin,
            Double(ownDown.count) >= least
        else { return nil }
        let alone = alike(ownDown, own, within: Self.commonWindow)
        let sectors = Set(alone.compactMap { map.services[$0]?.sector })
        guard sectors.count >= Self.sectorsMin, Double(alone.count) >= least else { return nil }
        // All of them behind one service that cannot be probed: not without a link.
        let shared = alone.map { map.ancestors[$0] ?? [] }.reduce(nil) { common, ancestors in
            common.map { $0.intersection(ancestors) } ?? ancestors
        }
        let isLinked = (shared ?? []).contains { map.services[$0]?.kind == .dark }
        return isLinked ? nil : (.commonCause, alone)
    }

    private func abs(_ left: Timestamp, _ right: Timestamp) -> Duration {
        left < right ? right - left : left - right
    }
}
