/// Reads what `RangeEncoder` wrote; of other bytes it makes some bits, never a crash.
struct RangeDecoder {
    private let bytes: ArraySlice<UInt8>
    private var place: Int
    private var code: UInt32 = 0
    private var range: UInt32 = .max

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        place = bytes.startIndex
        for _ in 0..<4 { code = code << 8 | next() }
    }

    /// Reads a bit whose likelihood is learned in `model`.
    mutating func decode(_ model: inout AdaptiveBit) -> Bool {
        let bound = (range >> 15) * model.zeroShare
        let bit = code >= bound
        if bit {
            code -= bound
            range -= bound
        } else {
            range = bound
        }
        model.note(bit)
        while range < 1 << 24 { shiftIn() }
        return bit
    }

    /// Reads `count` bits, each as likely 0 as 1.
    mutating func decodeDirect(count: Int) -> UInt64 {
        var value: UInt64 = 0
        var rest = count
        while rest > 0 {
            let part = UInt32(min(rest, 8))
            rest -= Int(part)
            range >>= part
            // Damaged bytes may lie outside the range.
            let digit = min(code / range, (1 << part) - 1)
            code -= digit * range
            if code >= range { code = range - 1 }
            value = value << UInt64(part) | UInt64(digit)
            while range < 1 << 24 { shiftIn() }
        }
        return value
    }

    private mutating func next() -> UInt32 {
        guard place < bytes.endIndex else { return 0 }
        defer { place += 1 }
        return UInt32(bytes[place])
    }

    private mutating func shiftIn() {
        code = code << 8 | next()
        range = range << 8
    }
}
