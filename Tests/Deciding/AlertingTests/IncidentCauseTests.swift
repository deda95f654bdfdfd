import HealthModel
import Testing

@testable import Alerting
@testable import Incidents
@testable import Observing

/// Causes against a plain reckoning that looks at every failing service each time.
@Suite struct IncidentCauseTests {
    private let sectors = ["identity", "tax", "care", "safety"]
    private let evidence = [
        SharedEvidence(kind: .issuer, value: "O=A"),
        SharedEvidence(kind: .addressBlock, value: "192.0.2.0/24"),
        SharedEvidence(kind: .nameServer, value: "ns1.example"),
    ]

    /// Some services, some of them dark, with edges of every kind, and some of which fail.
    private func map(_ generator: inout SplitMix64, count: Int) -> IncidentMap {
        var services: [Service] = []
        for number in 0..<count {
            let isDark = Int.random(in: 0..<5, using: &generator) == 0
            var one = service(
                "s\(number)", tier: .tier1, kind: isDark ? .dark : .probed, [])
            one.sector = sectors.randomElement(using: &generator) ?? "tax"
            if Int.random(in: 0..<3, using: &generator) == 0 {
                one.peerGroup = Bool.random(using: &generator) ? "towns" : "water"
            }
            let kinds: [Dependency.Kind] = [.hard, .login, .soft, .common]
            let edges = Int.random(in: 0...3, using: &generator)
            for other in Set((0..<edges).map { _ in Int.random(in: 0..<count, using: &generator) })
            where other != number {
                guard let kind = kinds.randomElement(using: &generator) else { continue }
                one.dependencies.append(Dependency(service: ServiceID("s\(other)"), kind: kind))
            }
            services.append(one)
        }
        return IncidentMap(
            catalogue: ServiceCatalogue(services: services, endpoints: []),
            graph: DependencyGraph(services: services))
    }

    /// A catalogue by chance, and what fails of it.
    private func chance(_ seed: UInt64) -> (map: IncidentMap, failing: [ServiceID: FailingService])
    {
        var generator = SplitMix64(seed: seed)
        let count = Int.random(in: 1...24, using: &generator)
        let map = map(&generator, count: count)
        var failing: [ServiceID: FailingService] = [:]
        for number in 0..<count where Bool.random(using: &generator) {
            failing[ServiceID("s\(number)")] = FailingService(
                since: at(Int64.random(in: 0...4, using: &generator) * 400),
                isDown: Int.random(in: 0..<4, using: &generator) > 0,
                isFlapping: Int.random(in: 0..<6, using: &generator) == 0,
                symptom: [.reach, .reach, .reach, .answer, .identity, .name, nil]
                    .randomElement(using: &generator) ?? nil,
                evidence: Set(
                    evidence.filter { _ in Int.random(in: 0..<4, using: &generator) == 0 }))
        }
        return (map, failing)
    }

    @Test(arguments: UInt64(0)..<300) func agreesWithThePlainReckoning(seed: UInt64) {
        let (map, failing) = chance(seed)
        let (cause, plain) = (
            IncidentCause(map: map, failing: failing), PlainCause(map: map, failing: failing)
        )
        for id in map.services.keys {
            let (found, wanted) = (cause.root(of: id), plain.root(of: id))
            #expect(found.root == wanted.root, "\(id)")
            #expect(found.services == wanted.services, "\(id)")
        }
    }

    /// The cases above are worth something only when every kind of cause is among them.
    @Test func everyKindOfCauseIsAmongThem() {
        let kinds = (UInt64(0)..<300).flatMap { seed in
            let (map, failing) = chance(seed)
            let cause = IncidentCause(map: map, failing: failing)
            return failing.keys.map { cause.root(of: $0).root.description.prefix { $0 != "/" } }
        }
        #expect(
            Set(kinds) == [
                "issuer", "address_block", "name_server", "platform", "dark", "peer_group",
                "common_cause", "service",
            ])
    }
}

/// The same by looking at every failing service each time.
private struct PlainCause {
    let map: IncidentMap
    let failing: [ServiceID: FailingService]

    /// The root that explains the failure of `service`, and every failing service that it explains.
    func root(of service: ServiceID) -> (root: Incident.Root, services: Set<ServiceID>) {
        guard let own = failing[service] else { return (.service(service), [service]) }
        let together = Set(
            failing.lazy.filter { abs($0.value.since, own.since) <= IncidentCause.window }.map(
                \.key))
        if map.services[service]?.kind == .dark {
            // An operator says so.
            let behind = (map.darkDependants[service]?.all.intersection(together) ?? [])
                .filter(isBehindDark)
            return (.darkService(service), behind.union([service]))
        }
        let narrow = dependencyRoot(of: service)
        let alike = together.filter {
            own.symptom != nil && failing[$0]?.symptom == own.symptom
        }
        for wide in [shared, platform, dark, peers, common] {
            guard let (root, services) = wide(service, alike) else { continue }
            // What fails behind one of them has the same cause.
            let behind = together.filter { services.contains(dependencyRoot(of: $0)) }
            return (root, services.union(behind))
        }
        let behind = together.filter { mayExplain(narrow, $0) }
        return (.service(narrow), behind.union([service, narrow]))
    }

