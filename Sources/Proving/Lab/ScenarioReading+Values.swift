import HealthModel
import Yams

/// The readings of single values.
extension ScenarioReading {
    /// The fields of a mapping by key; nil when it is no mapping.
    ///
    /// Unknown keys are mistakes.
    mutating func fields(of node: Node, _ what: String, _ keys: [String]) -> [String: Node]? {
        guard case .mapping(let mapping) = node else {
            report(
                node.mark,
                "expected \(what) with the keys \(keys.joined(separator: ", "))")
            return nil
        }
        var fields: [String: Node] = [:]
        for (key, value) in mapping {
            guard let name = key.scalar?.string, keys.contains(name) else {
                let name = key.scalar?.string ?? "…"
                report(
                    key.mark, "unknown key '\(name)' in \(what)",
                    hint: Spelling.hint(for: name, among: keys)
                        ?? "the keys are \(keys.joined(separator: ", "))")
                continue
            }
            fields[name] = value
        }
        return fields
    }

    /// The field, reported when it is missing.
    mutating func required(_ key: String, in fields: [String: Node], of node: Node) -> Node? {
        if fields[key] == nil { report(node.mark, "'\(key)' is missing") }
        return fields[key]
    }

    /// A text that is not empty; nil for a missing node or after a report.
    mutating func text(_ node: Node?) -> String? {
        guard let node else { return nil }
        guard let text = node.scalar?.string, !text.isEmpty, !isNull(node),
            text.utf8.count <= ScenarioReader.textLimit
        else {
            report(node.mark, "expected a text of 1 to \(ScenarioReader.textLimit) bytes")
            return nil
        }
        return text
    }

    /// A finite number; nil when it is none, without a report.
    func number(_ node: Node) -> Double? {
        guard let text = node.scalar?.string, let number = Double(text), number.isFinite else {
            return nil
        }
        return number
    }

    /// A duration of zero or more.
    mutating func duration(_ node: Node, _ key: String) -> Duration? {
        if let text = node.scalar?.string, let duration = Spelling.duration(text) {
            return duration
        }
        report(node.mark, "'\(key)' is a duration such as 250ms, 20s or 1m30s")
        return nil
    }

    /// A duration above zero.
    mutating func positiveDuration(_ node: Node, _ key: String) -> Duration? {
        guard let duration = duration(node, key) else { return nil }
        if duration > .zero { return duration }
        report(node.mark, "'\(key)' is longer than zero")
        return nil
    }

    /// Whether the node is YAML's null.
    func isNull(_ node: Node) -> Bool {
        guard let scalar = node.scalar, scalar.style == .plain else { return false }
        return ["", "~", "null"].contains(scalar.string)
    }

    /// A fault: its name, or a mapping with its name as the only key and its parameter as value.
    mutating func fault(_ node: Node) -> Fault? {
        if case .mapping(let mapping) = node {
            guard mapping.count == 1, let (key, value) = mapping.first.map({ ($0.key, $0.value) })
            else {
                report(node.mark, "a fault is a name, or one name with its parameter")
                return nil
            }
            return faultName(key).flatMap { fault($0, parameter: value, mark: node.mark) }
        }
        return faultName(node).flatMap { fault($0, parameter: nil, mark: node.mark) }
    }

    private mutating func faultName(_ node: Node) -> Fault.Name? {
        guard let text = text(node) else { return nil }
        if let name = Fault.Name(rawValue: text) { return name }
        let words = Fault.Name.allCases.map(\.rawValue)
        report(
            node.mark, "unknown fault '\(text)'",
            hint: Spelling.hint(for: text, among: words)
                ?? "the faults are \(words.joined(separator: ", "))")
        return nil
    }

    private mutating func fault(_ name: Fault.Name, parameter: Node?, mark: Mark?) -> Fault? {
        if let fault = Self.plainFaults[name] {
            guard let parameter else { return fault }
            report(parameter.mark, "the fault '\(name.rawValue)' has no parameter")
            return nil
        }
        let word = name.rawValue
        func time(_ usual: Duration) -> Duration? {
            guard let parameter else { return usual }
            return positiveDuration(parameter, word)
        }
        switch name {
        case .slow: return time(.seconds(2)).map { .slow($0) }
        case .slowDNS: return time(.seconds(2)).map { .slowDNS($0) }
        case .flapping: return time(.seconds(20)).map { .flapping(period: $0) }
        case .tooManyRequests: return time(.seconds(60)).map { .tooManyRequests(retryAfter: $0) }
        case .reset:
            guard let parameter else { return .reset(.connect) }
            let phases = Fault.ResetPhase.allCases.map(\.rawValue)
            if let phase = parameter.scalar.flatMap({ Fault.ResetPhase(rawValue: $0.string) }) {
                return .reset(phase)
            }
            report(parameter.mark, "'reset' is one of \(phases.joined(separator: ", "))")
        case .staple:
            guard let parameter else { return .staple(.good) }
            let words = Fault.Staple.allCases.map(\.rawValue)
            if let staple = parameter.scalar.flatMap({ Fault.Staple(rawValue: $0.string) }) {
                return .staple(staple)
            }
            report(parameter.mark, "'staple' is one of \(words.joined(separator: ", "))")
        case .expiring:
            guard let parameter else { return .expiring(lifetimeLeft: 0.1) }
            if let share = number(parameter), share > 0, share <= 1 {
                return .expiring(lifetimeLeft: share)
            }
            report(parameter.mark, "'expiring' is the share of lifetime left, over 0 and up to 1")
        case .status:
            if let code = parameter.flatMap({ number($0) }), (200...599).contains(code),
                code.rounded() == code
            {
                return .status(Int(code))
            }
            report(parameter?.mark ?? mark, "'status' needs a code from 200 to 599")
        case .redirect:
            if let text = parameter?.scalar?.string, isLocation(text) {
                return .redirect(location: text)
            }
            report(parameter?.mark ?? mark, "'redirect' needs a location: a URL or a path")
        default:
            preconditionFailure("a fault that is neither plain nor read here: \(word)")
        }
        return nil
    }

    /// A location goes into a header as it is, so it must not be able to break out of it.
    private func isLocation(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= ScenarioReader.textLimit
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    private static let plainFaults: [Fault.Name: Fault] = [
        .up: .up, .down: .down, .refused: .refused, .trickle: .trickle, .expired: .expired,
        .notYetValid: .notYetValid, .wrongName: .wrongName, .selfSigned: .selfSigned,
        .untrusted: .untrusted, .incompleteChain: .incompleteChain, .hugeChain: .hugeChain,
        .weakKey: .weakKey, .onlyTLS10: .onlyTLS10, .renegotiation: .renegotiation,
        .noSecureRenegotiation: .noSecureRenegotiation,
        .legacyTLS: .legacyTLS, .clientCertificate: .clientCertificate, .throttle: .throttle,
        .maintenance: .maintenance, .forbidden: .forbidden, .nxdomain: .nxdomain,
        .servfail: .servfail, .silentDNS: .silentDNS, .plainHTTP: .plainHTTP,
        .garbage: .garbage, .noHSTS: .noHSTS, .endlessHeaders: .endlessHeaders,
        .endlessBody: .endlessBody,
        .truncated: .truncated,
    ]
}
