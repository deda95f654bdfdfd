import Alerting
import HealthModel
import Routing
import Rules
import Testing

/// What people depend on when they see green, over random histories.
///
/// The contract: *it is ok only while the last measurement of every endpoint is a success of the last
/// five minutes, rules are in force, the files were taken, and every receiver takes what it is told;
/// what is down for three minutes is critical, or nothing can be said; while a page is pending it is
/// not ok; while it is blind, every probe fails for a fault of the monitor, or none ends, nothing can
/// be said; and it is well again forty minutes after nothing is wrong any more*.
@Suite struct VerdictContractTests {
    /// What a probe of an endpoint comes to for a while.
    private enum Weather: CaseIterable {
        case fine, slow, failing, monitorFault, silent
    }

    /// Four services with an endpoint each, of every tier; no rule speaks of the last one's outages.
    private struct World {
        static let ids = ["a", "b", "c", "d"]
        static let ruled = ["a", "b", "c"]

        var rules: RuleSet
        var monitor: HealthMonitor
        var counters = MonitorCounters(startedAt: noon)
        var weather: [String: Weather] = [:]
        var random: SplitMix64
        var second: Int64 = 0
        var hasRules = true
        /// Whether the monitor itself is off the network.
        var isOffline = false
        var rulesSince: Int64 = 0
        /// When each was measured last, and whether that succeeded; the start counts as a success.
        var measured: [String: (second: Int64, isSuccess: Bool)] = [:]
        /// Since when each is measured as failing, without a success or a gap.
        var failingSince: [String: Int64] = [:]
        /// Since when every probe fails for a fault of the monitor, as far as there were any.
        var faultySince: Int64?
        /// Since when no probe has a result, as far as there were any.
        var silentSince: Int64?
        /// Since when nothing is wrong.
        var fineSince: Int64 = 0
        var breaches: [String] = []
        var wasBlind = false
        var seen: [Verdict.Grade: Int] = [:]

        init(seed: UInt64) throws {
            random = SplitMix64(seed: seed)
            var gone = rule("gone", .state(.down), hold: .seconds(60))
            gone.level = PerTier(tier0: .page, tier1: .page, tier2: .page, tier3: nil)
            let slow = try Rules.Expression(parsing: "p50(total, 2m) > 500ms")
            rules = RuleSet(rules: [gone, rule("slow", Condition(slow), hold: .seconds(120))])
            monitor = HealthMonitor(catalogue: World.catalogue, rules: rules, isScheduled: true)
            for id in World.ids { measured[id] = (0, true) }
        }

        static var catalogue: ServiceCatalogue {
            let tiers: [Tier] = [.tier0, .tier1, .tier2, .tier3]
            return ServiceCatalogue(
                services: zip(ids, tiers).map { service("s-" + $0, tier: $1) },
                endpoints: ids.map { endpoint($0, of: "s-" + $0) },
                controls: ["c", "d"].map { endpoint("control-" + $0, of: "monitor") })
        }

        mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

        mutating func change() {
            // Two hours of weather, then an hour of calm.
            guard second % 10_800 < 7200 else {
                (weather, counters.refusal, counters.receivers) = ([:], nil, [:])
                isOffline = false
                setRules(true)
                return
            }
            if chance(150) { isOffline.toggle() }
            if chance(250) {
                let all: Weather = chance(2) ? .monitorFault : .silent
                for id in World.ids { weather[id] = all }
            }
            for id in World.ids where chance(60) {
                weather[id] = chance(2) ? .fine : Weather.allCases.randomElement(using: &random)
            }
            if chance(200) {
                counters.refusal =
                    chance(2) ? nil : ConfigurationRefusal(since: at(second), mistakes: 1)
            }
            if chance(200) {
                var receiver = ReceiverCounters()
                receiver.failure = chance(2) ? nil : "refused"
                counters.receivers = [ReceiverID("post"): receiver]
            }
            if chance(400) { setRules(chance(2)) }
        }

        mutating func setRules(_ have: Bool) {
            guard have != hasRules else { return }
            (hasRules, rulesSince) = (have, second)
            _ = monitor.replace(
                catalogue: World.catalogue, rules: have ? rules : RuleSet(rules: []),
                at: at(second))
        }

