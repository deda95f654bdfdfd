public import Alerting
public import HealthModel
import Observing

/// The metrics of one snapshot: what a Prometheus server reads from `/metrics`.
///
/// The `probe_` families carry the names and meanings of blackbox_exporter, so its dashboards and
/// rules work; the label `endpoint` stands where blackbox_exporter relies on `instance`. Families
/// of Vitaal's own start with `vitaal_`, those of the process with `process_`.
///
/// An endpoint that was never measured has no result families: absent is not the same as failed.
/// States are state sets: one sample per state, 1 for the current one and 0 for the others, so
/// that `avg_over_time` gives the share of time spent in a state. That is `HealthState.allCases`
/// (9) series per endpoint and 18 per service, never more.
public struct HealthMetrics: Sendable {
    let snapshot: HealthSnapshot
    let counters: MonitorCounters
    let version: String
    let endpoints: [EndpointRow]
    let services: [ServiceRow]
    let stateLabels = HealthState.allCases.map { ($0, LabelSet("state", $0.rawValue)) }

    /// Bytes set aside for each endpoint; measured 4.6 kB for one that is up over TLS.
    private static let bytesPerEndpoint = 6 * 1024
    /// Bytes set aside for each service.
    private static let bytesPerService = 3 * 1024
    /// Bytes set aside for what the monitor says about itself.
    private static let bytesOfMonitor = 16 * 1024

    /// Renders `snapshot` in the Prometheus text format, version 0.0.4.
    ///
    /// - Parameters:
    ///   - snapshot: What is known of the endpoints, services and alerts.
    ///   - counters: What the monitor counts about itself.
    ///   - version: The version of Vitaal, such as `0.1.0`.
    /// - Returns: UTF-8 text whose last line ends with a line feed.
    /// - Complexity: Linear in endpoints, services and alerts.
    public static func text(
        of snapshot: HealthSnapshot, counters: MonitorCounters, version: String
    ) -> [UInt8] {
        let metrics = HealthMetrics(snapshot: snapshot, counters: counters, version: version)
        var text = PrometheusText(
            reservedBytes: bytesOfMonitor + metrics.endpoints.count * bytesPerEndpoint
                + metrics.services.count * bytesPerService)
        metrics.writeProbes(to: &text)
        metrics.writeHTTP(to: &text)
        metrics.writeTLS(to: &text)
        metrics.writeEndpointStates(to: &text)
        metrics.writeServices(to: &text)
        metrics.writeObjectives(to: &text)
        metrics.writeAlerts(to: &text)
        metrics.writeHistories(to: &text)
        metrics.writeMonitor(to: &text)
        metrics.writeStore(to: &text)
        metrics.writeProcess(to: &text)
        return text.bytes
    }

    private init(snapshot: HealthSnapshot, counters: MonitorCounters, version: String) {
        self.snapshot = snapshot
        self.counters = counters
        self.version = version
        endpoints = snapshot.endpoints.compactMap { status in
            snapshot.catalogue.endpoint(status.id).map {
                EndpointRow(endpoint: $0, status: status, at: snapshot.takenAt)
            }
        }
        services = snapshot.services.compactMap { status in
            snapshot.catalogue.service(status.id).map { ServiceRow(service: $0, status: status) }
        }
    }
}

/// One service with its labels rendered once.
struct ServiceRow: Sendable {
    let service: Service
    let status: ServiceStatus
    let labels: LabelSet

    init(service: Service, status: ServiceStatus) {
        self.service = service
        self.status = status
        labels = LabelSet([
            "service": service.id.text, "tier": "\(service.tier.rawValue)",
            "sector": service.sector,
        ])
    }
}
