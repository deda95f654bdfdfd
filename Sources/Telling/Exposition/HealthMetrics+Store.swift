import HealthModel
import Observing

extension HealthMetrics {
    /// What the durable store knows of endpoints; what is unknown has no sample.
    func writeHistories(to text: inout PrometheusText) {
        text.openFamily(
            "vitaal_availability_ratio", .gauge,
            help: "Time up as a share of time up and down, from exact states, over the window.")
        for row in endpoints {
            for window in row.history?.windows ?? [] {
                guard let ratio = window.availability.ratio else { continue }
                text.addSample(row.labels, LabelSet("window", "\(window.days)d"), .double(ratio))
            }
        }
        text.openFamily(
            "vitaal_availability_unknown_ratio", .gauge,
            help: "Time about which nothing is known as a share of the window.")
        for row in endpoints {
            for window in row.history?.windows ?? [] {
                let share =
                    window.availability.unknown.fractionalSeconds / Double(window.days * 86_400)
                text.addSample(row.labels, LabelSet("window", "\(window.days)d"), .double(share))
            }
        }
    }

    /// What the durable store does.
    func writeStore(to text: inout PrometheusText) {
        text.addFamily(
            "vitaal_store_results_total", .counter, help: "Results kept by the store.",
            .count(counters.storeAppended))
        text.addFamily(
            "vitaal_store_refused_total", .counter,
            help: "Results that the store refused: too late, or too many in an hour.",
            .count(counters.storeRefused))
        text.addFamily(
            "vitaal_store_lost_total", .counter,
            help: "Results that were lost because the disk refused them for too long.",
            .count(counters.storeLost))
        text.addFamily(
            "vitaal_store_waiting", .gauge, help: "Results that wait to be made durable.",
            .count(counters.storeWaiting))
        text.addFamily(
            "vitaal_store_errors_total", .counter, help: "Failed file operations of the store.",
            .count(counters.storeErrors))
        text.addFamily(
            "vitaal_store_bytes", .gauge, help: "Bytes that the results take on disk.",
            .count(counters.storeBytes))
    }
}
