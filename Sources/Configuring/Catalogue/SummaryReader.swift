import HealthModel
import Rules
import YAMLReading

/// Reads the summary of a rule and checks its placeholders.
enum SummaryReader {
    /// The summary in both languages; nil after a mistake was reported.
    static func summary(_ node: YAMLNode, _ log: MistakeLog) -> LocalizedText? {
        node.localizedText(log) { check($0, at: $1, log) }
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
