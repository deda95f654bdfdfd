import Alerting
import HealthModel
import PollLoop
import Scheduling
import Synchronization

/// Brings notifications to one receiver, on a thread of its own, so that one that hangs delays
/// nobody else.
final class Courier: Sendable {
    private struct State {
        var receiver: Receiver
        var queue = DeliveryQueue()
        var memory = AlertmanagerMemory()
        var counters = ReceiverCounters()
        var idle: IdleCheck
        var random: SplitMix64
        /// When the thread looks again by itself.
        var wakeAt = Int64.max
        /// What wakes it then.
        var timer: PollLoop.TimerID?
    }

    private let loop: PollLoop
    private let carrier: Carrier
    private let timekeeper: any Timekeeper
    private let state: Mutex<State>
    private let isStopping = Atomic<Bool>(false)
    private let onEvent: @Sendable (Dispatcher.Event) -> Void

    /// Makes a courier and starts its thread.
    ///
    /// - Throws: `PollLoopError` when descriptors are short.
    init(
        receiver: Receiver, carrier: Carrier, seed: UInt64, timekeeper: any Timekeeper,
        onEvent: @escaping @Sendable (Dispatcher.Event) -> Void
    ) throws(PollLoopError) {
        loop = try PollLoop(name: "receiver", timekeeper: timekeeper)
        self.carrier = carrier
        self.timekeeper = timekeeper
        self.onEvent = onEvent
        let idle = IdleCheck(at: timekeeper.monotonicNanoseconds())
        state = Mutex(State(receiver: receiver, idle: idle, random: SplitMix64(seed: seed)))
        loop.start()
        loop.post { [self] in work() }
    }

    /// What has been delivered so far.
    var counters: ReceiverCounters {
        state.withLock { state in
            var counters = state.counters
            counters.waiting = state.queue.count
            return counters
        }
    }

    /// Takes the receiver as it is written now; what waits goes there.
    func use(_ receiver: Receiver) {
        state.withLock { state in
            guard state.receiver != receiver else { return }
            if state.receiver.kind != receiver.kind { state.memory.hurry() }
            state.receiver = receiver
        }
        loop.post { [self] in work() }
    }

    /// Takes notifications, in order.
    func deliver(_ notifications: [Notification]) {
        let now = timekeeper.now()
        let dropped = state.withLock { state in
            notifications.compactMap { state.queue.add($0) }
        }
        for one in dropped {
            onEvent(
                .ended(
                    Delivery(notification: one, at: now, failure: "too many notifications wait")))
        }
        loop.post { [self] in work() }
    }

    /// Notes what the receiver was told by an earlier run.
    func remember(_ told: [Notification]) {
        state.withLock { state in
            guard case .alertmanager = state.receiver.kind else { return }
            for one in told { state.memory.note(one, at: timekeeper.monotonicNanoseconds()) }
            state.memory.hurry()
        }
        loop.post { [self] in work() }
    }

    /// Ends the thread; what waits is returned.
    func stop() -> [Notification] {
        isStopping.store(true, ordering: .relaxed)
        loop.stop()
        loop.join()
        return state.withLock { $0.queue.removeAll() }
    }

    // MARK: The courier's thread

    /// Tries what is due, then plans when to look again.
    private func work() {
        while !isStopping.load(ordering: .relaxed), attempt() {}
        let next = state.withLock { state -> (instant: Int64, earlier: PollLoop.TimerID?)? in
            let idle = state.idle.wakeAt(waiting: state.queue.count)
            // While the receiver rests it hears nothing, so that nothing is due before the end.
            let memory = state.memory.wakeAt.map { max($0, state.queue.restUntil) }
            let waits = [state.queue.wakeAt, memory, idle].compactMap(\.self).min()
            guard let waits, waits < state.wakeAt else { return nil }
            state.wakeAt = waits
            return (waits, state.timer)
        }
        guard let next else { return }
        // One timer at a time: each that fires plans another one.
        if let earlier = next.earlier { loop.cancel(earlier) }
        let timer = loop.schedule(atMonotonicNanoseconds: next.instant) { [self] in
            state.withLock { state in
                state.wakeAt = .max
                state.timer = nil
            }
            work()
        }
        state.withLock { $0.timer = timer }
    }

    /// Makes one attempt; false when nothing is due.
    private func attempt() -> Bool {
        let now = timekeeper.monotonicNanoseconds()
        let date = timekeeper.now()
        let (receiver, one, again) = state.withLock { state in
            let again =
                state.queue.isResting(at: now) ? [] : state.memory.due(at: now, date: date)
            return (state.receiver, state.queue.next(at: now), again)
        }
        for batch in again {
            guard case .alertmanager(let url) = receiver.kind else { break }
            let outcome = carrier.remind(batch, to: url, at: date, isStopping: isStopping)
            finish(outcome, of: nil)
            guard outcome == .delivered else { return true }
        }
        guard let one else {
            checkIfIdle(receiver, at: now)
            return false
        }
        finish(carrier.carry(one, to: receiver, at: date, isStopping: isStopping), of: one)
        return true
    }

    /// Looks whether a receiver can be reached that has had nothing to take for a while.
    private func checkIfIdle(_ receiver: Receiver, at now: Int64) {
        let isDue = state.withLock { state in
            state.idle.wakeAt(waiting: state.queue.count).map { $0 <= now } ?? false
        }
        guard isDue else { return }
        let outcome = carrier.check(receiver, isStopping: isStopping)
        guard outcome != .cancelled else { return }
        let change = state.withLock { state -> DeliveryQueue.Change? in
            state.idle.noteCheck(
                isReached: outcome == nil || outcome == .delivered,
                at: timekeeper.monotonicNanoseconds())
            guard let outcome else { return nil }
            state.counters.note(outcome, nil)
            return state.queue.noteCheck(failure: state.counters.failure)
        }
        tell(change, of: receiver.id)
    }

    private func finish(_ outcome: DeliveryQueue.Outcome, of notification: Notification?) {
        let now = timekeeper.monotonicNanoseconds()
        let date = timekeeper.now()
        let (ending, change, receiver) = state.withLock { state in
            let jitter = Double.random(in: 0..<1, using: &state.random)
            let (ending, change) = state.queue.finish(
                outcome, of: notification, at: now, date: date, jitter: jitter)
            state.counters.note(outcome, ending)
            state.idle.noteAttempt(outcome, at: now)
            // Reminders that were not taken are told when the rest is over, not a minute later.
            if notification == nil, outcome != .delivered { state.memory.hurry() }
            if let ending, ending.failure == nil, case .alertmanager = state.receiver.kind {
                state.memory.note(ending.notification, at: now)
            }
            return (ending, change, state.receiver.id)
        }
        if let ending { onEvent(.ended(ending)) }
        tell(change, of: receiver)
    }

    private func tell(_ change: DeliveryQueue.Change?, of receiver: ReceiverID) {
        switch change {
        case .failing(let words): onEvent(.failing(receiver, words))
        case .recovered: onEvent(.recovered(receiver))
        case nil: break
        }
    }
}
