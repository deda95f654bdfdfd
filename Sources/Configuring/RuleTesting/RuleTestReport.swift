import HealthModel

/// What came of a file of tests, for people.
public enum RuleTestReport {
    /// Rows shown of one side of a comparison.
    public static let rowsShown = 50

    /// The lines about one file: whether all is right, then every case in which something is not.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - outcomes: What came of its cases.
    ///   - isVerbose: Whether every case is shown, with what happened in it.
    /// - Returns: The lines, without line feeds.
    public static func lines(
        of path: String, _ outcomes: [RuleTestOutcome], isVerbose: Bool = false
    ) -> [String] {
        let failed = outcomes.count { !$0.isOK }
        let cases = "\(outcomes.count) case\(outcomes.count == 1 ? "" : "s")"
        let head = failed == 0 ? "\(path): OK, \(cases)" : "\(path): FAILED, \(failed) of \(cases)"
        return [head]
            + outcomes.flatMap { outcome -> [String] in
                guard isVerbose || !outcome.isOK else { return [] }
                return ["  \(outcome.isOK ? "✔" : "✖") \(outcome.name)"]
                    + (isVerbose ? story(of: outcome) : [])
                    + lines(of: outcome.failures)
            }
    }

    /// The failures, those of one instant under one line.
    private static func lines(of failures: [RuleTestOutcome.Failure]) -> [String] {
        var lines: [String] = []
        for (place, failure) in failures.enumerated() {
            if place == 0 || failures[place - 1].at != failure.at {
                lines.append(
                    "    at \(failure.at.shortText), \(failure.instant.dateAndTime) UTC "
                        + "(\(failure.place))")
            }
            lines += Self.lines(of: failure)
        }
        return lines
    }

    private static func lines(of failure: RuleTestOutcome.Failure) -> [String] {
        let columns = widths(of: (failure.expected + failure.came).map(\.columns))
        func side(_ word: String, _ rows: [RuleTestOutcome.Row]) -> [String] {
            let shown = rows.prefix(rowsShown).map { row in
                "        \(row.isMatched ? " " : "✖") "
                    + aligned(row.columns.map(\.withoutControlCharacters), columns)
            }
            let more = rows.count - shown.count
            return ["      \(failure.kind) \(word)\(rows.isEmpty ? " none" : ":")"] + shown
                + (more > 0 ? ["          and \(more) more"] : [])
        }
        return side("expected", failure.expected) + side("came", failure.came)
    }

    private static func story(of outcome: RuleTestOutcome) -> [String] {
        let rows = outcome.story.map { [$0.at.shortText] + $0.columns }
        let columns = widths(of: rows)
        return rows.map { "      " + aligned($0, columns) }
    }

    private static func widths(of rows: [[String]]) -> [Int] {
        var widths: [Int] = []
        for row in rows {
            for (place, text) in row.enumerated() {
                if place == widths.count { widths.append(0) }
                widths[place] = max(widths[place], text.count)
            }
        }
        return widths
    }

    /// The columns beside each other, the last one as long as it is.
    private static func aligned(_ columns: [String], _ widths: [Int]) -> String {
        let last = columns.count - 1
        return columns.enumerated().map { place, text in
            place == last
                ? text
                : text + String(repeating: " ", count: max(0, widths[place] - text.count) + 2)
        }.joined()
    }
}

extension String {
    /// The text without what could steer a terminal: names in a test come from its file.
    fileprivate var withoutControlCharacters: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map {
                    $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? "?" : $0
                }
            ))
    }
}
