import HealthModel
import Observing
import Routing
import Rules

extension HealthMonitor {
    /// Ids of endpoints named in one summary; more are counted.
    static let endpointsNamed = 3
    /// Bytes in a summary with its placeholders filled in.
    static let summaryBytes = 512

    private enum Language {
        case dutch
        case english
    }

    /// The summary of a rule with its placeholders filled in, in both languages.
    func summary(
        of index: Int, reason: Reason?, worst: EndpointStatus?, at now: Timestamp
    ) -> LocalizedText {
        let template = rules.rules[bindings[index].rule].summary
        func filled(_ text: String, _ language: Language) -> String {
            fillPlaceholders(in: text) { placeholder in
                value(
                    of: placeholder, binding: index, reason: reason, worst: worst, language, now)
            }
            .cut(toBytes: Self.summaryBytes)
        }
        return LocalizedText(
            dutch: filled(template.dutch, .dutch), english: filled(template.english, .english))
    }

    private func value(
        of placeholder: RulePlaceholder, binding index: Int, reason: Reason?,
        worst: EndpointStatus?, _ language: Language, _ now: Timestamp
    ) -> String {
        let binding = bindings[index]
        let service = catalogue.services[binding.service]
        switch placeholder {
        case .service: return language == .dutch ? service.name.dutch : service.name.english
        case .owner: return service.owner
        case .dependants: return String(graph.dependants[binding.service].count)
        case .endpoint:
            let ids = failingTrackers(of: binding).map { trackers[$0].status.id.text }
            // A dark service has no endpoints; what an operator said of it has a number.
            if let said = actions.darks[service.id]?.action { return said.id.text }
            let named = ids.prefix(Self.endpointsNamed).joined(separator: ", ")
            let more = ids.count - Self.endpointsNamed
            return more > 0 ? "\(named) +\(more)" : named
        case .reason:
            if let said = actions.darks[service.id]?.action {
                return language == .dutch
                    ? "volgens \(said.author): \(said.reason)" : "\(said.author): \(said.reason)"
            }
            guard let reason = reason ?? worst?.lastReason else {
                return language == .dutch ? "geen reden bekend" : "no reason known"
            }
            let text = language == .dutch ? reason.dutchText : reason.text
            return text + (Self.fact(of: reason, worst).map { " (\($0))" } ?? "")
        case .detail:
            let detail = worst?.lastResult?.detail ?? ""
            return detail.isEmpty ? reason?.rawValue ?? "-" : detail
        case .value: return measuredValue(index, now)
        }
    }

    /// What people look up first about a failure, the same in every language: the HTTP status, or the
    /// day on which a certificate ended or begins; nil for others.
    private static func fact(of reason: Reason, _ worst: EndpointStatus?) -> String? {
        switch reason {
        case .httpStatus, .httpBlocked:
            worst?.lastResult?.http.map { "HTTP \($0.status)" }
        case .tlsExpired:
            worst?.runsOutFirst.map { String($0.notAfter.dateAndTime.prefix(10)) }
        case .tlsNotYetValid:
            worst?.lastTLS?.leaf.map { String($0.notBefore.dateAndTime.prefix(10)) }
        default: nil
        }
    }

    /// What a rule measured: the quantile, the time the certificate has left (negative when it
    /// has expired), or for how long the state has lasted.
    private func measuredValue(_ index: Int, _ now: Timestamp) -> String {
        let binding = bindings[index]
        switch binding.condition {
        case .slow:
            guard let quantile = slowValues[index] else { return "-" }
            return Duration.microseconds(quantile.microseconds).shortText
        case .certificateInvalid, .certificateRunningOut:
            guard let tracker = binding.tracker,
                let certificate = trackers[tracker].status.runsOutFirst
            else { return "-" }
            return (certificate.notAfter - now).shortText
        case .sentCertificateRunningOut:
            let extra = binding.tracker.flatMap { trackers[$0].status.outlook.sentBesidePath }
            return extra.map { ($0.notAfter - now).shortText } ?? "-"
        case .burnRate(let burning):
            let rate = objectives[binding.service].burnRate(
                over: burning.long, catalogue.services[binding.service].objective, at: now)
            return rate.map { "\(Int($0.rounded()))×" } ?? "-"
        case .certificateRenewalOverdue:
            let leaf = binding.tracker.flatMap { trackers[$0].status.outlook.ownLeaf }
            return leaf.map { ($0.notAfter - now).shortText } ?? "-"
        case .state:
            let since = failingTrackers(of: binding).first.flatMap { trackers[$0].status.since }
            return since.map { (now - $0).shortText } ?? "-"
        case .expression(let expression):
            return decisiveValue(of: expression, for: index, at: now)
        }
    }
}

/// Replaces each `{name}` of a `RulePlaceholder`; other text in braces stays as it is.
func fillPlaceholders(in text: String, with value: (RulePlaceholder) -> String) -> String {
    var filled = ""
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
        filled += rest[..<open]
        rest = rest[open...]
        guard let close = rest.firstIndex(of: "}") else { break }
        let name = rest[rest.index(after: open)..<close]
        if let placeholder = RulePlaceholder(rawValue: String(name)) {
            filled += value(placeholder)
            rest = rest[rest.index(after: close)...]
        } else {
            filled += "{"
            rest = rest[rest.index(after: open)...]
        }
    }
    return filled + rest
}
