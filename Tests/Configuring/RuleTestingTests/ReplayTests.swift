import Alerting
import HealthModel
import Observing
import Routing
import Rules
import Testing

@testable import RuleTesting

struct ReplayTests {
    private func fired(
        _ rule: String, _ object: String, _ from: Int64, _ to: Int64?, _ level: Level = .page
    ) -> FiredAlert {
        FiredAlert(
            rule: RuleID(rule), object: object, level: level, firedAt: noon + .seconds(from),
            endedAt: to.map { noon + .seconds($0) })
    }

    private func compare(_ proposed: [FiredAlert], _ then: [FiredAlert]) -> ReplayComparison {
        ReplayComparison(
            proposed: proposed, then: then, window: noon..<(noon + .seconds(10_000)))
    }

    @Test func laterNewsOfTheSameOutageIsInBoth() {
        let compared = compare(
            [fired("down", "service/a", 200, 500)], [fired("down", "service/a", 100, 400)])
        #expect(compared.both.count == 1)
        #expect(compared.onlyProposed == [] && compared.onlyThen == [])
    }

    @Test func anotherRuleOrSubjectIsOtherNews() {
        let (a, b) = (fired("down", "service/a", 100, 400), fired("down", "service/b", 100, 400))
        let other = fired("slow", "service/a", 100, 400)
        let compared = compare([a, other], [b])
        #expect(compared.onlyProposed == [a, other])
        #expect(compared.onlyThen == [b])
    }

    /// Five minutes between them is the same news, a second more is not.
    @Test(arguments: [(700, true), (701, false)])
    func theToleranceIsFiveMinutes(second: Int64, areSame: Bool) {
        let compared = compare(
            [fired("down", "service/a", second, nil)], [fired("down", "service/a", 100, 400)])
        #expect(compared.both.count == (areSame ? 1 : 0))
        #expect(compared.onlyProposed.count == (areSame ? 0 : 1))
    }

    @Test func anOutageToldInTwoPartsIsNewOnce() {
        let parts = [fired("down", "service/a", 100, 200), fired("down", "service/a", 300, 400)]
        let compared = compare(parts, [fired("down", "service/a", 100, 400)])
        #expect(compared.both.map(\.proposed) == [parts[0]])
        #expect(compared.onlyProposed == [parts[1]])
    }

    @Test func whatBeganBeforeTheWindowIsPairedAndNotCounted() {
        let before = fired("down", "service/a", -100, 200)
        #expect(compare([before], []).onlyProposed == [])
        #expect(compare([], [before]).onlyThen == [])
        #expect(compare([before], [before]).both == [])
        #expect(compare([fired("down", "service/a", 5, 200)], [before]).both.count == 1)
    }

    @Test func totalsAreByRuleAndLevel() {
        let compared = compare(
            [fired("down", "service/a", 100, 400, .critical)],
            [fired("down", "service/a", 100, 400), fired("busy", "service/a", 100, 400, .warning)])
        #expect(
            compared.totals == [
                .init(rule: RuleID("busy"), level: .warning, proposed: 0, then: 1),
                .init(rule: RuleID("down"), level: .page, proposed: 0, then: 1),
                .init(rule: RuleID("down"), level: .critical, proposed: 1, then: 0),
            ])
    }

    @Test func aLogThatSaysAThingTwiceChangesNothing() {
        var list = FiredAlerts()
        for _ in 0..<2 {
            list.begin(RuleID("down"), "service/a", .page, at: noon)
            list.end(RuleID("down"), "service/a", .page, since: noon, at: noon + .seconds(9))
        }
        #expect(list.alerts == [fired("down", "service/a", 0, 9)])
    }

    @Test func anEndWithoutItsBeginningIsTakenWhole() {
        var list = FiredAlerts()
        list.end(RuleID("down"), "service/a", .page, since: noon, at: noon + .seconds(9))
        #expect(list.alerts == [fired("down", "service/a", 0, 9)])
    }

    /// A replay in pieces, whatever they are, gives what the test of rules gives.
    @Test(arguments: 0..<20) func piecesMakeNoDifference(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let watched = catalogue("web", "app")
        let rules = RuleSet(rules: [
            rule("down", .state(.down), hold: .seconds(90), keep: .seconds(120)),
            rule("slow", .slow(quantile: 0.5, window: .seconds(300), threshold: .seconds(3))),
        ])
        var results: [Replay.Kept] = []
        for (place, endpoint) in watched.endpoints.enumerated() {
            for minute in 0..<Int64(60) where Int.random(in: 0..<8, using: &generator) > 0 {
                let isDown = Int.random(in: 0..<3, using: &generator) == 0
                let length = Int64.random(in: 0..<9000, using: &generator)
                let slot = noon + .seconds(minute * 60)
                let record = ResultRecord(
                    ProbeResult(
                        endpoint: endpoint.id, slot: Slot(milliseconds: slot.milliseconds),
                        finishedAt: slot, reason: isDown ? .timeoutConnect : nil,
                        phases: PhaseDurations(totalMicroseconds: length * 1000)))
                results.append(
                    Replay.Kept(
                        endpoint: place, stored: StoredResult(record, coverage: .seconds(90))))
            }
        }
        func play(_ pieces: [Int64]) -> [FiredAlert] {
            var replay = Replay(catalogue: watched, rules: rules, start: noon, countFrom: noon)
            var from = noon
            for piece in pieces {
                let end = noon + .seconds(piece)
                replay.play(
                    results.filter {
                        from <= $0.stored.slot.instant && $0.stored.slot.instant < end
                    }, until: end)
                from = end
            }
            return replay.fired.alerts
        }
        let whole = play([3700])
        #expect(!whole.isEmpty)
        #expect(play([1, 59, 60, 61, 900, 1801, 3700]) == whole)
        #expect(play(Array(stride(from: 7, through: 3700, by: 13)) + [3700]) == whole)
    }

    @Test func rulesOnCertificatesAreNamed() throws {
        let expression = try Expression(parsing: "certificate.expires_in < 14d")
        let rules = RuleSet(rules: [
            rule("a", .state(.down)), rule("b", .certificateRunningOut(share: 0.5)),
            rule("c", .expression(expression)), rule("d", .certificateInvalid),
        ])
        #expect(Replay.looksBeyondResults(rules).map(\.text) == ["b", "c"])
    }

    @Test func theLeadIsWhatRulesLookBackOn() throws {
        let expression = try Expression(parsing: "availability(2h) < 90%")
        let rules = RuleSet(rules: [
            rule("a", .state(.down), hold: .seconds(60), keep: .seconds(120)),
            rule("b", .expression(expression), hold: .seconds(30)),
        ])
        #expect(Replay.leadTime(of: rules) == .seconds(2 * 3600 + 30 + 3600))
        #expect(Replay.leadTime(of: .empty) == .seconds(3600))
    }
}
