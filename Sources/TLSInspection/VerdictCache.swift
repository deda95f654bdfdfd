import HealthModel

/// Remembers the verdict on chains that were found trusted, until something that could change it
/// does.
///
/// A verdict depends on the bytes of the chain, the name, the trusted roots and the instant. The
/// cache belongs to one trust store; chain and name are the key; and between two neighbouring
/// ends of validity on the path the instant does not matter. Only good verdicts are kept: a bad
/// one is looked at afresh every time, so that a repair is never overlooked. Belongs to one
/// thread.
public final class VerdictCache {
    /// Chains kept before all are dropped.
    static let limit = 8192

    struct Key: Hashable {
        var chain: [String]
        var host: String
    }

    private struct Entry {
        var chainBuilt: [Certificate]
        var lastsAfter: Timestamp
        var lastsBefore: Timestamp
    }

    private var entries: [Key: Entry] = [:]

    /// Makes an empty cache.
    public init() {}

    /// The verified path for a chain and name that are known to be trusted at `now`; nil when
    /// they have to be verified.
    func path(for key: Key, at now: Timestamp) -> [Certificate]? {
        guard let entry = entries[key], entry.lastsAfter < now, now < entry.lastsBefore else {
            return nil
        }
        return entry.chainBuilt
    }

    /// Keeps the path of a chain that was found trusted at `now`.
    func store(path: [Certificate], for key: Key, at now: Timestamp) {
        let boundaries = path.flatMap { [$0.notBefore, $0.notAfter] }
        guard let before = boundaries.filter({ $0 < now }).max(),
            let after = boundaries.filter({ $0 > now }).min()
        else { return }
        if entries.count >= Self.limit { entries.removeAll(keepingCapacity: true) }
        entries[key] = Entry(chainBuilt: path, lastsAfter: before, lastsBefore: after)
    }
}
