import HealthModel

extension HealthMetrics {
    /// Adds a gauge with one sample for each endpoint that has a last result and a value in it.
    func writeResults(
        _ name: String, help: String, ofHTTPOnly isHTTPOnly: Bool = false,
        to text: inout PrometheusText, _ value: (ResultFacts) -> SampleValue?
    ) {
        text.openFamily(name, .gauge, help: help)
        for row in endpoints where row.isHTTP || !isHTTPOnly {
            guard let result = row.result, let value = value(result) else { continue }
            text.addSample(row.labels, value)
        }
    }

    /// The same for endpoints where HTTP is probed.
    private func writeAnswers(
        _ name: String, help: String, to text: inout PrometheusText,
        _ value: (ResultFacts) -> SampleValue?
    ) {
        writeResults(name, help: help, ofHTTPOnly: true, to: &text, value)
    }

    /// The families that every kind of probe has.
    func writeProbes(to text: inout PrometheusText) {
        writeResults(
            "probe_success", help: "1 when the last probe succeeded, 0 when it did not.", to: &text
        ) { .flag($0.reason == nil) }
        writeResults(
            "probe_duration_seconds", help: "How long the last probe took in all.", to: &text
        ) { .microseconds($0.phases.totalMicroseconds) }
        text.openFamily(
            "probe_timeout_seconds", .gauge, help: "The time limit of a whole probe.")
        for row in endpoints {
            text.addSample(row.labels, .duration(row.timeout))
        }
        writeResults(
            "probe_dns_lookup_time_seconds", help: "How long name resolution took.", to: &text
        ) { .microseconds($0.phases.resolveMicroseconds) }
        writeResults(
            "probe_ip_protocol", help: "4 or 6, the IP version used; 0 without an address.",
            to: &text
        ) { .count($0.ipProtocol) }
        writeResults(
            "probe_ip_addr_hash",
            help: "Hash (FNV-1a, 32 bits) of the address used: a change means another address.",
            to: &text
        ) { .integer(Int64($0.addressHash)) }
        writeSchedule(to: &text)
    }

    /// When probes run and when they last succeeded or failed.
    private func writeSchedule(to text: inout PrometheusText) {
        text.openFamily(
            "vitaal_probe_interval_seconds", .gauge, help: "Time from one probe to the next.")
        for row in endpoints {
            text.addSample(row.labels, .duration(row.interval))
        }
        writeResults(
            "vitaal_probe_finished_timestamp_seconds", help: "When the last probe ended.", to: &text
        ) { .timestamp($0.finishedAt) }
        writeResults(
            "vitaal_probe_lateness_seconds",
            help: "From the scheduled instant to the start of the last probe.", to: &text
        ) { .microseconds($0.latenessMicroseconds) }
        writeResults(
            "vitaal_probe_attempts",
            help: "Attempts of the last probe: 2 when a first failure was checked once more.",
            to: &text
        ) { .count($0.attempts) }
        text.openFamily(
            "vitaal_probe_last_success_timestamp_seconds", .gauge,
            help: "When the last successful probe ended; absent when there was none.")
        for row in endpoints {
            guard let instant = row.lastSuccessAt else { continue }
            text.addSample(row.labels, .timestamp(instant))
        }
        text.openFamily(
            "vitaal_probe_last_failure_timestamp_seconds", .gauge,
            help: "When the last failed probe ended; absent when there was none.")
        for row in endpoints {
            guard let instant = row.lastFailureAt else { continue }
            text.addSample(row.labels, .timestamp(instant))
        }
    }

