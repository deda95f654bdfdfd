import HealthModel

extension HealthMonitor {
    /// Learns what is new about the certificate that an endpoint's own URL shows.
    ///
    /// Comes before the tracker takes the result. Only what is trusted counts: of an untrusted
    /// certificate another rule tells.
    mutating func learnChange(from result: ProbeResult, of tracker: Int) {
        let tls = result.hops.isEmpty ? result.tls : result.hops[0].tls
        guard let leaf = tls?.leaf, tls?.verdict == nil,
            leaf.fingerprintSHA256
                != trackers[tracker].status.outlook.ownLeaf?.fingerprintSHA256
        else { return }
        note(sight(of: leaf, tracker, address: result.address?.text ?? "", at: result.finishedAt))
    }

    /// Learns what was new in an earlier run; what is shown now comes after it.
    mutating func recallChanges(_ sights: [CertificateWatch.Sight]) {
        certificateWatch = CertificateWatch()
        certificateChanges = [:]
        for sight in sights {
            guard let tracker = trackerOfEndpoint[sight.endpoint],
                catalogue.endpoints[tracker].url.host == sight.host
            else { continue }
            note(sight)
        }
        for tracker in trackers.indices {
            let status = trackers[tracker].status
            guard let leaf = status.outlook.ownLeaf, let result = status.lastResult else {
                continue
            }
            note(
                sight(of: leaf, tracker, address: result.address?.text ?? "", at: result.finishedAt)
            )
        }
        for tracker in trackers.indices { outdate(tracker) }
    }

    /// When a change will be older than `window`; nil when nothing changed in it.
    func changeEnd(
        of fact: CertificateFact, _ window: Duration, _ tracker: Int, after now: Timestamp
    ) -> Timestamp? {
        let changed = certificateChanges[trackers[tracker].status.id]?[fact.change]
        guard let changed, now < changed + window else { return nil }
        return changed + window
    }

    private func sight(
        of leaf: Certificate, _ tracker: Int, address: String, at instant: Timestamp
    ) -> CertificateWatch.Sight {
        let endpoint = catalogue.endpoints[tracker]
        return CertificateWatch.Sight(
            endpoint: endpoint.id, host: endpoint.url.host, address: address, leaf: leaf,
            at: instant)
    }

    private mutating func note(_ sight: CertificateWatch.Sight) {
        let hosts = catalogue.endpoints.lazy.map(\.url.host)
        for change in certificateWatch.note(sight, isOurs: { hosts.contains($0) }) {
            certificateChanges[sight.endpoint, default: [:]][change.kind] = change.at
        }
    }
}
