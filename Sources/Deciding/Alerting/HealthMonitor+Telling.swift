public import HealthModel
import Incidents
public import Routing

/// Who was told what, and what has to be told.
struct TellingState: Sendable {
    /// What each receiver was told.
    var books: [ReceiverID: ReceiverBook] = [:]
    var fallbacks = FallbackWatch()
    /// Episodes that ended because nothing in force is about them any more, until that is told.
    var unwatched: Set<String> = []
    /// Whether something changed that people may have to hear of.
    var isDue = false
    /// When time alone brings about something to tell; nil for never.
    var dueAt: Timestamp?
    /// When incidents are looked at again although no alert changed; nil for never.
    var reconsiderAt: Timestamp?
    /// What is told and was not taken by `takeAlertChanges`.
    var messages: [Notification] = []
    /// What changed in the books of receivers since then.
    var changes: [ReceiverID: ReceiverBook.Changes] = [:]

    /// Whether nobody is owed anything, and no time runs.
    var isAtEase: Bool {
        !isDue && dueAt == nil && fallbacks.count == 0 && books.values.allSatisfy(\.isEmpty)
    }
}

extension HealthMonitor {
    /// Tells every receiver what it has to know and does not, and what is over.
    mutating func tell(at now: Timestamp) {
        let standIns = telling.fallbacks.takeDue(at: now)
        guard telling.isDue || !standIns.isEmpty || telling.dueAt.map({ $0 <= now }) ?? false
        else { return }
        telling.isDue = false
        telling.dueAt = nil
        let firing = firingAlerts()
        let audience = Audience(rules: rules, at: now)
        var tellings = rules.receivers.map { receiver in
            telling(receiver, audience, firing, standIns[receiver.id] ?? [])
        }
        escalate(&tellings, at: now)
        for index in rules.receivers.indices {
            let receiver = rules.receivers[index]
            // The book may say by now that this receiver is called instead of another one.
            var one = telling(receiver, audience, firing, standIns[receiver.id] ?? [])
            one.reconcile()
            keep(one)
            wake(at: tellings[index].dueAt)
        }
        telling.unwatched = []
        wake(at: incidents.nextChange(after: now))
        // Hours begin and end at whole minutes.
        if rules.receivers.contains(where: { $0.hours != nil }), !firing.isEmpty {
            wake(at: Timestamp(seconds: (now.seconds.flooredQuotient(by: 60) + 1) * 60))
        }
    }

    private func telling(
        _ receiver: Receiver, _ audience: Audience, _ firing: [String: FiringAlert],
        _ standIns: Set<String>
    ) -> Telling {
        let (map, incidents) = (incidentMap, self.incidents)
        let (maintenance, link) = (actions.maintenance, rules.externalURL)
        return Telling(
            receiver, telling.books[receiver.id] ?? ReceiverBook(), audience: audience,
            firing: firing, unwatched: telling.unwatched, standIns: standIns,
            words: { message in
                MessageWords(
                    map: map, incident: incidents[IncidentID(message.thread)],
                    maintenance: maintenance, externalURL: link
                ).words(of: message)
            })
    }

    /// Has others told of pages to which nobody has responded.
    private mutating func escalate(_ tellings: inout [Telling], at now: Timestamp) {
        for index in tellings.indices {
            guard let other = tellings[index].receiver.escalation?.receiver else { continue }
            for name in tellings[index].escalations() {
                var book = telling.books[other] ?? ReceiverBook()
                let isTold = book.entries.values.contains { $0.thread == name }
                guard !isTold, book.threads[name]?.isEscalated != true else { continue }
                var thread = book.threads[name] ?? ReceiverBook.Thread()
                thread.isEscalated = true
                book.put(thread, named: name)
                telling.books[other] = book
                incidents.note(.escalated, other.text, in: IncidentID(name), at: now)
            }
        }
    }

    private mutating func keep(_ one: Telling) {
        var book = one.book
        let changes = book.takeChanges()
        if !changes.isEmpty {
            telling.changes[one.receiver.id, default: ReceiverBook.Changes()].merge(changes)
        }
        telling.books[one.receiver.id] = book
        for message in one.messages { telling.fallbacks.add(message) }
        telling.messages += one.messages
        wake(at: one.dueAt)
    }

    private mutating func wake(at instant: Timestamp?) {
        guard let instant else { return }
        telling.dueAt = min(telling.dueAt ?? instant, instant)
    }

