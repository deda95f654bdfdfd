public import HealthModel
public import PollLoop
public import Routing
import Synchronization

/// Hands notifications to their receivers, each of which has a thread of its own.
///
/// May be called from any thread; nothing here waits for a receiver, but for `stop`, which waits
/// until the requests under way have been given up.
public final class Dispatcher: Sendable {
    /// What the rest of the program hears, on the thread of the receiver.
    public enum Event: Sendable, Hashable {
        /// A notification was delivered, or given up.
        case ended(Delivery)
        /// A receiver fails, or one address of it, for this reason.
        case failing(ReceiverID, String)
        /// It takes notifications again.
        case recovered(ReceiverID)
    }

    private let carrier: Carrier
    private let seed: UInt64
    private let timekeeper: any Timekeeper
    private let couriers = Mutex<[ReceiverID: Courier]>([:])
    /// Those that are not in force any more, until what waits for them is told.
    private let retired = Mutex<[ReceiverID: Courier]>([:])
    private let onEvent: @Sendable (Event) -> Void

    /// Makes a dispatcher without receivers.
    ///
    /// - Parameters:
    ///   - trustStorePath: The file of roots that receivers' certificates are verified by.
    ///   - userAgent: The User-Agent header.
    ///   - seed: The seed of the random part of pauses.
    ///   - timekeeper: The clocks.
    ///   - onEvent: Takes what happens; must not call back.
    public init(
        trustStorePath: String, userAgent: String, seed: UInt64, timekeeper: any Timekeeper,
        onEvent: @escaping @Sendable (Event) -> Void
    ) {
        carrier = Carrier(
            http: HTTPSender(trustStorePath: trustStorePath, userAgent: userAgent),
            commands: CommandRunner(timekeeper: timekeeper),
            mail: MailSender(trustStorePath: trustStorePath))
        self.seed = seed
        self.timekeeper = timekeeper
        self.onEvent = onEvent
    }

    /// Puts receivers in force.
    ///
    /// One that stays keeps what waits for it, also when it has another address now. One that is gone
    /// is told what waits for it, its last words among that, until the next call; then that is given
    /// up.
    ///
    /// - Throws: `PollLoopError` when descriptors are short; the receivers before are in force.
    public func use(_ receivers: [Receiver]) throws(PollLoopError) {
        let gone = try couriers.withLock { couriers throws(PollLoopError) in
            var left = couriers
            for (number, receiver) in receivers.enumerated() {
                if let courier = left.removeValue(forKey: receiver.id) {
                    courier.use(receiver)
                } else {
                    couriers[receiver.id] = try Courier(
                        receiver: receiver, carrier: carrier, seed: seed &+ UInt64(number),
                        timekeeper: timekeeper, onEvent: onEvent)
                }
            }
            for id in left.keys { couriers[id] = nil }
            return left
        }
        let before = retired.withLock { retired in
            defer { retired = gone }
            return retired
        }
        for courier in before.values { giveUp(courier.stop()) }
    }

    /// Takes notifications, in order; gives up those whose receiver is gone.
    public func deliver(_ notifications: [Notification]) {
        guard !notifications.isEmpty else { return }
        for (id, some) in Dictionary(grouping: notifications, by: \.receiver) {
            if let courier = couriers.withLock({ $0[id] }) ?? retired.withLock({ $0[id] }) {
                courier.deliver(some)
            } else {
                giveUp(some)
            }
        }
    }

    /// Takes what receivers were told by an earlier run of alerts that still fire.
    public func remember(_ told: [Notification.Item], by receiver: ReceiverID) {
        couriers.withLock { $0[receiver] }?.remember(told)
    }

    /// Gives up the requests under way and ends the threads; what waits is in the ledger.
    public func stop() {
        let all = couriers.withLock { couriers in
            defer { couriers = [:] }
            return couriers
        }
        for courier in all.values { _ = courier.stop() }
        let last = retired.withLock { retired in
            defer { retired = [:] }
            return retired
        }
        for courier in last.values { _ = courier.stop() }
    }

    /// What each receiver has taken so far.
    public var counters: [ReceiverID: ReceiverCounters] {
        couriers.withLock { $0.mapValues(\.counters) }
    }

    private func giveUp(_ notifications: [Notification]) {
        let now = timekeeper.now()
        for one in notifications {
            onEvent(
                .ended(
                    Delivery(
                        notification: one, at: now, failure: "the receiver is not there any more")))
        }
    }
}

extension ReceiverCounters {
    /// Counts what an attempt led to.
    mutating func note(_ outcome: DeliveryQueue.Outcome, _ ending: Delivery?) {
        isTried = isTried || outcome != .cancelled
        switch outcome {
        case .refused(let words), .failed(let words, _):
            failures += 1
            failure = words
        case .delivered: failure = nil
        case .cancelled: break
        }
        guard let ending else { return }
        guard ending.failure == nil else {
            givenUp += 1
            return
        }
        noteDelivery(after: ending.at - ending.notification.at)
    }
}
