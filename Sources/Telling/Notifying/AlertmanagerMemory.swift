import HealthModel
import Routing

/// What an Alertmanager must be told again: it forgets what it is not told, and all of it when it
/// is killed.
///
/// It knows an alert by its labels, and so does this. What is refused is told again ever more rarely,
/// by itself, so that it holds up nothing else.
struct AlertmanagerMemory: Sendable {
    /// How often it is told again.
    static let interval: Duration = .seconds(60)
    /// The longest time that what it refuses is left alone.
    static let longestRest: Duration = .seconds(3600)
    /// How long the end of an alert is repeated; its interface asks for five minutes at least.
    static let resolvedTime: Duration = .seconds(15 * 60)
    /// Alerts in one request.
    static let batch = 64

    /// An alert as it was told, and when it began or ended.
    struct Told: Sendable, Hashable {
        var item: Notification.Item
        var at: Timestamp
    }

    private struct Entry {
        var told: Told
        var refusals = 0
        var notBefore = Int64.min
    }

    private var entries: [[String: String]: Entry] = [:]
    private var dueAt: Int64?

    /// When to repeat; nil when there is nothing to repeat.
    var wakeAt: Int64? { entries.isEmpty ? nil : dueAt }

    /// Notes what it was told.
    mutating func note(_ told: [Told], at now: Int64) {
        for one in told {
            entries[Payload.alertmanagerLabels(of: one.item)] = Entry(told: one)
        }
        if dueAt == nil { dueAt = now + Self.interval.nanoseconds }
    }

    /// Everything to be told again, in order, in batches; empty when it is not time yet.
    ///
    /// What was refused is alone in its batch.
    mutating func due(at now: Int64, date: Timestamp) -> [[Told]] {
        guard let dueAt, now >= dueAt else { return [] }
        self.dueAt = now + Self.interval.nanoseconds
        entries = entries.filter { _, entry in
            !entry.told.item.part.isEnd || date - entry.told.at < Self.resolvedTime
        }
        let all = entries.values.filter { $0.notBefore <= now }
            .sorted { $0.told.item.alert.key < $1.told.item.alert.key }
        let good = all.filter { $0.refusals == 0 }.map(\.told)
        return stride(from: 0, to: good.count, by: Self.batch).map {
            Array(good[$0..<min($0 + Self.batch, good.count)])
        } + all.filter { $0.refusals > 0 }.map { [$0.told] }
    }

    /// Takes that a batch was taken, or refused.
    mutating func finish(_ batch: [Told], isRefused: Bool, at now: Int64) {
        for one in batch {
            let labels = Payload.alertmanagerLabels(of: one.item)
            guard entries[labels]?.told == one, var entry = entries[labels] else { continue }
            entry.refusals = isRefused ? entry.refusals + 1 : 0
            let rest = Self.interval * (1 << min(max(0, entry.refusals - 1), 16))
            // A batch of several says nothing of each: next time they are told one by one.
            let isKnown = isRefused && batch.count == 1
            entry.notBefore = isKnown ? now + min(rest, Self.longestRest).nanoseconds : .min
            entries[labels] = entry
        }
        if isRefused, batch.count > 1 { dueAt = min(dueAt ?? now, now) }
    }

    /// Tells everything again at once, since the receiver has another address or clock now.
    mutating func hurry() { if dueAt != nil { dueAt = .min } }
}
