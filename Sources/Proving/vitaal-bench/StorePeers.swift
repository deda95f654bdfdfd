import DurableStore
import Foundation
import HealthModel
import Observing
import ResultFormat
import Simulation

/// The same month of results in Vitaal's store, in Prometheus and in VictoriaMetrics.
///
/// The peers get what they can keep: success, HTTP status and duration, a series each. Prometheus
/// gets them from promtool, because it refuses old samples; VictoriaMetrics by its import.
struct StorePeers {
    /// Endpoints: a fifth of a million results each would make the text of the peers too large.
    static let endpoints = 20
    private static let days = 30
    private static let results = endpoints * days * 2880
    /// Long ago, since VictoriaMetrics refuses what lies in the future.
    private static let start = Timestamp(seconds: 1_767_225_600)
    private static let end = start + .seconds(days * 86_400)
    /// Times that a question is asked.
    private static let rounds = 3

    let workspace: Workspace

    /// What was measured of one store.
    private struct Figures {
        var bytes = 0
        var takingSeconds = 0.0
        var questionSeconds: Double?
    }

    /// The lines of a table that compares them; a peer that is not installed has no figures.
    func lines() throws -> [String] {
        var rows: [(String, [String])] = []
        for jitter in [0, 10] as [Int64] {
            let histories = Self.histories(jitterMilliseconds: jitter)
            let (own, ownRaw) = try vitaal(histories)
            let peers = [try prometheus(histories), try victoriaMetrics(histories)]
            let shape = jitter == 0 ? "on schedule" : "up to \(jitter) ms late"
            func perResult(_ bytes: Int) -> String {
                (Double(bytes) / Double(Self.results)).text(2)
            }
            rows.append(
                (
                    "bytes on disk per result, \(shape)",
                    ["\(perResult(ownRaw)); with hours and days \(perResult(own.bytes))"]
                        + peers.map { $0.map { perResult($0.bytes) } ?? "not installed" }
                ))
            guard jitter == 0 else { continue }
            rows.append(
                (
                    "results taken in per second of one core",
                    ([own] + peers).map { figures in
                        figures.map { "\(Int(Double(Self.results) / $0.takingSeconds))" } ?? ""
                    }
                ))
            rows.append(
                (
                    "availability, p95 and p99 of 30 days of all",
                    ([own] + peers).map { figures in
                        figures?.questionSeconds.map { "\($0.text(3)) s" } ?? ""
                    }
                ))
        }
        var lines = [
            "| \(Self.endpoints) endpoints at 30 s, 30 days, the same results | Vitaal "
                + "| Prometheus | VictoriaMetrics |",
            "|---|---|---|---|",
        ]
        for (name, cells) in rows {
            lines.append("| \(name) | \(cells.joined(separator: " | ")) |")
        }
        return lines
    }

    private static func histories(jitterMilliseconds: Int64) -> [[StoredResult]] {
        (0..<endpoints).map { seed in
            var history = ProbeHistory(
                seed: UInt64(seed), start: start,
                shape: .init(jitterMilliseconds: jitterMilliseconds))
            return (0..<days * 2880).map { _ in history.next() }
        }
    }

    // MARK: Vitaal

    private func vitaal(_ histories: [[StoredResult]]) throws -> (all: Figures, rawBytes: Int) {
        let directory = try workspace.makeDirectory("peers-vitaal")
        var options = DurableStore.Options()
        options.rawRetention = .seconds(40 * 86_400)
        var store = try DurableStore(directory: directory, options: options)
        var figures = Figures()
        let before = ownCPUSeconds()
        for hour in 0..<Self.days * 24 {
            let now = Self.start + .seconds(hour * 3600)
            for (endpoint, history) in histories.enumerated() {
                let batch = history[hour * 120..<hour * 120 + 120]
                store.append(
                    batch.map { StoreTiming.submission($0, EndpointID("e\(endpoint)")) }, at: now)
            }
            guard (store.commit() + store.maintain(at: now + .seconds(600))).isEmpty else {
                throw BenchError("the store cannot write")
            }
        }
        guard store.maintain(at: Self.end + .seconds(86_400)).isEmpty else {
            throw BenchError("the store cannot write")
        }
        figures.takingSeconds = ownCPUSeconds() - before
        figures.bytes = store.diskBytes
        let view = store.view
        figures.questionSeconds = try Self.median {
            let share = SeriesShare(0, of: 1)
            let found = try view.reports(from: Self.start, to: Self.end, share: share)
            for report in found.reports.values {
                _ = report.sketches[.total]?.quantile(0.95)
                _ = report.sketches[.total]?.quantile(0.99)
            }
            guard found.reports.count == Self.endpoints else { throw BenchError("reports") }
        }
        let raw = view.segments.filter { $0.facts.level == .raw }
        return (figures, raw.reduce(0) { $0 + $1.size })
    }

    // MARK: The peers

    private func prometheus(_ histories: [[StoredResult]]) throws -> Figures? {
        guard let promtool = Workspace.tool("promtool"),
            let program = Workspace.tool("prometheus")
        else { return nil }
        let text = try write(histories, to: "peers.om", isOpenMetrics: true)
        let blocks = try workspace.makeDirectory("peers-prometheus")
        var figures = Figures()
        let making = try ChildProcess(
            promtool,
            [
                "tsdb", "create-blocks-from", "--max-block-duration=486h", "openmetrics", text,
                blocks,
            ], log: "promtool.log", in: workspace)
        let end = making.wait()
        guard end.status == 0 else { throw BenchError("promtool: \(making.output.suffix(2000))") }
        try FileManager.default.removeItem(atPath: text)
        figures.takingSeconds = end.cpuSeconds
        figures.bytes = try Self.size(of: blocks)
        let port = try Loopback.freePort()
        let server = try ChildProcess(
            program,
            [
                "--config.file=\(try workspace.write("global: {}\n", to: "peers.yml"))",
                "--storage.tsdb.path=\(blocks)", "--storage.tsdb.retention.time=30y",
                "--web.listen-address=127.0.0.1:\(port)",
            ], log: "prometheus.log", in: workspace)
        defer { server.stop() }
        try wait(for: "Prometheus") { Loopback.get("/-/ready", port: port) != nil }
        figures.questionSeconds = try Self.median { try Self.ask(port: port) }
        return figures
    }

