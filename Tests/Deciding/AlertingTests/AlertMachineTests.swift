import Alerting
import Foundation
import HealthModel
import Rules
import Testing

@Suite struct AlertMachineTests {
    private func feed(
        _ findings: [(Int64, AlertMachine.Finding)], hold: Duration = .zero, keep: Duration = .zero
    ) -> [AlertMachine.Change?] {
        var machine = AlertMachine()
        return findings.map { second, finding in
            machine.take(finding, at: at(second), holdTime: hold, keepFiringTime: keep)
        }
    }

    @Test func withoutHoldTimeItFiresAtTheFirstEvaluation() {
        #expect(
            feed([(0, .fails), (1, .holds), (2, .holds), (3, .fails), (4, .fails)])
                == [nil, .firing, nil, .resolved, nil])
    }

    @Test func theHoldTimeIsExact() {
        for (late, expected) in [
            (Int64(-1), AlertMachine.Change?.none), (0, .firing), (1, .firing),
        ] {
            var machine = AlertMachine()
            let first = machine.take(
                .holds, at: noon, holdTime: .seconds(60), keepFiringTime: .zero)
            #expect(first == .pending)
            let change = machine.take(
                .holds, at: at(60) + .nanoseconds(late), holdTime: .seconds(60),
                keepFiringTime: .zero)
            #expect(change == expected)
            #expect(machine.activeSince == noon)
            #expect((machine.firingSince != nil) == (expected == .firing))
        }
    }

    @Test func aPendingAlertThatStopsEndsWithoutHavingFired() {
        #expect(
            feed([(0, .holds), (30, .fails), (31, .holds), (91, .holds)], hold: .seconds(60))
                == [.pending, .ended, .pending, .firing])
    }

    @Test func theKeepFiringTimeIsExactAndStartsAnew() {
        #expect(
            feed(
                [
                    (0, .holds), (10, .fails), (19, .fails), (20, .fails), (21, .holds),
                    (30, .fails), (35, .holds), (40, .fails), (49, .fails), (50, .fails),
                ], keep: .seconds(10))
                == [.firing, nil, nil, .resolved, .firing, nil, nil, nil, nil, .resolved])
    }

    @Test func whileBlindNothingStartsFiresOrResolves() {
        #expect(feed([(0, .unknown), (1, .unknown)]) == [nil, nil])
        #expect(
            feed([(0, .holds), (70, .unknown), (80, .holds)], hold: .seconds(60))
                == [.pending, nil, .firing])
        #expect(
            feed([(0, .holds), (5, .unknown), (1_000_000, .unknown), (1_000_001, .fails)])
                == [.firing, nil, nil, .resolved])
        #expect(
            feed([(0, .holds), (5, .fails), (100, .unknown), (101, .fails)], keep: .seconds(50))
                == [.firing, nil, nil, .resolved])
    }

    @Test func aPendingAlertDoesNotOutliveLongBlindness() {
        let limit = Int64(AlertMachine.blindPendingMax.components.seconds)
        let hold = Duration.seconds(100_000)
        #expect(
            feed([(0, .holds), (10, .unknown), (10 + limit - 1, .unknown)], hold: hold)
                == [.pending, nil, nil])
        #expect(
            feed([(0, .holds), (10, .unknown), (10 + limit, .unknown)], hold: hold)
                == [.pending, nil, .ended])
        // Sight in between starts the count anew.
        #expect(
            feed(
                [(0, .holds), (10, .unknown), (500, .holds), (510, .unknown), (1100, .unknown)],
                hold: hold) == [.pending, nil, nil, nil, nil])
    }

    @Test func aClockSetBackDoesNotHoldTheAlertUp() {
        #expect(
            feed([(3600, .holds), (0, .holds), (59, .holds), (60, .holds)], hold: .seconds(60))
                == [.pending, nil, nil, .firing])
        #expect(
            feed([(3600, .holds), (3601, .fails), (0, .fails), (10, .fails)], keep: .seconds(10))
                == [.firing, nil, nil, .resolved])
    }
}

/// Random series against Prometheus' own rule engine.
@Suite struct PromtoolOracleTests {
    private static let promtool: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "")
        .split(separator: ":").map { "\($0)/promtool" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
    private static let times: [(hold: Int, keep: Int)] = [
        (0, 0), (1, 0), (3, 0), (0, 1), (0, 3), (2, 2), (5, 1), (1, 4),
    ]

    @Test(
        .enabled(
            if: promtool != nil,
            "needs promtool, of the Debian package prometheus"))
    func agreesWithPrometheusAtEveryTick() throws {
        var generator = SplitMix64(seed: 20_261_123)
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var rules = "groups:\n- name: g\n  rules:\n"
        for (index, time) in Self.times.enumerated() {
            rules += "  - alert: A\(index)\n    expr: x == 1\n    for: \(time.hold)m\n"
            rules += "    keep_firing_for: \(time.keep)m\n"
        }
        try Data(rules.utf8).write(to: folder.appending(path: "rules.yml"))
        var tests = "rule_files: [rules.yml]\nevaluation_interval: 1m\ntests:\n"
        // A thousand series, each with every rule.
        for _ in 0..<50 {
            tests += Self.testGroup((0..<20).map { _ in Self.randomSeries(&generator) })
        }
        try Data(tests.utf8).write(to: folder.appending(path: "tests.yml"))
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.promtool))
        process.arguments = ["test", "rules", "tests.yml"]
        process.currentDirectoryURL = folder
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text.prefix(4000))")
    }

    /// Zeros, ones and times without a sample in runs of differing length, so that every time is
    /// crossed and missed.
    private static func randomSeries(_ generator: inout SplitMix64) -> [String] {
        let stickiness = Int.random(in: 1...5, using: &generator)
        var value = "0"
        return (0..<25).map { _ in
            if Int.random(in: 0..<stickiness, using: &generator) == 0 {
                value = ["0", "1", "1", "stale"].randomElement(using: &generator) ?? "0"
            }
            return value
        }
    }

    /// Some series, and what our machines say at every tick, in promtool's YAML.
    private static func testGroup(_ group: [[String]]) -> String {
        var text = "- interval: 1m\n  input_series:\n"
        for (number, series) in group.enumerated() {
            let values = series.joined(separator: " ")
            text += "  - series: x{case=\"\(number)\"}\n    values: '\(values)'\n"
        }
        text += "  promql_expr_test:\n"
        var machines = group.map { _ in times.map { _ in AlertMachine() } }
        for tick in group[0].indices {
            text += "  - expr: ALERTS\n    eval_time: \(tick)m\n    exp_samples:\n"
            for (number, series) in group.enumerated() {
                for (index, time) in times.enumerated() {
                    _ = machines[number][index].take(
                        series[tick] == "1" ? .holds : .fails, at: at(Int64(tick) * 60),
                        holdTime: .seconds(time.hold * 60), keepFiringTime: .seconds(time.keep * 60)
                    )
                    let machine = machines[number][index]
                    guard machine.isActive else { continue }
                    let state = machine.firingSince == nil ? "pending" : "firing"
                    text += "    - labels: 'ALERTS{alertname=\"A\(index)\","
                    text += "alertstate=\"\(state)\",case=\"\(number)\"}'\n      value: 1\n"
                }
            }
        }
        return text
    }
}
