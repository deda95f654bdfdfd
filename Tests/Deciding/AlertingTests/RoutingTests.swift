import HealthModel
import Testing

@testable import Alerting
@testable import Routing
@testable import Rules

/// Who is told of what.
@Suite struct RoutingTests {
    private static func receiver(
        _ id: String, _ level: Level, tiers: Set<Tier> = [], sectors: Set<String> = []
    ) throws -> Receiver {
        Receiver(
            id: ReceiverID(id), kind: .webhook(try #require(ProbeURL("http://127.0.0.1/"))),
            level: level, tiers: tiers, sectors: sectors)
    }

    @Test func aReceiverWantsItsLevelTiersAndSectors() throws {
        var one = service("digid")
        one.tier = .tier1
        one.sector = "identity"
        let rows: [(Receiver, [Level])] = [
            (try Self.receiver("r", .digest), [.digest, .warning, .critical, .page]),
            (try Self.receiver("r", .critical), [.critical, .page]),
            (try Self.receiver("r", .page, tiers: [.tier0, .tier1]), [.page]),
            (try Self.receiver("r", .digest, tiers: [.tier0]), []),
            (try Self.receiver("r", .critical, sectors: ["tax", "identity"]), [.critical, .page]),
            (try Self.receiver("r", .digest, tiers: [.tier1], sectors: ["tax"]), []),
        ]
        for (receiver, levels) in rows {
            #expect(Level.allCases.filter { receiver.wants($0, about: one) } == levels)
        }
    }

    /// Only what fires is told, and its end; of what was only pending nobody hears.
    @Test func theBeginningIsRoutedAndTheEndFollows() throws {
        let rules = [rule("unreachable", .state(.down), hold: .seconds(60))]
        var monitor = HealthMonitor(
            catalogue: ServiceCatalogue(
                services: [service("digid")], endpoints: [endpoint("a", of: "digid")]),
            rules: RuleSet(
                rules: rules,
                receivers: [
                    try Self.receiver("all", .digest),
                    try Self.receiver("none", .page, tiers: [.tier3]),
                ]))
        func told(_ second: Int64, _ reason: Reason?) -> [String] {
            monitor.apply([result("a", second, reason)])
            _ = monitor.evaluate(at: at(second))
            return monitor.takeAlertChanges().told
        }
        #expect(told(60, .connectRefused) == [])
        #expect(told(90, nil) == [])
        #expect(told(120, .connectRefused) == [])
        #expect(told(180, .connectRefused) == ["all begun unreachable digid page"])
        #expect(told(200, .connectRefused) == [])
        #expect(told(240, nil) == ["all over unreachable digid page"])
    }

    /// A rule that names receivers tells those and nobody else, in an incident and outside of one.
    @Test(arguments: [Condition.state(.down), .state(.busy)])
    func aRuleMayNameWhoIsTold(condition: Condition) throws {
        var named = rule("named", condition, level: .warning)
        named.receivers = [ReceiverID("team"), ReceiverID("board"), ReceiverID("gone")]
        var monitor = HealthMonitor(
            catalogue: ServiceCatalogue(
                services: [service("digid")], endpoints: [endpoint("a", of: "digid")]),
            rules: RuleSet(
                rules: [named],
                receivers: [
                    try Self.receiver("all", .digest), try Self.receiver("board", .page),
                    try Self.receiver("team", .warning, sectors: ["tax"]),
                ]))
        monitor.apply([result("a", 60, condition == .state(.down) ? .connectRefused : .busy)])
        _ = monitor.evaluate(at: at(60))
        let subject = "digid warning"
        #expect(
            monitor.takeAlertChanges().told
                == ["board begun named \(subject)", "team begun named \(subject)"])
        monitor.apply([result("a", 120, nil)])
        _ = monitor.evaluate(at: at(120))
        #expect(
            monitor.takeAlertChanges().told
                == ["board over named \(subject)", "team over named \(subject)"])
    }

    /// A receiver that comes while an alert fires hears of it.
    @Test func whatFiresAlreadyIsRoutedAgainWhenTheReceiversChange() throws {
        let catalogue = ServiceCatalogue(
            services: [service("digid")], endpoints: [endpoint("a", of: "digid")])
        let rules = [rule("unreachable", .state(.down))]
        var monitor = HealthMonitor(catalogue: catalogue, rules: RuleSet(rules: rules))
        monitor.apply([result("a", 60, .connectRefused)])
        _ = monitor.evaluate(at: at(60))
        let before = monitor.takeAlertChanges()
        #expect(before.told == [])
        let more = RuleSet(rules: rules, receivers: [try Self.receiver("new", .page)])
        #expect(monitor.replace(catalogue: catalogue, rules: more, at: at(70)) == [])
        _ = monitor.evaluate(at: at(71))
        let told = monitor.takeAlertChanges()
        #expect(told.told == ["new begun unreachable digid page"])
        #expect(told.notifications.map(\.alert.firingSince) == [at(60)])
        // The same after a restart, with the incident or when that was lost.
        for incidents in [Array(before.incidents.values), []] {
            var next = HealthMonitor(catalogue: catalogue, rules: more)
            _ = next.restore(
                before.active.values.map(\.self), incidents: incidents, lastSeen: at(60),
                at: at(80))
            _ = next.evaluate(at: at(81))
            let told = next.takeAlertChanges().notifications
            #expect(told.map(\.receiver) == [ReceiverID("new")])
            #expect(told.map { $0.alert.incident == nil } == [incidents.isEmpty])
        }
    }

    @Test func aRuleThatIsTakenAwayEndsItsAlertForEverybody() throws {
        let catalogue = ServiceCatalogue(
            services: [service("digid")], endpoints: [endpoint("a", of: "digid")])
        var monitor = HealthMonitor(
            catalogue: catalogue,
            rules: RuleSet(
                rules: [rule("unreachable", .state(.down))],
                receivers: [try Self.receiver("all", .digest)]))
        monitor.apply([result("a", 60, .connectRefused)])
        _ = monitor.evaluate(at: at(60))
        _ = monitor.replace(catalogue: catalogue, rules: .empty, at: at(70))
        // The receiver is gone as well, and is told so while it can be.
        #expect(
            monitor.takeAlertChanges().told == [
                "all begun unreachable digid page", "all unwatched unreachable digid page",
            ])
    }

    /// An endpoint that has another address now: what fired was about another place.
    @Test func anEndpointThatMovedBeginsAnew() throws {
        let rules = RuleSet(
            rules: [rule("refused", .certificateInvalid)],
            receivers: [try Self.receiver("all", .digest)])
        func catalogue(_ path: String) -> ServiceCatalogue {
            ServiceCatalogue(
                services: [service("digid")], endpoints: [endpoint("a", of: "digid", path: path)])
        }
        var monitor = HealthMonitor(catalogue: catalogue("/"), rules: rules)
        let bad = tls(to: 1000, verdict: .tlsUntrusted)
        monitor.apply([result("a", 60, .tlsUntrusted, tls: bad)])
        _ = monitor.evaluate(at: at(60))
        #expect(monitor.takeAlertChanges().told == ["all begun refused a page"])
        let ended = monitor.replace(catalogue: catalogue("/new"), rules: rules, at: at(70))
        #expect(ended.map(\.isWatched) == [false])
        #expect(monitor.takeAlertChanges().told == ["all unwatched refused a page"])
        monitor.apply([result("a", 120, .tlsUntrusted, tls: bad)])
        _ = monitor.evaluate(at: at(120))
        #expect(monitor.takeAlertChanges().told == ["all begun refused a page"])
    }

    @Test func whatWaitsIsBounded() throws {
        let alert = Alert(
            key: AlertKey(rule: RuleID("r"), subject: .service(ServiceID("s"))),
            service: ServiceID("s"), level: .page, state: .firing, activeSince: at(0),
            firingSince: at(0), reason: nil, summary: LocalizedText(dutch: "", english: ""),
            runbook: nil)
        func changes(_ count: Int) -> AlertChanges {
            var changes = AlertChanges()
            changes.notifications = (0..<count).map { number in
                Notification(
                    receiver: ReceiverID("r"), at: at(Int64(number)), thread: "t",
                    items: [Notification.Item(alert: alert)])
            }
            return changes
        }
        var all = changes(Limits.waitingTransitions)
        var complete = changes(0)
        complete.isComplete = true
        all.merge(complete)
        #expect(all.notifications.count == Limits.waitingTransitions && all.lostNotifications == 0)
        all.merge(changes(1))
        #expect(all.notifications.count == Limits.waitingTransitions && all.lostNotifications == 1)
        #expect(all.notifications.first?.at == at(1))
    }
}
