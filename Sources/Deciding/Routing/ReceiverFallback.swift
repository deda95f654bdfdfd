public import HealthModel

/// Who is told instead when a receiver does not take a notification in time.
public struct ReceiverFallback: Sendable, Hashable {
    /// How long a receiver has unless that is written.
    public static let usualTime: Duration = .seconds(300)
    /// How long it may be given: a receiver that starts again must not have others called.
    public static let times: ClosedRange<Duration> = .seconds(10) ... .seconds(86_400)

    /// Who is told then.
    public var receiver: ReceiverID
    /// How long a notification waits for its own receiver.
    public var after: Duration

    /// Makes a fallback.
    public init(receiver: ReceiverID, after: Duration = ReceiverFallback.usualTime) {
        self.receiver = receiver
        self.after = after
    }
}
