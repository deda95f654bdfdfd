import PatternMatching

/// Compiles each pattern text once, since a thousand endpoints share the same markers.
struct PatternCache {
    private var patterns: [String: Pattern] = [:]

    /// Makes an empty cache.
    init() {}

    /// The compiled form of `text`; nil when it is not valid.
    mutating func pattern(_ text: String) -> Pattern? {
        if let known = patterns[text] { return known }
        let pattern = try? Pattern(text)
        patterns[text] = pattern
        return pattern
    }

    /// Patterns of which one matches when any of `texts` does: a single one unless that grows past
    /// the memory bound; empty for none.
    mutating func anyOf(_ texts: [String]) -> [Pattern] {
        if texts.isEmpty { return [] }
        if let joined = pattern(texts.map { "(?:\($0))" }.joined(separator: "|")) {
            return [joined]
        }
        return texts.compactMap { pattern($0) }
    }
}
