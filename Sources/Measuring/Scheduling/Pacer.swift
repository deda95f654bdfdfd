import HealthModel

/// A token bucket in the form of the generic cell rate algorithm (ITU-T I.371): exact integers
/// instead of fractional tokens, so that the instant it names is the instant it allows.
struct Pacer {
    private let emission: Duration
    private let tolerance: Duration
    /// When the bucket would be full again.
    private var fullAt: Timestamp?

    /// Allows `perSecond` starts a second, and bursts of at most one second's worth (at least 1).
    init(perSecond: Double) {
        // Rounded up, so that the rate is never exceeded.
        let exact = 1e9 / perSecond
        let whole = Int64(min(exact, Double(Int64.max / 2)))
        emission = .nanoseconds(max(1, Double(whole) < exact ? whole + 1 : whole))
        tolerance = emission * (max(1, Int64(min(perSecond, 1e9))) - 1)
    }

    /// The first instant at which the next start is allowed; nil means at once.
    var allowedAt: Timestamp? { fullAt.map { $0 - tolerance } }

    func allows(at now: Timestamp) -> Bool { allowedAt.map { $0 <= now } ?? true }

    mutating func take(at now: Timestamp) { fullAt = max(now, fullAt ?? now) + emission }

    /// Follows a clock that was set.
    mutating func shift(by step: Duration) { fullAt = fullAt.map { $0 + step } }
}
