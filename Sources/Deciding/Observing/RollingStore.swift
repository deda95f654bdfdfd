public import HealthModel

/// Keeps the last results of every series in memory: at most `capacity` of 40 bytes each.
///
/// A value without locks; give it one owner.
public struct RollingStore: ResultStoring {
    /// Results kept per series.
    public let capacity: Int
    /// What became of all results so far.
    public private(set) var totals = AppendOutcome()
    private var rings: [SeriesKey: RecordRing] = [:]

    /// Makes an empty store.
    ///
    /// - Precondition: `capacity` is at least 1.
    public init(capacity: Int = Limits.resultsPerEndpoint) {
        precondition(capacity >= 1, "a store that keeps nothing")
        self.capacity = capacity
    }

    /// How many series have at least one result.
    public var seriesCount: Int { rings.count }

    /// Keeps `results`, in any order.
    @discardableResult public mutating func append(_ results: [ProbeResult]) -> AppendOutcome {
        var outcome = AppendOutcome()
        for result in results {
            let key = SeriesKey(endpoint: result.endpoint, vantage: result.vantage)
            rings[key, default: RecordRing(capacity: capacity)]
                .insert(ResultRecord(result), outcome: &outcome)
        }
        totals.appended += outcome.appended
        totals.duplicates += outcome.duplicates
        totals.tooOld += outcome.tooOld
        return outcome
    }

    /// Takes back what an earlier run has measured.
    public mutating func restore(_ records: [ResultRecord], of series: SeriesKey) {
        var outcome = AppendOutcome()
        for record in records {
            rings[series, default: RecordRing(capacity: capacity)]
                .insert(record, outcome: &outcome)
        }
    }

    /// Forgets every endpoint that is not in `endpoints`.
    public mutating func retain(endpoints: Set<EndpointID>) {
        rings = rings.filter { endpoints.contains($0.key.endpoint) }
    }

    /// The last `count` results, the earliest slot first; fewer when there are fewer.
    public func last(_ count: Int, of series: SeriesKey) -> [ResultRecord] {
        guard let ring = rings[series] else { return [] }
        return (max(0, ring.count - max(0, count))..<ring.count).map { ring[$0] }
    }

    /// The results whose slots lie in a window, the earliest first.
    public func records(
        of series: SeriesKey, from: Timestamp, to: Timestamp
    ) -> [ResultRecord] {
        guard let ring = rings[series] else { return [] }
        return ring.positions(from: from, to: to).map { ring[$0] }
    }

    /// The earliest slot of a window that has a result; nil when there is none.
    public func firstSlot(of series: SeriesKey, from: Timestamp, to: Timestamp) -> Slot? {
        guard let ring = rings[series], let first = ring.positions(from: from, to: to).first
        else { return nil }
        return ring[first].slot
    }

    /// How long the endpoint was up, down or not known in a window; see `Availability`.
    public func availability(
        of series: SeriesKey, from: Timestamp, to: Timestamp, coverage: Coverage
    ) -> Availability {
        var availability = Availability()
        guard from < to else { return availability }
        availability.unknown = to - from
        guard let ring = rings[series], ring.count > 0 else { return availability }
        let window = ring.positions(from: from, to: to)
        // The result before the window may reach into it.
        for position in max(0, window.lowerBound - 1)..<window.upperBound {
            let record = ring[position]
            let start = max(from, record.slot.instant)
            var end = min(to, record.slot.instant + coverage.duration(after: record))
            if position + 1 < ring.count { end = min(end, ring[position + 1].slot.instant) }
            guard start < end else { continue }
            availability.count(end - start, after: record)
        }
        return availability
    }

    /// A quantile of a duration over the answered probes of a window; nil when there are none.
    public func quantile(
        _ quantile: Double, of phase: Phase, series: SeriesKey, from: Timestamp, to: Timestamp
    ) -> Quantile? {
        guard let ring = rings[series] else { return nil }
        var values: [Int64] = []
        let window = ring.positions(from: from, to: to)
        values.reserveCapacity(window.count)
        for position in window where ring[position].isAnswered {
            values.append(ring[position].microseconds(of: phase))
        }
        guard !values.isEmpty else { return nil }
        values.sort()
        // Nearest rank: the smallest value that at least this share does not exceed.
        let exact = min(1, max(0, quantile)) * Double(values.count)
        let whole = Int(exact)
        let rank = max(1, Double(whole) < exact ? whole + 1 : whole)
        return Quantile(microseconds: values[rank - 1], count: values.count)
    }

    /// How many results of a window failed with each reason; reasons that did not occur are absent.
    public func failureCounts(
        of series: SeriesKey, from: Timestamp, to: Timestamp
    ) -> [Reason: Int] {
        guard let ring = rings[series] else { return [:] }
        var counts: [Reason: Int] = [:]
        for position in ring.positions(from: from, to: to) {
            if let reason = ring[position].reason { counts[reason, default: 0] += 1 }
        }
        return counts
    }

    /// The slot of the last successful result kept; nil when there is none.
    public func lastSuccess(of series: SeriesKey) -> Slot? {
        guard let ring = rings[series] else { return nil }
        for position in stride(from: ring.count - 1, through: 0, by: -1)
        where ring[position].isSuccess {
            return ring[position].slot
        }
        return nil
    }
}

extension Availability {
    /// Takes `duration` out of what is unknown and counts it as what `record` says.
    fileprivate mutating func count(_ duration: Duration, after record: ResultRecord) {
        switch record.reason?.meaning {
        case nil, .slow: up += duration
        case .failure, .busy: down += duration
        case .maintenance: maintenance += duration
        case .blocked, .monitor: return
        }
        unknown -= duration
    }
}