        mutating func probe() {
            var results: [ProbeResult] = []
            for (position, id) in World.ids.enumerated()
            where (second + Int64(position) * 10) % 60 == 0 {
                switch isOffline ? .failing : weather[id] ?? .fine {
                case .fine, .slow:
                    let time: Int64 = weather[id] == .slow ? 900_000 : 1000
                    results.append(result(id, second, totalMicroseconds: time))
                    measured[id] = (second, true)
                    failingSince[id] = nil
                case .failing:
                    results.append(result(id, second, .connectRefused))
                    measured[id] = (second, false)
                    failingSince[id] = isOffline ? nil : failingSince[id] ?? second
                case .monitorFault:
                    results.append(result(id, second, .monitorNoResolver))
                    failingSince[id] = nil
                case .silent: failingSince[id] = nil
                }
            }
            if second % 60 == 0 {
                let reason: Reason? = isOffline ? .connectRefused : nil
                results += ["control-c", "control-d"].map { result($0, second, reason) }
            }
            let isFaulty = !isOffline && World.ids.allSatisfy { weather[$0] == .monitorFault }
            let isSilent = !isOffline && World.ids.allSatisfy { weather[$0] == .silent }
            silentSince = isSilent ? silentSince ?? second : nil
            faultySince = isFaulty ? faultySince ?? second : nil
            monitor.apply(monitor.admit(results))
        }

        mutating func look() {
            _ = monitor.evaluate(at: at(second))
            let snapshot = monitor.snapshot(at: at(second))
            let verdict = snapshot.verdict(counters)
            seen[verdict.grade, default: 0] += 1
            let isCut = counters.receivers.values.contains { $0.failure != nil }
            let isBad = World.ids.filter { id in
                measured[id].map { !$0.isSuccess || second - $0.second > 300 } ?? true
            }
            let isFine = isBad.isEmpty && hasRules && counters.isConfigurationCurrent && !isCut
            if !isFine {
                fineSince = second
                if verdict.grade == .ok || verdict.isWell {
                    breach("says \(verdict.grade.word) while \(isBad) are not well", verdict)
                }
            }
            if isOffline || weather.values.contains(where: { $0 != .fine }) { fineSince = second }
            // The results of half an hour are needed to forget that a state went to and fro.
            if second - fineSince > 2400, !verdict.isWell {
                breach("is not well and nothing is wrong", verdict)
            }
            let pending = snapshot.alerts.filter { $0.state == .pending && $0.level == .page }
            if !pending.isEmpty, verdict.grade == .ok {
                breach("is ok while \(pending.map(\.key)) are pending", verdict)
            }
            let isAboutAll = verdict.grounds.first?.isAboutAll ?? false
            wasBlind = wasBlind || snapshot.blindSince != nil
            if snapshot.blindSince != nil, !isAboutAll {
                breach("is \(verdict.grade.word) while it is blind", verdict)
            }
            if let faultySince, second - faultySince > 180, !isAboutAll {
                breach("is \(verdict.grade.word) while nothing can be measured", verdict)
            }
            if let silentSince, second - silentSince > 190, !isAboutAll {
                breach("is \(verdict.grade.word) while nothing comes", verdict)
            }
            let downFor = World.ruled.compactMap { failingSince[$0] }.map { second - $0 }.max() ?? 0
            if hasRules, min(downFor, second - rulesSince) > 180 {
                if verdict.grade != .critical, !isAboutAll {
                    breach("is \(verdict.grade.word) while something is down", verdict)
                }
            }
        }

        mutating func breach(_ words: String, _ verdict: Verdict) {
            breaches.append("\(second): \(words): \(verdict.grounds.map(\.kind.rawValue))")
        }
    }

    @Test(arguments: UInt64(0)..<30) func greenMeansMeasured(seed: UInt64) throws {
        var world = try World(seed: seed)
        while world.second < 12 * 3600 {
            world.change()
            world.probe()
            world.look()
            world.second += 10
        }
        #expect(world.breaches.prefix(5) == [], "\(world.breaches.count) in seed \(seed)")
        #expect(world.wasBlind, "never blind: nothing was tested")
        for grade in Verdict.Grade.allCases {
            #expect(world.seen[grade] ?? 0 > 0, "never \(grade.word): nothing was tested")
        }
    }
}
