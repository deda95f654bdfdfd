import Glibc
public import HealthModel

/// Appends lines of the chain to a file: whole lines only, each on the disk before the next.
///
/// A disk that refuses does not stop the monitor: lines wait here and are written as soon as the
/// disk takes them again; the ledger, which holds them too, hands over no more than
/// `Limits.evidenceQueue`. A file that is full or of an earlier day is renamed and a new one begun.
/// Not thread-safe.
public struct EvidenceLog: ~Copyable, Sendable {
    /// The log could not be opened.
    public struct OpenError: Error, Sendable, Hashable, CustomStringConvertible {
        /// The path and what is wrong with it.
        public let description: String
    }

    /// What a write led to that a person should hear about.
    public enum Notice: Sendable, Hashable {
        /// Writing has begun to fail, with the system's words.
        case failing(String)
        /// Writing works again; so many lines had waited.
        case recovered(lines: Int)
        /// The file cannot be renamed, with the system's words; it is written on.
        case notRotated(String)
        /// The file was deleted while it was written; a new one is begun.
        case deleted
    }

    /// Bytes of one file, unless a single line is longer: some 100,000 lines, which an editor opens.
    public static let fileBytesMax = 64 * 1024 * 1024
    /// Bytes written at once; a batch of lines that waited is written in parts.
    static let batchBytes = 64 * 1024

    /// The file.
    public let path: String
    /// Lines written.
    public private(set) var lineCount = 0
    /// Failed attempts to write.
    public private(set) var errorCount = 0
    /// The number of the last line written; 0 when none was.
    public private(set) var lastSeq: Int64 = 0
    /// Lines that wait.
    public var waitingCount: Int { waiting.count }

    private let sizeLimit: Int
    private var descriptor: CInt
    private var waiting: [ChainedLine] = []
    private var isFailing = false
    private var isRotationFailing = false
    /// The day of the last write to the file, such as `2026-11-26`; nil when it is empty.
    private var day: String?
    /// Whether the end of the file has not been looked at.
    private var isEndUnknown = true

