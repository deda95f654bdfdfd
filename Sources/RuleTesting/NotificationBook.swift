public import Alerting
import HealthModel

/// Who is told what of which alert: the decisions of the ledger, without a disk.
///
/// Nobody is told the beginning of an episode twice, and the end goes to those who were told.
public struct NotificationBook: Sendable {
    private struct Told: Sendable {
        var receiver: ReceiverID
        var level: Level
    }

    /// Who was told of each episode that goes on.
    private var told: [String: [Told]] = [:]

    /// Makes a book in which nobody was told anything.
    public init() {}

    /// What receivers are told of a transition, in the order in which they are named.
    public mutating func address(_ routed: RoutedTransition) -> [Notification] {
        let alert = routed.transition.alert
        let known = told[alert.episode] ?? []
        let news: [Told]
        if alert.state == .resolved {
            news = known.filter { !routed.held.contains($0.receiver) }
            let held = known.filter { routed.held.contains($0.receiver) }
            told[alert.episode] = held.isEmpty ? nil : held
        } else {
            let named = routed.receivers.map { Told(receiver: $0, level: alert.level) }
            let new = named.filter { one in !known.contains { $0.receiver == one.receiver } }
            // An update goes to all who are named: its level may have risen, so that others hear now.
            news = routed.part > 0 ? named : new
            if !new.isEmpty { told[alert.episode] = known + new }
        }
        return news.map { one in
            var alert = alert
            alert.level = one.level
            return Notification(
                receiver: one.receiver, at: routed.transition.at, alert: alert, part: routed.part,
                occasion: routed.occasion)
        }
    }
}
