import Alerting
import HealthModel
import Routing
import Rules
import Testing

/// The one judgement behind the text, the page, the API and the exit code.
@Suite struct VerdictTests {
    /// Two services, of which one is vital, in a box.
    private final class Box {
        var monitor: HealthMonitor
        var counters = MonitorCounters(startedAt: noon)

        init(rules: [Rule] = [rule("gone", .state(.down), hold: .seconds(120))]) {
            monitor = HealthMonitor(
                catalogue: ServiceCatalogue(
                    services: [service("vital", tier: .tier1), service("other", tier: .tier2)],
                    endpoints: [endpoint("v", of: "vital"), endpoint("o", of: "other")]),
                rules: RuleSet(rules: rules), isScheduled: true)
            _ = monitor.evaluate(at: noon)
        }

        func take(_ results: ProbeResult...) { monitor.apply(monitor.admit(results)) }

        func verdict(_ second: Int64, _ names: [String] = []) -> Verdict {
            _ = monitor.evaluate(at: at(second))
            return monitor.snapshot(at: at(second)).verdict(counters, about: names)
        }

        /// The kinds of grounds, what decides first, and the exit code.
        func words(_ second: Int64, _ names: [String] = []) -> String {
            let verdict = verdict(second, names)
            let kinds = verdict.grounds.map(\.kind.rawValue)
            return (kinds + [String(verdict.grade.rawValue)]).joined(separator: " ")
        }
    }

    @Test func allIsWell() {
        let box = Box()
        box.take(result("v", 1), result("o", 2))
        #expect(box.words(3) == "0")
        #expect(box.verdict(3).isWell)
        #expect(box.words(3, ["monitor"]) == "0")
    }

    /// An endpoint has its interval, its time limit and its confirmation; from the next instant on it is
    /// not measured, and a vital one makes the whole unknown.
    @Test(arguments: [("v", 3, 1), ("o", 1, 3)] as [(String, Int32, Int32)])
    func theFirstResultHasItsTime(missing: String, late: Int32, named: Int32) throws {
        let probe = Probe(interval: .seconds(60))
        let confirmation = probe.confirmation.map { $0.upperBound + probe.timeout } ?? .zero
        let most = probe.interval + probe.timeout + confirmation
        let box = Box()
        let there = missing == "v" ? "o" : "v"
        box.take(result(there, 1))
        let last = (most.wholeMilliseconds / 1000)
        for second in [Int64(30), last] {
            box.take(result(there, second))
            #expect(box.words(second) == "waiting 0", "\(second)")
        }
        _ = box.monitor.evaluate(at: noon + most)
        let snapshot = box.monitor.snapshot(at: noon + most + .nanoseconds(1))
        let verdict = snapshot.verdict(box.counters)
        #expect(verdict.grounds.map(\.kind) == [.notMeasured])
        #expect(verdict.grade.rawValue == late)
        #expect(!verdict.isWell)
        // Asked for by name it is unknown whatever its tier; the other one is well.
        #expect(snapshot.verdict(box.counters, about: [missing]).grade == .unknown)
        #expect(snapshot.verdict(box.counters, about: [there]).isWell)
    }

