package import HealthModel
package import Observing

/// What services have in common by the catalogue, looked up once: the ground on which alerts are
/// grouped.
package struct IncidentMap: Sendable {
    /// The services that this one needs by hard or login edges, directly or not.
    package private(set) var ancestors: [ServiceID: Set<ServiceID>] = [:]
    /// Those of `ancestors` that are reached by hard edges alone.
    private(set) var hardAncestors: [ServiceID: Set<ServiceID>] = [:]
    /// The services that need this one by hard or login edges, directly or not.
    package private(set) var descendants: [ServiceID: [ServiceID]] = [:]
    /// The shared platforms of a service.
    private(set) var platforms: [ServiceID: [ServiceID]] = [:]
    /// The services on each shared platform.
    private(set) var platformServices: [ServiceID: [ServiceID]] = [:]
    /// The peer group of a service and its members.
    private(set) var peerGroups: [String: Set<ServiceID>] = [:]
    /// What leans on each dark service by an edge of any kind: directly, and through other dark ones.
    private(set) var darkDependants: [ServiceID: (direct: Set<ServiceID>, all: Set<ServiceID>)] =
        [:]
    /// The dark services that a service leans on, directly or through other dark ones, sorted.
    private(set) var darksBehind: [ServiceID: [ServiceID]] = [:]
    package private(set) var services: [ServiceID: Service] = [:]
    /// How many services can be probed.
    private(set) var probedCount = 0

    package init(catalogue: ServiceCatalogue, graph: DependencyGraph) {
        var children: [ServiceID: Set<ServiceID>] = [:]
        for (index, service) in catalogue.services.enumerated() {
            services[service.id] = service
            if service.kind == .probed { probedCount += 1 }
            for dependant in graph.dependants[index] {
                ancestors[dependant, default: []].insert(service.id)
                descendants[service.id, default: []].append(dependant)
            }
            platforms[service.id] = service.dependencies.filter { $0.kind == .common }
                .map(\.service).sorted()
            for platform in Set(platforms[service.id] ?? []) {
                platformServices[platform, default: []].append(service.id)
            }
            if let group = service.peerGroup { peerGroups[group, default: []].insert(service.id) }
            for dependency in service.dependencies {
                children[dependency.service, default: []].insert(service.id)
            }
        }
        findHardAncestors(of: catalogue.services)
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

    private mutating func findHardAncestors(of all: [Service]) {
        for service in all where !service.dependencies.isEmpty {
            var found: Set<ServiceID> = []
            var open = [service.id]
            while let next = open.popLast() {
                for dependency in services[next]?.dependencies ?? []
                where dependency.kind == .hard && dependency.service != service.id
                    && found.insert(dependency.service).inserted
                {
                    open.append(dependency.service)
                }
            }
            if !found.isEmpty { hardAncestors[service.id] = found }
        }
    }
}
