import HealthModel

/// The names behind the reason codes of one file, so that a program with other reasons reads it.
public struct ReasonTable: Sendable, Hashable {
    /// The reasons of this program: code 0 is success, code k the k-th reason.
    public static let current = ReasonTable(reasons: Reason.allCases.map { $0 })
    /// Names in one table; codes are bytes.
    public static let limit = 255

    private let reasons: [Reason?]

    private init(reasons: [Reason?]) { self.reasons = reasons }

    /// The codes of this program, to be written.
    static let codes: [Reason: UInt8] = Dictionary(
        uniqueKeysWithValues: Reason.allCases.enumerated().map { ($1, UInt8($0 + 1)) })

    /// Writes the names in the order of their codes.
    public static func write(to writer: inout ByteWriter) {
        writer.write(varint: UInt64(Reason.allCases.count))
        for reason in Reason.allCases { writer.write(text: reason.rawValue) }
    }

    /// Reads the names of a file.
    ///
    /// - Parameter reader: Stands at the table.
    /// - Throws: `StoreFormatError`.
    public init(from reader: inout ByteReader) throws(StoreFormatError) {
        let count = try reader.varint(upTo: Self.limit, "number of reasons")
        var reasons: [Reason?] = []
        for _ in 0..<count {
            reasons.append(Reason(rawValue: try reader.text(upTo: 64, "reason")))
        }
        self.reasons = reasons
    }

    /// What a code means; nil inside means success.
    ///
    /// - Parameter code: A byte of a file.
    /// - Returns: The reason, or nil for success.
    /// - Throws: `StoreFormatError` for a code without a name, or with one this program lacks.
    func reason(_ code: UInt8) throws(StoreFormatError) -> Reason? {
        if code == 0 { return nil }
        guard code <= reasons.count, let reason = reasons[Int(code) - 1] else {
            throw .invalid("reason")
        }
        return reason
    }
}
