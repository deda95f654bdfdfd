import Alerting
import HealthModel
import Routing
import Testing
import YAMLReading

@testable import Catalogue

/// The shipped catalogue and rules over half an hour in which the own line is gone for ten minutes.
@Suite struct UplinkLostTests {
    static let loss = Int64(600)..<Int64(1200)
    static let start = Timestamp(seconds: 1_795_435_200)

    /// Whether there are control targets, and how long a probe without a line takes to fail.
    struct Case: Sendable, CustomStringConvertible {
        var hasControls: Bool
        var failsAfter: Int64
        var description: String { "\(hasControls), \(failsAfter) s" }
    }

    @Test(arguments: [
        Case(hasControls: true, failsAfter: 0), Case(hasControls: true, failsAfter: 10),
        Case(hasControls: false, failsAfter: 0), Case(hasControls: false, failsAfter: 10),
    ])
    func nobodyIsPagedForOthersAndOnceForTheMonitor(run: Case) throws {
        let read = try ConfigurationLoader.load(
            probesDirectory: shipped("probes"), alertsDirectory: shipped("alerts"))
        let controls = run.hasControls ? try Self.controls() : []
        let catalogue = ServiceCatalogue(
            services: read.catalogue.services, endpoints: read.catalogue.endpoints,
            controls: controls)
        #expect(catalogue.endpoints.count == 95)
        let broken = try #require(catalogue.endpoints(of: ServiceID("kvk")).first?.service)
        var monitor = HealthMonitor(
            catalogue: catalogue, rules: RuleSet(rules: read.rules.rules))
        let results = Self.results(of: catalogue, broken: broken, failsAfter: run.failsAfter)
        var told: [String] = []
        var blindAt: Int64?
        for second in Int64(0)..<2400 {
            monitor.apply(monitor.admit(results[second] ?? []))
            for one in monitor.evaluate(at: Self.start + .seconds(second))
            where one.alert.firingSince != nil {
                told.append("\(one.alert.key.rule) \(one.alert.key.subject) \(one.alert.state)")
            }
            if monitor.selfDoubt.isBlind, blindAt == nil { blindAt = second }
        }
        // The outage that there was goes on through the blindness, and ends after it.
        #expect(
            told == [
                "unreachable kvk firing", "monitor-blind monitor firing",
                "monitor-blind monitor resolved", "unreachable kvk resolved",
            ])
        let delay = try #require(blindAt) - Self.loss.lowerBound
        #expect(delay <= (run.hasControls ? 15 : 100))
    }

    private static func controls() throws -> [Endpoint] {
        let text = "defaults: {controls: ['https://a.example/', 'https://b.example/']}\n"
        return try CatalogueReader.read([SourceFile(path: "f", text: text)]).catalogue.controls
    }

    /// What is measured, by the second in which it is known.
    private static func results(
        of catalogue: ServiceCatalogue, broken: ServiceID, failsAfter: Int64
    ) -> [Int64: [ProbeResult]] {
        var results: [Int64: [ProbeResult]] = [:]
        for (number, endpoint) in catalogue.probedEndpoints.enumerated() {
            let interval = Int64(endpoint.probe.interval.components.seconds)
            let isControl = number >= catalogue.endpoints.count
            let wait = min(failsAfter, isControl ? 5 : 10)
            var slot = Int64(number * 7) % interval
            while slot < 2400 {
                var (end, reason) = (slot, nil as Reason?)
                if loss.contains(slot) {
                    // A first failure is confirmed after ten seconds, but for control targets.
                    let second = slot + wait + 10
                    end = isControl ? slot + wait : second
                    let isBack = !isControl && !loss.contains(second)
                    if !isBack {
                        reason = .connectUnreachable
                        end += isControl ? 0 : wait
                    }
                } else if endpoint.service == broken, (100..<1800).contains(slot) {
                    reason = .httpStatus
                }
                results[end, default: []].append(
                    ProbeResult(
                        endpoint: endpoint.id,
                        slot: Slot(milliseconds: (start + .seconds(slot)).milliseconds),
                        finishedAt: start + .seconds(end), reason: reason))
                slot += interval
            }
        }
        return results
    }
}
