public import Alerting
public import HealthModel
import Incidents
public import Routing
import Rules

/// Checks what receivers are told against what fires, with none of the code that decides it.
///
/// The contract: *named within 60 s; ended with the same labels within 60 s; no message about what
/// does not fire; never a level above what fires; nothing told twice, and nothing
/// that an operator keeps back*. What fires at which level is
/// read from the monitor; who wants to know is worked out here anew, the slow way.
public struct TellingContract: Sendable {
    /// Breaches kept in words; all are counted.
    public static let breachesMax = 20
    /// How long anything may take to be told, and one look at the rules.
    static let promptly: Duration = .seconds(60 + YearPlay.tick)

    /// What somebody keeps who gets the messages of one receiver.
    private struct Mailbox: Sendable {
        /// What is open, by episode, as it was told.
        var open: [String: Notification.Item] = [:]
        /// Since when each alert that should be known is not, and that should not be is.
        var unnamedSince: [String: Timestamp] = [:]
        var unendedSince: [String: Timestamp] = [:]
        /// What was told and lost on the way; it is told again after a rest.
        var lost: Set<String> = []
    }

    private var receivers: [Receiver]
    private var rules: RuleSet
    private var services: [ServiceID: Service]
    private var mailboxes: [ReceiverID: Mailbox] = [:]
    /// What was wrong, in words; the first stay.
    public private(set) var breaches: [String] = []
    /// How often something was wrong.
    public private(set) var breachCount = 0

    /// Makes a check of nothing.
    public init(catalogue: ServiceCatalogue, rules: RuleSet) {
        receivers = rules.receivers
        self.rules = rules
        services = Dictionary(uniqueKeysWithValues: catalogue.services.map { ($0.id, $0) })
    }

    /// Whether nobody waits for an end.
    public var isAtEase: Bool { mailboxes.values.allSatisfy(\.open.isEmpty) }

    /// Takes another catalogue and other rules, which were put in force now.
    public mutating func replace(catalogue: ServiceCatalogue, rules: RuleSet) {
        receivers = rules.receivers
        self.rules = rules
        services = Dictionary(uniqueKeysWithValues: catalogue.services.map { ($0.id, $0) })
        let stays = Set(receivers.map(\.id))
        mailboxes = mailboxes.filter { stays.contains($0.key) || !$0.value.open.isEmpty }
    }

    /// Follows a clock that was set.
    public mutating func shift(by jump: Duration) {
        mailboxes = mailboxes.mapValues { box in
            var box = box
            box.unnamedSince = box.unnamedSince.mapValues { $0 + jump }
            box.unendedSince = box.unendedSince.mapValues { $0 + jump }
            return box
        }
    }

    /// Looks at one instant.
    ///
    /// - Parameters:
    ///   - now: The present.
    ///   - monitor: As it is after it was asked what to tell.
    ///   - messages: What it told since the last look.
    ///   - quiet: The alerts that a silence, maintenance or an operator keeps back, by key.
    public mutating func look(
        at now: Timestamp, _ monitor: HealthMonitor, told messages: [Notification],
        quiet: Set<AlertKey> = []
    ) {
        var firing: [String: (alert: Alert, level: Level)] = [:]
        for alert in monitor.firing { firing[alert.episode] = (alert, level(of: alert, monitor)) }
        for message in messages {
            take(message, firing, at: now)
            let told = message.occasion == .reminder ? [message.items[0]] : message.news
            for item in told where !item.part.isEnd && quiet.contains(item.alert.key) {
                breach("\(message.id): \(item.alert.episode) is kept back and told")
            }
        }
        for receiver in receivers {
            var box = mailboxes[receiver.id] ?? Mailbox()
            for (episode, one) in firing
            where wants(receiver, one.alert, one.level, at: now)
                && !quiet.contains(one.alert.key) && !box.lost.contains(episode)
            {
                if box.open[episode]?.alert.level == one.level {
                    box.unnamedSince[episode] = nil
                } else if now - (box.unnamedSince[episode] ?? now) > Self.promptly {
                    breach("\(receiver.id) does not know \(episode) at \(now.rfc3339)")
                    box.unnamedSince[episode] = now
                } else {
                    box.unnamedSince[episode] = box.unnamedSince[episode] ?? now
                }
            }
            box.unnamedSince = box.unnamedSince.filter { episode, _ in
                firing[episode].map { !quiet.contains($0.alert.key) } ?? false
            }
            for (episode, item) in box.open {
                let isRight =
                    firing[episode].map {
                        $0.level >= item.alert.level && $0.alert.service == item.alert.service
                    } ?? false
                if isRight {
                    box.unendedSince[episode] = nil
                } else if now - (box.unendedSince[episode] ?? now) > Self.promptly {
                    breach("\(receiver.id) still believes \(episode) at \(now.rfc3339)")
                    box.unendedSince[episode] = now
                } else {
                    box.unendedSince[episode] = box.unendedSince[episode] ?? now
                }
            }
            box.unendedSince = box.unendedSince.filter { box.open[$0.key] != nil }
            mailboxes[receiver.id] = box
        }
    }

