import HealthModel
import TLSFindings

extension HealthMetrics {
    /// When certificates should be renewed, and how late that is.
    func writeRenewal(to text: inout PrometheusText) {
        text.openFamily(
            "vitaal_tls_renewal_expected_timestamp_seconds", .gauge,
            help: "When renewal of the most pressing certificate of any redirect hop is expected: "
                + "with a third of its lifetime left, a half under ten days.")
        for row in endpoints {
            guard let instant = row.renewalExpectedAt else { continue }
            text.addSample(row.labels, .timestamp(instant))
        }
        text.openFamily(
            "vitaal_tls_renewal_late", .gauge,
            help: "1 when renewal is so late that this level holds, 0 when not.")
        for row in endpoints where row.renewalExpectedAt != nil {
            for level in RenewalLevel.allCases {
                text.addSample(
                    row.labels, LabelSet("level", level.rawValue),
                    .flag(row.renewalLevel.map { $0 >= level } ?? false))
            }
        }
        text.openFamily(
            "vitaal_tls_renewal_overdue_timestamp_seconds", .gauge,
            help: "When renewal is overdue by the endpoint's own habit; absent before there is one."
        )
        for row in endpoints {
            guard let instant = row.renewalOverdueAt else { continue }
            text.addSample(row.labels, .timestamp(instant))
        }
    }
}
