/// The Castagnoli checksum of RFC 3720 §12.1 (reflected polynomial 0x82F63B78), eight bytes a step.
///
/// Every block of the store has one, so that a flipped bit is seen instead of believed.
public enum CRC32C {
    /// Eight tables of 256 words, one after another: table k moves a byte over k more bytes.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var word = UInt32(byte)
            for _ in 0..<8 { word = word & 1 == 1 ? (word >> 1) ^ 0x82F6_3B78 : word >> 1 }
            tables[byte] = word
        }
        for place in 256..<tables.count {
            let before = tables[place - 256]
            tables[place] = (before >> 8) ^ tables[Int(before & 0xFF)]
        }
        return tables
    }()

    /// The checksum of some bytes.
    public static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        let tables = Self.tables
        var crc = UInt32.max
        var place = bytes.startIndex
        while bytes.endIndex - place >= 8 {
            let low =
                crc ^ UInt32(bytes[place]) ^ UInt32(bytes[place + 1]) << 8
                ^ UInt32(bytes[place + 2]) << 16 ^ UInt32(bytes[place + 3]) << 24
            let first =
                tables[7 * 256 + Int(low & 0xFF)] ^ tables[6 * 256 + Int(low >> 8 & 0xFF)]
                ^ tables[5 * 256 + Int(low >> 16 & 0xFF)] ^ tables[4 * 256 + Int(low >> 24)]
            crc =
                first ^ tables[3 * 256 + Int(bytes[place + 4])]
                ^ tables[2 * 256 + Int(bytes[place + 5])]
                ^ tables[256 + Int(bytes[place + 6])] ^ tables[Int(bytes[place + 7])]
            place += 8
        }
        while place < bytes.endIndex {
            crc = (crc >> 8) ^ tables[Int((crc ^ UInt32(bytes[place])) & 0xFF)]
            place += 1
        }
        return ~crc
    }

    /// The checksum of some bytes.
    public static func checksum(_ bytes: [UInt8]) -> UInt32 { checksum(bytes[...]) }
}
