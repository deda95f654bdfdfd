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
        // People may leave more out than documents do.
        guard text.utf8.count >= 20, text.hasSuffix("Z"), !text.contains(" "),
            let written = try? WrittenInstant(text)
        else { return nil }
        timestamp = written.instant
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
