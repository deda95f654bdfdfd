/// What the program counts about one receiver since its start.
public struct ReceiverCounters: Sendable, Hashable {
    /// Notifications that it took.
    public var delivered = 0
    /// Attempts that failed.
    public var failures = 0
    /// Notifications that were given up.
    public var givenUp = 0
    /// Notifications that wait.
    public var waiting = 0
    /// From the change of the alert to the delivery, all deliveries together.
    public var deliveryTime: Duration = .zero
    /// Whether it was spoken to at all, so that `failure` says something.
    public var isTried = false
    /// Why the last attempt failed; nil when it did not.
    public var failure: String?

    /// Makes counters that start at zero.
    public init() {}
}
