import Alerting
import HealthModel
import Observing
import Rules
import Testing

@Suite struct HealthMonitorTests {
    private let unreachable = rule("unreachable", .state(.down), hold: .seconds(60))

    @Test func anOutageIsPendingThenFiringOnceThenResolved() throws {
        let watch = Watch([service("digid")], [endpoint("a", of: "digid")], [unreachable])
        #expect(watch.news(at: 0) == [])
        watch.apply(result("a", 0))
        #expect(watch.news(at: 1) == [])
        watch.apply(result("a", 60, .connectRefused, detail: "port 443"))
        #expect(watch.news(at: 61) == ["unreachable digid pending"])
        #expect(watch.news(at: 62) == [])
        #expect(watch.news(at: 120) == [])
        let firing = try #require(watch.evaluate(at: 121).first)
        #expect(firing.alert.state == .firing)
        #expect(firing.alert.reason == .connectRefused)
        #expect(firing.alert.level == .page)
        #expect(firing.alert.activeSince == at(61))
        #expect(firing.alert.firingSince == at(121))
        #expect(firing.alert.summary.english == "digid EN: the connection was refused")
        #expect(firing.alert.summary.dutch == "digid NL: de verbinding is geweigerd")
        #expect(firing.alert.runbook == "runbook")
        #expect(watch.snapshot(at: 130).alerts == [firing.alert])
        #expect(watch.news(at: 150) == [])
        watch.apply(result("a", 180))
        let resolved = try #require(watch.evaluate(at: 181).first)
        #expect(resolved.alert.state == .resolved)
        #expect(resolved.alert.firingSince == at(121))
        #expect(resolved.alert.reason == .connectRefused)
        #expect(watch.snapshot(at: 190).alerts.isEmpty)
        #expect(watch.news(at: 200) == [])
    }

    @Test func blindnessNeitherFiresNorResolves() {
        let watch = Watch(
            [service("digid")], [endpoint("a", of: "digid")], [rule("r", .state(.down))])
        watch.apply(result("a", 0, .monitorNoRoute))
        #expect(watch.news(at: 1) == [])
        watch.apply(result("a", 60, .connectRefused))
        #expect(watch.news(at: 61) == ["r digid firing"])
        watch.apply(result("a", 120, .monitorNoRoute))
        #expect(watch.status("digid", at: 121)?.ownState == .unknown)
        #expect(watch.news(at: 121) == [])
        #expect(watch.news(at: 90_000) == [])
        watch.apply(result("a", 90_060))
        #expect(watch.news(at: 90_061) == ["r digid resolved"])
    }

    @Test func blindnessItselfCanBeAlerted() {
        let watch = Watch(
            [service("digid")], [endpoint("a", of: "digid")], [rule("blind", .state(.unknown))])
        #expect(watch.news(at: 0) == ["blind digid firing"])
        watch.apply(result("a", 0))
        #expect(watch.news(at: 1) == ["blind digid resolved"])
        #expect(watch.news(at: 180) == [])
        #expect(watch.news(at: 181) == ["blind digid firing"])
    }

    @Test func darkServicesHaveNoAlertsAndAreNeverUp() {
        let watch = Watch(
            [service("brp", kind: .dark), service("digid", [("brp", .hard)])],
            [endpoint("a", of: "digid")], [rule("blind", .state(.unknown))])
        watch.apply(result("a", 0))
        #expect(watch.news(at: 1) == [])
        #expect(watch.status("brp", at: 1)?.effectiveState == .unknown)
        #expect(watch.status("brp", at: 1)?.since == nil)
        #expect(watch.status("digid", at: 1)?.effectiveState == .up)
    }

