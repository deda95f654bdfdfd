import HealthModel
import YAMLReading

/// The readings of faults.
extension ScenarioReading {
    /// Bytes in the location of a redirect.
    private static let locationBytes = 1024

    /// A fault: its name, or a mapping with its name as the only key and its parameter as value.
    func fault(_ node: YAMLNode) -> Fault? {
        guard case .mapping(let fields) = node.content else {
            return name(node).flatMap { fault($0, parameter: nil, at: node) }
        }
        guard fields.count == 1, let field = fields.first else {
            log.add(
                at: node.position, "found \(node.found)",
                expected: "the name of a fault, or one name with its parameter")
            return nil
        }
        let key = YAMLNode(content: .plain(field.key), position: field.keyPosition)
        return name(key).flatMap { fault($0, parameter: field.value, at: node) }
    }

    private func name(_ node: YAMLNode) -> Fault.Name? { node.choice(Fault.Name.self, log) }

    private func fault(_ name: Fault.Name, parameter: YAMLNode?, at node: YAMLNode) -> Fault? {
        if let fault = Self.plainFaults[name] {
            guard let parameter else { return fault }
            log.add(at: parameter.position, "the fault \(name.rawValue.quoted) has no parameter")
            return nil
        }
        func time(_ usual: Duration) -> Duration? {
            guard let parameter else { return usual }
            return parameter.positiveDuration(log)
        }
        func choice<Choice: RawRepresentable<String> & CaseIterable>(_ usual: Choice) -> Choice? {
            guard let parameter else { return usual }
            return parameter.choice(Choice.self, log)
        }
        switch name {
        case .slow: return time(.seconds(2)).map { .slow($0) }
        case .slowDNS: return time(.seconds(2)).map { .slowDNS($0) }
        case .flapping: return time(.seconds(20)).map { .flapping(period: $0) }
        case .tooManyRequests: return time(.seconds(60)).map { .tooManyRequests(retryAfter: $0) }
        case .reset: return choice(Fault.ResetPhase.connect).map { .reset($0) }
        case .staple: return choice(Fault.Staple.good).map { .staple($0) }
        case .expiring:
            guard let parameter else { return .expiring(lifetimeLeft: 0.1) }
            let share = parameter.number(
                log, in: .leastNonzeroMagnitude...1,
                expected: "the share of the lifetime that is left, over 0 and up to 1")
            return share.map { .expiring(lifetimeLeft: $0) }
        case .status:
            return (parameter ?? node).integer(log, in: 200...599).map { .status($0) }
        case .redirect:
            let place = parameter ?? node
            if let text = parameter?.scalarText, Self.isLocation(text) {
                return .redirect(location: text)
            }
            log.add(
                at: place.position, "found \(place.found)",
                expected: "a location: a URL or a path")
        default:
            preconditionFailure("a fault that is neither plain nor read here: \(name.rawValue)")
        }
        return nil
    }

    /// A location goes into a header as it is, so it must not be able to break out of it.
    private static func isLocation(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= locationBytes
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
