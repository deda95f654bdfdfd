import Glibc
import Synchronization

// Safety: the semaphore is initialised once and never moves; the values are in a Mutex.
/// Hands values from threads that must not wait to one that does.
///
/// Only for starting up: nothing in the data plane blocks.
final class BlockingQueue<Value: Sendable>: @unchecked Sendable {
    private let values = Mutex<[Value]>([])
    private let semaphore: UnsafeMutablePointer<sem_t>

    init() {
        semaphore = .allocate(capacity: 1)
        let number = sem_init(semaphore, 0, 0)
        precondition(number == 0, "sem_init failed")
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func put(_ value: Value) {
        values.withLock { $0.append(value) }
        sem_post(semaphore)
    }

    /// Waits for a value, the oldest first.
    func take() -> Value {
        while sem_wait(semaphore) != 0 {}
        return values.withLock { $0.removeFirst() }
    }
}
