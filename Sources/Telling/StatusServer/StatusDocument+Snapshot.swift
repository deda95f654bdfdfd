import Alerting
import HealthModel
import Incidents
import Observing
import Routing
import TLSFindings

extension StatusDocument {
    /// Describes what `reader` knows now.
    ///
    /// - Parameters:
    ///   - reader: The monitor.
    ///   - ids: What the verdict is about, as `HealthSnapshot.verdict` takes it; empty for the whole.
    ///     The rest is the same.
    public init(reading reader: some MonitorReading, ids: [String] = []) {
        let snapshot = reader.snapshot()
        let counters = reader.counters()
        let statuses = Dictionary(
            snapshot.endpoints.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        takenAt = Instant(snapshot.takenAt)
        verdict = Verdict(snapshot.verdict(counters, about: ids))
        monitor = Monitor(reader, snapshot: snapshot, counters: counters)
        monitor.addDoubt(of: snapshot)
        alerts = snapshot.alerts.map { alert in
            var shown = Alert(alert)
            shown.silencedBy = snapshot.silenced[alert.key]?.text
            return shown
        }
        actions = snapshot.actions.isEmpty ? nil : snapshot.actions.map { Action($0) }
        let incidents = snapshot.incidents.map(Incident.init)
        self.incidents = incidents.isEmpty ? nil : incidents
        let objectives = snapshot.objectives.compactMap(Objective.init)
        self.objectives = objectives.isEmpty ? nil : objectives
        services = snapshot.services.compactMap { status in
            guard let service = snapshot.catalogue.service(status.id) else { return nil }
            let endpoints = snapshot.catalogue.endpoints(of: service.id).map { endpoint in
                Endpoint(
                    endpoint, status: statuses[endpoint.id] ?? EndpointStatus(id: endpoint.id),
                    recent: reader.recentReasons(of: endpoint.id), at: snapshot.takenAt)
            }
            return Service(service, status: status, endpoints: endpoints)
        }
    }
}

extension StatusDocument.Text {
    init(_ text: LocalizedText) { self.init(nl: text.dutch, en: text.english) }
}

extension StatusDocument.Monitor {
    init(_ reader: some MonitorReading, snapshot: HealthSnapshot, counters: MonitorCounters) {
        self.init(
            version: reader.version, scenario: reader.scenario, isReady: reader.isReady,
            startedAt: Instant(counters.startedAt),
            configurationReadAt: Instant(counters.configurationReadAt),
            isConfigurationCurrent: counters.isConfigurationCurrent,
            refusedSince: counters.refusal.map { Instant($0.since) },
            mistakes: counters.refusal?.mistakes, endpoints: snapshot.endpoints.count,
            lastResultAt: snapshot.lastResultAt.map { Instant($0) },
            probes: counters.probes, probesInFlight: counters.probesInFlight,
            missedSlots: counters.missedSlots, confirmations: counters.confirmations,
            droppedResults: counters.droppedResults, evidenceLines: counters.evidenceLines,
            evidenceWaiting: counters.evidenceWaiting, evidenceLost: counters.evidenceLost,
            cpuSeconds: counters.cpuSeconds, residentBytes: counters.residentBytes,
            trustStore: counters.trustStoreDate.map {
                StatusDocument.TrustStore($0, at: snapshot.takenAt)
            },
            receivers: counters.receivers.isEmpty
                ? nil
                : counters.receivers.sorted { $0.key < $1.key }.map { id, one in
                    StatusDocument.Receiver(
                        id: id.text, waiting: one.waiting, delivered: one.delivered,
                        givenUp: one.givenUp, failure: one.failure,
                        failingSince: snapshot.failingReceivers[id].map { Instant($0) })
                })
    }
}

extension StatusDocument.TrustStore {
    init(_ date: TrustStoreDate, at now: Timestamp) {
        self.init(
            datedAt: Instant(date.instant), datedBy: date.source.rawValue,
            isOld: date.isOld(at: now), summary: StatusDocument.Text(date.text(at: now)))
    }
}

extension StatusDocument.Service {
    init(_ service: Service, status: ServiceStatus, endpoints: [StatusDocument.Endpoint]) {
        self.init(
            id: service.id.text, name: StatusDocument.Text(service.name), owner: service.owner,
            contact: service.contact, sector: service.sector, tier: service.tier.rawValue,
            kind: service.kind.rawValue,
            ownState: status.ownState.rawValue, effectiveState: status.effectiveState.rawValue,
            since: status.since.map { Instant($0) }, causes: status.causes.map(\.text),
            dependants: status.dependants.map(\.text), endpoints: endpoints)
    }
}

extension StatusDocument.Endpoint {
    init(_ endpoint: Endpoint, status: EndpointStatus, recent: [Reason?], at now: Timestamp) {
        // The newest record with a certificate, so that a new one never hides behind an old one.
        let tls = [status.lastResult?.tls, status.lastTLS].compactMap(\.self)
            .first { $0.leaf != nil }
        self.init(
            id: endpoint.id.text, url: endpoint.url.description, state: status.state.rawValue,
            since: status.since.map { Instant($0) },
            intervalSeconds: endpoint.probe.interval.fractionalSeconds,
            lastSuccessAt: status.lastSuccessAt.map { Instant($0) },
            lastFailureAt: status.lastFailureAt.map { Instant($0) },
            consecutiveFailures: status.consecutiveFailures,
            recent: String(
                recent.suffix(StatusDocument.recentResultsLimit).map { recentMark(of: $0) }),
            last: status.lastResult.map { StatusDocument.Result($0) },
            tls: tls.flatMap { StatusDocument.TLS($0, at: now) },
            renewal: StatusDocument.Renewal(status, at: now),
            scan: status.scan.map { StatusDocument.Scan($0) },
            history: status.history.map { $0.windows.map { StatusDocument.Window($0) } })
    }
}

extension StatusDocument.Window {
    init(_ window: EndpointHistory.Window) {
        let availability = window.availability
        self.init(
            days: window.days, availabilityRatio: availability.ratio,
            upSeconds: availability.up.fractionalSeconds,
            downSeconds: availability.down.fractionalSeconds,
            maintenanceSeconds: availability.maintenance.fractionalSeconds,
            unknownSeconds: availability.unknown.fractionalSeconds, results: window.results,
            p95Seconds: window.p95.map { Double($0.microseconds) / 1e6 },
            p99Seconds: window.p99.map { Double($0.microseconds) / 1e6 })
    }
}

extension StatusDocument.Scan {
    /// Describes a scan.
    init(_ record: TLSScanRecord) {
        let accepted = record.scan.versions.filter { $0.answer == .yes }
        self.init(
            finishedAt: Instant(record.finishedAt), versions: accepted.map(\.name),
            suites: accepted.flatMap(\.suites), postQuantum: record.scan.postQuantum.rawValue,
            isGivenUp: record.scan.isGivenUp,
            findings: ScanPolicy.judge(record.scan).map { finding in
                Finding(
                    id: finding.id.rawValue, severity: finding.severity.rawValue,
                    detail: finding.detail, text: StatusDocument.Text(finding.text),
                    remedy: StatusDocument.Text(finding.remedy))
            })
    }
}

extension StatusDocument.Renewal {
    /// Describes what is known of an endpoint; nil when no certificate was seen.
    init?(_ status: EndpointStatus, at now: Timestamp) {
        let certificates = status.tlsRecords.compactMap(\.runsOutFirst)
        guard let outlook = RenewalOutlook(certificates, at: now) else { return nil }
        self.init(
            expectedAt: Instant(outlook.expectedAt), level: outlook.level?.rawValue,
            nextLevel: outlook.nextLevel?.rawValue,
            nextLevelAt: outlook.nextLevelAt.map { Instant($0) },
            overdueAt: status.renewalOverdueAt.map { Instant($0) })
    }
}

/// One character for one past result.
private func recentMark(of reason: Reason?) -> Character {
    switch reason?.meaning {
    case nil: "."
    case .failure: "x"
    case .slow, .busy, .maintenance, .blocked: "~"
    case .monitor: "?"
    }
}

extension StatusDocument.Result {
    init(_ result: ProbeResult) {
        self.init(
            slot: Instant(result.slot.instant), finishedAt: Instant(result.finishedAt),
            outcome: result.isSuccess ? "success" : "failure", reason: result.reason?.rawValue,
            detail: result.detail.isEmpty ? nil : result.detail, attempts: result.attempts,
            firstReason: result.firstReason?.rawValue,
            phasesSeconds: StatusDocument.Phases(result.phases),
            http: result.http.map { StatusDocument.HTTP($0) }, address: result.address?.text,
            hops: result.hops.count > 1
                ? result.hops.map { StatusDocument.Hop($0, at: result.finishedAt) } : nil)
    }
}

extension StatusDocument.Hop {
    init(_ hop: ProbeHop, at now: Timestamp) {
        self.init(
            url: hop.url, address: hop.address?.text, status: hop.status,
            phasesSeconds: StatusDocument.Phases(hop.phases),
            tls: hop.tls.flatMap { StatusDocument.TLS($0, at: now) })
    }
}

extension StatusDocument.Phases {
    init(_ phases: PhaseDurations) {
        self.init(
            resolve: Double(phases.resolveMicroseconds) / 1e6,
            connect: Double(phases.connectMicroseconds) / 1e6,
            tls: Double(phases.tlsMicroseconds) / 1e6,
            processing: Double(phases.processingMicroseconds) / 1e6,
            transfer: Double(phases.transferMicroseconds) / 1e6,
            total: Double(phases.totalMicroseconds) / 1e6)
    }
}

extension StatusDocument.HTTP {
    init(_ answer: HTTPAnswer) {
        self.init(
            status: answer.status, version: answer.version, redirects: answer.redirects,
            bodyBytes: answer.bodyBytes, url: answer.url)
    }
}

extension StatusDocument.TLS {
    /// Describes a record; nil when it shows no certificate.
    init?(_ record: TLSRecord, at now: Timestamp) {
        guard let leaf = record.leaf, let first = record.runsOutFirst else { return nil }
        self.init(
            version: record.version, cipherSuite: record.cipherSuite, group: record.group,
            isTrusted: record.verdict == nil, verdict: record.verdict?.rawValue,
            errors: record.errors.map {
                StatusDocument.VerificationError(depth: $0.depth, code: $0.code)
            }, subject: leaf.subject, issuer: leaf.issuer, fingerprint: leaf.fingerprintSHA256,
            notBefore: Instant(leaf.notBefore), notAfter: Instant(leaf.notAfter),
            runsOutAt: Instant(first.notAfter), lifetimeLeftRatio: first.lifetimeLeft(at: now))
    }
}

extension StatusDocument.Alert {
    init(_ alert: Alert) {
        self.init(
            rule: alert.key.rule.text, subject: alert.key.subject.description,
            subjectKind: alert.key.subject.kind, service: alert.service.text,
            level: alert.level.rawValue, state: alert.state.rawValue,
            activeSince: Instant(alert.activeSince),
            firingSince: alert.firingSince.map { Instant($0) }, reason: alert.reason?.rawValue,
            summary: StatusDocument.Text(alert.summary), runbook: alert.runbook,
            incident: alert.incident?.text)
    }
}