    /// Tells receivers that are not in force any more that nothing more comes, and forgets them.
    mutating func dismiss(_ receivers: [Receiver], at now: Timestamp) {
        for receiver in receivers {
            guard let book = telling.books.removeValue(forKey: receiver.id) else { continue }
            var one = Telling(
                receiver, book, audience: Audience(rules: rules, at: now), firing: [:],
                unwatched: Set(book.entries.keys),
                words: { [incidentMap] in
                    MessageWords(map: incidentMap, incident: nil, maintenance: [:]).words(of: $0)
                })
            one.reconcile()
            var left = one.book
            telling.changes[receiver.id, default: ReceiverBook.Changes()]
                .merge(left.takeChanges())
            telling.messages += one.messages
        }
    }

    /// Forgets what a receiver was told that cannot be told anything any more.
    mutating func forget(_ receiver: ReceiverID) {
        guard let book = telling.books.removeValue(forKey: receiver) else { return }
        var changes = ReceiverBook.Changes()
        for episode in book.entries.keys { changes.entries[episode] = .some(nil) }
        for name in book.threads.keys { changes.threads[name] = .some(nil) }
        telling.changes[receiver, default: ReceiverBook.Changes()].merge(changes)
    }

    /// Takes back what receivers were told; what was neither taken nor waits is told again.
    mutating func takeBack(
        _ books: [ReceiverID: ReceiverBook], waiting: [Notification], at now: Timestamp
    ) {
        let ids = Set(waiting.map(\.id))
        telling.books = books.mapValues { book in
            var book = book
            book.lose(except: ids, at: now - Telling.retellInterval)
            // Whoever keeps them on disk may have to begin anew.
            book.touchAll()
            return book
        }
        for message in waiting { telling.fallbacks.add(message) }
        telling.isDue = true
    }

    /// Takes how messages ended; call it before `evaluate`.
    public mutating func note(_ deliveries: [Delivery]) {
        for delivery in deliveries {
            telling.fallbacks.end(delivery)
            // In place: a copy of a book of thousands for every delivery would hold up the monitor.
            telling.books[delivery.notification.receiver]?.note(delivery)
        }
        for receiver in Set(deliveries.map(\.notification.receiver)) {
            guard let changes = telling.books[receiver]?.takeChanges(), !changes.isEmpty else {
                continue
            }
            telling.changes[receiver, default: ReceiverBook.Changes()].merge(changes)
        }
        // What was given up is told again after a rest.
        if deliveries.contains(where: { $0.failure != nil }) { telling.isDue = true }
    }

    /// What each receiver was told is firing.
    public var books: [ReceiverID: ReceiverBook] { telling.books }

    // MARK: What fires

    /// The alerts that fire, at their own levels, in no order.
    public var firing: [Alert] {
        alerts.values.filter { $0.firingSince != nil } + Array(doubtState.alerts.values)
    }

    /// Everything that fires, by episode, with all that decides who has to know of it.
    func firingAlerts() -> [String: FiringAlert] {
        var firing: [String: FiringAlert] = [:]
        let shared = Set(incidents.incidents.values.lazy.filter(\.isShared).map(\.id))
        for alert in alerts.values where alert.firingSince != nil {
            firing[alert.episode] = firingAlert(
                alert, isShared: alert.incident.map(shared.contains) ?? false)
        }
        for alert in doubtState.alerts.values {
            firing[alert.episode] = FiringAlert(
                alert: alert, labels: Notification.Labels(), service: nil)
        }
        return firing
    }

    /// An alert that fires, with all that decides who has to know of it.
    func firingAlert(_ alert: Alert) -> FiringAlert {
        let incident = alert.incident.flatMap { incidents.incidents[$0] }
        return firingAlert(alert, isShared: incident?.isShared ?? false)
    }

    private func firingAlert(_ alert: Alert, isShared: Bool) -> FiringAlert {
        let service = incidentMap.services[alert.service]
        var one = FiringAlert(
            alert: alert,
            labels: Notification.Labels(
                tier: service?.tier, sector: service?.sector, owner: service?.owner),
            service: service)
        one.silence = silence(of: alert)?.id
        one.isMaintained = actions.maintenance[alert.service] != nil
        guard let id = alert.incident else { return one }
        one.labels.cause = incidents[id]?.root.description
        guard let incident = incidents.incidents[id] else {
            one.isDismissed = true
            return one
        }
        one.alert.level = incident.level(of: alert, isShared: isShared)
        one.isRoot = incident.root == .service(alert.service)
        one.acknowledgement = actions.acknowledgements[id]?.id
        one.isCalamity = incident.isCalamity
        return one
    }
}
