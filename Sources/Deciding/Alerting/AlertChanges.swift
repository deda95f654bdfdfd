public import HealthModel
public import Incidents
public import Observing
public import Routing
import Rules

/// An alert with what a restart must not forget of it.
public struct RememberedAlert: Sendable, Hashable {
    /// The alert, pending or firing.
    public var alert: Alert
    /// Since when it outlives its condition; nil when the condition holds.
    public var keepFiringSince: Timestamp?

    /// Makes a remembered alert.
    public init(alert: Alert, keepFiringSince: Timestamp?) {
        self.alert = alert
        self.keepFiringSince = keepFiringSince
    }
}

/// What became of alerts since the last look, for whoever keeps them on disk.
public struct AlertChanges: Sendable, Hashable {
    /// Whether alerts that are not named here are over.
    public var isComplete = false
    /// Alerts that began or changed.
    public var active: [AlertKey: RememberedAlert] = [:]
    /// Alerts that are over; not of any use when the changes are complete.
    public var ended: Set<AlertKey> = []
    /// What receivers are told, in order.
    public var notifications: [Notification] = []
    /// What changed in the books of what each receiver was told.
    public var books: [ReceiverID: ReceiverBook.Changes] = [:]
    /// How services did until now; empty unless it is time to write that down.
    public var objectives: [ServiceID: ObjectiveClock] = [:]
    /// Incidents that began, changed or ended, as they are now.
    public var incidents: [IncidentID: Incident] = [:]
    /// What operators did that began, changed or ended, as it is now.
    public var actions: [ActionID: OperatorAction] = [:]
    /// What servers did as they should for the first time, or for the first time in a day.
    public var passes: [BaselinePass.Key: BaselinePass] = [:]
    /// Notifications lost because more than `Limits.waitingTransitions` waited.
    public var lostNotifications = 0

    /// Makes changes of nothing.
    public init() {}

    /// Whether there is nothing to keep.
    public var isEmpty: Bool {
        !isComplete && active.isEmpty && ended.isEmpty && notifications.isEmpty
            && books.isEmpty && incidents.isEmpty && objectives.isEmpty && actions.isEmpty
            && passes.isEmpty
    }

    /// How many alerts are named.
    public var count: Int { active.count + ended.count }

    /// Adds later changes; of notifications the oldest are lost when too many wait.
    public mutating func merge(_ later: AlertChanges) {
        incidents.merge(later.incidents) { $1 }
        actions.merge(later.actions) { $1 }
        objectives.merge(later.objectives) { $1 }
        passes.merge(later.passes) { $1 }
        for (receiver, changes) in later.books {
            books[receiver, default: ReceiverBook.Changes()].merge(changes)
        }
        notifications += later.notifications
        lostNotifications += later.lostNotifications
        let excess = notifications.count - Limits.waitingTransitions
        if excess > 0 {
            notifications.removeFirst(excess)
            lostNotifications += excess
        }
        guard !later.isComplete else {
            isComplete = true
            (active, ended) = (later.active, later.ended)
            return
        }
        for key in later.ended {
            active[key] = nil
            ended.insert(key)
        }
        for (key, alert) in later.active {
            active[key] = alert
            ended.remove(key)
        }
    }
}

extension HealthMonitor {
    /// What became of alerts since the last call.
    public mutating func takeAlertChanges() -> AlertChanges {
        var changes = AlertChanges()
        changes.isComplete = areAllAlertsChanged
        let indices = areAllAlertsChanged ? Set(alerts.keys) : changedAlerts
        for index in indices {
            guard let alert = alerts[index] else {
                changes.ended.insert(key(of: bindings[index]))
                continue
            }
            changes.active[alert.key] = RememberedAlert(
                alert: alert, keepFiringSince: machines[index].keepFiringSince)
        }
        addDoubt(to: &changes)
        changedAlerts.removeAll(keepingCapacity: true)
        areAllAlertsChanged = false
        changes.incidents = Dictionary(
            uniqueKeysWithValues: incidents.takeChanged().map { ($0.id, $0) })
        changes.actions = Dictionary(
            uniqueKeysWithValues: actions.takeChanged().map { ($0.id, $0) })
        changes.passes = changedPasses
        changedPasses = [:]
        for (receiver, var book) in telling.books {
            let own = book.takeChanges()
            guard !own.isEmpty else { continue }
            telling.changes[receiver, default: ReceiverBook.Changes()].merge(own)
            telling.books[receiver] = book
        }
        changes.books = telling.changes
        telling.changes = [:]
        changes.notifications = telling.messages
        telling.messages = []
        return changes
    }

    /// Takes the alerts of an earlier run back, before the first evaluation.
    ///
    /// A firing alert goes on firing until its subject is measured: people were told, and are told
    /// once more only when it is over. A pending one goes on when the monitor was away for less
    /// than `AlertMachine.blindPendingMax`.
    ///
    /// - Parameters:
    ///   - remembered: What the earlier run left.
    ///   - earlier: Its incidents: open ones, those of the last week, and the last of all.
    ///   - operations: What operators had done: what is not over, and the last of each kind.
    ///   - books: What receivers had been told.
    ///   - waiting: What they had still to be told.
    ///   - passes: What servers did as they should.
    ///   - lastSeen: When it was last alive.
    ///   - now: The present.
    /// - Returns: The end of alerts that are not taken back, because their rule or subject is gone
    ///   or because they were pending too long ago.
    public mutating func restore(
        _ remembered: [RememberedAlert], incidents earlier: [Incident] = [],
        actions operations: [OperatorAction] = [], books: [ReceiverID: ReceiverBook] = [:],
        waiting: [Notification] = [], passes: [BaselinePass] = [], lastSeen: Timestamp,
        at now: Timestamp
    ) -> [AlertTransition] {
        recall(passes, at: now)
        actions.restore(operations, at: now)
        let firing = remembered.filter { $0.alert.firingSince != nil }.map(\.alert.episode)
        incidents.restore(earlier, active: Set(firing), at: now)
        takeBack(books, waiting: waiting, at: now)
        var kept: [AlertKey: (machine: AlertMachine, alert: Alert?)] = [:]
        var ended: [AlertTransition] = []
        // Time cannot go back: the clock was set while the monitor was away.
        if lastSeen - now > ClockDoubt.jumpMin { doubtState.clock.noteStep(now - lastSeen) }
        let isLongAgo = now - lastSeen >= AlertMachine.blindPendingMax
        for one in remembered {
            if resumeDoubt(one.alert, at: now) { continue }
            guard !(isLongAgo && one.alert.firingSince == nil) else {
                var alert = one.alert
                alert.state = .resolved
                ended.append(AlertTransition(at: now, alert: alert))
                continue
            }
            let machine = AlertMachine(
                activeSince: one.alert.activeSince, firingSince: one.alert.firingSince,
                keepFiringSince: one.keepFiringSince)
            var alert = one.alert
            // An incident that was lost with a damaged file cannot speak for its alerts.
            if let id = alert.incident, incidents[id] == nil { alert.incident = nil }
            kept[alert.key] = (machine, alert)
        }
        areAllAlertsChanged = true
        turnActions(at: now)
        ended.sort { $0.alert.key < $1.alert.key }
        ended += adopt(kept, at: now)
        end(ended, at: now)
        let watched = Set(rules.receivers.map(\.id))
        for receiver in books.keys where !watched.contains(receiver) { forget(receiver) }
        return ended
    }
}
