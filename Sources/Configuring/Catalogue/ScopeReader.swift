import HealthModel
import Rules
import YAMLReading

/// The keys of the services that a rule is for.
enum ScopeKey: String, FieldKey {
    case services
    case tiers
    case sectors
    case owners
    case tags
    static let mappingName = "`only_for`"
}

/// A name in `only_for` or of a receiver, before it is known whether any service has it.
struct ScopeName {
    var key: ScopeKey
    var text: String
    var position: SourcePosition
}

/// The names that services have, those of disabled files included: a rule may wait for them.
struct ScopeNames: Sendable, Hashable {
    private var known: [ScopeKey: Set<String>] = [:]

    init() {}

    init(_ services: [Service]) {
        known[.services] = Set(services.map(\.id.text))
        known[.sectors] = Set(services.map(\.sector))
        known[.owners] = Set(services.map(\.owner))
        known[.tags] = services.reduce(into: []) { $0.formUnion($1.tags) }
    }

    /// Reports every name that no service has: the rule would never fire, or the receiver never be
    /// told, and nobody would know.
    func check(_ names: [ScopeName], _ log: MistakeLog) {
        let words: [ScopeKey: (kind: String, none: String)] = [
            .services: ("id", "there is no service"),
            .sectors: ("sector", "no service is of the sector"),
            .owners: ("owner", "no service has the owner"),
            .tags: ("tag", "no service has the tag"),
        ]
        for name in names {
            guard let word = words[name.key], let known = known[name.key],
                !known.contains(name.text)
            else { continue }
            let hint = NearestName.hint(for: name.text, among: known)
            log.add(
                at: name.position, "\(word.none) \(name.text.fit(80).quoted)",
                expected: hint == nil ? "the \(word.kind) of a service in probes/" : nil,
                hint: hint)
        }
    }
}

/// Reads the services that a rule is for.
enum ScopeReader {
    /// The scope in `node`; nil after a mistake was reported.
    ///
    /// Names that services must have are added to `names`.
    static func scope(
        _ node: YAMLNode, _ log: MistakeLog, _ names: inout [ScopeName]
    ) -> RuleScope? {
        guard let fields = Fields<ScopeKey>(node, log) else { return nil }
        if case .mapping(let all) = node.content, all.isEmpty {
            log.add(
                at: node.position, "`only_for` without services",
                expected: ScopeKey.allCases.map(\.rawValue).listedWithOr)
            return nil
        }
        func values<Value>(_ key: ScopeKey, _ read: (YAMLNode) -> Value?) -> [Value] {
            let items = fields[key]?.someItems(log, of: key.rawValue, orNo: key.rawValue)
            return (items ?? []).compactMap(read)
        }
        func named(_ key: ScopeKey, _ read: (YAMLNode) -> String?) -> Set<String> {
            Set(
                values(key) { node in
                    guard let text = read(node) else { return nil }
                    names.append(ScopeName(key: key, text: text, position: node.position))
                    return text
                })
        }
        return RuleScope(
            services: Set(named(.services) { $0.identifier(log) }.map { ServiceID($0) }),
            tiers: Set(
                values(.tiers) { $0.integer(log, in: 0...3).flatMap { Tier(rawValue: $0) } }),
            sectors: named(.sectors) { $0.identifier(log) },
            owners: named(.owners) { $0.text(log) }, tags: named(.tags) { $0.identifier(log) })
    }
}
