/// A place in a file.
public struct SourcePosition: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The path as it was given, such as `probes/identity.yml`.
    public var file: String
    /// The line, the first is 1.
    ///
    /// Mistakes about a whole file stand at 1:1.
    public var line: Int
    /// The column in Unicode scalars, the first is 1.
    public var column: Int

    /// Makes a position.
    public init(file: String, line: Int = 1, column: Int = 1) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// The form that editors and terminals make clickable: `file:line:column`.
    public var description: String { "\(file):\(line):\(column)" }

    /// Orders by file, then by line, then by column.
    public static func < (left: SourcePosition, right: SourcePosition) -> Bool {
        (left.file, left.line, left.column) < (right.file, right.line, right.column)
    }
}

/// One mistake in one file, in words for the person who wrote it.
public struct Mistake: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Where it is.
    public var position: SourcePosition
    /// What was found.
    public var message: String
    /// What would have been right; nil when the message says it all.
    public var expected: String?
    /// What was probably meant, such as "did you mean `interval`?"; nil when nothing comes near.
    public var hint: String?
    /// The first places in other files where the same is wrong; at most `placesShown`.
    public private(set) var places: [SourcePosition] = []
    /// In how many other files the same is wrong.
    public private(set) var fileCount = 0
    /// How many mistakes there are in those.
    public private(set) var repeatCount = 0
    private var lastFile = ""

    /// Places beside the first that are named: a mistake of a tool may stand in thousands of files.
    public static let placesShown = 2

    /// Makes a mistake.
    public init(
        position: SourcePosition, message: String, expected: String? = nil, hint: String? = nil
    ) {
        self.position = position
        self.message = message
        self.expected = expected
        self.hint = hint
    }

    /// What is said of it, wherever it stands.
    var words: String {
        message + (expected.map { "; expected \($0)" } ?? "") + (hint.map { "; \($0)" } ?? "")
    }

    /// One line: `file:line:column: message; expected …; did you mean …?`, and where else.
    public var description: String {
        guard fileCount > 0 else { return "\(position): \(words)" }
        let named = places.map(\.description).joined(separator: ", ")
        let more = fileCount - places.count
        let rest = more == 0 ? "" : " and in \(more) more file\(more == 1 ? "" : "s")"
        return "\(position): \(words); the same at \(named)\(rest)"
    }

    /// Notes that the same is wrong in another file; the files come one after the other.
    mutating func add(at position: SourcePosition) {
        repeatCount += 1
        guard position.file != lastFile else { return }
        lastFile = position.file
        fileCount += 1
        if places.count < Self.placesShown { places.append(position) }
    }

    /// Orders by position, then by text.
    public static func < (left: Mistake, right: Mistake) -> Bool {
        left.position == right.position
            ? left.description < right.description : left.position < right.position
    }
}

/// Why a configuration cannot be used: every mistake in every file.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The mistakes, sorted by file and line; at most `Limits.reportedMistakes`, never empty.
    public var mistakes: [Mistake]
    /// How many more there are than `mistakes` holds.
    public var omittedCount: Int

    /// Makes an error.
    ///
    /// - Precondition: there is at least one mistake.
    public init(mistakes: [Mistake], omittedCount: Int = 0) {
        precondition(!mistakes.isEmpty, "a configuration error without a mistake")
        self.mistakes = mistakes
        self.omittedCount = omittedCount
    }

    /// How many mistakes there are in all.
    public var count: Int {
        mistakes.reduce(mistakes.count + omittedCount) { $0 + $1.repeatCount }
    }

    /// One line per mistake, and a last one that counts the rest.
    public var description: String {
        var lines = mistakes.map(\.description)
        if omittedCount > 0 {
            lines.append("and \(omittedCount) more mistake\(omittedCount == 1 ? "" : "s")")
        }
        return lines.joined(separator: "\n")
    }
}
