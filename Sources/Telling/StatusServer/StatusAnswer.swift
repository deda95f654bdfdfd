import HealthModel

/// The answer to `GET /api/v1/status/text`: what `vitaal status` prints, made where everything is at
/// hand.
///
/// The whole status of ten thousand endpoints takes seconds to write and to read as JSON; whoever is
/// on call wants 24 lines of it.
public struct StatusAnswer: Sendable, Hashable, Codable {
    /// Columns of the widest terminal.
    public static let columnsMax = 1000
    /// Services and endpoints that one question may name.
    public static let idsMax = 64

    /// Lines that each end in a line feed, as `vitaal status` prints them.
    public var text: String
    /// The verdict as the exit code of the monitoring plugins: 0 to 3.
    public var exitCode: Int32
    /// What was asked for and is neither a service nor an endpoint.
    public var unknownIds: [String]

    /// Renders what `reader` knows now.
    public init(
        reading reader: some MonitorReading, ids: [String] = [], width: Int = 80,
        isColored: Bool = false, language: StatusLanguage = .en
    ) {
        let document = StatusDocument(reading: reader, ids: ids)
        text = StatusText.render(
            document, ids: ids, width: min(width, Self.columnsMax), isColored: isColored,
            language: language)
        exitCode = document.verdict.exitCode
        unknownIds = document.unknownIDs(among: ids)
    }

    /// The answer as JSON with sorted keys, ending in a line feed.
    ///
    /// - Throws: `EncodingError`, which text and numbers do not cause.
    public func json() throws -> [UInt8] { try JSONCoding.bytes(of: self) }

    /// Reads the answer back.
    ///
    /// - Throws: `DecodingError` when the bytes are not such an answer.
    public init(json: [UInt8]) throws { self = try JSONCoding.document(from: json) }
}
