import DequeModule
import HealthModel
import Routing

/// What waits for one receiver, in order, and when to try it: pure.
///
/// A receiver that fails is left alone for a time that doubles, and everything waits. A
/// notification that is refused, while the receiver works, stands aside and lets the others pass; when
/// it tells of several alerts, each is tried by itself, so that one that is refused holds up no other.
/// Only what is news of the same alert stays behind it, so that nobody hears of an end before the
/// beginning. What is refused is tried again, ever more rarely, for as long as nothing behind it says
/// that it is over. Instants are nanoseconds of the monotonic clock.
struct DeliveryQueue: Sendable {
    /// How long a receiver is left alone after its first failure; doubled each time.
    static let shortestBackOff: Duration = .seconds(1)
    /// The longest time that it is left alone by itself.
    static let longestBackOff: Duration = .seconds(60)
    /// The longest time that it may ask to be left alone (Retry-After).
    static let retryAfterMax: Duration = .seconds(3600)
    /// How old a notification gets before it is given up.
    static let ageMax: Duration = .seconds(3 * 86_400)
    /// How often what is over may be refused before it is given up.
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

    /// What is tried at once: a notification, one alert of it, or one of its addresses.
    struct Attempt: Sendable, Hashable {
        /// The notification, with no more than what is tried.
        var notification: Notification
        /// The position of the one address that it goes to; nil for all.
        var address: Int?
        /// The notification of which it is all or a part.
        var whole: String
        /// The position of the one alert that it tells of; nil for all.
        var item: Int?

        /// The same for every attempt, also after a restart.
        var id: String {
            whole + (item.map { "/\($0)" } ?? "") + (address.map { "@\($0)" } ?? "")
        }
    }

    private struct Entry {
        var notification: Notification
        var parts: [Part]
        /// Why a part was given up; nil when none was.
        var failure: String?
    }

    private struct Part {
        var item: Int?
        var address: Int?
        var notBefore = Int64.min
        var refusals = 0
        var words = ""
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

    /// Why something that waits was refused; nil when nothing was.
    var refusal: String? {
        for entry in entries {
            if let part = entry.parts.first(where: { $0.refusals > 0 }) { return part.words }
        }
        return nil
    }

