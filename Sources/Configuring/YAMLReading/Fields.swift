import HealthModel

/// The keys of one kind of mapping.
///
/// The cases are the only list of them: reading goes by case, unknown keys are told by it, and
/// a test holds the JSON Schema against it.
package protocol FieldKey: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
    /// What a mapping with these keys is, such as "an endpoint".
    static var mappingName: String { get }
}

/// The fields of one mapping, by key.
package struct Fields<Key: FieldKey> {
    /// Where the mapping starts.
    package let position: SourcePosition
    private let log: MistakeLog
    private var values: [Key: YAMLNode] = [:]
    private var keyPositions: [Key: SourcePosition] = [:]

    /// Takes a mapping apart and reports every key it should not have; nil when `node` is no
    /// mapping, which is reported too.
    package init?(_ node: YAMLNode, _ log: MistakeLog) {
        guard case .mapping(let fields) = node.content else {
            log.add(
                at: node.position, "found \(node.found)",
                expected: "\(Key.mappingName) with keys such as \(Self.examples)")
            return nil
        }
        position = node.position
        self.log = log
        for field in fields {
            guard let key = Key(rawValue: field.key) else {
                Self.reportUnknown(field, log)
                continue
            }
            values[key] = field.value
            keyPositions[key] = field.keyPosition
        }
    }

    /// The value of a key; nil when the key is not written.
    package subscript(key: Key) -> YAMLNode? { values[key] }

    /// Where the key stands; the start of the mapping when it is not written.
    package func position(of key: Key) -> SourcePosition { keyPositions[key] ?? position }

    /// The value of a key that must be there; nil, and reported, when it is not.
    package func required(_ key: Key) -> YAMLNode? {
        if let value = values[key] { return value }
        log.add(at: position, "\(Key.mappingName) without \(key.rawValue.quoted)")
        return nil
    }

    /// Reports a key that must not be there beside others.
    package func forbid(_ key: Key, because reason: String) {
        guard values[key] != nil else { return }
        log.add(at: position(of: key), "\(key.rawValue.quoted) \(reason)")
    }

    private static var examples: String {
        Key.allCases.prefix(3).map(\.rawValue).listedWithAnd
    }

    private static func reportUnknown(_ field: YAMLNode.Field, _ log: MistakeLog) {
        let known = Key.allCases.map(\.rawValue)
        let hint = NearestName.hint(for: field.key, among: known)
        log.add(
            at: field.keyPosition, "unknown key \(field.key.quoted) in \(Key.mappingName)",
            expected: hint == nil ? known.listedWithOr : nil, hint: hint)
    }
}
