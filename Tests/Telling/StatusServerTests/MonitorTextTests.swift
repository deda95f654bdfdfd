import Alerting
import HealthModel
import Routing
import Testing

@testable import StatusServer

private func lines(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
}

/// What is said of the monitor itself, on the first screen and when it is asked for.
@Suite struct MonitorTextTests {
    /// `vitaal status monitor`: everything that may keep it from its work.
    @Test func theMonitorIsExplained() throws {
        var snapshot = try Fixture.calm()
        snapshot.endpoints[1].state = .unknown
        snapshot.endpoints[1].unmeasuredSince = Fixture.now - .seconds(600)
        snapshot.endpoints[1].lastResult?.reason = .monitorNoResolver
        snapshot.endpoints[1].lastResult?.detail = "no answer from 192.0.2.1"
        snapshot.failingReceivers = [ReceiverID("chat"): Fixture.now - .seconds(60)]
        var failing = ReceiverCounters()
        failing.failure = "HTTP 500"
        let stub = StubMonitor(
            snapshot, receivers: [ReceiverID("chat"): failing],
            refusal: ConfigurationRefusal(since: Fixture.now, mistakes: 2))
        let document = StatusDocument(reading: stub, ids: ["monitor"])
        #expect(
            StatusText.render(document, ids: ["monitor"], width: 100) == """
                ? NOT MEASURED  1 of 2 endpoints not measured.
                    since 2026-11-23 13:57:31 UTC: the monitor cannot reach a name server (no answer from 192.0.2.1)
                ! REFUSED  2 mistakes in the files since 2026-11-23 14:07:31 UTC.
                    The old configuration stays in force; the next restart will not start.
                  measured: 1 of 2 endpoints
                    1: the monitor cannot reach a name server (no answer from 192.0.2.1)
                      uwv-www
                  control targets: none
                  clock: unknown
                  load: 1234 probes and 0 missed slots since the start
                  receivers: 0 of 1 take notifications
                    since 2026-11-23 14:06:31 UTC: Receiver chat fails (HTTP 500); 0 wait.
                  configuration: that of 2026-11-23 13:07:31 UTC is in force
                NEXT: mend the line or the name server of this machine

                """)
        #expect(document.verdict.exitCode == 3)
        #expect(document.verdict.grounds.map(\.kind) == ["not_measured", "refused", "receiver"])
        #expect(document.unknownIDs(among: ["monitor"]) == [])
        let calm = StatusText.render(
            Fixture.document(try Fixture.calm(), about: ["monitor"]), ids: ["monitor"],
            language: .nl)
        #expect(calm.hasPrefix("✔ MONITOR  Alles wordt gemeten.\n"))
        #expect(calm.hasSuffix("NU: niets te doen\n"))
    }

    /// Files that were refused stand on the first screen, since the next restart will not start.
    @Test(arguments: [
        (
            StatusLanguage.en, "! REFUSED  1 mistake in the files since 2026-11-23 14:07:31 UTC.",
            "    The old configuration stays in force; the next restart will not start.",
            "NEXT: vitaal validate"
        ),
        (
            .nl, "! GEWEIGERD  1 fout in de bestanden sinds 2026-11-23 14:07:31 UTC.",
            "    De oude configuratie blijft gelden; de volgende herstart zal niet starten.",
            "NU: vitaal validate"
        ),
    ])
    func aRefusedReloadIsTold(
        language: StatusLanguage, first: String, second: String, last: String
    ) throws {
        let stub = StubMonitor(
            try Fixture.calm(), refusal: ConfigurationRefusal(since: Fixture.now, mistakes: 1))
        let document = StatusDocument(reading: stub)
        #expect(document.verdict.exitCode == 1)
        #expect(document.monitor.mistakes == 1)
        #expect(!document.monitor.isConfigurationCurrent)
        #expect(
            lines(StatusText.render(document, language: language)).dropFirst(2)
                == [first, second, last])
        #expect(StatusPage.html(of: document, language: language).contains(second.dropFirst(4)))
    }

    /// What was not measured yet is not well, but no trouble either.
    @Test func whoWaitsIsNotWell() throws {
        var snapshot = try Fixture.calm()
        snapshot.endpoints[1].state = .unknown
        snapshot.endpoints[1].unmeasuredSince = Fixture.now - .seconds(1)
        let document = Fixture.document(snapshot)
        #expect(document.verdict.exitCode == 0)
        #expect(!document.verdict.isWell)
        #expect(
            lines(StatusText.render(document)).dropFirst(2) == [
                "? WAITING  1 of 2 endpoints wait for a measurement.", "NEXT: nothing to do",
            ])
    }
}
