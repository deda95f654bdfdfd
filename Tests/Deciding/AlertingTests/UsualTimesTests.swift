import HealthModel
import Observing
import Testing

@testable import Alerting
@testable import Routing
@testable import Rules

/// What is usual at an hour of the day.
@Suite struct UsualTimesTests {
    private static let kind = UsualTimes.Kind(percent: 95, phase: .total)
    private static let hour: Int64 = 3600
    private static let id = EndpointID("a-www")

    /// Every hour ever given, looked through anew.
    private func expected(_ hours: [Int64: Int64], at hour: Int64) -> Int64? {
        let known = (1...7).compactMap { hours[hour - $0 * 24] }.sorted()
        return known.count < 3 ? nil : known[(known.count - 1) / 2]
    }

    @Test(arguments: 0..<10) func `is the median of the same hour of seven days`(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed)
        var usual = UsualTimes()
        usual.want([Self.kind])
        var store = RollingStore()
        var hours: [Int64: Int64] = [:]
        var known = 0
        // Noon is the start of an hour; gaps of hours, days and once of weeks.
        var hour: Int64 = 0
        for step in 0..<500 {
            hour += Int.random(in: 0..<12, using: &random) == 0 ? 30 : 1
            if step == 250 { hour += 400 }
            var slowest: Int64 = 0
            for minute in 0..<Int64(4) {
                let time = Int64.random(in: 1000...90_000, using: &random)
                slowest = max(slowest, time)
                let one = result(
                    "a-www", hour * Self.hour + minute * 60, totalMicroseconds: time)
                store.append([one])
                usual.learn(from: one, store)
            }
            let now = at(hour * Self.hour + 600)
            let wanted = expected(hours, at: hour)
            known += wanted == nil ? 0 : 1
            #expect(usual.usual(Self.kind, of: Self.id, at: now) == wanted, "step \(step)")
            // Of four, the slowest is what nineteen of twenty do not exceed; this hour is over when
            // the next begins.
            hours[hour] = slowest
        }
        #expect(known > 40)
    }

    @Test func `takes back what an earlier run knew`() {
        var usual = UsualTimes()
        let noons = (1...7).map {
            UsualTimes.Hour(
                start: noon - .seconds($0 * 86_400), microseconds: Int64($0) * 1000)
        }
        usual.recall(noons, of: Self.kind, for: Self.id)
        #expect(usual.usual(Self.kind, of: Self.id, at: noon) == nil, "nobody asks for it")
        usual.want([Self.kind])
        // Two days are too few, three are enough, whatever their order.
        usual.recall(Array(noons[1...2]), of: Self.kind, for: Self.id)
        #expect(usual.usual(Self.kind, of: Self.id, at: noon) == nil)
        usual.recall([noons[5]], of: Self.kind, for: Self.id)
        #expect(usual.usual(Self.kind, of: Self.id, at: noon) == 3000)
        usual.recall(noons, of: Self.kind, for: Self.id)
        #expect(usual.usual(Self.kind, of: Self.id, at: noon + .seconds(3599)) == 4000)
        #expect(usual.usual(Self.kind, of: Self.id, at: noon + .seconds(3600)) == nil)
        // A day later the oldest is more than a week ago.
        #expect(usual.usual(Self.kind, of: Self.id, at: noon + .seconds(86_400)) == 3000)
        #expect(usual.usual(Self.kind, of: EndpointID("other"), at: noon) == nil)
        usual.keep(only: [])
        #expect(usual.usual(Self.kind, of: Self.id, at: noon) == nil)
    }

    @Test func `a rule fires when an hour is not as usual`() throws {
        let text = "p95(total, 5m) > 3 * usual(p95(total, 5m)) and p95(total, 5m) > 1500ms"
        let rules = RuleSet(
            rules: [rule("slower", Condition(try Rules.Expression(parsing: text)))])
        var monitor = HealthMonitor(
            catalogue: ServiceCatalogue(
                services: [service("a")], endpoints: [endpoint("a-www", of: "a")]),
            rules: rules)
        #expect(monitor.usualKinds == [Self.kind])
        func firing(_ second: Int64, _ milliseconds: Int64) -> [Alert.State] {
            monitor.apply([
                result("a-www", second, totalMicroseconds: milliseconds * 1000)
            ])
            return monitor.evaluate(at: at(second)).map(\.alert.state)
        }
        // Six seconds are much, but nobody knows what is usual.
        #expect(firing(0, 6000) == [])
        let noons = (1...3).map {
            UsualTimes.Hour(start: noon - .seconds($0 * 86_400), microseconds: 2_000_000)
        }
        monitor.recall(noons, of: Self.kind, for: Self.id)
        #expect(monitor.evaluate(at: at(1)) == [])
        #expect(firing(60, 6001) == [.firing])
        // At one o'clock nothing is known, and what fires goes on.
        #expect(firing(3600, 5000) == [])
        // Two seconds are usual at noon of the next day as well, and are less than six.
        #expect(firing(86_400, 2000) == [.resolved])
    }
}
