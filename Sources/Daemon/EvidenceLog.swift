import Glibc
import HealthModel

/// Appends evidence lines to a file: whole lines only, each on the disk before the next.
///
/// A disk that refuses does not stop the monitor: lines wait in memory, up to a limit, and are
/// written as soon as the disk takes them again. Not thread-safe.
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
    }

    /// Bytes written at once; a batch of lines that waited is written in parts.
    static let batchBytes = 64 * 1024

    /// The file.
    public let path: String
    /// Lines written.
    public private(set) var lineCount = 0
    /// Failed attempts to write.
    public private(set) var errorCount = 0
    /// Lines lost because too many waited.
    public private(set) var lostCount = 0
    /// Lines that wait.
    public var waitingCount: Int { waiting.count }

    private var descriptor: CInt
    private var waiting: [String] = []
    private var isFailing = false

    /// Opens or makes the file and takes an exclusive lock on it.
    ///
    /// A last line that was cut by a crash is closed with a line break and stays as it is.
    ///
    /// - Throws: `OpenError` when the file cannot be opened, or another process holds the lock.
    public init(path: String) throws(OpenError) {
        self.path = path
        descriptor = try Self.open(path)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Opens the file anew, after someone has moved it away; on failure the old one stays in use.
    public mutating func reopen() throws(OpenError) {
        let old = descriptor
        if old >= 0 { flock(old, LOCK_UN) }
        do throws(OpenError) {
            descriptor = try Self.open(path)
        } catch {
            if old >= 0 { flock(old, LOCK_EX | LOCK_NB) }
            throw error
        }
        if old >= 0 { close(old) }
    }

    /// Writes lines, each with its line break, after those that wait.
    public mutating func append(_ lines: [String]) -> Notice? {
        waiting.append(contentsOf: lines)
        if waiting.count > Limits.evidenceQueue {
            let excess = waiting.count - Limits.evidenceQueue
            waiting.removeFirst(excess)
            lostCount += excess
        }
        return writeWaiting()
    }

    /// Tries once more to write what waits; cheap when nothing does.
    public mutating func writeWaiting() -> Notice? {
        let waitedBefore = waiting.count
        while !waiting.isEmpty {
            var batch: [UInt8] = []
            var count = 0
            for line in waiting {
                if count > 0 && batch.count + line.utf8.count > Self.batchBytes { break }
                batch.append(contentsOf: line.utf8)
                count += 1
            }
            if let words = write(batch) {
                errorCount += 1
                defer { isFailing = true }
                return isFailing ? nil : .failing(words)
            }
            waiting.removeFirst(count)
            lineCount += count
        }
        guard isFailing else { return nil }
        isFailing = false
        return .recovered(lines: waitedBefore)
    }

    /// Writes and syncs all of `bytes` or leaves the file as it was; returns what went wrong.
    private mutating func write(_ bytes: [UInt8]) -> String? {
        if descriptor < 0 {
            do throws(OpenError) {
                descriptor = try Self.open(path)
            } catch {
                return error.description
            }
        }
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
            descriptor = -1
        }
        return words
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
        closeCutLine(descriptor)
        return descriptor
    }

    private static func closeCutLine(_ descriptor: CInt) {
        let length = lseek(descriptor, 0, SEEK_END)
        guard length > 0 else { return }
        var last: UInt8 = 0
        guard pread(descriptor, &last, 1, length - 1) == 1, last != UInt8(ascii: "\n") else {
            return
        }
        var lineBreak = UInt8(ascii: "\n")
        _ = Glibc.write(descriptor, &lineBreak, 1)
    }

    private static func words(_ number: CInt) -> String { String(cString: strerror(number)) }
}
