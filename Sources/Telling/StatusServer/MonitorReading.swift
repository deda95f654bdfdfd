public import Alerting
public import HealthModel
public import Routing

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
    /// Why a service, endpoint or incident paged or did not; nil when there is none of that name.
    func explain(_ name: String) -> Explanation?
    /// Reads the configuration again; a wrong one changes nothing.
    func reload() async -> ReloadOutcome
    /// What a request has to show that changes something as an operator; nil takes no orders.
    var operatorToken: String? { get }
    /// Carries out what an operator asks for, and answers when it is on the disk.
    func perform(_ order: OperatorOrder) async -> OrderOutcome
}

extension MonitorReading {
    /// No lab.
    public var scenario: String? { nil }

    /// Nothing is explained.
    public func explain(_ name: String) -> Explanation? { nil }

    /// No orders are taken.
    public var operatorToken: String? { nil }

    /// No orders are taken.
    public func perform(_ order: OperatorOrder) async -> OrderOutcome {
        .refused("this monitor takes no orders")
    }

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

/// What became of an order.
public enum OrderOutcome: Sendable, Hashable {
    /// It is in force; whether it is on the disk too, so that a restart does not forget it.
    case done(OperatorAnswer, isDurable: Bool)
    /// Nothing has changed, and why.
    case refused(String)
}
