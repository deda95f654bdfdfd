/// A key that is written more than once in one mapping.
///
/// Yams says which key and where it stands first; this finds the other places in the text.
struct RepeatedKey {
    /// The key.
    let key: String
    /// Where it stands first.
    let first: SourcePosition
    /// Where it stands again; empty when the places could not be found.
    let repetitions: [SourcePosition]

    /// Private-use characters, of which stand-ins are made: `\u{E000}…\u{E001}`.
    private static let standInBase: UInt32 = 0xE000
    private static let standInCount = 6000

    private let text: [Unicode.Scalar]
    private let repetitionOffsets: [Int]

    /// Looks for `key` in the mapping in which it first stands at `first`.
    init(key: String, first: SourcePosition, in text: String) {
        self.key = key
        self.first = first
        let scalars = Array(text.unicodeScalars)
        self.text = scalars
        let search = Search(
            file: first.file, text: scalars, key: Array(key.unicodeScalars))
        let found = search.repetitions(line: first.line, column: first.column)
        repetitions = found.map(\.position)
        repetitionOffsets = found.map(\.offset)
    }

    /// The text with every repetition renamed to a stand-in of the same length, so that all
    /// positions stay; nil when there is nothing to rename.
    func renamed(after usedCount: Int) -> (text: String, standIns: Set<String>)? {
        let length = key.unicodeScalars.count
        guard !repetitionOffsets.isEmpty, length > 0 else { return nil }
        var renamed = text
        var standIns: Set<String> = []
        for (index, offset) in repetitionOffsets.enumerated() {
            let ordinal = UInt32((usedCount + index) % Self.standInCount)
            guard let filler = Unicode.Scalar(Self.standInBase),
                let last = Unicode.Scalar(Self.standInBase + 1 + ordinal)
            else { return nil }
            var standIn = [Unicode.Scalar](repeating: filler, count: length - 1)
            standIn.append(last)
            renamed.replaceSubrange(offset..<(offset + length), with: standIn)
            standIns.insert(String(String.UnicodeScalarView(standIn)))
        }
        return (String(String.UnicodeScalarView(renamed)), standIns)
    }
}

extension RepeatedKey {
    /// The look for a key in the text of one mapping.
    private struct Search {
        let file: String
        let text: [Unicode.Scalar]
        let key: [Unicode.Scalar]
        private let lineStarts: [Int]

        init(file: String, text: [Unicode.Scalar], key: [Unicode.Scalar]) {
            self.file = file
            self.text = text
            self.key = key
            lineStarts = [0] + text.indices.filter { text[$0] == "\n" }.map { $0 + 1 }
        }

        func repetitions(line: Int, column: Int) -> [(position: SourcePosition, offset: Int)] {
            guard (1...lineStarts.count).contains(line) else { return [] }
            let start = lineStarts[line - 1] + column - 1
            guard start < text.count else { return [] }
            let before = text[lineStarts[line - 1]..<start].last { $0 != " " }
            return before == "{" || before == ","
                ? flowRepetitions(from: start, line: line)
                : blockRepetitions(indentation: column - 1, after: line)
        }

        private func position(_ line: Int, _ column: Int) -> SourcePosition {
            SourcePosition(file: file, line: line, column: column)
        }

        /// The key at the start of later lines with the same indentation, up to the first line
        /// with less.
        private func blockRepetitions(
            indentation: Int, after line: Int
        ) -> [(position: SourcePosition, offset: Int)] {
            var found: [(position: SourcePosition, offset: Int)] = []
            for index in lineStarts.indices.dropFirst(line) {
                let content = text[lineStarts[index]...].prefix { $0 == " " }.endIndex
                guard content < text.count else { break }
                if "\r\n#".unicodeScalars.contains(text[content]) { continue }
                let width = content - lineStarts[index]
                if width < indentation { break }
                if width == indentation, let offset = keyOffset(at: content) {
                    found.append((position(index + 1, width + 1), offset))
                }
            }
            return found
        }

        /// The key behind later commas of the same braces.
        private func flowRepetitions(
            from start: Int, line: Int
        ) -> [(position: SourcePosition, offset: Int)] {
            var found: [(position: SourcePosition, offset: Int)] = []
            var depth = 0
            var quote: Unicode.Scalar?
            var isAfterComma = false
            var line = line
            for offset in text.indices[start...] {
                let scalar = text[offset]
                if scalar == "\n" { line += 1 }
                if isAfterComma, depth == 0, let keyOffset = keyOffset(at: offset) {
                    let column = offset - lineStarts[line - 1] + 1
                    found.append((position(line, column), keyOffset))
                }
                if let open = quote {
                    if scalar == open { quote = nil }
                    continue
                }
                switch scalar {
                case "\"", "'": quote = scalar
                case "{", "[": depth += 1
                case "}", "]": depth -= 1
                default: break
                }
                if depth < 0 { break }
                if !" \r\n".unicodeScalars.contains(scalar) { isAfterComma = scalar == "," }
            }
            return found
        }

        /// Where the key itself starts when it stands at `offset`, in quotes or not, with its
        /// colon; nil when it does not stand there.
        private func keyOffset(at offset: Int) -> Int? {
            let isQuoted = text[offset] == "\"" || text[offset] == "'"
            let start = isQuoted ? offset + 1 : offset
            var end = start + key.count
            guard end <= text.count, text[start..<end].elementsEqual(key) else { return nil }
            if isQuoted {
                guard end < text.count, text[end] == text[offset] else { return nil }
                end += 1
            }
            let colon = text[end...].prefix { $0 == " " }.endIndex
            return colon < text.count && text[colon] == ":" ? start : nil
        }
    }
}
