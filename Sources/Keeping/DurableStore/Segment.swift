import HealthModel
import Observing
public import ResultFormat

/// A sealed file of a store: what it is, and where.
public struct Segment: Sendable {
    /// What it keeps, and of which time.
    public let facts: SegmentLayout.Facts
    /// The name in the directory of the store.
    public let name: String
    /// Bytes on disk.
    public let size: Int
    /// How many series.
    public let seriesCount: Int

    let path: String
    let reasons: ReasonTable
    private let entriesAt: Int
    private let entriesChecksum: UInt32

    /// Bytes of footer and directory head that are read at once; the head has 1.3 kB.
    private static let headBytesLimit = 64 * 1024

    /// Opens a segment and reads what it is.
    ///
    /// - Throws: `StoreFileError`, also for wrong bytes.
    init(_ name: String, directory: String, files: some StoreFiles) throws(StoreFileError) {
        self.name = name
        path = directory + "/" + name
        let file = try files.open(path)
        size = try file.size()
        do throws(StoreFormatError) {
            let head = try Self.read(file, at: 0, StoreFileHead.bytes, path)
            try StoreFileHead.check(head[...], .segment)
            guard size >= StoreFileHead.bytes + SegmentLayout.footerBytes else { throw .truncated }
            let footer = try SegmentLayout.footer(
                try Self.read(
                    file, at: size - SegmentLayout.footerBytes, SegmentLayout.footerBytes, path))
            let entriesBytes = footer.entries * SegmentLayout.entryBytes
            let entriesAt = size - SegmentLayout.footerBytes - entriesBytes
            guard let start = Int(exactly: footer.directory), start >= StoreFileHead.bytes,
                start < entriesAt, entriesAt - start <= Self.headBytesLimit
            else { throw .invalid("footer") }
            var reader = ByteReader(try Self.read(file, at: start, entriesAt - start, path))
            let (facts, reasons) = try SegmentLayout.facts(from: &reader)
            self.facts = facts
            // Thousands of files share one table.
            self.reasons = reasons == .current ? .current : reasons
            self.entriesAt = entriesAt
            entriesChecksum = footer.checksum
            seriesCount = footer.entries
        } catch {
            throw .format(error, path)
        }
        // Checked once; later single entries are read, which have no checksum of their own.
        _ = try entries(in: file)
    }

    /// Reads, and turns a failure to read into a damaged file.
    private static func read(
        _ file: any StoreReading, at offset: Int, _ count: Int, _ path: String
    ) throws(StoreFormatError) -> [UInt8] {
        do throws(StoreFileError) {
            return try file.read(at: offset, count: count)
        } catch {
            throw .invalid(error.words)
        }
    }

    /// What is kept of one series; nil when there is nothing.
    ///
    /// - Throws: `StoreFileError`.
    func payload(
        of key: SeriesKey, in file: any StoreReading
    ) throws(StoreFileError) -> ArraySlice<UInt8>? {
        let wanted = SegmentLayout.hash(of: key)
        var low = try firstEntry(in: file) { $0 >= wanted }
        // Two keys may share a hash.
        while low < seriesCount {
            let entry = try entry(low, in: file)
            guard entry.hash == wanted else { return nil }
            let block = try block(entry, in: file)
            if block.key == key { return block.payload }
            low += 1
        }
        return nil
    }

    /// Every entry of the directory, sorted by hash.
    ///
    /// - Throws: `StoreFileError`, also when the checksum does not match.
    func entries(in file: any StoreReading) throws(StoreFileError) -> [SegmentLayout.Entry] {
        let bytes = try file.read(at: entriesAt, count: seriesCount * SegmentLayout.entryBytes)
        do throws(StoreFormatError) {
            guard CRC32C.checksum(bytes) == entriesChecksum else { throw .checksum }
            var entries: [SegmentLayout.Entry] = []
            entries.reserveCapacity(seriesCount)
            for place in 0..<seriesCount {
                let at = place * SegmentLayout.entryBytes
                entries.append(
                    try SegmentLayout.entry(bytes[at..<at + SegmentLayout.entryBytes]))
            }
            return entries
        } catch {
            throw .format(error, path)
        }
    }

    /// The entries of a share of the series, sorted by hash; without a look at the checksum.
    ///
    /// - Throws: `StoreFileError`.
    func entries(
        of share: SeriesShare, in file: any StoreReading
    ) throws(StoreFileError) -> [SegmentLayout.Entry] {
        let start = try firstEntry(in: file) { share.place(of: $0) >= share.place }
        let end = try firstEntry(in: file) { share.place(of: $0) > share.place }
        guard start < end else { return [] }
        let bytes = try file.read(
            at: entriesAt + start * SegmentLayout.entryBytes,
            count: (end - start) * SegmentLayout.entryBytes)
        do throws(StoreFormatError) {
            var entries: [SegmentLayout.Entry] = []
            entries.reserveCapacity(end - start)
            for at in stride(from: 0, to: bytes.count, by: SegmentLayout.entryBytes) {
                entries.append(
                    try SegmentLayout.entry(
                        bytes[at..<min(bytes.count, at + SegmentLayout.entryBytes)]))
            }
            return entries
        } catch {
            throw .format(error, path)
        }
    }