    private mutating func take(
        _ message: Notification, _ firing: [String: (alert: Alert, level: Level)],
        at now: Timestamp
    ) {
        var box = mailboxes[message.receiver] ?? Mailbox()
        // Ends first: what is told anew under another level ends under the old one.
        for item in message.items where item.part.isEnd {
            let episode = item.alert.episode
            guard let open = box.open.removeValue(forKey: episode) else {
                if box.lost.contains(episode) { continue }
                breach("\(message.id): the end of \(episode), of which nothing was told")
                continue
            }
            if fingerprint(open, message.receiver) != fingerprint(item, message.receiver) {
                breach("\(message.id): \(episode) ends under other labels")
            }
            if item.part == .over, firing[episode] != nil, !isDismissed(item) {
                breach("\(message.id): \(episode) is told as over and fires")
            }
        }
        for item in message.items where !item.part.isEnd {
            let episode = item.alert.episode
            guard let one = firing[episode] else {
                breach("\(message.id): \(episode) does not fire")
                continue
            }
            if item.alert.level > one.level {
                breach("\(message.id): \(episode) is told as \(item.alert.level)")
            }
            if item.part == .begun {
                if let open = box.open[episode],
                    fingerprint(open, message.receiver) == fingerprint(item, message.receiver)
                {
                    breach("\(message.id): \(episode) is told twice")
                }
                box.open[episode] = item
                box.lost.remove(episode)
            } else if box.open[episode] == nil {
                breach("\(message.id): \(episode) goes on and was never told")
            }
        }
        mailboxes[message.receiver] = box
    }

    private var dismissed: Set<IncidentID> = []

    /// Notes that a receiver never got a message.
    public mutating func noteLoss(of message: Notification) {
        for item in message.items
        where item.part == .begun
            && mailboxes[message.receiver]?.open[item.alert.episode] == item
        {
            mailboxes[message.receiver]?.open[item.alert.episode] = nil
            mailboxes[message.receiver]?.lost.insert(item.alert.episode)
        }
    }

    /// Notes that an operator ended an incident by force.
    public mutating func noteDismissal(of incident: IncidentID) { dismissed.insert(incident) }

    private func isDismissed(_ item: Notification.Item) -> Bool {
        item.alert.incident.map { dismissed.contains($0) } ?? false
    }

    /// What a consumer knows an alert by.
    private func fingerprint(_ item: Notification.Item, _ receiver: ReceiverID) -> [String] {
        [
            item.alert.key.rule.text, item.alert.key.subject.description,
            item.alert.service.text, item.alert.level.rawValue,
        ]
    }

    // MARK: Who wants what, the slow way

    private func level(of alert: Alert, _ monitor: HealthMonitor) -> Level {
        guard let id = alert.incident, let incident = monitor.incidents[id], incident.isOpen
        else { return alert.level }
        switch incident.root {
        case .service(let root):
            let recurs = root == alert.service && incident.occurrence >= 3
            return recurs && alert.level < .critical ? .critical : alert.level
        default:
            let failing = Set(
                incident.members.filter { $0.endedAt == nil }.map(\.alert.service))
            return failing.count >= 2 ? .page : alert.level
        }
    }

    private func wants(
        _ receiver: Receiver, _ alert: Alert, _ level: Level, at now: Timestamp
    ) -> Bool {
        let isMachine = if case .alertmanager = receiver.kind { true } else { false }
        guard let service = services[alert.service] else {
            let isItself = alert.key.subject == .receiver(receiver.id)
            return receiver.about != .escalation && level >= receiver.level && !isItself
        }
        if let id = alert.incident, dismissed.contains(id), !isMachine { return false }
        let isOpen =
            level >= receiver.levelOutsideHours || receiver.hours?.contains(now) ?? true
        guard isOpen else { return false }
        let named = rules.rules.first { $0.id == alert.key.rule }?.receivers ?? []
        if !named.isEmpty { return named.contains(receiver.id) }
        return receiver.about == .everything && level >= receiver.level
            && (receiver.tiers.isEmpty || receiver.tiers.contains(service.tier))
            && (receiver.sectors.isEmpty || receiver.sectors.contains(service.sector))
            && (receiver.owners.isEmpty || receiver.owners.contains(service.owner))
            && (receiver.services.isEmpty || receiver.services.contains(service.id))
    }

    private mutating func breach(_ words: String) {
        breachCount += 1
        if breaches.count < Self.breachesMax { breaches.append(words) }
    }
}
