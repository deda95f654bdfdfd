import Foundation

/// Something that probes the endpoints of a load all the time.
protocol Contender {
    /// The names of its processes, in the order of `processes`.
    static var processNames: [String] { get }
    /// Its processes.
    var processes: [ChildProcess] { get }
    /// How many of its endpoints have had a successful probe, the last one.
    func successes() throws -> Int
}

/// What is probed, and how often.
struct Load {
    /// Whether TLS is spoken.
    var isEncrypted: Bool
    /// How many endpoints.
    var endpoints: Int
    /// Seconds between two probes of an endpoint.
    var intervalSeconds: Int

    /// Whether it takes most of a processor.
    var isBusy: Bool { isEncrypted && intervalSeconds == 1 }

    /// Probes a second.
    var rate: Double { Double(endpoints) / Double(intervalSeconds) }
}

/// `vitaal run` with a generated catalogue.
struct Vitaal: Contender {
    static let processNames = ["vitaal"]

    let processes: [ChildProcess]
    /// Where it serves metrics.
    let port: Int
    /// The instant at which its process was started.
    let startedAt: Double

    /// Starts it; it is ready when this returns.
    init(
        catalogue: String, rules: String = "alerts", options: [String], in workspace: Workspace
    ) throws {
        let port = try Loopback.freePort()
        let arguments =
            [
                "run", "--probes", catalogue, "--alerts", rules,
                "--data-dir", try workspace.makeDirectory("data"), "--listen", "127.0.0.1:\(port)",
            ] + options
        startedAt = monotonicSeconds()
        let process = try ChildProcess(
            workspace.vitaal, arguments, log: "vitaal.log", in: workspace)
        try wait(for: "vitaal to be ready") {
            _ = try process.usage()
            return Loopback.get("/-/ready", port: port) != nil
        }
        self.port = port
        processes = [process]
    }

    /// Starts it for a load against a web server.
    init(_ load: Load, _ server: WebServer, in workspace: Workspace) throws {
        let catalogue = GeneratedCatalogue(
            scheme: load.isEncrypted ? "https" : "http", endpoints: load.endpoints,
            intervalSeconds: load.intervalSeconds, timeout: "\(load.intervalSeconds * 800)ms",
            confirm: "false")
        let port = server.port(load, load.isBusy ? .busyVitaal : .vitaal)
        try self.init(
            catalogue: try catalogue.write(to: "catalogue", in: workspace),
            options: ["--connect-to", "::127.0.0.1:\(port)", "--ca-file", server.caFile],
            in: workspace)
    }

    func successes() throws -> Int {
        try metrics().values(of: "probe_success").count { $0.value == 1 }
    }

    /// Seconds from the start of the process to the first result of the last of `endpoints`.
    func firstResultsSeconds(_ endpoints: Int) throws -> Double {
        var seen: Set<Substring> = []
        var last = 0.0
        var startedAt = 0.0
        try wait(for: "the first results") {
            let page = try metrics()
            startedAt = page.value(of: "process_start_time_seconds") ?? 0
            // Those that are new on this page: the others may have their second result already.
            for (labels, finishedAt) in page.values(of: "vitaal_probe_finished_timestamp_seconds")
            where seen.insert(labels).inserted {
                last = max(last, finishedAt)
            }
            return seen.count == endpoints
        }
        return last - startedAt
    }

    /// The page that Prometheus would scrape.
    func metrics() throws -> String {
        for process in processes { _ = try process.usage() }
        guard let text = Loopback.get("/metrics", port: port) else {
            throw BenchError("vitaal does not answer at /metrics")
        }
        return text
    }
}

/// blackbox_exporter, and a Prometheus that has it probe.
struct Blackbox: Contender {
    static let processNames = ["blackbox_exporter", "prometheus"]

    let processes: [ChildProcess]
    private let port: Int

    /// Whether both programs are on this machine.
    static var isInstalled: Bool {
        Workspace.tool("prometheus-blackbox-exporter") != nil
            && Workspace.tool("prometheus") != nil
    }

    /// Starts both for a load against a web server.
    init(_ load: Load, _ server: WebServer, in workspace: Workspace) throws {
        guard let exporter = Workspace.tool("prometheus-blackbox-exporter"),
            let prometheus = Workspace.tool("prometheus")
        else { throw BenchError("prometheus-blackbox-exporter and prometheus are missing") }
        let exporterPort = try Loopback.freePort()
        let modules = try workspace.write(Self.modules(server), to: "blackbox.yml")
        let first = try ChildProcess(
            exporter,
            [
                "--config.file=\(modules)", "--web.listen-address=127.0.0.1:\(exporterPort)",
                "--log.level=error",
            ], log: "blackbox.log", in: workspace)
        try wait(for: "blackbox_exporter to listen") {
            _ = try first.usage()
            return Loopback.get("/-/healthy", port: exporterPort) != nil
        }
        let jobs = try workspace.write(
            Self.jobs(load, server, exporterPort: exporterPort), to: "prometheus.yml")
        let prometheusPort = try Loopback.freePort()
        let second = try ChildProcess(
            prometheus,
            [
                "--config.file=\(jobs)", "--web.listen-address=127.0.0.1:\(prometheusPort)",
                "--storage.tsdb.path=\(try workspace.makeDirectory("tsdb"))", "--log.level=error",
            ], log: "prometheus.log", in: workspace)
        try wait(for: "prometheus to be ready") {
            _ = try second.usage()
            return Loopback.get("/-/ready", port: prometheusPort) != nil
        }
        port = prometheusPort
        processes = [first, second]
    }

    func successes() throws -> Int {
        // {"status":"success","data":{…"result":[{"metric":{},"value":[1700000000,"1000"]}]}}
        let text = Loopback.get("/api/v1/query?query=sum(probe_success)", port: port) ?? ""
        let value = text.split(separator: "\"value\":").last ?? ""
        return value.split(separator: "\"").dropFirst().first.flatMap { Int($0) } ?? 0
    }

    private static func modules(_ server: WebServer) -> String {
        """
        modules:
          https:
            prober: http
            timeout: 4s
            http:
              preferred_ip_protocol: ip4
              tls_config: {ca_file: \(server.caFile), server_name: h1.bench.example}
          http:
            prober: http
            timeout: 4s
            http: {preferred_ip_protocol: ip4}
        """
    }

    private static func jobs(_ load: Load, _ server: WebServer, exporterPort: Int) -> String {
        let scheme = load.isEncrypted ? "https" : "http"
        let port = server.port(load, .blackbox)
        let targets = (0..<load.endpoints)
            .map { "'\(scheme)://127.0.0.1:\(port)/?n=\($0)'" }.joined(separator: ", ")
        return """
            global:
              scrape_interval: \(load.intervalSeconds)s
              scrape_timeout: \(load.intervalSeconds)s
            scrape_configs:
              - job_name: probes
                metrics_path: /probe
                params: {module: [\(scheme)]}
                static_configs: [{targets: [\(targets)]}]
                relabel_configs:
                  - {source_labels: [__address__], target_label: __param_target}
                  - {source_labels: [__param_target], target_label: instance}
                  - {target_label: __address__, replacement: '127.0.0.1:\(exporterPort)'}
            """
    }
}
