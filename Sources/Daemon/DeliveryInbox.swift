import Alerting
import Synchronization

/// How messages ended, on their way from the receivers' threads to the monitor.
///
/// As many as there are messages that wait for receivers, which is bounded.
final class DeliveryInbox: Sendable {
    private let waiting = Mutex<[Delivery]>([])

    /// Takes one, on any thread.
    func add(_ delivery: Delivery) { waiting.withLock { $0.append(delivery) } }

    /// All since the last call, in order.
    func take() -> [Delivery] {
        waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }
}
