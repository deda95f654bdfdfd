import HealthModel
import Testing

@testable import Alerting
@testable import Observing
@testable import Routing

/// A monitor that measures nothing, or too little, says so.
@Suite struct MeasuringTests {
    /// A monitor with a schedule behind it, in a box.
    private final class Scheduled {
        var monitor: HealthMonitor
        let ids: [String]

        init(
            _ ids: [String], tier: Tier = .tier2, interval: Duration = .seconds(60),
            controls: [String] = [], acceleration: Double = 1
        ) {
            self.ids = ids
            monitor = HealthMonitor(
                catalogue: ServiceCatalogue(
                    services: ids.map { service("s-" + $0, tier: tier) },
                    endpoints: ids.map { endpoint($0, of: "s-" + $0, interval: interval) },
                    controls: controls.map { endpoint($0, of: "monitor", interval: .seconds(10)) }),
                rules: RuleSet(rules: [rule("gone", .state(.down), hold: .seconds(30))]),
                acceleration: acceleration, isScheduled: true)
        }

        /// Everything but `failing` is up; the rest is the monitor's own fault.
        func measure(
            at second: Int64, failing: some Sequence<String>, _ reason: Reason = .monitorNoResolver
        ) {
            let failing = Set(failing)
            take(
                ids.map { id in
                    failing.contains(id)
                        ? result(id, second, reason, detail: "no answer from 192.0.2.1")
                        : result(id, second)
                })
        }

        func take(_ results: [ProbeResult]) { monitor.apply(monitor.admit(results)) }

        func news(_ second: Int64) -> [String] {
            monitor.evaluate(at: at(second)).map {
                "\($0.alert.key.rule) \($0.alert.level) \($0.alert.state)"
            }
        }
    }

    private let eight = (0..<8).map { "e\($0)" }

    /// From the start, although nothing was ever reached; one instant earlier nobody is told.
    @Test(arguments: [(299, []), (300, ["not-measured page firing"])] as [(Int64, [String])])
    func nothingIsMeasuredFromTheStart(second: Int64, news: [String]) {
        let box = Scheduled(eight)
        #expect(box.news(0) == [])
        box.measure(at: 5, failing: eight)
        #expect(box.news(6) == [])
        box.measure(at: 65, failing: eight)
        #expect(box.news(second) == news)
    }

