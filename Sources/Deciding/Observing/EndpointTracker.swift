public import HealthModel

/// Follows the state of one endpoint from its results: pure, no clock of its own.
///
/// Results must come in the order in which the probes ended; the schedule has at most one
/// attempt per endpoint in flight. Handing over the last one again does no harm.
public struct EndpointTracker: Sendable, Hashable {
    /// Without a result for longer than this many intervals the endpoint is unknown.
    public static let staleIntervals = 3
    /// The interval that back-off of a failing endpoint reaches; see the schedule.
    public static let failureIntervalMax: Duration = .seconds(300)
    /// The interval that back-off of a blocked endpoint reaches, and the longest rest that a
    /// server may ask for.
    public static let leaveAloneMax: Duration = .seconds(3600)

    /// Failed results in a row that are no flapping any more, whatever came before them.
    public static let solidFailures = 5

    private var flaps = FlapDetector()

    /// The weighted share of the last results that changed, 0 to 1: flapping begins above 0.30 and
    /// ends at 0.25.
    package var flapShare: Double { Double(flaps.sum) / Double(100 * FlapDetector.results) }

    /// Which of the last results failed on a connection that stood, oldest first.
    private var connectedFailures: [Bool] = []
    /// What it does of the baseline.
    package var baseline = BaselineMemory()
    /// What is known now.
    public private(set) var status: EndpointStatus
    /// When the endpoint becomes unknown unless a result comes; nil when it already is.
    public private(set) var staleAt: Timestamp?

    /// Makes a tracker of an endpoint that was never measured.
    public init(id: EndpointID) { status = EndpointStatus(id: id) }

    /// Takes a final result.
    ///
    /// One failed result is enough to be down, since the schedule has confirmed it. A reason of
    /// the monitor itself makes the endpoint unknown and leaves `consecutiveFailures` alone.
    ///
    /// - Parameters:
    ///   - result: The result.
    ///   - interval: The interval between probes.
    ///   - acceleration: By how much the times of back-off are divided; 1 outside the lab.
    public mutating func apply(
        _ result: ProbeResult, interval: Duration, acceleration: Double = 1
    ) {
        if let last = status.lastResult, last.slot == result.slot,
            last.finishedAt == result.finishedAt
        {
            return
        }
        count(result)
        change(to: state(after: result), at: result.finishedAt)
        status.lastResult = result
        if let tls = result.tls, tls.leaf != nil || status.lastTLS?.leaf == nil {
            status.lastTLS = tls
        }
        keepHops(of: result)
        status.outlook = CertificateOutlook(status)
        staleAt =
            status.state == .unknown
            ? nil
            : result.finishedAt + silence(after: result, interval, acceleration)
    }

    /// Takes back what an earlier run has measured, so that flapping outlives a restart; the state
    /// itself is not taken back.
    package mutating func recall(_ reasons: some Collection<Reason?>) {
        let earlier = reasons.filter { $0?.meaning != .monitor }.map(Self.isConnectedFailure)
        connectedFailures = (earlier + connectedFailures).suffix(FlapDetector.results)
        flaps.recall(reasons.map { HealthState(of: $0) }.filter { $0 != .unknown })
    }

    /// The state that a result leads to: its own, unless the state changes too often to say.
    ///
    /// What the server says of itself (maintenance, a refusal) stands, and so does a failure that
    /// lasts.
    private mutating func state(after result: ProbeResult) -> HealthState {
        let measured = HealthState(of: result)
        guard measured != .unknown else { return .unknown }
        flaps.take(measured)
        let isSettled =
            [.maintenance, .blocked].contains(measured)
            || (measured == .down && status.consecutiveFailures >= Self.solidFailures)
        return flaps.isFlapping && !isSettled ? .flapping : measured
    }

    /// Counts from now on how long an endpoint is not measured, unless that is counted already.
    package mutating func expect(at now: Timestamp) {
        guard status.state == .unknown, status.unmeasuredSince == nil else { return }
        status.unmeasuredSince = now
    }

    /// Makes the endpoint unknown when its last result is too old.
    ///
    /// - Parameter now: The present.
    /// - Returns: Whether the state changed.
    @discardableResult public mutating func age(at now: Timestamp) -> Bool {
        guard let staleAt, now > staleAt else { return false }
        self.staleAt = nil
        change(to: .unknown, at: staleAt)
        return true
    }

    /// Makes the endpoint unknown because the monitor is blind.
    ///
    /// - Parameter instant: Since when nothing of it can be believed.
    /// - Returns: Whether the state changed.
    package mutating func loseSight(at instant: Timestamp) -> Bool {
        staleAt = nil
        guard status.state != .unknown else { return false }
        change(to: .unknown, at: instant)
        return true
    }

    /// Follows a clock that was set: silence goes on being normal for as long as it was.
    package mutating func shift(by jump: Duration) {
        staleAt = staleAt.map { $0 + jump }
        status.unmeasuredSince = status.unmeasuredSince.map { $0 + jump }
    }

    /// Counts anew how long silence is normal, after the interval changed.
    package mutating func setInterval(_ interval: Duration, acceleration: Double) {
        guard staleAt != nil, let result = status.lastResult else { return }
        staleAt = result.finishedAt + silence(after: result, interval, acceleration)
    }

