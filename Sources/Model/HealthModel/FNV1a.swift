/// FNV-1a of 64 bits: the same in every process and on every machine, unlike `Hasher`, which is
/// seeded per process (draft-eastlake-fnv).
public struct FNV1a: Sendable {
    /// The hash of all that was added.
    public private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    /// Makes a hash of the UTF-8 bytes of `text`.
    public init(_ text: String = "") { add(text) }

    /// Adds one byte.
    public mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }

    /// Adds the UTF-8 bytes of `text`.
    public mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte) }
    }
}
