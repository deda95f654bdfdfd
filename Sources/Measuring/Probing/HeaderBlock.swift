/// The header lines of one answer, looked up without copying them all.
struct HeaderBlock {
    private let bytes: [UInt8]

    /// Takes the raw bytes of one block, line breaks included.
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The values of every line with this name, given in lower case; in order, without
    /// surrounding white space.
    func values(of name: String) -> [ArraySlice<UInt8>] {
        let wanted = Array(name.utf8)
        var found: [ArraySlice<UInt8>] = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
                line[..<colon].elementsEqual(wanted, by: { Self.lowercased($0) == $1 })
            else { continue }
            found.append(Self.trimmed(line[line.index(after: colon)...]))
        }
        return found
    }

    /// The first value of this name as text; nil when the header is absent.
    func value(of name: String) -> String? {
        values(of: name).first.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }

    private static func trimmed(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        let head = value.drop(while: isBlank)
        let length = head.reversed().drop(while: isBlank).count
        return head.prefix(length)
    }
}
