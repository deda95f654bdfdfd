import HealthModel
import Rules
import YAMLReading

/// Reads a condition that is written as an expression.
enum ExpressionReader {
    /// The condition in `node`, a text; nil after a mistake was reported.
    static func condition(
        _ node: YAMLNode, of file: SourceFile, _ log: MistakeLog
    ) -> Condition? {
        let expected = "a condition such as `state == down` or `{state: down}`"
        guard let text = node.text(log, expected: expected) else { return nil }
        do {
            return Condition(try Expression(parsing: text))
        } catch {
            report(error, in: text, node, file, log)
            return nil
        }
    }

    private static func report(
        _ mistake: ExpressionMistake, in text: String, _ node: YAMLNode, _ file: SourceFile,
        _ log: MistakeLog
    ) {
        var position = node.position
        position.column += ScalarPlaces.column(
            of: mistake.offset, in: text, source: file.restOfLine(from: node.position))
        let nearest = mistake.unknownName.flatMap {
            NearestName.hint(for: $0, among: mistake.knownNames)
        }
        log.add(
            at: position, mistake.message, expected: nearest == nil ? mistake.expected : nil,
            hint: nearest ?? mistake.hint)
    }
}

/// Finds a place within a text in the YAML that it was written as.
enum ScalarPlaces {
    /// How many columns after the start of the scalar a place in its text stands.
    ///
    /// - Parameters:
    ///   - offset: Unicode scalars of the text before the place.
    ///   - text: The text.
    ///   - source: The line of the file from the start of the scalar, quotes and all.
    /// - Returns: 0 when the place cannot be told, as after a line break in the file.
    static func column(of offset: Int, in text: String, source: String) -> Int {
        let written = Array(source.unicodeScalars)
        guard let first = written.first else { return 0 }
        let quote: Unicode.Scalar? = first == "'" || first == "\"" ? first : nil
        var column = quote == nil ? 0 : 1
        for scalar in text.unicodeScalars.prefix(offset) {
            // In single quotes a quote is written twice, in double quotes after a backslash.
            let isTwice = quote == "'" && scalar == "'"
            let isEscaped = quote == "\"" && (scalar == "\"" || scalar == "\\")
            if isTwice || isEscaped { column += 1 }
            guard column < written.count, written[column] == scalar else { return 0 }
            column += 1
        }
        return column
    }
}

extension SourceFile {
    /// What is written on a line from a position on; empty when there is nothing.
    func restOfLine(from position: SourcePosition) -> String {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.indices.contains(position.line - 1) else { return "" }
        let line = String(decoding: lines[position.line - 1], as: UTF8.self)
        return String(String.UnicodeScalarView(line.unicodeScalars.dropFirst(position.column - 1)))
    }
}
