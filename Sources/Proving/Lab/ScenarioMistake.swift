/// One mistake in a scenario file.
public struct ScenarioMistake: Sendable, Hashable, CustomStringConvertible {
    /// The line, from 1.
    public var line: Int
    /// The column, from 1, counted in Unicode scalars.
    public var column: Int
    /// What is wrong and what was expected.
    public var message: String
    /// What was probably meant; nil when nothing is near.
    public var hint: String?

    /// `line:column: message (hint)`.
    public var description: String {
        "\(line):\(column): \(message)" + (hint.map { " (\($0))" } ?? "")
    }
}

/// Every mistake in one scenario file, at least one.
public struct ScenarioError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file as given to the reader.
    public var file: String
    /// The mistakes in the order of the file; at most `Limits.reportedMistakes`.
    public var mistakes: [ScenarioMistake]

    /// One line per mistake: `file:line:column: message (hint)`.
    public var description: String {
        mistakes.map { "\(file):\($0)" }.joined(separator: "\n")
    }
}
