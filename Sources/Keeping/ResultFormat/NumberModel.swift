/// Codes whole numbers by size class, sign and the bits behind the first one; the class, the sign
/// and the two highest of those bits are learned, the others cost what they are.
///
/// Numbers near zero become cheap when most are near zero, whatever "near" is in this chunk.
struct NumberModel: Sendable {
    private let magnitudeBits: Int
    private let levels: Int
    private var classes: [AdaptiveBit]
    private var signs: [AdaptiveBit]
    private var tops: [AdaptiveBit]

    /// Makes a model for numbers of less than 2^`magnitudeBits` either side of zero.
    init(magnitudeBits: Int) {
        precondition((1...56).contains(magnitudeBits), "magnitudes have 1 to 56 bits")
        self.magnitudeBits = magnitudeBits
        levels = Int.bitWidth - magnitudeBits.leadingZeroBitCount
        classes = Array(repeating: AdaptiveBit(), count: 1 << levels)
        signs = Array(repeating: AdaptiveBit(), count: 1 << levels)
        tops = Array(repeating: AdaptiveBit(), count: 4 << levels)
    }

    mutating func encode(_ number: Int64, to encoder: inout RangeEncoder) {
        let magnitude = number.magnitude
        let size = UInt64.bitWidth - magnitude.leadingZeroBitCount
        var node = 1
        for level in stride(from: levels - 1, through: 0, by: -1) {
            let bit = size >> level & 1 == 1
            encoder.encode(bit, &classes[node])
            node = node * 2 + (bit ? 1 : 0)
        }
        guard size > 0 else { return }
        encoder.encode(number < 0, &signs[size])
        var left = size - 1
        var prefix = 1
        for _ in 0..<min(2, left) {
            left -= 1
            let bit = magnitude >> UInt64(left) & 1 == 1
            encoder.encode(bit, &tops[size * 4 + prefix])
            prefix = prefix * 2 + (bit ? 1 : 0)
        }
        encoder.encodeDirect(magnitude & ((1 << UInt64(left)) - 1), count: left)
    }

    mutating func decode(from decoder: inout RangeDecoder) -> Int64 {
        var node = 1
        for _ in 0..<levels { node = node * 2 + (decoder.decode(&classes[node]) ? 1 : 0) }
        // Damaged bytes may say a class that no number has.
        let size = min(node - (1 << levels), magnitudeBits)
        guard size > 0 else { return 0 }
        let isNegative = decoder.decode(&signs[size])
        var left = size - 1
        var prefix = 1
        for _ in 0..<min(2, left) {
            left -= 1
            prefix = prefix * 2 + (decoder.decode(&tops[size * 4 + prefix]) ? 1 : 0)
        }
        let magnitude = Int64(prefix) << Int64(left) | Int64(decoder.decodeDirect(count: left))
        return isNegative ? -magnitude : magnitude
    }
}
