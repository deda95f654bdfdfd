import HealthModel
public import Routing
import Rules
public import YAMLReading

/// The keys at the top of a file in `alerts/`.
enum RuleFileKey: String, FieldKey {
    case about
    case externalURL = "external_url"
    case rules
    case receivers
    static let mappingName = "a file of rules"
}

/// The keys of a rule.
enum RuleKey: String, FieldKey {
    case id
    case when
    case hold = "for"
    case keepFiringFor = "keep_firing_for"
    case level
    case summary
    case runbook
    case onlyFor = "only_for"
    case receivers
    case note
    static let mappingName = "a rule"
}

/// The keys of a value that differs by tier.
enum TierKey: String, FieldKey {
    case tier0
    case tier1
    case tier2
    case tier3
    static let mappingName = "a value for each tier"
}

/// What may be written as a level: the levels, and `off` for no alert at all.
enum LevelText: String, CaseIterable {
    case page
    case critical
    case warning
    case digest
    case off

    /// The level; nil for `off`.
    var level: Level? { Level(rawValue: rawValue) }
}

/// What the files of `alerts/` say.
struct RuleReading {
    var rules: RuleSet
    /// Who read the receivers, which knows the files and programs that they name.
    var receivers: ReceiverReader
    /// What rules are for, to be held against the services.
    var scopeNames: [ScopeName]
}

/// Reads the files of `alerts/`.
///
/// Pure: the same files give the same rules.
public enum RuleReader {
    /// The rules of `files`, in their order.
    ///
    /// - Throws: every mistake in every file, sorted.
    public static func read(_ files: [SourceFile]) throws(ConfigurationError) -> RuleSet {
        let log = MistakeLog()
        let reading = reading(files, log)
        if let error = log.error { throw error }
        return reading.rules
    }

    /// The rules as far as they could be read; of use only when `log` stayed empty.
    static func reading(_ files: [SourceFile], _ log: MistakeLog) -> RuleReading {
        var scopeNames: [ScopeName] = []
        var receiverNames: [ReceiverName] = []
        var rules: [Rule] = []
        var firstPositions: [RuleID: SourcePosition] = [:]
        var receivers = ReceiverReader(log)
        var externalURL: (text: String, position: SourcePosition)?
        for file in files {
            guard let root = YAMLDocument.root(of: file, log),
                let fields = Fields<RuleFileKey>(root, log)
            else { continue }
            _ = fields[.about]?.text(log)
            if let node = fields[.externalURL] {
                read(externalURL: node, &externalURL, log)
            }
            receivers.read(fields[.receivers])
            for node in fields[.rules]?.items(log, of: "rules", limit: Limits.rules) ?? [] {
                guard let (rule, position) = rule(node, of: file, log, &scopeNames, &receiverNames)
                else {
                    continue
                }
                if let first = firstPositions[rule.id] {
                    log.add(
                        at: position, "the rule id `\(rule.id)` is used twice, first at \(first)")
                    continue
                }
                firstPositions[rule.id] = position
                rules.append(rule)
                if rules.count == Limits.rules + 1 {
                    log.add(
                        at: position, "too many rules in all",
                        expected: "at most \(Limits.rules)")
                }
            }
        }
        receivers.check(receiverNames)
        return RuleReading(
            rules: log.count == 0
                ? RuleSet(
                    rules: rules, receivers: receivers.receivers, externalURL: externalURL?.text)
                : .empty,
            receivers: receivers, scopeNames: scopeNames + receivers.scopeNames)
    }

    private static func read(
        externalURL node: YAMLNode, _ first: inout (text: String, position: SourcePosition)?,
        _ log: MistakeLog
    ) {
        guard let text = node.text(log) else { return }
        if let first {
            log.add(
                at: node.position, "`external_url` stands twice, first at \(first.position)")
        } else if let url = ProbeURL(text), url.withoutQuery == url.description {
            first = (text, node.position)
        } else {
            log.add(
                at: node.position, "found \(node.found)",
                expected: "a URL of http or https, such as `https://vitaal.example.org/`")
        }
    }

    /// One rule and where its id stands.
    ///
    /// A rule with an id but other mistakes is filled up, so that its id still counts; the mistakes
    /// have been reported.
    private static func rule(
        _ node: YAMLNode, of file: SourceFile, _ log: MistakeLog, _ scopeNames: inout [ScopeName],
        _ receiverNames: inout [ReceiverName]
    ) -> (Rule, SourcePosition)? {
        guard let fields = Fields<RuleKey>(node, log) else { return nil }
        let id = fields.required(.id).flatMap { $0.identifier(log) }
        let condition = fields.required(.when).flatMap {
            ConditionReader.condition($0, of: file, log)
        }
        let holdTime = fields[.hold].flatMap { node in
            perTier(node, log, expected: DurationText.expectation) { $0.duration(log) }
        }
        let keepFiringTime = fields[.keepFiringFor]?.duration(log)
        let level = fields.required(.level).flatMap { node in
            perTier(node, log, expected: LevelText.allCases.map(\.rawValue).listedWithOr) {
                $0.choice(LevelText.self, log)
            }
        }
        let summary = fields.required(.summary).flatMap { SummaryReader.summary($0, log) }
        let runbook = fields[.runbook]?.text(log)
        let scope = fields[.onlyFor].flatMap { ScopeReader.scope($0, log, &scopeNames) }
        let receivers = fields[.receivers].map { ReceiverReader.names($0, log) } ?? []
        receiverNames += receivers
        _ = fields[.note]?.text(log)
        guard let id else { return nil }
        var rule = Rule(
            id: RuleID(id), condition: condition ?? .certificateInvalid,
            holdTime: holdTime ?? PerTier(.zero), keepFiringTime: keepFiringTime ?? .zero,
            level: (level ?? PerTier(.off)).map(\.level),
            summary: summary ?? LocalizedText(dutch: id, english: id), runbook: runbook)
        rule.scope = scope ?? RuleScope()
        rule.receivers = receivers.map(\.id)
        return (rule, fields[.id]?.position ?? fields.position)
    }

    /// One value for all tiers, or a mapping with a value for each.
    private static func perTier<Value: Sendable & Hashable>(
        _ node: YAMLNode, _ log: MistakeLog, expected: String, read: (YAMLNode) -> Value?
    ) -> PerTier<Value>? {
        switch node.content {
        case .plain, .text:
            return read(node).map { PerTier($0) }
        case .sequence:
            log.add(
                at: node.position, "found a list",
                expected: "\(expected), or a mapping from `tier0` to `tier3`")
            return nil
        case .mapping:
            guard let fields = Fields<TierKey>(node, log) else { return nil }
            let values = TierKey.allCases.map { fields.required($0).flatMap(read) }
            guard let tier0 = values[0], let tier1 = values[1], let tier2 = values[2],
                let tier3 = values[3]
            else { return nil }
            return PerTier(tier0: tier0, tier1: tier1, tier2: tier2, tier3: tier3)
        }
    }
}
