/// Small readings of text in scenario files.
enum Spelling {
    /// Bytes of a word compared for a hint; the work grows with the square.
    static let comparedBytes = 64

    /// "did you mean" with the nearest of `words`; nil when none is near.
    static func hint(for word: String, among words: some Sequence<String>) -> String? {
        let limit = (word.utf8.count + 2) / 3
        let nearest = words.map { (distance(word, $0), $0) }.filter { $0.0 <= limit }
            .min { $0 < $1 }
        return nearest.map { "did you mean '\($0.1)'?" }
    }

    /// Reads `250ms`, `20s`, `1m30s`, `2h`; nil when `text` is not such a duration.
    ///
    /// Each unit at most once, from large to small; at most a year in all.
    static func duration(_ text: String) -> Duration? {
        let units: [(name: Substring, milliseconds: Int64)] = [
            ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
        ]
        var rest = Substring(text)
        var unitIndex = 0
        var total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { ("a"..."z").contains($0) }
            rest = rest.dropFirst(letters.count)
            guard digits.utf8.count <= 8, let number = Int64(digits),
                let index = units.indices.first(where: {
                    $0 >= unitIndex && units[$0].name == letters
                })
            else { return nil }
            unitIndex = index + 1
            total += number * units[index].milliseconds
        }
        return total <= 366 * 86_400_000 ? .milliseconds(total) : nil
    }

    /// The Levenshtein distance over bytes, of the first `comparedBytes` bytes.
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8.prefix(comparedBytes))
        let right = Array(right.utf8.prefix(comparedBytes))
        var previous = Array(0...right.count)
        for (row, leftByte) in left.enumerated() {
            var current = [row + 1]
            for (column, rightByte) in right.enumerated() {
                let replaced = previous[column] + (leftByte == rightByte ? 0 : 1)
                current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}
