import Alerting
import HealthModel
import Routing
import Rules
import Testing

@testable import Simulation

/// What people depend on, over random histories: named within 60 s; ended with the same labels; no
/// message about what does not fire; never a level above what fires; nothing told twice.
@Suite struct TellingContractTests {
    /// A small country with edges of every kind, and receivers of every kind.
    private struct World {
        var catalogue: ServiceCatalogue
        var rules: RuleSet
        var monitor: HealthMonitor
        var contract: TellingContract
        var failing: [EndpointID: Reason] = [:]
        var waiting: [Notification] = []
        var random: SplitMix64
        var now = Timestamp(seconds: 1_795_435_200)
        var told = 0
        var elapsed: Int64 = 0

        init(seed: UInt64) throws {
            random = SplitMix64(seed: seed)
            catalogue = try World.catalogue()
            rules = try World.rules()
            monitor = HealthMonitor(catalogue: catalogue, rules: rules)
            contract = TellingContract(catalogue: catalogue, rules: rules)
        }

        static func catalogue() throws -> ServiceCatalogue {
            func service(
                _ id: String, _ tier: Tier, _ sector: String, _ peers: String? = nil,
                _ needs: [(String, Dependency.Kind)] = [], dark: Bool = false
            ) -> Service {
                Service(
                    id: ServiceID(id), name: LocalizedText(dutch: id, english: id), owner: sector,
                    sector: sector, tier: tier, kind: dark ? .dark : .probed,
                    dependencies: needs.map { Dependency(service: ServiceID($0.0), kind: $0.1) },
                    peerGroup: peers)
            }
            let services =
                [
                    service("login", .tier0, "identity"),
                    service("mandates", .tier1, "identity", nil, [("login", .hard)]),
                    service("tax", .tier0, "tax", nil, [("login", .login), ("host", .common)]),
                    service("care", .tier1, "care", nil, [("login", .login)]),
                    service("host", .tier2, "platform", nil, dark: true),
                    service("alarm", .tier0, "safety"),
                    service("museum", .tier3, "culture"),
                ]
                + (1...4).map {
                    service("town\($0)", .tier2, "local", "towns", [("host", .common)])
                }
            let url = try #require(ProbeURL("https://a.test/"))
            let endpoints = services.filter { $0.kind == .probed }.flatMap { one in
                (1...(one.tier == .tier0 ? 2 : 1)).map { number in
                    Endpoint(
                        id: EndpointID("\(one.id)-\(number)"), service: one.id, url: url,
                        probe: Probe(interval: .seconds(60)))
                }
            }
            return ServiceCatalogue(services: services, endpoints: endpoints)
        }

        static func rules(variant: Int = 0) throws -> RuleSet {
            let url = try #require(ProbeURL("http://127.0.0.1/"))
            func receiver(
                _ id: String, _ level: Level, _ kind: Receiver.Kind? = nil,
                _ change: (inout Receiver) -> Void = { _ in }
            ) -> Receiver {
                var one = Receiver(id: ReceiverID(id), kind: kind ?? .webhook(url), level: level)
                change(&one)
                return one
            }
            var all = SimulatedRules.all
            if variant % 3 == 1 { all[0].level = PerTier(.page) }
            if variant % 3 == 2 { all.remove(at: 2) }
            let receivers = [
                receiver("people", .page) { one in
                    one.remindEvery = .seconds(1800)
                    one.escalation = Receiver.Escalation(
                        receiver: ReceiverID("boss"), after: .seconds(900))
                    one.fallback = ReceiverFallback(
                        receiver: ReceiverID("post"), after: .seconds(300))
                },
                receiver("team", variant % 2 == 0 ? .warning : .critical, .chat(url)),
                receiver("machine", .warning, .alertmanager(url)),
                receiver("taxes", .warning) { $0.sectors = ["tax"] },
                receiver("boss", .page) { $0.about = .escalation },
                receiver("post", .page) { $0.about = .escalation },
            ]
            return RuleSet(rules: all, receivers: receivers)
        }

        mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

        mutating func probe() {
            var results: [ProbeResult] = []
            for (position, endpoint) in catalogue.endpoints.enumerated()
            where (now.seconds + Int64(position) * 7) % 60 < 10 {
                results.append(
                    ProbeResult(
                        endpoint: endpoint.id, slot: Slot(milliseconds: now.milliseconds),
                        finishedAt: now, reason: failing[endpoint.id],
                        phases: PhaseDurations(totalMicroseconds: 1000)))
            }
            monitor.apply(results)
        }

