/// An absolute URL of a scheme that a probe speaks, taken apart once and bounded.
public struct ProbeURL: Sendable, Hashable, CustomStringConvertible {
    /// The schemes that a probe speaks.
    public enum Scheme: String, Sendable, Hashable, CaseIterable {
        case http
        case https
        /// TLS from the first byte, whatever is spoken inside.
        case tls
        /// SMTP with STARTTLS (RFC 3207).
        case smtp
        /// IMAP with STARTTLS (RFC 9051 §6.2.1).
        case imap
        /// POP3 with STLS (RFC 2595 §4).
        case pop3
        /// FTP with AUTH TLS (RFC 4217).
        case ftp
        /// LDAP with StartTLS (RFC 4511 §4.14).
        case ldap

        /// The port when the URL names none; nil for `tls`, which has no port of its own.
        public var defaultPort: UInt16? {
            switch self {
            case .http: 80
            case .https: 443
            case .tls: nil
            case .smtp: 25
            case .imap: 143
            case .pop3: 110
            case .ftp: 21
            case .ldap: 389
            }
        }

        /// Whether HTTP is spoken; of the others only the way to TLS and the handshake are probed.
        public var isHTTP: Bool { self == .http || self == .https }
    }

    /// Bytes in a URL; RFC 9110 §4.1 asks for at least 8000.
    public static let bytesLimit = 8000

    /// The scheme.
    public let scheme: Scheme
    /// The host name in lower case, or an address; an IPv6 address stands without brackets.
    public let host: String
    /// The port, also when it is the scheme's default.
    public let port: UInt16
    /// Path and query, starting with `/`; only `/` for a scheme other than http and https.
    public let target: String

    /// Takes `text` apart; nil when it is not an absolute URL of such a scheme without
    /// credentials, when a `tls` URL names no port, or when a URL without HTTP has a path.
    ///
    /// A fragment is dropped, since it never travels (RFC 9110 §4.1). User information is refused,
    /// so that a secret cannot end up in a log.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.bytesLimit,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            let colon = text.firstIndex(of: ":"),
            let scheme = Scheme(rawValue: text[..<colon].lowercased()),
            text[colon...].hasPrefix("://")
        else { return nil }
        let rest = text[text.index(colon, offsetBy: 3)...]
        let authorityEnd = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        guard let (host, port) = Self.splitAuthority(String(rest[..<authorityEnd])) else {
            return nil
        }
        var target = String(rest[authorityEnd...].prefix { $0 != "#" })
        if !target.hasPrefix("/") { target = "/" + target }
        guard scheme.isHTTP || target == "/", let port = port ?? scheme.defaultPort else {
            return nil
        }
        self.scheme = scheme
        self.host = host
        self.port = port
        self.target = target
    }

    /// The URL as text, without what follows a `?`: queries may hold what identifies a session.
    public var withoutQuery: String {
        let text = description
        // Bytes, since going through characters takes a microsecond for every probe.
        guard let mark = text.utf8.firstIndex(of: UInt8(ascii: "?")) else { return text }
        return String(text[..<mark])
    }

    /// The URL as text; a default port is left out.
    public var description: String {
        let shownHost = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        let shownPort = port == scheme.defaultPort ? "" : ":\(port)"
        return "\(scheme.rawValue)://\(shownHost)\(shownPort)\(target)"
    }

    /// Splits `host[:port]` or `[v6][:port]`; nil when it is neither.
    private static func splitAuthority(_ text: String) -> (host: String, port: UInt16?)? {
        var host = text
        var portText: Substring?
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { return nil }
            host = String(text[text.index(after: text.startIndex)..<close])
            let after = text[text.index(after: close)...]
            guard after.isEmpty || after.hasPrefix(":") else { return nil }
            portText = after.isEmpty ? nil : after.dropFirst()
            let isAddress = host.utf8.allSatisfy {
                isHexDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
            }
            guard isAddress, host.contains(":") else { return nil }
        } else {
            if let colon = text.firstIndex(of: ":") {
                host = String(text[..<colon])
                portText = text[text.index(after: colon)...]
            }
            guard isHostName(host) else { return nil }
        }
        guard let portText, !portText.isEmpty else { return (host.lowercased(), nil) }
        guard portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(portText),
            port > 0
        else { return nil }
        return (host.lowercased(), port)
    }

    /// RFC 1123 host names, underscores allowed because they exist; at most 253 bytes.
    private static func isHostName(_ text: String) -> Bool {
        let trimmed = text.hasSuffix(".") ? text.dropLast() : text[...]
        guard !trimmed.isEmpty, trimmed.utf8.count <= 253 else { return false }
        return trimmed.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63 && !label.hasPrefix("-")
                && label.utf8.allSatisfy {
                    ($0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z"))
                        || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
                        || $0 == UInt8(ascii: "_")
                }
        }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}
