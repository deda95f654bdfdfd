public import HealthModel

/// Whether this monitor can see, before it says anything of others: pure, no clock of its own.
///
/// Whoever has *control targets* (hosts that have nothing to do with the catalogue) is blind while
/// none of them can be reached. Whoever has none, or only such that fail while the endpoints
/// answer, is blind when nearly all that was measured of late began to fail at one time for reasons
/// that may be the monitor's own. Time is an argument; give the value one owner.
public struct SelfDoubt: Sendable, Hashable {
    /// Endpoints that must have been measured of late before their failures say something.
    public static let endpointsMin = 10
    /// Sectors of which endpoints must fail: a supplier that fails takes one or two with it.
    public static let sectorsMin = 3
    /// The share of failing endpoints at which blindness begins without control targets.
    public static let blindShare = 0.9
    /// The share of failing endpoints below which it ends: some margin, against back and forth.
    public static let sightShare = 0.8
    /// Successes that speak against control targets, when there are more of them than failures.
    public static let contradictingSuccesses = 3
    /// How long ago "of late" is.
    public static let recentTime: Duration = .seconds(60)
    /// How long blindness lasts before people are told: a hiccup wakes nobody.
    ///
    /// States are unknown from the first instant.
    public static let holdTime: Duration = .seconds(20)

    /// What is known of one control target.
    public struct Control: Sendable, Hashable {
        /// The id of its results.
        public var id: EndpointID
        /// Where it is.
        public var url: ProbeURL
        /// Whether it was reached last; nil before the first result.
        public var isUp: Bool?
        /// Since when; nil before the first result.
        public var since: Timestamp?
        /// Why it was not reached; nil when it was.
        public var reason: Reason?
        /// More about that; empty when there is nothing to add.
        public var detail = ""
        /// Whether it was ever reached.
        var hasWorked = false

        /// Makes a control target that was never measured.
        init(_ endpoint: Endpoint) {
            id = endpoint.id
            url = endpoint.url
        }
    }

    /// What was seen of one endpoint.
    private struct Sight: Sendable, Hashable {
        var sector: String
        var interval: Duration
        var lastAt: Timestamp?
        var isFailing = false
        /// When it stopped being reached; nil when it never was.
        var lostAt: Timestamp?
        var hasWorked = false
    }

    /// The control targets, in the order of the catalogue.
    public private(set) var controls: [Control] = []
    /// Since when the monitor is blind; nil while it sees.
    public private(set) var blindSince: Timestamp?
    /// When sight returned last; nil when it was never lost.
    public private(set) var sightedAt: Timestamp?

    /// Whether sight has returned since somebody asked.
    package var hasRegainedSight = false

    private var sights: [EndpointID: Sight] = [:]
    private var failing = 0
    private var hasSeen = false
    private var acceleration = 1.0
    /// What endpoints said since all control targets fail.
    private var successes = 0
    private var failures = 0

    /// Makes a monitor's doubt of itself that has nothing to judge by.
    public init() {}

    /// Whether the states of endpoints cannot be believed.
    public var isBlind: Bool { blindSince != nil }

    /// Whether the control targets fail although the endpoints answer, so that they are of no use.
    public var areControlsContradicted: Bool {
        successes >= Self.contradictingSuccesses && successes > failures
    }

    /// Whether it sees, and neither time nor another look changes that.
    package var isAtEase: Bool { !isBlind && (!isJudgedByEndpoints || !isSuspect) }

    /// Whether control targets say nothing.
    private var isJudgedByEndpoints: Bool { controls.isEmpty || areControlsContradicted }

    /// Whether as many endpoints fail as blindness needs at least.
    private var isSuspect: Bool { Double(failing) >= Self.blindShare * Double(Self.endpointsMin) }

    // MARK: Taking results

    /// Judges by this catalogue from now on; what stays keeps what was seen of it.
    package mutating func watch(_ catalogue: ServiceCatalogue, acceleration: Double) {
        self.acceleration = acceleration
        let known = Dictionary(uniqueKeysWithValues: controls.map { ($0.id, $0) })
        controls = catalogue.controls.map { endpoint in
            guard let old = known[endpoint.id], old.url == endpoint.url else {
                return Control(endpoint)
            }
            return old
        }
        let old = sights
        sights = [:]
        for endpoint in catalogue.endpoints {
            var sight =
                old[endpoint.id]
                ?? Sight(sector: "", interval: endpoint.probe.interval)
            sight.sector = catalogue.service(endpoint.service)?.sector ?? ""
            sight.interval = endpoint.probe.interval
            sights[endpoint.id] = sight
        }
        failing = sights.values.count { $0.isFailing }
    }

    /// Takes one result as it was measured.
    ///
    /// - Returns: The result as it counts: nil for a control target, which counts for nobody; with a
    ///   reason of the monitor when it could not see.
    package mutating func take(_ result: ProbeResult) -> ProbeResult? {
        if let index = controls.firstIndex(where: { $0.id == result.endpoint }) {
            note(result, of: index)
            return nil
        }
        note(result)
        guard isBlinded(result), result.reason?.meaning != .monitor else { return result }
        var blinded = result
        let seen = result.reason?.rawValue ?? "success"
        blinded.reason = .monitorNoRoute
        blinded.detail = "the monitor was blind and saw \(seen)"
        return blinded
    }

