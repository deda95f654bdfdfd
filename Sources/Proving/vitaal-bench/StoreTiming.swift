import DurableStore
import Foundation
import HealthModel
import Observing
import ResultFormat
import Simulation

/// Measures the durable store on simulated histories: bytes, ingest, acknowledgement, restart and
/// questions over 30 days.
struct StoreTiming {
    /// Endpoints of the month that is asked about.
    var endpoints = 1000
    /// Endpoints of a usual run.
    static let usualEndpoints = 1000
    /// Behind an hour everything in it is sealed after this time.
    private static let sealed: Duration = .seconds(4300)
    /// Days of it.
    static let days = 30
    private static let start = Timestamp(seconds: 1_793_491_200)
    private static let interval: Int64 = 30_000

    let workspace: Workspace
    private let rows = Rows()

    /// The lines of the table.
    private final class Rows {
        var lines: [String] = []
        var isMet = true

        func add(_ what: String, _ value: String, _ target: String, _ isMet: Bool?) {
            let verdict =
                switch isMet {
                case true?: "met"
                case false?: "**missed**"
                case nil: ""
                }
            if isMet == false { self.isMet = false }
            lines.append("| \(what) | \(value) | \(target) | \(verdict) |")
            say(lines[lines.count - 1])
        }
    }

    init(workspace: Workspace, endpoints: Int) {
        self.workspace = workspace
        self.endpoints = endpoints
    }

    /// Prints the table; whether every target is met.
    func run() async throws -> Bool {
        measureBytes()
        try measureIngest()
        try measureAcknowledgement()
        try await measureMonth()
        print("| durable store, \(endpoints) endpoints at 30 s | measured | target | |")
        print("|---|---|---|---|")
        print(rows.lines.joined(separator: "\n"))
        // The full size is for Vitaal alone: the peers would need hours.
        if endpoints <= Self.usualEndpoints {
            print(try StorePeers(workspace: workspace).lines().joined(separator: "\n"))
        }
        return rows.isMet
    }

    /// Ten endpoints, 30 days each, a chunk a day: the data that the peers' figures are of.
    private func measureBytes() {
        func bytes(
            _ shape: ProbeHistory.Shape, _ precision: ResultChunk.Precision = .exact
        ) -> Double {
            var total = 0
            for seed in 0..<10 as Range<UInt64> {
                var history = ProbeHistory(seed: seed, start: Self.start, shape: shape)
                for _ in 0..<Self.days {
                    let day = ResultChunk(results: (0..<2880).map { _ in history.next() })
                    total += day.encoded(precision).count
                }
            }
            return Double(total) / Double(10 * Self.days * 2880)
        }
        let onSchedule = bytes(.init())
        let jitter = bytes(.init(jitterMilliseconds: 10))
        let rounded = bytes(.init(), .rounded)
        let phases = bytes(.init(hasPhases: true))
        rows.add("bytes per result, on schedule", onSchedule.text(2), "≤ 2.4", onSchedule <= 2.4)
        rows.add("bytes per result, ±5 ms jitter", jitter.text(2), "≤ 3.2", jitter <= 3.2)
        rows.add("bytes per result, rounded to ±0.8 %", rounded.text(2), "≤ 1.0", rounded <= 1)
        rows.add("bytes per result, all six phases", phases.text(2), "stated", nil)
    }

    /// An hour of all endpoints in batches of 10,000, as fast as the disk acknowledges.
    private func measureIngest() throws {
        var store = try DurableStore(directory: workspace.makeDirectory("store-ingest"))
        let batches = submissions(hours: 1)
        let count = batches.reduce(0) { $0 + $1.count }
        let (wall, cpu) = (monotonicSeconds(), ownCPUSeconds())
        for batch in batches {
            store.append(batch, at: Self.start)
            guard store.commit().isEmpty else { throw BenchError("the store cannot write") }
        }
        let perSecond = Double(count) / (monotonicSeconds() - wall)
        let perCore = Double(count) / (ownCPUSeconds() - cpu)
        rows.add(
            "durable results per second of one core, batches of 10,000",
            "\(Int(perCore)) (\(Int(perSecond)) by the clock)", "≥ 1,000,000",
            perCore >= 1_000_000)
    }

