import HealthModel
import TLSFindings

extension HealthMetrics {
    /// What the daily scans found; what is unknown has no sample.
    func writeScans(to text: inout PrometheusText) {
        text.openFamily(
            "vitaal_tls_scan_timestamp_seconds", .gauge,
            help: "When the last scan of what the server accepts ended.")
        for row in endpoints {
            guard let record = row.scan else { continue }
            text.addSample(row.labels, .timestamp(record.finishedAt))
        }
        text.openFamily(
            "vitaal_tls_scan_version_accepted", .gauge,
            help: "1 when the server accepts this version of TLS, 0 when it refuses it.")
        for row in endpoints {
            for version in row.scan?.scan.versions ?? [] where version.answer != .unknown {
                text.addSample(
                    row.labels, LabelSet("version", version.name), .flag(version.answer == .yes))
            }
        }
        text.openFamily(
            "vitaal_tls_scan_insufficient_suites", .gauge,
            help: "Accepted cipher suites that this edition of the NCSC guideline calls "
                + "insufficient.")
        for row in endpoints {
            guard let scan = row.scan?.scan else { continue }
            for edition in NCSCGrade.Edition.allCases {
                let suites = ScanPolicy.insufficientSuites(of: scan, edition)
                text.addSample(
                    row.labels, LabelSet("edition", edition.rawValue), .count(suites.count))
            }
        }
        text.openFamily(
            "vitaal_tls_scan_post_quantum", .gauge,
            help: "1 when the server agrees to a key exchange that withstands quantum computers, "
                + "0 when not.")
        for row in endpoints {
            guard let answer = row.scan?.scan.postQuantum, answer != .unknown else { continue }
            text.addSample(row.labels, .flag(answer == .yes))
        }
    }
}
