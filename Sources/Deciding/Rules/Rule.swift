public import HealthModel

/// What is worth telling people, as written in `alerts/`.
public struct Rule: Sendable, Hashable {
    /// The stable name, unique in the rule set.
    public var id: RuleID
    /// When the rule holds for a subject.
    public var condition: Condition
    /// How long the condition must hold before the alert fires, by the tier of the service.
    public var holdTime: PerTier<Duration>
    /// How long the alert keeps firing after the condition stopped, against flapping.
    public var keepFiringTime: Duration
    /// How soon a person must know, by the tier of the service; nil switches the rule off there.
    public var level: PerTier<Level?>
    /// One line for people, with placeholders such as `{service}` (see `RulePlaceholder`).
    public var summary: LocalizedText
    /// Where the on-call engineer reads what to do; nil when there is none.
    public var runbook: String?
    /// The services it is for; every one unless it is set.
    public var scope = RuleScope()
    /// Who is told, whatever level, tier and sector they ask for; empty leaves it to what they ask.
    public var receivers: [ReceiverID] = []

    /// Makes a rule.
    public init(
        id: RuleID, condition: Condition, holdTime: PerTier<Duration>,
        keepFiringTime: Duration = .zero, level: PerTier<Level?>, summary: LocalizedText,
        runbook: String? = nil
    ) {
        self.id = id
        self.condition = condition
        self.holdTime = holdTime
        self.keepFiringTime = keepFiringTime
        self.level = level
        self.summary = summary
        self.runbook = runbook
    }
}

/// When a rule holds.
public enum Condition: Sendable, Hashable {
    /// The own state of the service is this one. Subject: the service.
    case state(HealthState)
    /// The quantile (0 to 1) of the total duration of successful probes over the last `window`
    /// is above `threshold`. Subject: the endpoint.
    case slow(quantile: Double, window: Duration, threshold: Duration)
    /// The last handshake showed a certificate with a verdict other than trusted.
    /// Subject: the endpoint.
    case certificateInvalid
    /// The certificate that runs out first on the verified path is past `share` of its expected
    /// renewal point and still valid (`RenewalThreshold`). Renewal is expected at 1/3 of the
    /// lifetime left, at 1/2 when the lifetime is under 10 days; share 0.75 then means 1/4 of the
    /// lifetime left, and 60 days at most. Subject: the endpoint.
    case certificateRunningOut(share: Double)
    /// The same of a certificate that the server sends beside the verified path, also when it has
    /// run out: old clients follow it. Subject: the endpoint.
    case sentCertificateRunningOut(share: Double)
    /// The endpoint usually renews earlier than this (`RenewalHistory`). Subject: the endpoint.
    case certificateRenewalOverdue
    /// The service uses up its error budget too fast, by losses that no incident has told of.
    /// Subject: the service.
    case burnRate(BurnRateCondition)
    /// The expression holds. Subject: what its values are of.
    case expression(Expression)

    /// Whether the subject of the rule is an endpoint; otherwise it is a service.
    public var isAboutEndpoint: Bool {
        switch self {
        case .state, .burnRate: false
        case .expression(let expression): expression.isAboutEndpoint
        case .slow, .certificateInvalid, .certificateRunningOut, .sentCertificateRunningOut,
            .certificateRenewalOverdue:
            true
        }
    }
}

/// One value for each tier.
public struct PerTier<Value: Sendable & Hashable>: Sendable, Hashable {
    private var values: [Value]

    /// The same value for every tier.
    public init(_ value: Value) { values = Tier.allCases.map { _ in value } }

    /// A value for each tier, tier 0 first.
    public init(tier0: Value, tier1: Value, tier2: Value, tier3: Value) {
        values = [tier0, tier1, tier2, tier3]
    }

    /// The value for one tier.
    public subscript(tier: Tier) -> Value {
        get { values[tier.rawValue] }
        set { values[tier.rawValue] = newValue }
    }

    /// The same with `transform` applied to each value.
    public func map<Result: Sendable & Hashable>(
        _ transform: (Value) -> Result
    ) -> PerTier<Result> {
        PerTier<Result>(
            tier0: transform(values[0]), tier1: transform(values[1]), tier2: transform(values[2]),
            tier3: transform(values[3]))
    }
}

/// The words in braces that a summary may contain.
public enum RulePlaceholder: String, Sendable, Hashable, CaseIterable {
    /// The name of the service in the language of the text.
    case service
    /// The id of the endpoint; for a service the ids of its failing endpoints.
    case endpoint
    /// The reason's sentence, such as "no connection in time".
    case reason
    /// The detail of the last failure, such as `status 503`.
    case detail
    /// The owner of the service.
    case owner
    /// The measured value, such as `2.4s` or `11d`.
    case value
    /// How many services depend on this one by a hard or login edge, directly or not.
    case dependants
}