    /// The real load of 10,000 endpoints with three vantages: 100 results every 100 ms.
    private func measureAcknowledgement() throws {
        var store = try DurableStore(directory: workspace.makeDirectory("store-ack"))
        let all = submissions(hours: 1).flatMap { $0 }
        var took: [Double] = []
        for round in 0..<100 {
            let start = monotonicSeconds()
            store.append(
                Array(all.dropFirst(round * 100 % all.count).prefix(100)), at: Self.start)
            _ = store.commit()
            took.append(monotonicSeconds() - start)
            sleep(until: start + 0.1)
        }
        took.sort()
        rows.add(
            "acknowledgement of 100 results every 100 ms, p50 and p99",
            "\((took[49] * 1000).text(1)) ms, \((took[98] * 1000).text(1)) ms", "stated", nil)
    }

    /// A month, then a start with a day of hours, and the questions.
    private func measureMonth() async throws {
        let directory = try workspace.makeDirectory("store-month")
        var options = DurableStore.Options()
        options.rawRetention = .seconds(40 * 86_400)
        var store: DurableStore? = try DurableStore(directory: directory, options: options)
        var histories = (0..<endpoints).map {
            ProbeHistory(seed: UInt64($0), start: Self.start)
        }
        var exact: [[Int64]] = Array(repeating: [], count: 10)
        var first = 0.0
        let built = monotonicSeconds()
        for hour in 0..<Self.days * 24 + 3 {
            let now = Self.start + .seconds(hour * 3600)
            for endpoint in histories.indices {
                let batch = next(&histories[endpoint], endpoint, results: 120)
                if endpoint < exact.count, hour < Self.days * 24 {
                    for one in batch where one.result.isSuccess {
                        exact[endpoint].append(one.result.phases.totalMicroseconds)
                    }
                }
                store?.append(batch, at: now)
                if endpoint % 500 == 499 { _ = store?.commit() }
            }
            guard store?.commit() == [], store?.counters.undurable == 0 else {
                throw BenchError("the store cannot write")
            }
            _ = store?.maintain(at: now + .seconds(600))
            if hour == 24 {
                _ = store?.maintain(at: now + Self.sealed)
                first = try memory(of: directory)
            }
        }
        say("a month was written in \((monotonicSeconds() - built).text(0)) s")
        store = nil
        let opening = monotonicSeconds()
        _ = try DurableStore(directory: directory, isReadOnly: true)
        let took = monotonicSeconds() - opening
        rows.add("open after an abrupt end", "\(took.text(3)) s", "< 1 s", took < 1)
        store = try DurableStore(directory: directory, options: options)
        _ = store?.maintain(at: Self.start + .seconds((Self.days * 24 + 3) * 3600) + Self.sealed)
        store = nil
        try addMemory(after: first, try memory(of: directory))
        let view = try DurableStore(directory: directory, isReadOnly: true).view
        try await ask(view, exact)
        let results = endpoints * Self.days * 2880
        let bytes = view.segments.reduce(into: [:]) { sums, segment in
            sums[segment.facts.level, default: 0] += segment.size
        }
        for level in SegmentLayout.Level.allCases {
            rows.add(
                "bytes on disk per result, level \(level)",
                (Double(bytes[level] ?? 0) / Double(results)).text(3), "stated", nil)
        }
    }

    /// The child of `memory(of:)`: opens the store and waits to be looked at.
    static func openForEver(_ directory: String) throws -> Never {
        let store = try DurableStore(directory: directory, isReadOnly: true)
        print(store.view.unsealedCount)
        fflush(nil)
        while true { sleep(1000) }
    }

    /// Bytes that a process has resident that has opened a store of which everything is sealed.
    private func memory(of directory: String) throws -> Double {
        let child = try ChildProcess(
            CommandLine.arguments[0], ["--store-open", directory], log: "open.log", in: workspace)
        try wait(for: "the store to be open", seconds: 120) { child.output.hasSuffix("\n") }
        guard child.output == "0\n" else { throw BenchError("unsealed: \(child.output)") }
        return try child.usage().residentMegabytes * 1e6
    }

    private func addMemory(after first: Double, _ last: Double) throws {
        // What a store costs at all is not what a series costs.
        let base = 10
        let directory = try workspace.makeDirectory("store-base")
        var store: DurableStore? = try DurableStore(directory: directory)
        var histories = (0..<base).map { ProbeHistory(seed: UInt64($0), start: Self.start) }
        for hour in 0..<24 {
            let now = Self.start + .seconds(hour * 3600)
            for endpoint in histories.indices {
                store?.append(next(&histories[endpoint], endpoint, results: 120), at: now)
            }
            _ = store?.commit()
            _ = store?.maintain(at: now + Self.sealed)
        }
        store = nil
        let perSeries = max(0, last - (try memory(of: directory))) / Double(endpoints - base)
        rows.add(
            "resident bytes per series beyond the tenth, all sealed", perSeries.text(0), "≤ 1,000",
            perSeries <= 1000)
        let growth = max(0, last - first) / Double(endpoints)
        rows.add(
            "growth of that from the first to the thirtieth day", growth.text(0), "none",
            growth < 100)
    }

