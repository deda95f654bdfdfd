import Alerting
import Exposition
import HealthModel
import Observing
import Testing

/// The metrics of one endpoint, read back strictly.
private func parsed(
    _ status: EndpointStatus, service: Service = Fixture.service(), alerts: [Alert] = []
) throws -> StrictParser {
    let snapshot = try Fixture.snapshot(status, service: service, alerts: alerts)
    return try StrictParser(
        HealthMetrics.text(of: snapshot, counters: Fixture.counters(), version: "0.1.0"))
}

@Suite struct HealthMetricsTests {
    @Test func aSmallSnapshotIsWrittenAsAgreed() throws {
        let snapshot = try Fixture.snapshot(
            Fixture.status(Fixture.result()), alerts: [Fixture.alert(.service(Fixture.digid))])
        let text = HealthMetrics.text(
            of: snapshot, counters: Fixture.counters(), version: "0.1.0")
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        let expected = goldenMetrics.split(separator: "\n")
        for (line, expectedLine) in zip(lines, expected) { #expect(line == expectedLine) }
        #expect(lines.count == expected.count)
    }

    @Test func availabilityIsThatOfTheExactStates() throws {
        var status = Fixture.status(Fixture.result())
        var availability = Availability()
        availability.up = .seconds(43_200)
        availability.unknown = .seconds(43_200)
        let empty = Availability()
        status.history = EndpointHistory(
            takenAt: Fixture.now,
            windows: [
                .init(days: 1, availability: availability, results: 1, p95: nil, p99: nil),
                .init(days: 7, availability: empty, results: 0, p95: nil, p99: nil),
            ])
        let metrics = try parsed(status)
        // What was never seen is not 0.
        let ratio = metrics.samples("vitaal_availability_ratio")
        #expect(ratio.map { $0.labels["window"] } == ["1d"])
        #expect(ratio.map(\.value) == ["1"])
        let unknown = metrics.samples("vitaal_availability_unknown_ratio")
        #expect(unknown.map(\.value) == ["0.5", "0"])
    }

    /// What the kernel does not say is not 0.
    @Test func theClockIsShownWhereTheKernelSpeaks() throws {
        func clock(_ discipline: ClockDiscipline?) throws -> [String] {
            var snapshot = try Fixture.snapshot(Fixture.status(Fixture.result()))
            snapshot.clock = discipline
            let metrics = try StrictParser(
                HealthMetrics.text(of: snapshot, counters: Fixture.counters(), version: "0.1.0"))
            return ["synchronised", "offset_seconds", "error_max_seconds"].flatMap {
                metrics.samples("vitaal_clock_" + $0).map(\.value)
            }
        }
        let reading = ClockDiscipline.Reading(
            isSynchronised: true, offset: .milliseconds(-2), errorMax: .milliseconds(250),
            errorEstimate: .zero)
        #expect(try clock(.known(reading)) == ["1", "-0.002", "0.25"])
        #expect(try clock(.unknown("container")) == [])
        #expect(try clock(nil) == [])
    }

    @Test func alertsOfTwoReceiversDiffer() throws {
        let alerts = ["a", "b"].map { name in
            Alert(
                key: AlertKey(
                    rule: RuleID("monitor-receiver"), subject: .receiver(ReceiverID(name))),
                service: ServiceID("monitor"), level: .critical, state: .firing,
                activeSince: Fixture.now, firingSince: Fixture.now, reason: nil,
                summary: LocalizedText(dutch: "", english: ""), runbook: nil)
        }
        let metrics = try parsed(Fixture.status(Fixture.result()), alerts: alerts)
        #expect(metrics.samples("vitaal_alert").map { $0.labels["receiver"] } == ["a", "b"])
    }

    @Test func aNeverMeasuredEndpointHasNoResult() throws {
        let metrics = try parsed(EndpointStatus(id: Fixture.digidEndpoint))
        #expect(metrics.samples("probe_success").isEmpty)
        #expect(metrics.samples("probe_http_status_code").isEmpty)
        #expect(metrics.samples("vitaal_tls_trusted").isEmpty)
        #expect(metrics.samples("vitaal_probe_last_success_timestamp_seconds").isEmpty)
        #expect(metrics.samples("vitaal_probes_total").map(\.value) == ["0"])
        let state = metrics.samples("vitaal_endpoint_state").filter { $0.value == "1" }
        #expect(state.map { $0.labels["state"] } == ["unknown"])
    }

    @Test(arguments: HealthState.allCases)
    func aStateSetHoldsEveryStateOnce(state: HealthState) throws {
        let metrics = try parsed(Fixture.status(nil, state: state))
        for name in [
            "vitaal_endpoint_state", "vitaal_service_state", "vitaal_service_effective_state",
        ] {
            let samples = metrics.samples(name)
            #expect(samples.count == HealthState.allCases.count)
            let current = samples.filter { $0.value == "1" }.map { $0.labels["state"] }
            #expect(current == [state.rawValue])
        }
    }

    @Test(arguments: Reason.allCases)
    func everyReasonIsALabel(reason: Reason) throws {
        let metrics = try parsed(Fixture.status(Fixture.result(reason: reason), state: .down))
        #expect(metrics.samples("probe_success").map(\.value) == ["0"])
        let reasons = metrics.samples("vitaal_probe_failure_reason")
        #expect(reasons.map { $0.labels["reason"] } == [reason.rawValue])
        let counted = metrics.samples("vitaal_probes_total")
        #expect(counted.map { $0.labels["result"] } == ["success", reason.rawValue])
        #expect(counted.map(\.value) == ["0", "1"])
        let isRegex = reason == .bodyMismatch || reason == .headerMismatch
        #expect(metrics.samples("probe_failed_due_to_regex").map(\.value) == [isRegex ? "1" : "0"])
    }

    @Test func aProbeWithoutAnAnswerHasBlackboxZeros() throws {
        var result = Fixture.result(reason: .timeoutConnect, tls: nil)
        result.http = nil
        result.address = nil
        let metrics = try parsed(Fixture.status(result, state: .down))
        for name in [
            "probe_http_status_code", "probe_http_version", "probe_http_ssl",
            "probe_http_redirects", "probe_http_content_length",
            "probe_http_uncompressed_body_length", "probe_ip_protocol", "probe_ip_addr_hash",
        ] {
            #expect(metrics.samples(name).map(\.value) == ["0"], "\(name)")
        }
        #expect(metrics.samples("probe_http_last_modified_timestamp_seconds").isEmpty)
    }

    @Test func anUnknownLengthIsMinusOne() throws {
        var result = Fixture.result()
        result.http?.contentLengthBytes = nil
        let metrics = try parsed(Fixture.status(result))
        #expect(metrics.samples("probe_http_content_length").map(\.value) == ["-1"])
    }

    @Test func aBadCertificateIsStillDescribed() throws {
        let tls = Fixture.expiredRecord()
        let metrics = try parsed(
            Fixture.status(Fixture.result(reason: .tlsExpired, tls: tls), state: .down))
        #expect(metrics.samples("vitaal_tls_trusted").map(\.value) == ["0"])
        #expect(
            metrics.samples("probe_ssl_last_chain_expiry_timestamp_seconds").map(\.value) == ["0"])
        #expect(
            metrics.samples("probe_ssl_earliest_cert_expiry").map(\.value) == ["1795376797.042"])
        // The record holds the error twice; the parser refuses a sample twice.
        let errors = metrics.samples("vitaal_tls_verification_error")
        #expect(errors.map { $0.labels["code"] } == ["cert_has_expired"])
        #expect(errors.map { $0.labels["depth"] } == ["0"])
        let left = metrics.samples("vitaal_tls_certificate_lifetime_left_ratio").first?.value
        #expect(try #require(left).hasPrefix("-"))
    }

    @Test func theCertificateStaysWhileTheEndpointIsDown() throws {
        var status = Fixture.status(Fixture.result(reason: .timeoutConnect, tls: nil), state: .down)
        status.lastTLS = Fixture.trustedRecord()
        let metrics = try parsed(status)
        #expect(metrics.samples("probe_ssl_earliest_cert_expiry").count == 1)
        #expect(
            metrics.samples("probe_tls_version_info").map { $0.labels["version"] } == ["TLS 1.3"])
        #expect(metrics.samples("probe_http_ssl").map(\.value) == ["0"])
    }

    /// Levels hold from their first instant on; a habit is shown once it is known.
    @Test func renewalIsTold() throws {
        // Four days, halfway expected: late with 1.5, 1 and 0.5 days left.
        for (hours, wanted) in [
            (37, ["0", "0", "0"]), (36, ["1", "0", "0"]), (12, ["1", "1", "1"]),
        ] {
            var tls = Fixture.trustedRecord()
            var leaf = Fixture.certificate(notAfter: Fixture.now + .seconds(Int64(hours) * 3600))
            leaf.notBefore = leaf.notAfter - .seconds(4 * 86_400)
            tls.chainSent = [leaf]
            tls.chainBuilt = [leaf]
            var status = Fixture.status(Fixture.result(tls: tls))
            let name = "vitaal_tls_renewal_overdue_timestamp_seconds"
            #expect(try parsed(status).samples(name).isEmpty)
            status.renewalOverdueAt = Fixture.now
            let metrics = try parsed(status)
            #expect(metrics.samples("vitaal_tls_renewal_late").map(\.value) == wanted, "\(hours)")
            #expect(metrics.samples(name).map(\.value) == ["1795463197.042"])
        }
        let never = try parsed(EndpointStatus(id: Fixture.digidEndpoint))
        #expect(never.samples("vitaal_tls_renewal_late").isEmpty)
        #expect(never.samples("vitaal_tls_renewal_expected_timestamp_seconds").isEmpty)
    }

    /// What a scan found is counted; what is unknown has no sample.
    @Test func scansAreTold() throws {
        var status = Fixture.status(Fixture.result())
        #expect(try parsed(status).samples("vitaal_tls_scan_timestamp_seconds").isEmpty)
        var scan = TLSScan()
        scan.versions = [
            TLSScan.Version(name: "TLSv1.3", answer: .unknown),
            TLSScan.Version(name: "TLSv1.2", answer: .yes),
            TLSScan.Version(name: "TLSv1.1", answer: .no),
        ]
        scan.versions[1].suites = ["TLS_RSA_WITH_AES_128_GCM_SHA256"]
        status.scan = TLSScanRecord(scan: scan, finishedAt: Fixture.now)
        let metrics = try parsed(status)
        let versions = metrics.samples("vitaal_tls_scan_version_accepted")
        #expect(versions.map { $0.labels["version"] } == ["TLSv1.2", "TLSv1.1"])
        #expect(versions.map(\.value) == ["1", "0"])
        let suites = metrics.samples("vitaal_tls_scan_insufficient_suites")
        #expect(suites.map { $0.labels["edition"] } == ["2.1.1", "2025-05"])
        #expect(suites.map(\.value) == ["0", "1"])
        #expect(metrics.samples("vitaal_tls_scan_post_quantum").isEmpty)
        #expect(metrics.samples("vitaal_tls_scan_timestamp_seconds").count == 1)
        status.scan?.scan.versions[0].answer = .no
        let refused = try parsed(status).samples("vitaal_tls_scan_post_quantum")
        #expect(refused.map(\.value) == ["0"])
    }

    @Test func everyHopHasItsOwnExpiryAndTheFirstCounts() throws {
        var early = Fixture.trustedRecord()
        early.chainSent = [Fixture.certificate(notAfter: Fixture.now + .seconds(3600))]
        early.chainBuilt = early.chainSent
        var status = Fixture.status(Fixture.result())
        status.lastHops = [
            ProbeHop(url: "http://www.digid.nl/"),
            ProbeHop(url: "https://www.digid.nl/", tls: early),
            ProbeHop(url: "https://mijn.digid.nl/", tls: Fixture.trustedRecord()),
        ]
        let metrics = try parsed(status)
        let hops = metrics.samples("vitaal_tls_hop_not_after_timestamp_seconds")
        #expect(hops.map { $0.labels["hop"] } == ["1", "2"])
        let earliest = metrics.samples("probe_ssl_earliest_cert_expiry").map(\.value)
        #expect(earliest == [try #require(hops.first).value])
        #expect(earliest != [try #require(hops.last).value])
        #expect(metrics.samples("vitaal_tls_hop_trusted").map(\.value) == ["1", "1"])
        let left = metrics.samples("vitaal_tls_certificate_lifetime_left_ratio").map(\.value)
        #expect(try #require(left.first.flatMap { Double($0) }) < 0.02)
    }

    @Test func whereNoHTTPIsSpokenThereAreNoHTTPFamilies() throws {
        var snapshot = try Fixture.snapshot(Fixture.status(Fixture.result()))
        let door = Endpoint(
            id: Fixture.digidEndpoint, service: Fixture.digid,
            url: try #require(ProbeURL("smtp://mx.digid.nl/")), probe: Probe())
        snapshot.catalogue = ServiceCatalogue(
            services: snapshot.catalogue.services, endpoints: [door])
        let bytes = HealthMetrics.text(of: snapshot, counters: Fixture.counters(), version: "1")
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains("probe_http_"))
        #expect(!text.contains("probe_failed_due_to_regex"))
        let metrics = try StrictParser(bytes)
        #expect(
            metrics.samples("vitaal_probe_phase_duration_seconds").map { $0.labels["phase"] }
                == ["resolve", "connect", "tls", "processing", "transfer"])
        #expect(metrics.samples("probe_ssl_earliest_cert_expiry").count == 1)
        #expect(metrics.samples("probe_success").count == 1)
    }

    @Test func theNewestCertificateIsShown() throws {
        var status = Fixture.status(
            Fixture.result(reason: .tlsExpired, tls: Fixture.expiredRecord()))
        status.lastTLS = Fixture.trustedRecord()
        #expect(try parsed(status).samples("vitaal_tls_trusted").map(\.value) == ["0"])
    }

    @Test(arguments: [
        ("TLSv1.3", "TLS 1.3"), ("TLSv1.2", "TLS 1.2"), ("TLSv1.1", "TLS 1.1"),
        ("TLSv1", "TLS 1.0"), ("SSLv3", "SSL 3.0"),
    ])
    func versionsAreSpelledAsInGo(openSSL: String, expected: String) throws {
        var tls = Fixture.trustedRecord()
        tls.version = openSSL
        let metrics = try parsed(Fixture.status(Fixture.result(tls: tls)))
        #expect(
            metrics.samples("probe_tls_version_info").map { $0.labels["version"] } == [expected])
    }

    @Test(arguments: [
        ("127.0.0.1", 3_668_918_509, 4), ("::ffff:127.0.0.1", 3_668_918_509, 6),
        ("::", 1_768_495_365, 6), ("::1", 1_751_717_746, 6), ("2001:db8::1", 1_851_458_804, 6),
        ("2001:db8:0:0:0:0:0:1", 1_851_458_804, 6), ("fe80::1%eth0", 3_766_760_168, 6),
        ("nonsense", 0, 4), ("1.2.3.256", 0, 4), ("1:2", 0, 6),
    ])
    func addressesHashAsInBlackbox(address: String, hash: Int, version: Int) throws {
        var result = Fixture.result()
        result.address = NetworkAddress(address)
        let metrics = try parsed(Fixture.status(result))
        #expect(metrics.samples("probe_ip_protocol").map(\.value) == ["\(version)"])
        #expect(metrics.samples("probe_ip_addr_hash").map(\.value) == ["\(hash)"])
    }

    @Test func hostileFactsBecomeLabelsUnharmed() throws {
        let hostile = "CN=\"}\n# TYPE probe_success counter\nprobe_success 1\\"
        var tls = Fixture.trustedRecord()
        tls.chainSent = [Fixture.certificate(subject: hostile, names: [hostile, "b"])]
        let metrics = try parsed(
            Fixture.status(Fixture.result(tls: tls)),
            service: Fixture.service(owner: hostile, name: hostile))
        let info = try #require(metrics.samples("probe_ssl_last_chain_info").first)
        #expect(info.labels["subject"] == hostile)
        #expect(info.labels["subjectalternative"] == hostile + ",b")
        #expect(metrics.samples("vitaal_service_info").first?.labels["owner"] == hostile)
    }

    @Test func alertsAreShownOneByOneAndCounted() throws {
        // A service and an endpoint may share their id; the two alerts must not collide.
        let metrics = try parsed(
            Fixture.status(Fixture.result()),
            alerts: [
                Fixture.alert(.service(ServiceID("x"))),
                Fixture.alert(.endpoint(EndpointID("x")), state: .pending),
            ])
        #expect(metrics.samples("vitaal_alert").map { $0.labels["endpoint"] } == ["", "x"])
        let counts = metrics.samples("vitaal_alerts")
        #expect(counts.count == Level.allCases.count * 2)
        let counted = counts.filter { $0.value == "1" }.map(\.labels)
        #expect(
            counted == [
                ["level": "page", "state": "pending"], ["level": "page", "state": "firing"],
            ])
    }

    @Test func anEmptySnapshotIsWellFormed() throws {
        let snapshot = HealthSnapshot(
            takenAt: Fixture.now, catalogue: .empty, endpoints: [], services: [], alerts: [])
        let text = HealthMetrics.text(of: snapshot, counters: Fixture.counters(), version: "0.1.0")
        #expect(try StrictParser(text).samples("vitaal_endpoints").map(\.value) == ["0"])
    }
}
