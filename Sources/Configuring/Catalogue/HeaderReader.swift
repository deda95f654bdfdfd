import HealthModel
import YAMLReading

/// The keys of a pattern on a response header.
enum HeaderPatternKey: String, FieldKey {
    case name
    case pattern
    case optional
    static let mappingName = "a header pattern"
}

/// Reads request headers and patterns on response headers.
enum HeaderReader {
    /// Headers that belong to the connection or to the probe itself, in lower case.
    ///
    /// `User-Agent` says who probes and must not be disguised.
    static let reserved: Set<String> = [
        "accept-encoding", "connection", "content-length", "expect", "host", "keep-alive",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
    ]
    /// Headers that carry a secret, in lower case.
    ///
    /// These files are meant to be published, and a probe goes on after a bad certificate in order
    /// to describe it.
    static let secret: Set<String> = ["authorization", "cookie", "proxy-authorization"]

    /// The headers of a mapping from name to value.
    static func requestHeaders(_ node: YAMLNode, _ log: MistakeLog) -> [Header] {
        guard case .mapping(let fields) = node.content else {
            log.add(
                at: node.position, "found \(node.found)",
                expected: "a mapping from header name to value")
            return []
        }
        guard fields.count <= ValueLimits.listItems else {
            log.add(
                at: node.position, "\(fields.count) headers",
                expected: "at most \(ValueLimits.listItems)")
            return []
        }
        var seen: Set<String> = []
        var headers: [Header] = []
        for field in fields {
            guard isAllowedName(field.key, at: field.keyPosition, log) else { continue }
            guard seen.insert(field.key.lowercased()).inserted else {
                log.add(
                    at: field.keyPosition,
                    "the header \(field.key.quoted) is written twice; case makes no difference")
                continue
            }
            guard let value = value(field.value, log) else { continue }
            headers.append(Header(name: field.key, value: value))
        }
        return headers
    }

    /// The patterns of a list of `{name, pattern, optional}`.
    static func patterns(_ node: YAMLNode?, _ log: MistakeLog) -> [HeaderPattern] {
        guard let node else { return [] }
        return node.items(log, of: "header patterns").compactMap { item in
            guard let fields = Fields<HeaderPatternKey>(item, log) else { return nil }
            let name = fields.required(.name)?.text(log, expected: "a header name")
            let pattern = fields.required(.pattern).flatMap { PatternReader.pattern($0, log) }
            let isOptional = fields[.optional].map { $0.boolean(log) } ?? false
            guard let name, let pattern, let isOptional else { return nil }
            guard isToken(name) else {
                reportName(name, at: fields.position(of: .name), log)
                return nil
            }
            return HeaderPattern(name: name, pattern: pattern, isOptional: isOptional)
        }
    }

    private static func isAllowedName(
        _ name: String, at position: SourcePosition, _ log: MistakeLog
    ) -> Bool {
        guard isToken(name) else {
            reportName(name, at: position, log)
            return false
        }
        if reserved.contains(name.lowercased()) {
            log.add(at: position, "the header \(name.quoted) is set by the probe itself")
            return false
        }
        if secret.contains(name.lowercased()) {
            log.add(at: position, "the header \(name.quoted) carries a secret; probes have none")
            return false
        }
        return true
    }

    private static func value(_ node: YAMLNode, _ log: MistakeLog) -> String? {
        guard let text = node.scalarText else {
            log.add(at: node.position, "found \(node.found)", expected: "a header value")
            return nil
        }
        // RFC 9110 §5.5, without the bytes above 127 that it calls obsolete.
        let isPrintable = text.utf8.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x09 }
        guard isPrintable, text.utf8.count <= ValueLimits.textBytes else {
            log.add(
                at: node.position, "found \(node.found)",
                expected: "a header value: printable ASCII without line breaks, at most "
                    + "\(ValueLimits.textBytes) bytes")
            return nil
        }
        return text
    }

    private static func reportName(
        _ name: String, at position: SourcePosition, _ log: MistakeLog
    ) {
        log.add(
            at: position, "\(name.quoted) is no header name",
            expected: "letters, digits and hyphens")
    }

    /// RFC 9110 §5.6.2: the characters of a field name; at most 128 of them.
    private static func isToken(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }
}