    private func victoriaMetrics(_ histories: [[StoredResult]]) throws -> Figures? {
        guard let program = Workspace.tool("victoria-metrics"), let curl = Workspace.tool("curl")
        else { return nil }
        let text = try write(histories, to: "peers.txt", isOpenMetrics: false)
        let data = try workspace.makeDirectory("peers-victoria")
        let port = try Loopback.freePort()
        let server = try ChildProcess(
            program,
            [
                "-storageDataPath", data, "-httpListenAddr", "127.0.0.1:\(port)",
                "-retentionPeriod", "100y",
            ], log: "victoria.log", in: workspace)
        defer { server.stop() }
        try wait(for: "VictoriaMetrics") { Loopback.get("/health", port: port) != nil }
        let before = try server.usage().cpuSeconds
        let sending = try ChildProcess(
            curl,
            [
                "-sS", "--fail", "-X", "POST", "-T", text,
                "http://127.0.0.1:\(port)/api/v1/import/prometheus",
            ], log: "curl.log", in: workspace)
        guard sending.wait().status == 0 else { throw BenchError("import: \(sending.output)") }
        try FileManager.default.removeItem(atPath: text)
        _ = Loopback.get("/internal/force_flush", port: port)
        var figures = Figures()
        figures.takingSeconds = try server.usage().cpuSeconds - before
        figures.questionSeconds = try Self.median { try Self.ask(port: port) }
        // Merged into as few parts as there can be: the size for which it is known.
        _ = Loopback.get("/internal/force_merge", port: port)
        var sizes: [Int] = []
        try wait(for: "the merge", seconds: 120) {
            Thread.sleep(forTimeInterval: 1)
            sizes.append(try Self.size(of: data + "/data"))
            return sizes.count > 3 && Set(sizes.suffix(3)).count == 1
        }
        figures.bytes = sizes.last ?? 0
        return figures
    }

    /// Asks what Vitaal's report says: three questions of PromQL.
    private static func ask(port: Int) throws {
        for query in [
            "avg_over_time(probe_success[30d])",
            "quantile_over_time(0.95,probe_duration_seconds[30d])",
            "quantile_over_time(0.99,probe_duration_seconds[30d])",
        ] {
            let escaped = query.replacingOccurrences(of: "[", with: "%5B")
                .replacingOccurrences(of: "]", with: "%5D")
            let path = "/api/v1/query?nocache=1&time=\(end.milliseconds / 1000)&query=\(escaped)"
            let answer = Loopback.get(path, port: port) ?? ""
            guard answer.components(separatedBy: "\"endpoint\":").count - 1 == endpoints else {
                throw BenchError("\(query): \(answer.prefix(300))")
            }
        }
    }

    private static func median(_ body: () throws -> Void) throws -> Double? {
        var times: [Double] = []
        for _ in 0..<rounds {
            let start = monotonicSeconds()
            try body()
            times.append(monotonicSeconds() - start)
        }
        return times.median
    }

    /// Writes all results as text, one family after the other.
    private func write(
        _ histories: [[StoredResult]], to name: String, isOpenMetrics: Bool
    ) throws -> String {
        let path = workspace.path(name)
        guard let file = fopen(path, "w") else { throw BenchError("\(path): errno \(errno)") }
        defer { fclose(file) }
        let families: [(String, (ResultRecord) -> String)] = [
            ("probe_success", { $0.isSuccess ? "1" : "0" }),
            ("probe_http_status_code", { "\($0.status ?? 0)" }),
            ("probe_duration_seconds", { Self.decimal($0.phases.totalMicroseconds, 6) }),
        ]
        for (family, value) in families {
            if isOpenMetrics { fputs("# TYPE \(family) gauge\n", file) }
            for (endpoint, history) in histories.enumerated() {
                let head = "\(family){endpoint=\"e\(endpoint)\"} "
                for result in history {
                    let record = result.record
                    let at = result.slot.milliseconds + record.latenessMicroseconds / 1000
                    let time = isOpenMetrics ? Self.decimal(at, 3) : "\(at)"
                    fputs("\(head)\(value(record)) \(time)\n", file)
                }
            }
        }
        if isOpenMetrics { fputs("# EOF\n", file) }
        return path
    }

    /// A number divided by a power of ten.
    private static func decimal(_ number: Int64, _ digits: Int) -> String {
        var text = "\(number)"
        while text.count <= digits { text = "0" + text }
        text.insert(".", at: text.index(text.endIndex, offsetBy: -digits))
        return text
    }

    /// Bytes of all files below a directory.
    private static func size(of directory: String) throws -> Int {
        guard let files = FileManager.default.enumerator(atPath: directory) else { return 0 }
        var sum = 0
        for case let name as String in files {
            // A file that was merged away meanwhile counts nothing.
            let facts = try? FileManager.default.attributesOfItem(atPath: directory + "/" + name)
            if facts?[.type] as? FileAttributeType == .typeRegular {
                sum += (facts?[.size] as? Int) ?? 0
            }
        }
        return sum
    }
}
