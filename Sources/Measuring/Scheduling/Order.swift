public import HealthModel

/// One attempt that the owner of the schedule has to start now.
public struct Order: Sendable, Hashable {
    /// What to probe, as it is in the catalogue in force.
    public let endpoint: Endpoint
    /// The slot that the result is for.
    public let slot: Slot
    /// 1, or 2 for a confirmation.
    public let attempt: Int
    /// Names the schedule's entry; compared by `Schedule.finish`.
    let entry: Int
    let generation: UInt32
}

/// What a finished attempt leads to.
public enum Finished: Sendable, Hashable {
    /// The failure is tried once more at this instant or soon after; nothing to report yet.
    case confirmLater(at: Timestamp)
    /// The result of the slot, both attempts merged.
    case final(ProbeResult)
    /// The endpoint was removed, or moved to another URL, while the probe was in flight.
    case discarded
}
