import Alerting
import HealthModel
import Routing
import Rules
import Testing

/// The monitor doubts itself first.
@Suite struct SelfDoubtTests {
    /// A monitor with control targets and receivers, in a box.
    private final class Doubter {
        var monitor: HealthMonitor

        init(_ endpoints: [String], controls: [String], sectors: Int = 1, _ rules: [Rule] = []) {
            let services = endpoints.enumerated().map { number, id in
                var one = service("s-" + id)
                one.sector = "sector-\(number % sectors)"
                return one
            }
            let hook = ProbeURL("https://hook.test/")
            var receivers = hook.map {
                [Receiver(id: ReceiverID("all"), kind: .webhook($0), sectors: ["none"])]
            }
            if let hook {
                var own = Receiver(id: ReceiverID("own"), kind: .webhook(hook))
                own.about = .monitor
                receivers?.append(own)
            }
            monitor = HealthMonitor(
                catalogue: ServiceCatalogue(
                    services: services, endpoints: endpoints.map { endpoint($0, of: "s-" + $0) },
                    controls: controls.map {
                        endpoint($0, of: "monitor", interval: .seconds(10))
                    }), rules: RuleSet(rules: rules, receivers: receivers ?? []))
        }

        func take(_ results: ProbeResult...) { monitor.apply(monitor.admit(results)) }

        func news(_ second: Int64) -> [String] {
            monitor.evaluate(at: at(second)).map {
                "\($0.alert.key.rule) \($0.alert.key.subject) \($0.alert.state)"
            }
        }

        func state(_ id: String, _ second: Int64) -> HealthState? {
            monitor.snapshot(at: at(second)).endpoints.first { $0.id.text == id }?.state
        }
    }

    private let down = rule("gone", .state(.down), hold: .seconds(30))

