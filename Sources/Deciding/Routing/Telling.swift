package import HealthModel

/// What one receiver has to be told now: the difference between what it should know and what its
/// book says that it was told.
///
/// Pure: the same book and the same alerts give the same messages. Whatever fires and is for the
/// receiver is *named*, within `updateInterval` of the last news of its incident, at once when it is
/// the first word or vital. Whatever was named is named *over* with the labels of the last telling,
/// also while others go on. Nothing is told twice, nothing that does not fire, and never at a level
/// above what fires.
package struct Telling {
    /// How long what is not urgent waits for more news of the same incident.
    static let updateInterval: Duration = .seconds(60)
    /// How long a message that was given up is left alone while its alert fires.
    package static let retellInterval: Duration = .seconds(300)

    /// Who is told.
    package let receiver: Receiver
    let audience: Audience
    /// What fires, by episode.
    let firing: [String: FiringAlert]
    /// Episodes that ended because nothing in force is about them any more.
    let unwatched: Set<String>
    /// Episodes that another receiver did not take, to be told to this one.
    let standIns: Set<String>
    let words: (Notification) -> Notification.Words
    package private(set) var book: ReceiverBook
    /// What is told now.
    package private(set) var messages: [Notification] = []
    /// When something is due that nothing but time brings about; nil for never.
    package private(set) var dueAt: Timestamp?

    private var now: Timestamp { audience.now }
    /// What is new in each thread.
    private var news: [String: News] = [:]
    /// What the book has of each thread, by episode.
    private var members: [String: Set<String>] = [:]

    private struct News {
        var begun: [String] = []
        var ended: [(episode: String, part: Notification.Item.Part)] = []
        /// Whether it cannot wait.
        var isUrgent = false
        var isFallback = false
    }

    package init(
        _ receiver: Receiver, _ book: ReceiverBook, audience: Audience,
        firing: [String: FiringAlert], unwatched: Set<String> = [], standIns: Set<String> = [],
        words: @escaping (Notification) -> Notification.Words
    ) {
        self.receiver = receiver
        self.book = book
        self.audience = audience
        self.firing = firing
        self.unwatched = unwatched
        self.standIns = standIns
        self.words = words
    }

    /// Works out what is told, and notes it in the book.
    package mutating func reconcile() {
        followThreads()
        findNews()
        for thread in news.keys.sorted() { tellNews(of: thread) }
        for thread in book.threads.keys.sorted() { remind(thread) }
        dropThreads()
    }

    // MARK: The difference

    /// What was told moves to the incident that its alert is in now.
    private mutating func followThreads() {
        for (episode, var entry) in book.entries {
            guard let alert = firing[episode], receiver.isForPeople, entry.thread != alert.thread
            else { continue }
            let old = book.threads[entry.thread]
            entry.thread = alert.thread
            book.put(entry, for: episode)
            if book.threads[alert.thread] == nil {
                var thread = old ?? ReceiverBook.Thread()
                thread.parts = 0
                book.put(thread, named: alert.thread)
            }
        }
        for (episode, entry) in book.entries {
            members[entry.thread, default: []].insert(episode)
        }
    }

    private func thread(of alert: FiringAlert) -> String {
        receiver.isForPeople ? alert.thread : alert.alert.episode
    }

    private mutating func findNews() {
        var names: Set<ServiceID> = []
        for entry in book.entries.values { names.insert(entry.item.alert.service) }
        for (episode, entry) in book.entries {
            guard let part = end(of: entry, episode) else { continue }
            if entry.lostAt != nil {
                // It was never taken, and so has no end.
                book.put(nil, for: episode)
                members[entry.thread]?.remove(episode)
            } else {
                news[entry.thread, default: News()].ended.append((episode, part))
            }
        }
        for (episode, alert) in firing {
            let thread = thread(of: alert)
            let entry = book.entries[episode]
            if let lostAt = entry?.lostAt { wake(at: min(lostAt, now) + Self.retellInterval) }
            let isStandIn = standIns.contains(episode) && entry == nil
            let isCalled = isStandIn || book.isCalled(for: alert, in: thread)
            guard audience.obstacle(alert, for: receiver, isCalled: isCalled) == nil,
                isNews(alert, entry)
            else { continue }
            var found = news[thread] ?? News()
            found.begun.append(episode)
            found.isFallback = found.isFallback || isStandIn
            let isVital = alert.service.map { $0.tier <= .tier1 } ?? true
            let isWorse = names.contains(alert.alert.service)
            found.isUrgent = found.isUrgent || isVital || isWorse || isStandIn
            news[thread] = found
        }
    }

    /// How what was told ends; nil while it goes on.
    private func end(
        of entry: ReceiverBook.Entry, _ episode: String
    ) -> Notification.Item.Part? {
        guard let alert = firing[episode] else {
            return unwatched.contains(episode) ? .unwatched : .over
        }
        let isCalled = book.isCalled(for: alert, in: entry.thread)
        if let obstacle = audience.obstacle(alert, for: receiver, isCalled: isCalled),
            !obstacle.isQuiet
        {
            return obstacle == .resolved ? .over : .changed
        }
        return isSame(entry.item, alert) ? nil : .changed
    }

    /// Whether an alert that fires has to be told: for the first time, under other labels, or
    /// because what was told of it was given up.
    private func isNews(_ alert: FiringAlert, _ entry: ReceiverBook.Entry?) -> Bool {
        guard let entry else { return true }
        if let lostAt = entry.lostAt { return now - min(lostAt, now) >= Self.retellInterval }
        return !isSame(entry.item, alert)
    }

    /// Whether an alert is the one that was told, for whoever keeps count of it.
    private func isSame(_ item: Notification.Item, _ alert: FiringAlert) -> Bool {
        let isAlike =
            item.alert.level == alert.alert.level && item.alert.service == alert.alert.service
        guard !receiver.isForPeople else { return isAlike }
        return isAlike && item.labels == alert.labels
            && item.alert.incident == alert.alert.incident
    }

    // MARK: News

    private mutating func tellNews(of name: String) {
        guard let found = news[name] else { return }
        let thread = book.threads[name] ?? ReceiverBook.Thread()
        let left = (members[name] ?? []).count { book.entries[$0]?.lostAt == nil }
        let isLast = found.begun.isEmpty && left == found.ended.count
        let isFirst = left == 0
        if let newsAt = thread.newsAt.map({ min($0, now) }), receiver.isForPeople,
            !found.isUrgent, !isFirst, !isLast, now - newsAt < Self.updateInterval
        {
            wake(at: newsAt + Self.updateInterval)
            return
        }
        var occasion = Notification.Occasion.update
        if isFirst { occasion = thread.isEscalated ? .escalation : .change }
        if found.isFallback { occasion = .fallback }
        if isLast || !receiver.isForPeople { occasion = .change }
        // Whoever hears it again under another level hears more of what is known.
        if found.begun.contains(where: { book.entries[$0] != nil }), occasion == .change {
            occasion = .update
        }
        let ended = found.ended.compactMap { one -> (String, Notification.Item)? in
            guard var item = book.entries[one.episode]?.item else { return nil }
            item.part = one.part
            item.alert.state = .resolved
            return (one.episode, item)
        }.sorted { Self.isBefore($0.1, $1.1) }
        let begun = found.begun.compactMap { episode in
            firing[episode].map { (episode, item(of: $0, .begun)) }
        }.sorted { isBefore($0, $1) }
        send(name, occasion, begun: begun, ended: ended)
    }

    private func item(
        of alert: FiringAlert, _ part: Notification.Item.Part
    ) -> Notification.Item {
        Notification.Item(alert: alert.alert, part: part, labels: alert.labels)
    }

    /// The root of the incident leads, then what is most urgent, most vital, first.
    private func isBefore(
        _ left: (String, Notification.Item), _ right: (String, Notification.Item)
    ) -> Bool {
        let (one, other) = (firing[left.0]?.isRoot ?? false, firing[right.0]?.isRoot ?? false)
        return one == other ? Self.isBefore(left.1, right.1) : one
    }

    private static func isBefore(_ left: Notification.Item, _ right: Notification.Item) -> Bool {
        let (one, other) = (left.alert, right.alert)
        if one.level != other.level { return one.level > other.level }
        let (first, second) = (left.labels.tier ?? .tier0, right.labels.tier ?? .tier0)
        if first != second { return first < second }
        if one.activeSince != other.activeSince { return one.activeSince < other.activeSince }
        return one.key < other.key
    }

    /// Tells what is new, in as many messages as it needs, and notes it in the book.
    private mutating func send(
        _ name: String, _ occasion: Notification.Occasion,
        begun: [(String, Notification.Item)], ended: [(String, Notification.Item)]
    ) {
        let known = others(in: name, than: Set((begun + ended).map(\.0)))
        let usual: ReceiverBook.Entry.Source =
            switch occasion {
            case .fallback: .fallback
            case .escalation: .escalation
            default: .own
            }
        let sources = begun.map { book.entries[$0.0]?.source ?? usual }
        for (episode, _) in ended {
            book.put(nil, for: episode)
            members[name]?.remove(episode)
        }
        var thread = book.threads[name] ?? ReceiverBook.Thread()
        let all = begun + ended
        for start in stride(from: 0, to: all.count, by: Notification.itemsMax) {
            let end = min(all.count, start + Notification.itemsMax)
            let fill = known.prefix(start + Notification.itemsMax - end)
            // What has a message of its own goes on too.
            let elsewhere = begun.count - max(0, min(end, begun.count) - start)
            message(
                name, &thread, occasion, all[start..<end].map(\.1) + fill,
                moreCount: known.count - fill.count + elsewhere)
            for position in start..<max(start, min(end, begun.count)) {
                let (episode, item) = begun[position]
                members[name, default: []].insert(episode)
                book.put(
                    ReceiverBook.Entry(
                        item: item, thread: name, toldAt: now,
                        notification: messages[messages.count - 1].id, source: sources[position]),
                    for: episode)
            }
        }
        thread.newsAt = now
        book.put(thread, named: name)
    }

    /// What the receiver knows of a thread and goes on, in order.
    private func others(in name: String, than episodes: Set<String>) -> [Notification.Item] {
        (members[name] ?? []).compactMap { episode -> (String, Notification.Item)? in
            guard !episodes.contains(episode), let alert = firing[episode],
                let entry = book.entries[episode], entry.lostAt == nil
            else { return nil }
            var known = item(of: alert, .known)
            known.alert.level = entry.item.alert.level
            return (episode, known)
        }.sorted { isBefore($0, $1) }.map(\.1)
    }

    private mutating func message(
        _ name: String, _ thread: inout ReceiverBook.Thread,
        _ occasion: Notification.Occasion, _ items: [Notification.Item], moreCount: Int
    ) {
        var message = Notification(
            receiver: receiver.id, at: now, thread: name, part: thread.parts, occasion: occasion,
            items: items, moreCount: moreCount)
        message.words = words(message)
        messages.append(message)
        thread.parts += 1
        if let alert = items.first(where: { !$0.part.isEnd }) {
            thread.cause = alert.labels.cause
            thread.isCalamity = firing[alert.alert.episode]?.isCalamity ?? thread.isCalamity
        }
    }

    // MARK: What time brings

    /// Tells of another cause, and reminds of what nobody has acknowledged.
    private mutating func remind(_ name: String) {
        guard receiver.isForPeople, var thread = book.threads[name], thread.newsAt != now,
            let newsAt = thread.newsAt.map({ min($0, now) })
        else { return }
        let items = others(in: name, than: []).filter { !isQuiet($0) }
        guard let lead = items.first, let alert = firing[lead.alert.episode],
            lead.alert.incident != nil
        else { return }
        let isRerooted = thread.cause != alert.labels.cause
        let isCalamity = alert.isCalamity && !thread.isCalamity && lead.alert.level >= .critical
        if isRerooted || isCalamity {
            guard now - newsAt >= Self.updateInterval else {
                wake(at: newsAt + Self.updateInterval)
                return
            }
            remind(name, &thread, .update, items)
            return
        }
        guard let every = receiver.remindEvery,
            let begun = uncovered(in: name).filter({
                $0.item.alert.level >= Receiver.remindingLevel
            })
            .map(\.toldAt).min()
        else { return }
        let last = min(now, max(begun, thread.remindedAt ?? begun))
        guard now - last >= every else {
            wake(at: last + every)
            return
        }
        thread.remindedAt = now
        remind(name, &thread, .reminder, items)
    }

    private mutating func remind(
        _ name: String, _ thread: inout ReceiverBook.Thread, _ occasion: Notification.Occasion,
        _ items: [Notification.Item]
    ) {
        let shown = Array(items.prefix(Notification.itemsMax))
        message(name, &thread, occasion, shown, moreCount: items.count - shown.count)
        if occasion != .reminder { thread.newsAt = now }
        book.put(thread, named: name)
    }

    private func isQuiet(_ item: Notification.Item) -> Bool {
        guard let alert = firing[item.alert.episode] else { return true }
        return audience.obstacle(alert, for: receiver, isCalled: true) != nil
    }

    /// What was told of an incident, fires on and nobody has acknowledged.
    private func uncovered(in name: String) -> [ReceiverBook.Entry] {
        (members[name] ?? []).compactMap { episode in
            guard let entry = book.entries[episode], entry.lostAt == nil,
                let alert = firing[episode],
                audience.obstacle(alert, for: receiver, isCalled: true) == nil,
                alert.acknowledgement == nil || alert.acknowledgement != entry.acknowledgement
            else { return nil }
            return entry
        }
    }

    /// The threads that somebody else has to hear of now, since nobody has responded.
    package mutating func escalations() -> [String] {
        guard let escalation = receiver.escalation else { return [] }
        followThreads()
        return book.threads.keys.sorted().filter { name in
            guard
                let begun = uncovered(in: name).filter({
                    $0.item.alert.level == .page && $0.item.alert.incident != nil
                }).map(\.toldAt).min()
            else { return false }
            let due = min(begun, now) + escalation.after
            if due > now { wake(at: due) }
            return due <= now
        }
    }

    /// Forgets threads of which nothing goes on.
    private mutating func dropThreads() {
        let used = Set(book.entries.values.map(\.thread)).union(
            firing.values.map { thread(of: $0) })
        for name in book.threads.keys where !used.contains(name) { book.put(nil, named: name) }
    }

    private mutating func wake(at instant: Timestamp) {
        dueAt = min(dueAt ?? instant, instant)
    }
}