    /// The place of the first entry whose hash is large enough.
    private func firstEntry(
        in file: any StoreReading, _ isLargeEnough: (UInt64) -> Bool
    ) throws(StoreFileError) -> Int {
        var (low, high) = (0, seriesCount)
        while low < high {
            let middle = (low + high) / 2
            if isLargeEnough(try entry(middle, in: file).hash) {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low
    }

    /// The block behind an entry.
    ///
    /// - Throws: `StoreFileError`.
    func block(
        _ entry: SegmentLayout.Entry, in file: any StoreReading
    ) throws(StoreFileError) -> (key: SeriesKey, payload: ArraySlice<UInt8>) {
        guard let offset = Int(exactly: entry.offset) else {
            throw .format(.invalid("entry"), path)
        }
        var reader = ByteReader(try file.read(at: offset, count: Int(entry.length)))
        do throws(StoreFormatError) {
            return try SegmentLayout.next(from: &reader)
        } catch {
            throw .format(error, path)
        }
    }

    /// The results that a block of a raw file keeps.
    ///
    /// - Throws: `StoreFileError`.
    func results(in payload: ArraySlice<UInt8>) throws(StoreFileError) -> ResultChunk {
        do throws(StoreFormatError) {
            return try ResultChunk(decoding: payload, reasons: reasons)
        } catch {
            throw .format(error, path)
        }
    }

    /// The summaries that a block of another file keeps, in order.
    ///
    /// - Throws: `StoreFileError`.
    func summaries(in payload: ArraySlice<UInt8>) throws(StoreFileError) -> [ResultSummary] {
        do throws(StoreFormatError) {
            return try ResultSummary.all(in: payload, reasons: reasons)
        } catch {
            throw .format(error, path)
        }
    }

    private func entry(
        _ place: Int, in file: any StoreReading
    ) throws(StoreFileError) -> SegmentLayout.Entry {
        let at = entriesAt + place * SegmentLayout.entryBytes
        let bytes = try file.read(at: at, count: SegmentLayout.entryBytes)
        do throws(StoreFormatError) {
            return try SegmentLayout.entry(bytes[...])
        } catch {
            throw .format(error, path)
        }
    }
}

extension Segment {
    /// Writes the same results with rounded durations into a file of its own.
    ///
    /// - Throws: `StoreFileError`.
    func rounded(
        in directory: String, files: any StoreFiles
    ) throws(StoreFileError) -> Segment {
        var facts = facts
        facts.precision = .rounded
        let file = try files.open(path)
        var writer = try SegmentWriter(facts, directory: directory, files: files)
        for entry in try entries(in: file) {
            let block = try block(entry, in: file)
            try writer.add(block.key, results(in: block.payload).encoded(.rounded))
        }
        return try writer.finish()
    }
}

/// Writes a segment under a temporary name and gives it its own when all of it is durable.
struct SegmentWriter {
    /// The ending of names of files that are not whole yet.
    static let temporarySuffix = ".tmp"
    /// Bytes that gather before they are written.
    private static let bufferBytes = 1024 * 1024

    private let files: any StoreFiles
    private let directory: String
    private let name: String
    private let facts: SegmentLayout.Facts
    private let file: any StoreWriting
    private var buffer: [UInt8]
    private var written = 0
    private var entries: [SegmentLayout.Entry] = []

    init(
        _ facts: SegmentLayout.Facts, directory: String, files: any StoreFiles
    ) throws(StoreFileError) {
        self.files = files
        self.directory = directory
        self.facts = facts
        name = StoreNames.segment(facts)
        file = try files.create("\(directory)/\(name)\(Self.temporarySuffix)", replacing: true)
        buffer = StoreFileHead.encoded(.segment)
    }

    /// Keeps what there is of a series.
    mutating func add(_ key: SeriesKey, _ payload: [UInt8]) throws(StoreFileError) {
        let block = SegmentLayout.block(key, payload)
        entries.append(
            SegmentLayout.Entry(
                hash: SegmentLayout.hash(of: key), offset: UInt64(written + buffer.count),
                length: UInt32(block.count)))
        buffer += block
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Ends the file and opens it for reading.
    mutating func finish() throws(StoreFileError) -> Segment {
        buffer += SegmentLayout.ending(facts, entries, offset: written + buffer.count)
        try flush()
        try file.sync()
        let path = "\(directory)/\(name)"
        try files.rename(path + Self.temporarySuffix, to: path)
        try files.syncDirectory(directory)
        return try Segment(name, directory: directory, files: files)
    }

    private mutating func flush() throws(StoreFileError) {
        try file.write(buffer)
        written += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }
}