    @Test func whenNoTargetIsReachedEverythingIsUnknownAndOnePageGoesOut() {
        let doubter = Doubter(["a"], controls: ["c", "d"], [down])
        doubter.take(result("c", 0), result("d", 1), result("a", 2))
        #expect(doubter.news(3) == [])
        doubter.take(result("a", 62, .connectUnreachable))
        #expect(doubter.news(63) == ["gone s-a pending"])
        doubter.take(result("c", 64, .timeoutConnect))
        #expect(!doubter.monitor.selfDoubt.isBlind)
        doubter.take(result("d", 65, .timeoutConnect))
        #expect(doubter.monitor.selfDoubt.blindSince == at(65))
        #expect(doubter.news(66) == [])
        #expect(doubter.state("a", 66) == .unknown)
        #expect(doubter.news(84) == [])
        #expect(doubter.news(85) == ["monitor-blind monitor firing"])
        #expect(doubter.monitor.snapshot(at: at(86)).blindSince == at(65))
        #expect(doubter.monitor.snapshot(at: at(86)).alerts.first?.key.subject == .monitor)
        #expect(
            doubter.monitor.takeAlertChanges().told == [
                "all begun monitor-blind monitor page", "own begun monitor-blind monitor page",
            ])
        // A success counts for nothing meanwhile: never up.
        doubter.take(result("a", 122))
        #expect(doubter.news(123) == [])
        #expect(doubter.state("a", 123) == .unknown)
        doubter.take(result("c", 130))
        #expect(doubter.news(131) == ["monitor-blind monitor resolved"])
        #expect(doubter.state("a", 131) == .unknown)
        // What began in blindness and failed says nothing.
        var late = result("a", 128, .timeoutConnect)
        late.finishedAt = at(138)
        doubter.take(late)
        #expect(doubter.state("a", 139) == .unknown)
        doubter.take(result("a", 182))
        #expect(doubter.news(183) == ["gone s-a resolved"])
        #expect(doubter.state("a", 183) == .up)
    }

    @Test func aHiccupTellsNobody() {
        let doubter = Doubter(["a"], controls: ["c"], [down])
        doubter.take(result("c", 0), result("a", 1))
        doubter.take(result("c", 10, .timeoutConnect))
        #expect(doubter.news(11) == [])
        #expect(doubter.state("a", 11) == .unknown)
        doubter.take(result("c", 20))
        #expect(doubter.news(21) == [])
        #expect(doubter.monitor.takeAlertChanges().notifications.isEmpty)
    }

    @Test func anAlertThatFiresGoesOnInBlindness() {
        let doubter = Doubter(["a"], controls: ["c"], [rule("gone", .state(.down))])
        doubter.take(result("c", 0), result("a", 1, .httpStatus))
        #expect(doubter.news(2) == ["gone s-a firing"])
        doubter.take(result("c", 10, .timeoutConnect), result("a", 61))
        #expect(doubter.news(62) == ["monitor-blind monitor firing"])
        #expect(doubter.news(4000) == [])
        doubter.take(result("c", 4001), result("a", 4002, .httpStatus))
        #expect(doubter.news(4003) == ["monitor-blind monitor resolved"])
        doubter.take(result("a", 4062))
        #expect(doubter.news(4063) == ["gone s-a resolved"])
    }

    @Test(arguments: [
        // A target that answers anything at all was reached.
        (Reason.httpStatus, false), (.tlsExpired, false), (.busy, false), (.timeoutConnect, true),
        (.dnsServfail, true), (.monitorNoRoute, true), (.connectRefused, true),
    ])
    func onlyATargetThatIsNotReachedBlinds(reason: Reason, isBlind: Bool) {
        let doubter = Doubter(["a"], controls: ["c"])
        doubter.take(result("c", 0), result("c", 10, reason))
        #expect(doubter.monitor.selfDoubt.isBlind == isBlind)
    }

    @Test func targetsThatFailWhileEndpointsAnswerAreOfNoUse() {
        let doubter = Doubter(["a"], controls: ["c"])
        doubter.take(result("c", 0), result("a", 1), result("c", 10, .timeoutConnect))
        #expect(doubter.monitor.selfDoubt.isBlind)
        doubter.take(result("a", 61), result("a", 121))
        #expect(doubter.monitor.selfDoubt.isBlind)
        doubter.take(result("a", 181))
        #expect(!doubter.monitor.selfDoubt.isBlind)
        #expect(doubter.monitor.selfDoubt.areControlsContradicted)
        #expect(doubter.state("a", 182) == .up)
    }

    @Test func targetsThatNeverWorkedProveNothingOnceSomethingDid() {
        let doubter = Doubter(["a"], controls: ["c"])
        doubter.take(result("a", 0), result("c", 1, .timeoutConnect))
        #expect(!doubter.monitor.selfDoubt.isBlind)
        let blindAtTheStart = Doubter(["a"], controls: ["c"])
        blindAtTheStart.take(result("c", 1, .timeoutConnect))
        #expect(blindAtTheStart.monitor.selfDoubt.isBlind)
    }

    /// One below each limit is no blindness.
    @Test(arguments: [(10, 3, 9, true), (9, 3, 9, false), (10, 2, 10, false), (10, 3, 8, false)])
    func withoutTargetsNearlyEverythingMustFail(
        count: Int, sectors: Int, failing: Int, isBlind: Bool
    ) {
        let ids = (0..<count).map { "e\($0)" }
        let doubter = Doubter(ids, controls: [], sectors: sectors)
        for id in ids { doubter.take(result(id, 0)) }
        for (number, id) in ids.enumerated() {
            doubter.take(result(id, 60, number < failing ? .timeoutConnect : nil))
        }
        _ = doubter.news(61)
        #expect(doubter.monitor.selfDoubt.isBlind == isBlind)
        guard isBlind else { return }
        // Two that answer are not enough to believe in.
        for (number, id) in ids.enumerated() {
            doubter.take(result(id, 120, number < 9 ? .timeoutConnect : nil))
        }
        _ = doubter.news(121)
        #expect(doubter.monitor.selfDoubt.isBlind)
        for id in ids { doubter.take(result(id, 180)) }
        _ = doubter.news(181)
        #expect(!doubter.monitor.selfDoubt.isBlind)
    }

    /// Sight returns with what there is, however little and however seldom it is probed.
    @Test(arguments: [1, 2, 5]) func fewEndpointsEndBlindnessToo(count: Int) throws {
        let ids = (0..<count).map { "e\($0)" }
        let doubter = Doubter(ids, controls: ["c"])
        doubter.take(result("c", 0))
        for id in ids { doubter.take(result(id, 0)) }
        doubter.take(result("c", 10, .timeoutConnect))
        for id in ids { doubter.take(result(id, 10, .timeoutConnect)) }
        #expect(doubter.news(30) == ["monitor-blind monitor firing"])
        // The control target is taken out of the catalogue meanwhile.
        let catalogue = doubter.monitor.catalogue
        _ = doubter.monitor.replace(
            catalogue: ServiceCatalogue(
                services: catalogue.services, endpoints: catalogue.endpoints),
            rules: doubter.monitor.rules, at: at(40))
        #expect(doubter.monitor.selfDoubt.isBlind)
        for (number, id) in ids.enumerated() {
            // Never three of them within a minute.
            let second = Int64(100 + number * 70)
            doubter.take(result(id, second))
            _ = doubter.news(second)
        }
        #expect(!doubter.monitor.selfDoubt.isBlind)
    }

    @Test func whatTheServersSayIsNoBlindness() {
        let ids = (0..<12).map { "e\($0)" }
        let doubter = Doubter(ids, controls: [], sectors: 4)
        for id in ids { doubter.take(result(id, 0)) }
        for id in ids { doubter.take(result(id, 60, .httpStatus)) }
        _ = doubter.news(61)
        #expect(!doubter.monitor.selfDoubt.isBlind)
        #expect(doubter.state("e0", 61) == .down)
    }

    @Test func aRestartInBlindnessTellsNobodyAgain() throws {
        let before = Doubter(["a"], controls: ["c"])
        before.take(result("c", 0), result("c", 10, .timeoutConnect))
        _ = before.news(40)
        let changes = before.monitor.takeAlertChanges()
        let after = Doubter(["a"], controls: ["c"])
        let ended = after.monitor.restore(
            Array(changes.active.values), lastSeen: at(41), at: at(50))
        #expect(ended == [])
        after.take(result("c", 51, .timeoutConnect))
        #expect(after.news(52) == [])
        #expect(after.monitor.takeAlertChanges().active.keys.map(\.subject) == [.monitor])
        after.take(result("c", 61))
        #expect(after.news(62) == ["monitor-blind monitor resolved"])
        let end = after.monitor.takeAlertChanges()
        #expect(end.ended.map(\.subject) == [.monitor])
        #expect(end.told.count == 2)
    }

    @Test func theEvidenceLogHasTheBeginningAndTheEnd() {
        let doubter = Doubter(["a"], controls: ["c"])
        doubter.take(result("c", 0))
        #expect(doubter.monitor.takeDoubtRecords(at: at(1)) == [])
        doubter.take(result("c", 10, .timeoutConnect))
        let blind = doubter.monitor.takeDoubtRecords(at: at(11))
        #expect(blind.map(\.action) == [.monitorBlind])
        #expect(blind.map(\.at) == [at(10)])
        #expect(doubter.monitor.takeDoubtRecords(at: at(12)) == [])
        doubter.take(result("c", 20))
        #expect(doubter.monitor.takeDoubtRecords(at: at(21)).map(\.action) == [.monitorSighted])
    }

    /// Whatever comes: in blindness nothing is up or down, and nothing begins or ends for others.
    @Test(arguments: 0..<40)
    func blindnessNeverTellsOfOthers(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let ids = (0..<12).map { "e\($0)" }
        let controls = (0..<(seed % 3)).map { "c\($0)" }
        let rules = [
            rule("gone", .state(.down), hold: .seconds(30)), rule("blind", .state(.unknown)),
            rule("limp", .state(.degraded)),
        ]
        let doubter = Doubter(ids, controls: controls, sectors: 4, rules)
        let reasons: [Reason?] = [.timeoutConnect, .connectRefused, .httpStatus, nil]
        var blindSeconds = 0
        for second in Int64(1)..<1500 {
            let isLost = (second / 250) % 2 == 1
            for id in ids + controls where Int.random(in: 0..<20, using: &random) == 0 {
                let isStray = Int.random(in: 0..<20, using: &random) == 0
                let usual: Reason? = isLost ? .timeoutConnect : nil
                let reason = isStray ? reasons.randomElement(using: &random) ?? nil : usual
                doubter.take(result(id, second, reason))
            }
            let transitions = doubter.monitor.evaluate(at: at(second))
            guard doubter.monitor.selfDoubt.isBlind else { continue }
            blindSeconds += 1
            #expect(
                transitions.allSatisfy {
                    $0.alert.key.subject == .monitor
                        || ($0.alert.state == .resolved && $0.alert.firingSince == nil)
                })
            let snapshot = doubter.monitor.snapshot(at: at(second))
            #expect(snapshot.endpoints.allSatisfy { $0.state == .unknown })
            #expect(snapshot.services.allSatisfy { $0.effectiveState == .unknown })
        }
        #expect(blindSeconds > 100)
    }
}
