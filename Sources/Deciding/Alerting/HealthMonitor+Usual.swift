public import HealthModel
public import Observing

extension HealthMonitor {
    /// The quantiles whose usual value rules ask for.
    public var usualKinds: [UsualTimes.Kind] { usualTimes.kinds }

    /// Takes back how long probes of an endpoint took in whole hours of an earlier run.
    public mutating func recall(
        _ hours: [UsualTimes.Hour], of kind: UsualTimes.Kind, for endpoint: EndpointID
    ) {
        guard let tracker = trackerOfEndpoint[endpoint] else { return }
        usualTimes.recall(hours, of: kind, for: endpoint)
        outdate(tracker)
    }

    /// Learns from results that the store has.
    mutating func learnUsual(from results: [ProbeResult]) {
        for result in results { usualTimes.learn(from: result, store) }
    }
}
