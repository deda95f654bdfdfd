import Alerting
import Catalogue
import Foundation
import HealthModel
import Routing
import TestSupport
import Testing

/// Outages of the shipped catalogue of which it is known what belongs together: chains, faults that
/// only happen at the same time, and parents that are back before their children.
///
/// Every endpoint is probed once a minute. Right is an incident of its own for each cause, with that
/// cause as its root, in all cases; nothing that is unrelated is ever folded.
@Suite struct CauseCaseTests {
    /// What fails from which minute on, until when, and what each has to be part of.
    struct Case: Sendable {
        var name: String
        var faults: [(service: ServiceID, reason: Reason, minutes: Range<Int>)]
        /// The root of the incident of each service, and when that is looked at.
        var roots: [ServiceID: String]
        var minute = 18
    }

    private static func shipped() throws -> (ServiceCatalogue, RuleSet) {
        let root = Repository.root
        let read = try ConfigurationLoader.load(
            probesDirectory: root.appending(path: "probes").path,
            alertsDirectory: root.appending(path: "alerts").path)
        return (read.catalogue, read.rules)
    }

    /// Plays a case; the services that are in another incident than they should be.
    private func wrong(
        _ one: Case, _ catalogue: ServiceCatalogue, _ rules: RuleSet
    ) -> [String] {
        var monitor = HealthMonitor(catalogue: catalogue, rules: rules)
        let start = Timestamp(seconds: 1_795_435_200)
        for minute in 0...one.minute {
            let now = start + .seconds(Int64(minute) * 60)
            monitor.apply(
                catalogue.probedEndpoints.map { endpoint in
                    let fault = one.faults.first {
                        $0.service == endpoint.service && $0.minutes.contains(minute)
                    }
                    return ProbeResult(
                        endpoint: endpoint.id, slot: Slot(milliseconds: now.milliseconds),
                        finishedAt: now, reason: fault?.reason,
                        phases: PhaseDurations(totalMicroseconds: 1000),
                        tls: fault.flatMap { Self.record($0.reason) })
                })
            for second in [0, 20, 40] as [Int64] {
                _ = monitor.evaluate(at: now + .seconds(second))
            }
        }
        return one.roots.sorted { $0.key < $1.key }.compactMap { service, root in
            let found = monitor.incidents.open.first { $0.failingServices.contains(service) }
            let words = found?.root.description ?? "no incident"
            return words == root ? nil : "\(one.name): \(service) is in \(words), not in \(root)"
        }
    }

    /// What TLS showed when the certificate is the trouble.
    private static func record(_ reason: Reason) -> TLSRecord? {
        guard reason.isCertificateVerdict else { return nil }
        var record = TLSRecord()
        record.isHandshakeComplete = true
        record.verdict = reason
        return record
    }

    /// Edges of one kind between services that are probed and told of within ten minutes.
    private static func edges(
        _ catalogue: ServiceCatalogue, _ kind: Dependency.Kind
    ) -> [(child: Service, parent: Service)] {
        let services = Dictionary(
            uniqueKeysWithValues: catalogue.services.filter { $0.kind == .probed }.map {
                ($0.id, $0)
            })
        return catalogue.services.flatMap { child in
            child.dependencies.filter { $0.kind == kind }.compactMap { edge in
                guard let parent = services[edge.service], services[child.id] != nil,
                    child.tier < .tier3, parent.tier < .tier3
                else { return nil }
                return (child, parent)
            }
        }
    }

    private static func outage(
        _ name: String, _ edge: (child: Service, parent: Service), _ reason: Reason, root: ServiceID
    ) -> Case {
        Case(
            name: "\(name) \(edge.parent.id) > \(edge.child.id)",
            faults: [
                (edge.parent.id, .timeoutConnect, 2..<99), (edge.child.id, reason, 3..<99),
            ],
            roots: [
                edge.parent.id: "service/\(edge.parent.id)", edge.child.id: "service/\(root)",
            ])
    }

    /// Two that cannot be reached and stand on one platform have that in common.
    private static func isOnOnePlatform(_ edge: (child: Service, parent: Service)) -> Bool {
        let platforms = [edge.child, edge.parent].map { service in
            Set(service.dependencies.filter { $0.kind == .common }.map(\.service))
        }
        return !platforms[0].isDisjoint(with: platforms[1])
    }

