public import HealthModel

/// Keeps results and answers questions about them; the interface of the durable store as well.
///
/// `(endpoint, vantage, slot)` names one result for ever: a second one is ignored, so that
/// handing results over again does no harm. Windows are half open: `from` is in, `to` is not.
public protocol ResultStoring: Sendable {
    /// Keeps `results`, in any order.
    mutating func append(_ results: [ProbeResult]) -> AppendOutcome

    /// Forgets every endpoint that is not in `endpoints`.
    mutating func retain(endpoints: Set<EndpointID>)

    /// The last `count` results, the earliest slot first; fewer when there are fewer.
    func last(_ count: Int, of series: SeriesKey) -> [ResultRecord]

    /// The results whose slots lie in a window, the earliest first.
    func records(of series: SeriesKey, from: Timestamp, to: Timestamp) -> [ResultRecord]

    /// How long the endpoint was up, down or not known in a window; see `Availability`.
    ///
    /// - Parameters:
    ///   - series: The endpoint and vantage.
    ///   - from: The start of the window.
    ///   - to: The end of the window; not after `from` means an empty window.
    ///   - coverage: How long one result speaks for the endpoint.
    /// - Returns: Times that add up to the length of the window.
    func availability(
        of series: SeriesKey, from: Timestamp, to: Timestamp, coverage: Coverage
    ) -> Availability

    /// A quantile of a duration over the answered probes of a window; nil when there are none.
    ///
    /// - Parameters:
    ///   - quantile: 0 to 1; values outside count as the nearest end.
    ///   - phase: The part that is measured.
    ///   - series: The endpoint and vantage.
    ///   - from: The start of the window.
    ///   - to: The end of the window.
    /// - Returns: A value that was measured, or nil.
    func quantile(
        _ quantile: Double, of phase: Phase, series: SeriesKey, from: Timestamp, to: Timestamp
    ) -> Quantile?

    /// How many results of a window failed with each reason; reasons that did not occur are absent.
    func failureCounts(
        of series: SeriesKey, from: Timestamp, to: Timestamp
    ) -> [Reason: Int]

    /// The slot of the last successful result kept; nil when there is none.
    func lastSuccess(of series: SeriesKey) -> Slot?
}

/// What became of the results handed to `append`.
public struct AppendOutcome: Sendable, Hashable {
    /// Results kept.
    public var appended = 0
    /// Results ignored because their slot was there already.
    public var duplicates = 0
    /// Results ignored because they are older than everything that is still kept.
    public var tooOld = 0

    /// Makes an outcome of nothing.
    public init() {}
}

/// How long one result speaks for the state of its endpoint.
public struct Coverage: Sendable, Hashable {
    /// A result speaks for this many intervals: a slot may be late, two in a row may not be gone.
    public static let intervals = 1.5

    /// The interval between probes.
    public var interval: Duration
    /// The interval that back-off of a failing endpoint reaches; used after a failure when it is
    /// longer than `interval`, so that back-off does not make an outage look unknown.
    public var failureInterval: Duration

    /// Makes a coverage; without `failureInterval` there is no back-off.
    public init(interval: Duration, failureInterval: Duration = .zero) {
        self.interval = interval
        self.failureInterval = failureInterval
    }

    /// How long `record` speaks for its endpoint.
    func duration(after record: ResultRecord) -> Duration {
        duration(isAnswered: record.isAnswered)
    }

    /// How long a result speaks for its endpoint.
    public func duration(isAnswered: Bool) -> Duration {
        (isAnswered ? interval : max(interval, failureInterval)) * Self.intervals
    }
}

/// How long an endpoint was in each state, from exact intervals: each result counts from its
/// slot to the slot of the next one, or until its coverage ends.
///
/// | result | counts as |
/// |---|---|
/// | success, `too_slow` | up |
/// | failure, `busy` (people are not served) | down |
/// | `maintenance` | maintenance |
/// | `http_blocked` (not seen what people see), `monitor_…`, no result | unknown |
public struct Availability: Sendable, Hashable {
    /// Time up.
    public var up: Duration = .zero
    /// Time down.
    public var down: Duration = .zero
    /// Time under announced maintenance.
    public var maintenance: Duration = .zero
    /// Time about which nothing is known.
    public var unknown: Duration = .zero

    /// Makes an availability of an empty window.
    public init() {}

    /// Up as a share of up and down together, 0 to 1; nil when neither was seen.
    public var ratio: Double? {
        let known = (up + down).fractionalSeconds
        return known > 0 ? up.fractionalSeconds / known : nil
    }

    /// A ratio as `99.95 %`, cut rather than rounded: what was down at all is never 100 %.
    ///
    /// - Parameters:
    ///   - ratio: 0 to 1.
    ///   - decimalMark: What stands between the digits.
    /// - Returns: The text.
    public static func percent(_ ratio: Double, decimalMark: String = ".") -> String {
        // 0.9995 is a little less than that as a Double, and 9995 of 10,000 is what it means.
        let hundredths = Int((min(max(ratio, 0), 1) * 10_000 + 1e-7).rounded(.down))
        let fraction = hundredths % 100
        return "\(hundredths / 100)\(decimalMark)\(fraction < 10 ? "0" : "")\(fraction) %"
    }
}

/// A quantile by nearest rank: a value that was really measured.
public struct Quantile: Sendable, Hashable {
    /// The value in microseconds.
    public var microseconds: Int64
    /// How many values it was taken from; at least 1.
    public var count: Int

    /// Makes a quantile.
    public init(microseconds: Int64, count: Int) {
        self.microseconds = microseconds
        self.count = count
    }
}
