import HealthModel

/// Where a receiver's mail goes, and how.
public struct ReceiverEmail: Sendable, Hashable {
    /// Addresses that one receiver may have.
    public static let recipientsMax = 32

    /// Whether a mail may go without encryption.
    public enum Security: String, Sendable, Hashable, CaseIterable {
        /// Never: without STARTTLS or TLS, and a certificate that holds, nothing is sent.
        case required
        /// On this machine only, where nobody listens between.
        case clear = "none"
    }

    /// Who takes the mail.
    public var server: MailServer
    /// Who it is from.
    public var from: MailAddress
    /// Who it is to.
    public var to: [MailAddress]
    /// The name at the server; nil when it asks for none.
    public var user: String?
    /// Whether it may go without encryption.
    public var security: Security

    /// Makes a destination.
    public init(
        server: MailServer, from: MailAddress, to: [MailAddress], user: String? = nil,
        security: Security = .required
    ) {
        self.server = server
        self.from = from
        self.to = to
        self.user = user
        self.security = security
    }
}

/// A server that takes mail (RFC 6409): `smtp://` begins in clear and goes over to TLS with
/// STARTTLS (RFC 3207), `smtps://` is TLS from the first byte (RFC 8314).
public struct MailServer: Sendable, Hashable, CustomStringConvertible {
    /// Whether TLS comes before SMTP.
    public let isImplicitTLS: Bool
    /// The host name in lower case, or an address; an IPv6 address stands without brackets.
    public let host: String
    /// The port.
    public let port: UInt16

    /// Takes `text` apart; nil when it is not `smtp://HOST:PORT` or `smtps://HOST:PORT`.
    ///
    /// The port must be written: 25, 465 and 587 are all usual, and a wrong guess hangs.
    public init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let scheme = text[..<colon].lowercased()
        // A URL of `tls` has a host, a port, and nothing else.
        guard ["smtp", "smtps"].contains(scheme), let url = ProbeURL("tls\(text[colon...])") else {
            return nil
        }
        isImplicitTLS = scheme == "smtps"
        host = url.host
        port = url.port
    }

    /// Whether it is an address of this machine: 127.0.0.0/8 or ::1.
    ///
    /// A name may lead elsewhere.
    public var isLoopback: Bool {
        if host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { part in
                part.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8(part) != nil
            }
    }

    /// The server as a URL.
    public var description: String {
        let shownHost = host.contains(":") ? "[\(host)]" : host
        return "\(isImplicitTLS ? "smtps" : "smtp")://\(shownHost):\(port)"
    }
}

/// A plain address of mail, such as `on-call@example.org`: a dot-atom, an @ and a host name
/// (RFC 5321 §4.1.2), so that it can stand in a header and in a command as it is.
public struct MailAddress: Sendable, Hashable, CustomStringConvertible {
    /// Bytes before the @ (RFC 5321 §4.5.3.1.1).
    public static let localBytes = 64
    /// Bytes in all (RFC 5321 §4.5.3.1.3, without the brackets).
    public static let bytes = 254

    /// What stands before the @.
    public let local: String
    /// What stands after it.
    public let domain: String

    /// Takes `text` apart; nil when it is no such address.
    public init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.bytes, parts.count == 2,
            (1...Self.localBytes).contains(parts[0].utf8.count)
        else { return nil }
        let words = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        guard words.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isAtomText) }) else {
            return nil
        }
        // A URL knows what a host name is, and that it must not be an address.
        guard let url = ProbeURL("https://\(parts[1])/"), url.host == parts[1].lowercased(),
            !url.host.contains(":"), !url.host.hasSuffix(".")
        else { return nil }
        local = String(parts[0])
        domain = url.host
    }

    /// Tells whether a byte may stand in an atom (RFC 5322 §3.2.3).
    private static func isAtomText(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
        }
    }

    /// The address as written.
    public var description: String { "\(local)@\(domain)" }
}
