/// Sends connections for one host and port somewhere else, as curl's `--connect-to` does.
///
/// SNI, the Host header and the name check stay those of the URL.
public struct ConnectOverride: Sendable, Hashable {
    /// The host it is for; nil means every host.
    public var host: String?
    /// The port it is for; nil means every port.
    public var port: UInt16?
    /// The address or name to connect to instead; nil keeps the host.
    public var connectHost: String?
    /// The port to connect to instead; nil keeps the port.
    public var connectPort: UInt16?

    /// Makes an override.
    public init(host: String?, port: UInt16?, connectHost: String?, connectPort: UInt16?) {
        self.host = host
        self.port = port
        self.connectHost = connectHost
        self.connectPort = connectPort
    }

    /// Reads `HOST:PORT:CONNECT-HOST:CONNECT-PORT`, each part possibly empty, IPv6 addresses in
    /// brackets; nil when `text` is not of that form.
    public init?(_ text: String) {
        var parts: [String] = [""]
        var isInBrackets = false
        var isAfterBrackets = false
        for character in text {
            let part = parts[parts.count - 1]
            switch character {
            case "[" where part.isEmpty && !isInBrackets && !isAfterBrackets: isInBrackets = true
            case "]" where isInBrackets && !part.isEmpty:
                isInBrackets = false
                isAfterBrackets = true
            case ":" where !isInBrackets:
                isAfterBrackets = false
                parts.append("")
            case "[", "]": return nil
            case _ where isAfterBrackets: return nil
            default: parts[parts.count - 1].append(character)
            }
        }
        guard parts.count == 4, !isInBrackets, let port = Self.port(parts[1]),
            let connectPort = Self.port(parts[3])
        else { return nil }
        self.init(
            host: parts[0].isEmpty ? nil : parts[0].lowercased(), port: port,
            connectHost: parts[2].isEmpty ? nil : parts[2].lowercased(), connectPort: connectPort)
    }

    /// Whether it is for this host and port.
    public func applies(to host: String, port: UInt16) -> Bool {
        (self.host == nil || self.host == host) && (self.port == nil || self.port == port)
    }

    /// The outer nil means that the text is not a port, the inner one that it is empty.
    private static func port(_ text: String) -> UInt16?? {
        if text.isEmpty { return .some(nil) }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(text),
            port > 0
        else { return nil }
        return .some(port)
    }
}
