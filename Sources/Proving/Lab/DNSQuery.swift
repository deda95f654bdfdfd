/// The part of a DNS query (RFC 1035 §4.1) that the lab's name server acts on.
struct DNSQuery: Sendable, Hashable {
    /// Bytes in one query; queries with EDNS and padding stay far below it.
    static let bytesLimit = 4096
    /// Records after the question that are walked over; a query has one or two.
    static let recordsLimit = 16
    /// Bytes in a name (RFC 1035 §2.3.4).
    static let nameBytesLimit = 255

    /// The number that ties the answer to the query.
    var id: UInt16
    /// Whether the client asks for recursion.
    var isRecursionDesired: Bool
    /// The name asked for, in lower case without the final dot; empty for the root.
    var name: String
    /// The type asked for: 1 is A, 28 is AAAA, 255 is any.
    var type: UInt16
    /// The class asked for: 1 is the Internet, 255 is any.
    var recordClass: UInt16
    /// The question as it came, so that the answer repeats the case of its letters.
    var questionBytes: [UInt8]
    /// The EDNS version (RFC 6891) when the query has an OPT record.
    var ednsVersion: UInt8?

    /// What the bytes of a datagram are.
    enum Reading: Sendable, Hashable {
        /// A query to answer.
        case query(DNSQuery)
        /// A query that is refused with this code: 1 for a wrong format, 4 for another operation.
        case refused(id: UInt16, code: DNSResponse.Code)
        /// Not a query; an answer could start a loop between two servers.
        case ignored
    }

    /// Reads a datagram; bytes without meaning are a case of the result.
    static func read(_ bytes: [UInt8]) -> Reading {
        guard bytes.count >= 12, bytes.count <= bytesLimit else { return .ignored }
        let id = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        let isResponse = bytes[2] & 0x80 != 0
        if isResponse { return .ignored }
        if bytes[2] & 0x78 != 0 { return .refused(id: id, code: .notImplemented) }
        var cursor = DNSCursor(bytes: bytes, offset: 4)
        guard cursor.uint16() == 1, let answers = cursor.uint16(),
            let authorities = cursor.uint16(), let additionals = cursor.uint16(),
            answers == 0, authorities == 0, Int(additionals) <= recordsLimit,
            let name = cursor.questionName(), let type = cursor.uint16(),
            let recordClass = cursor.uint16()
        else { return .refused(id: id, code: .formatError) }
        var query = DNSQuery(
            id: id, isRecursionDesired: bytes[2] & 0x01 != 0, name: name, type: type,
            recordClass: recordClass, questionBytes: Array(bytes[12..<cursor.offset]))
        for _ in 0..<additionals {
            guard let record = cursor.record() else { return .refused(id: id, code: .formatError) }
            guard record.type == DNSRecordType.opt else { continue }
            // RFC 6891 §6.1.1: a second OPT record is a format error.
            guard query.ednsVersion == nil else { return .refused(id: id, code: .formatError) }
            query.ednsVersion = UInt8(truncatingIfNeeded: record.timeToLive >> 16)
        }
        guard cursor.offset == bytes.count else { return .refused(id: id, code: .formatError) }
        return .query(query)
    }
}

/// The record types that the lab knows.
enum DNSRecordType {
    static let a: UInt16 = 1
    static let soa: UInt16 = 6
    static let opt: UInt16 = 41
    static let any: UInt16 = 255
}

/// Reads a message from front to back and never past its end.
struct DNSCursor {
    let bytes: [UInt8]
    var offset: Int

    /// The next byte; nil at the end.
    mutating func uint8() -> UInt8? {
        guard offset < bytes.count else { return nil }
        defer { offset += 1 }
        return bytes[offset]
    }

    /// The next two bytes as a number; nil at the end.
    mutating func uint16() -> UInt16? {
        guard let high = uint8(), let low = uint8() else { return nil }
        return UInt16(high) << 8 | UInt16(low)
    }

    /// The next four bytes as a number; nil at the end.
    mutating func uint32() -> UInt32? {
        guard let high = uint16(), let low = uint16() else { return nil }
        return UInt32(high) << 16 | UInt32(low)
    }

    /// A name without compression, as in a question; nil when it is none.
    ///
    /// Bytes that a host name cannot hold become `?`, so that such a name matches nothing.
    mutating func questionName() -> String? {
        let start = offset
        var text: [UInt8] = []
        while let length = uint8() {
            if length == 0 {
                return offset - start <= DNSQuery.nameBytesLimit
                    ? String(decoding: text, as: UTF8.self) : nil
            }
            guard length <= 63, offset + Int(length) <= bytes.count,
                offset - start + Int(length) < DNSQuery.nameBytesLimit
            else { return nil }
            if !text.isEmpty { text.append(UInt8(ascii: ".")) }
            for byte in bytes[offset..<(offset + Int(length))] {
                text.append(Self.lowered(byte))
            }
            offset += Int(length)
        }
        return nil
    }

    /// One resource record, its data skipped; nil when it does not fit.
    mutating func record() -> (type: UInt16, timeToLive: UInt32)? {
        guard skipName(), let type = uint16(), uint16() != nil, let timeToLive = uint32(),
            let length = uint16(), offset + Int(length) <= bytes.count
        else { return nil }
        offset += Int(length)
        return (type, timeToLive)
    }

    /// Skips a name that may end in a compression pointer; the pointer is not followed.
    private mutating func skipName() -> Bool {
        while let length = uint8() {
            switch length {
            case 0: return true
            case 0xC0...: return uint8() != nil
            case 1...63:
                offset += Int(length)
                if offset > bytes.count { return false }
            default: return false
            }
        }
        return false
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            byte
        default: UInt8(ascii: "?")
        }
    }
}