    /// Nothing is behind a name or a certificate, and only what logs in is behind a login.
    private func mayExplain(_ parent: ServiceID, _ child: ServiceID) -> Bool {
        guard map.ancestors[child]?.contains(parent) == true else { return false }
        let isHard = map.hardAncestors[child]?.contains(parent) == true
        return switch failing[child]?.symptom {
        case nil, .answer, .content: true
        case .reach, .handshake: isHard
        case .name, .identity, .busy: false
        }
    }

    private func isBehindDark(_ service: ServiceID) -> Bool {
        ![.name, .identity, .busy].contains(failing[service]?.symptom)
    }

    /// The failing service that the failure of `service` comes from; itself when none is known.
    func dependencyRoot(of service: ServiceID) -> ServiceID {
        func failed(above id: ServiceID) -> Set<ServiceID> {
            (map.ancestors[id] ?? []).filter {
                failing[$0]?.isOut == true && $0 != id && mayExplain($0, id)
            }
        }
        let above = failed(above: service)
        // Two that need each other are both on top; the first by name speaks for both.
        let tops = above.filter { one in
            failed(above: one).allSatisfy { mayExplain(one, $0) }
        }
        return (tops.isEmpty ? above : tops).min() ?? service
    }

    private typealias Found = (root: Incident.Root, services: Set<ServiceID>)

    private func shared(_ service: ServiceID, _ together: Set<ServiceID>) -> Found? {
        let found = (failing[service]?.evidence ?? []).sorted().map { evidence in
            (evidence, together.filter { failing[$0]?.evidence.contains(evidence) == true })
        }
        guard let best = found.max(by: { $0.1.count < $1.1.count }),
            best.1.count >= IncidentCause.sharedMin
        else { return nil }
        return (.shared(best.0), best.1)
    }

    private func platform(_ service: ServiceID, _ together: Set<ServiceID>) -> Found? {
        for platform in map.platforms[service] ?? [] {
            let failed = together.filter { map.platforms[$0]?.contains(platform) == true }
            if failed.count >= IncidentCause.platformMin { return (.platform(platform), failed) }
        }
        return nil
    }

    private func dark(_ service: ServiceID, _ together: Set<ServiceID>) -> Found? {
        let found = map.darkDependants.filter { dark, dependants in
            guard dependants.all.contains(service) else { return false }
            if failing[dark] != nil, isBehindDark(service) { return true }
            let failed = dependants.direct.intersection(together)
            return failed.count >= IncidentCause.darkMin
                && Double(failed.count) >= IncidentCause.darkShare * Double(dependants.direct.count)
                && Set(failed.map(dependencyRoot)).count >= IncidentCause.darkRootsMin
        }
        // What an operator says is down explains best, then the one of which the largest part fails.
        func share(_ id: ServiceID) -> Double {
            if failing[id] != nil, isBehindDark(service) { return 2 }
            let direct = map.darkDependants[id]?.direct ?? []
            return Double(direct.intersection(together).count) / Double(max(1, direct.count))
        }
        let best = found.keys.sorted().max { share($0) < share($1) }
        guard let best, let all = map.darkDependants[best]?.all else { return nil }
        guard failing[best] != nil, isBehindDark(service), let own = failing[service] else {
            return (.darkService(best), all.intersection(together))
        }
        let said = all.filter { id in
            failing[id].map { abs($0.since, own.since) <= IncidentCause.window } ?? false
                && isBehindDark(id)
        }
        return (.darkService(best), said)
    }

    private func peers(_ service: ServiceID, _ together: Set<ServiceID>) -> Found? {
        guard let group = map.services[service]?.peerGroup, let members = map.peerGroups[group]
        else { return nil }
        let failed = members.intersection(together)
        let isLargePart =
            failed.count >= 2
            && Double(failed.count) >= IncidentCause.peersShare * Double(members.count)
        guard failed.count >= IncidentCause.peersMin || isLargePart else { return nil }
        return (.peerGroup(group), failed)
    }

    private func common(_ service: ServiceID, _ together: Set<ServiceID>) -> Found? {
        // What fails because of another failing service says nothing by itself.
        let since = failing[service]?.since ?? noon
        let own = together.filter {
            guard let one = failing[$0] else { return false }
            return one.isDown && dependencyRoot(of: $0) == $0
                && abs(one.since, since) <= IncidentCause.commonWindow
        }
        guard own.contains(service) else { return nil }
        let sectors = Set(own.compactMap { map.services[$0]?.sector })
        let least = max(
            Double(IncidentCause.sectorsMin), IncidentCause.commonShare * Double(map.probedCount))
        guard sectors.count >= IncidentCause.sectorsMin, Double(own.count) >= least else {
            return nil
        }
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
