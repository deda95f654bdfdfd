/// A protocol version as it stands on the wire (RFC 8446 §4.2.1).
public enum TLSVersion: UInt16, Sendable, Hashable, CaseIterable, Comparable {
    /// TLS 1.0 (RFC 2246).
    case tls1_0 = 0x0301
    /// TLS 1.1 (RFC 4346).
    case tls1_1 = 0x0302
    /// TLS 1.2 (RFC 5246).
    case tls1_2 = 0x0303
    /// TLS 1.3 (RFC 8446).
    case tls1_3 = 0x0304

    /// The name that OpenSSL gives it, such as `TLSv1.3`.
    public var name: String {
        switch self {
        case .tls1_0: "TLSv1"
        case .tls1_1: "TLSv1.1"
        case .tls1_2: "TLSv1.2"
        case .tls1_3: "TLSv1.3"
        }
    }

    /// Orders versions, older first.
    public static func < (left: TLSVersion, right: TLSVersion) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// The first message of a client, made to ask one question of a server.
///
/// It offers what is asked about and nothing else, and with TLS 1.3 an empty list of key shares:
/// a server that can agree then names the group it wants in a HelloRetryRequest
/// (RFC 8446 §4.2.8), so that no key has to be made. Whoever sends it hangs up after the reply.
/// A value without state; any thread may use it.
public struct ClientHello: Sendable, Hashable {
    /// Cipher suites in one message.
    public static let suiteLimit = 512
    /// Groups in one message.
    public static let groupLimit = 64
    /// Bytes of a server's name (RFC 1035 §2.3.4).
    public static let serverNameByteLimit = 255
    /// Bytes of the client's random value (RFC 8446 §4.1.2).
    public static let randomBytes = 32

    /// The versions on offer; not empty.
    public var versions: Set<TLSVersion>
    /// The cipher suites on offer by number, preferred first; 1 to `suiteLimit`.
    public var suites: [UInt16]
    /// The key exchange groups on offer by number, preferred first; at most `groupLimit`; empty
    /// leaves the extension out.
    public var groups: [UInt16]
    /// The name to ask for (RFC 6066 §3); nil for a server known only by address.
    public var serverName: String?
    /// The random value, `randomBytes` long.
    ///
    /// It protects nothing here, so that any source will do.
    public var random: [UInt8]

    /// Makes a message; whoever breaks a limit has made a programming mistake.
    public init(
        versions: Set<TLSVersion>, suites: [UInt16], groups: [UInt16], serverName: String?,
        random: [UInt8]
    ) {
        self.versions = versions
        self.suites = suites
        self.groups = groups
        self.serverName = serverName
        self.random = random
    }

    /// The message in one record, ready to send.
    public func record() -> [UInt8] {
        precondition((1...Self.suiteLimit).contains(suites.count), "1 to 512 suites")
        precondition(groups.count <= Self.groupLimit, "at most 64 groups")
        precondition(random.count == Self.randomBytes, "32 random bytes")
        guard let newest = versions.max() else { preconditionFailure("a version") }
        var body = WireWriter()
        body.append(UInt16(min(newest, .tls1_2).rawValue))
        body.bytes += random
        // A session id that was never given: middleboxes let TLS 1.3 pass that looks like the
        // resumption of TLS 1.2 (RFC 8446 appendix D.4).
        body.appendVector8(newest == .tls1_3 ? random : [])
        body.appendVector16 { list in for suite in suites { list.append(suite) } }
        body.appendVector8([0])
        body.appendVector16 { appendExtensions(to: &$0, newest: newest) }

        var record = WireWriter()
        record.bytes = [22, 3, 1]
        record.appendVector16 { handshake in
            // The length has three octets; the message fits in two by the limits above.
            handshake.bytes += [1, 0]
            handshake.appendVector16 { $0.bytes += body.bytes }
        }
        return record.bytes
    }

    private func appendExtensions(to list: inout WireWriter, newest: TLSVersion) {
        if let serverName {
            precondition(
                (1...Self.serverNameByteLimit).contains(serverName.utf8.count), "a name")
            list.append(TLSExtension.serverName)
            list.appendVector16 { body in
                body.appendVector16 { names in
                    names.bytes.append(0)
                    names.appendVector16 { $0.bytes += Array(serverName.utf8) }
                }
            }
        }
        if !groups.isEmpty {
            list.append(TLSExtension.supportedGroups)
            list.appendVector16 { body in
                body.appendVector16 { names in for group in groups { names.append(group) } }
            }
        }
        if versions.contains(where: { $0 < .tls1_3 }) {
            // Uncompressed points (RFC 8422 §5.1.2), and secure renegotiation (RFC 5746 §3.4),
            // without which strict servers refuse.
            list.append(TLSExtension.pointFormats)
            list.appendVector16 { $0.appendVector8([0]) }
            list.append(TLSExtension.renegotiation)
            list.appendVector16 { $0.appendVector8([]) }
        }
        if newest >= .tls1_2 {
            list.append(TLSExtension.signatureAlgorithms)
            list.appendVector16 { body in
                body.appendVector16 { names in
                    for scheme in Self.signatureSchemes { names.append(scheme) }
                }
            }
        }
        if newest == .tls1_3 {
            list.append(TLSExtension.supportedVersions)
            list.appendVector16 { body in
                var names = WireWriter()
                for version in versions.sorted(by: >) { names.append(version.rawValue) }
                body.appendVector8(names.bytes)
            }
            list.append(TLSExtension.keyShare)
            list.appendVector16 { $0.append(UInt16(0)) }
        }
    }

    /// ECDSA, RSA-PSS, RSA and EdDSA with SHA-2, then SHA-1, so that no server is refused for its
    /// certificate (RFC 8446 §4.2.3).
    static let signatureSchemes: [UInt16] = [
        0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0807, 0x0808, 0x0809, 0x080A, 0x080B,
        0x0401, 0x0501, 0x0601, 0x0203, 0x0201, 0x0202,
    ]
}

/// Numbers of the extensions that are sent or read here (IANA, TLS ExtensionType Values).
enum TLSExtension {
    static let serverName: UInt16 = 0
    static let supportedGroups: UInt16 = 10
    static let pointFormats: UInt16 = 11
    static let signatureAlgorithms: UInt16 = 13
    static let supportedVersions: UInt16 = 43
    static let keyShare: UInt16 = 51
    static let renegotiation: UInt16 = 0xFF01
}

/// Writes numbers and vectors as TLS does (RFC 8446 §3).
struct WireWriter {
    var bytes: [UInt8] = []

    mutating func append(_ number: UInt16) {
        bytes += [UInt8(number >> 8), UInt8(number & 0xFF)]
    }

    /// At most 255 bytes after their count in one octet.
    mutating func appendVector8(_ contents: [UInt8]) {
        bytes.append(UInt8(contents.count))
        bytes += contents
    }

    /// What `write` adds, at most 65,535 bytes, after its count in two octets.
    mutating func appendVector16(_ write: (inout WireWriter) -> Void) {
        var inner = WireWriter()
        write(&inner)
        append(UInt16(inner.bytes.count))
        bytes += inner.bytes
    }
}
