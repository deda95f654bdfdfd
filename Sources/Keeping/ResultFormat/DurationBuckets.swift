/// The buckets of durations.
///
/// There are 64 to each doubling, so that the middle of a bucket is within 0.8 % of everything in
/// it; below 128 µs each microsecond has its own.
///
/// Only whole numbers are used, so that every machine puts a value in the same bucket.
public enum DurationBuckets {
    /// The middle of a bucket is at most this share of a value away from it.
    public static let relativeError = 1.0 / 128
    /// One more than the largest index, that of `UInt32.max` µs (71 minutes).
    public static let count = 27 * 64
    private static let bits = 6

    /// The bucket that holds a duration in microseconds.
    public static func index(ofMicroseconds value: UInt32) -> Int {
        let shift = shift(of: value)
        return shift * 64 + Int(value >> UInt32(shift))
    }

    /// The least duration in a bucket, in microseconds.
    public static func lowest(_ index: Int) -> UInt32 {
        guard index >= 128 else { return UInt32(index) }
        let shift = index / 64 - 1
        return UInt32(index - shift * 64) << UInt32(shift)
    }

    /// How many low bits tell the durations of a bucket apart.
    public static func residualBits(_ index: Int) -> Int { index >= 128 ? index / 64 - 1 : 0 }

    /// The duration that stands for all of a bucket, in microseconds.
    public static func middle(_ index: Int) -> UInt32 {
        let bits = UInt32(residualBits(index))
        return lowest(index) + ((1 << bits) >> 1)
    }

    private static func shift(of value: UInt32) -> Int {
        max(0, UInt32.bitWidth - value.leadingZeroBitCount - (bits + 1))
    }
}
