public import Alerting
public import HealthModel
public import Observing
public import Routing

/// What a server was seen to do, or not to do, of the baseline.
public struct BaselineSight: Sendable, Hashable {
    /// The endpoint.
    public var endpoint: EndpointID
    /// What is asked of it.
    public var fact: BaselineFact
    /// Whether it does that.
    public var passes: Bool

    /// Makes a sight.
    public init(endpoint: EndpointID, fact: BaselineFact, passes: Bool) {
        self.endpoint = endpoint
        self.fact = fact
        self.passes = passes
    }
}

/// Plays results to the rules by a clock of its own, as the daemon does by the real one.
///
/// The daemon looks at the rules twice a second; here every whole second counts. Whoever plays
/// steps from `nextStep` to `nextStep`, which leaves out the seconds in which nothing can change;
/// what comes of it is the same.
public struct RulePlayer: Sendable {
    /// How often the rules are looked at.
    public static let period: Duration = .seconds(1)

    /// What one look changed.
    public struct Step: Sendable {
        /// Alerts that changed.
        public var transitions: [AlertTransition]
        /// What receivers are told.
        public var notifications: [Notification]

        /// Whether nothing changed.
        public var isEmpty: Bool { transitions.isEmpty && notifications.isEmpty }
    }

    /// The brain, as the daemon has it.
    public private(set) var monitor: HealthMonitor

    /// Makes a player that has seen nothing.
    public init(catalogue: ServiceCatalogue, rules: RuleSet) {
        monitor = HealthMonitor(catalogue: catalogue, rules: rules)
    }

    /// Takes results, then looks at the rules.
    ///
    /// - Parameters:
    ///   - now: The present, never earlier than that of the last step.
    ///   - results: What came since then, in the order in which the probes ended.
    ///   - sights: What servers were seen to do or not to do since then.
    /// - Returns: What changed, and who is told.
    public mutating func step(
        at now: Timestamp, _ results: [ProbeResult] = [], sights: [BaselineSight] = []
    ) -> Step {
        for sight in sights {
            monitor.note(sight.fact, sight.passes ? .passes : .fails, of: sight.endpoint, at: now)
        }
        if !results.isEmpty { monitor.apply(monitor.admit(results)) }
        let transitions = monitor.evaluate(at: now)
        let notifications = monitor.takeAlertChanges().notifications
        // Here every receiver takes everything at once.
        monitor.note(notifications.map { Delivery(notification: $0, at: now) })
        return Step(transitions: transitions, notifications: notifications)
    }

    /// The next instant at which `step` may change something, provided that no result comes before.
    ///
    /// - Parameters:
    ///   - now: The instant of the last step.
    ///   - next: When the next result comes; nil when none does.
    /// - Returns: `now` and a whole number of periods later: nothing happens in between.
    public func nextStep(after now: Timestamp, result next: Timestamp?) -> Timestamp {
        let period = Self.period.nanoseconds
        let soonest = now + Self.period
        if let next, next <= soonest { return soonest }
        let quiet = monitor.quietUntil(after: now)
        let until = next.map { min($0, quiet) } ?? quiet
        let periods = ((until - now).nanoseconds + period - 1) / period
        return max(soonest, now + .nanoseconds(periods * period))
    }

    /// Pending and firing alerts, those of the last step.
    public mutating func alerts(at now: Timestamp) -> [Alert] { monitor.snapshot(at: now).alerts }
}
