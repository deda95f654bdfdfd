import Alerting
import HealthModel
import Routing
import Testing

@testable import RuleTesting

/// What a case says of itself: the comparisons, not the rules.
struct RuleTestRunTests {
    private static let down = rule("down", .state(.down), hold: .seconds(120))

    private func test(_ checks: [RuleTest.Check], receivers: [Receiver] = []) -> RuleTest {
        RuleTest(
            name: "a", catalogue: catalogue("web", "app"),
            rules: RuleSet(rules: [Self.down], receivers: receivers), start: noon,
            series: [
                EndpointID("web"): series((.success, 2), (.failure(.timeoutConnect), 10)),
                EndpointID("app"): series((.success, 12)),
            ], checks: checks)
    }

    private func alert(
        _ subject: String, _ state: Alert.State, _ level: Level? = nil
    ) -> RuleTest.ExpectedAlert {
        RuleTest.ExpectedAlert(
            rule: RuleID("down"), subject: subject, state: state, level: level)
    }

    @Test func whatIsAsExpectedIsNotToldAsAFailure() {
        let outcome = test([
            .init(at: .seconds(119), alerts: []),
            .init(at: .seconds(120), alerts: [alert("web", .pending)]),
            .init(at: .seconds(239), alerts: [alert("web", .pending, .page)]),
            .init(at: .seconds(240), alerts: [alert("web", .firing)]),
        ]).run()
        #expect(outcome.failures == [])
        #expect(outcome.isOK)
        #expect(
            outcome.story.map { "\($0.at.shortText) \($0.columns.joined(separator: " "))" } == [
                "2m alert down web pending page", "4m alert down web firing page",
            ])
    }

    @Test func eachSideOfAFailureIsShown() throws {
        let outcome = test([
            .init(
                at: .seconds(240), place: "here",
                alerts: [alert("app", .firing), alert("web", .firing, .critical)])
        ]).run()
        let failure = try #require(outcome.failures.first)
        #expect(outcome.failures.count == 1)
        #expect(failure.kind == "alerts")
        #expect(failure.place == "here")
        #expect(failure.instant == noon + .seconds(240))
        #expect(failure.expected.map(\.isMatched) == [false, false])
        #expect(
            failure.came == [.init(columns: ["down", "web", "firing", "page"], isMatched: false)])
        #expect(
            RuleTestReport.lines(of: "f", [outcome]) == [
                "f: FAILED, 1 of 1 case", "  ✖ a",
                "    at 4m, 2026-11-23 12:04:00 UTC (here)",
                "      alerts expected:", "        ✖ down  app  firing",
                "        ✖ down  web  firing  critical",
                "      alerts came:", "        ✖ down  web  firing  page",
            ])
    }

    @Test func whatIsNotListedIsAFailure() {
        let outcome = test([.init(at: .seconds(240), alerts: [])]).run()
        #expect(outcome.failures.map(\.expected.count) == [0])
        #expect(
            RuleTestReport.lines(of: "f", [outcome])[3...] == [
                "      alerts expected none", "      alerts came:",
                "        ✖ down  web  firing  page",
            ])
    }

    @Test func whatIsNotWrittenIsNotLookedAt() {
        let check = RuleTest.Check(
            at: .seconds(240),
            incidents: [
                .init(root: .service(ServiceID("web")), services: 1)
            ])
        #expect(test([check]).run().isOK)
    }

    @Test func notificationsCountSinceTheCheckBefore() throws {
        let url = try #require(ProbeURL("https://a.example/"))
        let duty = Receiver(id: ReceiverID("duty"), kind: .webhook(url))
        let told = RuleTest.ExpectedNotification(receiver: duty.id)
        let outcome = test(
            [
                .init(at: .seconds(239), notifications: []),
                .init(at: .seconds(240), notifications: [told]),
                .init(at: .seconds(600), notifications: []),
            ], receivers: [duty]
        ).run()
        #expect(outcome.isOK, "\(outcome.failures)")
    }

    @Test func aSeriesThatEndsIsSilence() {
        // Ten failures end at 11m; three intervals of a failing endpoint, 300 s each, are silence.
        let outcome = test([
            .init(at: .seconds(660 + 900), alerts: [alert("web", .firing)]),
            .init(at: .seconds(660 + 900 + 3600), alerts: [alert("web", .firing)]),
        ]).run()
        #expect(outcome.isOK, "\(outcome.failures)")
    }

    @Test func aReportNamesWhatIsRight() {
        let outcome = test([.init(at: .zero, alerts: [])]).run()
        #expect(RuleTestReport.lines(of: "f", [outcome, outcome]) == ["f: OK, 2 cases"])
        #expect(
            RuleTestReport.lines(of: "f", [outcome], isVerbose: true) == ["f: OK, 1 case", "  ✔ a"])
    }
}