    @Test func effectiveStatesAndSinceAreInTheSnapshot() {
        let watch = Watch(
            [service("digid"), service("rdw", [("digid", .login)])],
            [endpoint("a", of: "digid"), endpoint("b", of: "rdw")])
        watch.apply(result("a", 0), result("b", 0))
        #expect(watch.status("rdw", at: 5)?.since == at(5))
        watch.apply(result("a", 60, .timeoutTLS), result("b", 60))
        let rdw = watch.status("rdw", at: 61)
        #expect(rdw?.ownState == .up)
        #expect(rdw?.effectiveState == .impaired)
        #expect(rdw?.causes == [ServiceID("digid")])
        #expect(rdw?.since == at(61))
        #expect(watch.status("digid", at: 61)?.dependants == [ServiceID("rdw")])
        watch.apply(result("a", 120))
        #expect(watch.status("rdw", at: 121)?.effectiveState == .up)
        #expect(watch.status("rdw", at: 121)?.causes == [])
    }

    @Test func levelsAndHoldTimesFollowTheTierAndNilSwitchesOff() {
        var byTier = rule("r", .state(.down))
        byTier.level = PerTier(tier0: .page, tier1: .critical, tier2: nil, tier3: .digest)
        byTier.holdTime = PerTier(
            tier0: .zero, tier1: .seconds(10), tier2: .zero, tier3: .seconds(20))
        let services = Tier.allCases.map { service("s\($0.rawValue)", tier: $0) }
        let watch = Watch(
            services, (0..<4).map { endpoint("e\($0)", of: "s\($0)") }, [byTier])
        for index in 0..<4 { watch.apply(result("e\(index)", 0, .timeoutTLS)) }
        #expect(watch.news(at: 0) == ["r s0 firing", "r s1 pending", "r s3 pending"])
        #expect(watch.news(at: 10) == ["r s1 firing"])
        #expect(watch.news(at: 20) == ["r s3 firing"])
        #expect(watch.snapshot(at: 20).alerts.map(\.level) == [.page, .critical, .digest])
    }

    @Test func strayResultsAreCountedAndNotKept() {
        let watch = Watch([service("digid")], [endpoint("a", of: "digid")])
        watch.apply(result("gone", 0), result("a", 0))
        #expect(watch.monitor.strayResults == 1)
        #expect(watch.monitor.store.seriesCount == 1)
    }
}

@Suite struct CertificateRuleTests {
    private let rules = [
        rule("unreachable", .state(.down)), rule("degraded", .state(.degraded)),
        rule("certificate", .certificateInvalid, summary: "{endpoint}: {reason} {value}"),
    ]

