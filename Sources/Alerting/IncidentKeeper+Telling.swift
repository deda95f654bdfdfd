import HealthModel

/// Who hears of incidents, and in which words.
struct IncidentAudience {
    /// The receivers who are called once per incident; machines hear of each alert by itself.
    var people: [Receiver]
    /// Who is told of an alert because its rule says so; empty leaves it to what they ask for.
    var named: (Alert) -> [ReceiverID]
    /// Whether people may be told of this alert now (not silenced, not under maintenance).
    var mayTell: (Alert) -> Bool
    /// Whether a receiver may be told of this level now (quiet hours).
    var isOpen: (Receiver, Level) -> Bool
    /// What is said of an incident beside the summary of the alert that leads it; perhaps nothing.
    var words: (Incident) -> LocalizedText
    /// The service of an alert; nil when it is gone.
    var service: (ServiceID) -> Service?
}

extension IncidentKeeper {
    /// Decides what people have to be told of incidents that changed.
    ///
    /// - Returns: For each receiver at most one notification per incident, unless the level rises,
    ///   another cause is found, or the incident grows to twice its size or into a calamity.
    mutating func settle(_ audience: IncidentAudience, at now: Timestamp) -> [RoutedTransition] {
        var routed: [RoutedTransition] = []
        for var incident in due(at: now) {
            let isCalamity = incident.isCalamityDue(at: now)
            raise(&incident)
            let led = lead(&incident, audience, at: now)
            routed += led
            var isSettled = true
            if isCalamity {
                // A lasting early sign is none, but is not looked at for ever either.
                incident.isCalamity = true
                if incident.level >= .critical {
                    incident.note(.calamity, "open for four hours", at: now)
                    routed += update(&incident, audience, at: now)
                }
            } else if led.isEmpty, incident.hasNews {
                let isRooted = incident.isRootNews
                if isRooted || now - (incident.toldAt ?? now) >= Self.updateInterval {
                    routed += update(&incident, audience, at: now)
                } else {
                    isSettled = false
                }
            } else if led.isEmpty {
                routed += nudge(&incident, audience, at: now)
            }
            finish(incident, isSettled: isSettled)
        }
        return routed
    }

    /// Makes what several services share a page, whatever each of them is, and what one service
    /// has for the third time within a week urgent.
    private func raise(_ incident: inout Incident) {
        if case .service = incident.root {
            if incident.occurrence >= Self.recurrenceMin {
                incident.level = max(incident.level, .critical)
            }
        } else if incident.failingServices.count >= IncidentCause.platformMin {
            incident.level = .page
        }
    }

    /// Tells whoever has not heard of the incident at the level of an alert, the most urgent first.
    private func lead(
        _ incident: inout Incident, _ audience: IncidentAudience, at now: Timestamp
    ) -> [RoutedTransition] {
        var routed: [RoutedTransition] = []
        let order = incident.members.indices.filter { incident.members[$0].endedAt == nil }
            .sorted { left, right in
                let (first, second) = (incident.members[left], incident.members[right])
                return first.alert.level == second.alert.level
                    ? left < right : first.alert.level > second.alert.level
            }
        for position in order {
            let alert = incident.members[position].alert
            guard audience.mayTell(alert), let service = audience.service(alert.service) else {
                continue
            }
            // A wider cause makes each of its services as urgent as the whole; one service that is
            // the root does not make those behind it so.
            let isRoot = incident.root == .service(alert.service) || !incident.root.isOneService
            let level = isRoot ? max(alert.level, incident.level) : alert.level
            let named = audience.named(alert)
            let news = audience.people.filter { receiver in
                (named.isEmpty
                    ? receiver.wants(level, about: service) : named.contains(receiver.id))
                    && audience.isOpen(receiver, level)
                    && (incident.told[receiver.id].map { $0 < level } ?? true)
            }
            guard !news.isEmpty else { continue }
            // Whoever hears of the incident for the first time hears of a beginning, whatever
            // others know of it.
            let isKnown = incident.members[position].isLead
            let informed = news.filter { isKnown && incident.told[$0.id] != nil }.map(\.id)
            let others = news.map(\.id).filter { !informed.contains($0) }
            for receiver in news { incident.told[receiver.id] = level }
            if !others.isEmpty {
                routed.append(
                    tell(&incident, position, level, others, isUpdate: false, audience, at: now))
            }
            if !informed.isEmpty {
                incident.updates += 1
                routed.append(
                    tell(&incident, position, level, informed, isUpdate: true, audience, at: now))
            }
        }
        return routed
    }

    /// Tells those who know that the incident has another cause, or has grown.
    private func update(
        _ incident: inout Incident, _ audience: IncidentAudience, at now: Timestamp
    ) -> [RoutedTransition] {
        let firing = incident.members.indices.filter { incident.members[$0].endedAt == nil }
        guard
            let position = firing.first(where: { incident.members[$0].isLead }) ?? firing.first,
            audience.mayTell(incident.members[position].alert)
        else { return [] }
        incident.updates += 1
        let closed = Set(
            audience.people.filter { receiver in
                incident.told[receiver.id].map { !audience.isOpen(receiver, $0) } ?? false
            }.map(\.id))
        let levels = Set(incident.told.values).sorted(by: >)
        return levels.compactMap { level in
            let receivers = incident.told.filter { $0.value == level && !closed.contains($0.key) }
                .keys.sorted()
            guard !receivers.isEmpty else { return nil }
            return tell(
                &incident, position, level, receivers, isUpdate: true, audience, at: now)
        }
    }

    /// Reminds people of what nobody has acknowledged, and tells others when that does not help.
    private func nudge(
        _ incident: inout Incident, _ audience: IncidentAudience, at now: Timestamp
    ) -> [RoutedTransition] {
        let due = incident.nudges(policy, at: now)
        guard !due.isEmpty, !acknowledged.contains(incident.id) else { return [] }
        let firing = incident.members.indices.filter { incident.members[$0].endedAt == nil }
        guard let position = firing.first(where: { incident.members[$0].isLead }) ?? firing.first,
            audience.mayTell(incident.members[position].alert)
        else { return [] }
        var routed: [RoutedTransition] = []
        for nudge in due {
            guard let receiver = audience.people.first(where: { $0.id == nudge.receiver }),
                audience.isOpen(receiver, nudge.level)
            else { continue }
            incident.updates += 1
            if nudge.occasion == .escalation {
                incident.told[receiver.id] = nudge.level
                incident.note(.escalated, receiver.id.text, at: now)
            }
            routed.append(
                tell(
                    &incident, position, nudge.level, [receiver.id], isUpdate: true,
                    occasion: nudge.occasion, audience, at: now))
        }
        return routed
    }

    private func tell(
        _ incident: inout Incident, _ position: Int, _ level: Level, _ receivers: [ReceiverID],
        isUpdate: Bool, occasion: Notification.Occasion = .update, _ audience: IncidentAudience,
        at now: Timestamp
    ) -> RoutedTransition {
        incident.members[position].isLead = true
        incident.toldAt = now
        incident.firstToldAt = incident.firstToldAt ?? now
        incident.toldServices = incident.services.count
        incident.toldRoot = incident.root
        var alert = incident.members[position].alert
        alert.level = level
        let words = audience.words(incident)
        if !words.english.isEmpty {
            alert.summary = LocalizedText(
                dutch: alert.summary.dutch + " " + words.dutch,
                english: alert.summary.english + " " + words.english)
        }
        return RoutedTransition(
            transition: AlertTransition(at: now, alert: alert), receivers: receivers,
            part: isUpdate ? incident.updates : 0, occasion: isUpdate ? occasion : .change)
    }
}
