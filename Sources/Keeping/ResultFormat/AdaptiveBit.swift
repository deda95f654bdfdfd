/// How likely the next bit of one kind is 0, learned from those before it.
///
/// The first bits count for much and later ones for less, as in the estimator of Krichevsky and
/// Trofimov, until one bit in 128 is remembered: so a chunk of a hundred results is coded nearly
/// as well as one of a thousand, and a day's rhythm is followed.
struct AdaptiveBit: Sendable {
    /// Of 32,768; never 0 and never all.
    private(set) var zeroShare: UInt32 = 1 << 14
    private var seen: UInt32 = 0

    mutating func note(_ bit: Bool) {
        // Half, then a quarter, at last a 128th: 1 / (seen + 1.5) rounded to a power of two.
        let shift = UInt32(32 - (seen * 3 / 4 + 1).leadingZeroBitCount)
        if seen < 92 { seen += 1 }
        if bit {
            zeroShare -= zeroShare >> shift
        } else {
            zeroShare += ((1 << 15) - zeroShare) >> shift
        }
    }
}
