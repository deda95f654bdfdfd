import Glibc

/// Reads a file line by line, however long it is, and goes on when it grows.
public final class LineReader {
    /// What stands between two line feeds.
    public enum Line: Sendable, Hashable {
        /// A line without its line feed.
        case whole([UInt8])
        /// A line longer than `lineBytesMax`; it was left out.
        case tooLong
    }

    /// Bytes of the longest line: those of a record and of its place in the chain, with room.
    public static let lineBytesMax = 64 * 1024
    /// Bytes read at once.
    static let pieceBytes = 64 * 1024

    /// The number of the line that was read last; the first one is 1.
    public private(set) var lineNumber = 0
    /// Where the next piece begins.
    public private(set) var offset: Int64 = 0

    private let descriptor: CInt
    private var piece: [UInt8] = []
    private var position = 0
    private var line: [UInt8] = []
    private var isTooLong = false

    /// Opens a file; nil when that fails, with the reason in `errno`.
    public init?(path: String) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// What the system says of the last failure.
    static var systemWords: String { String(cString: strerror(errno)) }

    /// Device and number of the file, which stay when it is renamed.
    var identity: FileIdentity? { FileIdentity(descriptor: descriptor) }

    /// What follows the last line feed: the beginning of a line.
    public var rest: [UInt8] { line }

    /// The next whole line; nil at the end of the file, after which more may come.
    public func next() -> Line? {
        while true {
            if position == piece.count, !readPiece() { return nil }
            let end = piece[position...].firstIndex(of: UInt8(ascii: "\n"))
            if !isTooLong { line += piece[position..<(end ?? piece.count)] }
            position = end.map { $0 + 1 } ?? piece.count
            if line.count > Self.lineBytesMax {
                isTooLong = true
                line = []
            }
            guard end != nil else { continue }
            lineNumber += 1
            defer {
                line = []
                isTooLong = false
            }
            return isTooLong ? .tooLong : .whole(line)
        }
    }

    private func readPiece() -> Bool {
        var bytes = [UInt8](repeating: 0, count: Self.pieceBytes)
        let count = pread(descriptor, &bytes, bytes.count, off_t(offset))
        guard count > 0 else { return false }
        offset += Int64(count)
        piece = Array(bytes.prefix(count))
        position = 0
        return true
    }
}

/// Which file it is, whatever its name.
struct FileIdentity: Sendable, Hashable {
    private let device: UInt64
    private let number: UInt64
    /// Its length in bytes.
    let size: Int64
    /// Seconds since 1970 of the last write.
    let modifiedAt: Int64
    /// Whether it is a regular file, and no link or device.
    let isRegular: Bool
    /// Whether it was deleted: it has no name any more.
    let isDeleted: Bool

    /// The file behind a descriptor; nil when it cannot be looked at.
    init?(descriptor: CInt) {
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { return nil }
        self.init(information)
    }

    /// The file at a path, links not followed unless asked to; nil when there is none.
    init?(path: String, followsLinks: Bool = false) {
        var information = stat()
        let result = followsLinks ? stat(path, &information) : lstat(path, &information)
        guard result == 0 else { return nil }
        self.init(information)
    }

    private init(_ information: stat) {
        device = UInt64(information.st_dev)
        number = UInt64(information.st_ino)
        size = Int64(information.st_size)
        modifiedAt = Int64(information.st_mtim.tv_sec)
        isRegular = information.st_mode & S_IFMT == S_IFREG
        isDeleted = information.st_nlink == 0
    }

    /// Whether both are one file, whatever its length.
    func isSame(as other: FileIdentity) -> Bool {
        device == other.device && number == other.number
    }
}
