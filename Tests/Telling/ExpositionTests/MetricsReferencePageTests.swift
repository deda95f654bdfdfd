import Foundation
import HealthModel
import TestSupport
import Testing

@testable import Alerting
@testable import Exposition
@testable import Observing
@testable import Routing

@Suite struct MetricsReferencePageTests {
    @Test func thePageOfMetricsIsThatOfTheProgram() throws {
        var page = ReferencePage(
            "metrics.md", title: "The metrics of vitaal",
            about: """
                `GET /metrics` answers in the Prometheus text format, version 0.0.4. The families
                `probe_` have the names and meanings of blackbox_exporter, those of Vitaal's own
                begin with `vitaal_`, those of the process with `process_`. What is not known has
                no sample: absent is not the same as 0.
                """)
        let metrics = try StrictParser(
            HealthMetrics.text(of: try everything(), counters: counters(), version: "0.1.0"))
        for (title, prefix) in [
            ("Probes", "probe_"), ("Vitaal", "vitaal_"), ("The process", "process_"),
        ] {
            page.add("## \(title)")
            page.add(
                columns: ["metric", "type", "labels", "meaning"],
                rows: metrics.families.filter { $0.name.hasPrefix(prefix) }.map { family in
                    let labels = Set(family.samples.flatMap(\.labels.keys)).sorted()
                    return [
                        "`\(family.name)`", family.type,
                        labels.map { "`\($0)`" }.joined(separator: ", "), family.help,
                    ]
                })
        }
        for name in try writtenNames() {
            #expect(page.contains("| `\(name)` |"), "\(name) has no sample in this test")
        }
        try page.check()
    }

    /// The names of families in the sources.
    private func writtenNames() throws -> Set<String> {
        let directory = "Sources/Telling/Exposition"
        let files = try FileManager.default.contentsOfDirectory(
            atPath: Repository.root.appending(path: directory).path)
        let texts = try files.map { try Repository.text("\(directory)/\($0)") }
        let names = texts.flatMap { text in
            text.matches(of: /"((?:vitaal|probe|process)_[a-z0-9_]+)"/).map { String($0.1) }
        }
        #expect(names.count > 100)
        return Set(names)
    }

    private func counters() -> MonitorCounters {
        var counters = Fixture.counters()
        counters.receivers[ReceiverID("on-call"), default: ReceiverCounters()]
            .noteDelivery(after: .seconds(2))
        return counters
    }

    /// Everything that a sample can be of: one endpoint over HTTP that fails, one without HTTP.
    private func everything() throws -> HealthSnapshot {
        var status = Fixture.status(
            Fixture.result(reason: .tlsExpired, tls: Fixture.expiredRecord()), state: .down)
        status.lastSuccessAt = Fixture.now
        status.lastTLS?.revocation = [.good]
        status.lastResult?.tls = status.lastTLS
        status.lastHops = [ProbeHop(url: "https://www.digid.nl/", tls: status.lastTLS)]
        status.renewalOverdueAt = Fixture.now
        var scan = TLSScan()
        scan.versions = [TLSScan.Version(name: "TLSv1.3", answer: .no)]
        status.scan = TLSScanRecord(scan: scan, finishedAt: Fixture.now)
        var availability = Availability()
        availability.up = .seconds(86_400)
        status.history = EndpointHistory(
            takenAt: Fixture.now,
            windows: [.init(days: 1, availability: availability, results: 1, p95: nil, p99: nil)])
        var alert = Fixture.alert(.receiver(ReceiverID("on-call")))
        alert.level = .critical
        var snapshot = try Fixture.snapshot(status, alerts: [alert])
        let door = Endpoint(
            id: EndpointID("mail"), service: Fixture.digid,
            url: try #require(ProbeURL("smtp://mx.digid.nl/")), probe: Probe())
        snapshot.catalogue = ServiceCatalogue(
            services: snapshot.catalogue.services,
            endpoints: snapshot.catalogue.endpoints + [door])
        snapshot.endpoints.append(Fixture.status(Fixture.result(door.id)))
        var control = SelfDoubt.Control(door)
        control.isUp = true
        snapshot.controls = [control]
        snapshot.clock = .known(
            ClockDiscipline.Reading(
                isSynchronised: true, offset: .zero, errorMax: .zero, errorEstimate: .zero))
        var month = ObjectivePeriod(month: "2026-11")
        month.good = .seconds(1)
        snapshot.objectives = [
            ObjectiveStatus(
                service: Fixture.digid, objective: Objective(target: 0.995), months: [month],
                budgetLeft: 1, burnRate: nil)
        ]
        return snapshot
    }
}
