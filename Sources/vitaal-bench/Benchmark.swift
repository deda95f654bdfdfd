import Foundation

/// Measures one contender after the other, in turns so that what drifts on the machine meets all.
struct Benchmark {
    /// How long and how often is measured.
    struct Plan {
        /// Turns; medians are of at least three.
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
        let server = try WebServer(in: workspace)
        if !Blackbox.isInstalled {
            report.remarks.append(
                "blackbox_exporter or Prometheus is not installed: its columns are empty.")
        }
        for round in 1...plan.rounds {
            say("round \(round) of \(plan.rounds)")
            let isLast = round == plan.rounds
            let seconds = isLast ? plan.longWindowSeconds : plan.windowSeconds
            report.handshakeSeconds.append(try handshake(server))
            let window = try measureVitaal(
                Self.encrypted, server, seconds: seconds, showsFirst: isLast, into: &report)
            report.vitaalEncrypted.append(window)
            if Blackbox.isInstalled {
                report.blackboxEncrypted.append(
                    try measureBlackbox(Self.encrypted, server, seconds: seconds, into: &report))
            }
            report.vitaalBusy.append(
                try measureVitaal(
                    Self.busy, server, seconds: plan.windowSeconds, showsFirst: false,
                    into: &report))
            report.vitaalPlain.append(
                try measureVitaal(
                    Self.plain, server, seconds: plan.windowSeconds, showsFirst: false,
                    into: &report))
            if Blackbox.isInstalled {
                report.blackboxPlain.append(
                    try measureBlackbox(
                        Self.plain, server, seconds: plan.windowSeconds, into: &report))
            }
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

    private func measureVitaal(
        _ load: Load, _ server: WebServer, seconds: Double, showsFirst: Bool,
        into report: inout BenchmarkReport
    ) throws -> Window {
        let vitaal = try Vitaal(load, server, in: workspace)
        let readyAt = monotonicSeconds()
        defer { vitaal.processes.forEach { $0.stop() } }
        if showsFirst {
            report.readySeconds = readyAt - vitaal.startedAt
            report.firstResultsSeconds = try vitaal.firstResultsSeconds(load.endpoints)
        }
        let window = try measure(
            vitaal, load, server, warmUntil: readyAt + plan.warmUpSeconds, seconds: seconds,
            into: &report)
        let missed = try vitaal.metrics().value(of: "vitaal_missed_slots_total")
        report.missedSlots = (report.missedSlots ?? 0) + Int(missed ?? 0)
        return window
    }

    private func measureBlackbox(
        _ load: Load, _ server: WebServer, seconds: Double, into report: inout BenchmarkReport
    ) throws -> Window {
        let blackbox = try Blackbox(load, server, in: workspace)
        defer { blackbox.processes.reversed().forEach { $0.stop() } }
        return try measure(
            blackbox, load, server, warmUntil: monotonicSeconds() + plan.warmUpSeconds,
            seconds: seconds, into: &report)
    }

    private func measure<Probing: Contender>(
        _ contender: Probing, _ load: Load, _ server: WebServer, warmUntil: Double,
        seconds: Double, into report: inout BenchmarkReport
    ) throws -> Window {
        sleep(until: warmUntil)
        var asked = 0
        let startedAt = monotonicSeconds()
        let requestsBefore = try server.requests(countingQuestions: &asked)
        let before = try contender.processes.map { try $0.usage() }
        var resident = before.map(\.residentMegabytes)
        for second in 1...Int(seconds) {
            sleep(until: startedAt + Double(second))
            let now = try contender.processes.map { try $0.usage() }
            resident = zip(resident, now).map { max($0, $1.residentMegabytes) }
        }
        let requestsAfter = try server.requests(countingQuestions: &asked)
        let after = try contender.processes.map { try $0.usage() }
        let probes = requestsAfter - requestsBefore
        let cpu = zip(before, after).map { $1.cpuSeconds - $0.cpuSeconds }
        guard probes > 0 else { throw BenchError("no probe arrived at the server") }
        let window = Window(
            cpuPerProbe: cpu.map { $0 / Double(probes) }, cpuSeconds: cpu,
            residentMegabytes: resident, peakMegabytes: after.map(\.peakMegabytes),
            probes: probes, seconds: monotonicSeconds() - startedAt)
        let costs = zip(Probing.processNames, window.cpuPerProbe)
            .map { "\($0) \(($1 * 1000).text(3)) ms" }.joined(separator: ", ")
        let kind = load.isEncrypted ? "HTTPS" : "HTTP"
        say("  \(kind): \(costs) per probe, \((Double(probes) / window.seconds).text(0)) a second")

        let name = Probing.processNames.joined(separator: " + ")
        let successes = try contender.successes()
        if successes != load.endpoints {
            report.remarks.append(
                "\(name), \(kind): \(successes) of \(load.endpoints) probes succeeded.")
        }
        if abs(Double(probes) / window.seconds / load.rate - 1) > 0.05 {
            report.remarks.append(
                "\(name), \(kind): \(probes) probes in \(window.seconds.text(1)) s, expected \((load.rate * window.seconds).text(0))."
            )
        }
        return window
    }
}
