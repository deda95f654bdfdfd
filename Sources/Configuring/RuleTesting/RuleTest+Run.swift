import Alerting
public import HealthModel
import Incidents
import Routing

/// What came of one case.
public struct RuleTestOutcome: Sendable, Hashable {
    /// Lines kept of what happened; the first stay.
    public static let storyMax = 1000

    /// One thing that was not as expected, at one instant.
    public struct Failure: Sendable, Hashable {
        /// What is compared: `alerts`, `notifications` or `incidents`.
        public var kind: String
        /// When, from the start on.
        public var at: Duration
        /// When.
        public var instant: Timestamp
        /// Where the expectation stands.
        public var place: String
        /// What was expected, in columns.
        public var expected: [Row]
        /// What came, in columns.
        public var came: [Row]
    }

    /// One line of a comparison.
    public struct Row: Sendable, Hashable {
        /// The columns, such as rule, subject, state and level.
        public var columns: [String]
        /// Whether the other side has it too.
        public var isMatched: Bool
    }

    /// One thing that happened.
    public struct Event: Sendable, Hashable {
        /// When, from the start on.
        public var at: Duration
        /// What, in columns.
        public var columns: [String]
    }

    /// The name of the case.
    public var name: String
    /// Where it stands.
    public var place: String
    /// What was not as expected.
    public var failures: [Failure] = []
    /// Alerts that changed and what was told, in order; at most `storyMax`.
    public var story: [Event] = []

    /// Whether all was as expected.
    public var isOK: Bool { failures.isEmpty }
}

extension RuleTest {
    /// Plays the case from its start to its last check, as if second by second.
    ///
    /// - Precondition: the checks are in order, each at another whole second.
    public func run() -> RuleTestOutcome { run(everySecond: false) }

    /// The same; `everySecond` leaves out none, to compare with.
    func run(everySecond: Bool) -> RuleTestOutcome {
        var outcome = RuleTestOutcome(name: name, place: place)
        var player = RulePlayer(catalogue: catalogue, rules: rules)
        var cursors = catalogue.probedEndpoints.compactMap { endpoint in
            series[endpoint.id].map { SeriesCursor($0, of: endpoint, from: start) }
        }
        var told: [Notification] = []
        var now = start
        for check in checks {
            let end = start + check.at
            while now <= end {
                let seen = Self.results(of: &cursors, until: now)
                let step = player.step(at: now, seen.results, sights: seen.sights)
                told += step.notifications
                outcome.note(step, at: now - start)
                if everySecond || now == end {
                    now = now + RulePlayer.period
                } else {
                    let next = player.nextStep(
                        after: now, result: cursors.compactMap(\.nextAt).min())
                    now = min(next, end)
                }
            }
            outcome.failures += compare(check, told, &player, at: end)
            told = []
        }
        return outcome
    }

    /// The results whose slots have come, the earliest first, then in the order of the catalogue.
    private static func results(
        of cursors: inout [SeriesCursor], until now: Timestamp
    ) -> (results: [ProbeResult], sights: [BaselineSight]) {
        var results: [ProbeResult] = []
        var sights: [BaselineSight] = []
        for index in cursors.indices {
            while let next = cursors[index].nextAt, next <= now {
                guard let result = cursors[index].take() else { continue }
                results.append(result)
                guard result.isSuccess else { continue }
                sights += cursors[index].baseline.map { fact, passes in
                    BaselineSight(endpoint: result.endpoint, fact: fact, passes: passes)
                }
            }
        }
        // Sorting keeps equal elements in order, since Swift 5.
        return (results.count > 1 ? results.sorted { $0.slot < $1.slot } : results, sights)
    }

    private func compare(
        _ check: Check, _ told: [Notification], _ player: inout RulePlayer, at now: Timestamp
    ) -> [RuleTestOutcome.Failure] {
        var failures: [RuleTestOutcome.Failure] = []
        func compare<Expected, Came>(
            _ kind: String, _ expected: [Expected]?, _ came: [Came],
            fits: (Expected, Came) -> Bool, words: (Expected) -> [String],
            cameWords: (Came) -> [String]
        ) {
            guard let expected else { return }
            let pairs = Pairing(expected, came, fits: fits)
            guard !pairs.isComplete else { return }
            failures.append(
                RuleTestOutcome.Failure(
                    kind: kind, at: check.at, instant: now, place: check.place,
                    expected: zip(expected, pairs.isLeftPaired).map { Row(words($0), $1) },
                    came: zip(came, pairs.isRightPaired).map { Row(cameWords($0), $1) }))
        }
        compare(
            "alerts", check.alerts, player.alerts(at: now), fits: { $0.fits($1) },
            words: \.columns, cameWords: \.columns)
        compare(
            "notifications", check.notifications, told, fits: { $0.fits($1) }, words: \.columns,
            cameWords: \.columns)
        compare(
            "incidents", check.incidents, player.monitor.incidents.open, fits: { $0.fits($1) },
            words: \.columns, cameWords: \.columns)
        return failures
    }

