/// Names as they stand in DNS messages (RFC 1035 §3.1).
enum DomainName {
    /// The longest name, with the lengths of its labels and the root (RFC 1035 §2.3.4).
    static let bytesMax = 255

    /// The text of a name without compression: lower case, no final dot.
    ///
    /// - Returns: nil for the root, for bytes that are no name, and for a label with something else
    ///   than letters, digits, hyphens and underscores, which no host has.
    static func text(ofBytes bytes: UnsafeRawBufferPointer) -> String? {
        guard bytes.count <= bytesMax else { return nil }
        var text: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let length = Int(bytes[index])
            index += 1
            if length == 0 {
                return index == bytes.count && !text.isEmpty
                    ? String(decoding: text, as: UTF8.self) : nil
            }
            guard length <= 63, index + length <= bytes.count else { return nil }
            if !text.isEmpty { text.append(UInt8(ascii: ".")) }
            for byte in bytes[index..<index + length] {
                guard let lowered = lowered(byte) else { return nil }
                text.append(lowered)
            }
            index += length
        }
        return nil
    }

    private static func lowered(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            byte
        default: nil
        }
    }
}
