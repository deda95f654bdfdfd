import Foundation

/// Thousands of transfers in flight at once, all waiting for a slow server.
struct SlowTransfers {
    /// What was measured.
    struct Outcome {
        /// CPU seconds per probe.
        var cpuPerProbe: Double
        /// The least and the most probes that waited at the server at once.
        var inFlight: ClosedRange<Int>
        /// Probes answered in the window.
        var probes: Int
        /// The most resident memory of the monitor, in megabytes.
        var peakMegabytes: Double
        /// Slots missed.
        var missedSlots: Int
    }

    /// Each has an address of its own, as in life: libcurl searches all connections to the same
    /// address one by one.
    ///
    /// With an interval of 10 s and waits of 4.9 s on average, half of them are in flight:
    /// just under the 4,096 that a monitor allows itself.
    static let endpoints = 8000
    /// The interval of each.
    static let intervalSeconds = 10

    let plan: Benchmark.Plan
    let workspace: Workspace

    /// Measures, or tells why it cannot.
    func run() throws -> Outcome {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let server = try ChildProcess(own, ["--slow-server"], log: "slow.log", in: workspace)
        defer { server.stop() }
        var port: Int?
        try wait(for: "the slow server") {
            port = server.output.split { $0 == " " || $0 == "\n" }.last.flatMap { Int($0) }
            return port != nil
        }
        guard let port else { throw BenchError("the slow server tells no port") }
        let catalogue = GeneratedCatalogue(
            scheme: "http", endpoints: Self.endpoints, intervalSeconds: Self.intervalSeconds,
            timeout: "9s", confirm: "false", loopbackPort: port)
        let vitaal = try Vitaal(
            catalogue: try catalogue.write(to: "catalogue", in: workspace),
            options: [], in: workspace)
        defer { vitaal.processes.forEach { $0.stop() } }
        let process = vitaal.processes[0]
        // An interval until all have started, and the longest wait until as many end as start.
        sleep(
            until: monotonicSeconds() + Double(Self.intervalSeconds)
                + SlowServer.waitSeconds.upperBound)

        let startedAt = monotonicSeconds()
        let before = try process.usage()
        let first = try status(port)
        var waiting = [first.waiting]
        for second in 1...Int(max(plan.windowSeconds, Double(Self.intervalSeconds)) * 1.5) {
            sleep(until: startedAt + Double(second))
            waiting.append(try status(port).waiting)
        }
        let after = try process.usage()
        let answered = try status(port).answered - first.answered
        let cpuPerProbe = (after.cpuSeconds - before.cpuSeconds) / Double(max(1, answered))
        say("  \((cpuPerProbe * 1000).text(3)) ms per probe, \(waiting.max() ?? 0) in flight")
        return Outcome(
            cpuPerProbe: cpuPerProbe, inFlight: (waiting.min() ?? 0)...(waiting.max() ?? 0),
            probes: answered, peakMegabytes: after.peakMegabytes,
            missedSlots: Int(try vitaal.metrics().value(of: "vitaal_missed_slots_total") ?? 0))
    }

    private func status(_ port: Int) throws -> (waiting: Int, answered: Int) {
        let numbers = (Loopback.get("/status", port: port) ?? "")
            .split { $0 == " " || $0 == "\n" }.compactMap { Int($0) }
        guard numbers.count == 2 else { throw BenchError("the slow server does not answer") }
        return (numbers[0], numbers[1])
    }
}
