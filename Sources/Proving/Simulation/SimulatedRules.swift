import HealthModel
public import Rules

/// The shipped rules on availability and objectives, written out, because reading files is I/O.
///
/// That they are the same as those in `alerts/` is tested.
public enum SimulatedRules {
    /// How long an outage lasts before it is told.
    public static let outageHoldTime = PerTier<Duration>(
        tier0: minutes(2), tier1: minutes(4), tier2: minutes(10), tier3: minutes(30))

    private static func rule(
        _ id: String, _ condition: Condition, hold: PerTier<Duration> = PerTier(.zero),
        keep: Duration = .zero, _ tier0: Level, _ tier1: Level, _ tier2: Level, _ tier3: Level
    ) -> Rule {
        let text = "{service} {reason} {value}"
        return Rule(
            id: RuleID(id), condition: condition, holdTime: hold, keepFiringTime: keep,
            level: PerTier(tier0: tier0, tier1: tier1, tier2: tier2, tier3: tier3),
            summary: LocalizedText(dutch: text, english: text))
    }

    private static func minutes(_ count: Int) -> Duration { .seconds(60 * count) }

    /// The rules.
    public static let all: [Rule] = [
        rule(
            "unreachable", .state(.down), hold: outageHoldTime, keep: minutes(2), .page, .page,
            .critical,
            .digest),
        rule(
            "partly-unreachable", .state(.degraded), hold: outageHoldTime, keep: minutes(2), .page,
            .critical, .warning, .digest),
        rule(
            "flapping", .state(.flapping), keep: minutes(30), .critical, .critical, .warning,
            .digest),
        rule(
            "slow", .slow(quantile: 0.95, window: minutes(10), threshold: .seconds(3)),
            hold: PerTier(
                tier0: minutes(5), tier1: minutes(5), tier2: minutes(15), tier3: minutes(30)),
            .warning, .warning, .digest, .digest),
        rule("busy", .state(.busy), hold: outageHoldTime, .warning, .warning, .warning, .warning),
        rule(
            "budget-burning-fast",
            .burnRate(BurnRateCondition(rate: 14.4, long: minutes(60), short: minutes(5))),
            keep: minutes(15), .page, .page, .critical, .digest),
        rule(
            "budget-burning",
            .burnRate(BurnRateCondition(rate: 6, long: minutes(360), short: minutes(30))),
            keep: minutes(60), .critical, .critical, .warning, .digest),
        rule(
            "budget-trend",
            .burnRate(BurnRateCondition(rate: 1, long: minutes(72 * 60), short: minutes(360))),
            hold: PerTier(minutes(60)), keep: minutes(360), .warning, .warning, .digest, .digest),
    ]
}
