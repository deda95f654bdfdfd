import HealthModel
public import Rules

/// The rules in force and who is told, in the order of the files.
public struct RuleSet: Sendable, Hashable {
    /// The rules.
    public let rules: [Rule]
    /// Who is told.
    public let receivers: [Receiver]
    /// Where people find the page of this monitor, such as `https://vitaal.example.org/`, for links in
    /// messages; nil when nothing is written.
    public var externalURL: String?

    /// Makes a rule set.
    ///
    /// - Precondition: the ids are unique; the Catalogue module has reported every breach.
    public init(rules: [Rule], receivers: [Receiver] = [], externalURL: String? = nil) {
        precondition(Set(rules.map(\.id)).count == rules.count, "two rules with one id")
        precondition(
            Set(receivers.map(\.id)).count == receivers.count, "two receivers with one id")
        self.rules = rules
        self.receivers = receivers
        self.externalURL = externalURL
    }

    /// The receivers that a rule names; empty when it names none or is gone.
    func receivers(of rule: RuleID) -> [ReceiverID] {
        rules.first { $0.id == rule }?.receivers ?? []
    }

    /// The same rules with the secrets of receivers filled in.
    ///
    /// - Parameter secrets: By the path of the file; a receiver whose file is missing is left as
    ///   it is.
    /// - Returns: The rule set that can be put in force.
    public func with(secrets: [String: Secret]) -> RuleSet {
        RuleSet(
            rules: rules,
            receivers: receivers.map { receiver in
                var receiver = receiver
                receiver.secret = receiver.secretFile.flatMap { secrets[$0] }
                return receiver
            }, externalURL: externalURL)
    }

    /// The rule set that never alerts.
    public static let empty = RuleSet(rules: [])

    /// The same rules with every time divided by `factor`, beside
    /// `ServiceCatalogue.accelerated(by:)`.
    ///
    /// - Precondition: `factor` is at least 1.
    public func accelerated(by factor: Double) -> RuleSet {
        precondition(factor >= 1)
        let faster = rules.map { rule in
            var rule = rule
            rule.holdTime = rule.holdTime.map { $0 / factor }
            rule.keepFiringTime = rule.keepFiringTime / factor
            switch rule.condition {
            case .slow(let quantile, let window, let threshold):
                rule.condition = .slow(
                    quantile: quantile, window: window / factor, threshold: threshold)
            case .burnRate(var burning):
                burning.long = burning.long / factor
                burning.short = burning.short / factor
                rule.condition = .burnRate(burning)
            case .expression(let expression):
                rule.condition = .expression(expression.accelerated(by: factor))
            case .state, .certificateInvalid, .certificateRunningOut, .certificateRenewalOverdue,
                .sentCertificateRunningOut:
                break
            }
            return rule
        }
        let hurried = receivers.map { receiver in
            var receiver = receiver
            receiver.remindEvery = receiver.remindEvery.map { $0 / factor }
            receiver.escalation?.after /= factor
            return receiver
        }
        return RuleSet(rules: faster, receivers: hurried, externalURL: externalURL)
    }
}
