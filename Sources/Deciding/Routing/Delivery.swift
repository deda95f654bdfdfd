public import HealthModel

/// How a notification ended.
public struct Delivery: Sendable, Hashable {
    /// What was told.
    public var notification: Notification
    /// When it ended.
    public var at: Timestamp
    /// Why it was given up; nil when it was delivered.
    public var failure: String?

    /// Makes a delivery.
    public init(notification: Notification, at: Timestamp, failure: String? = nil) {
        self.notification = notification
        self.at = at
        self.failure = failure
    }
}