    @Test func anInvalidCertificateIsToldOnce() throws {
        let watch = Watch(
            [service("digid")], [endpoint("a", of: "digid"), endpoint("b", of: "digid")], rules)
        let expired = tls(to: -3 * 86_400, verdict: .tlsExpired)
        watch.apply(
            result("a", 0, .tlsExpired, tls: expired), result("b", 0, .tlsExpired, tls: expired))
        #expect(watch.status("digid", at: 0)?.ownState == .down)
        let news = watch.evaluate(at: 0)
        #expect(news.map(\.alert.key.subject.description) == ["a", "b"])
        let first = try #require(news.first)
        #expect(first.alert.reason == .tlsExpired)
        #expect(first.alert.service == ServiceID("digid"))
        #expect(first.alert.summary.english == "a: the certificate has expired (2026-11-20) -3d")
        // One endpoint failing for another reason is news of its own.
        watch.apply(result("b", 60, .connectRefused))
        #expect(watch.news(at: 60) == ["unreachable digid firing"])
        watch.apply(result("b", 120, nil, tls: tls(to: 86_400)))
        #expect(
            watch.news(at: 120) == ["unreachable digid resolved", "certificate b resolved"])
        watch.apply(result("a", 180, nil, tls: tls(to: 86_400)))
        #expect(watch.news(at: 180) == ["certificate a resolved"])
    }

    /// The certificate of a redirect runs out as well as that of the page behind it.
    @Test(arguments: [0, 1]) func everyHopIsWatched(index: Int) throws {
        let watch = Watch(
            [service("digid")], [endpoint("a", of: "digid")],
            [rule("running-out", .certificateRunningOut(share: 0.75), summary: "{value}")])
        var hops = [90, 90].map { ProbeHop(url: "https://h/", tls: tls(to: $0 * 86_400)) }
        var seen = result("a", 0, nil, tls: hops[1].tls)
        seen.hops = hops
        watch.apply(seen)
        #expect(watch.news(at: 0) == [])
        hops[index].tls = tls(from: -90 * 86_400, to: 86_400)
        seen = result("a", 60, nil, tls: hops[1].tls)
        seen.hops = hops
        watch.apply(seen)
        let news = watch.evaluate(at: 60)
        #expect(news.map(\.alert.key.subject.description) == ["a"])
        #expect(news.first?.alert.summary.english == "23h59m")
    }

    @Test func withoutACertificateRuleForTheTierTheOutageIsTold() {
        var quiet = rules[2]
        quiet.level = PerTier(tier0: nil, tier1: .page, tier2: .page, tier3: .page)
        for set in [[rules[0]], [rules[0], quiet]] {
            let watch = Watch([service("digid")], [endpoint("a", of: "digid")], set)
            watch.apply(result("a", 0, .tlsExpired, tls: tls(to: -1, verdict: .tlsExpired)))
            #expect(watch.news(at: 0) == ["unreachable digid firing"])
        }
    }

    @Test(
        arguments: [
            // Ninety days: renewal at a third left, warning at a quarter.
            (90.0, 0.2501, false), (90.0, 0.2499, true), (90.0, 0.0, true), (90.0, -0.001, false),
            // Six days: renewal at a half left, warning at three eighths.
            (6.0, 0.376, false), (6.0, 0.374, true),
            // Ten days are not short any more.
            (10.0, 0.251, false), (10.0, 0.249, true), (9.999, 0.26, true),
            // Above 100 days at least 30 days: 110 days have 27.5 at a quarter.
            (110.0, 30.01 / 110, false), (110.0, 29.99 / 110, true),
            (100.0, 0.2501, false), (100.0, 0.2499, true),
        ])
    func runningOutFollowsTheShareOfTheLifetime(days: Double, left: Double, isRunningOut: Bool) {
        let watch = Watch(
            [service("digid")], [endpoint("a", of: "digid")],
            [rule("soon", .certificateRunningOut(share: 0.75), summary: "{value}")])
        let lifetime = Int64(days * 86_400)
        watch.apply(result("a", 0, nil, tls: tls(from: 0, to: lifetime)))
        let now = lifetime - Int64(Double(lifetime) * left)
        // Keep the endpoint measured while time passes.
        watch.apply(result("a", now, nil, tls: tls(from: 0, to: lifetime)))
        #expect(watch.news(at: now) == (isRunningOut ? ["soon a firing"] : []))
    }

    @Test func plainEndpointsAndInvalidChainsDoNotRunOut() {
        let watch = Watch(
            [service("digid")], [endpoint("a", of: "digid"), endpoint("b", of: "digid")],
            [rule("soon", .certificateRunningOut(share: 0.75))])
        watch.apply(
            result("a", 0), result("b", 0, .tlsUntrusted, tls: tls(to: 1, verdict: .tlsUntrusted)))
        #expect(watch.news(at: 0) == [])
    }
}

@Suite struct SlowRuleTests {
    private let slow = rule(
        "slow", .slow(quantile: 0.5, window: .seconds(300), threshold: .milliseconds(2)),
        summary: "{endpoint} {value}")