    private func ask(_ view: StoreView, _ exact: [[Int64]]) async throws {
        let to = Self.start + .seconds(Self.days * 86_400)
        var times: [Double] = []
        var reports: [SeriesKey: StoreView.Report] = [:]
        for _ in 0..<5 {
            let start = monotonicSeconds()
            reports = try await view.reports(from: Self.start, to: to).reports
            for report in reports.values {
                _ = report.sketches[.total]?.quantile(0.95)
                _ = report.sketches[.total]?.quantile(0.99)
            }
            times.append(monotonicSeconds() - start)
        }
        guard reports.count == endpoints else { throw BenchError("\(reports.count) series") }
        var worst = 0.0
        for (endpoint, values) in exact.enumerated() where endpoint < endpoints {
            let sorted = values.sorted()
            for quantile in [0.95, 0.99] {
                let rank = max(1, Int((quantile * Double(sorted.count)).rounded(.up)))
                let right = Double(sorted[rank - 1])
                let found = reports[Self.key(endpoint)]?.sketches[.total]?.quantile(quantile)
                worst = max(worst, abs(Double(found?.microseconds ?? 0) - right) / right)
            }
        }
        let median = times.median ?? .infinity
        let target = Double(endpoints) / 10_000
        rows.add(
            "availability, p95, p99 over 30 days of all", "\(median.text(3)) s",
            "< \(target.text(1)) s", median < target)
        rows.add(
            "largest error of those quantiles", "\((worst * 100).text(2)) %", "≤ 1 %",
            worst <= 0.01)
        var plots: [Double] = []
        for endpoint in 0..<min(200, endpoints) {
            let start = monotonicSeconds()
            let day = try view.results(
                of: Self.key(endpoint), from: to - .seconds(86_400), to: to)
            plots.append(monotonicSeconds() - start)
            guard day.results.count == 2880 else { throw BenchError("\(day.results.count)") }
        }
        let plot = (plots.median ?? .infinity) * 1000
        rows.add("every result of 24 h of one endpoint", "\(plot.text(2)) ms", "< 5 ms", plot < 5)
    }

    private static func key(_ endpoint: Int) -> SeriesKey {
        SeriesKey(endpoint: EndpointID("e\(endpoint)"))
    }

    /// Results of all endpoints by time, in batches of 10,000.
    private func submissions(hours: Int) -> [[DurableStore.Submission]] {
        var histories = (0..<endpoints).map {
            ProbeHistory(seed: UInt64($0), start: Self.start, shape: .init(hasPhases: true))
        }
        var batches: [[DurableStore.Submission]] = [[]]
        for _ in 0..<hours * 120 {
            for endpoint in histories.indices {
                if batches[batches.count - 1].count == 10_000 { batches.append([]) }
                batches[batches.count - 1] += next(&histories[endpoint], endpoint, results: 1)
            }
        }
        return batches
    }

    private func next(
        _ history: inout ProbeHistory, _ endpoint: Int, results: Int
    ) -> [DurableStore.Submission] {
        let id = Self.key(endpoint).endpoint
        return (0..<results).map { _ in Self.submission(history.next(), id) }
    }

    /// A result that was kept as one to keep.
    static func submission(
        _ stored: StoredResult, _ endpoint: EndpointID
    ) -> DurableStore.Submission {
        DurableStore.Submission(
            ProbeResult(
                endpoint: endpoint, slot: stored.slot,
                latenessMicroseconds: stored.record.latenessMicroseconds,
                finishedAt: stored.slot.instant, reason: stored.record.reason,
                phases: stored.record.phases,
                http: stored.record.status.map { HTTPAnswer(status: $0, version: "1.1") }),
            coverage: .milliseconds(interval * 3 / 2))
    }
}

/// CPU time of this process so far in seconds; POSIX counts it in microseconds (clock(3)).
func ownCPUSeconds() -> Double { Double(clock()) / 1e6 }
