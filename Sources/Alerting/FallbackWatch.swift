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

/// Watches notifications that wait and says who must be told instead.
///
/// Each receiver hears of an episode once: whoever has heard of it, from its rule or as the fallback
/// of another, is not told again. What is over is told with its end. It keeps no clock: whoever
/// has the outbox looks with the present, and writes what is due in one transaction with it.
public struct FallbackWatch: Sendable {
    /// What must be told.
    public struct Due: Sendable, Hashable {
        /// That the alert fires.
        public var notification: Notification
        /// That it is over, when it is.
        public var end: Notification?
    }

    /// How long nobody is told after a start: a receiver gets what an earlier run could not tell
    /// before another one does.
    public static let startTime: Duration = .seconds(10)
    /// Notifications that are watched; further ones wait for their own receiver only.
    public static let watchedMax = Limits.waitingTransitions

    private struct Entry {
        var notification: Notification
        /// Whether it will never be delivered.
        var isGivenUp = false
        /// Whether somebody else knows of it.
        var isSettled = false
    }

    private var plans: [ReceiverID: ReceiverFallback] = [:]
    /// By the id of the notification.
    private var entries: [String: Entry] = [:]
    /// Who has heard of each episode of which something waits.
    private var heard: [String: Set<ReceiverID>] = [:]
    /// How many notifications of each episode are watched.
    private var counts: [String: Int] = [:]
    private var startedAt: Timestamp?

    /// Makes a watch of nothing.
    public init() {}

    /// How many notifications are watched.
    public var count: Int { entries.count }

    /// Whether a notification with this id waits, as far as it is watched.
    public func isWatched(_ id: String) -> Bool { entries[id] != nil }

    /// Takes the receivers as they are written now.
    public mutating func use(_ receivers: [Receiver]) {
        plans = [:]
        for receiver in receivers { plans[receiver.id] = receiver.fallback }
    }

    /// Watches a notification that waits from now on.
    ///
    /// - Parameters:
    ///   - notification: What waits.
    ///   - receivers: Who has heard of its episode before.
    public mutating func add(_ notification: Notification, knownTo receivers: [ReceiverID] = []) {
        let (id, episode) = (notification.id, notification.episode)
        guard entries[id] == nil, entries.count < Self.watchedMax else { return }
        entries[id] = Entry(notification: notification)
        counts[episode, default: 0] += 1
        for receiver in receivers + [notification.receiver] {
            heard[episode, default: []].insert(receiver)
        }
    }

    /// Takes that a notification was delivered or given up.
    public mutating func end(_ delivery: Delivery) {
        let id = delivery.notification.id
        guard delivery.failure != nil, entries[id]?.notification.alert.state == .firing else {
            remove(id)
            return
        }
        entries[id]?.isGivenUp = true
    }

    /// What must be told now instead, in order; it is told once.
    public mutating func due(at now: Timestamp) -> [Due] {
        if startedAt.map({ now < $0 }) ?? true { startedAt = now }
        guard let startedAt, now - startedAt >= Self.startTime else { return [] }
        let late = entries.values.filter { isLate($0, at: now) }
            .map(\.notification).sorted { ($0.at, $0.id) < ($1.at, $1.id) }
        var due: [Due] = []
        for one in late {
            defer {
                if entries[one.id]?.isGivenUp == true { remove(one.id) }
                entries[one.id]?.isSettled = true
            }
            guard let plan = plans[one.receiver],
                heard[one.episode, default: []].insert(plan.receiver).inserted
            else { continue }
            var other = one
            other.receiver = plan.receiver
            other.at = now
            other.occasion = .fallback
            due.append(Due(notification: other, end: end(of: one, to: plan.receiver)))
        }
        return due
    }

    private func isLate(_ entry: Entry, at now: Timestamp) -> Bool {
        guard !entry.isGivenUp else { return true }
        guard !entry.isSettled, entry.notification.alert.state == .firing,
            let plan = plans[entry.notification.receiver]
        else { return false }
        return now - entry.notification.at >= plan.after
    }

    /// The end of the same episode that waits behind `beginning`, as another receiver is told it.
    private func end(of beginning: Notification, to receiver: ReceiverID) -> Notification? {
        var end = beginning
        end.alert.state = .resolved
        end.part = 0
        guard var found = entries[end.id]?.notification else { return nil }
        found.receiver = receiver
        return found
    }

    private mutating func remove(_ id: String) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        let episode = entry.notification.episode
        let left = counts[episode, default: 1] - 1
        counts[episode] = left > 0 ? left : nil
        if left <= 0 { heard[episode] = nil }
    }
}
