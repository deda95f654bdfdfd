import COpenSSL

/// The name or address that a certificate must be valid for.
public enum ServerName: Sendable, Hashable {
    /// A DNS name, without the dot at the end.
    case dns(String)
    /// An IPv4 or IPv6 address in text.
    case address(String)
    /// Text that can be in no certificate: empty, too long, or with a byte that no name has.
    case impossible

    /// Bytes in the longest DNS name (RFC 1035 §3.1).
    static let bytesMax = 253

    /// Reads a host as it stands in a URL; an address may stand in brackets.
    ///
    /// Text that is an address is never taken for a DNS name, so a DNS name `192.0.2.1` in a
    /// certificate does not count for that address (RFC 9525 §6.2).
    public init(_ host: String) {
        var text = host
        if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
        if let octets = a2i_IPADDRESS(text) {
            ASN1_OCTET_STRING_free(octets)
            self = text.utf8.contains(0) ? .impossible : .address(text)
            return
        }
        self = Self.dnsName(text)
    }

    /// A DNS name, unless `text` cannot be one.
    static func dnsName(_ text: String) -> ServerName {
        var name = text[...]
        if name.hasSuffix(".") { name = name.dropLast() }
        // To OpenSSL a dot in front means "any name below" (X509_check_host(3)), and an empty
        // name means "do not look".
        guard !name.isEmpty, name.utf8.count <= bytesMax, !name.hasPrefix("."),
            name.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return .impossible }
        return .dns(String(name))
    }
}