    /// Adds a notification.
    ///
    /// - Parameters:
    ///   - notification: What is told.
    ///   - addresses: How many addresses it goes to, each by itself; one that refuses keeps the others
    ///     from nothing.
    /// - Returns: nil, or the oldest when too many wait.
    mutating func add(_ notification: Notification, addresses: Int = 1) -> Notification? {
        let parts =
            addresses > 1 ? (0..<addresses).map { Part(address: $0) } : [Part()]
        entries.append(Entry(notification: notification, parts: parts))
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
    func next(at now: Int64) -> Attempt? {
        guard now >= restUntil, let (entry, part) = first(where: { $0.notBefore <= now }) else {
            return nil
        }
        return attempt(at: entry, part)
    }

    /// When to look again; nil when nothing waits.
    var wakeAt: Int64? {
        var earliest: Int64?
        var blocked = Blocked()
        for entry in entries {
            for part in entry.parts where !blocked.holds(entry.notification, part.item) {
                earliest = min(earliest ?? .max, part.notBefore)
            }
            // Whatever stands behind one that need not wait is no earlier.
            if earliest == .min { break }
            for part in entry.parts { blocked.add(entry.notification, part.item) }
        }
        return earliest.map { max($0, restUntil) }
    }

    /// Whether the receiver may be spoken to, when something else than a notification is due.
    func isResting(at now: Int64) -> Bool { now < restUntil }

    /// Takes what an attempt to speak to the receiver led to.
    ///
    /// - Parameters:
    ///   - outcome: What it led to.
    ///   - attempt: What was tried; nil for something else, such as a repetition.
    ///   - now: The present on the monotonic clock.
    ///   - date: The present.
    ///   - jitter: From 0 up to 1; what is added to the rest, as a share of a quarter of it.
    /// - Returns: How the notification ended, if it did, and what a person should hear.
    mutating func finish(
        _ outcome: Outcome, of attempt: Attempt?, at now: Int64, date: Timestamp, jitter: Double
    ) -> (ending: Delivery?, change: Change?) {
        let place = attempt.flatMap { self.place(of: $0) }
        switch outcome {
        case .cancelled:
            return (nil, nil)
        case .delivered:
            rest(until: .min)
            guard let place else { return (nil, recover()) }
            let ending = end(place, failure: nil, at: date)
            return (ending, recover())
        case .refused(let words):
            rest(until: .min)
            guard let place else { return (nil, nil) }
            let ending = refuse(place, words, at: now, date: date, jitter: jitter)
            defer { isFailing = true }
            return (ending, isFailing ? nil : .failing(words))
        case .failed(let words, let retryAfter):
            failures += 1
            let asked = min(max(.zero, retryAfter ?? .zero), Self.retryAfterMax)
            restUntil = now + max(asked, Self.backOff(after: failures, jitter)).nanoseconds
            let change: Change? = isFailing ? nil : .failing(words)
            isFailing = true
            guard let place, isOld(place.entry, at: date) else { return (nil, change) }
            return (end(place, failure: words, at: date), change)
        }
    }

    /// Takes whether a receiver that has nothing to take could be reached.
    ///
    /// It is not left alone because it could not: the next notification is tried at once.
    mutating func noteCheck(failure: String?) -> Change? {
        guard let failure else {
            rest(until: .min)
            return recover()
        }
        defer { isFailing = true }
        return isFailing ? nil : .failing(failure)
    }

    /// How long to wait after so many failures in a row.
    static func backOff(after failures: Int, _ jitter: Double) -> Duration {
        let doubled = shortestBackOff * (1 << min(max(0, failures - 1), 16))
        let base = min(doubled, longestBackOff)
        return base + base * (jitter / 4)
    }

    // MARK: Parts

    private typealias Place = (entry: Int, part: Int)

    /// The alerts of which something waits that stands aside.
    private struct Blocked {
        private var keys: Set<AlertKey> = []

        private func news(_ notification: Notification, _ item: Int?) -> [Notification.Item] {
            if let item { return [notification.items[item]] }
            let news = notification.news
            return news.isEmpty ? [notification.items[0]] : news
        }

        func holds(_ notification: Notification, _ item: Int?) -> Bool {
            news(notification, item).contains { keys.contains($0.alert.key) }
        }

        mutating func add(_ notification: Notification, _ item: Int?) {
            for one in news(notification, item) { keys.insert(one.alert.key) }
        }
    }

    private func first(where isDue: (Part) -> Bool) -> Place? {
        var blocked = Blocked()
        for (position, entry) in entries.enumerated() {
            for (number, part) in entry.parts.enumerated()
            where isDue(part) && !blocked.holds(entry.notification, part.item) {
                return (position, number)
            }
            for part in entry.parts { blocked.add(entry.notification, part.item) }
        }
        return nil
    }

    private func attempt(at entry: Int, _ part: Int) -> Attempt {
        let whole = entries[entry].notification
        let one = entries[entry].parts[part]
        var notification = whole
        if let item = one.item { notification.items = [whole.items[item]] }
        return Attempt(
            notification: notification, address: one.address, whole: whole.id, item: one.item)
    }

    private func place(of attempt: Attempt) -> Place? {
        guard let entry = entries.firstIndex(where: { $0.notification.id == attempt.whole }),
            let part = entries[entry].parts.firstIndex(where: {
                $0.item == attempt.item && $0.address == attempt.address
            })
        else { return nil }
        return (entry, part)
    }

    /// Has a part stand aside; one that tells of several alerts falls into these.
    private mutating func refuse(
        _ place: Place, _ words: String, at now: Int64, date: Timestamp, jitter: Double
    ) -> Delivery? {
        let entry = entries[place.entry]
        var part = entry.parts[place.part]
        let news = entry.notification.items.indices.filter {
            entry.notification.items[$0].part != .known
        }
        if part.item == nil, part.address == nil, news.count > 1 {
            entries[place.entry].parts = news.map { Part(item: $0) }
            return nil
        }
        part.refusals += 1
        part.words = words
        part.notBefore = now + Self.backOff(after: part.refusals, jitter).nanoseconds
        entries[place.entry].parts[place.part] = part
        let isHopeless = part.refusals >= Self.refusalsMax && isOver(place)
        guard isHopeless || isOld(place.entry, at: date) else { return nil }
        return end(place, failure: words, at: date)
    }

    /// Whether what a part tells of is over: it says so, or something behind it does.
    private func isOver(_ place: Place) -> Bool {
        let entry = entries[place.entry]
        let items = entry.parts[place.part].item.map { [entry.notification.items[$0]] }
        let begun = (items ?? entry.notification.items).filter { !$0.part.isEnd }
        return begun.allSatisfy { item in
            entries.dropFirst(place.entry + 1).contains { later in
                later.notification.items.contains {
                    $0.part.isEnd && $0.alert.episode == item.alert.episode
                }
            }
        }
    }

    private func isOld(_ entry: Int, at date: Timestamp) -> Bool {
        date - entries[entry].notification.at >= Self.ageMax
    }

    private mutating func rest(until instant: Int64) {
        failures = 0
        restUntil = instant
    }

    private mutating func recover() -> Change? {
        guard isFailing, refusal == nil else { return nil }
        isFailing = false
        return .recovered
    }

    /// Takes a part out; the notification has ended with its last one.
    private mutating func end(_ place: Place, failure: String?, at date: Timestamp) -> Delivery? {
        entries[place.entry].parts.remove(at: place.part)
        entries[place.entry].failure = entries[place.entry].failure ?? failure
        guard entries[place.entry].parts.isEmpty else { return nil }
        let entry = entries.remove(at: place.entry)
        return Delivery(notification: entry.notification, at: date, failure: entry.failure)
    }
}
