import HealthModel

/// What services have in common by the catalogue, looked up once: the ground on which alerts are
/// grouped.
struct IncidentMap: Sendable {
    /// The services that this one needs by hard or login edges, directly or not.
    private(set) var ancestors: [ServiceID: Set<ServiceID>] = [:]
    /// The shared platforms of a service.
    private(set) var platforms: [ServiceID: [ServiceID]] = [:]
    /// The peer group of a service and its members.
    private(set) var peerGroups: [String: Set<ServiceID>] = [:]
    /// What leans on each dark service by an edge of any kind: directly, and through other dark ones.
    private(set) var darkDependants: [ServiceID: (direct: Set<ServiceID>, all: Set<ServiceID>)] =
        [:]
    /// The dark services that a service leans on, directly or through other dark ones, sorted.
    private(set) var darksBehind: [ServiceID: [ServiceID]] = [:]
    private(set) var services: [ServiceID: Service] = [:]
    /// How many services can be probed.
    private(set) var probedCount = 0

    init(catalogue: ServiceCatalogue, graph: DependencyGraph) {
        var children: [ServiceID: Set<ServiceID>] = [:]
        for (index, service) in catalogue.services.enumerated() {
            services[service.id] = service
            if service.kind == .probed { probedCount += 1 }
            for dependant in graph.dependants[index] {
                ancestors[dependant, default: []].insert(service.id)
            }
            platforms[service.id] = service.dependencies.filter { $0.kind == .common }
                .map(\.service).sorted()
            if let group = service.peerGroup { peerGroups[group, default: []].insert(service.id) }
            for dependency in service.dependencies {
                children[dependency.service, default: []].insert(service.id)
            }
        }
        let darks = catalogue.services.filter { $0.kind == .dark }.sorted { $0.id < $1.id }
        for service in darks {
            let direct = (children[service.id] ?? []).filter { services[$0]?.kind == .probed }
            var all: Set<ServiceID> = []
            var seen: Set<ServiceID> = [service.id]
            var open = [service.id]
            while let next = open.popLast() {
                for child in children[next] ?? [] where seen.insert(child).inserted {
                    // What can be probed shows by itself whether it fails.
                    if services[child]?.kind == .dark {
                        open.append(child)
                    } else {
                        all.insert(child)
                    }
                }
            }
            darkDependants[service.id] = (direct, all)
            for dependant in all { darksBehind[dependant, default: []].append(service.id) }
        }
    }
}

/// A service of which an alert about an outage is pending or firing.
struct FailingService: Sendable, Hashable {
    /// Since when.
    var since: Timestamp
    /// Whether its own state is down; otherwise it fails in part.
    var isDown: Bool
    /// Whether it is reachable by turns: what needs it fails with it, as when it is down.
    var isFlapping = false
    /// What it shares with others, perhaps.
    var evidence: Set<SharedEvidence> = []

    /// Whether what depends on it may fail because of it.
    var isOut: Bool { isDown || isFlapping }
}

/// Finds what several failing services have in common: pure, and the same for the same input.
struct IncidentCause {
    /// How far apart the beginnings of failures with one cause lie.
    static let window: Duration = .seconds(900)
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

