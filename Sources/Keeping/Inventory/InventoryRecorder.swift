import GRDB
public import HealthModel
public import SQLiteSupport

/// Keeps what was seen, in memory and in the file: each chain once, each sighting once.
///
/// A value for one owner; `write` may block for the disk. A disk that refuses stops nobody: new
/// sightings wait in memory, up to a limit, and are written when the disk takes them again.
public struct InventoryRecorder: Sendable {
    /// What the recorder counts about itself.
    public struct Counters: Sendable, Hashable {
        /// New sightings written.
        public var written = 0
        /// Failed attempts to write.
        public var errors = 0
        /// New sightings that wait for the disk.
        public var waiting = 0
        /// New sightings lost because too many waited.
        public var dropped = 0

        /// Makes counters that start at zero.
        public init() {}
    }

    /// Sightings kept per endpoint; of more the one not seen for longest is forgotten.
    ///
    /// A server that shows another certificate at every probe costs at most 26 MB.
    public static let sightingsPerEndpoint = 256
    /// New sightings that wait for the disk.
    static let waitingMax = 10_000
    /// Bytes of DER in them.
    static let waitingBytesMax = 64 * 1024 * 1024
    /// How often the last instant of unchanged sightings is written.
    static let refreshInterval: Duration = .seconds(60)
    /// How long a failed write is left alone.
    static let retryInterval: Duration = .seconds(10)

    /// What has been written and lost so far.
    public private(set) var counters = Counters()

    struct Key: Sendable, Hashable {
        var host: String
        var address: String
        var fingerprints: [String]
        var verdict: String
        var store: String
    }

    struct Sighting: Sendable {
        var row: Int64?
        var firstSeen: Timestamp
        var lastSeen: Timestamp
        var isDirty = false
    }

    private struct Waiting: Sendable {
        var key: Key
        var observation: CertificateObservation
    }

    private let path: String
    private var lock: InventoryLock?
    private var database: DatabaseQueue?
    private var known: [EndpointID: [Key: Sighting]] = [:]
    private var waiting: [Waiting] = []
    private var waitingBytes = 0
    private var refreshedAt: Timestamp?
    private var failedAt: Timestamp?
    private var isFailing = false

    /// Takes the lock of the inventory in a data directory; the file is opened by the first write.
    ///
    /// - Throws: `OpenError` when another process writes to it.
    public init(dataDirectory: String) throws(InventoryFile.OpenError) {
        path = InventoryFile.path(in: dataDirectory)
        lock = try InventoryLock(path: path)
    }

    /// Takes observations, in memory only.
    public mutating func note(_ observations: [CertificateObservation]) {
        for observation in observations { note(observation) }
        while waiting.count > Self.waitingMax || waitingBytes > Self.waitingBytesMax {
            let oldest = waiting.removeFirst()
            waitingBytes -= oldest.observation.bytes
            known[oldest.observation.endpoint]?[oldest.key] = nil
            counters.dropped += 1
        }
        counters.waiting = waiting.count
    }

    private mutating func note(_ observation: CertificateObservation) {
        let key = Key(
            host: observation.host, address: observation.address,
            fingerprints: observation.chain.map(\.fingerprintSHA256),
            verdict: observation.verdict?.rawValue ?? InventoryRow.trusted,
            store: observation.store)
        if known[observation.endpoint]?[key] != nil {
            known[observation.endpoint]?[key]?.lastSeen = observation.at
            known[observation.endpoint]?[key]?.isDirty = true
            return
        }
        known[observation.endpoint, default: [:]][key] = Sighting(
            firstSeen: observation.at, lastSeen: observation.at)
        waiting.append(Waiting(key: key, observation: observation))
        waitingBytes += observation.bytes
    }

    /// Writes what is new, and once a minute what was seen again.
    ///
    /// - Parameters:
    ///   - now: the present.
    ///   - isLast: whether to write everything now, since the process ends.
    /// - Returns: what a person should hear.
    public mutating func write(at now: Timestamp, isLast: Bool = false) -> [SQLiteFile.Notice] {
        if let failedAt, !isLast, abs(now - failedAt) < Self.retryInterval { return [] }
        var notices: [SQLiteFile.Notice] = []
        do {
            try openIfNeeded()
            try writeAll(isRefreshDue: isLast || isRefreshDue(at: now), at: now)
            failedAt = nil
            if isFailing { notices.append(.recovered) }
            isFailing = false
        } catch {
            counters.errors += 1
            failedAt = now
            if SQLiteFile.isDamage(error) {
                notices.append(setAside())
                failedAt = nil
            } else if !isFailing {
                notices.append(.failing(SQLiteFile.words(error)))
                isFailing = true
            }
        }
        counters.waiting = waiting.count
        return notices
    }

    private func isRefreshDue(at now: Timestamp) -> Bool {
        refreshedAt.map { abs(now - $0) >= Self.refreshInterval } ?? true
    }

    private func abs(_ duration: Duration) -> Duration {
        duration < .zero ? .zero - duration : duration
    }

