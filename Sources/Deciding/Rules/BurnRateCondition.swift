import HealthModel

/// A service uses up its error budget this many times too fast, over a long window and still.
public struct BurnRateCondition: Sendable, Hashable {
    /// How many times too fast.
    public var rate: Double
    /// The window that must be lost enough of.
    public var long: Duration
    /// The window that says whether it goes on; shorter than `long`.
    public var short: Duration

    /// Makes a condition.
    public init(rate: Double, long: Duration, short: Duration) {
        self.rate = rate
        self.long = long
        self.short = short
    }
}
