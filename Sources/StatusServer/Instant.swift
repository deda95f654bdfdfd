public import HealthModel

/// An instant in a document: RFC 3339 in UTC with milliseconds, such as
/// `2026-11-23T14:07:31.042Z`.
public struct Instant: Sendable, Hashable, Codable {
    /// The instant, in whole milliseconds.
    public let timestamp: Timestamp

    /// Makes the instant; what is finer than a millisecond is dropped.
    public init(_ timestamp: Timestamp) {
        self.timestamp = Timestamp(milliseconds: timestamp.milliseconds)
    }

    /// Reads `2026-11-23T14:07:31.042Z`, the fraction optional; nil for anything else.
    public init?(rfc3339 text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 30, bytes.last == UInt8(ascii: "Z") else {
            return nil
        }
        let separators: [(Int, UInt8)] = [
            (4, UInt8(ascii: "-")), (7, UInt8(ascii: "-")), (10, UInt8(ascii: "T")),
            (13, UInt8(ascii: ":")), (16, UInt8(ascii: ":")),
        ]
        guard separators.allSatisfy({ bytes[$0.0] == $0.1 }),
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
            let day = number(bytes[8..<10]), let hour = number(bytes[11..<13]),
            let minute = number(bytes[14..<16]), let second = number(bytes[17..<19]),
            let whole = Timestamp(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second),
            let millisecond = milliseconds(bytes[19..<(bytes.count - 1)])
        else { return nil }
        timestamp = whole + .milliseconds(millisecond)
    }

    /// Reads the text form.
    ///
    /// - Throws: `DecodingError` when the text is not an instant.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let instant = Instant(rfc3339: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not an RFC 3339 instant in UTC")
        }
        self = instant
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(timestamp.rfc3339)
    }
}

/// The number that these digits stand for; nil when one is not a digit or there are none.
private func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
}

/// The milliseconds of a fraction with its dot; 0 without one, nil when it is malformed.
private func milliseconds(_ fraction: ArraySlice<UInt8>) -> Int64? {
    guard let dot = fraction.first else { return 0 }
    let digits = fraction.dropFirst()
    guard dot == UInt8(ascii: "."), number(digits) != nil else { return nil }
    return number((Array(digits.prefix(3)) + [0x30, 0x30])[0..<3])
}
