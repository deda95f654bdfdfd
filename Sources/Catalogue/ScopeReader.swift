import Alerting
import HealthModel

/// The keys of the services that a rule is for.
enum ScopeKey: String, FieldKey {
    case services
    case tiers
    case sectors
    case owners
    static let mappingName = "`only_for`"
}

/// Reads the services that a rule is for.
enum ScopeReader {
    /// The scope in `node`; nil after a mistake was reported.
    static func scope(_ node: YAMLNode, _ log: MistakeLog) -> RuleScope? {
        guard let fields = Fields<ScopeKey>(node, log) else { return nil }
        if case .mapping(let all) = node.content, all.isEmpty {
            log.add(
                at: node.position, "`only_for` without services",
                expected: ScopeKey.allCases.map(\.rawValue).listedWithOr)
            return nil
        }
        func values<Value>(_ key: ScopeKey, _ read: (YAMLNode) -> Value?) -> [Value] {
            guard let node = fields[key] else { return [] }
            if case .sequence(let items) = node.content, items.isEmpty {
                // An empty list would leave none out, the opposite of what it seems to say.
                log.add(
                    at: node.position, "an empty list of \(key.rawValue)",
                    expected: "at least one, or no `\(key.rawValue)` at all")
            }
            return node.items(log, of: key.rawValue).compactMap(read)
        }
        return RuleScope(
            services: Set(values(.services) { $0.identifier(log).map { ServiceID($0) } }),
            tiers: Set(
                values(.tiers) { $0.integer(log, in: 0...3).flatMap { Tier(rawValue: $0) } }),
            sectors: Set(values(.sectors) { $0.identifier(log) }),
            owners: Set(values(.owners) { $0.text(log) }))
    }
}
