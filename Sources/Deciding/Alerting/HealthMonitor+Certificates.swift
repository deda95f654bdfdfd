public import HealthModel
public import Observing
import Rules
public import TLSFindings

extension HealthMonitor {
    /// Takes back which certificates were seen before this run.
    ///
    /// They say how early endpoints renew, and what was new. What is learned from now on comes after
    /// it.
    ///
    /// - Parameter sights: Trusted leaves, the oldest first, each with the instant at which it was
    ///   first seen; those of other hosts than the endpoint's own are passed over.
    public mutating func recall(_ sights: [CertificateWatch.Sight]) {
        var shown: [Int: (leaf: Certificate, in: ProbeResult)] = [:]
        for tracker in trackers.indices {
            if let leaf = trackers[tracker].status.outlook.ownLeaf,
                let result = trackers[tracker].status.lastResult
            {
                shown[tracker] = (leaf, result)
            }
        }
        certificates.restore(sights, shown: shown, among: catalogue.endpoints)
        for tracker in trackers.indices { outdate(tracker) }
    }

    /// How early an endpoint renews; nil before a renewal was seen.
    public func renewalHistory(of endpoint: EndpointID) -> RenewalHistory? {
        certificates.renewal(of: endpoint)
    }

    /// When a change will be older than `window`; nil when nothing changed in it.
    func changeEnd(
        of fact: CertificateFact, _ window: Duration, _ tracker: Int, after now: Timestamp
    ) -> Timestamp? {
        let changed = certificates.lastChange(fact.change, of: trackers[tracker].status.id)
        guard let changed, now < changed + window else { return nil }
        return changed + window
    }

    /// What is known of each endpoint, with what its habit says of its renewal.
    func endpointStatuses() -> [EndpointStatus] {
        var statuses = trackers.map(\.status)
        for index in statuses.indices {
            if let leaf = statuses[index].ownLeaf,
                let history = certificates.renewal(of: statuses[index].id)
            {
                statuses[index].renewalOverdueAt = history.overdueStart(for: leaf)
            }
            if statuses[index].unmeasuredSince != nil, isMaintained(serviceOfTracker[index]) {
                statuses[index].unmeasuredSince = nil
            }
        }
        return statuses
    }
}
