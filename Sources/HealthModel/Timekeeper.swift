/// The clock seam: the daemon passes the machine's clocks, tests pass one that they move.
public protocol Timekeeper: Sendable {
    /// The wall clock in UTC. It may step, so it stamps and never measures.
    func now() -> Timestamp
    /// The monotonic clock in nanoseconds since an arbitrary start; it never steps back.
    func monotonicNanoseconds() -> Int64
}
