/// A line in a file.
public struct LinePlace: Sendable, Hashable, CustomStringConvertible {
    /// The name of the file.
    public var file: String
    /// The number of the line; the first one is 1.
    public var line: Int

    /// Makes a place.
    public init(file: String, line: Int) {
        self.file = file
        self.line = line
    }

    /// `evidence.jsonl:120`.
    public var description: String { "\(file):\(line)" }
}

/// Something that is wrong with the chain.
public struct ChainFinding: Sendable, Hashable, CustomStringConvertible {
    /// What was done to it.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A line is not as it was written.
        case changed
        /// Lines between others are gone.
        case missing
        /// A line was not written here.
        case inserted
        /// A line stands in another place than it was written.
        case reordered
        /// The last lines are gone.
        case cut
    }

    /// Where: the line itself, for lines that are gone the one after them, for a cut the one before.
    public var place: LinePlace
    /// What was done.
    public var kind: Kind
    /// What was seen, for a person.
    public var text: String

    /// `evidence-2026-11-26.jsonl:120: changed: …`.
    public var description: String { "\(place): \(kind.rawValue): \(text)" }
}