    /// Opens or makes the file and takes an exclusive lock on it.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - sizeLimit: Bytes of one file.
    /// - Throws: `OpenError` when the file cannot be opened, or another process holds the lock.
    public init(path: String, sizeLimit: Int = fileBytesMax) throws(OpenError) {
        self.path = path
        self.sizeLimit = sizeLimit
        descriptor = try Self.open(path)
        day = Self.day(of: descriptor)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Opens the file anew, after someone has moved it away; on failure the old one stays in use.
    public mutating func reopen() throws(OpenError) {
        let old = descriptor
        if old >= 0 { flock(old, LOCK_UN) }
        do throws(OpenError) {
            use(try Self.open(path))
        } catch {
            if old >= 0 { flock(old, LOCK_EX | LOCK_NB) }
            throw error
        }
        if old >= 0 { close(old) }
    }

    /// Writes lines after those that wait.
    ///
    /// - Parameters:
    ///   - lines: In order.
    ///   - now: The present, whose day is that of the file.
    /// - Returns: What a person should hear.
    public mutating func append(_ lines: [ChainedLine], at now: Timestamp) -> Notice? {
        waiting.append(contentsOf: lines)
        return writeWaiting(at: now)
    }

    /// Tries once more to write what waits; cheap when nothing does.
    public mutating func writeWaiting(at now: Timestamp) -> Notice? {
        let waitedBefore = waiting.count
        var notice: Notice?
        var position = 0
        defer { waiting.removeFirst(position) }
        let today = String(now.rfc3339.prefix(10))
        while position < waiting.count {
            if FileIdentity(descriptor: descriptor)?.isDeleted == true {
                // What is written there is nowhere, and the ledger would forget it.
                close(descriptor)
                use(-1)
                notice = .deleted
            }
            if let words = rotateIfDue(today, before: waiting[position]) {
                if !isRotationFailing { notice = .notRotated(words) }
                isRotationFailing = true
            }
            let count = batch(from: position)
            if let words = write(waiting[position..<position + count]) {
                errorCount += 1
                defer { isFailing = true }
                return isFailing ? notice : .failing(words)
            }
            day = today
            lastSeq = waiting[position + count - 1].seq
            position += count
            lineCount += count
        }
        guard isFailing else { return notice }
        isFailing = false
        return .recovered(lines: waitedBefore)
    }

    /// How many lines are written at once: as many as fit into a batch and into the file.
    private func batch(from start: Int) -> Int {
        let room = sizeLimit - Int(FileIdentity(descriptor: descriptor)?.size ?? 0)
        var bytes = 0
        var count = 0
        for line in waiting[start...] {
            let next = bytes + line.text.utf8.count
            if count > 0, next > Self.batchBytes || next > room { break }
            bytes = next
            count += 1
        }
        return count
    }

    // MARK: Writing

    /// Writes and syncs all lines or leaves the file as it was; returns what went wrong.
    private mutating func write(_ lines: ArraySlice<ChainedLine>) -> String? {
        if descriptor < 0 {
            do throws(OpenError) {
                use(try Self.open(path))
            } catch {
                return error.description
            }
        }
        if let first = lines.first, let words = mendEnd(before: first) { return words }
        var bytes: [UInt8] = []
        for line in lines { bytes += line.text.utf8 }
        let start = lseek(descriptor, 0, SEEK_END)
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count == bytes.count && fdatasync(descriptor) == 0 { return nil }
        let words =
            count >= 0 && count < bytes.count ? Self.words(ENOSPC) : Self.words(errno)
        if start >= 0 { ftruncate(descriptor, start) }
        if count == bytes.count {
            // After a failed sync the kernel may have dropped the pages: this descriptor is not
            // to be trusted again (fsync(2)).
            close(descriptor)
            use(-1)
        }
        return words
    }

    /// Ends a last line that a crash cut: taken back when it is the beginning of the line that comes
    /// now, else closed and left as it is.
    ///
    /// - Returns: What went wrong.
    private mutating func mendEnd(before line: ChainedLine) -> String? {
        guard isEndUnknown, descriptor >= 0 else { return nil }
        let length = lseek(descriptor, 0, SEEK_END)
        let start = max(0, length - off_t(LineReader.lineBytesMax))
        var bytes = [UInt8](repeating: 0, count: Int(max(0, length - start)))
        guard pread(descriptor, &bytes, bytes.count, start) == bytes.count else {
            return Self.words(errno)
        }
        let feed = bytes.lastIndex(of: UInt8(ascii: "\n"))
        let tail = bytes[(feed.map { $0 + 1 } ?? 0)...]
        if !tail.isEmpty {
            var lineFeed = UInt8(ascii: "\n")
            let isBeginning = (feed != nil || start == 0) && line.text.utf8.starts(with: tail)
            let isDone =
                isBeginning
                ? ftruncate(descriptor, length - off_t(tail.count)) == 0
                : Glibc.write(descriptor, &lineFeed, 1) == 1
            guard isDone else { return Self.words(errno) }
        }
        isEndUnknown = false
        return nil
    }

    private mutating func use(_ descriptor: CInt) {
        self.descriptor = descriptor
        isEndUnknown = true
        day = Self.day(of: descriptor)
    }

    // MARK: Rotation

    /// Renames a file of another day, or one in which the line does not fit, and begins a new one.
    ///
    /// What somebody else moved away, a link or a device is left alone.
    ///
    /// - Returns: What went wrong.
    private mutating func rotateIfDue(_ today: String, before line: ChainedLine) -> String? {
        // A file that cannot be ended properly is tried again with the next line.
        guard mendEnd(before: line) == nil else { return nil }
        guard let day, let mine = FileIdentity(descriptor: descriptor), mine.size > 0,
            day != today || Int(mine.size) + line.text.utf8.count > sizeLimit,
            let named = FileIdentity(path: path), named.isRegular, named.isSame(as: mine)
        else { return nil }
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let name = EvidenceFiles.name(ofDay: day) {
            FileIdentity(path: "\(directory)/\($0)") != nil
        }
        guard let name else { return "\(directory): too many files of \(day)" }
        let aside = "\(directory)/\(name)"
        guard rename(path, aside) == 0 else { return "\(aside): \(Self.words(errno))" }
        let new: CInt
        do throws(OpenError) {
            new = try Self.open(path)
        } catch {
            // The old one goes on under its old name.
            _ = rename(aside, path)
            return error.description
        }
        Self.syncDirectory(directory)
        close(descriptor)
        use(new)
        isRotationFailing = false
        return nil
    }

    /// Makes new names durable.
    private static func syncDirectory(_ directory: String) {
        let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func day(of descriptor: CInt) -> String? {
        guard let file = FileIdentity(descriptor: descriptor), file.size > 0 else { return nil }
        return String(Timestamp(seconds: file.modifiedAt).rfc3339.prefix(10))
    }

    private static func open(_ path: String) throws(OpenError) -> CInt {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw OpenError(description: "\(path): \(words(errno))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw OpenError(
                description: "\(path): another vitaal writes to it; give each its own --data-dir")
        }
        return descriptor
    }

    private static func words(_ number: CInt) -> String { String(cString: strerror(number)) }
}
