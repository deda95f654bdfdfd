import HealthModel
import Probing
import Synchronization

/// A scanner whose thread begins with the first scan: most installations never scan.
///
/// All functions may be called from any thread.
final class LazyScanner: Sendable {
    private struct State {
        var scanner: TLSScanner?
        var isStopped = false
        var seed: UInt64
    }

    private let timekeeper: any Timekeeper
    private let state: Mutex<State>

    /// Makes a scanner without a thread.
    ///
    /// - Parameters:
    ///   - timekeeper: the clocks.
    ///   - seed: of the random values in the messages; they protect nothing.
    init(timekeeper: any Timekeeper, seed: UInt64) {
        self.timekeeper = timekeeper
        state = Mutex(State(seed: seed))
    }

    /// Scans one server; `completion` takes nil when descriptors are short, and is never called
    /// after `stop`.
    func scan(
        _ target: TLSScanner.Target, completion: @escaping @Sendable (TLSScan?) -> Void
    ) {
        let isStarted = state.withLock { state in
            guard !state.isStopped else { return true }
            state.seed &+= 1
            if state.scanner == nil { state.scanner = TLSScanner(timekeeper: timekeeper) }
            state.scanner?.scan(target, seed: state.seed) { completion($0) }
            return state.scanner != nil
        }
        if !isStarted { completion(nil) }
    }

    /// Drops what runs and waits for the thread; idempotent.
    func stop() {
        let scanner = state.withLock { state in
            state.isStopped = true
            return state.scanner.take()
        }
        scanner?.stop()
    }
}