    /// Results of the monitor's own fault are no measurements, and nothing is well after them.
    @Test func theNameServerGoesAway() {
        let box = Box()
        box.take(result("v", 1), result("o", 2))
        #expect(box.words(3) == "0")
        for second in [Int64(61), 121, 181] {
            box.take(
                result("v", second, .monitorNoResolver), result("o", second, .monitorNoResolver))
        }
        let verdict = box.verdict(200)
        #expect(verdict.grade == .unknown)
        #expect(verdict.grounds.first?.isAboutAll == true)
        #expect(
            verdict.grounds.first?.detail?.english
                == "since 2026-11-23 12:01:01 UTC: the monitor cannot reach a name server")
    }

    /// What fires is known, and worse than what is not.
    @Test func anAlertOutweighsWhatIsNotMeasured() {
        let box = Box(rules: [rule("gone", .state(.down))])
        box.take(result("o", 1, .httpStatus))
        #expect(box.words(2) == "firing outage waiting 2")
        for second in stride(from: Int64(60), through: 240, by: 60) {
            box.take(result("o", second, .httpStatus))
        }
        #expect(box.words(241) == "firing not_measured outage 2")
    }

    /// Never 0 beside an outage, also while its alert is pending or no rule tells of it.
    @Test(
        arguments: [
            (.page, "pending outage 1"), (.critical, "outage pending 1"), (nil, "outage 1"),
        ] as [(Level?, String)])
    func anOutageIsNeverWell(level: Level?, words: String) {
        let box = Box(
            rules: [
                rule("gone", .state(.down), hold: .seconds(120), level: level),
                rule("slow", .state(.degraded)),
            ])
        box.take(result("v", 1, .httpStatus), result("o", 2))
        #expect(box.words(3) == words)
        #expect(box.words(3, ["other"]) == "0")
        #expect(box.words(3, ["v"]) == words)
    }

    /// Levels as the monitoring plugins mean them.
    @Test(
        arguments: [(.digest, 1), (.warning, 1), (.critical, 2), (.page, 2)] as [(Level, Int32)])
    func theWorstAlertDecides(level: Level, code: Int32) {
        let box = Box(rules: [rule("gone", .state(.down), level: level)])
        box.take(result("v", 1, .httpStatus), result("o", 2))
        #expect(box.verdict(3).grade.rawValue == code)
    }

    /// What is wrong with the monitor itself is no matter of one service.
    @Test func theMonitorsOwnTrouble() throws {
        var box = Box()
        box.take(result("v", 1), result("o", 2))
        box.counters.refusal = ConfigurationRefusal(since: at(1), mistakes: 1)
        #expect(box.words(3) == "refused 1")
        #expect(box.words(3, ["monitor"]) == "refused 1")
        #expect(box.words(3, ["vital"]) == "0")
        let ground = try #require(box.verdict(3).grounds.first)
        #expect(ground.text.english == "1 mistake in the files since 2026-11-23 12:00:01 UTC.")
        #expect(ground.detail?.dutch.contains("de volgende herstart zal niet starten") == true)
        box.counters.refusal = nil
        var deaf = ReceiverCounters()
        deaf.failure = "HTTP 500"
        box.counters.receivers = [ReceiverID("chat"): deaf, ReceiverID("x"): ReceiverCounters()]
        #expect(box.words(3) == "receiver 1")
        #expect(box.words(3, ["vital"]) == "0")
        box = Box(rules: [])
        box.take(result("v", 1), result("o", 2))
        #expect(box.words(3) == "no_rules 1")
    }

    /// A reload that leaves no rule takes all well away.
    @Test func aReloadThatEmptiesTheRules() {
        let box = Box()
        box.take(result("v", 1), result("o", 2))
        #expect(box.words(3) == "0")
        _ = box.monitor.replace(
            catalogue: box.monitor.catalogue, rules: RuleSet(rules: []), at: at(4))
        #expect(box.words(5) == "no_rules 1")
    }

    @Test func whatDoesNotExistIsUnknown() {
        let box = Box()
        box.take(result("v", 1), result("o", 2))
        #expect(box.words(3, ["nobody"]) == "no_such_name 3")
        #expect(box.words(3, ["vital", "nobody"]) == "no_such_name 3")
    }

    /// Three of the shortest intervals without any result, and half a minute at least.
    @Test(arguments: [(180, false), (181, true)] as [(Int64, Bool)])
    func oldSamplesAreStale(age: Int64, isStale: Bool) {
        let box = Box()
        box.take(result("v", 0), result("o", 0))
        #expect(box.verdict(age).grounds.contains { $0.kind == .stale } == isStale)
    }

    /// Why a monitor is blind: by its control targets, with the name server where that is known.
    @Test func blindnessSaysWhy() throws {
        let box = Box()
        box.monitor = HealthMonitor(
            catalogue: ServiceCatalogue(
                services: [service("s")], endpoints: [endpoint("a", of: "s")],
                controls: [endpoint("c", of: "monitor"), endpoint("d", of: "monitor")]),
            rules: RuleSet(rules: [rule("gone", .state(.down))]), isScheduled: true)
        box.take(
            result("c", 1, .monitorNoResolver, detail: "no answer from 192.0.2.1"),
            result("d", 2, .monitorNoResolver, detail: "no answer from 192.0.2.1"))
        let ground = try #require(box.verdict(3).grounds.first)
        #expect(ground.kind == .blind)
        #expect(ground.grade == .unknown)
        #expect(
            ground.detail?.english == "2 of 2 control targets not reached: "
                + "the monitor cannot reach a name server (no answer from 192.0.2.1)")
        #expect(box.verdict(3, ["s"]).grade == .unknown)
    }
}
