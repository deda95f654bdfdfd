/// The times in which endpoints were under maintenance that operators announced, in order and apart
/// from one another; endpoints without any may be left out.
public typealias MaintenanceTimes = [EndpointID: [Range<Timestamp>]]

extension Sequence {
    /// The same as ranges in order that neither overlap nor touch; empty ones are left out.
    public func united<Bound>() -> [Range<Bound>] where Element == Range<Bound> {
        var united: [Range<Bound>] = []
        for range in sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
            if let last = united.last, range.lowerBound <= last.upperBound {
                united[united.count - 1] =
                    last.lowerBound..<Swift.max(last.upperBound, range.upperBound)
            } else {
                united.append(range)
            }
        }
        return united
    }
}
