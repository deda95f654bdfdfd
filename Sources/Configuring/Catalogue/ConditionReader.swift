import HealthModel
import Observing
import Rules
import YAMLReading

/// The keys of a condition, of which one is written.
enum ConditionKey: String, FieldKey {
    case state
    case slow
    case certificate
    case certificateRunningOut = "certificate_running_out"
    case sentCertificateRunningOut = "sent_certificate_running_out"
    case burnRate = "burn_rate"
    static let mappingName = "a condition"
}

/// The keys of "slow".
enum SlowKey: String, FieldKey {
    case quantile
    case over
    case longerThan = "longer_than"
    static let mappingName = "`slow`"
}

/// The keys of "burn_rate".
enum BurnRateKey: String, FieldKey {
    case above
    case over
    case stillOver = "still_over"
    static let mappingName = "`burn_rate`"
}

/// What may be said of a certificate.
enum CertificateText: String, CaseIterable {
    case invalid
    case renewalOverdue = "renewal_overdue"
}

/// Reads when a rule holds.
enum ConditionReader {
    /// The condition in `node`; nil after a mistake was reported.
    static func condition(
        _ node: YAMLNode, of file: SourceFile, _ log: MistakeLog
    ) -> Condition? {
        if node.scalarText != nil { return ExpressionReader.condition(node, of: file, log) }
        guard let fields = Fields<ConditionKey>(node, log) else { return nil }
        let written = ConditionKey.allCases.filter { fields[$0] != nil }
        guard written.count == 1, let key = written.first, let value = fields[key] else {
            // Keys that are not known have been reported; the condition is among them, perhaps.
            if case .mapping(let all) = node.content, all.count > written.count, written.isEmpty {
                return nil
            }
            let found = written.isEmpty ? "nothing" : written.map(\.rawValue).listedWithAnd
            log.add(
                at: node.position, "a condition with \(found)",
                expected: "one of \(ConditionKey.allCases.map(\.rawValue).listedWithOr)")
            return nil
        }
        switch key {
        case .state: return value.choice(HealthState.self, log).map(Condition.state)
        case .slow: return slow(value, log)
        case .certificate:
            return value.choice(CertificateText.self, log).map { text in
                switch text {
                case .invalid: .certificateInvalid
                case .renewalOverdue: .certificateRenewalOverdue
                }
            }
        case .certificateRunningOut:
            return share(value, log).map {
                .certificateRunningOut(share: $0)
            }
        case .burnRate: return burnRate(value, log)
        case .sentCertificateRunningOut:
            return share(value, log).map { .sentCertificateRunningOut(share: $0) }
        }
    }

    private static func slow(_ node: YAMLNode, _ log: MistakeLog) -> Condition? {
        guard let fields = Fields<SlowKey>(node, log) else { return nil }
        let quantile = fields.required(.quantile).flatMap { share($0, log) }
        let window = fields.required(.over)?.positiveDuration(log)
        let threshold = fields.required(.longerThan)?.positiveDuration(log)
        guard let quantile, let window, let threshold else { return nil }
        return .slow(quantile: quantile, window: window, threshold: threshold)
    }

    private static func burnRate(_ node: YAMLNode, _ log: MistakeLog) -> Condition? {
        guard let fields = Fields<BurnRateKey>(node, log) else { return nil }
        let rate = fields.required(.above).flatMap { Self.rate($0, log) }
        let long = fields.required(.over).flatMap { Self.window($0, log) }
        let short = fields.required(.stillOver).flatMap { Self.window($0, log) }
        guard let rate, let long, let short else { return nil }
        guard short < long else {
            log.add(
                at: fields.position(of: .stillOver), "`still_over` is not shorter than `over`",
                expected: "about a twelfth of `over`", hint: "such as `5m` for `1h`")
            return nil
        }
        return .burnRate(BurnRateCondition(rate: rate, long: long, short: short))
    }

    private static func window(_ node: YAMLNode, _ log: MistakeLog) -> Duration? {
        guard let window = node.positiveDuration(log) else { return nil }
        guard (Duration.seconds(300)...ObjectiveClock.windowMax).contains(window) else {
            log.add(
                at: node.position, "found \(node.found)", expected: "from `5m` to `3d`",
                hint: "losses are remembered for three days")
            return nil
        }
        return window
    }

    private static func rate(_ node: YAMLNode, _ log: MistakeLog) -> Double? {
        node.number(
            log, in: 1...1000, expected: "how many times too fast, from 1 to 1000, such as `14.4`")
    }

    private static func share(_ node: YAMLNode, _ log: MistakeLog) -> Double? {
        node.number(
            log, in: .leastNonzeroMagnitude...1,
            expected: "a number above 0, at most 1, such as `0.95`", hint: shareHint(node))
    }

    private static func shareHint(_ node: YAMLNode) -> String? {
        guard let text = node.scalarText else { return nil }
        let digits = text.hasSuffix("%") ? String(text.dropLast()) : text
        guard let percent = Double(digits), percent > 1, percent <= 100 else { return nil }
        return "did you mean `\(percent / 100)`?"
    }
}
