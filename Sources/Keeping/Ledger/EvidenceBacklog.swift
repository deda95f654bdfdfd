public import Alerting
import HealthModel

/// Records of evidence that have no place in the chain yet, the oldest first.
///
/// At most `Limits.evidenceQueue` wait; then the oldest is lost and counted, and the count itself
/// becomes a line of the chain.
public struct EvidenceBacklog: Sendable, Hashable {
    /// The records that wait.
    public private(set) var records: [EvidenceRecord] = []
    /// How many were lost since the last line about that.
    public private(set) var lost = 0

    /// Makes an empty backlog.
    public init() {}

    /// Whether there is nothing to say.
    public var isEmpty: Bool { records.isEmpty && lost == 0 }

    /// Adds records at the end.
    public mutating func add(_ new: [EvidenceRecord]) {
        records += new
        let excess = records.count - Limits.evidenceQueue
        guard excess > 0 else { return }
        records.removeFirst(excess)
        lost += excess
    }

    /// Adds what another backlog holds.
    public mutating func add(_ later: EvidenceBacklog) {
        lost += later.lost
        add(later.records)
    }

    /// Removes the first records and what was said of lost ones.
    mutating func remove(first count: Int, lost told: Int) {
        records.removeFirst(count)
        lost -= told
    }
}
