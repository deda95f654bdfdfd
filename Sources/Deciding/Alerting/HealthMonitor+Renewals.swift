public import HealthModel
public import TLSFindings

extension HealthMonitor {
    /// How early endpoints renew, by what was seen before this run.
    ///
    /// What is learned from now on comes after it.
    ///
    /// - Parameter sights: Trusted leaves, the oldest first, each with the instant at which it was
    ///   first seen; those of other hosts than the endpoint's own are passed over.
    public mutating func recall(_ sights: [CertificateWatch.Sight]) {
        var earlier: [EndpointID: RenewalHistory] = [:]
        var previous: [EndpointID: Certificate] = [:]
        for sight in sights {
            guard let index = trackerOfEndpoint[sight.endpoint],
                catalogue.endpoints[index].url.host == sight.host
            else { continue }
            if let old = previous[sight.endpoint] {
                guard sight.leaf.notAfter > old.notAfter else { continue }
                earlier[sight.endpoint, default: RenewalHistory()].learn(
                    previous: old, current: sight.leaf, at: sight.at)
            }
            previous[sight.endpoint] = sight.leaf
        }
        for (endpoint, history) in earlier {
            renewals[endpoint] = RenewalHistory(
                sharesLeft: history.sharesLeft + (renewals[endpoint]?.sharesLeft ?? []))
            if let index = trackerOfEndpoint[endpoint] { outdate(index) }
        }
        recallChanges(sights)
    }

    /// How early an endpoint renews; nil before a renewal was seen.
    public func renewalHistory(of endpoint: EndpointID) -> RenewalHistory? { renewals[endpoint] }

    /// What is known of each endpoint, with what its habit says of its renewal.
    func endpointStatuses() -> [EndpointStatus] {
        var statuses = trackers.map(\.status)
        for (endpoint, history) in renewals {
            guard let index = trackerOfEndpoint[endpoint], let leaf = statuses[index].ownLeaf
            else { continue }
            statuses[index].renewalOverdueAt = history.overdueStart(for: leaf)
        }
        for index in statuses.indices where statuses[index].unmeasuredSince != nil {
            if isMaintained(serviceOfTracker[index]) { statuses[index].unmeasuredSince = nil }
        }
        return statuses
    }

    /// Learns from a result that shows another certificate than the one before.
    ///
    /// Addresses that take turns with an old and a new certificate count once: what is compared
    /// with is the certificate that lasts longest.
    mutating func learnRenewal(from result: ProbeResult) {
        let tls = result.hops.isEmpty ? result.tls : result.hops[0].tls
        guard let leaf = tls?.leaf, tls?.verdict == nil else { return }
        guard let newest = newestLeaves[result.endpoint] else {
            newestLeaves[result.endpoint] = leaf
            return
        }
        guard leaf.notAfter > newest.notAfter else { return }
        newestLeaves[result.endpoint] = leaf
        var history = renewals[result.endpoint] ?? RenewalHistory()
        history.learn(previous: newest, current: leaf, at: result.finishedAt)
        if !history.sharesLeft.isEmpty { renewals[result.endpoint] = history }
    }
}
