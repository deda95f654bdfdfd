import Foundation
import Glibc
import TestSupport
import Testing

/// The results on disk, by the daemon that keeps them and `vitaal store` that reads them.
struct StoreTests {
    private static func probes() throws -> Setting {
        try Setting(
            probes: Setting.catalogue(
                (1...5).map { "http://127.0.0.\($0):1/" }, interval: "1s", timeout: "500ms"))
    }

    /// The slots of each endpoint as exported; one that is not later than that before is a failure.
    private static func exported(_ setting: Setting) async throws -> [String: [String]] {
        let answer = try await Vitaal.outcome(
            ["store", "export", "--format", "csv", "--data-dir", setting.data])
        #expect(answer.status == 0, "\(answer.errors)")
        var slots: [String: [String]] = [:]
        for line in answer.output.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            let (endpoint, slot) = (String(fields[0]), String(fields[2]))
            #expect(fields.count == 17)
            #expect(fields[5] == "connect_refused")
            #expect(slots[endpoint]?.last ?? "" < slot)
            slots[endpoint, default: []].append(slot)
        }
        return slots
    }

    /// A SIGKILL at any instant loses nothing of what the daemon said is durable, and the next
    /// start goes on where it ended.
    @Test(.timeLimit(.minutes(3))) func nothingAcknowledgedIsLost() async throws {
        let setting = try Self.probes()
        var before: [String: [String]] = [:]
        for round in 0..<5 {
            var acknowledged = 0
            try await Vitaal.daemon(setting) { daemon in
                try await eventually("that results are durable") {
                    let kept = try await daemon.sample("vitaal_store_results_total") ?? 0
                    return kept >= Double(10 + round * 3) ? true : nil
                }
                let waiting = try await daemon.sample("vitaal_store_waiting") ?? 0
                acknowledged = Int(
                    (try await daemon.sample("vitaal_store_results_total") ?? 0) - waiting)
                daemon.child.send(SIGKILL)
                _ = try await daemon.child.waitForEnd()
            }
            let found = try await Self.exported(setting)
            // Whatever was there before is there, and what was acknowledged now came to it.
            for (endpoint, slots) in before {
                #expect(found[endpoint].map { Array($0.prefix(slots.count)) } == slots)
            }
            let count = { (all: [String: [String]]) in all.values.reduce(0) { $0 + $1.count } }
            #expect(count(found) - count(before) >= acknowledged)
            before = found
            let verified = try await Vitaal.outcome(["store", "verify", "--data-dir", setting.data])
            #expect(verified.output.contains("results read"), "\(verified.errors)")
        }
    }

    /// What was announced is down for nobody, in the report of all and of one, after the end too.
    @Test(.timeLimit(.minutes(2))) func announcedMaintenanceIsNotDown() async throws {
        let setting = try Self.probes()
        try await Vitaal.daemon(setting) { daemon in
            let added = try await Vitaal.outcome([
                "maintenance", "add", "s0", "--for", "1h", "--reason", "move", "--author", "anna",
                "--listen", daemon.address, "--data-dir", setting.data,
            ])
            #expect(added.status == 0, "\(added.errors)")
            let before = try await daemon.sample("vitaal_store_results_total") ?? 0
            try await eventually("results") {
                try await daemon.sample("vitaal_store_results_total") ?? 0 > before + 20
                    ? true : nil
            }
            #expect(try await daemon.stop(SIGTERM).end == .exit(0))
        }
        let shown = try await Vitaal.outcome(["store", "show", "e0", "--data-dir", setting.data])
        #expect(shown.status == 0 && shown.errors == "", "\(shown.errors)")
        #expect(!shown.output.contains("maintenance 0ms"), "\(shown.output)")
        let report = try await Vitaal.outcome([
            "store", "report", "--json", "--data-dir", setting.data,
        ])
        let rows = try #require(
            JSONSerialization.jsonObject(with: Data(report.output.utf8)) as? [[String: Any]])
        let row = try #require(rows.first { $0["endpoint"] as? String == "e0" })
        let maintenance = try #require(row["maintenance_seconds"] as? Double)
        // At most what was measured before it was announced is down.
        let down = try #require(row["down_seconds"] as? Double)
        #expect(maintenance > 1 && down < maintenance + 5, "\(row)")
    }

    /// The second run shows how the first one went.
    @Test(.timeLimit(.minutes(2))) func availabilityOutlivesARestart() async throws {
        let setting = try Self.probes()
        try await Vitaal.daemon(setting) { daemon in
            try await eventually("results") {
                try await daemon.sample("vitaal_store_results_total") ?? 0 > 20 ? true : nil
            }
            let stopped = try await daemon.stop(SIGTERM)
            #expect(stopped.end == .exit(0))
        }
        // From now on nothing is probed: what is shown is remembered.
        try setting.directory.write(
            "probes/test.yml",
            Setting.catalogue(["http://127.0.0.1:1/"], interval: "24h", timeout: "150ms"))
        try await Vitaal.daemon(setting) { daemon in
            try await eventually("the availability of the last day") {
                try await daemon.sample("vitaal_availability_ratio", "window=\"1d\"") == 0
                    ? true : nil
            }
            let status = try await daemon.status("e0")
            #expect(status.output.contains("24 hours: 0.00 % up, down"), "\(status.output)")
        }
        let report = try await Vitaal.outcome(
            ["store", "report", "--days", "1", "--data-dir", setting.data])
        #expect(report.status == 0)
        // All five were refused, and none was ever answered.
        #expect(report.output.split(separator: "\n").count == 6, "\(report.output)")
        #expect(report.output.contains("e0          0.00 %"), "\(report.output)")
        let show = try await Vitaal.outcome(
            ["store", "show", "e0", "--days", "1", "--data-dir", setting.data])
        #expect(show.status == 0)
        for words in ["up 0.00 %; down ", "no success", "failed: connect_refused ", "down once:"] {
            #expect(show.output.contains(words), "\(words) is not in \(show.output)")
        }
        let nobody = try await Vitaal.outcome(
            ["store", "show", "nobody", "--data-dir", setting.data])
        #expect(nobody.status == 3)
        #expect(nobody.errors.contains("nothing is kept of 'nobody' in 7 days"))
        try await Self.prometheusReads(setting)
        try await Self.importsWhatWasExported(setting)
        let info = try await Vitaal.outcome(["store", "info", "--data-dir", setting.data])
        #expect(info.status == 0)
        #expect(info.output.contains("series   5"), "\(info.output)")
    }

    /// What is exported and imported elsewhere is exported the same; again, it is there already.
    private static func importsWhatWasExported(_ setting: Setting) async throws {
        for format in ["csv", "jsonl"] {
            let export = ["store", "export", "--format", format, "--data-dir"]
            let first = try await Vitaal.outcome(export + [setting.data])
            let path = try setting.directory.write("export.\(format)", first.output)
            let other = setting.directory.path + "/other-\(format)"
            let take = ["store", "import", path, "--format", format, "--data-dir", other]
            let taken = try await Vitaal.outcome(take)
            #expect(taken.status == 0, "\(taken.errors)")
            #expect(taken.output.contains(" 0 were there already"), "\(taken.output)")
            #expect(try await Vitaal.outcome(export + [other]).output == first.output)
            let again = try await Vitaal.outcome(take)
            #expect(again.output.hasPrefix("0 results taken"), "\(again.output)")
        }
        let wrong = try setting.directory.write(
            "wrong.csv", "endpoint,slot,reason\na,2026-11-24T07:00:00Z,\na,yesterday,\n")
        let refused = try await Vitaal.outcome(
            ["store", "import", wrong, "--data-dir", setting.directory.path + "/wrong"])
        #expect(refused.status == 3)
        #expect(
            refused.errors.contains("wrong.csv:3: slot is 'yesterday'; expected an instant"),
            "\(refused.errors)")
        #expect(refused.output.contains("1 results taken"), "\(refused.output)")
    }

    /// What is exported becomes blocks of Prometheus; skipped where promtool is missing.
    private static func prometheusReads(_ setting: Setting) async throws {
        let export = try await Vitaal.outcome(
            ["store", "export", "--format", "openmetrics", "--data-dir", setting.data])
        #expect(export.output.hasSuffix("# EOF\n"))
        guard let promtool = tool("promtool") else { return }
        let path = try setting.directory.write("export.txt", export.output)
        let blocks = setting.directory.path + "/blocks"
        let made = try await Child.outcome(
            promtool, ["tsdb", "create-blocks-from", "openmetrics", path, blocks])
        #expect(made.status == 0, "\(made.output)\(made.errors)")
        let samples = export.output.split(separator: "\n").filter { !$0.hasPrefix("#") }
        // promtool reads a database only when it has the directory of a log.
        try FileManager.default.createDirectory(
            atPath: blocks + "/wal", withIntermediateDirectories: true)
        let dump = try await Child.outcome(promtool, ["tsdb", "dump", blocks])
        #expect(dump.output.split(separator: "\n").count == samples.count)
        #expect(samples.count > 20)
    }

    @Test(.timeLimit(.minutes(1))) func mistakesAreTold() async throws {
        let setting = try Self.probes()
        let none = try await Vitaal.outcome(["store", "--data-dir", setting.data])
        #expect(none.status == 3)
        #expect(none.errors.contains("cannot be read: No such file or directory"))
        try setting.directory.write(
            "data/results/journal-000000000001.vtj", "VITAALRS rubbish...., and more of it")
        let damaged = try await Vitaal.outcome(["store", "verify", "--data-dir", setting.data])
        #expect(damaged.status == 2)
        #expect(damaged.output.contains("damaged: "), "\(damaged.output)")
        let size = try await Vitaal.outcome(["run", "--max-disk", "5"])
        #expect(size.errors.contains("--max-disk"), "\(size.errors)")
        let rounding = try await Vitaal.outcome(["run", "--round-after", "1"])
        #expect(rounding.errors.contains("--round-after takes 2 to 14 days"), "\(rounding.errors)")
        let stranger = try await Vitaal.outcome(
            ["store", "export", "nobody", "--data-dir", setting.data])
        #expect(stranger.status == 3)
        #expect(stranger.errors.contains("there are no results of an endpoint 'nobody'"))
    }
}
