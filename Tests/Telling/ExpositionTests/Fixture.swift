import Alerting
import HealthModel
import Incidents
import Observing
import Testing

/// Snapshots for the tests, built from plain values.
enum Fixture {
    static let now = Timestamp(nanoseconds: 1_795_463_197_042_000_000)
    static let digid = ServiceID("digid")
    static let digidEndpoint = EndpointID("digid-www")

    static func certificate(
        subject: String = "CN=www.digid.nl,O=Logius,C=NL",
        names: [String] = ["www.digid.nl", "digid.nl"], notAfter: Timestamp = now + .seconds(86_400)
    ) -> Certificate {
        Certificate(
            fingerprintSHA256: String(repeating: "ab", count: 32), subject: subject,
            issuer: "CN=Lab CA", serialNumber: "0f01", names: names, nameCount: names.count,
            notBefore: now - .seconds(3 * 86_400), notAfter: notAfter, key: "EC prime256v1",
            signatureAlgorithm: "ecdsa-with-SHA256")
    }

    /// A finished handshake with a trusted chain.
    static func trustedRecord() -> TLSRecord {
        var tls = TLSRecord()
        tls.isHandshakeComplete = true
        tls.version = "TLSv1.3"
        tls.cipherSuite = "TLS_AES_128_GCM_SHA256"
        tls.group = "x25519"
        tls.chainSent = [certificate()]
        tls.chainBuilt = [certificate(), certificate(subject: "CN=Lab CA", names: [])]
        tls.isNameMatching = true
        return tls
    }

    /// A handshake that finished with an expired certificate, each error reported twice.
    static func expiredRecord() -> TLSRecord {
        var tls = trustedRecord()
        tls.chainSent = [certificate(notAfter: now - .seconds(86_400))]
        tls.chainBuilt = []
        let error = VerificationError(depth: 0, number: 10, code: "cert_has_expired")
        tls.errors = [error, error]
        tls.verdict = .tlsExpired
        return tls
    }

    /// A successful probe over HTTPS.
    static func result(
        _ endpoint: EndpointID = digidEndpoint, reason: Reason? = nil,
        tls: TLSRecord? = trustedRecord()
    ) -> ProbeResult {
        ProbeResult(
            endpoint: endpoint, slot: Slot(milliseconds: now.milliseconds - 1000),
            latenessMicroseconds: 1500, finishedAt: now - .milliseconds(500), reason: reason,
            phases: PhaseDurations(
                resolveMicroseconds: 35, connectMicroseconds: 270, tlsMicroseconds: 7034,
                processingMicroseconds: 6905, transferMicroseconds: 420,
                totalMicroseconds: 20_379),
            http: HTTPAnswer(
                status: 200, version: "1.1", redirects: 1, contentLengthBytes: 1151,
                bodyBytes: 1151, lastModified: Timestamp(seconds: 1_795_000_000),
                url: "https://www.digid.nl/"), address: NetworkAddress("127.0.0.1"), tls: tls)
    }

    static func service(
        _ id: ServiceID = digid, owner: String = "Logius", name: String = "DigiD"
    ) -> Service {
        Service(
            id: id, name: LocalizedText(dutch: name, english: name), owner: owner,
            sector: "identity", tier: .tier0)
    }

    static func endpoint(
        _ id: EndpointID = digidEndpoint, of service: ServiceID = digid
    ) throws
        -> Endpoint
    {
        let url = try #require(ProbeURL("https://www.digid.nl/"))
        return Endpoint(id: id, service: service, url: url, probe: Probe())
    }

    static func status(_ result: ProbeResult?, state: HealthState = .up) -> EndpointStatus {
        var status = EndpointStatus(id: result?.endpoint ?? digidEndpoint)
        status.state = state
        status.lastResult = result
        status.lastTLS = result?.tls
        guard let result else { return status }
        if result.isSuccess {
            status.lastSuccessAt = result.finishedAt
            status.successCount = 1
        } else {
            status.lastFailureAt = result.finishedAt
            status.consecutiveFailures = 1
        }
        if let reason = result.reason { status.failureCounts = [reason: 1] }
        return status
    }

    /// One service with one endpoint.
    static func snapshot(
        _ status: EndpointStatus, service: Service = service(), alerts: [Alert] = []
    ) throws -> HealthSnapshot {
        HealthSnapshot(
            takenAt: now,
            catalogue: ServiceCatalogue(
                services: [service], endpoints: [try endpoint(status.id, of: service.id)]),
            endpoints: [status],
            services: [
                ServiceStatus(
                    id: service.id, ownState: status.state, effectiveState: status.state,
                    since: now, causes: [], dependants: [ServiceID("duo"), ServiceID("uwv")])
            ], alerts: alerts,
            incidents: alerts.isEmpty ? [] : [incident(), incident(closed: true)])
    }

    static func incident(closed: Bool = false) -> IncidentStatus {
        var incident = Incident(
            id: IncidentID("INC-2026-0001"), root: .service(digid), openedAt: now)
        incident.level = .page
        incident.closedAt = closed ? now : nil
        return IncidentStatus(
            incident: incident, cause: LocalizedText(dutch: "DigiD", english: "DigiD"))
    }

    static func alert(_ subject: Subject, state: Alert.State = .firing) -> Alert {
        Alert(
            key: AlertKey(rule: RuleID("unreachable"), subject: subject), service: digid,
            level: .page, state: state, activeSince: now, firingSince: now,
            reason: .timeoutConnect, summary: LocalizedText(dutch: "d", english: "e"), runbook: nil)
    }

    static func counters() -> MonitorCounters {
        var counters = MonitorCounters(startedAt: now - .seconds(60))
        counters.probes = 12
        counters.cpuSeconds = 0.25
        counters.trustStoreDate = TrustStoreDate(
            instant: Timestamp(seconds: 1_749_772_800), source: .packaged)
        counters.trustStoreCertificates = 140
        counters.residentBytes = 12_345_678
        counters.openDescriptors = 12
        counters.descriptorLimit = 1024
        counters.threads = 5
        counters.storeAppended = 12
        counters.storeRefused = 1
        counters.storeLost = 2
        counters.storeWaiting = 3
        counters.storeErrors = 4
        counters.storeBytes = 4096
        counters.latenessMicrosecondsMax = 1500
        return counters
    }
}
