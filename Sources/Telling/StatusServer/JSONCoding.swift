import FoundationEssentials

/// The documents as JSON: snake_case keys, sorted, so that equal documents are equal bytes.
enum JSONCoding {
    /// The bytes of a document.
    ///
    /// - Throws: `EncodingError` when a number is not finite, which JSON cannot hold.
    static func bytes(of document: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(document)) + [UInt8(ascii: "\n")]
    }

    /// The document in the bytes; keys that this version does not know are passed over.
    ///
    /// - Throws: `DecodingError` when they are not such a document.
    static func document<Document: Decodable>(from bytes: [UInt8]) throws -> Document {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Document.self, from: Data(bytes))
    }
}

extension StatusDocument {
    /// The document as JSON with sorted keys, ending in a line feed.
    ///
    /// - Throws: `EncodingError` when a number is not finite.
    public func json() throws -> [UInt8] { try JSONCoding.bytes(of: self) }

    /// Reads the document back.
    ///
    /// - Throws: `DecodingError` when the bytes are not such a document.
    public init(json: [UInt8]) throws { self = try JSONCoding.document(from: json) }
}

extension AlertsDocument {
    /// The document as JSON with sorted keys, ending in a line feed.
    ///
    /// - Throws: `EncodingError` when a number is not finite.
    public func json() throws -> [UInt8] { try JSONCoding.bytes(of: self) }

    /// Reads the document back.
    ///
    /// - Throws: `DecodingError` when the bytes are not such a document.
    public init(json: [UInt8]) throws { self = try JSONCoding.document(from: json) }
}
