/// What one service with one endpoint that is up looks like.
let goldenMetrics = #"""
    # HELP probe_success 1 when the last probe succeeded, 0 when it did not.
    # TYPE probe_success gauge
    probe_success{endpoint="digid-www",service="digid",vantage="local"} 1
    # HELP probe_duration_seconds How long the last probe took in all.
    # TYPE probe_duration_seconds gauge
    probe_duration_seconds{endpoint="digid-www",service="digid",vantage="local"} 0.020379
    # HELP probe_timeout_seconds The time limit of a whole probe.
    # TYPE probe_timeout_seconds gauge
    probe_timeout_seconds{endpoint="digid-www",service="digid",vantage="local"} 10
    # HELP probe_dns_lookup_time_seconds How long name resolution took.
    # TYPE probe_dns_lookup_time_seconds gauge
    probe_dns_lookup_time_seconds{endpoint="digid-www",service="digid",vantage="local"} 0.000035
    # HELP probe_ip_protocol 4 or 6, the IP version used; 0 without an address.
    # TYPE probe_ip_protocol gauge
    probe_ip_protocol{endpoint="digid-www",service="digid",vantage="local"} 4
    # HELP probe_ip_addr_hash Hash (FNV-1a, 32 bits) of the address used: a change means another address.
    # TYPE probe_ip_addr_hash gauge
    probe_ip_addr_hash{endpoint="digid-www",service="digid",vantage="local"} 3668918509
    # HELP vitaal_probe_interval_seconds Time from one probe to the next.
    # TYPE vitaal_probe_interval_seconds gauge
    vitaal_probe_interval_seconds{endpoint="digid-www",service="digid",vantage="local"} 120
    # HELP vitaal_probe_finished_timestamp_seconds When the last probe ended.
    # TYPE vitaal_probe_finished_timestamp_seconds gauge
    vitaal_probe_finished_timestamp_seconds{endpoint="digid-www",service="digid",vantage="local"} 1795463196.542
    # HELP vitaal_probe_lateness_seconds From the scheduled instant to the start of the last probe.
    # TYPE vitaal_probe_lateness_seconds gauge
    vitaal_probe_lateness_seconds{endpoint="digid-www",service="digid",vantage="local"} 0.0015
    # HELP vitaal_probe_attempts Attempts of the last probe: 2 when a first failure was checked once more.
    # TYPE vitaal_probe_attempts gauge
    vitaal_probe_attempts{endpoint="digid-www",service="digid",vantage="local"} 1
    # HELP vitaal_probe_last_success_timestamp_seconds When the last successful probe ended; absent when there was none.
    # TYPE vitaal_probe_last_success_timestamp_seconds gauge
    vitaal_probe_last_success_timestamp_seconds{endpoint="digid-www",service="digid",vantage="local"} 1795463196.542
    # HELP probe_http_duration_seconds How long each phase took, summed over redirects; 0 when not reached.
    # TYPE probe_http_duration_seconds gauge
    probe_http_duration_seconds{endpoint="digid-www",service="digid",vantage="local",phase="resolve"} 0.000035
    probe_http_duration_seconds{endpoint="digid-www",service="digid",vantage="local",phase="connect"} 0.00027
    probe_http_duration_seconds{endpoint="digid-www",service="digid",vantage="local",phase="tls"} 0.007034
    probe_http_duration_seconds{endpoint="digid-www",service="digid",vantage="local",phase="processing"} 0.006905
    probe_http_duration_seconds{endpoint="digid-www",service="digid",vantage="local",phase="transfer"} 0.00042
    # HELP probe_http_status_code The HTTP status; 0 without an answer.
    # TYPE probe_http_status_code gauge
    probe_http_status_code{endpoint="digid-www",service="digid",vantage="local"} 200
    # HELP probe_http_version The HTTP version of the answer; 0 without one.
    # TYPE probe_http_version gauge
    probe_http_version{endpoint="digid-www",service="digid",vantage="local"} 1.1
    # HELP probe_http_ssl 1 when the last connection used TLS, 0 when not.
    # TYPE probe_http_ssl gauge
    probe_http_ssl{endpoint="digid-www",service="digid",vantage="local"} 1
    # HELP probe_http_redirects Redirects followed.
    # TYPE probe_http_redirects gauge
    probe_http_redirects{endpoint="digid-www",service="digid",vantage="local"} 1
    # HELP probe_http_content_length The Content-Length header; -1 when absent, 0 without an answer.
    # TYPE probe_http_content_length gauge
    probe_http_content_length{endpoint="digid-www",service="digid",vantage="local"} 1151
    # HELP probe_http_uncompressed_body_length Bytes of the body read; the reading stops at a limit.
    # TYPE probe_http_uncompressed_body_length gauge
    probe_http_uncompressed_body_length{endpoint="digid-www",service="digid",vantage="local"} 1151
    # HELP probe_http_last_modified_timestamp_seconds The Last-Modified header; absent when the answer has none.
    # TYPE probe_http_last_modified_timestamp_seconds gauge
    probe_http_last_modified_timestamp_seconds{endpoint="digid-www",service="digid",vantage="local"} 1795000000
    # HELP probe_failed_due_to_regex 1 when a pattern on the headers or the body failed the probe, else 0.
    # TYPE probe_failed_due_to_regex gauge
    probe_failed_due_to_regex{endpoint="digid-www",service="digid",vantage="local"} 0
    # HELP probe_ssl_earliest_cert_expiry When the first of the certificates sent runs out, trusted or not, over all redirect hops.
    # TYPE probe_ssl_earliest_cert_expiry gauge
    probe_ssl_earliest_cert_expiry{endpoint="digid-www",service="digid",vantage="local"} 1795549597.042
    # HELP probe_ssl_last_chain_expiry_timestamp_seconds When the first certificate of the trusted path runs out; 0 without such a path.
    # TYPE probe_ssl_last_chain_expiry_timestamp_seconds gauge
    probe_ssl_last_chain_expiry_timestamp_seconds{endpoint="digid-www",service="digid",vantage="local"} 1795549597.042
    # HELP probe_ssl_last_chain_info The leaf certificate.
    # TYPE probe_ssl_last_chain_info gauge
    probe_ssl_last_chain_info{endpoint="digid-www",service="digid",vantage="local",fingerprint_sha256="abababababababababababababababababababababababababababababababab",subject="CN=www.digid.nl,O=Logius,C=NL",issuer="CN=Lab CA",subjectalternative="www.digid.nl,digid.nl",serialnumber="0f01"} 1
    # HELP vitaal_tls_certificate_not_after_timestamp_seconds When the leaf certificate runs out.
    # TYPE vitaal_tls_certificate_not_after_timestamp_seconds gauge
    vitaal_tls_certificate_not_after_timestamp_seconds{endpoint="digid-www",service="digid",vantage="local"} 1795549597.042
    # HELP vitaal_tls_certificate_not_before_timestamp_seconds When the leaf certificate became valid.
    # TYPE vitaal_tls_certificate_not_before_timestamp_seconds gauge
    vitaal_tls_certificate_not_before_timestamp_seconds{endpoint="digid-www",service="digid",vantage="local"} 1795203997.042
    # HELP vitaal_tls_certificate_lifetime_left_ratio Share of the lifetime left of the certificate on the path of any redirect hop that runs out first: 1 when new, negative when it has run out.
    # TYPE vitaal_tls_certificate_lifetime_left_ratio gauge
    vitaal_tls_certificate_lifetime_left_ratio{endpoint="digid-www",service="digid",vantage="local"} 0.25
    # HELP probe_tls_version_info The TLS version of the last handshake.
    # TYPE probe_tls_version_info gauge
    probe_tls_version_info{endpoint="digid-www",service="digid",vantage="local",version="TLS 1.3"} 1
    # HELP probe_tls_cipher_info The TLS cipher suite of the last handshake.
    # TYPE probe_tls_cipher_info gauge
    probe_tls_cipher_info{endpoint="digid-www",service="digid",vantage="local",cipher="TLS_AES_128_GCM_SHA256"} 1
    # HELP vitaal_tls_group_info The key exchange group of the last handshake.
    # TYPE vitaal_tls_group_info gauge
    vitaal_tls_group_info{endpoint="digid-www",service="digid",vantage="local",group="x25519"} 1
    # HELP vitaal_tls_trusted 1 when the certificate seen last is trusted, 0 when not.
    # TYPE vitaal_tls_trusted gauge
    vitaal_tls_trusted{endpoint="digid-www",service="digid",vantage="local"} 1
    # HELP vitaal_tls_staple_status What the OCSP response stapled last says.
    # TYPE vitaal_tls_staple_status gauge
    vitaal_tls_staple_status{endpoint="digid-www",service="digid",vantage="local",status="none"} 1
    # HELP vitaal_tls_renewal_expected_timestamp_seconds When renewal of the most pressing certificate of any redirect hop is expected: with a third of its lifetime left, a half under ten days.
    # TYPE vitaal_tls_renewal_expected_timestamp_seconds gauge
    vitaal_tls_renewal_expected_timestamp_seconds{endpoint="digid-www",service="digid",vantage="local"} 1795376797.042
    # HELP vitaal_tls_renewal_late 1 when renewal is so late that this level holds, 0 when not.
    # TYPE vitaal_tls_renewal_late gauge
    vitaal_tls_renewal_late{endpoint="digid-www",service="digid",vantage="local",level="warning"} 1
    vitaal_tls_renewal_late{endpoint="digid-www",service="digid",vantage="local",level="critical"} 1
    vitaal_tls_renewal_late{endpoint="digid-www",service="digid",vantage="local",level="page"} 0
    # HELP vitaal_endpoint_state The measured state of the endpoint: 1 for the current state, 0 for the others.
    # TYPE vitaal_endpoint_state gauge
    vitaal_endpoint_state{endpoint="digid-www",service="digid",vantage="local",state="up"} 1
    vitaal_endpoint_state{endpoint="digid-www",service="digid",vantage="local",state="degraded"} 0
    vitaal_endpoint_state{endpoint="digid-www",service="digid",vantage="local",state="impaired"} 0
    vitaal_endpoint_state{endpoint="digid-www",service="digid",vantage="local",state="busy"} 0
    vitaal_endpoint_state{endpoint="digid-www",service="digid",vantage="local",state="blocked"} 0
    vitaal_endpoint_state{endpoint="digid-www",service="digid",vantage="local",state="down"} 0
    vitaal_endpoint_state{endpoint="digid-www",service="digid",vantage="local",state="flapping"} 0
    vitaal_endpoint_state{endpoint="digid-www",service="digid",vantage="local",state="maintenance"} 0
    vitaal_endpoint_state{endpoint="digid-www",service="digid",vantage="local",state="unknown"} 0
    # HELP vitaal_probe_consecutive_failures Failed probes in a row up to now.
    # TYPE vitaal_probe_consecutive_failures gauge
    vitaal_probe_consecutive_failures{endpoint="digid-www",service="digid",vantage="local"} 0
    # HELP vitaal_probes_total Probes finished since the start, by result: success or the failure reason.
    # TYPE vitaal_probes_total counter
    vitaal_probes_total{endpoint="digid-www",service="digid",vantage="local",result="success"} 1
    # HELP vitaal_service_info Who runs the service, and its kind.
    # TYPE vitaal_service_info gauge
    vitaal_service_info{service="digid",tier="0",sector="identity",owner="Logius",kind="probed",name="DigiD"} 1
    # HELP vitaal_service_state The measured state of the service: 1 for the current state, 0 for the others.
    # TYPE vitaal_service_state gauge
    vitaal_service_state{service="digid",tier="0",sector="identity",state="up"} 1
    vitaal_service_state{service="digid",tier="0",sector="identity",state="degraded"} 0
    vitaal_service_state{service="digid",tier="0",sector="identity",state="impaired"} 0
    vitaal_service_state{service="digid",tier="0",sector="identity",state="busy"} 0
    vitaal_service_state{service="digid",tier="0",sector="identity",state="blocked"} 0
    vitaal_service_state{service="digid",tier="0",sector="identity",state="down"} 0
    vitaal_service_state{service="digid",tier="0",sector="identity",state="flapping"} 0
    vitaal_service_state{service="digid",tier="0",sector="identity",state="maintenance"} 0
    vitaal_service_state{service="digid",tier="0",sector="identity",state="unknown"} 0
    # HELP vitaal_service_effective_state The state with what the service depends on taken in: 1 for the current state, 0 for the others.
    # TYPE vitaal_service_effective_state gauge
    vitaal_service_effective_state{service="digid",tier="0",sector="identity",state="up"} 1
    vitaal_service_effective_state{service="digid",tier="0",sector="identity",state="degraded"} 0
    vitaal_service_effective_state{service="digid",tier="0",sector="identity",state="impaired"} 0
    vitaal_service_effective_state{service="digid",tier="0",sector="identity",state="busy"} 0
    vitaal_service_effective_state{service="digid",tier="0",sector="identity",state="blocked"} 0
    vitaal_service_effective_state{service="digid",tier="0",sector="identity",state="down"} 0
    vitaal_service_effective_state{service="digid",tier="0",sector="identity",state="flapping"} 0
    vitaal_service_effective_state{service="digid",tier="0",sector="identity",state="maintenance"} 0
    vitaal_service_effective_state{service="digid",tier="0",sector="identity",state="unknown"} 0
    # HELP vitaal_service_dependants Services that cannot work, or not be logged in to, without this one.
    # TYPE vitaal_service_dependants gauge
    vitaal_service_dependants{service="digid"} 2
    # HELP vitaal_alert 1 for each pending or firing alert; endpoint is empty for one about a service.
    # TYPE vitaal_alert gauge
    vitaal_alert{rule="unreachable",service="digid",endpoint="",level="page",state="firing"} 1
    # HELP vitaal_alerts Alerts by level and state.
    # TYPE vitaal_alerts gauge
    vitaal_alerts{level="digest",state="pending"} 0
    vitaal_alerts{level="digest",state="firing"} 0
    vitaal_alerts{level="warning",state="pending"} 0
    vitaal_alerts{level="warning",state="firing"} 0
    vitaal_alerts{level="critical",state="pending"} 0
    vitaal_alerts{level="critical",state="firing"} 0
    vitaal_alerts{level="page",state="pending"} 0
    vitaal_alerts{level="page",state="firing"} 1
    # HELP vitaal_incidents_open Incidents of which an alert still fires, by the most urgent level they have had.
    # TYPE vitaal_incidents_open gauge
    vitaal_incidents_open{level="digest"} 0
    vitaal_incidents_open{level="warning"} 0
    vitaal_incidents_open{level="critical"} 0
    vitaal_incidents_open{level="page"} 1
    # HELP vitaal_operator_actions Silences, acknowledgements and the like that hold now, by kind.
    # TYPE vitaal_operator_actions gauge
    vitaal_operator_actions{kind="silence"} 0
    vitaal_operator_actions{kind="acknowledgement"} 0
    vitaal_operator_actions{kind="maintenance"} 0
    vitaal_operator_actions{kind="dark"} 0
    # HELP vitaal_alerts_silenced Firing alerts that a silence keeps from being told.
    # TYPE vitaal_alerts_silenced gauge
    vitaal_alerts_silenced 0
    # HELP vitaal_build_info The version of Vitaal.
    # TYPE vitaal_build_info gauge
    vitaal_build_info{version="0.1.0"} 1
    # HELP vitaal_endpoints Endpoints being probed.
    # TYPE vitaal_endpoints gauge
    vitaal_endpoints 1
    # HELP vitaal_snapshot_timestamp_seconds The instant of the snapshot that these metrics show.
    # TYPE vitaal_snapshot_timestamp_seconds gauge
    vitaal_snapshot_timestamp_seconds 1795463197.042
    # HELP vitaal_finished_probes_total Probes finished, of all endpoints.
    # TYPE vitaal_finished_probes_total counter
    vitaal_finished_probes_total 12
    # HELP vitaal_probes_in_flight Probes running now.
    # TYPE vitaal_probes_in_flight gauge
    vitaal_probes_in_flight 0
    # HELP vitaal_missed_slots_total Probes that could not start before the next one of the same endpoint was due.
    # TYPE vitaal_missed_slots_total counter
    vitaal_missed_slots_total 0
    # HELP vitaal_confirmations_total Probes repeated to confirm or refute a first failure.
    # TYPE vitaal_confirmations_total counter
    vitaal_confirmations_total 0
    # HELP vitaal_dropped_results_total Results dropped because the monitor could not keep up.
    # TYPE vitaal_dropped_results_total counter
    vitaal_dropped_results_total 0
    # HELP vitaal_probe_lateness_max_seconds The largest lateness of a probe start since the last snapshot.
    # TYPE vitaal_probe_lateness_max_seconds gauge
    vitaal_probe_lateness_max_seconds 0.0015
    # HELP vitaal_blind Whether the monitor cannot see, so that no state can be believed.
    # TYPE vitaal_blind gauge
    vitaal_blind 0
    # HELP vitaal_evidence_lines_total Lines written to the evidence log.
    # TYPE vitaal_evidence_lines_total counter
    vitaal_evidence_lines_total 0
    # HELP vitaal_evidence_errors_total Failed attempts to write to the evidence log.
    # TYPE vitaal_evidence_errors_total counter
    vitaal_evidence_errors_total 0
    # HELP vitaal_evidence_lost_lines_total Lines of the evidence log lost because too many waited.
    # TYPE vitaal_evidence_lost_lines_total counter
    vitaal_evidence_lost_lines_total 0
    # HELP vitaal_evidence_waiting_lines Lines of the evidence log that wait because the disk refuses them.
    # TYPE vitaal_evidence_waiting_lines gauge
    vitaal_evidence_waiting_lines 0
    # HELP vitaal_ledger_writes_total Transactions of the ledger, which keeps alerts over a restart.
    # TYPE vitaal_ledger_writes_total counter
    vitaal_ledger_writes_total 0
    # HELP vitaal_ledger_errors_total Failed attempts to write to the ledger.
    # TYPE vitaal_ledger_errors_total counter
    vitaal_ledger_errors_total 0
    # HELP vitaal_ledger_waiting Alerts whose change waits because the disk refuses it.
    # TYPE vitaal_ledger_waiting gauge
    vitaal_ledger_waiting 0
    # HELP vitaal_lost_transitions_total Changes of alerts that nobody was told of because too many waited.
    # TYPE vitaal_lost_transitions_total counter
    vitaal_lost_transitions_total 0
    # HELP vitaal_inventory_sightings_total New sightings of certificates written to the inventory.
    # TYPE vitaal_inventory_sightings_total counter
    vitaal_inventory_sightings_total 0
    # HELP vitaal_inventory_errors_total Failed attempts to write the inventory of certificates.
    # TYPE vitaal_inventory_errors_total counter
    vitaal_inventory_errors_total 0
    # HELP vitaal_inventory_dropped_total Sightings of certificates lost because too many waited for the inventory.
    # TYPE vitaal_inventory_dropped_total counter
    vitaal_inventory_dropped_total 0
    # HELP vitaal_inventory_waiting New sightings of certificates that wait because the disk refuses them.
    # TYPE vitaal_inventory_waiting gauge
    vitaal_inventory_waiting 0
    # HELP vitaal_revocation_list_fetches_total Revocation lists fetched and read.
    # TYPE vitaal_revocation_list_fetches_total counter
    vitaal_revocation_list_fetches_total 0
    # HELP vitaal_revocation_list_failures_total Fetches that brought no revocation list: unreachable, too large, unreadable.
    # TYPE vitaal_revocation_list_failures_total counter
    vitaal_revocation_list_failures_total 0
    # HELP vitaal_revocation_lists Revocation lists at hand.
    # TYPE vitaal_revocation_lists gauge
    vitaal_revocation_lists 0
    # HELP vitaal_revocation_lists_bytes Bytes of the revocation lists at hand, as they were fetched.
    # TYPE vitaal_revocation_lists_bytes gauge
    vitaal_revocation_lists_bytes 0
    # HELP vitaal_trust_store_certificates Trusted roots.
    # TYPE vitaal_trust_store_certificates gauge
    vitaal_trust_store_certificates 140
    # HELP vitaal_trust_store_timestamp_seconds The date of the trusted roots: stated in the file, packaged, or modified.
    # TYPE vitaal_trust_store_timestamp_seconds gauge
    vitaal_trust_store_timestamp_seconds{source="packaged"} 1749772800
    # HELP vitaal_reloads_total Reloads of the configuration that succeeded.
    # TYPE vitaal_reloads_total counter
    vitaal_reloads_total 0
    # HELP vitaal_config_last_reload_successful 1 when the last reload, or the start, succeeded; 0 when the old one is kept.
    # TYPE vitaal_config_last_reload_successful gauge
    vitaal_config_last_reload_successful 1
    # HELP vitaal_config_last_reload_success_timestamp_seconds When the configuration in force was read.
    # TYPE vitaal_config_last_reload_success_timestamp_seconds gauge
    vitaal_config_last_reload_success_timestamp_seconds 1795463137.042
    # HELP vitaal_store_results_total Results kept by the store.
    # TYPE vitaal_store_results_total counter
    vitaal_store_results_total 12
    # HELP vitaal_store_refused_total Results that the store refused: too late, or too many in an hour.
    # TYPE vitaal_store_refused_total counter
    vitaal_store_refused_total 1
    # HELP vitaal_store_lost_total Results that were lost because the disk refused them for too long.
    # TYPE vitaal_store_lost_total counter
    vitaal_store_lost_total 2
    # HELP vitaal_store_waiting Results that wait to be made durable.
    # TYPE vitaal_store_waiting gauge
    vitaal_store_waiting 3
    # HELP vitaal_store_errors_total Failed file operations of the store.
    # TYPE vitaal_store_errors_total counter
    vitaal_store_errors_total 4
    # HELP vitaal_store_bytes Bytes that the results take on disk.
    # TYPE vitaal_store_bytes gauge
    vitaal_store_bytes 4096
    # HELP process_cpu_seconds_total User and system CPU time of the process.
    # TYPE process_cpu_seconds_total counter
    process_cpu_seconds_total 0.25
    # HELP process_resident_memory_bytes Resident memory of the process.
    # TYPE process_resident_memory_bytes gauge
    process_resident_memory_bytes 12345678
    # HELP process_open_fds Open file descriptors of the process.
    # TYPE process_open_fds gauge
    process_open_fds 12
    # HELP process_max_fds The most file descriptors the process may open.
    # TYPE process_max_fds gauge
    process_max_fds 1024
    # HELP process_start_time_seconds When the process started.
    # TYPE process_start_time_seconds gauge
    process_start_time_seconds 1795463137.042
    # HELP process_threads Threads of the process.
    # TYPE process_threads gauge
    process_threads 5
    """#
