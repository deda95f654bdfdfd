import Alerting
import HealthModel
import Routing
import Testing

@testable import Simulation

/// Years of outages: everything that lasts is told, nothing else is.
@Suite struct YearTests {
    static let desk = ReceiverID("desk")

    private static func rules() throws -> RuleSet {
        let url = try #require(ProbeURL("http://127.0.0.1/"))
        return RuleSet(
            rules: SimulatedRules.all,
            receivers: [
                Receiver(id: desk, kind: .webhook(url), level: .warning),
                Receiver(id: ReceiverID("on-call"), kind: .webhook(url), level: .page),
                Receiver(id: ReceiverID("machine"), kind: .alertmanager(url), level: .digest),
            ])
    }

    private static func holdTime(_ tier: Tier) -> Duration { SimulatedRules.all[0].holdTime[tier] }

    /// Skipping quiet stretches says what playing every slot says, word for word; twenty times as
    /// much happens as in a common year.
    @Test(arguments: [1, 2] as [UInt64]) func skippingChangesNothing(seed: UInt64) throws {
        let year = try #require(OutageYear(seed: seed, days: 7, pace: 20))
        let rules = try Self.rules()
        let whole = YearPlay(year, rules: rules, skipsQuiet: false)
        let skipped = YearPlay(year, rules: rules)
        #expect(whole.transitions == skipped.transitions)
        #expect(whole.told == skipped.told)
        #expect(whole.incidents == skipped.incidents)
        #expect(whole.checksum == skipped.checksum)
        #expect(!whole.transitions.isEmpty)
        #expect(skipped.results < whole.results * 9 / 10)
        #expect(whole.results >= 7 * 1440 * OutageYear.endpointCount - 10)
    }

    /// The full size, fifty seeds of a year of 1,000 endpoints, is `vitaal-bench --simulate-year`.
    @Test(arguments: 0..<3 as Range<UInt64>) func nothingIsMissedAndNothingIsFalse(
        seed: UInt64
    ) throws {
        let year = try #require(OutageYear(seed: seed, days: 24, pace: 6))
        let play = YearPlay(year, rules: try Self.rules())
        let check = YearCheck(play, of: year, people: Self.desk, holdTime: Self.holdTime)
        #expect(check.outages > 3)
        #expect(check.told > check.outages / 4)
        #expect(check.firstMistake == nil)
        #expect((check.missed, check.falseOnes, check.unended) == (0, 0, 0))
    }

    @Test func aSeedIsOneRunAndAnotherSeedAnother() throws {
        let rules = try Self.rules()
        let years = try [7, 7, 8].map { try #require(OutageYear(seed: $0, days: 12, pace: 4)) }
        let plays = years.map { YearPlay($0, rules: rules) }
        #expect(plays[0].transitions == plays[1].transitions)
        #expect(plays[0].told == plays[1].told)
        #expect(plays[0].checksum == plays[1].checksum)
        #expect(plays[0].checksum != plays[2].checksum)
    }

    /// The checker sees what is wrong: nobody told, and told without cause.
    @Test func theCheckerCanFail() throws {
        let year = try #require(OutageYear(seed: 1, days: 20, pace: 6))
        let silent = YearPlay(year, rules: .empty)
        let missed = YearCheck(silent, of: year, people: Self.desk, holdTime: Self.holdTime)
        #expect(missed.outages > 3 && missed.missed == missed.outages)
        let other = try #require(OutageYear(seed: 2, days: 20, pace: 6))
        let play = YearPlay(year, rules: try Self.rules())
        let wrong = YearCheck(play, of: other, people: Self.desk, holdTime: Self.holdTime)
        #expect(wrong.falseOnes > wrong.told / 2)
    }
}