    private typealias Row = RuleTestOutcome.Row
}

extension RuleTestOutcome.Row {
    fileprivate init(_ columns: [String], _ isMatched: Bool) {
        self.init(columns: columns, isMatched: isMatched)
    }
}

extension RuleTestOutcome {
    fileprivate mutating func note(_ step: RulePlayer.Step, at instant: Duration) {
        guard !step.isEmpty, story.count < Self.storyMax else { return }
        for transition in step.transitions {
            let alert = transition.alert
            let isEnd = alert.state == .resolved && alert.firingSince == nil
            var columns = alert.columns
            if isEnd { columns[2] = "ended" }
            story.append(Event(at: instant, columns: ["alert"] + columns))
        }
        for notification in step.notifications {
            for columns in notification.lines {
                story.append(Event(at: instant, columns: ["told"] + columns))
            }
        }
        story.removeLast(max(0, story.count - Self.storyMax))
    }
}

// MARK: What fits, and how it is shown

extension RuleTest.ExpectedAlert {
    fileprivate func fits(_ alert: Alert) -> Bool {
        rule == alert.key.rule && subject == alert.key.subject.description && state == alert.state
            && (level ?? alert.level) == alert.level
    }
    fileprivate var columns: [String] {
        [rule.text, subject, state.rawValue] + [level?.rawValue].compactMap(\.self)
    }
}

extension RuleTest.ExpectedNotification {
    fileprivate func fits(_ notification: Notification) -> Bool {
        guard receiver == notification.receiver,
            occasion.map({ $0 == notification.occasion }) ?? notification.occasion.isNews
        else { return false }
        let told = notification.news.isEmpty ? notification.items : notification.news
        return told.contains { item in
            let alert = item.alert
            return state == alert.state && (rule ?? alert.key.rule) == alert.key.rule
                && (subject ?? alert.key.subject.description) == alert.key.subject.description
                && (level ?? alert.level) == alert.level
        } && words.allSatisfy { notification.text.contains($0) }
    }
    fileprivate var columns: [String] {
        [
            receiver.text, state.rawValue, occasion?.rawValue ?? "*", rule?.text ?? "*",
            subject ?? "*", level?.rawValue ?? "*",
        ] + words.map { "\"\($0)\"" }
    }
}

extension RuleTest.ExpectedIncident {
    fileprivate func fits(_ incident: Incident) -> Bool {
        root == incident.root && (services ?? incident.services.count) == incident.services.count
            && (level ?? incident.level) == incident.level
    }
    fileprivate var columns: [String] {
        [root.description, services.map(Self.words) ?? "*", level?.rawValue ?? "*"]
    }
    fileprivate static func words(_ services: Int) -> String {
        "\(services) service\(services == 1 ? "" : "s")"
    }
}

extension Alert {
    fileprivate var columns: [String] {
        [key.rule.text, key.subject.description, state.rawValue, level.rawValue]
    }
}

extension Notification {
    fileprivate var columns: [String] { Self.columns(receiver, occasion, items[0]) }

    /// One line for each alert that is new, or that a reminder leads with.
    fileprivate var lines: [[String]] {
        (news.isEmpty ? [items[0]] : news).map { Self.columns(receiver, occasion, $0) }
    }

    private static func columns(
        _ receiver: ReceiverID, _ occasion: Occasion, _ item: Item
    ) -> [String] {
        [
            receiver.text, item.alert.state.rawValue, occasion.rawValue,
            item.alert.key.rule.text, item.alert.key.subject.description,
            item.alert.level.rawValue,
        ]
    }
}

extension Incident {
    fileprivate var columns: [String] {
        [
            root.description, RuleTest.ExpectedIncident.words(services.count), level.rawValue,
        ]
    }
}
