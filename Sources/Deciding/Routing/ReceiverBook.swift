public import HealthModel

/// What one receiver was told is firing and has not been told the end of.
public struct ReceiverBook: Sendable, Hashable {
    /// One alert that it was told of.
    public struct Entry: Sendable, Hashable {
        /// Why it was told.
        public enum Source: String, Sendable, Hashable, CaseIterable {
            /// It asked for such alerts.
            case own
            /// Nobody else responded.
            case escalation
            /// Another receiver did not take it.
            case fallback
        }

        /// The alert in the words and with the labels of the last telling.
        public var item: Notification.Item
        /// The thread that it is told in.
        public var thread: String
        /// When it was told in these words for the first time.
        public var toldAt: Timestamp
        /// The message in which it was.
        public var notification: String
        /// When the receiver took that message; nil while it waits.
        public var deliveredAt: Timestamp?
        /// When that message was given up; nil when it was not.
        public var lostAt: Timestamp?
        /// Why it was told.
        public var source: Source
        /// The acknowledgement that covers it; nil when it was told after any was given.
        public var acknowledgement: ActionID?

        /// Makes an entry.
        public init(
            item: Notification.Item, thread: String, toldAt: Timestamp, notification: String,
            deliveredAt: Timestamp? = nil, lostAt: Timestamp? = nil, source: Source = .own,
            acknowledgement: ActionID? = nil
        ) {
            self.item = item
            self.thread = thread
            self.toldAt = toldAt
            self.notification = notification
            self.deliveredAt = deliveredAt
            self.lostAt = lostAt
            self.source = source
            self.acknowledgement = acknowledgement
        }
    }

    /// What was told of one incident, or of one alert outside of one.
    public struct Thread: Sendable, Hashable {
        /// How many messages there were.
        public var parts = 0
        /// When something new was told last; nil before.
        public var newsAt: Timestamp?
        /// When it was reminded last; nil when it was not.
        public var remindedAt: Timestamp?
        /// The cause that it was told last; nil before, and without one.
        public var cause: String?
        /// Whether it was told that the incident is a calamity.
        public var isCalamity = false
        /// Whether it is told because nobody else responded.
        public var isEscalated = false

        /// Makes a thread of which nothing was told.
        public init() {}
    }

    /// What was told, by episode.
    public private(set) var entries: [String: Entry] = [:]
    /// What was said of each thread.
    public private(set) var threads: [String: Thread] = [:]
    /// What changed since `takeChanges`.
    private var changes = Changes()

    /// What changed in a book, for whoever keeps it on disk; nil for what is gone.
    public struct Changes: Sendable, Hashable {
        /// Entries by episode.
        public var entries: [String: Entry?] = [:]
        /// Threads by name.
        public var threads: [String: Thread?] = [:]

        /// Makes changes of nothing.
        public init() {}

        /// Whether nothing changed.
        public var isEmpty: Bool { entries.isEmpty && threads.isEmpty }

        /// Adds later changes.
        public mutating func merge(_ later: Changes) {
            entries.merge(later.entries) { $1 }
            threads.merge(later.threads) { $1 }
        }
    }

    /// Makes a book of nothing.
    public init() {}

    /// Makes the book that an earlier run left.
    public init(entries: [String: Entry], threads: [String: Thread]) {
        self.entries = entries
        self.threads = threads
    }

    /// Whether nothing was told that is not over.
    public var isEmpty: Bool { entries.isEmpty && threads.isEmpty }

    /// Whether the receiver is told of an alert instead of somebody else, whatever it asks for.
    package func isCalled(for firing: FiringAlert, in thread: String) -> Bool {
        if let entry = entries[firing.alert.episode], entry.source != .own { return true }
        return threads[thread]?.isEscalated == true && firing.alert.level == .page
    }

    /// What changed since the last call.
    package mutating func takeChanges() -> Changes {
        defer { changes = Changes() }
        return changes
    }

    /// Makes all of it count as changed.
    package mutating func touchAll() {
        changes.entries.merge(entries.mapValues { $0 }) { $1 }
        changes.threads.merge(threads.mapValues { $0 }) { $1 }
    }

    mutating func put(_ entry: Entry?, for episode: String) {
        guard entries[episode] != entry else { return }
        entries[episode] = entry
        changes.entries[episode] = .some(entry)
    }

    package mutating func put(_ thread: Thread?, named name: String) {
        guard threads[name] != thread else { return }
        threads[name] = thread
        changes.threads[name] = .some(thread)
    }

    /// Notes how a message ended.
    package mutating func note(_ delivery: Delivery) {
        for item in delivery.notification.items where item.part == .begun {
            let episode = item.alert.episode
            guard var entry = entries[episode],
                entry.notification == delivery.notification.id
            else { continue }
            if delivery.failure == nil {
                entry.deliveredAt = delivery.at
            } else {
                entry.lostAt = delivery.at
            }
            put(entry, for: episode)
        }
    }

    /// Notes that what waits in none of these messages was lost.
    package mutating func lose(except messages: Set<String>, at instant: Timestamp) {
        for (episode, var entry) in entries
        where entry.deliveredAt == nil && entry.lostAt == nil
            && !messages.contains(entry.notification)
        {
            entry.lostAt = instant
            put(entry, for: episode)
        }
    }

    /// Has an acknowledgement cover what was told of an incident until now.
    package mutating func acknowledge(_ thread: String, by action: ActionID) {
        for (episode, var entry) in entries where entry.thread == thread {
            entry.acknowledgement = action
            put(entry, for: episode)
        }
    }

    /// Follows a clock that was set, so that what is waited for takes as long as it did.
    package mutating func shift(by jump: Duration) {
        for (episode, var entry) in entries {
            entry.toldAt = entry.toldAt + jump
            entry.lostAt = entry.lostAt.map { $0 + jump }
            put(entry, for: episode)
        }
        for (name, var thread) in threads {
            thread.newsAt = thread.newsAt.map { $0 + jump }
            thread.remindedAt = thread.remindedAt.map { $0 + jump }
            put(thread, named: name)
        }
    }
}