    private mutating func note(_ result: ProbeResult, of index: Int) {
        let isUp = result.reason?.isPerhapsOurOwn != true
        controls[index].reason = isUp ? nil : result.reason
        controls[index].detail = isUp ? "" : result.detail
        controls[index].hasWorked = controls[index].hasWorked || isUp
        if controls[index].isUp != isUp {
            controls[index].isUp = isUp
            controls[index].since = result.finishedAt
            (successes, failures) = (0, 0)
        }
        judgeByControls(at: result.finishedAt)
    }

    private mutating func note(_ result: ProbeResult) {
        guard var sight = sights[result.endpoint] else { return }
        let isLost = result.reason?.isPerhapsOurOwn == true
        if isLost != sight.isFailing { failing += isLost ? 1 : -1 }
        if isLost, !sight.isFailing, sight.hasWorked { sight.lostAt = result.finishedAt }
        sight.isFailing = isLost
        sight.hasWorked = sight.hasWorked || !isLost
        sight.lastAt = result.finishedAt
        sights[result.endpoint] = sight
        hasSeen = hasSeen || !isLost
        // Only what began after the control targets were lost says something about them.
        guard let lostAt = controlsLostAt, result.slot.instant >= lostAt else { return }
        if isLost { failures += 1 } else { successes += 1 }
        judgeByControls(at: result.finishedAt)
    }

    /// A probe that ran while the monitor was blind says nothing, and one that began in blindness
    /// and failed says nothing either, although sight has returned.
    private func isBlinded(_ result: ProbeResult) -> Bool {
        if isBlind { return true }
        guard let sightedAt, result.reason?.isPerhapsOurOwn == true else { return false }
        return result.slot.instant < sightedAt
    }

    // MARK: Judging

    /// Judges by the endpoints where control targets say nothing; call it at every look at the rules.
    package mutating func conclude(at now: Timestamp) {
        guard isJudgedByEndpoints else { return }
        let recently = now - Self.recentTime / acceleration
        // Cheap while all is well, however many endpoints there are.
        guard isBlind || isSuspect else { return }
        var (measured, lost, regained) = (0, 0, 0)
        var sectors: Set<String> = []
        for sight in sights.values {
            guard let lastAt = sight.lastAt else { continue }
            // However long ago: it may be the only one, or be probed seldom.
            if !sight.isFailing, let blindSince, lastAt > blindSince { regained += 1 }
            guard lastAt >= recently else { continue }
            if sight.isFailing {
                // What failed long before is its own trouble; what never worked is nobody's news.
                guard let lostAt = sight.lostAt, isBlind || now - lostAt <= sight.interval * 2
                else { continue }
                lost += 1
                sectors.insert(sight.sector)
            }
            measured += 1
        }
        let share = Double(lost) / Double(max(1, measured))
        if isBlind {
            let isEnough = regained >= min(Self.contradictingSuccesses, sights.count)
            set(!(isEnough && share < Self.sightShare), at: now)
        } else {
            let isEnough = measured >= Self.endpointsMin && sectors.count >= Self.sectorsMin
            set(isEnough && share >= Self.blindShare, at: now)
        }
    }

    /// Since when no control target is reached; nil when one is, or one was never measured.
    private var controlsLostAt: Timestamp? {
        guard !controls.isEmpty, controls.allSatisfy({ $0.isUp == false }) else { return nil }
        return controls.compactMap(\.since).max()
    }

    private mutating func judgeByControls(at now: Timestamp) {
        guard controlsLostAt != nil else {
            if controls.contains(where: { $0.isUp == true }) { set(false, at: now) }
            return
        }
        // Targets that were never reached prove nothing once an endpoint was.
        let mayJudge = controls.contains(where: \.hasWorked) || !hasSeen
        set(mayJudge && !areControlsContradicted, at: now)
    }

    private mutating func set(_ isBlind: Bool, at now: Timestamp) {
        if isBlind, blindSince == nil {
            blindSince = now
        } else if !isBlind, blindSince != nil {
            blindSince = nil
            sightedAt = now
            hasRegainedSight = true
        }
    }

    /// Follows a clock that was set.
    package mutating func shift(by jump: Duration) {
        blindSince = blindSince.map { $0 + jump }
        sightedAt = sightedAt.map { $0 + jump }
        for index in controls.indices {
            controls[index].since = controls[index].since.map { $0 + jump }
        }
        sights = sights.mapValues { sight in
            var sight = sight
            sight.lastAt = sight.lastAt.map { $0 + jump }
            sight.lostAt = sight.lostAt.map { $0 + jump }
            return sight
        }
    }

    /// Goes on being blind where an earlier run left off, until something is seen.
    package mutating func resume(blindSince since: Timestamp) { blindSince = since }
}

extension Reason {
    /// Whether a monitor whose own line is down would find this as well.
    var isPerhapsOurOwn: Bool {
        switch self {
        case .dnsNXDomain, .dnsNoAddress, .dnsServfail, .timeoutDNS, .connectRefused, .connectReset,
            .connectUnreachable, .connectFailed, .timeoutConnect, .timeoutTLS, .tlsReset:
            true
        default: meaning == .monitor
        }
    }
}
