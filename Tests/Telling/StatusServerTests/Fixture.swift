import Alerting
import HealthModel
import Observing
import StatusServer
import Synchronization
import Testing

/// A monitor that knows what the test tells it.
final class StubMonitor: MonitorReading {
    let version = "0.1.0"
    let scenario: String?
    let isReady: Bool
    private let known: HealthSnapshot
    private let outcome: ReloadOutcome
    private let trustStoreDate: TrustStoreDate?
    private let receivers: [ReceiverID: ReceiverCounters]
    private let refusal: ConfigurationRefusal?
    private let calls = Mutex(0)

    init(
        _ snapshot: HealthSnapshot, isReady: Bool = true, scenario: String? = nil,
        outcome: ReloadOutcome = .applied, trustStoreDate: TrustStoreDate? = nil,
        receivers: [ReceiverID: ReceiverCounters] = [:], refusal: ConfigurationRefusal? = nil
    ) {
        self.receivers = receivers
        self.refusal = refusal
        self.trustStoreDate = trustStoreDate
        known = snapshot
        self.isReady = isReady
        self.scenario = scenario
        self.outcome = outcome
    }

    /// How often a reload was asked for.
    var reloads: Int { calls.withLock { $0 } }

    func snapshot() -> HealthSnapshot { known }

    func counters() -> MonitorCounters {
        var counters = MonitorCounters(startedAt: Fixture.now - .seconds(3600))
        counters.probes = 1234
        counters.cpuSeconds = 1.5
        counters.trustStoreDate = trustStoreDate
        counters.receivers = receivers
        counters.refusal = refusal
        return counters
    }

    func recentReasons(of endpoint: EndpointID) -> [Reason?] {
        let status = known.endpoints.first { $0.id == endpoint }
        let failures = status?.consecutiveFailures ?? 0
        return Array(repeating: nil, count: 40) + [.tooSlow, .monitorError]
            + Array(repeating: .timeoutTLS, count: failures)
    }

    func reload() async -> ReloadOutcome {
        calls.withLock { $0 += 1 }
        return outcome
    }
}

/// One service of a small catalogue and how it fares.
struct Case {
    var id: String
    var name: String
    var owner = "Logius"
    var tier = Tier.tier0
    var kind = Service.Kind.probed
    var own = HealthState.up
    var effective: HealthState?
    var causes: [String] = []
    var dependants: [String] = []
    var reason: Reason?
    var detail = ""
    var phases = PhaseDurations(
        resolveMicroseconds: 12_000, connectMicroseconds: 9000, tlsMicroseconds: 45_000,
        processingMicroseconds: 100_000, transferMicroseconds: 20_000, totalMicroseconds: 186_000)
    var http: HTTPAnswer? = HTTPAnswer(status: 200, version: "1.1", url: "https://example/")
    var tls: TLSRecord? = Fixture.record()
}

enum Fixture {
    static let now = Timestamp(nanoseconds: 1_795_442_851_000_000_000)

    static func record(
        verdict: Reason? = nil, notAfter: Timestamp = now + .seconds(61 * 86_400)
    )
        -> TLSRecord
    {
        var tls = TLSRecord()
        tls.isHandshakeComplete = true
        tls.version = "TLSv1.3"
        tls.cipherSuite = "TLS_AES_128_GCM_SHA256"
        tls.group = "x25519"
        tls.verdict = verdict
        tls.chainSent = [
            Certificate(
                fingerprintSHA256: String(repeating: "ab", count: 32),
                subject: "CN=www.digid.nl,O=Logius,C=NL", issuer: "CN=Lab CA", serialNumber: "0f01",
                names: ["www.digid.nl"], nameCount: 1, notBefore: now - .seconds(29 * 86_400),
                notAfter: notAfter, key: "EC prime256v1", signatureAlgorithm: "ecdsa-with-SHA256")
        ]
        if let verdict, verdict == .tlsExpired {
            tls.errors = [VerificationError(depth: 0, number: 10, code: "cert_has_expired")]
        }
        return tls
    }

