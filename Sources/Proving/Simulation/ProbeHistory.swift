import Glibc
public import HealthModel
public import Observing

/// The results of one endpoint as they might have been: the same for the same seed, for ever.
///
/// 99.9 % of the time up, outages of 4 minutes on average; a response time of its own between 20
/// and 200 ms that follows the day by a fifth and varies log-normally (0.2), with one spike in a
/// hundred (Pareto, 1.5); 10 s when it fails. The kind of data that the figures of other stores
/// were measured on.
public struct ProbeHistory: Sendable {
    /// What a history is like.
    public struct Shape: Sendable {
        /// Time between slots.
        public var intervalMilliseconds: Int64
        /// How late a probe starts at most; every lateness is equally likely.
        public var jitterMilliseconds: Int64
        /// Whether every phase is measured, or the whole probe only.
        public var hasPhases: Bool

        /// Makes a shape.
        public init(
            intervalMilliseconds: Int64 = 30_000, jitterMilliseconds: Int64 = 0,
            hasPhases: Bool = false
        ) {
            self.intervalMilliseconds = intervalMilliseconds
            self.jitterMilliseconds = jitterMilliseconds
            self.hasPhases = hasPhases
        }
    }

    private let shape: Shape
    private var random: SplitMix64
    private let baseMicroseconds: Double
    private let offset: Int64
    private var slot: Int64
    private var isDown = false

    /// Makes the history of one endpoint.
    ///
    /// - Parameters:
    ///   - seed: Names the endpoint.
    ///   - start: The first slot is at or after this instant.
    ///   - shape: What the history is like.
    public init(seed: UInt64, start: Timestamp, shape: Shape = Shape()) {
        self.shape = shape
        random = SplitMix64(seed: seed)
        baseMicroseconds = 20_000 * exp(random.unit() * log(10))
        offset = Int64(random.unit() * Double(shape.intervalMilliseconds))
        slot = start.milliseconds + offset
    }

    /// The next result.
    public mutating func next() -> StoredResult {
        defer { slot += shape.intervalMilliseconds }
        let interval = Double(shape.intervalMilliseconds)
        // Outages last 4 minutes on average and make up a thousandth of the time.
        let end = min(1, interval / 240_000)
        isDown = random.unit() < (isDown ? 1 - end : end / 999)
        let lateness =
            shape.jitterMilliseconds == 0
            ? 0 : Int64(random.unit() * Double(shape.jitterMilliseconds + 1))
        let total = isDown ? 10_000_000 + random.unit() * 2000 : responseTime()
        let result = ProbeResult(
            endpoint: EndpointID("simulated"), slot: Slot(milliseconds: slot),
            latenessMicroseconds: lateness * 1000,
            finishedAt: Timestamp(milliseconds: slot), reason: isDown ? .timeoutConnect : nil,
            phases: phases(total: Int64(total)),
            http: isDown ? nil : HTTPAnswer(status: 200, version: "1.1"))
        return StoredResult(
            ResultRecord(result), coverage: .milliseconds(shape.intervalMilliseconds * 3 / 2))
    }

    private mutating func responseTime() -> Double {
        let day = Double(slot % 86_400_000) / 86_400_000
        let rhythm = 1 + 0.2 * sin(2 * .pi * day)
        var time = baseMicroseconds * rhythm * exp(0.2 * random.normal())
        if random.unit() < 0.01 { time *= pow(1 - random.unit(), -1 / 1.5) }
        return min(time, 9_900_000)
    }

    private mutating func phases(total: Int64) -> PhaseDurations {
        guard shape.hasPhases else { return PhaseDurations(totalMicroseconds: total) }
        if isDown {
            return PhaseDurations(connectMicroseconds: total - 40, totalMicroseconds: total)
        }
        let resolve = Int64(Double(total) * 0.05 * exp(0.4 * random.normal()))
        let connect = Int64(Double(total) * 0.15 * exp(0.1 * random.normal()))
        let tls = Int64(Double(total) * 0.3 * exp(0.15 * random.normal()))
        let transfer = Int64(Double(total) * 0.05 * exp(0.3 * random.normal()))
        let rest = max(0, total - resolve - connect - tls - transfer)
        return PhaseDurations(
            resolveMicroseconds: resolve, connectMicroseconds: connect, tlsMicroseconds: tls,
            processingMicroseconds: rest, transferMicroseconds: transfer,
            totalMicroseconds: resolve + connect + tls + transfer + rest + 20
                + Int64(random.unit() * 60))
    }
}
