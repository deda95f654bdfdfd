import Glibc
import HealthModel

extension SplitMix64 {
    /// From 0 to 1, which is not reached.
    mutating func unit() -> Double { Double(next() >> 11) / Double(1 << 53 as UInt64) }

    /// Normally distributed, mean 0 and deviation 1 (Box and Muller, 1958).
    mutating func normal() -> Double {
        (-2 * log(1 - unit())).squareRoot() * cos(2 * .pi * unit())
    }
}

extension SplitMix64 {
    /// Exponentially distributed, mean 1.
    mutating func exponential() -> Double { -log(1 - unit()) }

    /// Between two bounds above 0, every order of magnitude equally likely.
    mutating func logUniform(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound * exp(unit() * log(range.upperBound / range.lowerBound))
    }
}
