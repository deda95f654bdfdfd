import HealthModel

/// When a receiver that has nothing to take is looked at, so that a way that is dead is found before
/// the night on which it is needed: pure.
///
/// A look is a connection, with TLS where the address says so, and nothing is sent over it. Instants
/// are nanoseconds of the monotonic clock.
struct IdleCheck: Sendable, Hashable {
    /// How long a receiver has had nothing to take when it is looked at.
    static let interval: Duration = .seconds(300)
    /// How soon one that could not be reached is looked at again.
    static let retryInterval: Duration = .seconds(60)

    private var dueAt: Int64
    /// Whether a notification failed last: only another one can tell that it is taken again.
    private var isBusyFailing = false

    /// Makes a check of a receiver that was not spoken to yet.
    init(at now: Int64) { dueAt = now + Self.interval.nanoseconds }

    /// When to look, with so many notifications waiting; nil while these tell how the receiver does.
    func wakeAt(waiting: Int) -> Int64? { waiting > 0 || isBusyFailing ? nil : dueAt }

    /// Notes that something was handed over, or was not.
    mutating func noteAttempt(_ outcome: DeliveryQueue.Outcome, at now: Int64) {
        if case .cancelled = outcome { return }
        isBusyFailing = outcome != .delivered
        dueAt = now + Self.interval.nanoseconds
    }

    /// Notes what a look came to.
    mutating func noteCheck(isReached: Bool, at now: Int64) {
        dueAt = now + (isReached ? Self.interval : Self.retryInterval).nanoseconds
    }
}