        mutating func changeWeather() {
            let kinds: [Reason] = [
                .connectRefused, .timeoutConnect, .httpStatus, .tlsExpired, .dnsNXDomain,
                .timeoutTLS, .bodyMismatch,
            ]
            guard chance(40) else { return }
            if chance(3) {
                failing = [:]
            } else if chance(4) {
                // Several at once, in one way.
                let reason = kinds.randomElement(using: &random)
                for endpoint in catalogue.endpoints where chance(3) {
                    failing[endpoint.id] = reason
                }
            } else if let endpoint = catalogue.endpoints.randomElement(using: &random) {
                failing[endpoint.id] = chance(3) ? nil : kinds.randomElement(using: &random)
            }
        }

        /// Does something that operators do, or the receivers.
        mutating func act() throws {
            let author = "anna"
            func order(_ request: OperatorOrder.Request) -> OperatorOrder {
                OperatorOrder(request: request, author: author, reason: "x", origin: "test")
            }
            let open = monitor.incidents.open.randomElement(using: &random)
            let services = catalogue.services
            if chance(300), let open {
                _ = try? monitor.perform(
                    order(.acknowledge(open.id, to: now + .seconds(1800))), at: now)
            }
            if chance(900), let open {
                if (try? monitor.perform(order(.resolve(open.id, force: true)), at: now)) != nil {
                    contract.noteDismissal(of: open.id)
                }
            }
            if chance(300), let one = services.randomElement(using: &random) {
                var scope = AlertScope()
                scope.services = [one.id]
                _ = try? monitor.perform(
                    order(.silence(scope, from: nil, to: now + .seconds(900))), at: now)
            }
            if chance(400), let one = services.randomElement(using: &random) {
                _ = try? monitor.perform(
                    order(
                        .maintain(
                            [one.id], withDependants: chance(2), from: nil,
                            to: now + .seconds(1200))), at: now)
            }
            if chance(500), let host = services.first(where: { $0.kind == .dark }) {
                _ = try? monitor.perform(
                    order(.setDark(host.id, .down, to: now + .seconds(900))), at: now)
            }
            if chance(600) {
                let next = try World.rules(variant: Int.random(in: 0..<6, using: &random))
                rules = next
                _ = monitor.replace(catalogue: catalogue, rules: next, at: now)
                contract.replace(catalogue: catalogue, rules: next)
            }
        }

        mutating func look() {
            let changes = monitor.takeAlertChanges()
            told += changes.notifications.count
            waiting += changes.notifications
            contract.look(at: now, monitor, told: changes.notifications, quiet: quiet())
            // Each is taken at once, later, or refused.
            var ended: [Delivery] = []
            var left: [Notification] = []
            for message in waiting {
                guard !chance(3) else {
                    left.append(message)
                    continue
                }
                let failure = chance(50) ? "no" : nil
                if failure != nil { contract.noteLoss(of: message) }
                ended.append(Delivery(notification: message, at: now, failure: failure))
            }
            waiting = left
            monitor.note(ended)
        }

        /// Lets ten seconds pass, and has the clock set now and then.
        mutating func pass() {
            now = now + .seconds(10)
            elapsed += 10_000_000_000
            if chance(500) {
                let step = Duration.seconds(Int64.random(in: -4000...4000, using: &random))
                now = now + step
                contract.shift(by: step)
            }
            monitor.note(
                ClockSample(
                    wall: now, bootNanoseconds: elapsed, monotonicNanoseconds: elapsed))
        }

        /// What an operator keeps back, worked out from what holds now.
        func quiet() -> Set<AlertKey> {
            var keys: Set<AlertKey> = []
            for alert in monitor.firing {
                guard let service = catalogue.services.first(where: { $0.id == alert.service })
                else { continue }
                let isQuiet = monitor.actions.current.contains { action in
                    guard action.startsAt <= now, now < action.endsAt else { return false }
                    switch action.effect {
                    case .silence(let scope): return scope.contains(alert, of: service)
                    case .maintenance(let ids): return ids.contains(service.id)
                    default: return false
                    }
                }
                if isQuiet { keys.insert(alert.key) }
            }
            return keys
        }
    }

    @Test(arguments: UInt64(0)..<12) func randomHistoriesKeepTheContract(seed: UInt64) throws {
        var world = try World(seed: seed)
        for _ in 0..<2400 {
            world.changeWeather()
            world.probe()
            try world.act()
            _ = world.monitor.evaluate(at: world.now)
            world.look()
            world.pass()
        }
        #expect(world.contract.breaches == [], "\(world.contract.breachCount) in seed \(seed)")
        #expect(world.told > 20, "a history in which nothing happened")
    }
}
