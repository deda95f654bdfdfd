import HealthModel
import Rules

/// Reads the summary of a rule and checks its placeholders.
enum SummaryReader {
    /// The summary in both languages; nil after a mistake was reported.
    static func summary(_ node: YAMLNode, _ log: MistakeLog) -> LocalizedText? {
        guard let fields = Fields<LocalizedTextKey>(node, log) else { return nil }
        let dutch = fields.required(.dutch).flatMap { text($0, log) }
        let english = fields.required(.english).flatMap { text($0, log) }
        guard let dutch, let english else { return nil }
        return LocalizedText(dutch: dutch, english: english)
    }

    private static func text(_ node: YAMLNode, _ log: MistakeLog) -> String? {
        guard let text = node.text(log) else { return nil }
        check(text, at: node.position, log)
        return text
    }

    /// Reports every brace that does not enclose a placeholder.
    private static func check(_ text: String, at position: SourcePosition, _ log: MistakeLog) {
        let known = RulePlaceholder.allCases.map(\.rawValue)
        var rest = text[...]
        while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            let after = rest.index(after: brace)
            guard rest[brace] == "{", let close = rest[after...].firstIndex(of: "}") else {
                log.add(
                    at: position, "a brace without its partner in the summary",
                    expected: "a placeholder such as `{service}`")
                return
            }
            let name = String(rest[after..<close])
            if RulePlaceholder(rawValue: name) == nil {
                let nearest = NearestName.nearest(to: name, among: known)
                log.add(
                    at: position, "unknown placeholder \("{\(name)}".quoted) in the summary",
                    expected: nearest == nil ? known.map { "{\($0)}" }.listedWithOr : nil,
                    hint: nearest.map { "did you mean `{\($0)}`?" })
            }
            rest = rest[rest.index(after: close)...]
        }
    }
}