    private mutating func change(to state: HealthState, at instant: Timestamp) {
        guard state != status.state else { return }
        status.state = state
        status.since = instant
        status.unmeasuredSince = state == .unknown ? instant : nil
    }

    /// Takes over the hops; what a failed probe did not get to see stays as it was.
    private mutating func keepHops(of result: ProbeResult) {
        var hops = result.hops
        if result.reason != nil {
            for (index, old) in status.lastHops.enumerated() {
                if index >= hops.count {
                    hops.append(old)
                } else if hops[index].tls?.leaf == nil, hops[index].url == old.url {
                    hops[index].tls = old.tls
                }
            }
        }
        status.lastHops = hops
    }

    /// Whether it fails, or answers by turns, because no connection is made: none of the failures in
    /// a row, or of the last results while it flaps, came on a connection that stood.
    package var isWithoutConnection: Bool {
        let wanted: Int
        if status.state == .flapping {
            wanted = FlapDetector.results
        } else {
            guard status.lastReason?.isBeforeConnection == true else { return false }
            wanted = min(status.consecutiveFailures, FlapDetector.results)
        }
        return !connectedFailures.suffix(wanted).contains(true)
    }

    private static func isConnectedFailure(_ reason: Reason?) -> Bool {
        reason.map { !$0.isBeforeConnection } ?? false
    }

    private mutating func count(_ result: ProbeResult) {
        if result.reason?.meaning != .monitor {
            connectedFailures.append(Self.isConnectedFailure(result.reason))
            if connectedFailures.count > FlapDetector.results { connectedFailures.removeFirst() }
        }
        guard let reason = result.reason else {
            status.consecutiveFailures = 0
            status.successCount += 1
            status.lastSuccessAt = result.finishedAt
            return
        }
        status.failureCounts[reason, default: 0] += 1
        guard reason.meaning != .monitor else { return }
        status.consecutiveFailures += 1
        status.lastFailureAt = result.finishedAt
    }

    /// How long no further result may come: back-off and Retry-After are silence on purpose.
    private func silence(
        after result: ProbeResult, _ interval: Duration, _ acceleration: Double
    ) -> Duration {
        var longest = interval
        switch result.reason?.meaning {
        case .failure: longest = max(longest, Self.failureIntervalMax / acceleration)
        case .blocked: longest = max(longest, Self.leaveAloneMax / acceleration)
        case nil, .slow, .busy, .maintenance, .monitor: break
        }
        let rest = min(
            .seconds(result.retryAfterSeconds ?? 0), Self.leaveAloneMax / acceleration)
        return longest * Self.staleIntervals + max(.zero, rest)
    }
}

extension HealthState {
    /// The own state of an endpoint whose last result is `result`.
    public init(of result: ProbeResult) { self.init(of: result.reason) }

    /// The own state of an endpoint whose last result had this reason; nil for a success.
    package init(of reason: Reason?) {
        switch reason?.meaning {
        case nil: self = .up
        case .failure: self = .down
        case .slow: self = .degraded
        case .busy: self = .busy
        case .maintenance: self = .maintenance
        case .blocked: self = .blocked
        case .monitor: self = .unknown
        }
    }

    /// The own state of a service, from its endpoints taken together.
    ///
    /// The first row that fits decides:
    ///
    /// | endpoints, those that are unknown left out | service |
    /// |---|---|
    /// | none | unknown |
    /// | all down, or down and busy, and none still waits for its first result | down |
    /// | all flapping, down or busy, and none still waits for its first result | flapping |
    /// | any down, degraded or flapping | degraded |
    /// | any busy | busy |
    /// | any under maintenance | maintenance |
    /// | all blocked | blocked |
    /// | up, perhaps some blocked | up |
    ///
    /// Waiting for the first results keeps a start from calling a service down for one endpoint.
    public init(ofServiceWith endpoints: some Sequence<EndpointStatus>) {
        var seen: Set<HealthState> = []
        var isWaiting = false
        for endpoint in endpoints {
            isWaiting = isWaiting || endpoint.lastResult == nil
            if endpoint.state != .unknown { seen.insert(endpoint.state) }
        }
        self.init(ofServiceThatHas: seen, isWaiting: isWaiting)
    }

    /// The same by the known states of the endpoints, and whether one of them has no result yet.
    package init(ofServiceThatHas seen: Set<HealthState>, isWaiting: Bool) {
        let isTroubled = seen.isSubset(of: [.down, .busy, .flapping])
        let isServing = !seen.isSubset(of: [.down, .busy])
        if seen.isEmpty {
            self = .unknown
        } else if seen.contains(.down) && !isServing && !isWaiting {
            self = .down
        } else if seen.contains(.flapping) && isTroubled && !isWaiting {
            self = .flapping
        } else if !seen.isDisjoint(with: [.down, .degraded, .flapping]) {
            self = .degraded
        } else if seen.contains(.busy) {
            self = .busy
        } else if seen.contains(.maintenance) {
            self = .maintenance
        } else {
            self = seen == [.blocked] ? .blocked : .up
        }
    }
}
