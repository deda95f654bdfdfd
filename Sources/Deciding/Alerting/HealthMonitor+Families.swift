import HealthModel
import Observing

extension HealthMonitor {
    /// The rule that says that nothing is reached over IPv6, by the monitor's own line perhaps.
    static let ipv6Key = AlertKey(rule: RuleID("monitor-ipv6"), subject: .monitor)
    /// Hosts of which none must be reached over IPv6 before that is thought.
    static let hostsOfDoubt = 3
    /// Results older than this say nothing of whether the line is there: those who are probed seldom
    /// would keep it there for long.
    static let ipv6RecentTime: Duration = .seconds(150)
    /// How long that must last before people hear of it.
    static let ipv6HoldTime: Duration = .seconds(600)

    /// What `only_ipv6_fails` says: nothing of what was measured while the monitor's own line may have
    /// been the cause.
    func onlyIPv6FailsKnown(_ tracker: Int) -> Bool? {
        guard families.ipv4[tracker] != nil else { return false }
        guard doubtState.ipv6LostSince == nil else { return nil }
        if let seenAt = doubtState.ipv6SeenAt,
            let result = trackers[tracker].status.lastResult, result.finishedAt < seenAt
        {
            return nil
        }
        return onlyIPv6Fails(tracker)
    }

    /// Judges whether the monitor has lost its own way over IPv6; what is found when it has for long.
    mutating func concludeIPv6(at now: Timestamp) -> DoubtFinding? {
        if let isLost = isIPv6Lost(at: now), isLost != (doubtState.ipv6LostSince != nil) {
            doubtState.ipv6LostSince = isLost ? now : nil
            doubtState.ipv6SeenAt = isLost ? nil : lastSightOfIPv6
            for index in families.ipv4.keys { outdate(index) }
        }
        guard let since = doubtState.ipv6LostSince else { return nil }
        let isTold = doubtState.alerts[Self.ipv6Key] != nil
        let isDue = now - since >= Self.ipv6HoldTime / acceleration && !selfDoubt.isBlind
        guard isTold || isDue else { return nil }
        return DoubtFinding(
            level: .warning, since: since,
            summary: LocalizedText(
                dutch:
                    "over IPv6 wordt niets bereikt, over IPv4 wel: vermoedelijk de eigen lijn van "
                    + "de monitor",
                english: "nothing is reached over IPv6, though it is over IPv4: probably the "
                    + "monitor's own line"))
    }

    /// Whether every endpoint of IPv6 that was probed lately fails and is reached over IPv4; nil when
    /// those are too few, such as while they back off.
    private func isIPv6Lost(at now: Timestamp) -> Bool? {
        guard families.ipv4.count >= Self.hostsOfDoubt else { return false }
        let lately = now - Self.ipv6RecentTime / acceleration
        var failing: Set<String> = []
        for ipv6 in families.ipv4.keys {
            guard let result = trackers[ipv6].status.lastResult, result.finishedAt >= lately,
                trackers[ipv6].status.state != .unknown
            else { continue }
            guard !result.hasConnected else { return false }
            // A name without an AAAA record says nothing of the line.
            let isOfName = [.dnsNoAddress, .dnsNXDomain, .dnsServfail, .dnsBogus]
                .contains(result.reason)
            if !isOfName, onlyIPv6Fails(ipv6) == true {
                failing.insert(catalogue.endpoints[ipv6].url.host)
            }
        }
        return failing.count >= Self.hostsOfDoubt ? true : nil
    }

    /// When a connection over IPv6 was last seen.
    private var lastSightOfIPv6: Timestamp? {
        families.ipv4.keys.compactMap { index -> Timestamp? in
            guard let result = trackers[index].status.lastResult, result.hasConnected else {
                return nil
            }
            return result.finishedAt
        }.max()
    }

    /// Whether no connection stands over IPv6 while one does over IPv4 to the same URL; nil when one
    /// of the two is not measured, or the other one not lately.
    func onlyIPv6Fails(_ tracker: Int) -> Bool? {
        guard let other = families.ipv4[tracker] else { return false }
        guard trackers[tracker].status.state != .unknown, trackers[other].status.state != .unknown,
            let result = trackers[tracker].status.lastResult,
            let compared = trackers[other].status.lastResult
        else { return nil }
        // The other one may have stopped connecting just now, after failures of another kind.
        let isReached =
            trackers[other].status.state == .flapping
            ? !trackers[other].isWithoutConnection : compared.reason?.isBeforeConnection != true
        guard trackers[tracker].isWithoutConnection, isReached else { return false }
        // A name without an A record is reached over IPv6 by both.
        let address = compared.hops.first?.address ?? compared.address
        guard address?.isIPv6 != true else { return false }
        // What answered before its server asked for rest, or refused us, says nothing of now.
        let interval = max(
            catalogue.endpoints[tracker].probe.interval, catalogue.endpoints[other].probe.interval)
        return result.slot.instant - compared.slot.instant <= interval * 2 ? true : nil
    }

    /// The endpoints that say how a service does.
    ///
    /// Where no connection stands over IPv6 browsers take IPv4 within a fraction of a second
    /// (RFC 8305 §5), so that visitors are served: `only_ipv6_fails` tells of that. What goes wrong
    /// on a connection that stands, such as a bad certificate, they do meet, and it counts.
    func countedTrackers(of service: Int) -> [Int] {
        guard !families.excused.isEmpty else { return trackersOfService[service] }
        return trackersOfService[service].filter { !families.excused.contains($0) }
    }

    /// Brings up to date whether an endpoint of IPv6 is excused.
    ///
    /// While its counterpart says nothing, such as when that was asked for rest, what was known stays:
    /// an old fault of IPv6 must not become an outage then.
    mutating func excuse(_ tracker: Int) {
        switch onlyIPv6Fails(tracker) {
        case true: families.excused.insert(tracker)
        case false: families.excused.remove(tracker)
        case nil: break
        }
    }

    /// Takes over, after a reload, who was excused.
    mutating func excuse(_ endpoints: Set<EndpointID>) {
        for tracker in families.ipv4.keys {
            if endpoints.contains(trackers[tracker].status.id) {
                families.excused.insert(tracker)
            }
            excuse(tracker)
        }
    }

    /// The endpoints that are excused.
    var excusedEndpoints: Set<EndpointID> {
        Set(families.excused.map { trackers[$0].status.id })
    }
}

extension ProbeResult {
    /// Whether a connection to the endpoint's own host stood.
    fileprivate var hasConnected: Bool {
        if let first = hops.first, first.status != nil || first.tls != nil { return true }
        return reason.map { !$0.isBeforeConnection && $0.meaning != .monitor } ?? true
    }
}
