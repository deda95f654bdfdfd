import HealthModel
import Routing
import Synchronization

/// How messages ended, on their way from the receivers' threads to the monitor.
///
/// A monitor that takes none is told of the newest; a message of which it never hears counts as
/// waiting, and is told to a fallback at most.
final class DeliveryInbox: Sendable {
    private let waiting = Mutex<[Delivery]>([])

    /// Takes one, on any thread.
    func add(_ delivery: Delivery) {
        waiting.withLock { waiting in
            waiting.append(delivery)
            if waiting.count > Limits.waitingTransitions { waiting.removeFirst() }
        }
    }

    /// All since the last call, in order.
    func take() -> [Delivery] {
        waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }
}
