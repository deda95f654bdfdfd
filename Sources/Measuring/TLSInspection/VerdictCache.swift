import HealthModel

/// Remembers the verdict on chains that were found trusted, until something that could change it
/// does.
///
/// A verdict depends on the bytes of the chain, the name, the trusted roots, the revocation
/// lists and the instant. Chain, name, trust store and lists are the key; and between two neighbouring ends of validity on the path the instant does not matter. Only good verdicts are kept: a bad
/// one is looked at afresh every time, so that a repair is never overlooked. Belongs to one
/// thread.
public final class VerdictCache {
    /// Chains kept before all are dropped.
    static let limit = 8192

    struct Key: Hashable {
        var chain: [String]
        var host: String
        /// Which trust store, by its identity.
        var store: UInt64 = 0
        /// Which revocation lists were looked at; empty for none.
        var lists = ""
    }

    private struct Entry {
        var verdict: PathVerdict
        var lastsAfter: Timestamp
        var lastsBefore: Timestamp
    }

    private var entries: [Key: Entry] = [:]

    /// Makes an empty cache.
    public init() {}

    /// The verdict on a chain and name that are known to be trusted at `now`; nil when they have
    /// to be verified.
    func verdict(for key: Key, at now: Timestamp) -> PathVerdict? {
        guard let entry = entries[key], entry.lastsAfter < now, now < entry.lastsBefore else {
            return nil
        }
        return entry.verdict
    }

    /// Keeps the verdict on a chain that was found trusted at `now`.
    ///
    /// `boundaries` are instants besides the ends of validity at which it might change, such as
    /// the next update of a revocation list.
    func store(
        _ verdict: PathVerdict, for key: Key, at now: Timestamp, boundaries: [Timestamp] = []
    ) {
        precondition(verdict.verdict == nil, "only good verdicts are kept")
        let boundaries = verdict.path.flatMap { [$0.notBefore, $0.notAfter] } + boundaries
        guard let before = boundaries.filter({ $0 < now }).max(),
            let after = boundaries.filter({ $0 > now }).min()
        else { return }
        if entries.count >= Self.limit { entries.removeAll(keepingCapacity: true) }
        entries[key] = Entry(verdict: verdict, lastsAfter: before, lastsBefore: after)
    }
}
