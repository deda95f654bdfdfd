/// A hash that is the same in every process and on every machine, unlike `Hasher`, which is
/// seeded per process: a restart must keep the pattern of the slots.
///
/// FNV-1a over the UTF-8 bytes of each part followed by a zero byte, then the 64-bit finalizer
/// of SplitMix64, because the low bits of plain FNV-1a of similar ids are not flat enough.
public func stableHash(_ parts: String...) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for part in parts {
        for byte in part.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = hash &* 0x100_0000_01B3
    }
    return SplitMix64.mixed(hash)
}

/// The generator of Steele, Lea and Flood (2014): tiny, seedable, good enough for jitter.
package struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mixed(state)
    }

    /// The output function: a bijection of 64 bits in which every input bit reaches every output.
    static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
