/// Writes bits at the price of their surprise: a range coder (Martin, 1979) over binary decisions,
/// with the carry handled by keeping back the last byte and the run of 0xFF behind it.
struct RangeEncoder {
    private var low: UInt64 = 0
    private var range: UInt32 = .max
    private var held: UInt8 = 0
    private var heldCount = 0
    private var hasHeld = false
    private(set) var bytes: [UInt8] = []

    /// Writes a bit whose likelihood is learned in `model`.
    mutating func encode(_ bit: Bool, _ model: inout AdaptiveBit) {
        let bound = (range >> 15) * model.zeroShare
        if bit {
            low += UInt64(bound)
            range -= bound
        } else {
            range = bound
        }
        model.note(bit)
        while range < 1 << 24 { shiftOut() }
    }

    /// Writes the lowest `count` bits of `value`, each as likely 0 as 1.
    mutating func encodeDirect(_ value: UInt64, count: Int) {
        var rest = count
        while rest > 0 {
            let part = min(rest, 8)
            rest -= part
            range >>= UInt32(part)
            low += UInt64(range) * ((value >> UInt64(rest)) & ((1 << UInt64(part)) - 1))
            while range < 1 << 24 { shiftOut() }
        }
    }

    /// Ends the stream and gives its bytes; zeros at the end are left out, the decoder adds them.
    mutating func finish() -> [UInt8] {
        for _ in 0..<5 { shiftOut() }
        while bytes.last == 0 { bytes.removeLast() }
        return bytes
    }

    private mutating func shiftOut() {
        if low < 0xFF00_0000 || low > 0xFFFF_FFFF {
            let carry = UInt8(truncatingIfNeeded: low >> 32)
            if hasHeld { bytes.append(held &+ carry) }
            while heldCount > 0 {
                bytes.append(0xFF &+ carry)
                heldCount -= 1
            }
            held = UInt8(truncatingIfNeeded: low >> 24)
            hasHeld = true
        } else {
            heldCount += 1
        }
        low = (low & 0x00FF_FFFF) << 8
        range = range << 8
    }
}