    /// What an earlier run saw last: current sightings with the facts of the leaf that the file
    /// has, the oldest first; empty when the file cannot be read.
    public mutating func remembered() -> [(sighting: StoredSighting, leaf: Certificate)] {
        guard (try? openIfNeeded()) != nil, let database,
            let all = try? database.read(InventoryRow.sightings)
        else { return [] }
        let current = InventoryReader.current(among: all)
        let wanted = Set(current.compactMap(\.fingerprints.first))
        let leaves = (try? database.read { try InventoryRow.facts(of: wanted, $0) }) ?? [:]
        return current.sorted { $0.lastSeen < $1.lastSeen }.compactMap { sighting in
            sighting.fingerprints.first.flatMap { leaves[$0] }.map { (sighting, $0) }
        }
    }

    /// Every sighting of a trusted chain with the facts of its leaf, the oldest first; empty when
    /// the file cannot be read.
    public mutating func history() -> [(sighting: StoredSighting, leaf: Certificate)] {
        guard (try? openIfNeeded()) != nil, let database,
            let all = try? database.read(InventoryRow.sightings)
        else { return [] }
        let trusted = all.filter { $0.verdictText == InventoryRow.trusted }
        let wanted = Set(trusted.compactMap(\.fingerprints.first))
        let leaves = (try? database.read { try InventoryRow.facts(of: wanted, $0) }) ?? [:]
        return trusted.sorted { ($0.firstSeen, $0.row) < ($1.firstSeen, $1.row) }
            .compactMap { sighting in
                sighting.fingerprints.first.flatMap { leaves[$0] }.map { (sighting, $0) }
            }
    }

    // MARK: The file

    private mutating func openIfNeeded() throws {
        if lock == nil {
            lock = try InventoryLock(path: path)
            guard lock != nil else { throw InventoryFile.OpenError("\(path): cannot be made") }
        }
        guard database == nil else { return }
        let opened = try InventoryFile.open(path)
        for sighting in try opened.read(InventoryRow.sightings) {
            let key = Key(
                host: sighting.host, address: sighting.address,
                fingerprints: sighting.fingerprints,
                verdict: sighting.verdictText, store: sighting.store)
            var merged = Sighting(
                row: sighting.row, firstSeen: sighting.firstSeen, lastSeen: sighting.lastSeen)
            if let here = known[sighting.endpoint]?[key] {
                merged.lastSeen = max(merged.lastSeen, here.lastSeen)
                merged.isDirty = true
            }
            known[sighting.endpoint, default: [:]][key] = merged
        }
        database = opened
    }

    private mutating func setAside() -> SQLiteFile.Notice {
        try? database?.close()
        database = nil
        let aside = SQLiteFile.setAside(path)
        // What was only in the file is new when it is seen again; what waits is still here.
        known.removeAll()
        for one in waiting {
            known[one.observation.endpoint, default: [:]][one.key] = Sighting(
                firstSeen: one.observation.at, lastSeen: one.observation.at)
        }
        refreshedAt = nil
        return .setAside(path: aside)
    }

    private mutating func writeAll(isRefreshDue: Bool, at now: Timestamp) throws {
        guard let database, !waiting.isEmpty || isRefreshDue else { return }
        let work = waiting
        let before = known
        var changed = known
        var surplus: Set<EndpointID> = []
        try database.write { database in
            for one in work {
                let endpoint = one.observation.endpoint
                guard let sighting = changed[endpoint]?[one.key] else { continue }
                changed[endpoint]?[one.key]?.row = try InventoryRow.insert(
                    one.observation, firstSeen: sighting.firstSeen, lastSeen: sighting.lastSeen,
                    into: database)
                changed[endpoint]?[one.key]?.isDirty = false
                if changed[endpoint]?.count ?? 0 > Self.sightingsPerEndpoint {
                    surplus.insert(endpoint)
                }
            }
            for endpoint in surplus {
                try Self.forgetOldest(of: endpoint, in: &changed, database)
            }
            if !surplus.isEmpty { try InventoryRow.deleteOrphans(database) }
            if isRefreshDue {
                for endpoint in before.keys {
                    try Self.refresh(endpoint, in: &changed, database)
                }
            }
        }
        known = changed
        waiting.removeAll()
        waitingBytes = 0
        counters.written += work.count
        if isRefreshDue { refreshedAt = now }
    }

    private static func forgetOldest(
        of endpoint: EndpointID, in known: inout [EndpointID: [Key: Sighting]],
        _ database: Database
    ) throws {
        let all = known[endpoint] ?? [:]
        let oldest = all.sorted { $0.value.lastSeen < $1.value.lastSeen }
            .prefix(max(0, all.count - sightingsPerEndpoint))
        for (key, sighting) in oldest {
            known[endpoint]?[key] = nil
            if let row = sighting.row { try InventoryRow.delete(row, database) }
        }
    }

    private static func refresh(
        _ endpoint: EndpointID, in known: inout [EndpointID: [Key: Sighting]],
        _ database: Database
    ) throws {
        for (key, sighting) in known[endpoint] ?? [:] where sighting.isDirty {
            guard let row = sighting.row else { continue }
            try InventoryRow.refresh(row, lastSeen: sighting.lastSeen, database)
            known[endpoint]?[key]?.isDirty = false
        }
    }
}
