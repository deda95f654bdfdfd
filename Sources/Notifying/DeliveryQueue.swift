import Alerting
import DequeModule
import HealthModel

/// What waits for one receiver, in order, and when to try it: pure.
///
/// A receiver that fails is left alone for a time that doubles, and everything waits. A
/// notification that is refused, while the receiver works, stands aside and lets the others pass;
/// only what is about the same alert stays behind it, so that nobody hears of an end before the
/// beginning. Instants are nanoseconds of the monotonic clock.
struct DeliveryQueue: Sendable {
    /// How long a receiver is left alone after its first failure; doubled each time.
    static let shortestBackOff: Duration = .seconds(1)
    /// The longest time that it is left alone by itself.
    static let longestBackOff: Duration = .seconds(60)
    /// The longest time that it may ask to be left alone (Retry-After).
    static let retryAfterMax: Duration = .seconds(3600)
    /// How old a notification gets before it is given up.
    static let ageMax: Duration = .seconds(3 * 86_400)
    /// How often one notification may be refused before it is given up.
    static let refusalsMax = 8

    /// What an attempt led to.
    enum Outcome: Sendable, Hashable {
        /// Taken.
        case delivered
        /// Not taken, and the fault is the notification's: an answer of 400 and the like.
        case refused(String)
        /// Not taken, and the fault is the receiver's or the way's; it may have asked for a rest.
        case failed(String, retryAfter: Duration?)
        /// Stopped by us; nothing is known.
        case cancelled
    }

    /// What a person should hear.
    enum Change: Sendable, Hashable {
        case failing(String)
        case recovered
    }

    private struct Entry {
        var notification: Notification
        var notBefore = Int64.min
        var refusals = 0
    }

    private var entries: Deque<Entry> = []
    /// Until when the receiver is left alone.
    private(set) var restUntil = Int64.min
    private var failures = 0
    private var isFailing = false
    /// Notifications that were dropped because too many waited.
    private(set) var dropped = 0

    /// How many wait.
    var count: Int { entries.count }

    /// Adds a notification; nil, or the oldest when too many wait.
    mutating func add(_ notification: Notification) -> Notification? {
        entries.append(Entry(notification: notification))
        guard entries.count > Limits.waitingNotifications else { return nil }
        dropped += 1
        return entries.removeFirst().notification
    }

    /// Takes everything out.
    mutating func removeAll() -> [Notification] {
        defer { entries = [] }
        return entries.map(\.notification)
    }

    /// What to try now; nil when nothing waits or the receiver rests.
    func next(at now: Int64) -> Notification? {
        guard now >= restUntil else { return nil }
        return first { $0.notBefore <= now }?.notification
    }

    /// When to look again; nil when nothing waits.
    var wakeAt: Int64? {
        var earliest: Int64?
        var blocked: Set<AlertKey> = []
        for entry in entries where !blocked.contains(entry.notification.alert.key) {
            earliest = min(earliest ?? .max, entry.notBefore)
            // Whatever stands behind one that need not wait is no earlier.
            if entry.notBefore == .min { break }
            blocked.insert(entry.notification.alert.key)
        }
        return earliest.map { max($0, restUntil) }
    }

    /// Whether the receiver may be spoken to, when something else than a notification is due.
    func isResting(at now: Int64) -> Bool { now < restUntil }

    /// Takes what an attempt to speak to the receiver led to.
    ///
    /// - Parameters:
    ///   - outcome: What it led to.
    ///   - notification: What was tried; nil for something else, such as a repetition.
    ///   - now: The present on the monotonic clock.
    ///   - date: The present.
    ///   - jitter: From 0 up to 1; what is added to the rest, as a share of a quarter of it.
    /// - Returns: How the notification ended, if it did, and what a person should hear.
    mutating func finish(
        _ outcome: Outcome, of notification: Notification?, at now: Int64, date: Timestamp,
        jitter: Double
    ) -> (ending: Delivery?, change: Change?) {
        let position = notification.flatMap { one in
            entries.firstIndex { $0.notification == one }
        }
        switch outcome {
        case .cancelled:
            return (nil, nil)
        case .delivered:
            return (end(position, at: date, failure: nil), recover())
        case .refused(let words):
            let change = recover()
            guard let position else { return (nil, change) }
            entries[position].refusals += 1
            let refusals = entries[position].refusals
            entries[position].notBefore = now + Self.backOff(after: refusals, jitter).nanoseconds
            guard refusals >= Self.refusalsMax || isOld(position, at: date) else {
                return (nil, change)
            }
            return (end(position, at: date, failure: words), change)
        case .failed(let words, let retryAfter):
            failures += 1
            let asked = min(max(.zero, retryAfter ?? .zero), Self.retryAfterMax)
            restUntil = now + max(asked, Self.backOff(after: failures, jitter)).nanoseconds
            let change: Change? = isFailing ? nil : .failing(words)
            isFailing = true
            guard let position, isOld(position, at: date) else { return (nil, change) }
            return (end(position, at: date, failure: words), change)
        }
    }

    /// Takes whether a receiver that has nothing to take could be reached.
    ///
    /// It is not left alone because it could not: the next notification is tried at once.
    mutating func noteCheck(failure: String?) -> Change? {
        guard let failure else { return recover() }
        defer { isFailing = true }
        return isFailing ? nil : .failing(failure)
    }

    /// How long to wait after so many failures in a row.
    static func backOff(after failures: Int, _ jitter: Double) -> Duration {
        let doubled = shortestBackOff * (1 << min(max(0, failures - 1), 16))
        let base = min(doubled, longestBackOff)
        return base + base * (jitter / 4)
    }

    private func first(where isDue: (Entry) -> Bool) -> Entry? {
        var blocked: Set<AlertKey> = []
        for entry in entries {
            let key = entry.notification.alert.key
            if !blocked.contains(key) {
                if isDue(entry) { return entry }
                blocked.insert(key)
            }
        }
        return nil
    }

    private func isOld(_ position: Int, at date: Timestamp) -> Bool {
        date - entries[position].notification.at >= Self.ageMax
    }

    private mutating func recover() -> Change? {
        failures = 0
        restUntil = .min
        guard isFailing else { return nil }
        isFailing = false
        return .recovered
    }

    private mutating func end(_ position: Int?, at date: Timestamp, failure: String?) -> Delivery? {
        guard let position else { return nil }
        let notification = entries.remove(at: position).notification
        return Delivery(notification: notification, at: date, failure: failure)
    }
}
