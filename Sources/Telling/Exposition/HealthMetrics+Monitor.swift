import Alerting
import HealthModel

extension HealthMetrics {
    /// What the monitor says about its own work; counters start at zero with the process.
    func writeMonitor(to text: inout PrometheusText) {
        text.openFamily("vitaal_build_info", .gauge, help: "The version of Vitaal.")
        text.addSample(LabelSet("version", version), .integer(1))
        text.addFamily(
            "vitaal_endpoints", .gauge, help: "Endpoints being probed.",
            .count(snapshot.endpoints.count))
        text.addFamily(
            "vitaal_snapshot_timestamp_seconds", .gauge,
            help: "The instant of the snapshot that these metrics show.",
            .timestamp(snapshot.takenAt))
        text.addFamily(
            "vitaal_finished_probes_total", .counter, help: "Probes finished, of all endpoints.",
            .count(counters.probes))
        text.addFamily(
            "vitaal_probes_in_flight", .gauge, help: "Probes running now.",
            .count(counters.probesInFlight))
        text.addFamily(
            "vitaal_missed_slots_total", .counter,
            help: "Probes that could not start before the next one of the same endpoint was due.",
            .count(counters.missedSlots))
        text.addFamily(
            "vitaal_confirmations_total", .counter,
            help: "Probes repeated to confirm or refute a first failure.",
            .count(counters.confirmations))
        text.addFamily(
            "vitaal_dropped_results_total", .counter,
            help: "Results dropped because the monitor could not keep up.",
            .count(counters.droppedResults))
        text.addFamily(
            "vitaal_probe_lateness_max_seconds", .gauge,
            help: "The largest lateness of a probe start since the last snapshot.",
            .microseconds(counters.latenessMicrosecondsMax))
        writeDoubt(to: &text)
        writeEvidence(to: &text)
        writeLedger(to: &text)
        writeReceivers(to: &text)
        writeInventory(to: &text)
        writeRevocation(to: &text)
        writeTrustStore(to: &text)
        writeConfiguration(to: &text)
    }

    private func writeEvidence(to text: inout PrometheusText) {
        text.addFamily(
            "vitaal_evidence_lines_total", .counter, help: "Lines written to the evidence log.",
            .count(counters.evidenceLines))
        text.addFamily(
            "vitaal_evidence_errors_total", .counter,
            help: "Failed attempts to write to the evidence log.", .count(counters.evidenceErrors))
        text.addFamily(
            "vitaal_evidence_lost_lines_total", .counter,
            help: "Lines of the evidence log lost because too many waited.",
            .count(counters.evidenceLost))
        text.addFamily(
            "vitaal_evidence_waiting_lines", .gauge,
            help: "Lines of the evidence log that wait because the disk refuses them.",
            .count(counters.evidenceWaiting))
    }

    private func writeLedger(to text: inout PrometheusText) {
        text.addFamily(
            "vitaal_ledger_writes_total", .counter,
            help: "Transactions of the ledger, which keeps alerts over a restart.",
            .count(counters.ledgerWrites))
        text.addFamily(
            "vitaal_ledger_errors_total", .counter,
            help: "Failed attempts to write to the ledger.", .count(counters.ledgerErrors))
        text.addFamily(
            "vitaal_ledger_waiting", .gauge,
            help: "Alerts whose change waits because the disk refuses it.",
            .count(counters.ledgerWaiting))
    }

    private func writeInventory(to text: inout PrometheusText) {
        text.addFamily(
            "vitaal_inventory_sightings_total", .counter,
            help: "New sightings of certificates written to the inventory.",
            .count(counters.inventoryWritten))
        text.addFamily(
            "vitaal_inventory_errors_total", .counter,
            help: "Failed attempts to write the inventory of certificates.",
            .count(counters.inventoryErrors))
        text.addFamily(
            "vitaal_inventory_dropped_total", .counter,
            help: "Sightings of certificates lost because too many waited for the inventory.",
            .count(counters.inventoryDropped))
        text.addFamily(
            "vitaal_inventory_waiting", .gauge,
            help: "New sightings of certificates that wait because the disk refuses them.",
            .count(counters.inventoryWaiting))
    }

    private func writeRevocation(to text: inout PrometheusText) {
        text.addFamily(
            "vitaal_revocation_list_fetches_total", .counter,
            help: "Revocation lists fetched and read.", .count(counters.revocationFetches))
        text.addFamily(
            "vitaal_revocation_list_failures_total", .counter,
            help: "Fetches that brought no revocation list: unreachable, too large, unreadable.",
            .count(counters.revocationFailures))
        text.addFamily(
            "vitaal_revocation_lists", .gauge, help: "Revocation lists at hand.",
            .count(counters.revocationLists))
        text.addFamily(
            "vitaal_revocation_lists_bytes", .gauge,
            help: "Bytes of the revocation lists at hand, as they were fetched.",
            .count(counters.revocationBytes))
    }

    private func writeTrustStore(to text: inout PrometheusText) {
        text.addFamily(
            "vitaal_trust_store_certificates", .gauge, help: "Trusted roots.",
            .count(counters.trustStoreCertificates))
        text.openFamily(
            "vitaal_trust_store_timestamp_seconds", .gauge,
            help: "The date of the trusted roots: stated in the file, packaged, or modified.")
        if let date = counters.trustStoreDate {
            text.addSample(LabelSet("source", date.source.rawValue), .timestamp(date.instant))
        }
    }

    private func writeConfiguration(to text: inout PrometheusText) {
        text.addFamily(
            "vitaal_reloads_total", .counter, help: "Reloads of the configuration that succeeded.",
            .count(counters.reloads))
        text.addFamily(
            "vitaal_config_last_reload_successful", .gauge,
            help: "1 when the last reload, or the start, succeeded; 0 when the old one is kept.",
            .flag(counters.isConfigurationCurrent))
        text.addFamily(
            "vitaal_config_last_reload_success_timestamp_seconds", .gauge,
            help: "When the configuration in force was read.",
            .timestamp(counters.configurationReadAt))
    }

    /// The process by the names every Prometheus client library uses.
    func writeProcess(to text: inout PrometheusText) {
        text.addFamily(
            "process_cpu_seconds_total", .counter,
            help: "User and system CPU time of the process.", .double(counters.cpuSeconds))
        text.addFamily(
            "process_resident_memory_bytes", .gauge, help: "Resident memory of the process.",
            .count(counters.residentBytes))
        text.addFamily(
            "process_open_fds", .gauge, help: "Open file descriptors of the process.",
            .count(counters.openDescriptors))
        text.addFamily(
            "process_max_fds", .gauge, help: "The most file descriptors the process may open.",
            .count(counters.descriptorLimit))
        text.addFamily(
            "process_start_time_seconds", .gauge, help: "When the process started.",
            .timestamp(counters.startedAt))
        text.addFamily(
            "process_threads", .gauge, help: "Threads of the process.", .count(counters.threads))
    }
}