    @Test func theQuantileOfTheWindowDecides() throws {
        let watch = Watch([service("digid")], [endpoint("a", of: "digid")], [slow])
        #expect(watch.news(at: 0) == [])
        watch.apply(result("a", 0, totalMicroseconds: 2000))
        #expect(watch.news(at: 1) == [])
        watch.apply(
            result("a", 60, totalMicroseconds: 2_400_000),
            result("a", 120, totalMicroseconds: 2_400_000))
        let firing = try #require(watch.evaluate(at: 121).first)
        #expect(firing.alert.key.subject == .endpoint(EndpointID("a")))
        #expect(firing.alert.summary.english == "a 2.4s")
        #expect(firing.alert.reason == nil)
        watch.apply(
            result("a", 180, totalMicroseconds: 1000), result("a", 240, totalMicroseconds: 1000))
        #expect(watch.news(at: 241) == ["slow a resolved"])
        // Nothing but time passes: at 301 the fast one of second 0 has left.
        watch.apply(result("a", 250, totalMicroseconds: 3000))
        #expect(watch.news(at: 251) == [])
        #expect(watch.news(at: 300) == [])
        #expect(watch.news(at: 301) == ["slow a firing"])
    }

    @Test func anEndpointThatIsDownIsNotSlow() {
        let watch = Watch([service("digid")], [endpoint("a", of: "digid")], [slow])
        watch.apply(result("a", 0, totalMicroseconds: 3000))
        #expect(watch.news(at: 1) == ["slow a firing"])
        watch.apply(result("a", 60, .timeoutTLS, totalMicroseconds: 9_000_000))
        #expect(watch.news(at: 61) == [])
        watch.apply(result("a", 301, .timeoutTLS))
        #expect(watch.news(at: 301) == ["slow a resolved"])
    }
}

@Suite struct MonitorReloadTests {
    private let down = rule("r", .state(.down))
    private let services = [service("x"), service("y")]
    private let endpoints = [endpoint("a", of: "x"), endpoint("b", of: "y")]

    private func watchWithTwoAlerts() -> Watch {
        let watch = Watch(services, endpoints, [down])
        watch.apply(result("a", 0, .timeoutTLS), result("b", 0, .timeoutTLS))
        #expect(watch.news(at: 1) == ["r x firing", "r y firing"])
        return watch
    }