    /// The root that explains the failure of `service`, and every failing service that it explains.
    func root(of service: ServiceID) -> (root: Incident.Root, services: Set<ServiceID>) {
        guard let own = failing[service] else { return (.service(service), [service]) }
        let together = Set(
            failing.lazy.filter { abs($0.value.since, own.since) <= Self.window }.map(\.key))
        if map.services[service]?.kind == .dark {
            // An operator says so.
            let behind = map.darkDependants[service]?.all.intersection(together) ?? []
            return (.darkService(service), behind.union([service]))
        }
        let narrow = dependencyRoot(of: service)
        for wide in [shared, platform, dark, peers, common] {
            guard let (root, services) = wide(service, together) else { continue }
            // What fails behind one of them has the same cause.
            let behind = together.filter { services.contains(dependencyRoot(of: $0)) }
            return (root, services.union(behind))
        }
        let behind = together.filter { map.ancestors[$0]?.contains(narrow) == true }
        return (.service(narrow), behind.union([service, narrow]))
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
    func explains(_ root: Incident.Root, _ service: ServiceID, lastJoin: Timestamp) -> Bool {
        guard let one = failing[service] else { return false }
        let isSoon = abs(one.since, lastJoin) <= Self.window
        switch root {
        case .service(let id):
            return service == id
                || (map.ancestors[service]?.contains(id) == true && failing[id]?.isOut == true)
        case .shared(let evidence): return one.evidence.contains(evidence)
        case .platform(let id): return map.platforms[service]?.contains(id) == true
        case .darkService(let id): return map.darkDependants[id]?.all.contains(service) == true
        case .peerGroup(let name):
            return isSoon && map.peerGroups[name]?.contains(service) == true
        case .commonCause: return isSoon && one.isDown
        }
    }

    /// The failing service that the failure of `service` comes from; itself when none is known.
    func dependencyRoot(of service: ServiceID) -> ServiceID {
        func failed(above id: ServiceID) -> Set<ServiceID> {
            (map.ancestors[id] ?? []).filter { failing[$0]?.isOut == true && $0 != id }
        }
        let above = failed(above: service)
        // Two that need each other are both on top; the first by name speaks for both.
        let tops = above.filter { one in
            failed(above: one).allSatisfy { map.ancestors[$0]?.contains(one) == true }
        }
        return (tops.isEmpty ? above : tops).min() ?? service
    }

    private typealias Found = (root: Incident.Root, services: Set<ServiceID>)

    private func shared(_ service: ServiceID, _ together: Set<ServiceID>) -> Found? {
        let found = (failing[service]?.evidence ?? []).sorted().map { evidence in
            (evidence, together.filter { failing[$0]?.evidence.contains(evidence) == true })
        }
        guard let best = found.max(by: { $0.1.count < $1.1.count }),
            best.1.count >= Self.sharedMin
        else { return nil }
        return (.shared(best.0), best.1)
    }

    private func platform(_ service: ServiceID, _ together: Set<ServiceID>) -> Found? {
        for platform in map.platforms[service] ?? [] {
            let failed = together.filter { map.platforms[$0]?.contains(platform) == true }
            if failed.count >= Self.platformMin { return (.platform(platform), failed) }
        }
        return nil
    }

    private func dark(_ service: ServiceID, _ together: Set<ServiceID>) -> Found? {
        let found = map.darkDependants.filter { dark, dependants in
            guard dependants.all.contains(service) else { return false }
            if failing[dark] != nil { return true }
            let failed = dependants.direct.intersection(together)
            return failed.count >= Self.darkMin
                && Double(failed.count) >= Self.darkShare * Double(dependants.direct.count)
                && Set(failed.map(dependencyRoot)).count >= Self.darkRootsMin
        }
        // What an operator says is down explains best, then the one of which the largest part fails.
        func share(_ id: ServiceID) -> Double {
            if failing[id] != nil { return 2 }
            let direct = map.darkDependants[id]?.direct ?? []
            return Double(direct.intersection(together).count) / Double(max(1, direct.count))
        }
        let best = found.keys.sorted().max { share($0) < share($1) }
        guard let best, let all = map.darkDependants[best]?.all else { return nil }
        return (.darkService(best), all.intersection(together))
    }

    private func peers(_ service: ServiceID, _ together: Set<ServiceID>) -> Found? {
        guard let group = map.services[service]?.peerGroup, let members = map.peerGroups[group]
        else { return nil }
        let failed = members.intersection(together)
        let isLargePart =
            failed.count >= 2 && Double(failed.count) >= Self.peersShare * Double(members.count)
        guard failed.count >= Self.peersMin || isLargePart else { return nil }
        return (.peerGroup(group), failed)
    }

    private func common(_ service: ServiceID, _ together: Set<ServiceID>) -> Found? {
        // What fails because of another failing service says nothing by itself.
        let own = together.filter { failing[$0]?.isDown == true && dependencyRoot(of: $0) == $0 }
        guard own.contains(service) else { return nil }
        let sectors = Set(own.compactMap { map.services[$0]?.sector })
        let least = max(
            Double(Self.sectorsMin), Self.commonShare * Double(map.probedCount))
        guard sectors.count >= Self.sectorsMin, Double(own.count) >= least else { return nil }
        // All of them behind one service that cannot be probed: not without a link.
        let shared = own.map { map.ancestors[$0] ?? [] }.reduce(nil) { common, ancestors in
            common.map { $0.intersection(ancestors) } ?? ancestors
        }
        let isLinked = (shared ?? []).contains { map.services[$0]?.kind == .dark }
        return isLinked ? nil : (.commonCause, own)
    }

    private func abs(_ left: Timestamp, _ right: Timestamp) -> Duration {
        left < right ? right - left : left - right
    }
}
