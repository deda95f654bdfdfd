/// What one contender has used since it was made.
struct ContenderCount<Probing: Contender> {
    private let contender: Probing
    private let server: WebServer
    private let startedAt = monotonicSeconds()
    private let requestsBefore: Int
    private let before: [ProcessUsage]
    private var asked = 0
    private var resident: [Double]

    /// Begins to count.
    init(_ contender: Probing, _ server: WebServer) throws {
        self.contender = contender
        self.server = server
        requestsBefore = try server.requests(countingQuestions: &asked)
        before = try contender.processes.map { try $0.usage() }
        resident = before.map(\.residentMegabytes)
    }

    /// Looks at the memory.
    mutating func look() throws {
        let now = try contender.processes.map { try $0.usage() }
        resident = zip(resident, now).map { max($0, $1.residentMegabytes) }
    }

    /// What was counted, said as well; what is not as it should be becomes a remark.
    mutating func end(
        _ load: Load, into report: inout BenchmarkReport
    ) throws -> Benchmark.Window {
        let requestsAfter = try server.requests(countingQuestions: &asked)
        let after = try contender.processes.map { try $0.usage() }
        let probes = requestsAfter - requestsBefore
        let cpu = zip(before, after).map { $1.cpuSeconds - $0.cpuSeconds }
        guard probes > 0 else { throw BenchError("no probe arrived at the server") }
        let window = Benchmark.Window(
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
