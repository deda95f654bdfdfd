import HealthModel

/// Collects the mistakes of one reading.
///
/// Used by one thread, for as long as the reading lasts.
final class MistakeLog {
    /// Kept mistakes, in the order found.
    private var mistakes: [Mistake] = []
    /// Mistakes found beyond `Limits.reportedMistakes`.
    private var omittedCount = 0

    /// How many mistakes were found so far, so that a reader can tell whether a part was clean.
    var count: Int { mistakes.count + omittedCount }

    /// Notes one mistake.
    func add(
        at position: SourcePosition, _ message: String, expected: String? = nil,
        hint: String? = nil
    ) {
        guard mistakes.count < Limits.reportedMistakes else {
            omittedCount += 1
            return
        }
        mistakes.append(
            Mistake(position: position, message: message, expected: expected, hint: hint))
    }

    /// Takes over the mistakes of another reading.
    func add(_ error: ConfigurationError) {
        for mistake in error.mistakes {
            add(
                at: mistake.position, mistake.message, expected: mistake.expected,
                hint: mistake.hint)
        }
        omittedCount += error.omittedCount
    }

    /// Everything found, sorted; nil when nothing was.
    var error: ConfigurationError? {
        mistakes.isEmpty
            ? nil : ConfigurationError(mistakes: mistakes.sorted(), omittedCount: omittedCount)
    }
}

extension String {
    /// The text between backticks, `fit` for a message.
    var quoted: String { "`\(fit(60))`" }

    /// The text on one line, cut with an ellipsis when it has more than `limit` characters.
    ///
    /// Control characters are shown as `?`, so that a hostile file cannot move the cursor of the
    /// terminal that prints the message.
    func fit(_ limit: Int) -> String {
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
    var listedWithOr: String { listed(with: "or") }

    /// The texts as `a`, `b` and `c`.
    var listedWithAnd: String { listed(with: "and") }

    private func listed(with word: String) -> String {
        let shown = map { "`\($0)`" }
        guard let last = shown.last else { return "nothing" }
        guard shown.count > 1 else { return last }
        return shown.dropLast().joined(separator: ", ") + " \(word) " + last
    }
}
