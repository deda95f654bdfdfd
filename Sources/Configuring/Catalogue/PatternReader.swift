import HealthModel
import PatternMatching
import YAMLReading

/// Reads regular expressions and sees whether RE2 takes them.
enum PatternReader {
    /// The text of a pattern that compiles; nil after a mistake was reported.
    static func pattern(_ node: YAMLNode, _ log: MistakeLog) -> String? {
        guard let text = node.scalarText, !text.isEmpty else {
            log.add(
                at: node.position, "found \(node.found)",
                expected: "a regular expression (RE2 syntax)")
            return nil
        }
        do {
            _ = try Pattern(text)
            return text
        } catch {
            log.add(
                at: node.position,
                "the regular expression \(text.quoted) is refused: "
                    + "\(error.reason.fit(120))",
                expected: "RE2 syntax, at most \(Limits.patternBytes) bytes"
            )
            return nil
        }
    }

    /// The patterns of a list; those that are refused are reported and left out.
    static func patterns(_ node: YAMLNode?, _ log: MistakeLog) -> [String] {
        guard let node else { return [] }
        return node.items(log, of: "patterns").compactMap { pattern($0, log) }
    }
}
