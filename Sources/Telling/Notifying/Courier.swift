import HealthModel
import PollLoop
import Routing
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
        /// By how much the receiver's clock is ahead of ours.
        var offset: Duration = .zero
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
            // One that takes other things still lacks what it refuses.
            counters.failure = counters.failure ?? state.queue.refusal
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
            notifications.compactMap {
                state.queue.add($0, addresses: state.receiver.addressCount)
            }
        }
        for one in dropped {
            onEvent(
                .ended(
                    Delivery(notification: one, at: now, failure: "too many notifications wait")))
        }
        loop.post { [self] in work() }
    }

    /// Notes what the receiver was told by an earlier run.
    func remember(_ told: [Notification.Item]) {
        let now = timekeeper.now()
        state.withLock { state in
            guard case .alertmanager = state.receiver.kind else { return }
            let all = told.map { AlertmanagerMemory.Told(item: $0, at: now) }
            state.memory.note(all, at: timekeeper.monotonicNanoseconds())
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
        let (receiver, one, again, offset) = state.withLock { state in
            let again =
                state.queue.isResting(at: now) ? [] : state.memory.due(at: now, date: date)
            return (state.receiver, state.queue.next(at: now), again, state.offset)
        }
        // What is new comes before what is told again.
        if let one {
            finish(
                carrier.carry(
                    one, to: receiver, at: date, offset: offset, isStopping: isStopping), of: one)
        }
        for batch in again {
            guard case .alertmanager(let url) = receiver.kind else { break }
            let result = carrier.remind(batch, to: url, at: date + offset, isStopping: isStopping)
            finish(result, of: batch)
            // A receiver that fails rests; one that refuses some of it takes the others.
            if case .failed = result.outcome { break }
        }
        guard one == nil, again.isEmpty else { return true }
        checkIfIdle(receiver, at: now)
        return false
    }

    /// Takes what telling a batch again led to.
    private func finish(_ result: HTTPSender.Result, of batch: [AlertmanagerMemory.Told]) {
        finish(result, of: nil)
        let now = timekeeper.monotonicNanoseconds()
        state.withLock { state in
            switch result.outcome {
            case .delivered: state.memory.finish(batch, isRefused: false, at: now)
            case .refused: state.memory.finish(batch, isRefused: true, at: now)
            // Told when the rest is over, not a minute later.
            case .failed: state.memory.hurry()
            case .cancelled: break
            }
        }
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

    private func finish(_ result: HTTPSender.Result, of attempt: DeliveryQueue.Attempt?) {
        let outcome = result.outcome
        let now = timekeeper.monotonicNanoseconds()
        let date = timekeeper.now()
        let (ending, change, receiver) = state.withLock { state in
            let jitter = Double.random(in: 0..<1, using: &state.random)
            let (ending, change) = state.queue.finish(
                outcome, of: attempt, at: now, date: date, jitter: jitter)
            state.counters.note(outcome, ending)
            state.idle.noteAttempt(outcome, at: now)
            if outcome == .delivered, let attempt, case .alertmanager = state.receiver.kind {
                state.memory.note(Carrier.told(attempt.notification), at: now)
            }
            noteClock(result.date, at: date, &state)
            return (ending, change, state.receiver.id)
        }
        if let ending { onEvent(.ended(ending)) }
        tell(change, of: receiver)
    }

    /// Compares the receiver's clock with ours; what an Alertmanager holds is told again when they
    /// differ, since it ends what it is told by its own.
    private func noteClock(_ theirs: Timestamp?, at ours: Timestamp, _ state: inout State) {
        guard let theirs else { return }
        let offset = theirs - ours
        // The field has whole seconds, and the answer took its time.
        let isAlike = offset < .seconds(2) && offset > .seconds(-12)
        let new = isAlike ? .zero : offset
        let change = new < state.offset ? state.offset - new : new - state.offset
        if change > ReceiverCounters.clockOffsetMax { state.memory.hurry() }
        state.offset = new
        state.counters.clockOffset = new
    }

    private func tell(_ change: DeliveryQueue.Change?, of receiver: ReceiverID) {
        switch change {
        case .failing(let words): onEvent(.failing(receiver, words))
        case .recovered: onEvent(.recovered(receiver))
        case nil: break
        }
    }
}
