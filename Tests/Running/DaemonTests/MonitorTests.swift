import Alerting
import HealthModel
import StatusServer
import TestSupport
import Testing

@testable import Daemon

struct MonitorTests {
    /// The inbox holds so many; one more drops the oldest and is counted.
    @Test(.timeLimit(.minutes(2)), arguments: [0, 1])
    func theInboxIsBounded(excess: Int) async throws {
        let bench = try Bench(services: ["one"])
        let limit = Limits.resultQueue
        bench.monitor.deliver([result(of: "one", 0, .dnsBogus)])
        bench.monitor.deliver(
            (1..<limit + excess).map { result(of: "one", Int64($0), nil) })
        #expect(bench.monitor.counters().droppedResults == excess)

        try bench.start()
        defer { bench.monitor.stop() }
        try await eventually("everything is applied") {
            bench.monitor.counters().probes == limit
        }
        let endpoint = try #require(bench.monitor.snapshot().endpoints.first)
        #expect(endpoint.failureCounts[.dnsBogus] == (excess == 0 ? 1 : nil))
        #expect(endpoint.lastResult?.slot.milliseconds == Int64(limit + excess - 1) * 1000)
        #expect(bench.monitor.counters().droppedResults == excess)
    }

    @Test(.timeLimit(.minutes(2)))
    func aReloadEndsTheAlertsOfWhatIsGone() async throws {
        let bench = try Bench(services: ["stays", "goes"])
        try bench.start()
        bench.monitor.deliver([
            result(of: "stays", 1, .connectRefused), result(of: "goes", 1, .connectRefused),
        ])
        try await eventually("both fire") { bench.monitor.snapshot().alerts.count == 2 }
        let before = try #require(
            bench.monitor.snapshot().alerts.first { $0.service == ServiceID("stays") })

        try bench.directory.write("probes/test.yml", Bench.catalogue(["stays", "comes"]))
        #expect(await bench.monitor.reload() == .applied)
        let after = bench.monitor.snapshot()
        #expect(after.alerts == [before])
        #expect(after.catalogue.services.map(\.id) == [ServiceID("stays"), ServiceID("comes")])
        #expect(bench.monitor.counters().reloads == 1)
        bench.monitor.stop()
        #expect(
            bench.evidence == [
                "monitor.start monitor", "alert.firing service/stays",
                "alert.firing service/goes", "alert.resolved service/goes",
                "config.reload monitor", "monitor.stop monitor",
            ])
        #expect(bench.lines.filter { $0.contains("RESOLVED") }.count == 1)
    }

    @Test(.timeLimit(.minutes(2)))
    func aReloadWithMistakesChangesNothing() async throws {
        let bench = try Bench(services: ["one"])
        try bench.start()
        let before = bench.monitor.snapshot().catalogue
        try bench.directory.write("probes/test.yml", Bench.catalogue(["one", "one"]))
        try bench.directory.write("alerts/rules.yml", "rules: ]")
        guard case .refused(let mistakes) = await bench.monitor.reload() else {
            Issue.record("a wrong configuration was taken")
            return
        }
        #expect(mistakes.contains { $0.contains("probes/test.yml:10:9:") }, "\(mistakes)")
        #expect(mistakes.contains { $0.contains("alerts/rules.yml:1:") }, "\(mistakes)")
        #expect(bench.monitor.snapshot().catalogue == before)
        #expect(!bench.monitor.counters().isConfigurationCurrent)
        #expect(bench.monitor.counters().reloads == 0)

        try bench.directory.write("probes/test.yml", Bench.catalogue(["two"]))
        try bench.directory.write("alerts/rules.yml", Bench.rules)
        #expect(await bench.monitor.reload() == .applied)
        #expect(bench.monitor.counters().isConfigurationCurrent)
        #expect(bench.monitor.snapshot().catalogue.services.map(\.id) == [ServiceID("two")])
        // Evidence and console are written by threads of their own; the end waits for both.
        bench.monitor.stop()
        #expect(
            bench.evidence == [
                "monitor.start monitor", "config.reload monitor", "config.reload monitor",
                "monitor.stop monitor",
            ])
        #expect(bench.lines.first?.contains("refused: 3 mistakes") == true, "\(bench.lines)")
        for mistake in mistakes {
            #expect(bench.lines.contains { $0.contains(mistake) })
        }
    }

    @Test func aMonitorThatWasNotStartedIsNotReadyAndStopsInSilence() throws {
        let bench = try Bench(services: ["one"])
        #expect(!bench.monitor.isReady)
        bench.monitor.stop()
        #expect(bench.evidence.isEmpty)
        #expect(bench.lines.isEmpty)
    }

    @Test(.timeLimit(.minutes(2)))
    func recentReasonsAreThoseOfTheLastProbes() async throws {
        let bench = try Bench(services: ["one"])
        try bench.start()
        defer { bench.monitor.stop() }
        let more = StatusDocument.recentResultsLimit + 5
        bench.monitor.deliver(
            (0..<more).map { result(of: "one", Int64($0), $0 == more - 1 ? .busy : nil) })
        try await eventually("all are applied") { bench.monitor.counters().probes == more }
        let reasons = bench.monitor.recentReasons(of: EndpointID("one-www"))
        #expect(reasons.count == StatusDocument.recentResultsLimit)
        #expect(reasons.last == .some(.busy))
        #expect(reasons.dropLast().allSatisfy { $0 == nil })
        #expect(bench.monitor.recentReasons(of: EndpointID("none")).isEmpty)
    }
}