    /// Chains that are real, and faults of a child that its parent cannot explain.
    private static func chains(_ catalogue: ServiceCatalogue) -> [Case] {
        let login = edges(catalogue, .login)
        let hard = edges(catalogue, .hard)
        return login.map { outage("behind a login", $0, .httpStatus, root: $0.parent.id) }
            + login.filter { !isOnOnePlatform($0) }.map {
                outage("front page refuses", $0, .connectRefused, root: $0.child.id)
            }
            + login.map { outage("certificate", $0, .tlsExpired, root: $0.child.id) }
            + login.map { outage("name", $0, .dnsNXDomain, root: $0.child.id) }
            + hard.flatMap { edge in
                [Reason.httpStatus, .timeoutConnect, .timeoutTLS, .bodyMismatch].map {
                    outage("behind it", edge, $0, root: edge.parent.id)
                }
                    + [Reason.tlsExpired, .dnsNXDomain].map {
                        outage("its own", edge, $0, root: edge.child.id)
                    }
            }
    }

    /// Three faults in three sectors within minutes, of three kinds or far enough apart.
    private static func strangers(_ catalogue: ServiceCatalogue) -> [Case] {
        let services = catalogue.services.filter {
            $0.kind == .probed && $0.tier < .tier3 && $0.dependencies.isEmpty
        }
        return (0..<max(0, services.count - 2)).flatMap { first -> [Case] in
            let three = [services[first], services[first + 1], services[first + 2]].map(\.id)
            let kinds: [Reason] = [.dnsNXDomain, .tlsExpired, .httpStatus]
            let own = Dictionary(uniqueKeysWithValues: three.map { ($0, "service/\($0)") })
            return [
                Case(
                    name: "three kinds \(first)",
                    faults: zip(three, kinds).enumerated().map { ($1.0, $1.1, 2 + $0..<99) },
                    roots: own),
                Case(
                    name: "two of one kind \(first)",
                    faults: three.prefix(2).map { ($0, .timeoutConnect, 2..<99) },
                    roots: own.filter { three.prefix(2).contains($0.key) }),
                Case(
                    name: "minutes apart \(first)",
                    faults: three.enumerated().map { ($1, .timeoutConnect, 2 + $0 * 6..<99) },
                    roots: own, minute: 26),
            ]
        }
    }

    /// The parent is back, its child a few minutes later: it stays one incident for ten minutes.
    private static func recoveries(_ catalogue: ServiceCatalogue) -> [Case] {
        edges(catalogue, .login).map { edge in
            Case(
                name: "back \(edge.parent.id) > \(edge.child.id)",
                faults: [
                    (edge.parent.id, .timeoutConnect, 2..<16), (edge.child.id, .httpStatus, 3..<99),
                ], roots: [edge.child.id: "service/\(edge.parent.id)"], minute: 22)
        }
    }

    /// The child that goes on failing for a quarter of an hour stands on its own feet.
    private static func leftovers(_ catalogue: ServiceCatalogue) -> [Case] {
        recoveries(catalogue).map { one in
            var one = one
            one.minute = 34
            one.roots = one.roots.reduce(into: [:]) { $0[$1.key] = "service/\($1.key)" }
            return one
        }
    }

    enum Kind: CaseIterable { case chains, strangers, recoveries, leftovers }

    @Test(arguments: Kind.allCases) func whatBelongsTogetherIsTogether(kind: Kind) throws {
        let (catalogue, rules) = try Self.shipped()
        let cases =
            switch kind {
            case .chains: Self.chains(catalogue)
            case .strangers: Self.strangers(catalogue)
            case .recoveries: Self.recoveries(catalogue)
            case .leftovers: Self.leftovers(catalogue)
            }
        let wrong = cases.flatMap { self.wrong($0, catalogue, rules) }
        #expect(wrong == [], "\(wrong.count) of \(cases.count) cases")
    }

    @Test func thereAreEnoughOfThem() throws {
        let (catalogue, _) = try Self.shipped()
        let counts = [
            Self.chains(catalogue), Self.strangers(catalogue), Self.recoveries(catalogue),
            Self.leftovers(catalogue),
        ].map(\.count)
        #expect(counts.reduce(0, +) >= 150 && counts.allSatisfy { $0 >= 15 }, "\(counts)")
    }
}
