import HealthModel
import Testing

@testable import Alerting

/// Recurring maintenance through the whole monitor, over random histories in which clocks change.
///
/// The contract: *in each occurrence the service is under maintenance and nobody is told that it
/// fails; outside of them an outage of five minutes is told*.
@Suite struct RecurringMaintenanceContractTests {
    /// The time of occurrences, worked out from their days and the clock of Amsterdam.
    private struct Plan {
        /// Clocks go back at this instant; before it they are two hours ahead of UTC, then one.
        static let change = Timestamp(seconds: 1_792_890_000)
        var days: Recurrence.Days
        var from: Timestamp
        var length: Duration

        func contains(_ instant: Timestamp) -> Bool {
            let shown = from + (from < Self.change ? .seconds(7200) : .seconds(3600))
            let time = shown.seconds % 86_400
            let today = instant.seconds / 86_400
            return (today - 2...today + 1).contains { day in
                // Day 0 was a Thursday.
                let weekday = Int((day + 3) % 7) + 1
                if case .weekly(let wanted) = days, !wanted.contains(weekday) { return false }
                let local = Timestamp(seconds: day * 86_400 + time)
                let inSummer = local - .seconds(7200)
                let begin = inSummer < Self.change ? inSummer : local - .seconds(3600)
                return begin >= from && begin <= instant && instant < begin + length
            }
        }
    }

    @Test(arguments: UInt64(0)..<4) func occurrencesAreKept(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        // Noon of 23 October; clocks change in the second night.
        let play = try Outages(
            [.init(id: "digid"), .init(id: "svb", sector: "care")],
            start: Plan.change - .seconds(37 * 3600))
        let from = play.now + .seconds(60 * Int64.random(in: 1...1440, using: &random))
        let length = Duration.seconds(60 * Int64.random(in: 10...600, using: &random))
        let days: Recurrence.Days =
            seed % 2 == 0
            ? .daily : .weekly(Set((1...7).filter { _ in Bool.random(using: &random) } + [7]))
        try play.order(
            .maintain(
                [ServiceID("digid")], withDependants: false, from: from, to: from + length,
                every: days, until: nil))
        let plan = Plan(days: days, from: from, length: length)
        var open: Set<String> = []
        var (failing, heard, inside, pages) = (0, 0, 0, 0)
        for _ in 0..<(4 * 1440) {
            let now = play.now
            if Int.random(in: 0..<60, using: &random) == 0 {
                play.failing["digid"] = play.failing["digid"] == nil ? .connectRefused : nil
            }
            if Int.random(in: 0..<700, using: &random) == 0 { play.restart() }
            play.pass(1)
            let isInside = plan.contains(now)
            let state = play.snapshot().services[0].ownState
            try #require((state == .maintenance) == isInside, "\(state) at \(now.rfc3339)")
            for message in play.full[heard...] where message.receiver == ReceiverID("people") {
                for item in message.items {
                    if item.part.isEnd { open.remove(item.alert.episode) }
                    guard item.part == .begun else { continue }
                    try #require(!isInside, "\(message.id) at \(now.rfc3339)")
                    open.insert(item.alert.episode)
                    pages += 1
                }
            }
            heard = play.full.count
            inside += isInside ? 1 : 0
            failing = play.failing["digid"] == nil || isInside ? 0 : failing + 1
            try #require(failing < 5 || !open.isEmpty, "nobody knows at \(now.rfc3339)")
        }
        #expect(inside >= Int(length.components.seconds) / 60 && pages > 10)
    }
}
