/// What a server answered to a `ClientHello`, read no further than its first message.
///
/// Pure; takes at most `byteLimit` bytes of whatever a hostile server sends.
public enum ServerReply: Sendable, Hashable {
    /// The server refused (RFC 8446 §6): the number of the alert, such as 40, handshake failure.
    case alert(UInt8)
    /// The server agreed to what the message says.
    case serverHello(ServerHello)
    /// The server speaks TLS 1.3 and wants a key share of the group named (RFC 8446 §4.1.4).
    case helloRetryRequest(ServerHello)
    /// What came is no reply in TLS.
    case garbage(Garbage)

    /// Why a reply cannot be read.
    public enum Garbage: String, Sendable, Hashable, CaseIterable {
        /// The first byte is of no TLS record: another protocol lives here.
        case notTLS = "not_tls"
        /// The connection closed before the first byte.
        case closed
        /// The connection closed inside the message.
        case truncated
        /// A message or a record is longer than its limit, or in more records than the limit.
        case tooLong = "too_long"
        /// A record breaks RFC 8446 §5.1, or another message came first.
        case unexpected
        /// The message breaks RFC 8446 §4.1.3.
        case malformed
    }

    /// Bytes of one record's contents (RFC 8446 §5.1).
    public static let recordByteLimit = 16_384
    /// Records over which one message may be spread.
    public static let recordLimit = 16
    /// Bytes of a ServerHello; real ones have one or two hundred, with a post-quantum key share
    /// 1,300.
    public static let helloByteLimit = 4096
    /// Bytes after which every reply has been decided.
    public static let byteLimit = helloByteLimit + 4 + recordLimit * 5

    /// Reads a reply from the bytes so far; nil means that more are needed.
    ///
    /// With `isClosed`, or `byteLimit` bytes, the answer is never nil.
    public static func read(_ bytes: [UInt8], isClosed: Bool) -> ServerReply? {
        var input = WireReader(bytes[...])
        var message: [UInt8] = []
        var records = 0
        let starved: ServerReply? =
            isClosed ? .garbage(bytes.isEmpty ? .closed : .truncated) : nil
        while true {
            guard let kind = input.octet() else { return starved }
            guard kind == 21 || kind == 22 else {
                return .garbage((20...24).contains(kind) ? .unexpected : .notTLS)
            }
            guard let major = input.octet() else { return starved }
            guard major == 3 else { return .garbage(.notTLS) }
            guard input.octet() != nil, let count = input.number() else { return starved }
            guard count > 0 else { return .garbage(.unexpected) }
            guard count <= recordByteLimit, records < recordLimit else {
                return .garbage(.tooLong)
            }
            records += 1
            let contents = input.upTo(Int(count))
            if kind == 21 {
                guard count == 2, message.isEmpty else { return .garbage(.unexpected) }
                guard let level = contents.first, let number = contents.dropFirst().first
                else { return starved }
                guard level == 1 || level == 2 else { return .garbage(.malformed) }
                // A server may warn that it does not know the name and go on (RFC 6066 §3).
                if level == 1 && number == 112 { continue }
                return .alert(number)
            }
            message += contents
            if let reply = hello(in: message) { return reply }
            guard contents.count == Int(count) else { return starved }
        }
    }

    /// The reply that a handshake message holds; nil when it is not complete.
    private static func hello(in message: [UInt8]) -> ServerReply? {
        guard let kind = message.first else { return nil }
        guard kind == 2 else { return .garbage(.unexpected) }
        guard message.count >= 4 else { return nil }
        let count = message[1...3].reduce(0) { $0 << 8 | Int($1) }
        guard count <= helloByteLimit else { return .garbage(.tooLong) }
        guard message.count >= 4 + count else { return nil }
        guard let hello = ServerHello(body: message[4..<4 + count]) else {
            return .garbage(.malformed)
        }
        return hello.isRetry ? .helloRetryRequest(hello) : .serverHello(hello)
    }
}

/// What a server chose (RFC 8446 §4.1.3, RFC 5246 §7.4.1.3).
public struct ServerHello: Sendable, Hashable {
    /// The version by number; one that `TLSVersion` does not know is possible.
    public var version: UInt16
    /// The cipher suite by number.
    public var suite: UInt16
    /// The group of the key share, or the one asked for in a retry; nil before TLS 1.3, where the
    /// group comes in a later message.
    public var group: UInt16?
    /// Whether it asks for another ClientHello.
    var isRetry: Bool

    /// The random value that marks a HelloRetryRequest: SHA-256 of that word (RFC 8446 §4.1.3).
    static let retryRandom: [UInt8] = [
        0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8,
        0x91, 0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8,
        0x33, 0x9C,
    ]

    /// Reads the body of the message; nil when it breaks its grammar.
    init?(body: ArraySlice<UInt8>) {
        var input = WireReader(body)
        guard let legacyVersion = input.number(), legacyVersion >> 8 == 3,
            let random = input.exactly(32),
            let session = input.octet(), session <= 32, input.exactly(Int(session)) != nil,
            let suite = input.number(), let compression = input.octet(), compression <= 1
        else { return nil }
        version = legacyVersion
        self.suite = suite
        group = nil
        isRetry = random.elementsEqual(Self.retryRandom)
        // Before TLS 1.3 the list of extensions may be absent (RFC 5246 §7.4.1.3).
        guard !input.isAtEnd else {
            if isRetry { return nil }
            return
        }
        guard let count = input.number(), let list = input.exactly(Int(count)), input.isAtEnd
        else { return nil }
        guard readExtensions(WireReader(list)) else { return nil }
        // Only TLS 1.3 knows retries, and they say so.
        if isRetry && version != TLSVersion.tls1_3.rawValue { return nil }
    }

    private mutating func readExtensions(_ list: WireReader) -> Bool {
        var list = list
        var seen: Set<UInt16> = []
        while !list.isAtEnd {
            guard let kind = list.number(), seen.insert(kind).inserted,
                let count = list.number(), let contents = list.exactly(Int(count))
            else { return false }
            var inner = WireReader(contents)
            switch kind {
            case TLSExtension.supportedVersions:
                guard let chosen = inner.number(), inner.isAtEnd,
                    chosen >= TLSVersion.tls1_3.rawValue
                else { return false }
                version = chosen
            case TLSExtension.keyShare:
                guard let chosen = inner.number() else { return false }
                group = chosen
                if !isRetry {
                    guard let length = inner.number(), length > 0,
                        inner.exactly(Int(length)) != nil
                    else { return false }
                }
                guard inner.isAtEnd else { return false }
            default: break
            }
        }
        return true
    }
}

/// Reads numbers and vectors of TLS, never past the end (RFC 8446 §3).
struct WireReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func octet() -> UInt8? { rest.popFirst() }

    mutating func number() -> UInt16? {
        guard let pair = exactly(2) else { return nil }
        return pair.reduce(0) { $0 << 8 | UInt16($1) }
    }

    mutating func exactly(_ count: Int) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        return upTo(count)
    }

    mutating func upTo(_ count: Int) -> ArraySlice<UInt8> {
        let part = rest.prefix(count)
        rest = rest.dropFirst(count)
        return part
    }
}
