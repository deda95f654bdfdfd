import HealthModel

/// A hash that is the same in every process and on every machine: a restart must keep the pattern of
/// the slots.
///
/// FNV-1a over the UTF-8 bytes of each part followed by a zero byte, then the 64-bit finalizer
/// of SplitMix64, because the low bits of plain FNV-1a of similar ids are not flat enough.
public func stableHash(_ parts: String...) -> UInt64 {
    var hash = FNV1a()
    for part in parts {
        hash.add(part)
        hash.add(0)
    }
    return SplitMix64.mixed(hash.value)
}
