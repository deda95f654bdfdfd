/// Why bytes are not what the store writes.
public enum StoreFormatError: Error, Sendable, Hashable {
    /// The bytes end before the value does.
    case truncated
    /// A value that the store never writes; says which.
    case invalid(String)
    /// A checksum that does not match.
    case checksum
    /// A format newer than this program.
    case newer(version: Int)
}

/// Reads what `ByteWriter` wrote, and trusts none of it.
public struct ByteReader: Sendable {
    private let bytes: ArraySlice<UInt8>
    private var place: Int

    /// Makes a reader of some bytes.
    public init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        place = bytes.startIndex
    }

    /// Makes a reader of some bytes.
    public init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    /// Bytes that are left.
    public var remaining: Int { bytes.endIndex - place }
    /// The bytes that are left.
    public var rest: ArraySlice<UInt8> { bytes[place...] }

    /// Reads one byte.
    public mutating func byte() throws(StoreFormatError) -> UInt8 {
        guard place < bytes.endIndex else { throw .truncated }
        defer { place += 1 }
        return bytes[place]
    }

    /// Reads a number in its full width.
    public mutating func fixed<Number: FixedWidthInteger & UnsignedInteger>(
        _ type: Number.Type
    ) throws(StoreFormatError) -> Number {
        let width = Number.bitWidth / 8
        guard remaining >= width else { throw .truncated }
        var value: Number = 0
        for step in 0..<width { value |= Number(bytes[place + step]) << (8 * step) }
        place += width
        return value
    }

    /// Reads a number of seven bits a byte.
    @inline(__always)
    public mutating func varint() throws(StoreFormatError) -> UInt64 {
        // Nearly every number is below 128.
        guard place < bytes.endIndex, bytes[place] < 0x80 else { return try longVarint() }
        defer { place += 1 }
        return UInt64(bytes[place])
    }

    private mutating func longVarint() throws(StoreFormatError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            let part = UInt64(next & 0x7F)
            guard shift < 63 || (shift == 63 && part <= 1) else { throw .invalid("long number") }
            value |= part << shift
            if next < 0x80 { return value }
            shift += 7
        }
    }

    /// Reads a number that must not exceed `limit`.
    public mutating func varint(upTo limit: Int, _ what: String) throws(StoreFormatError) -> Int {
        let value = try varint()
        guard value <= UInt64(limit) else { throw .invalid(what) }
        return Int(value)
    }

    /// Reads a signed number.
    public mutating func signed() throws(StoreFormatError) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// Reads `count` bytes.
    public mutating func slice(_ count: Int) throws(StoreFormatError) -> ArraySlice<UInt8> {
        guard count >= 0, remaining >= count else { throw .truncated }
        defer { place += count }
        return bytes[place..<place + count]
    }

    /// Reads a text of at most `limit` bytes.
    public mutating func text(
        upTo limit: Int, _ what: String
    ) throws(StoreFormatError) -> String {
        let length = try varint(upTo: limit, what)
        guard let text = String(validating: try slice(length), as: UTF8.self) else {
            throw .invalid(what)
        }
        return text
    }
}