    static func snapshot(
        _ cases: [Case], alerts: [Alert] = [], sampleAge: Duration = .seconds(2)
    ) throws -> HealthSnapshot {
        let probed = cases.filter { $0.kind == .probed }
        let services = cases.map { item in
            Service(
                id: ServiceID(item.id), name: LocalizedText(dutch: item.name, english: item.name),
                owner: item.owner, sector: "identity", tier: item.tier, kind: item.kind)
        }
        let endpoints = try probed.map { item in
            Endpoint(
                id: EndpointID(item.id + "-www"), service: ServiceID(item.id),
                url: try #require(ProbeURL("https://www.\(item.id).nl/")), probe: Probe())
        }
        return HealthSnapshot(
            takenAt: now, catalogue: ServiceCatalogue(services: services, endpoints: endpoints),
            endpoints: probed.map { status(of: $0, sampleAge: sampleAge) },
            services: cases.map { item in
                ServiceStatus(
                    id: ServiceID(item.id), ownState: item.own,
                    effectiveState: item.effective ?? item.own,
                    since: item.own == .unknown ? nil : now - .seconds(552),
                    causes: item.causes.map { ServiceID($0) },
                    dependants: item.dependants.map { ServiceID($0) })
            }, alerts: alerts)
    }

    private static func status(of item: Case, sampleAge: Duration) -> EndpointStatus {
        var status = EndpointStatus(id: EndpointID(item.id + "-www"))
        status.state = item.own
        guard item.own != .unknown else { return status }
        status.since = now - .seconds(552)
        status.lastResult = ProbeResult(
            endpoint: status.id, slot: Slot(milliseconds: (now - sampleAge).milliseconds - 400),
            finishedAt: now - sampleAge, reason: item.reason, detail: item.detail,
            phases: item.phases, http: item.http, address: NetworkAddress("127.0.0.1"),
            tls: item.tls)
        status.lastTLS = item.tls
        status.lastSuccessAt = item.reason == nil ? now - sampleAge : now - .seconds(600)
        status.consecutiveFailures = item.reason == nil ? 0 : 5
        status.successCount = 40
        if let reason = item.reason {
            status.failureCounts = [reason: 5]
            status.lastFailureAt = now - sampleAge
        }
        return status
    }

    static func alert(
        _ rule: String, _ subject: Subject, service: String, level: Level = .page,
        state: Alert.State = .firing, dutch: String = "DigiD antwoordt niet",
        english: String = "DigiD does not answer",
        runbook: String? = nil
    ) -> Alert {
        Alert(
            key: AlertKey(rule: RuleID(rule), subject: subject), service: ServiceID(service),
            level: level, state: state, activeSince: now - .seconds(552),
            firingSince: state == .firing ? now - .seconds(432) : nil, reason: .timeoutTLS,
            summary: LocalizedText(dutch: dutch, english: english),
            runbook: runbook)
    }

    static let dependants = ["belastingdienst", "cjib", "duo", "mijnoverheid", "rvo", "svb", "uwv"]

    /// Everything up but a dark service.
    static func calm(sampleAge: Duration = .seconds(2)) throws -> HealthSnapshot {
        try snapshot(
            [
                Case(id: "digid", name: "DigiD", dependants: dependants),
                Case(id: "uwv", name: "UWV", owner: "UWV", tier: .tier1),
                Case(id: "brp", name: "Basisregistratie Personen", kind: .dark, own: .unknown),
            ], sampleAge: sampleAge)
    }

    static let brokenDigid = Case(
        id: "digid", name: "DigiD", own: .down, dependants: dependants, reason: .timeoutTLS,
        detail: "10s",
        phases: PhaseDurations(
            resolveMicroseconds: 12_000, connectMicroseconds: 9000, tlsMicroseconds: 9_900_000,
            totalMicroseconds: 10_000_000), http: nil, tls: nil)

    /// DigiD is down and takes others with it; one certificate runs out elsewhere.
    static func outage(
        state: Alert.State = .firing, runbook: String? = nil
    ) throws -> HealthSnapshot {
        try snapshot(
            [
                brokenDigid,
                Case(
                    id: "uwv", name: "UWV", owner: "UWV", tier: .tier1, effective: .impaired,
                    causes: ["digid"]),
                Case(
                    id: "duo", name: "DUO", owner: "DUO", tier: .tier1, effective: .impaired,
                    causes: ["digid"]),
                Case(id: "knmi", name: "KNMI", owner: "KNMI", tier: .tier1),
                Case(id: "brp", name: "Basisregistratie Personen", kind: .dark, own: .unknown),
            ],
            alerts: [
                alert(
                    "unreachable", .service(ServiceID("digid")), service: "digid", state: state,
                    runbook: runbook),
                alert(
                    "certificate-running-out", .endpoint(EndpointID("knmi-www")), service: "knmi",
                    level: .warning, dutch: "het certificaat van knmi-www loopt af over 11d",
                    english: "the certificate of knmi-www runs out in 11d"),
            ])
    }

    static func document(
        _ snapshot: HealthSnapshot, scenario: String? = nil, about ids: [String] = []
    ) -> StatusDocument {
        StatusDocument(reading: StubMonitor(snapshot, scenario: scenario), ids: ids)
    }
}
