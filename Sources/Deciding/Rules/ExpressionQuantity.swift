public import Observing

extension Expression {
    /// A value that is measured, of the endpoint or service that a rule looks at.
    public enum Quantity: Sendable, Hashable, CustomStringConvertible {
        /// The own state of the service.
        case state
        /// The state of the service with what it depends on.
        case effectiveState
        /// How many services depend on the service by a hard or login edge, directly or not.
        case dependants
        /// The tier of the service, 0 to 3.
        case tier
        /// Failed probes in a row.
        case consecutiveFailures
        /// Why the last probe failed; differs from every reason when it succeeded.
        case reason
        /// The HTTP status of the last probe; not known without HTTP.
        case status
        /// Whether no connection stands over IPv6 while the same URL is reached over IPv4; false for
        /// every endpoint that is not the IPv6 one of two.
        case onlyIPv6Fails
        /// The share of the results of a window that succeeded; results that say nothing of what
        /// people see (maintenance, blocked, faults of the monitor) are left out.
        case availability(Duration)
        /// How many results of a window failed.
        case failures(Duration)
        /// How often the results of a window went from success to failure or back.
        case changes(Duration)
        /// How many times too fast the service uses up its error budget over a window; 0 while its
        /// losses are those of a single failed probe, or of an incident that people were told of.
        case burnRate(Duration)
        /// The duration of a phase that this many percent of the answered probes of a window
        /// did not exceed.
        case quantile(percent: Int, Phase, Duration)
        /// What a quantile of a window usually is at this hour of the day: the median of seven days.
        case usual(percent: Int, Phase, Duration)
        /// Whether this changed within a day, or the time that is written.
        case changed(CertificateFact, Duration)
        /// Whether the server did this within 30 days, or the time that is written, and does not
        /// now.
        case regressed(BaselineFact, Duration)
        /// For how long the service has had its own state; only behind `for`.
        case stateTime
        /// For how long the service has had its effective state; only behind `for`.
        case effectiveStateTime
        /// Whether it is known when the service came into its own state, as it is not after a time in
        /// which nothing was measured; only behind `for`.
        case isStateBeginKnown
        /// Whether it is known when the service came into its effective state; only behind `for`.
        case isEffectiveStateBeginKnown
        /// Whether the last certificate seen is trusted.
        case certificateTrusted
        /// The share of its lifetime that the certificate that runs out first has left; 0 after.
        case certificateLifetimeLeft
        /// The time that the certificate that runs out first has left; negative after its end.
        case certificateExpiresIn

        /// The value as it would be written.
        public var description: String {
            switch self {
            case .quantile(_, let phase, let window):
                return "\(name.rawValue)(\(phase.rawValue), \(window.expressionText))"
            case .usual(let percent, let phase, let window):
                return "usual(\(Quantity.quantile(percent: percent, phase, window)))"
            case .changed(let fact, let window):
                let isUsual = window == Expression.changeTime
                return "changed(\(fact.rawValue)\(isUsual ? "" : ", \(window.expressionText)"))"
            case .regressed(let fact, let window):
                let isUsual = window == Expression.regressTime
                return "regressed(\(fact.rawValue)\(isUsual ? "" : ", \(window.expressionText)"))"
            default: break
            }
            return window.map { "\(name.rawValue)(\($0.expressionText))" } ?? name.rawValue
        }

        /// Whether it says something of whether people are served.
        var isAboutOutage: Bool {
            switch self {
            case .state, .effectiveState, .consecutiveFailures, .reason, .status, .availability,
                .failures, .changes, .certificateTrusted:
                true
            case .dependants, .tier, .quantile, .usual, .burnRate, .changed, .regressed,
                .onlyIPv6Fails,
                .stateTime,
                .effectiveStateTime, .isStateBeginKnown, .isEffectiveStateBeginKnown,
                .certificateLifetimeLeft, .certificateExpiresIn:
                false
            }
        }

        /// The results that are looked back on; nil when none are.
        var window: Duration? {
            switch self {
            case .availability(let window), .failures(let window), .changes(let window),
                .quantile(_, _, let window), .burnRate(let window):
                window
            default: nil
            }
        }

        /// The same with its window divided.
        func accelerated(by factor: Double) -> Quantity {
            switch self {
            case .availability(let window): .availability(window / factor)
            case .failures(let window): .failures(window / factor)
            case .changes(let window): .changes(window / factor)
            case .quantile(let percent, let phase, let window):
                .quantile(percent: percent, phase, window / factor)
            case .usual(let percent, let phase, let window):
                .usual(percent: percent, phase, window / factor)
            case .burnRate(let window): .burnRate(window / factor)
            case .changed(let fact, let window): .changed(fact, window / factor)
            case .regressed(let fact, let window): .regressed(fact, window / factor)
            default: self
            }
        }

        var subject: QuantitySubject {
            switch self {
            case .state, .effectiveState, .dependants, .burnRate, .stateTime,
                .effectiveStateTime, .isStateBeginKnown, .isEffectiveStateBeginKnown:
                .service
            case .tier: .either
            default: .endpoint
            }
        }

