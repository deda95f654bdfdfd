/// What the program counts about one receiver since its start.
public struct ReceiverCounters: Sendable, Hashable {
    /// Notifications that it took.
    public private(set) var delivered = 0
    /// Attempts that failed.
    public var failures = 0
    /// Notifications that were given up.
    public var givenUp = 0
    /// Notifications that wait.
    public var waiting = 0
    /// Whether it was spoken to at all, so that `failure` says something.
    public var isTried = false
    /// From the change of the alert to the delivery, all deliveries together.
    public private(set) var deliveryTime: Duration = .zero
    /// How many deliveries took up to each of `deliveryBounds` and longer than the one before; the
    /// last ones took longer than all.
    public private(set) var deliveryCounts = Array(repeating: 0, count: deliveryBounds.count + 1)
    /// Why the last attempt failed; nil when it did not.
    public var failure: String?

    /// By how much its clock was ahead of ours at its last answer; zero when it is like ours, nil when
    /// it never said.
    public var clockOffset: Duration?
    /// How far apart two clocks may be before people are told.
    public static let clockOffsetMax: Duration = .seconds(30)

    /// What deliveries are counted by: a local receiver takes well below a second, one that was away
    /// for a moment a minute, and a fallback is told after minutes.
    public static let deliveryBounds: [Duration] = [
        .milliseconds(100), .milliseconds(500), .seconds(1), .seconds(5), .seconds(10),
        .seconds(30), .seconds(60), .seconds(300), .seconds(900), .seconds(3600),
    ]

    /// Counts a delivery.
    ///
    /// - Parameter time: From the change of the alert to the delivery; a clock that was set back
    ///   makes it zero.
    public mutating func noteDelivery(after time: Duration) {
        let time = max(.zero, time)
        delivered += 1
        deliveryTime += time
        let index = Self.deliveryBounds.firstIndex { time <= $0 } ?? Self.deliveryBounds.count
        deliveryCounts[index] += 1
    }

    /// Makes counters that start at zero.
    public init() {}
}
