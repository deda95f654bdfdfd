/// The client's side of LDAP up to TLS: one request, one response (RFC 4511 §4.14).
struct LDAPSpeaker: Sendable {
    /// Bytes of one message; a refusal with its explanation has a few hundred.
    static let messageBytesMax = 4096

    /// Message 1: an extended request for 1.3.6.1.4.1.1466.20037.
    static let request: [UInt8] =
        [0x30, 0x1D, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16]
        + Array("1.3.6.1.4.1.1466.20037".utf8)
    /// Message 2: an unbind request (RFC 4511 §4.3).
    static let unbind: [UInt8] = [0x30, 0x05, 0x02, 0x01, 0x02, 0x42, 0x00]

    private var message: [UInt8] = []

    mutating func receive(_ byte: UInt8) -> SpeakerOutcome {
        message.append(byte)
        guard message[0] == 0x30 else { return .nonsense("no LDAP message") }
        var reader = BERReader(message[...])
        switch reader.header() {
        case .incomplete: return .wait
        case .malformed: return .nonsense("a malformed length")
        case .found(_, let length):
            let whole = reader.offset + length
            guard whole <= Self.messageBytesMax else {
                return .nonsense("a message of more than \(Self.messageBytesMax) bytes")
            }
            return message.count < whole ? .wait : Self.judge(message)
        }
    }

    /// Judges one whole message: LDAPMessage with an ExtendedResponse (RFC 4511 §4.1.1, §4.12).
    private static func judge(_ message: [UInt8]) -> SpeakerOutcome {
        var outer = BERReader(message[...])
        guard let content = outer.value(tag: 0x30) else { return .nonsense("no LDAP message") }
        var fields = BERReader(content)
        guard let identifier = fields.value(tag: 0x02), identifier.count == 1,
            let response = fields.value(tag: 0x78)
        else { return .nonsense("no extended response") }
        var parts = BERReader(response)
        guard let code = parts.value(tag: 0x0A), code.count == 1, let number = code.first,
            parts.value(tag: 0x04) != nil, let diagnostic = parts.value(tag: 0x04)
        else { return .nonsense("a malformed extended response") }
        let words = String(decoding: diagnostic, as: UTF8.self)
        let shown = words.isEmpty ? "" : ": \(words)"
        switch identifier.first {
        // Only the server itself speaks with the number 0: it is about to hang up (§4.4.1).
        case 0: return .refused("notice of disconnection, result code \(number)\(shown)")
        case 1 where number == 0: return .agreed
        case 1: return .refused("result code \(number)\(shown)")
        default: return .nonsense("an answer to another message")
        }
    }
}

/// Reads elements of BER with definite lengths, as LDAP uses it (RFC 4511 §5.1).
///
/// Lengths need not be the shortest: Active Directory writes all of them in five bytes.
struct BERReader {
    /// What stands at the start.
    enum Header: Hashable {
        case found(tag: UInt8, length: Int)
        case incomplete
        case malformed
    }

    private let bytes: ArraySlice<UInt8>
    /// Bytes read so far.
    private(set) var offset = 0

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    private func byte(_ index: Int) -> UInt8? {
        index < bytes.count ? bytes[bytes.startIndex + index] : nil
    }

    /// Reads a tag of one byte and a length of at most four.
    mutating func header() -> Header {
        guard let tag = byte(offset), let first = byte(offset + 1) else { return .incomplete }
        guard first >= 0x80 else {
            offset += 2
            return .found(tag: tag, length: Int(first))
        }
        let count = Int(first & 0x7F)
        // 0 is the indefinite form.
        guard (1...4).contains(count) else { return .malformed }
        var length = 0
        for index in 0..<count {
            guard let next = byte(offset + 2 + index) else { return .incomplete }
            length = length << 8 | Int(next)
        }
        offset += 2 + count
        return .found(tag: tag, length: length)
    }

    /// Reads one element with this tag; nil when the next one is another or is not whole.
    mutating func value(tag wanted: UInt8) -> ArraySlice<UInt8>? {
        guard case .found(wanted, let length) = header(), length <= bytes.count - offset else {
            return nil
        }
        let start = bytes.startIndex + offset
        offset += length
        return bytes[start..<(start + length)]
    }
}
