import COpenSSL

/// A place in the chain: the number of a line and its hash.
public struct ChainHead: Sendable, Hashable {
    /// The number of the line; the first one is 1.
    public var seq: Int64
    /// SHA-256 of the line as 64 lower-case hexadecimal digits.
    public var hash: String

    /// Makes a place in the chain.
    public init(seq: Int64, hash: String) {
        self.seq = seq
        self.hash = hash
    }

    /// Where every chain begins: before line 1, with a hash of zeros.
    public static let beginning = ChainHead(
        seq: 0, hash: String(repeating: "0", count: ChainLink.hashDigits))

    /// Makes the next line of the chain.
    ///
    /// - Parameter object: One JSON object with at least one key; a line feed at its end is left
    ///   out.
    /// - Returns: The object with its place in the chain, and a line feed.
    public func seal(_ object: String) -> ChainedLine {
        var text = object[...]
        if text.last == "\n" { text.removeLast() }
        let next = seq + 1
        let body = text.dropLast() + ",\"seq\":\(next),\"prev_hash\":\"\(hash)\""
        let own = hexadecimalSHA256(Array("\(body)}".utf8))
        return ChainedLine(seq: next, hash: own, text: "\(body),\"hash\":\"\(own)\"}\n")
    }
}

/// One line of the evidence log, sealed.
public struct ChainedLine: Sendable, Hashable {
    /// Its number.
    public let seq: Int64
    /// Its hash.
    public let hash: String
    /// The line, line feed included.
    public let text: String

    /// Makes a line of what stands in the ledger.
    public init(seq: Int64, hash: String, text: String) {
        self.seq = seq
        self.hash = hash
        self.text = text
    }

    /// Its place in the chain.
    public var head: ChainHead { ChainHead(seq: seq, hash: hash) }
}

/// What the end of a line says of its place in the chain.
///
/// The last three members stand in one order and one spelling, without spaces:
/// `,"seq":N,"prev_hash":"…","hash":"…"}`. The hash is SHA-256 of the line without
/// `,"hash":"…"`, closing brace included, line feed not. JSON escapes quotation marks within texts,
/// so that no text can look like these members.
public struct ChainLink: Sendable, Hashable {
    /// Digits of a hash.
    static let hashDigits = 64
    /// Digits of the longest number: 10^18 lines are 30 years at a thousand million a second.
    static let seqDigits = 18

    private static let hashKey = Array(",\"hash\":\"".utf8)
    private static let previousKey = Array(",\"prev_hash\":\"".utf8)
    private static let seqKey = Array(",\"seq\":".utf8)

    /// The number that the line claims.
    public let seq: Int64
    /// The hash of the line before it.
    public let previousHash: String
    /// The hash that the line claims.
    public let hash: String
    /// Whether the hash is that of the line.
    public let isWhole: Bool

    /// Its place in the chain.
    public var head: ChainHead { ChainHead(seq: seq, hash: hash) }

    /// Reads a line without its line feed; nil when it does not end like a line of the chain.
    public init?(_ line: [UInt8]) {
        guard line.first == UInt8(ascii: "{") else { return nil }
        var rest = line[...]
        guard Self.drop(Array("\"}".utf8), from: &rest), let hash = Self.takeHash(&rest),
            Self.drop(Self.hashKey, from: &rest)
        else { return nil }
        let body = rest
        guard Self.drop([UInt8(ascii: "\"")], from: &rest), let previous = Self.takeHash(&rest),
            Self.drop(Self.previousKey, from: &rest), let seq = Self.takeNumber(&rest),
            Self.drop(Self.seqKey, from: &rest)
        else { return nil }
        self.seq = seq
        self.hash = hash
        previousHash = previous
        isWhole = hexadecimalSHA256(Array(body) + [UInt8(ascii: "}")]) == hash
    }

    private static func drop(_ ending: [UInt8], from bytes: inout ArraySlice<UInt8>) -> Bool {
        guard bytes.suffix(ending.count).elementsEqual(ending) else { return false }
        bytes.removeLast(ending.count)
        return true
    }

    private static func takeHash(_ bytes: inout ArraySlice<UInt8>) -> String? {
        let digits = bytes.suffix(hashDigits)
        guard digits.count == hashDigits, digits.allSatisfy(isHexadecimal) else { return nil }
        bytes.removeLast(hashDigits)
        return String(decoding: digits, as: UTF8.self)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private static func takeNumber(_ bytes: inout ArraySlice<UInt8>) -> Int64? {
        var digits: [UInt8] = []
        while let byte = bytes.last, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte),
            digits.count < seqDigits
        {
            digits.append(byte)
            bytes.removeLast()
        }
        // One spelling for one number.
        guard let first = digits.last, first != UInt8(ascii: "0") else { return nil }
        return Int64(String(decoding: digits.reversed(), as: UTF8.self))
    }
}

/// SHA-256 of `bytes` in lower-case hexadecimal digits.
func hexadecimalSHA256(_ bytes: [UInt8]) -> String {
    var digest = [UInt8](repeating: 0, count: ChainLink.hashDigits / 2)
    var length: CUnsignedInt = 0
    let isDone = EVP_Digest(bytes, bytes.count, &digest, &length, EVP_sha256(), nil)
    // Only a lack of memory, or a provider without SHA-256, gets here: nothing is better than a
    // hash that is none.
    precondition(isDone == 1, "OpenSSL cannot compute SHA-256")
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in digest {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}
