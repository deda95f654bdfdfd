import HealthModel
import Scheduling

/// Decides when each revocation list is fetched: pure, by the addresses that certificates name.
///
/// A list is asked for again every 6 to 12 hours, spread by its address, or soon after its next
/// update if that is earlier; after a failure more and more rarely. Lists that no certificate has
/// named for two days are forgotten.
struct RevocationSchedule {
    /// Addresses known at once; further ones are left out, so that their certificates stay
    /// `unavailable`.
    static let addressesMax = 4_000
    /// Fetches at the same time: lists are in no hurry.
    static let fetchesMax = 4
    /// The shortest and longest time between two fetches of a list.
    static let refresh = (
        shortest: Duration.seconds(6 * 3600), longest: Duration.seconds(12 * 3600)
    )
    /// A list that has run out is asked for again so soon at most.
    static let overdueRefresh = Duration.seconds(600)
    /// The first and the longest wait after a failure; each doubles the one before.
    static let retry = (first: Duration.seconds(300), longest: Duration.seconds(6 * 3600))
    /// How long a list is kept that nobody names.
    static let unwantedAfter = Duration.seconds(2 * 86_400)

    private struct Entry {
        var nextFetch: Timestamp
        var wantedAt: Timestamp
        var failures = 0
        var isInFlight = false
    }

    private var entries: [String: Entry] = [:]

    /// Addresses known.
    var count: Int { entries.count }
    /// Fetches in flight.
    private(set) var inFlight = 0

    /// Notes that a certificate names a list; a new one is due at once.
    mutating func want(_ address: String, at now: Timestamp) {
        if entries[address] != nil {
            entries[address]?.wantedAt = now
        } else if entries.count < Self.addressesMax {
            entries[address] = Entry(nextFetch: now, wantedAt: now)
        }
    }

    /// The fetches to start now, the longest due first; they count as in flight.
    mutating func due(at now: Timestamp) -> [String] {
        let room = Self.fetchesMax - inFlight
        guard room > 0 else { return [] }
        let ready = entries.filter { !$0.value.isInFlight && $0.value.nextFetch <= now }
            .sorted { ($0.value.nextFetch, $0.key) < ($1.value.nextFetch, $1.key) }
            .prefix(room).map(\.key)
        for address in ready { entries[address]?.isInFlight = true }
        inFlight += ready.count
        return ready
    }

    /// Notes a list that was fetched; `nextUpdate` is until when it holds, nil when it does not say.
    mutating func fetched(_ address: String, nextUpdate: Timestamp?, at now: Timestamp) {
        guard end(address) else { return }
        let spread = Self.refresh.longest - Self.refresh.shortest
        let share = Int64(stableHash(address) % 1024)
        var wait = Self.refresh.shortest + .nanoseconds(spread.nanoseconds / 1024 * share)
        if let nextUpdate { wait = min(wait, max(Self.overdueRefresh, nextUpdate - now)) }
        entries[address]?.failures = 0
        entries[address]?.nextFetch = now + wait
    }

    /// Notes a fetch that brought nothing.
    mutating func failed(_ address: String, at now: Timestamp) {
        guard end(address), let failures = entries[address]?.failures else { return }
        // Ten doublings are more than the longest wait.
        let wait = min(Self.retry.longest, Self.retry.first * (1 << min(failures, 10)))
        entries[address]?.failures = failures + 1
        entries[address]?.nextFetch = now + wait
    }

    /// Forgets the lists that nobody has named for long, and names them.
    mutating func forget(at now: Timestamp) -> [String] {
        let unwanted = entries.filter {
            !$0.value.isInFlight && $0.value.wantedAt + Self.unwantedAfter <= now
        }.map(\.key)
        for address in unwanted { entries[address] = nil }
        return unwanted
    }

    /// The next instant at which something is due; nil while as many are in flight as may be, or
    /// nothing is known.
    var nextInstant: Timestamp? {
        guard inFlight < Self.fetchesMax else { return nil }
        return entries.values.filter { !$0.isInFlight }.map(\.nextFetch).min()
    }

    private mutating func end(_ address: String) -> Bool {
        guard entries[address]?.isInFlight == true else { return false }
        entries[address]?.isInFlight = false
        inFlight -= 1
        return true
    }
}
