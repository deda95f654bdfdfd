import HealthModel
public import Observing

/// How a sealed file is laid out: head, one block per series, directory, footer.
///
/// The directory is sorted by a hash of the key, so that one series is found with a dozen reads of
/// 20 bytes and nothing has to stay in memory.
public enum SegmentLayout {
    /// What a segment keeps.
    public enum Level: UInt8, Sendable, Hashable, CaseIterable {
        /// Every result.
        case raw = 0
        /// Summaries of hours.
        case hour = 1
        /// Summaries of days.
        case day = 2
    }

    /// What the directory says before its entries.
    public struct Facts: Sendable, Hashable {
        /// What is kept.
        public var level: Level
        /// The start in milliseconds since the epoch.
        public var start: Int64
        /// The end, which is not part of it.
        public var end: Int64
        /// Of batches up to this one, everything in this time is kept.
        public var sealedThrough: UInt64
        /// How the durations of results are kept.
        public var precision: ResultChunk.Precision

        /// Makes facts.
        public init(
            level: Level, start: Int64, end: Int64, sealedThrough: UInt64,
            precision: ResultChunk.Precision = .exact
        ) {
            self.level = level
            self.start = start
            self.end = end
            self.sealedThrough = sealedThrough
            self.precision = precision
        }
    }

    /// Where a series stands.
    public struct Entry: Sendable, Hashable {
        /// The hash of the key.
        public var hash: UInt64
        /// Where its block begins in the file.
        public var offset: UInt64
        /// Bytes of the block with its head.
        public var length: UInt32

        /// Makes an entry.
        public init(hash: UInt64, offset: UInt64, length: UInt32) {
            self.hash = hash
            self.offset = offset
            self.length = length
        }
    }

    /// Bytes of one entry.
    public static let entryBytes = 20
    /// Bytes at the end of the file that say where the directory is.
    public static let footerBytes = 24
    private static let footerMagic: UInt32 = 0x5249_4456

    /// A hash that is the same in every process: FNV-1a over both names.
    public static func hash(of key: SeriesKey) -> UInt64 {
        var hash = FNV1a(key.endpoint.text)
        hash.add(0xFF)
        hash.add(key.vantage.text)
        return hash.value
    }

    /// A block: the key, then what is kept of the series.
    public static func block(_ key: SeriesKey, _ payload: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: payload.count + 140)
        writer.write(text: key.endpoint.text)
        writer.write(text: key.vantage.text)
        writer.write(payload)
        return StoreBlock.encoded(writer.bytes)
    }

    /// Takes the next block apart.
    ///
    /// - Parameter reader: Stands at a block; afterwards behind it.
    /// - Returns: The key and what is kept.
    /// - Throws: `StoreFormatError`.
    public static func next(
        from reader: inout ByteReader
    ) throws(StoreFormatError) -> (key: SeriesKey, payload: ArraySlice<UInt8>) {
        var inside = ByteReader(try StoreBlock.next(from: &reader))
        let endpoint = try inside.text(upTo: Limits.identifierBytes, "endpoint")
        let vantage = try inside.text(upTo: Limits.identifierBytes, "vantage")
        let key = SeriesKey(endpoint: EndpointID(endpoint), vantage: VantageID(vantage))
        return (key, inside.rest)
    }

    /// Directory and footer of a file.
    ///
    /// - Parameters:
    ///   - facts: What the file is.
    ///   - entries: One for each series, in any order.
    ///   - offset: Where the directory will begin.
    /// - Returns: The last bytes of the file.
    public static func ending(_ facts: Facts, _ entries: [Entry], offset: Int) -> [UInt8] {
        var head = ByteWriter()
        head.write(facts.level.rawValue)
        head.write(facts.precision.rawValue)
        head.write(signed: facts.start)
        head.write(signed: facts.end)
        head.write(varint: facts.sealedThrough)
        ReasonTable.write(to: &head)
        var directory = ByteWriter(capacity: entries.count * entryBytes)
        for entry in entries.sorted(by: { $0.hash < $1.hash }) {
            directory.write(fixed: entry.hash)
            directory.write(fixed: entry.offset)
            directory.write(fixed: entry.length)
        }
        var writer = ByteWriter(capacity: directory.bytes.count + 4096)
        writer.write(StoreBlock.encoded(head.bytes))
        writer.write(directory.bytes)
        var footer = ByteWriter()
        footer.write(fixed: UInt64(offset))
        footer.write(fixed: UInt32(entries.count))
        footer.write(fixed: CRC32C.checksum(directory.bytes))
        footer.write(fixed: CRC32C.checksum(footer.bytes))
        footer.write(fixed: footerMagic)
        writer.write(footer.bytes)
        return writer.bytes
    }

    /// Reads a footer: where the directory begins, how many entries it has, and their checksum.
    ///
    /// - Parameter bytes: The last `footerBytes` of a file.
    /// - Returns: The three.
    /// - Throws: `StoreFormatError`.
    public static func footer(
        _ bytes: [UInt8]
    ) throws(StoreFormatError) -> (directory: UInt64, entries: Int, checksum: UInt32) {
        var reader = ByteReader(bytes)
        let directory = try reader.fixed(UInt64.self)
        let entries = try reader.fixed(UInt32.self)
        let checksum = try reader.fixed(UInt32.self)
        guard try reader.fixed(UInt32.self) == CRC32C.checksum(bytes.prefix(16)) else {
            throw .checksum
        }
        guard try reader.fixed(UInt32.self) == footerMagic else { throw .invalid("footer") }
        return (directory, Int(entries), checksum)
    }

    /// Reads what stands before the entries.
    ///
    /// - Parameter reader: Stands at the directory; afterwards at its entries.
    /// - Returns: What the file is, and what its reason codes mean.
    /// - Throws: `StoreFormatError`.
    public static func facts(
        from reader: inout ByteReader
    ) throws(StoreFormatError) -> (facts: Facts, reasons: ReasonTable) {
        var head = ByteReader(try StoreBlock.next(from: &reader))
        guard let level = Level(rawValue: try head.byte()) else { throw .invalid("level") }
        guard let precision = ResultChunk.Precision(rawValue: try head.byte()) else {
            throw .invalid("precision")
        }
        let (start, end) = (try head.signed(), try head.signed())
        guard start < end else { throw .invalid("time") }
        let sealed = try head.varint()
        let facts = Facts(
            level: level, start: start, end: end, sealedThrough: sealed, precision: precision)
        return (facts, try ReasonTable(from: &head))
    }

    /// Reads one entry.
    ///
    /// - Parameter bytes: `entryBytes` of a directory.
    /// - Returns: The entry.
    /// - Throws: `StoreFormatError`.
    public static func entry(_ bytes: ArraySlice<UInt8>) throws(StoreFormatError) -> Entry {
        var reader = ByteReader(bytes)
        let entry = Entry(
            hash: try reader.fixed(UInt64.self), offset: try reader.fixed(UInt64.self),
            length: try reader.fixed(UInt32.self))
        guard entry.length <= UInt32(StoreBlock.limit) else { throw .invalid("entry") }
        return entry
    }
}
