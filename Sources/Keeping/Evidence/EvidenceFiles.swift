import Glibc

/// The files of an evidence log in a data directory, and their order.
///
/// The one that is written is `evidence.jsonl`. The program renames it to
/// `evidence-2026-11-26.jsonl`, `evidence-2026-11-26.1.jsonl` and so on; what logrotate makes of
/// it (`evidence.jsonl.1`, `evidence.jsonl-20261126`) is read as well. The order is that of the
/// numbers of their lines, whatever the names say.
public enum EvidenceFiles {
    /// One file of the log.
    public struct File: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// Its path.
        public var path: String
        /// The number of its first line in the chain; nil when it holds none.
        public var firstSeq: Int64?
        /// Its last line in the chain.
        public var last: ChainHead?
        /// Seconds since 1970 of the last write.
        var modifiedAt: Int64
    }

    /// The name of the file that is written.
    public static let activeName = "evidence.jsonl"
    /// Bytes at the end of a file in which its last line is looked for: many of the longest lines.
    static let tailBytes = 1024 * 1024
    /// Files of one day.
    static let filesPerDayMax = 10_000

    /// The files of a directory in the order of their lines, those from before the chain first.
    ///
    /// - Parameter directory: A data directory.
    /// - Returns: Those that can be read; none of a directory that cannot.
    public static func list(in directory: String) -> [File] {
        names(in: directory).filter { isEvidence($0) && !isPacked($0) }.compactMap { name in
            file(name, path: "\(directory)/\(name)")
        }.sorted(by: isBefore)
    }

    /// One file, wherever it is; nil when it cannot be read.
    public static func file(_ name: String, path: String) -> File? {
        guard let last = tail(of: path) else { return nil }
        return File(
            name: name, path: path, firstSeq: last.head == nil ? nil : firstSeq(of: path),
            last: last.head, modifiedAt: last.modifiedAt)
    }

    /// The names of files that are packed, which are not read.
    public static func packed(in directory: String) -> [String] {
        names(in: directory).filter { isEvidence($0) && isPacked($0) }.sorted()
    }

    /// The last line of the chain in the files of a directory; nil when there is none.
    public static func head(in directory: String) -> ChainHead? {
        names(in: directory).filter { isEvidence($0) && !isPacked($0) }
            .compactMap { tail(of: "\(directory)/\($0)")?.head }.max { $0.seq < $1.seq }
    }

    /// Orders files by their first lines.
    public static func isBefore(_ left: File, _ right: File) -> Bool {
        switch (left.firstSeq, right.firstSeq) {
        case (nil, nil):
            left.modifiedAt == right.modifiedAt
                ? left.name < right.name : left.modifiedAt < right.modifiedAt
        case (nil, .some): true
        case (.some, nil): false
        case (.some(let one), .some(let other)):
            one == other ? left.name < right.name : one < other
        }
    }

    /// The name that a file of a day gets.
    ///
    /// - Parameters:
    ///   - day: Such as `2026-11-26`.
    ///   - isTaken: Whether there is a file of that name.
    /// - Returns: The first free name; nil when there are too many of that day.
    static func name(ofDay day: String, isTaken: (String) -> Bool) -> String? {
        for number in 0..<filesPerDayMax {
            let name = "evidence-\(day)\(number == 0 ? "" : ".\(number)").jsonl"
            if !isTaken(name) { return name }
        }
        return nil
    }

    private static func isEvidence(_ name: String) -> Bool {
        name.hasPrefix(activeName) || (name.hasPrefix("evidence-") && name.contains(".jsonl"))
    }

    private static func isPacked(_ name: String) -> Bool {
        [".gz", ".xz", ".zst", ".bz2"].contains { name.hasSuffix($0) }
    }

    private static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names
    }

    /// The last line of the chain that is whole; nil when the file cannot be read.
    private static func tail(of path: String) -> (head: ChainHead?, modifiedAt: Int64)? {
        // A device or a pipe in its place must not be waited for.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard let identity = FileIdentity(descriptor: descriptor), identity.isRegular else {
            return nil
        }
        // Nearly always the last line is one of the chain; a year has hundreds of files.
        for length in [2 * LineReader.lineBytesMax, tailBytes] {
            let start = max(0, identity.size - Int64(length))
            let bytes = read(descriptor, from: start, count: Int(identity.size - start))
            if let head = lastHead(in: bytes) { return (head, identity.modifiedAt) }
            if start == 0 { break }
        }
        return (nil, identity.modifiedAt)
    }

    private static func read(_ descriptor: CInt, from start: Int64, count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let more = bytes[filled...].withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress, $0.count, off_t(start) + off_t(filled))
            }
            guard more > 0 else { break }
            filled += more
        }
        return Array(bytes.prefix(filled))
    }

    private static func lastHead(in bytes: [UInt8]) -> ChainHead? {
        var end = bytes.count
        while end > 0 {
            let before = bytes[..<end].lastIndex(of: UInt8(ascii: "\n"))
            if let link = ChainLink(Array(bytes[(before.map { $0 + 1 } ?? 0)..<end])), link.isWhole
            {
                return link.head
            }
            end = before ?? 0
        }
        return nil
    }

    private static func firstSeq(of path: String) -> Int64? {
        guard let reader = LineReader(path: path) else { return nil }
        while let line = reader.next() {
            if case .whole(let bytes) = line, let link = ChainLink(bytes), link.isWhole {
                return link.seq
            }
        }
        return ChainLink(reader.rest)?.seq
    }
}
