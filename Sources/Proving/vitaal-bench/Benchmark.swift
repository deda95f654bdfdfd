import Foundation

/// Measures contenders side by side, so that what drifts on the machine meets all alike.
struct Benchmark {
    /// How long and how often is measured.
    struct Plan {
        /// Rounds; medians are of at least three.
        var rounds: Int
        /// Seconds that a contender gets to settle: more than an interval.
        var warmUpSeconds: Double
        /// Seconds of one measurement.
        var windowSeconds: Double
        /// Seconds of the long measurement, the one of memory.
        var longWindowSeconds: Double
        /// Seconds of one `openssl s_time`.
        var handshakeSeconds: Int

        /// Medians of three; the long window is the third of HTTPS.
        static let standard = Plan(
            rounds: 3, warmUpSeconds: 6, windowSeconds: 10, longWindowSeconds: 60,
            handshakeSeconds: 3)
        /// To see that everything works, and roughly how fast.
        static let quick = Plan(
            rounds: 1, warmUpSeconds: 6, windowSeconds: 6, longWindowSeconds: 10,
            handshakeSeconds: 2)
    }

    /// One measurement of one contender.
    struct Window {
        /// CPU seconds per probe, by process.
        var cpuPerProbe: [Double]
        /// CPU seconds, by process.
        var cpuSeconds: [Double]
        /// The most resident memory seen in the window, in megabytes, by process.
        var residentMegabytes: [Double]
        /// The most resident memory since the process started, in megabytes, by process.
        var peakMegabytes: [Double]
        /// Probes that arrived at the server.
        var probes: Int
        /// Seconds measured.
        var seconds: Double
    }

    /// Measurements of the same seconds.
    struct Pair {
        /// Of Vitaal.
        var own: Window
        /// Of blackbox_exporter and Prometheus; nil when they were not measured.
        var peers: Window?
    }

    /// 1,000 endpoints every 5 s: what the targets speak of.
    static let encrypted = Load(isEncrypted: true, endpoints: 1000, intervalSeconds: 5)
    /// As busy as `openssl s_time`, which makes one handshake after the other: a processor that
    /// is woken for each probe works with cold caches.
    static let busy = Load(isEncrypted: true, endpoints: 1000, intervalSeconds: 1)
    /// Oftener, since a plain probe costs so little that the clock tick of 10 ms would show.
    static let plain = Load(isEncrypted: false, endpoints: 1000, intervalSeconds: 2)

    let plan: Plan
    let workspace: Workspace
    /// What is compared with, read before all else so that a mistake in it costs no time.
    let thresholds: Thresholds

    /// Measures everything.
    func run() throws -> BenchmarkReport {
        var report = BenchmarkReport(rounds: plan.rounds, thresholds: thresholds)
        report.describeMachine()
        let servers = Servers(
            own: try WebServer(in: workspace), peers: try WebServer("nginx-peers", in: workspace))
        if !Blackbox.isInstalled {
            report.remarks.append(
                "blackbox_exporter or Prometheus is not installed: its columns are empty.")
        }
        for round in 1...plan.rounds {
            say("round \(round) of \(plan.rounds)")
            let isLast = round == plan.rounds
            let seconds = isLast ? plan.longWindowSeconds : plan.windowSeconds
            let encrypted = try measure(
                Self.encrypted, servers, seconds: seconds, showsFirst: isLast, into: &report)
            report.encrypted.append(encrypted)
            report.plain.append(
                try measure(Self.plain, servers, seconds: plan.windowSeconds, into: &report))
            // It takes a processor of its own, so its turns are before and after.
            let before = try handshake(servers.own)
            let busy = try measure(
                Self.busy, servers, seconds: plan.windowSeconds, into: &report)
            let handshake = try (before + handshake(servers.own)) / 2
            report.busy.append((busy.own, handshake))
        }
        say("slow transfers")
        report.slow = try SlowTransfers(plan: plan, workspace: workspace).run()
        return report
    }

    /// CPU seconds of one bare handshake.
    private func handshake(_ server: WebServer) throws -> Double {
        guard let openssl = Workspace.tool("openssl") else { throw BenchError("no openssl") }
        let (output, cpuSeconds) = try runToEnd(
            openssl,
            [
                "s_time", "-new", "-connect",
                "127.0.0.1:\(server.port(Self.encrypted, .handshakes))", "-CAfile",
                server.caFile, "-time", "\(plan.handshakeSeconds)",
            ], in: workspace)
        // "2345 connections in 4 real seconds, 0 bytes read per connection"
        let line = output.split(separator: "\n").last { $0.contains("real seconds") }
        guard let count = line?.split(separator: " ").first.flatMap({ Double($0) }), count > 0
        else { throw BenchError("openssl s_time says:\n\(output.suffix(1000))") }
        say("  openssl s_time: \((cpuSeconds / count * 1000).text(3)) ms per handshake")
        return cpuSeconds / count
    }

    /// The servers: each counts the requests of one side.
    private struct Servers {
        let own: WebServer
        let peers: WebServer
    }

    /// Measures Vitaal under a load, and its peers at the same time when the load leaves room.
    private func measure(
        _ load: Load, _ servers: Servers, seconds: Double, showsFirst: Bool = false,
        into report: inout BenchmarkReport
    ) throws -> Pair {
        let vitaal = try Vitaal(load, servers.own, in: workspace)
        let readyAt = monotonicSeconds()
        defer { vitaal.processes.forEach { $0.stop() } }
        if showsFirst {
            report.readySeconds = readyAt - vitaal.startedAt
            report.firstResultsSeconds = try vitaal.firstResultsSeconds(load.endpoints)
        }
        // Not before, since their start would disturb the first results.
        let peers =
            Blackbox.isInstalled && !load.isBusy
            ? try Blackbox(load, servers.peers, in: workspace) : nil
        defer { peers?.processes.reversed().forEach { $0.stop() } }
        sleep(until: monotonicSeconds() + plan.warmUpSeconds)
        var own = try ContenderCount(vitaal, servers.own)
        var other = try peers.map { try ContenderCount($0, servers.peers) }
        let startedAt = monotonicSeconds()
        for second in 1...Int(seconds) {
            sleep(until: startedAt + Double(second))
            try own.look()
            try other?.look()
        }
        let pair = Pair(
            own: try own.end(load, into: &report), peers: try other?.end(load, into: &report))
        let missed = try vitaal.metrics().value(of: "vitaal_missed_slots_total")
        report.missedSlots = (report.missedSlots ?? 0) + Int(missed ?? 0)
        return pair
    }
}