        var kind: Kind {
            switch self {
            case .state, .effectiveState: .state
            case .dependants, .tier, .consecutiveFailures, .status, .failures, .changes,
                .burnRate:
                .number
            case .reason: .reason
            case .availability, .certificateLifetimeLeft: .share
            case .quantile, .usual, .stateTime, .effectiveStateTime, .certificateExpiresIn:
                .duration
            case .certificateTrusted, .changed, .regressed, .onlyIPv6Fails, .isStateBeginKnown,
                .isEffectiveStateBeginKnown:
                .truth
            }
        }

        var name: QuantityName {
            switch self {
            case .state, .stateTime, .isStateBeginKnown: .state
            case .effectiveState, .effectiveStateTime, .isEffectiveStateBeginKnown: .effectiveState
            case .dependants: .dependants
            case .tier: .tier
            case .consecutiveFailures: .consecutiveFailures
            case .reason: .reason
            case .status: .status
            case .onlyIPv6Fails: .onlyIPv6Fails
            case .availability: .availability
            case .failures: .failures
            case .changes: .changes
            case .burnRate: .burnRate
            case .usual: .usual
            case .changed: .changed
            case .regressed: .regressed
            case .quantile(50, _, _): .p50
            case .quantile(90, _, _): .p90
            case .quantile(95, _, _): .p95
            case .quantile: .p99
            case .certificateTrusted: .certificateTrusted
            case .certificateLifetimeLeft: .certificateLifetimeLeft
            case .certificateExpiresIn: .certificateExpiresIn
            }
        }
    }

    /// What a value is of.
    enum QuantitySubject: Sendable, Hashable {
        case service
        case endpoint
        case either
    }

    /// The names of values.
    enum QuantityName: String, Sendable, Hashable, CaseIterable {
        case state
        case effectiveState = "effective_state"
        case dependants
        case tier
        case consecutiveFailures = "consecutive_failures"
        case reason
        case status
        case onlyIPv6Fails = "only_ipv6_fails"
        case availability
        case failures
        case changes
        case burnRate = "burn_rate"
        case usual
        case changed
        case regressed
        case p50
        case p90
        case p95
        case p99
        case certificateTrusted = "certificate.trusted"
        case certificateLifetimeLeft = "certificate.lifetime_left"
        case certificateExpiresIn = "certificate.expires_in"

        /// How the value is written, for messages.
        var example: String {
            switch self {
            case .burnRate: return "burn_rate(1h)"
            case .usual: return "usual(p95(total, 10m))"
            case .changed: return "changed(certificate.issuer)"
            case .regressed: return "regressed(hsts)"
            default: break
            }
            if percent != nil { return "\(rawValue)(total, 10m)" }
            return takesWindow ? "\(rawValue)(10m)" : rawValue
        }

        /// Whether something is written in parentheses.
        var takesArguments: Bool { takesWindow || [.usual, .changed, .regressed].contains(self) }

        /// What is missing when nothing is written in parentheses.
        var argumentText: String {
            switch self {
            case .usual: "the value"
            case .changed: "what may change"
            case .regressed: "what the server did"
            default: "its window"
            }
        }

        /// Whether a window is written in parentheses.
        var takesWindow: Bool {
            percent != nil || self == .availability || self == .failures || self == .changes
                || self == .burnRate
        }

        /// The percent of a quantile; nil for every other value.
        var percent: Int? {
            switch self {
            case .p50: 50
            case .p90: 90
            case .p95: 95
            case .p99: 99
            default: nil
            }
        }

        /// The value; what is not asked for is left out.
        func quantity(_ phase: Phase, _ window: Duration) -> Quantity {
            switch self {
            case .state: .state
            case .effectiveState: .effectiveState
            case .dependants: .dependants
            case .tier: .tier
            case .consecutiveFailures: .consecutiveFailures
            case .reason: .reason
            case .status: .status
            case .onlyIPv6Fails: .onlyIPv6Fails
            case .availability: .availability(window)
            case .failures: .failures(window)
            case .changes: .changes(window)
            case .burnRate: .burnRate(window)
            case .usual: .usual(percent: 95, phase, window)
            case .changed: .changed(.issuer, window)
            case .regressed: .regressed(.hsts, window)
            case .p50, .p90, .p95, .p99: .quantile(percent: percent ?? 99, phase, window)
            case .certificateTrusted: .certificateTrusted
            case .certificateLifetimeLeft: .certificateLifetimeLeft
            case .certificateExpiresIn: .certificateExpiresIn
            }
        }
    }
}

/// What may change of the certificate that an endpoint shows, as an expression names it.
public enum CertificateFact: String, Sendable, Hashable, CaseIterable {
    /// The organisation that issued it.
    case issuer = "certificate.issuer"
    /// Its key, while more than half of the lifetime of the old certificate was left.
    case key = "certificate.key"
    /// The names of watched hosts that it covers: one was lost.
    case names = "certificate.names"

    package var change: CertificateChange.Kind {
        switch self {
        case .issuer: .authority
        case .key: .key
        case .names: .nameLost
        }
    }
}
