public import HealthModel

/// Decides when each endpoint is scanned: once a day, each at a time of day of its own, one at a
/// time.
///
/// The time of day follows from the endpoint's name, so that a program that is started again every
/// hour scans no more often. Pure: it is told the time.
public struct ScanSchedule: Sendable {
    /// How long a scan is put off for an endpoint that was not reached.
    public static let retryInterval: Duration = .seconds(3600)

    private static let secondsPerDay: Int64 = 86_400

    private var nextScan: [EndpointID: Timestamp] = [:]
    /// The endpoint that is being scanned; nil when none is.
    public private(set) var running: EndpointID?

    /// Makes a schedule without endpoints.
    public init() {}

    /// Puts a new set of endpoints in force; those that stay keep their place.
    public mutating func replace(_ endpoints: Set<EndpointID>, at now: Timestamp) {
        nextScan = nextScan.filter { endpoints.contains($0.key) }
        for endpoint in endpoints where nextScan[endpoint] == nil {
            nextScan[endpoint] = Self.slot(of: endpoint, after: now)
        }
    }

    /// The endpoint to scan now, the longest due first; nil when none is due or one is running.
    ///
    /// It counts as running until `finished`, and comes again on the next day.
    public mutating func due(at now: Timestamp) -> EndpointID? {
        guard running == nil,
            let next = nextScan.filter({ $0.value <= now })
                .min(by: { ($0.value, $0.key.text) < ($1.value, $1.key.text) })
        else { return nil }
        nextScan[next.key] = Self.slot(of: next.key, after: now)
        running = next.key
        return next.key
    }

    /// Notes that the scan has ended.
    public mutating func finished() { running = nil }

    /// Notes that the endpoint that is running could not be scanned; it is tried again soon.
    public mutating func putOff(at now: Timestamp) {
        guard let endpoint = running else { return }
        running = nil
        if nextScan[endpoint] != nil { nextScan[endpoint] = now + Self.retryInterval }
    }

    /// The first instant after `now` at the endpoint's time of day, in UTC.
    static func slot(of endpoint: EndpointID, after now: Timestamp) -> Timestamp {
        let offset = Int64(stableHash("scan", endpoint.text) % UInt64(secondsPerDay))
        let day = now.seconds.flooredQuotient(by: secondsPerDay)
        let slot = Timestamp(seconds: day * secondsPerDay + offset)
        return slot > now ? slot : slot + .seconds(secondsPerDay)
    }
}
