/// The first 16 bytes of every file of the store: magic, version, kind, checksum.
public enum StoreFileHead {
    /// What a file holds.
    public enum Kind: UInt16, Sendable {
        /// Batches of results, as they came.
        case journal = 1
        /// What is sealed, by series.
        case segment = 2
    }

    /// The format that this program writes and reads.
    public static let version = 1
    /// Bytes of a head.
    public static let bytes = 16
    private static let magic: [UInt8] = Array("VITAALRS".utf8)

    /// The head of a file.
    public static func encoded(_ kind: Kind) -> [UInt8] {
        var writer = ByteWriter(capacity: bytes)
        writer.write(magic)
        writer.write(fixed: UInt16(version))
        writer.write(fixed: kind.rawValue)
        writer.write(fixed: CRC32C.checksum(writer.bytes))
        return writer.bytes
    }

    /// Checks the head of a file.
    ///
    /// - Parameters:
    ///   - bytes: The file, or its beginning.
    ///   - kind: What it should hold.
    /// - Throws: `StoreFormatError`; `.newer` when a later program wrote it.
    public static func check(
        _ bytes: ArraySlice<UInt8>, _ kind: Kind
    ) throws(StoreFormatError) {
        var reader = ByteReader(bytes)
        guard try reader.slice(8) == magic[...] else { throw .invalid("beginning of the file") }
        let version = try reader.fixed(UInt16.self)
        let found = try reader.fixed(UInt16.self)
        // These 16 bytes stay as they are in every version, so that damage is not taken for one.
        let checksum = try reader.fixed(UInt32.self)
        guard checksum == CRC32C.checksum(bytes.prefix(12)) else { throw .checksum }
        guard version <= Self.version else { throw .newer(version: Int(version)) }
        guard version > 0, found == kind.rawValue else { throw .invalid("kind of file") }
    }
}

/// Bytes with their length and checksum before them.
public enum StoreBlock {
    /// Bytes of one block.
    ///
    /// A batch of 65,536 results of the largest kind has 4 MB.
    public static let limit = 64 * 1024 * 1024
    /// Bytes before the payload.
    public static let headBytes = 8

    /// The payload with its head.
    public static func encoded(_ payload: [UInt8]) -> [UInt8] {
        precondition(payload.count <= limit, "a block within its limit")
        var writer = ByteWriter(capacity: payload.count + headBytes)
        writer.write(fixed: UInt32(payload.count))
        writer.write(fixed: CRC32C.checksum(payload))
        writer.write(payload)
        return writer.bytes
    }

    /// Takes the next block.
    ///
    /// - Parameter reader: Stands at a block; afterwards behind it.
    /// - Returns: The payload.
    /// - Throws: `StoreFormatError`.
    public static func next(
        from reader: inout ByteReader
    ) throws(StoreFormatError) -> ArraySlice<UInt8> {
        let length = try reader.fixed(UInt32.self)
        let checksum = try reader.fixed(UInt32.self)
        // A length of 0 is a page that the file system filled with zeros.
        guard length > 0, length <= UInt32(limit) else { throw .invalid("length of a block") }
        let payload = try reader.slice(Int(length))
        guard CRC32C.checksum(payload) == checksum else { throw .checksum }
        return payload
    }
}
