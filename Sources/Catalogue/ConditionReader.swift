import Alerting
import HealthModel

/// The keys of a condition, of which one is written.
enum ConditionKey: String, FieldKey {
    case state
    case slow
    case certificate
    case certificateRunningOut = "certificate_running_out"
    case sentCertificateRunningOut = "sent_certificate_running_out"
    static let mappingName = "a condition"
}

/// The keys of "slow".
enum SlowKey: String, FieldKey {
    case quantile
    case over
    case longerThan = "longer_than"
    static let mappingName = "`slow`"
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

    /// A number above 0, up to 1.
    private static func share(_ node: YAMLNode, _ log: MistakeLog) -> Double? {
        if case .plain(let text) = node.content, PlainScalar(text) == .number,
            let number = Double(text), number > 0, number <= 1
        {
            return number
        }
        var hint: String?
        if let text = node.scalarText {
            let digits = text.hasSuffix("%") ? String(text.dropLast()) : text
            if let percent = Double(digits), percent > 1, percent <= 100 {
                hint = "did you mean `\(percent / 100)`?"
            }
        }
        log.add(
            at: node.position, "found \(node.found)",
            expected: "a number above 0, at most 1, such as `0.95`", hint: hint)
        return nil
    }
}
