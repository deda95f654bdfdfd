import Alerting
import HealthModel

/// What an Alertmanager must be told again: it forgets what it is not told, and all of it when it
/// is killed.
struct AlertmanagerMemory: Sendable {
    /// How often it is told again.
    static let interval: Duration = .seconds(60)
    /// How long the end of an alert is repeated; its interface asks for five minutes at least.
    static let resolvedTime: Duration = .seconds(15 * 60)
    /// Alerts in one request.
    static let batch = 64

    private var firing: [AlertKey: Notification] = [:]
    private var resolved: [AlertKey: Notification] = [:]
    private var dueAt: Int64?

    /// When to repeat; nil when there is nothing to repeat.
    var wakeAt: Int64? { firing.isEmpty && resolved.isEmpty ? nil : dueAt }

    /// Notes what it was told.
    mutating func note(_ notification: Notification, at now: Int64) {
        let key = notification.alert.key
        if notification.alert.state == .resolved {
            firing[key] = nil
            resolved[key] = notification
        } else {
            resolved[key] = nil
            firing[key] = notification
        }
        if dueAt == nil { dueAt = now + Self.interval.nanoseconds }
    }

    /// Everything to be told again, in order, in batches; empty when it is not time yet.
    mutating func due(at now: Int64, date: Timestamp) -> [[Notification]] {
        guard let dueAt, now >= dueAt else { return [] }
        self.dueAt = now + Self.interval.nanoseconds
        resolved = resolved.filter { date - $0.value.at < Self.resolvedTime }
        let all = (Array(firing.values) + resolved.values).sorted { $0.alert.key < $1.alert.key }
        return stride(from: 0, to: all.count, by: Self.batch).map {
            Array(all[$0..<min($0 + Self.batch, all.count)])
        }
    }

    /// Tells everything again at once, since the receiver has another address now.
    mutating func hurry() { if dueAt != nil { dueAt = .min } }
}
