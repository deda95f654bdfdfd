import Alerting

/// A line of the evidence log as it is read back.
public struct EvidenceEntry: Sendable, Hashable {
    /// Its members; what is null or no text is not here.
    public let fields: [String: String]

    /// Reads a line; nil when it is no JSON object of texts and numbers with `ts` and `action`.
    public init?(_ line: [UInt8]) {
        guard let fields = FlatObject.read(line), fields["ts"] != nil, fields["action"] != nil
        else { return nil }
        self.fields = fields
    }

    /// When it happened, as written.
    public var ts: String { fields["ts"] ?? "" }
    /// The incident that it is about or that its alert belongs to; nil for others.
    public var incident: String? {
        fields["incident"] ?? object(of: "incident")
    }
    /// The endpoint that it happened to; nil for others.
    public var endpoint: String? { object(of: "endpoint") }
    /// The service that it is about, as far as the line says; nil for others.
    public var service: String? { fields["service"] ?? object(of: "service") }

    /// The line for people, as the console showed it.
    public var humanLine: String {
        let result = fields["result"] ?? "ok"
        let failure = result == "ok" ? "" : result
        let isDelivery = fields["notification"] != nil
        return EvidenceRecord.humanLine(
            time: time, level: fields["level"], action: fields["action"] ?? "",
            subject: subject,
            text: isDelivery
                ? failure
                : ownWords.map {
                    fields["level"] == nil || failure.isEmpty ? $0 : "\(failure): \($0)"
                } ?? failure)
    }

    /// The number of the line; nil in one from before the chain.
    var seq: Int64? { fields["seq"].flatMap { Int64($0) } }

    /// What the line says beside its result; nil for nothing.
    private var ownWords: String? {
        if let summary = fields["summary_en"] { return summary }
        guard let reason = fields["reason"] else { return nil }
        guard let scope = fields["scope"] else { return "\(fields["actor"] ?? ""): \(reason)" }
        return EvidenceRecord.words(
            action: fields["action"].flatMap { EvidenceRecord.Action(rawValue: $0) },
            scope: scope, startsAt: Self.time(fields["starts_at"]),
            endsAt: Self.time(fields["ends_at"]), endedBy: fields["ended_by"],
            result: fields["result"] ?? "ok", author: fields["author"] ?? "", reason: reason)
    }

    private func object(of kind: String) -> String? {
        guard let object = fields["object"], object.hasPrefix(kind + "/") else { return nil }
        return String(object.dropFirst(kind.count + 1))
    }

    /// `2026-11-23 14:07:31` of `2026-11-23T14:07:31.042Z`.
    private var time: String { Self.time(ts) }

    private static func time(_ instant: String?) -> String {
        let text = (instant ?? "").split(separator: ".", maxSplits: 1).first ?? ""
        return text.split(separator: "T", maxSplits: 1).joined(separator: " ")
    }

    /// What an alert is about; for other lines the object as written.
    private var subject: String {
        let object = fields["object"] ?? ""
        guard fields["level"] != nil else { return object }
        // The first of what is told: PART RULE SUBJECT LEVEL.
        if let told = fields["told"]?.prefix(while: { $0 != ";" }).split(separator: " "),
            told.count == 4
        {
            return String(told[2])
        }
        // RECEIVER/RULE/KIND/SUBJECT/INSTANT/STATE, before messages told of several alerts.
        let parts = (fields["notification"] ?? "").split(separator: "/")
        if parts.count > 5 { return String(parts[3]) }
        return self.object(of: "service") ?? endpoint ?? object
    }
}

/// Reads one JSON object whose values are texts, numbers, booleans or null (RFC 8259).
enum FlatObject {
    /// Members of one object; a record has at most 26.
    static let membersMax = 64

    /// The members that are texts or numbers; nil when it is something else.
    static func read(_ bytes: [UInt8]) -> [String: String]? {
        var reader = FlatReader(bytes: bytes[...])
        guard reader.take("{") else { return nil }
        var fields: [String: String] = [:]
        if !reader.take("}") {
            for number in 0... {
                guard number < membersMax, let key = reader.text(), reader.take(":"),
                    let value = reader.value()
                else { return nil }
                if case .text(let text) = value { fields[key] = text }
                if reader.take("}") { break }
                guard reader.take(",") else { return nil }
            }
        }
        reader.skipSpace()
        return reader.bytes.isEmpty ? fields : nil
    }
}

private struct FlatReader {
    enum Value {
        case text(String)
        case other
    }

    var bytes: ArraySlice<UInt8>

    mutating func skipSpace() { bytes = bytes.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) } }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard bytes.first == UInt8(ascii: character) else { return false }
        bytes.removeFirst()
        return true
    }

    mutating func value() -> Value? {
        skipSpace()
        if bytes.first == UInt8(ascii: "\"") { return text().map { .text($0) } }
        let word = bytes.prefix { !Array(",} \t\r\n".utf8).contains($0) }
        bytes = bytes.dropFirst(word.count)
        let name = String(decoding: word, as: UTF8.self)
        if ["null", "true", "false"].contains(name) { return .other }
        // What Double takes beyond JSON, such as "inf", does not begin like a number.
        guard let first = word.first, first == 0x2D || (0x30...0x39).contains(first),
            Double(name) != nil
        else { return nil }
        return .text(name)
    }

    mutating func text() -> String? {
        guard take("\"") else { return nil }
        var plain: [UInt8] = []
        while let byte = bytes.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(validating: plain, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escaped() else { return nil }
                plain += String(scalar).utf8
            case 0..<0x20: return nil
            default: plain.append(byte)
            }
        }
        return nil
    }

    private mutating func escaped() -> Unicode.Scalar? {
        switch bytes.popFirst() {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            guard let first = unit() else { return nil }
            guard (0xD800...0xDBFF).contains(first) else { return Unicode.Scalar(first) }
            guard bytes.starts(with: Array("\\u".utf8)) else { return nil }
            bytes.removeFirst(2)
            guard let second = unit(), (0xDC00...0xDFFF).contains(second) else { return nil }
            return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        default: return nil
        }
    }

    private mutating func unit() -> UInt32? {
        let digits = bytes.prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
        else { return nil }
        bytes.removeFirst(4)
        return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
