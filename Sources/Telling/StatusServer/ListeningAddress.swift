/// Where the server listens.
public struct ListeningAddress: Sendable, Hashable, CustomStringConvertible {
    /// A host name or an address; an IPv6 address stands without brackets.
    public var host: String
    /// The port; 0 asks for any free one.
    public var port: UInt16

    /// Makes an address.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// This machine only, port 7112.
    ///
    /// The port lies outside 9100 to 9999, where every port belongs to some Prometheus exporter,
    /// and below the range of ephemeral ports. It ends in 112, the emergency number.
    public static let standard = ListeningAddress(host: "127.0.0.1", port: 7112)

    /// Reads `host:port`, `[v6]:port` or `:port` (every address); nil when it is none of these.
    public init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...]),
            text[text.index(after: colon)...].utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard host.contains(":") else { return nil }
        } else if host.contains(":") {
            return nil
        }
        self.init(host: host.isEmpty ? "::" : host, port: port)
    }

    /// `host:port`, an IPv6 address in brackets.
    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// Why the server could not start.
public enum StatusServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Another process listens there.
    case portInUse(ListeningAddress)
    /// The port is one that only root may use.
    case notPermitted(ListeningAddress)
    /// The address is none of this machine's.
    case addressNotLocal(ListeningAddress)
    /// Anything else; `why` is the system's text.
    case cannotListen(ListeningAddress, why: String)

    /// One line that says what to do.
    public var description: String {
        switch self {
        case .portInUse(let address):
            "\(address): the port is in use; is Vitaal already running? choose another with --listen"
        case .notPermitted(let address):
            "\(address): not permitted; ports below 1024 need a capability, choose a higher one"
        case .addressNotLocal(let address):
            "\(address): this machine does not have this address"
        case .cannotListen(let address, let why):
            "\(address): cannot listen: \(why)"
        }
    }
}
