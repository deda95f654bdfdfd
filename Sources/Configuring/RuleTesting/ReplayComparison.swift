public import HealthModel

/// What proposed rules would have told, against what was told.
public struct ReplayComparison: Sendable, Hashable {
    /// How far apart two alerts of one rule and subject may lie and still be the same news.
    public static let tolerance: Duration = .seconds(300)

    /// The same news, with the proposed rules and then.
    public struct Pair: Sendable, Hashable {
        /// What would have fired.
        public var proposed: FiredAlert
        /// What fired.
        public var then: FiredAlert
    }

    /// How often a rule fired at a level.
    public struct Total: Sendable, Hashable {
        /// The rule.
        public var rule: RuleID
        /// The level.
        public var level: Level
        /// With the proposed rules.
        public var proposed: Int
        /// Then.
        public var then: Int
    }

    /// News in both.
    public private(set) var both: [Pair] = []
    /// News with the proposed rules only.
    public private(set) var onlyProposed: [FiredAlert] = []
    /// News that would be gone.
    public private(set) var onlyThen: [FiredAlert] = []

    private struct Key: Hashable {
        var rule: RuleID
        var object: String
    }

    /// Compares alerts of which one at least began in a window.
    ///
    /// An alert is paired with the first one of the same rule and subject that fires at the same
    /// time, or nearly; each is paired once. So a rule that holds later, longer or at another level
    /// is the same news, and one that tells an outage in two parts is new.
    ///
    /// - Parameters:
    ///   - proposed: What would have fired, also before the window.
    ///   - then: What fired, also before the window.
    ///   - window: When news counts.
    public init(
        proposed: [FiredAlert], then: [FiredAlert], window: Range<Timestamp>
    ) {
        var waiting = Dictionary(grouping: then) { Key(rule: $0.rule, object: $0.object) }
        for key in Array(waiting.keys) { waiting[key]?.sort { $0.firedAt < $1.firedAt } }
        for alert in proposed.sorted(by: Self.isBefore) {
            let key = Key(rule: alert.rule, object: alert.object)
            let isNews = window.contains(alert.firedAt)
            if let place = waiting[key]?.firstIndex(where: { Self.areSame(alert, $0) }),
                let then = waiting[key]?.remove(at: place)
            {
                guard isNews || window.contains(then.firedAt) else { continue }
                both.append(Pair(proposed: alert, then: then))
            } else if isNews {
                onlyProposed.append(alert)
            }
        }
        onlyThen = waiting.values.flatMap(\.self).filter { window.contains($0.firedAt) }
            .sorted(by: Self.isBefore)
    }

    /// How often each rule fired at each level, by rule and then the most urgent first.
    public var totals: [Total] {
        struct Place: Hashable {
            var rule: RuleID
            var level: Level
        }
        var counts: [Place: (proposed: Int, then: Int)] = [:]
        for alert in both.map(\.proposed) + onlyProposed {
            counts[Place(rule: alert.rule, level: alert.level), default: (0, 0)].proposed += 1
        }
        for alert in both.map(\.then) + onlyThen {
            counts[Place(rule: alert.rule, level: alert.level), default: (0, 0)].then += 1
        }
        return counts.map {
            Total(
                rule: $0.key.rule, level: $0.key.level, proposed: $0.value.proposed,
                then: $0.value.then)
        }.sorted { $0.rule == $1.rule ? $0.level > $1.level : $0.rule.text < $1.rule.text }
    }

    private static func areSame(_ left: FiredAlert, _ right: FiredAlert) -> Bool {
        func isOver(_ one: FiredAlert, before other: FiredAlert) -> Bool {
            one.endedAt.map { $0 + tolerance < other.firedAt } ?? false
        }
        return !isOver(left, before: right) && !isOver(right, before: left)
    }

    private static func isBefore(_ left: FiredAlert, _ right: FiredAlert) -> Bool {
        (left.firedAt.nanoseconds, left.object, left.rule.text)
            < (right.firedAt.nanoseconds, right.object, right.rule.text)
    }
}
