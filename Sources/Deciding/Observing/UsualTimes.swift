public import HealthModel

/// How long probes of each endpoint usually take at an hour of the day: pure.
///
/// The usual value is the median of a quantile over the same hour of the last seven days, so that
/// Monday morning is compared with mornings and not with the night. Hours are those of UTC. Only
/// what rules ask for is learned: 700 bytes for each endpoint and quantile.
public struct UsualTimes: Sendable {
    /// A quantile of a phase.
    public struct Kind: Sendable, Hashable {
        /// The percent of the answered probes that are at most this slow.
        public var percent: Int
        /// What is timed.
        public var phase: Phase

        /// Makes a kind.
        public init(percent: Int, phase: Phase) {
            self.percent = percent
            self.phase = phase
        }
    }

    /// A quantile over one whole hour.
    public struct Hour: Sendable, Hashable {
        /// The beginning of the hour.
        public var start: Timestamp
        /// The quantile.
        public var microseconds: Int64

        /// Makes an hour.
        public init(start: Timestamp, microseconds: Int64) {
            self.start = start
            self.microseconds = microseconds
        }
    }

    /// Days that are looked back on.
    public static let days = 7
    /// Days of which the hour must be known, as of fewer nobody can say what is usual.
    public static let daysNeeded = 3

    private static let secondsPerHour: Int64 = 3600
    private static let hoursPerDay: Int64 = 24
    private static let hoursKept = Int64(days) * hoursPerDay

    /// What rules ask for.
    public private(set) var kinds: [Kind] = []
    private var tables: [EndpointID: [Kind: Table]] = [:]
    /// The hour of the last result of each endpoint; the ones before are over.
    private var openHours: [EndpointID: Int64] = [:]

    /// One week of one quantile, by the hour since the epoch.
    private struct Table: Sendable {
        /// Microseconds by hour modulo the hours kept; 0 is not known.
        var values = [UInt32](repeating: 0, count: Int(hoursKept))
        var newest = Int64.min

        mutating func set(_ microseconds: Int64, at hour: Int64) {
            if newest == .min || hour - newest >= hoursKept {
                values = [UInt32](repeating: 0, count: values.count)
                newest = hour
            }
            while newest < hour {
                newest += 1
                values[place(newest)] = 0
            }
            guard newest - hour < hoursKept else { return }
            values[place(hour)] = UInt32(clamping: max(1, microseconds))
        }

        subscript(hour: Int64) -> UInt32? {
            guard newest != .min, hour <= newest, newest - hour < hoursKept else { return nil }
            let value = values[place(hour)]
            return value == 0 ? nil : value
        }

        private func place(_ hour: Int64) -> Int {
            let rest = hour % hoursKept
            return Int(rest < 0 ? rest + hoursKept : rest)
        }
    }

    /// Makes a memory that knows nothing and learns nothing.
    package init() {}

    /// From now on these are learned; what nobody asks for any more is forgotten.
    package mutating func want(_ wanted: [Kind]) {
        kinds = wanted.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        tables = tables.mapValues { $0.filter { kinds.contains($0.key) } }
        if kinds.isEmpty { openHours = [:] }
    }

    /// Forgets endpoints that are watched no more.
    package mutating func keep(only endpoints: Set<EndpointID>) {
        tables = tables.filter { endpoints.contains($0.key) }
        openHours = openHours.filter { endpoints.contains($0.key) }
    }

    /// Learns the hour that is over when an endpoint has a result in a later one.
    package mutating func learn(from result: ProbeResult, _ store: RollingStore) {
        guard !kinds.isEmpty else { return }
        let hour = Self.hour(of: result.slot.instant)
        let open = openHours[result.endpoint] ?? hour
        openHours[result.endpoint] = max(open, hour)
        guard hour > open else { return }
        for kind in kinds {
            let quantile = store.quantile(
                Double(kind.percent) / 100, of: kind.phase,
                series: SeriesKey(endpoint: result.endpoint), from: Self.start(of: open),
                to: Self.start(of: open + 1))
            guard let quantile else { continue }
            tables[result.endpoint, default: [:]][kind, default: Table()]
                .set(quantile.microseconds, at: open)
        }
    }

    /// Takes back whole hours of an earlier run; what was learned since stays.
    package mutating func recall(_ hours: [Hour], of kind: Kind, for endpoint: EndpointID) {
        guard kinds.contains(kind) else { return }
        var table = tables[endpoint]?[kind] ?? Table()
        for one in hours {
            let hour = Self.hour(of: one.start)
            if table[hour] == nil { table.set(one.microseconds, at: hour) }
        }
        tables[endpoint, default: [:]][kind] = table
    }

    /// What is usual at this hour of the day, in microseconds; nil while that is not known.
    package func usual(_ kind: Kind, of endpoint: EndpointID, at now: Timestamp) -> Int64? {
        guard let table = tables[endpoint]?[kind] else { return nil }
        let hour = Self.hour(of: now)
        let known = (1...Int64(Self.days)).compactMap { table[hour - $0 * Self.hoursPerDay] }
        guard known.count >= Self.daysNeeded else { return nil }
        return Int64(known.sorted()[(known.count - 1) / 2])
    }

    /// The last instant of the hour of `now`, until which what is usual stays the same.
    package static func end(of now: Timestamp) -> Timestamp {
        start(of: hour(of: now) + 1) - .nanoseconds(1)
    }

    private static func hour(of instant: Timestamp) -> Int64 {
        instant.seconds.flooredQuotient(by: secondsPerHour)
    }

    private static func start(of hour: Int64) -> Timestamp {
        Timestamp(seconds: hour * secondsPerHour)
    }
}
