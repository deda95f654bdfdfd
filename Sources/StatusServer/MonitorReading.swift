public import Alerting
public import HealthModel

/// What the server may know of the monitor and ask of it.
///
/// Every member may be called from any thread, and answers without waiting for a probe.
public protocol MonitorReading: Sendable {
    /// The version of Vitaal, such as `0.1.0`.
    var version: String { get }
    /// The scenario of the lab being played; nil when real services are watched.
    var scenario: String? { get }
    /// Whether a configuration is loaded and probing has started.
    var isReady: Bool { get }
    /// Everything known now.
    func snapshot() -> HealthSnapshot
    /// What the monitor counts about itself.
    func counters() -> MonitorCounters
    /// The reasons of the last probes of an endpoint, oldest first, nil for a success; empty when
    /// it was never measured. More than `StatusDocument.recentResultsLimit` are cut.
    func recentReasons(of endpoint: EndpointID) -> [Reason?]
    /// Reads the configuration again; a wrong one changes nothing.
    func reload() async -> ReloadOutcome
}

extension MonitorReading {
    /// No lab.
    public var scenario: String? { nil }

    /// Nothing is remembered.
    public func recentReasons(of endpoint: EndpointID) -> [Reason?] { [] }
}

/// What became of a reload.
public enum ReloadOutcome: Sendable, Hashable {
    /// The new configuration is in force.
    case applied
    /// The old configuration stays; the mistakes in the new one, a line each.
    case refused(mistakes: [String])
}
