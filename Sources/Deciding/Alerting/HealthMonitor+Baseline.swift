public import HealthModel
public import Observing

extension HealthMonitor {
    /// Takes whether a server does what it should, as something else than a probe has found.
    public mutating func note(
        _ fact: BaselineFact, _ grade: BaselineGrade, of endpoint: EndpointID, at now: Timestamp
    ) {
        guard let tracker = trackerOfEndpoint[endpoint] else { return }
        outdate(tracker)
        guard trackers[tracker].baseline.take(fact, grade, at: now) else { return }
        let key = BaselinePass.Key(endpoint: endpoint, fact: fact)
        changedPasses[key] = BaselinePass(
            key: key, url: catalogue.endpoints[tracker].url.description, at: now)
    }

    /// Takes what a scan found.
    public mutating func note(_ scan: TLSScan, of endpoint: EndpointID, at now: Timestamp) {
        guard let grade = BaselineFact.judge(scan) else { return }
        note(.modernTLS, grade, of: endpoint, at: now)
    }

    /// Takes back what servers did in an earlier run, as far as they still have the same URL; nobody
    /// did it later than now, whatever the clock said then.
    mutating func recall(_ passes: [BaselinePass], at now: Timestamp) {
        for pass in passes {
            guard let tracker = trackerOfEndpoint[pass.key.endpoint],
                catalogue.endpoints[tracker].url.description == pass.url
            else { continue }
            trackers[tracker].baseline.recall(pass.key.fact, at: min(pass.at, now))
            outdate(tracker)
        }
    }
}
