/// Finds what a person probably meant to type.
public enum NearestName {
    /// The hint "did you mean `interval`?" for the candidate nearest to `name`.
    ///
    /// Nil when none lies within two changes, fewer for names under four letters, a third of the
    /// length for longer ones. Of several equally near the first in the alphabet is taken.
    public static func hint(for name: String, among candidates: some Sequence<String>) -> String? {
        nearest(to: name, among: candidates).map { "did you mean `\($0)`?" }
    }

    /// The candidate nearest to `name`, by the rule of `hint(for:among:)`.
    package static func nearest(to name: String, among candidates: some Sequence<String>) -> String?
    {
        // Ids and keys are short; longer text is not a slip of the finger.
        guard (1...128).contains(name.utf8.count) else { return nil }
        let written = Array(name.lowercased().utf8)
        var best: (distance: Int, candidate: String)?
        for candidate in candidates {
            let known = Array(candidate.lowercased().utf8)
            let bound = changes(for: max(written.count, known.count))
            guard abs(known.count - written.count) <= bound else { continue }
            let distance = editDistance(written, known)
            guard distance <= bound else { continue }
            if let best, (best.distance, best.candidate) <= (distance, candidate) { continue }
            best = (distance, candidate)
        }
        return best?.candidate
    }

    /// How many changes still make two names alike.
    ///
    /// In a name of three letters two changes leave next to nothing of it.
    private static func changes(for length: Int) -> Int {
        switch length {
        case ...1: 0
        case ...3: 1
        default: max(2, length / 3)
        }
    }

    /// Insertions, deletions, replacements and swaps of neighbours that turn one into the other.
    package static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            current.reserveCapacity(right.count + 1)
            for column in right.indices {
                var distance = min(
                    last[column + 1] + 1, current[column] + 1,
                    last[column] + (left[row] == right[column] ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1],
                    left[row - 1] == right[column]
                {
                    distance = min(distance, beforeLast[column - 1] + 1)
                }
                current.append(distance)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
