import HealthModel
import Testing

@testable import Alerting
@testable import Observing

@Suite struct FlapDetectorTests {
    /// `O` up, `W` degraded, `C` down.
    private func states(_ letters: String) -> [HealthState] {
        letters.compactMap { ["O": .up, "W": .degraded, "C": .down][$0] }
    }

    /// The example in Icinga 2's documentation (Advanced Topics, Check Flapping), which its own
    /// test `host_flapping_docs_example` holds it to.
    @Test func equalsIcingasExample() {
        var detector = FlapDetector()
        for state in states("CCCWCWOOOOWWWWOOOWWWC") { detector.take(state) }
        #expect(detector.sum == 782)
        #expect(detector.isFlapping)
        for _ in 0..<7 { detector.take(.down) }
        // 18.9 % of 20.
        #expect(detector.sum == 378)
        #expect(!detector.isFlapping)
    }

    @Test func everyResultDifferentIsNearlyAll() {
        var detector = FlapDetector()
        for number in 0..<40 { detector.take(number % 2 == 0 ? .down : .up) }
        #expect(detector.sum == 1980)
    }

    /// Six changes in a row begin it, five do not; one outage never does.
    @Test func sixChangesInARow() {
        var detector = FlapDetector()
        for number in 0..<6 {
            #expect(!detector.isFlapping)
            detector.take(number % 2 == 0 ? .down : .up)
        }
        #expect(detector.isFlapping)
        var once = FlapDetector()
        for number in 0..<60 {
            once.take((10..<30).contains(number) ? .down : .up)
            #expect(!once.isFlapping)
        }
    }

    /// Beside Icinga's own words: a ring of bits, an index, the oldest first.
    @Test(arguments: 0..<100) func agreesWithARingOfBits(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var detector = FlapDetector()
        var bits = [Bool](repeating: false, count: 20)
        var (oldest, last, flapping) = (0, HealthState.up, false)
        let calm = Int.random(in: 1..<12, using: &random)
        for _ in 0..<200 {
            let state: HealthState =
                Int.random(in: 0..<calm, using: &random) > 0
                ? last : [.up, .degraded, .down, .busy].randomElement(using: &random) ?? .up
            bits[oldest] = state != last
            last = state
            oldest = (oldest + 1) % 20
            let sum = (0..<20).reduce(0) { sum, number in
                bits[(oldest + number) % 20] ? sum + 80 + 2 * number : sum
            }
            flapping = 100 * sum > (flapping ? 25 : 30) * 2000
            detector.take(state)
            #expect(detector.sum == sum)
            #expect(detector.isFlapping == flapping)
        }
    }

    /// What is recalled late stands before what was measured meanwhile.
    @Test func recalledResultsComeFirst() {
        let all = states("OCOCOCOCOCOOOOOCOCOC")
        var whole = FlapDetector()
        for state in all { whole.take(state) }
        for cut in 0...all.count {
            var later = FlapDetector()
            for state in all[cut...] { later.take(state) }
            later.recall(all[..<cut])
            #expect(later == whole)
        }
        // Of what is recalled the last twenty count.
        var later = FlapDetector()
        later.recall(states("CO") + all)
        #expect(later == whole)
    }

    private func tracker(_ reasons: [Reason?]) -> EndpointTracker {
        var tracker = EndpointTracker(id: EndpointID("a"))
        for (number, reason) in reasons.enumerated() {
            tracker.apply(result("a", Int64(60 * number), reason), interval: .seconds(60))
        }
        return tracker
    }

    private static let byTurns: [Reason?] = [
        nil, .connectRefused, nil, .connectRefused, nil, .connectRefused, nil, .connectRefused,
    ]

    @Test func anEndpointThatAnswersByTurnsIsFlapping() {
        #expect(tracker(Array(Self.byTurns.prefix(6))).status.state == .down)
        #expect(tracker(Array(Self.byTurns.prefix(7))).status.state == .flapping)
        #expect(tracker(Self.byTurns).status.state == .flapping)
        // What the monitor failed to see is no change.
        #expect(tracker(Self.byTurns + [.monitorNoRoute]).status.state == .unknown)
        #expect(
            tracker(Self.byTurns + [.monitorNoRoute, .connectRefused]).status.state == .flapping)
        // What the server says of itself stands.
        #expect(tracker(Self.byTurns + [.maintenance]).status.state == .maintenance)
        #expect(tracker(Self.byTurns + [.httpBlocked]).status.state == .blocked)
    }

    /// An outage that lasts is no flapping, though much came before it.
    @Test func aFailureThatLastsIsDown() {
        let lasting = [Reason?](repeating: .timeoutTLS, count: 4)
        #expect(tracker(Self.byTurns + lasting.dropLast()).status.state == .flapping)
        #expect(tracker(Self.byTurns + lasting).status.state == .down)
        #expect(tracker(Self.byTurns + lasting + [nil]).status.state == .flapping)
    }

    /// One alert for an attack of an hour, instead of a page every few minutes.
    @Test func oneAlertForAnHourOfIt() {
        let watch = Watch(
            [service("digid")], [endpoint("a", of: "digid")],
            [
                rule("unreachable", .state(.down), hold: .seconds(120), keep: .seconds(120)),
                rule("flapping", .state(.flapping), keep: .seconds(1800)),
            ])
        var news: [String] = []
        for minute in 0..<160 {
            let isAttacked = (30..<90).contains(minute)
            watch.apply(
                result("a", Int64(60 * minute), isAttacked && minute % 2 == 0 ? .timeoutTLS : nil))
            for second in stride(from: 0, to: 60, by: 10) {
                news += watch.news(at: Int64(60 * minute + second))
                    .filter { !$0.contains("pending") && !$0.contains("ended") }
            }
        }
        #expect(
            news.filter { $0.hasPrefix("flapping") }
                == ["flapping digid firing", "flapping digid resolved"])
        #expect(news.filter { $0.hasPrefix("unreachable") }.isEmpty)
    }
}
