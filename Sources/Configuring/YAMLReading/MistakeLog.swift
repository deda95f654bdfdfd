import HealthModel

/// Collects the mistakes of one reading.
///
/// Used by one thread, for as long as the reading lasts.
package final class MistakeLog {
    /// Kept mistakes, in the order found.
    private var mistakes: [Mistake] = []
    /// Mistakes found beyond `Limits.reportedMistakes`.
    private var omittedCount = 0

    /// Makes a log without a mistake.
    package init() {}

    /// How many mistakes were found so far, so that a reader can tell whether a part was clean.
    package private(set) var count = 0
    /// The first mistake with these words, by its place among `mistakes`.
    private var firsts: [String: Int] = [:]

    /// Notes one mistake.
    package func add(
        at position: SourcePosition, _ message: String, expected: String? = nil,
        hint: String? = nil
    ) {
        add(Mistake(position: position, message: message, expected: expected, hint: hint))
    }

    /// Notes one mistake; one that stands in another file already is told with that.
    private func add(_ mistake: Mistake) {
        count += 1 + mistake.repeatCount
        if let first = firsts[mistake.words], mistake.repeatCount == 0,
            mistakes[first].position.file != mistake.position.file
        {
            mistakes[first].add(at: mistake.position)
            return
        }
        guard mistakes.count < Limits.reportedMistakes else {
            omittedCount += 1 + mistake.repeatCount
            return
        }
        if firsts[mistake.words] == nil { firsts[mistake.words] = mistakes.count }
        mistakes.append(mistake)
    }

    /// Takes over the mistakes of another reading.
    package func add(_ error: ConfigurationError) {
        for mistake in error.mistakes { add(mistake) }
        omittedCount += error.omittedCount
        count += error.omittedCount
    }

    /// Everything found, sorted; nil when nothing was.
    package var error: ConfigurationError? {
        mistakes.isEmpty
            ? nil : ConfigurationError(mistakes: mistakes.sorted(), omittedCount: omittedCount)
    }
}

extension String {
    /// The text between backticks, `fit` for a message.
    package var quoted: String { "`\(fit(60))`" }

    /// The text on one line, cut with an ellipsis when it has more than `limit` characters.
    ///
    /// Control characters are shown as `?`, so that a hostile file cannot move the cursor of the
    /// terminal that prints the message.
    package func fit(_ limit: Int) -> String {
        var shown = String.UnicodeScalarView()
        var count = 0
        for scalar in unicodeScalars {
            if count == limit { return String(shown) + "…" }
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            shown.append(isControl ? "?" : scalar)
            count += 1
        }
        return String(shown)
    }
}

extension Collection<String> {
    /// The texts as `a`, `b` or `c`.
    package var listedWithOr: String { listed(with: "or") }

    /// The texts as `a`, `b` and `c`.
    package var listedWithAnd: String { listed(with: "and") }

    private func listed(with word: String) -> String {
        let shown = map { "`\($0)`" }
        guard let last = shown.last else { return "nothing" }
        guard shown.count > 1 else { return last }
        return shown.dropLast().joined(separator: ", ") + " \(word) " + last
    }
}
