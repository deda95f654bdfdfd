public import HealthModel

/// The dependencies of a catalogue, turned round once so that failures are followed quickly.
///
/// The graph may have cycles: states only get worse while they spread and each service spreads
/// at most once, so spreading ends.
public struct DependencyGraph: Sendable {
    /// What a service's failure reaches in one step, as positions in the catalogue.
    private struct Reach {
        var hard: [Int] = []
        var login: [Int] = []
    }

    private let services: [ServiceID]
    private let reach: [Reach]
    /// For each service the services that depend on it by hard or login edges, directly or not,
    /// sorted by id; a service is never its own dependant.
    public let dependants: [[ServiceID]]

    /// What the failures in a set of own states amount to.
    public struct Effect: Sendable, Hashable {
        /// The effective state of each service.
        public var states: [HealthState]
        /// For each service whose effective state is worse than its own one, the roots that make
        /// it so, sorted; empty for the others.
        public var causes: [[ServiceID]]
    }

    /// Turns the dependencies of `services` round; positions are those of the array.
    public init(services: [Service]) {
        self.services = services.map(\.id)
        let position = Dictionary(
            uniqueKeysWithValues: services.enumerated().map { ($1.id, $0) })
        var reach = services.map { _ in Reach() }
        for (child, service) in services.enumerated() {
            for dependency in service.dependencies {
                guard let parent = position[dependency.service], parent != child else { continue }
                switch dependency.kind {
                case .hard: reach[parent].hard.append(child)
                case .login: reach[parent].login.append(child)
                case .soft, .common: break
                }
            }
        }
        self.reach = reach
        dependants = services.indices.map { start in
            Self.reachable(from: start) { reach[$0].hard + reach[$0].login }
                .map { services[$0].id }.sorted()
        }
    }

    /// Spreads failures to what depends on them.
    ///
    /// Over a hard edge the child of a service that is effectively down is down too; over a login
    /// edge it is impaired, unless it is worse already. Nothing else spreads: what is unknown or
    /// dark says nothing about its children.
    ///
    /// - Parameter ownStates: The own state of each service.
    /// - Returns: The effective states and their roots. A root is down by itself, and not behind
    ///   another root, unless both are on one cycle.
    public func effect(of ownStates: [HealthState]) -> Effect {
        precondition(ownStates.count == services.count, "one own state per service")
        var states = ownStates
        var causes: [[ServiceID]] = services.map { _ in [] }
        let failed = ownStates.indices.filter { ownStates[$0] == .down }
        guard !failed.isEmpty else { return Effect(states: states, causes: causes) }

        var downBehind: [Int: Set<Int>] = [:]
        for root in failed {
            downBehind[root] = Self.reachable(from: root) { reach[$0].hard }
        }
        // Behind another one without that one behind it: not a root. Two on one cycle both are.
        var behindAnother: Set<Int> = []
        for (root, behind) in downBehind {
            for service in behind where downBehind[service]?.contains(root) == false {
                behindAnother.insert(service)
            }
        }
        let roots = failed.filter { !behindAnother.contains($0) }
        for root in roots {
            let behind = downBehind[root] ?? []
            for service in behind { states[service] = .down }
            let impaired = Set(([root] + behind).flatMap { reach[$0].login })
            for service in impaired where states[service].severity < HealthState.impaired.severity {
                states[service] = .impaired
            }
            for service in behind.union(impaired) where service != root {
                causes[service].append(services[root])
            }
        }
        for service in services.indices {
            let isWorse = states[service].severity > ownStates[service].severity
            causes[service] = isWorse ? causes[service].sorted() : []
        }
        return Effect(states: states, causes: causes)
    }

    /// Everything behind `start`, itself left out.
    private static func reachable(from start: Int, next: (Int) -> [Int]) -> Set<Int> {
        var seen: Set<Int> = [start]
        var open = [start]
        while let service = open.popLast() {
            for child in next(service) where seen.insert(child).inserted { open.append(child) }
        }
        seen.remove(start)
        return seen
    }
}
