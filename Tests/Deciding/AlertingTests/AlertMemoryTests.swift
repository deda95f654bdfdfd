import Alerting
import HealthModel
import Testing

/// What survives a restart, and what it leads to.
@Suite struct AlertMemoryTests {
    private static let rules = [
        rule("unreachable", .state(.down), hold: .seconds(60), keep: .seconds(30))
    ]

    private func watch() -> Watch {
        Watch([service("digid")], [endpoint("a", of: "digid")], Self.rules)
    }

    /// What a monitor remembers that was killed at an instant of an outage which begins at 60.
    private func remembered(at end: Int64) -> [RememberedAlert] {
        let watch = watch()
        var kept = AlertChanges()
        watch.apply(result("a", 0))
        for second in 0...end {
            if second % 60 == 0, second > 0 {
                watch.apply(result("a", second, second < 240 ? .connectRefused : nil))
            }
            _ = watch.evaluate(at: second)
            kept.merge(watch.takeAlertChanges())
        }
        return kept.active.values.map(\.self)
    }

    @Test func whatWasToldIsNotToldAgain() throws {
        let memory = remembered(at: 130)
        #expect(memory.map(\.alert.state) == [.firing])
        let watch = watch()
        #expect(watch.restore(memory, lastSeen: 130, at: 4000) == [])
        #expect(watch.snapshot(at: 4000).alerts.map(\.firingSince) == [at(120)])
        #expect(watch.news(at: 4001) == [])
        watch.apply(result("a", 4020, .connectRefused))
        #expect(watch.news(at: 4021) == [])
        // The resolve that was owed, after the keep-firing time.
        watch.apply(result("a", 4080))
        #expect(watch.news(at: 4081) == [])
        #expect(watch.news(at: 4111) == ["unreachable digid resolved"])
    }

    @Test func whatWentDownMeanwhileIsTold() {
        let watch = watch()
        #expect(watch.restore([], lastSeen: 100, at: 4000) == [])
        watch.apply(result("a", 4020, .connectRefused))
        #expect(watch.news(at: 4021) == ["unreachable digid pending"])
        #expect(watch.news(at: 4081) == ["unreachable digid firing"])
    }

    /// A pending alert goes on after a short absence, so that a restart does not delay the page.
    @Test func aPendingAlertGoesOnUnlessTheAbsenceWasLong() {
        let memory = remembered(at: 90)
        #expect(memory.map(\.alert.state) == [.pending])
        let soon = watch()
        #expect(soon.restore(memory, lastSeen: 90, at: 100) == [])
        soon.apply(result("a", 120, .connectRefused))
        #expect(soon.news(at: 121) == ["unreachable digid firing"])
        let late = watch()
        #expect(late.restore(memory, lastSeen: 90, at: 690) == ["unreachable digid ended"])
        late.apply(result("a", 700, .connectRefused))
        #expect(late.news(at: 701) == ["unreachable digid pending"])
    }

    @Test func theKeepFiringTimeGoesOn() {
        let memory = remembered(at: 250)
        #expect(memory.map(\.keepFiringSince) == [at(240)])
        let watch = watch()
        #expect(watch.restore(memory, lastSeen: 250, at: 260) == [])
        watch.apply(result("a", 262))
        #expect(watch.news(at: 269) == [])
        #expect(watch.news(at: 270) == ["unreachable digid resolved"])
    }

    @Test func anAlertOfARuleThatIsGoneIsResolved() {
        let watch = Watch([service("digid")], [endpoint("a", of: "digid")], [])
        #expect(
            watch.restore(remembered(at: 130), lastSeen: 130, at: 140)
                == ["unreachable digid resolved"])
        #expect(watch.takeAlertChanges().isComplete)
    }

    /// Changes handed over at any instants add up to what is active.
    @Test(arguments: 0..<40 as Range<UInt64>) func changesAddUp(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let names = ["a", "b", "c"]
        func services(_ names: [String]) -> ([Service], [Endpoint]) {
            (names.map { service("s\($0)") }, names.map { endpoint($0, of: "s\($0)") })
        }
        let all = services(names)
        let watch = Watch(all.0, all.1, Self.rules)
        var kept = AlertChanges()
        var pile: [AlertKey: RememberedAlert] = [:]
        for second in stride(from: 0, to: 3000, by: 10) as StrideTo<Int64> {
            for name in names where Int.random(in: 0..<4, using: &random) == 0 {
                watch.apply(
                    result(name, second, Bool.random(using: &random) ? .connectRefused : nil))
            }
            if Int.random(in: 0..<60, using: &random) == 0 {
                let some = services(names.filter { _ in Bool.random(using: &random) })
                _ = watch.replace(some.0, some.1, Self.rules, at: second)
            }
            _ = watch.evaluate(at: second)
            if Int.random(in: 0..<3, using: &random) == 0 { kept.merge(watch.takeAlertChanges()) }
            if Int.random(in: 0..<5, using: &random) == 0 {
                kept.merge(watch.takeAlertChanges())
                if kept.isComplete { pile = [:] }
                for key in kept.ended { pile[key] = nil }
                pile.merge(kept.active) { $1 }
                kept = AlertChanges()
                let alerts = watch.snapshot(at: second).alerts
                #expect(Set(pile.values.map(\.alert)) == Set(alerts))
            }
        }
    }
}
