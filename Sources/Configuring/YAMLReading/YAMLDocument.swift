import HealthModel
import Yams

/// Reads the one document of a YAML file into nodes.
package struct YAMLDocument {
    /// Repeated keys reported in one file, each of which costs another parse of the file.
    package static let repeatedKeysLimit = 32

    private let file: SourceFile
    private let log: MistakeLog
    /// Stand-ins for repeated keys; see `RepeatedKey`.
    private var standIns: Set<String> = []
    private var nodeCount = 0

    private init(file: SourceFile, log: MistakeLog) {
        self.file = file
        self.log = log
    }

    /// The root of the document; nil when the file is empty or a mistake was reported.
    package static func root(of file: SourceFile, _ log: MistakeLog) -> YAMLNode? {
        guard let text = file.checkedText(log) else { return nil }
        var document = YAMLDocument(file: file, log: log)
        return document.parse(text)
    }

    private mutating func parse(_ text: String) -> YAMLNode? {
        var text = text
        for _ in 0...Self.repeatedKeysLimit {
            do {
                return try parseOnce(text)
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                guard let key = keys.min(), !standIns.contains(key) else { return nil }
                let repeated = RepeatedKey(
                    key: key, first: SourcePosition(file: file.path, mark: context.mark), in: text)
                report(repeated)
                // The parser gives up at the first repeated key. To find the other mistakes of
                // the file as well, the repeated key is renamed and the file is read again.
                guard let renamed = repeated.renamed(after: standIns.count) else { return nil }
                standIns.formUnion(renamed.standIns)
                text = renamed.text
            } catch let error as YamlError {
                report(error, in: text)
                return nil
            } catch {
                log.add(at: SourcePosition(file: file.path), "the YAML parser gave up")
                return nil
            }
        }
        return nil
    }

    private mutating func parseOnce(_ text: String) throws -> YAMLNode? {
        // The encoding is given, because Yams would look into the environment for it.
        let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
        guard let root = try parser.nextRoot() else { return nil }
        let second = try parser.nextRoot()
        nodeCount = 0
        // Nodes hold their anchors weakly; the parser owns them.
        let converted = withExtendedLifetime(parser) { convert(root, depth: 1) }
        if let second {
            log.add(
                at: position(of: second), "a second document in the file",
                expected: "one document per file")
        }
        guard let converted, !converted.isNull else { return nil }
        return converted
    }

    /// Turns a node of Yams into one of ours; nil when a mistake was reported.
    private mutating func convert(_ node: Node, depth: Int) -> YAMLNode? {
        let position = position(of: node)
        nodeCount += 1
        guard nodeCount <= Limits.yamlNodes else {
            if nodeCount == Limits.yamlNodes + 1 {
                log.add(
                    at: position, "too many values in one file",
                    expected: "at most \(Limits.yamlNodes)")
            }
            return nil
        }
        guard depth <= Limits.yamlDepth else {
            log.add(
                at: position, "nested too deep", expected: "at most \(Limits.yamlDepth) levels")
            return nil
        }
        guard node.anchor == nil else {
            log.add(
                at: position, "an anchor, which is not supported",
                expected: "the value without `&name`")
            return nil
        }
        switch node {
        case .scalar(let scalar):
            return convert(scalar, at: position)
        case .sequence(let sequence):
            guard isUntagged(sequence.tag, .seq, at: position) else { return nil }
            var items: [YAMLNode] = []
            for item in sequence {
                if let item = convert(item, depth: depth + 1) { items.append(item) }
            }
            return YAMLNode(content: .sequence(items), position: position)
        case .mapping(let mapping):
            guard isUntagged(mapping.tag, .map, at: position) else { return nil }
            var fields: [YAMLNode.Field] = []
            for (key, value) in mapping {
                guard let field = convert(key: key, value: value, depth: depth) else { continue }
                fields.append(field)
            }
            return YAMLNode(content: .mapping(fields), position: position)
        case .alias:
            // Yams makes these only when it writes.
            return nil
        }
    }

    private func convert(_ scalar: Node.Scalar, at position: SourcePosition) -> YAMLNode? {
        let isPlain = scalar.style == .plain
        // Yams marks text in quotes with the tag of text.
        guard isUntagged(scalar.tag, isPlain ? .implicit : .str, at: position) else { return nil }
        return YAMLNode(
            content: isPlain ? .plain(scalar.string) : .text(scalar.string), position: position)
    }

    private mutating func convert(key: Node, value: Node, depth: Int) -> YAMLNode.Field? {
        guard case .scalar(let scalar) = key, key.anchor == nil else {
            log.add(
                at: position(of: key), "a key that is not plain text",
                expected: "a key such as `services`")
            return nil
        }
        // What stands under a repeated key has been reported as a whole.
        if standIns.contains(scalar.string) { return nil }
        guard let value = convert(value, depth: depth + 1) else { return nil }
        return YAMLNode.Field(key: scalar.string, keyPosition: position(of: key), value: value)
    }

    private func isUntagged(_ tag: Tag, _ usual: Tag.Name, at position: SourcePosition) -> Bool {
        let name = tag.rawValue
        if name.isEmpty || name == usual.rawValue { return true }
        log.add(
            at: position, "the tag \(name.quoted), which is not supported",
            expected: "the value without it")
        return false
    }

    private func position(of node: Node) -> SourcePosition {
        SourcePosition(file: file.path, mark: node.mark)
    }

    private func report(_ repeated: RepeatedKey) {
        let message =
            "the key \(repeated.key.quoted) is written twice, first on line \(repeated.first.line)"
        // When the places cannot be found, the first one has to do.
        let places = repeated.repetitions.isEmpty ? [repeated.first] : repeated.repetitions
        for position in places { log.add(at: position, message) }
    }

    /// Reports what the parser does not understand.
    ///
    /// Tabs in the indentation come first, since they are the usual cause and the parser's words do
    /// not name them.
    private func report(_ error: YamlError, in text: String) {
        let tabs = indentationTabs(in: text)
        for position in tabs {
            log.add(at: position, "a tab in the indentation", expected: "spaces")
        }
        if !tabs.isEmpty { return }
        switch error {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let position = SourcePosition(file: file.path, mark: mark)
            if problem.hasPrefix("Maximum nesting level") {
                log.add(
                    at: position, "nested too deep",
                    expected: "at most \(Limits.yamlDepth) levels")
                return
            }
            var message = "not YAML: \(problem)"
            if let context, !context.text.isEmpty {
                message += " (\(context.text) of line \(context.mark.line))"
            }
            log.add(at: position, message)
        default:
            // What the parser cannot decode was refused before; memory is all that is left.
            log.add(at: SourcePosition(file: file.path), "the YAML parser gave up")
        }
    }

    /// The lines that are indented with a tab; at most 100.
    private func indentationTabs(in text: String) -> [SourcePosition] {
        var positions: [SourcePosition] = []
        for (index, line) in text.split(separator: /\r\n|\n/, omittingEmptySubsequences: false)
            .enumerated()
        {
            let indentation = line.prefix { $0 == " " || $0 == "\t" }
            guard indentation.contains("\t"), indentation.count < line.count else { continue }
            let column = indentation.prefix { $0 == " " }.count + 1
            positions.append(SourcePosition(file: file.path, line: index + 1, column: column))
            if positions.count == 100 { break }
        }
        return positions
    }
}

extension SourcePosition {
    /// Makes a position of what the parser says; a missing mark stands at the start of the file.
    init(file: String, mark: Mark?) {
        self.init(file: file, line: max(1, mark?.line ?? 1), column: max(1, mark?.column ?? 1))
    }
}
