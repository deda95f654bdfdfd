package import HealthModel

/// Watches messages that wait and says what must be told to somebody else.
///
/// A value without a clock; `HealthMonitor` owns one. What is told instead, and that it is told once,
/// is the matter of the other receiver's book.
package struct FallbackWatch: Sendable {
    /// How long nobody is told after a start: a receiver gets what an earlier run could not tell
    /// before another one does.
    static let startTime: Duration = .seconds(10)
    /// Messages that are watched; further ones wait for their own receiver only.
    static let watchedMax = Limits.waitingTransitions

    private struct Waiting: Sendable {
        var at: Timestamp
        var receiver: ReceiverID
        /// The alerts that it begins to tell of, by episode.
        var episodes: [String]
        var isGivenUp = false
    }

    private var plans: [ReceiverID: ReceiverFallback] = [:]
    /// By the id of the message.
    private var waiting: [String: Waiting] = [:]
    private var startedAt: Timestamp?

    package init() {}

    /// How many messages are watched.
    package var count: Int { waiting.count }

    /// Takes the receivers as they are written now.
    package mutating func use(_ receivers: [Receiver]) {
        plans = [:]
        for receiver in receivers { plans[receiver.id] = receiver.fallback }
        waiting = waiting.filter { plans[$0.value.receiver] != nil }
    }

    /// Watches a message that waits from now on, when there is somebody to tell instead.
    package mutating func add(_ notification: Notification) {
        let episodes = notification.items.filter { $0.part == .begun }.map(\.alert.episode)
        guard plans[notification.receiver] != nil, !episodes.isEmpty,
            waiting.count < Self.watchedMax
        else { return }
        waiting[notification.id] = Waiting(
            at: notification.at, receiver: notification.receiver, episodes: episodes)
    }

    /// Takes that a message was delivered or given up.
    package mutating func end(_ delivery: Delivery) {
        if delivery.failure == nil {
            waiting[delivery.notification.id] = nil
        } else {
            waiting[delivery.notification.id]?.isGivenUp = true
        }
    }

    /// What has waited for too long, by who must be told instead; each message once.
    package mutating func takeDue(at now: Timestamp) -> [ReceiverID: Set<String>] {
        if startedAt.map({ now < $0 }) ?? true { startedAt = now }
        guard !waiting.isEmpty, let startedAt, now - startedAt >= Self.startTime else {
            return [:]
        }
        var due: [ReceiverID: Set<String>] = [:]
        for (id, one) in waiting {
            guard let plan = plans[one.receiver],
                one.isGivenUp || now - min(one.at, now) >= plan.after
            else { continue }
            due[plan.receiver, default: []].formUnion(one.episodes)
            waiting[id] = nil
        }
        return due
    }
}
