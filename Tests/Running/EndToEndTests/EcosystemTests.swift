import Foundation
import TestSupport
import Testing

/// Prometheus, its checker and blackbox_exporter judge the metrics of a running monitor.
struct EcosystemTests {
    private static let promtool = tool("promtool")
    private static let prometheus = tool("prometheus")
    private static let blackbox = tool("prometheus-blackbox-exporter")
    private static let nginx = tool("nginx")
    private static let openssl = tool("openssl")

    private static func setting(port: UInt16) throws -> Setting {
        try Setting(
            probes: Setting.catalogue(
                ["https://127.0.0.1:\(port)/", "http://127.0.0.2:1/"], interval: "2s",
                timeout: "1s"))
    }

    @Test(
        .enabled(
            if: promtool != nil && prometheus != nil && blackbox != nil && nginx != nil
                && openssl != nil,
            "promtool, prometheus, prometheus-blackbox-exporter, nginx or openssl is missing"),
        .timeLimit(.minutes(3)))
    func othersUnderstandTheMetrics() async throws {
        let pki = try await TestPKI(openssl: #require(Self.openssl))
        try await Nginx.run(#require(Self.nginx), pki) { port in
            let setting = try Self.setting(port: port)
            try await Vitaal.daemon(setting, ["--ca-file", pki.rootPath]) { daemon in
                try await eventually("the first results") {
                    try await daemon.samples("probe_success").count == 2 ? true : nil
                }
                #expect(try await daemon.sample("probe_success", "\"e0\"") == 1)
                #expect(try await daemon.sample("probe_success", "\"e1\"") == 0)
                let metrics = try await daemon.get("/metrics").body
                try await promtoolHasNoRemark(metrics)
                try await namesAreASupersetOfBlackbox(metrics, port: port, pki)
                try await prometheusScrapes(daemon, pki.directory)
            }
        }
    }

    private func promtoolHasNoRemark(_ metrics: String) async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("metrics", metrics)
        let outcome = try await Child.outcome(
            "/bin/sh", ["-c", "\"$0\" check metrics <\"$1\"", #require(Self.promtool), file])
        #expect(outcome.status == 0)
        #expect(outcome.output == "")
        #expect(outcome.errors == "")
    }

    private func namesAreASupersetOfBlackbox(
        _ metrics: String, port: UInt16, _ pki: TestPKI
    ) async throws {
        let configuration = try pki.directory.write(
            "blackbox.yml",
            """
            modules:
              https:
                prober: http
                http: {tls_config: {ca_file: \(pki.rootPath)}, preferred_ip_protocol: ip4}
            """)
        let arguments = [
            "--config.file=\(configuration)", "--web.listen-address=127.0.0.1:0",
        ]
        try await Child.run(#require(Self.blackbox), arguments) { child in
            let own = try await eventually("that blackbox_exporter listens: \(child.errors)") {
                child.errors.firstMatch(of: /address=127\.0\.0\.1:([0-9]+)/)
                    .flatMap { UInt16($0.1) }
            }
            let answer = try #require(
                await Answer.of(
                    "GET", "/probe?module=https&target=https://127.0.0.1:\(port)/", port: own))
            let ours = Set(Self.sampleNames(metrics, endpoint: "e0"))
            let theirs = Set(Self.sampleNames(answer.body))
            #expect(answer.body.contains("probe_success 1"))
            #expect(theirs.contains("probe_ssl_earliest_cert_expiry"))
            #expect(theirs.subtracting(ours).isEmpty)
        }
    }

    /// The names of the samples, of one endpoint when it is given.
    private static func sampleNames(_ metrics: String, endpoint: String? = nil) -> [String] {
        metrics.split(whereSeparator: \.isNewline)
            .filter { line in
                !line.hasPrefix("#") && line.contains(" ")
                    && (endpoint.map { line.contains("endpoint=\"\($0)\"") } ?? true)
            }
            .map { String($0.prefix { $0 != "{" && $0 != " " }) }
    }

    private func prometheusScrapes(_ daemon: Daemon, _ directory: TemporaryDirectory) async throws {
        let configuration = try directory.write(
            "prometheus.yml",
            """
            global: {scrape_interval: 1s, scrape_timeout: 1s}
            scrape_configs:
              - job_name: vitaal
                static_configs: [{targets: ['\(daemon.address)']}]
            """)
        // Prometheus does not tell which port it got, so it cannot ask for any free one.
        let port = try Sockets.freePort()
        let arguments = [
            "--config.file=\(configuration)", "--web.listen-address=127.0.0.1:\(port)",
            "--storage.tsdb.path=\(directory.path)/tsdb",
        ]
        try await Child.run(#require(Self.prometheus), arguments) { child in
            for (endpoint, value) in [("e0", "1"), ("e1", "0")] {
                let query = "/api/v1/query?query=probe_success%7Bendpoint%3D%22\(endpoint)%22%7D"
                let body = try await eventually("a sample of \(endpoint): \(child.errors)") {
                    let answer = await Answer.of("GET", query, port: port)
                    return answer?.body.contains("\"value\"") == true ? answer?.body : nil
                }
                #expect(body.contains("\"__name__\":\"probe_success\""))
                #expect(body.contains(",\"\(value)\"]"), "\(body)")
            }
        }
    }
}