    /// The families of blackbox_exporter's http prober.
    ///
    /// A probe without an HTTP answer has the same zeros as there; an endpoint where no HTTP is
    /// spoken has none of them.
    func writeHTTP(to text: inout PrometheusText) {
        writePhases(to: &text)
        writeAnswers(
            "probe_http_status_code", help: "The HTTP status; 0 without an answer.", to: &text
        ) { .count($0.http?.status ?? 0) }
        writeAnswers(
            "probe_http_version", help: "The HTTP version of the answer; 0 without one.", to: &text
        ) { .double($0.http?.version ?? 0) }
        writeAnswers(
            "probe_http_ssl", help: "1 when the last connection used TLS, 0 when not.", to: &text
        ) { .flag($0.isTLS) }
        writeAnswers("probe_http_redirects", help: "Redirects followed.", to: &text) {
            .count($0.http?.redirects ?? 0)
        }
        writeAnswers(
            "probe_http_content_length",
            help: "The Content-Length header; -1 when absent, 0 without an answer.", to: &text
        ) { $0.http.map { .integer($0.contentLengthBytes ?? -1) } ?? .integer(0) }
        writeAnswers(
            "probe_http_uncompressed_body_length",
            help: "Bytes of the body read; the reading stops at a limit.", to: &text
        ) { .count($0.http?.bodyBytes ?? 0) }
        writeAnswers(
            "probe_http_last_modified_timestamp_seconds",
            help: "The Last-Modified header; absent when the answer has none.", to: &text
        ) { $0.http?.lastModified.map { .timestamp($0) } }
        writeAnswers(
            "probe_failed_due_to_regex",
            help: "1 when a pattern on the headers or the body failed the probe, else 0.", to: &text
        ) { .flag($0.reason == .headerMismatch || $0.reason == .bodyMismatch) }
    }

    private func writePhases(to text: inout PrometheusText) {
        let phases: [(LabelSet, KeyPath<PhaseDurations, Int64>)] = [
            (LabelSet("phase", "resolve"), \.resolveMicroseconds),
            (LabelSet("phase", "connect"), \.connectMicroseconds),
            (LabelSet("phase", "tls"), \.tlsMicroseconds),
            (LabelSet("phase", "processing"), \.processingMicroseconds),
            (LabelSet("phase", "transfer"), \.transferMicroseconds),
        ]
        text.openFamily(
            "probe_http_duration_seconds", .gauge,
            help: "How long each phase took, summed over redirects; 0 when not reached.")
        for row in endpoints where row.isHTTP {
            guard let result = row.result else { continue }
            for (label, phase) in phases {
                text.addSample(row.labels, label, .microseconds(result.phases[keyPath: phase]))
            }
        }
        text.openFamily(
            "vitaal_probe_phase_duration_seconds", .gauge,
            help: "How long each phase took where no HTTP is spoken: processing is the way to TLS "
                + "in plain text; 0 when not reached.")
        for row in endpoints where !row.isHTTP {
            guard let result = row.result else { continue }
            for (label, phase) in phases {
                text.addSample(row.labels, label, .microseconds(result.phases[keyPath: phase]))
            }
        }
    }

    /// Own state, reason and counts of each endpoint.
    func writeEndpointStates(to text: inout PrometheusText) {
        text.openFamily(
            "vitaal_endpoint_state", .gauge,
            help: "The measured state of the endpoint: 1 for the current state, 0 for the others.")
        for row in endpoints {
            for (state, label) in stateLabels {
                text.addSample(row.labels, label, .flag(row.state == state))
            }
        }
        text.openFamily(
            "vitaal_probe_failure_reason", .gauge,
            help: "1 for the reason why the last probe failed; absent when it succeeded.")
        for row in endpoints {
            guard let reason = row.result?.reason else { continue }
            text.addSample(row.labels, LabelSet("reason", reason.rawValue), .integer(1))
        }
        text.openFamily(
            "vitaal_probe_consecutive_failures", .gauge, help: "Failed probes in a row up to now.")
        for row in endpoints {
            text.addSample(row.labels, .count(row.consecutiveFailures))
        }
        text.openFamily(
            "vitaal_probes_total", .counter,
            help: "Probes finished since the start, by result: success or the failure reason.")
        let success = LabelSet("result", "success")
        for row in endpoints {
            text.addSample(row.labels, success, .count(row.successCount))
            for (reason, count) in row.failureCounts {
                text.addSample(row.labels, LabelSet("result", reason.rawValue), .count(count))
            }
        }
    }
}
