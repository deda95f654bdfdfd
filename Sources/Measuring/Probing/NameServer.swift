import Glibc
import HealthModel

/// The address and port of one name server.
struct NameServer: Sendable, Hashable {
    /// Name servers looked at in one resolv.conf; resolv.conf(5) itself uses three.
    static let limit = 8

    var address: String
    var port: UInt16

    /// Reads `ADDRESS` or `ADDRESS@PORT`; nil when it is neither.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, AddressText.isAddress(String(first)) else { return nil }
        address = String(first)
        guard parts.count == 2 else {
            port = 53
            return
        }
        guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(parts[1]), port > 0
        else { return nil }
        self.port = port
    }

    /// The server on this machine, for a configuration that names none (resolv.conf(5)).
    static let local = NameServer(address: "127.0.0.1", port: 53)

    private init(address: String, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// The servers that a configuration leads to; never empty unless every forwarder is invalid.
    static func list(for configuration: ResolverConfiguration) -> [NameServer] {
        if !configuration.forwarders.isEmpty {
            return configuration.forwarders.compactMap { NameServer($0) }
        }
        guard let path = configuration.resolvConf else { return [local] }
        return list(resolvConf: read(path))
    }

    /// The servers named in the text of a resolv.conf(5).
    static func list(resolvConf text: String) -> [NameServer] {
        let lines = text.split { $0.isNewline }
        let servers = lines.compactMap { line -> NameServer? in
            let words = line.split { $0 == " " || $0 == "\t" }
            guard words.count >= 2, words[0] == "nameserver" else { return nil }
            return NameServer(words[1])
        }
        return servers.isEmpty ? [local] : Array(servers.prefix(limit))
    }

    private static func read(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        // A resolv.conf longer than this is none.
        return withUnsafeTemporaryAllocation(byteCount: 16 * 1024, alignment: 1) { buffer in
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            return String(
                decoding: UnsafeRawBufferPointer(buffer).prefix(max(0, count)), as: UTF8.self)
        }
    }
}