    /// Without any result, as when the probe loops stand still.
    @Test func noResultIsNoMeasurement() throws {
        let box = Scheduled(eight)
        #expect(box.news(0) == [])
        #expect(box.news(300) == ["not-measured page firing"])
        let alert = try #require(box.monitor.snapshot(at: at(300)).alerts.first)
        #expect(
            alert.summary.english
                == "8 of 8 endpoints not measured (e0, e1, e2 and 5 more) since "
                + "2026-11-23 12:00:00 UTC: no result comes")
        #expect(
            alert.summary.dutch
                == "8 van 8 meetpunten niet gemeten (e0, e1, e2 en nog 5) sinds "
                + "2026-11-23 12:00:00 UTC: er komt geen resultaat")
    }

    /// A quarter is critical, one below it is nothing; a single one of tier 0 is a page.
    @Test(
        arguments: [
            (1, .tier2, []), (2, .tier2, ["not-measured critical firing"]),
            (7, .tier2, ["not-measured critical firing"]),
            (8, .tier2, ["not-measured page firing"]),
            (1, .tier0, ["not-measured page firing"]), (1, .tier1, []),
        ] as [(Int, Tier, [String])])
    func aShareOfAllOrOneThatIsVital(failing: Int, tier: Tier, news: [String]) {
        let box = Scheduled(eight, tier: tier)
        #expect(box.news(0) == [])
        for second in stride(from: Int64(10), through: 310, by: 60) {
            box.measure(at: second, failing: eight.prefix(failing))
        }
        #expect(box.news(309) == (failing == 0 ? [] : news))
        // Measured again, it is over.
        box.measure(at: 370, failing: [])
        #expect(box.news(371) == news.map { $0.replacing("firing", with: "resolved") })
    }

    /// It says why, and which name server.
    @Test func theReasonIsNamed() throws {
        let box = Scheduled(eight)
        box.measure(at: 0, failing: [])
        #expect(box.news(1) == [])
        for second in stride(from: Int64(60), to: 360, by: 60) {
            box.measure(at: second, failing: eight.prefix(3))
        }
        #expect(box.news(359) == [])
        #expect(box.news(360) == ["not-measured critical firing"])
        let alert = try #require(box.monitor.snapshot(at: at(360)).alerts.first)
        #expect(
            alert.summary.english
                == "3 of 8 endpoints not measured (e0, e1, e2) since 2026-11-23 12:01:00 UTC: "
                + "the monitor cannot reach a name server (no answer from 192.0.2.1)")
    }

    /// Probes end one after another; told is how many are not measured, not how many are late.
    @Test func whatGoesOneByOneIsToldAsAWhole() throws {
        let box = Scheduled(eight)
        box.measure(at: 0, failing: [])
        #expect(box.news(1) == [])
        for (number, id) in eight.enumerated() {
            box.take([result(id, 60 + Int64(number), .monitorNoResolver)])
        }
        #expect(box.news(360) == [])
        #expect(box.news(361) == ["not-measured page firing"])
        let alert = try #require(box.monitor.snapshot(at: at(361)).alerts.first)
        #expect(alert.summary.english.hasPrefix("8 of 8 endpoints not measured (e0, e1, e2 and 5"))
    }

    /// What is probed seldom has two of its own intervals.
    @Test func aSlowIntervalHasItsTime() {
        let box = Scheduled(eight, interval: .seconds(600))
        #expect(box.news(0) == [])
        #expect(box.news(1199) == [])
        #expect(box.news(1200) == ["not-measured page firing"])
    }

    @Test func timeIsDividedInTheLab() {
        let box = Scheduled(eight, interval: .seconds(1), acceleration: 30)
        #expect(box.news(0) == [])
        #expect(box.news(9) == [])
        #expect(box.news(10) == ["not-measured page firing"])
    }

    /// Blindness tells the same; when it is over everything has its time again.
    @Test func oneCauseIsToldOnce() {
        let box = Scheduled(eight, tier: .tier0, controls: ["c"])
        box.take([result("c", 0)])
        box.measure(at: 1, failing: [])
        #expect(box.news(2) == [])
        box.take([result("c", 10, .timeoutConnect)])
        #expect(box.news(30) == ["monitor-blind page firing"])
        #expect(box.news(4000) == [])
        box.take([result("c", 4001)])
        #expect(box.news(4002) == ["monitor-blind page resolved"])
        #expect(box.news(4300) == [])
        #expect(box.news(4301) == ["not-measured page firing"])
    }

    /// Whoever announces maintenance need not be measured.
    @Test func maintenanceIsLeftOut() throws {
        let box = Scheduled(["a"], tier: .tier0)
        _ = try box.monitor.perform(
            OperatorOrder(
                request: .maintain(
                    [ServiceID("s-a")], withDependants: false, from: nil, to: at(3600)),
                author: "me", reason: "work", origin: "test"), at: at(0))
        #expect(box.news(0) == [])
        #expect(box.news(1000) == [])
        #expect(box.monitor.snapshot(at: at(1000)).endpoints.map(\.unmeasuredSince) == [nil])
    }

    /// A restart goes on telling until what was not measured is, and counts no time anew.
    @Test func aRestartGoesOn() {
        let first = Scheduled(eight)
        #expect(first.news(0) == [])
        #expect(first.news(300) == ["not-measured page firing"])
        let kept = Array(first.monitor.takeAlertChanges().active.values)
        func restarted() -> Scheduled {
            let box = Scheduled(eight)
            _ = box.monitor.restore(kept, lastSeen: at(310), at: at(320))
            return box
        }
        let healed = restarted()
        #expect(healed.news(321) == [])
        healed.measure(at: 330, failing: [])
        #expect(healed.news(331) == ["not-measured page resolved"])
        let sick = restarted()
        #expect(sick.news(321) == [])
        sick.measure(at: 330, failing: eight)
        #expect(sick.news(331) == [])
        #expect(sick.news(4000) == [])
    }

    /// A clock that is set makes nothing unmeasured.
    @Test func aClockThatIsSetTellsNobody() {
        var tracker = EndpointTracker(id: EndpointID("a"))
        tracker.expect(at: at(0))
        tracker.expect(at: at(1))
        #expect(tracker.status.unmeasuredSince == at(0))
        tracker.shift(by: .seconds(3600))
        #expect(tracker.status.unmeasuredSince == at(3600))
        tracker.apply(result("a", 3601), interval: .seconds(60))
        #expect(tracker.status.unmeasuredSince == nil)
        tracker.age(at: at(3782))
        #expect(tracker.status.unmeasuredSince == at(3781))
    }

    /// Played results have no schedule that could fail.
    @Test func playingTellsNobody() {
        let watch = Watch([service("s")], [endpoint("a", of: "s")])
        #expect(watch.news(at: 0) == [])
        #expect(watch.news(at: 100_000) == [])
    }
}