    @Test func whatStaysKeepsItsHistoryAndItsAlert() {
        let watch = watchWithTwoAlerts()
        let before = watch.snapshot(at: 2)
        let other = rule("other", .state(.busy))
        #expect(
            watch.replace(services.reversed(), endpoints.reversed(), [other, down], at: 2) == [])
        let after = watch.snapshot(at: 2)
        #expect(Set(after.endpoints) == Set(before.endpoints))
        #expect(Set(after.services) == Set(before.services))
        #expect(after.alerts == before.alerts)
        #expect(watch.news(at: 3) == [])
        #expect(watch.monitor.store.totals.appended == 2)
    }

    @Test func alertsOfWhatIsGoneAreResolved() {
        let watch = watchWithTwoAlerts()
        #expect(watch.replace([services[0]], [endpoints[0]], [down], at: 2) == ["r y resolved"])
        #expect(watch.monitor.store.seriesCount == 1)
        #expect(watch.replace([services[0]], [endpoints[0]], [], at: 3) == ["r x resolved"])
        #expect(watch.snapshot(at: 3).alerts.isEmpty)
        var off = down
        off.level = PerTier(nil)
        let other = watchWithTwoAlerts()
        #expect(
            other.replace(services, endpoints, [off], at: 2) == ["r x resolved", "r y resolved"])
    }

    @Test func aPendingAlertKeepsItsTimeAcrossAReload() {
        var held = down
        held.holdTime = PerTier(.seconds(60))
        let watch = Watch(services, endpoints, [held])
        watch.apply(result("a", 0, .timeoutTLS))
        #expect(watch.news(at: 0) == ["r x pending"])
        #expect(watch.replace(services, endpoints, [held], at: 30) == [])
        #expect(watch.news(at: 59) == [])
        #expect(watch.news(at: 60) == ["r x firing"])
        let ended = Watch(services, endpoints, [held])
        ended.apply(result("a", 0, .timeoutTLS))
        #expect(ended.news(at: 0) == ["r x pending"])
        #expect(ended.replace(services, endpoints, [], at: 30) == ["r x ended"])
    }

    @Test func aNewLevelAppliesToAnAlertThatFires() {
        let watch = watchWithTwoAlerts()
        var softer = down
        softer.level = PerTier(.warning)
        #expect(watch.replace(services, endpoints, [softer], at: 2) == [])
        #expect(watch.snapshot(at: 2).alerts.map(\.level) == [.warning, .warning])
    }

    @Test func anEndpointThatMovedToAnotherURLStartsAnew() {
        let watch = watchWithTwoAlerts()
        let moved = [endpoint("a", of: "x", path: "/new"), endpoints[1]]
        #expect(watch.replace(services, moved, [down], at: 2) == [])
        #expect(watch.state("a", at: 2) == EndpointStatus(id: EndpointID("a")))
        // Not measured yet, so the alert stays until it is.
        #expect(watch.news(at: 3) == [])
        watch.apply(result("a", 60))
        #expect(watch.news(at: 61) == ["r x resolved"])
    }

    @Test func newEdgesSpreadAtOnce() {
        let watch = watchWithTwoAlerts()
        watch.apply(result("b", 60))
        _ = watch.evaluate(at: 61)
        let linked = [services[0], service("y", [("x", .hard)])]
        #expect(watch.replace(linked, endpoints, [down], at: 62) == [])
        #expect(watch.status("y", at: 62)?.effectiveState == .down)
    }

    @Test func aShorterIntervalMakesSilenceShorter() {
        let watch = Watch(services, endpoints, [])
        watch.apply(result("a", 0))
        let faster = [endpoint("a", of: "x", interval: .seconds(10)), endpoints[1]]
        #expect(watch.replace(services, faster, [], at: 1) == [])
        #expect(watch.state("a", at: 30)?.state == .up)
        #expect(watch.state("a", at: 31)?.state == .unknown)
    }
}

@Suite struct SummaryTests {
    private func summary(_ text: String, endpoints: Int = 1) throws -> LocalizedText {
        let watch = Watch(
            [service("x"), service("y", [("x", .hard)])],
            (0..<endpoints).map { endpoint("e\($0)", of: "x") },
            [rule("r", .state(.down), summary: text)])
        for index in 0..<endpoints {
            watch.apply(result("e\(index)", 0, .httpStatus, detail: "status 503"))
        }
        return try #require(watch.evaluate(at: 90).first).alert.summary
    }

    @Test(
        arguments: [
            ("plain", "plain"), ("{service}", "x EN"), ("{owner}{owner}", "LogiusLogius"),
            ("{endpoint}", "e0"), ("{reason}", "the HTTP status is not an expected one"),
            ("{detail}!", "status 503!"), ("{dependants}", "1"), ("{value}", "1m30s"),
            ("{nothing} {", "{nothing} {"), ("{{service}}", "{x EN}"), ("", ""),
        ])
    func placeholdersAreFilledIn(template: String, expected: String) throws {
        #expect(try summary(template).english == expected)
    }

    @Test func everyPlaceholderHasAValue() throws {
        for placeholder in RulePlaceholder.allCases {
            let text = try summary("<{\(placeholder.rawValue)}>")
            #expect(!text.english.contains("{"))
            #expect(text.english != "<>")
            #expect(text.dutch != "<>")
        }
    }

    @Test func manyEndpointsAndLongTextsAreBounded() throws {
        #expect(try summary("{endpoint}", endpoints: 3).english == "e0, e1, e2")
        #expect(try summary("{endpoint}", endpoints: 5).english == "e0, e1, e2 +2")
        let whole = String(repeating: "a", count: 512)
        #expect(try summary(whole).english == whole)
        let cut = try summary(whole + "é").english
        #expect(cut.utf8.count == 512)
        #expect(cut.hasSuffix("a…"))
    }
}
