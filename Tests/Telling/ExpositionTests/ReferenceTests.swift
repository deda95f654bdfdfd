import Alerting
import Exposition
import Foundation
import HealthModel
import Testing

private let blackboxExporter = Tool.path("prometheus-blackbox-exporter")
private let promtool = Tool.path("promtool")
private let python = Tool.path("python3")

/// Programs that nobody here wrote say whether the metrics are right.
@Suite struct ReferenceTests {
    @Test(.enabled(if: promtool != nil, "promtool is not installed"))
    func promtoolHasNoRemark() throws {
        let promtool = try #require(promtool)
        var failed = Fixture.status(
            Fixture.result(reason: .tlsExpired, tls: Fixture.expiredRecord()), state: .down)
        failed.lastSuccessAt = Fixture.now
        let snapshot = try Fixture.snapshot(
            failed, alerts: [Fixture.alert(.service(Fixture.digid))])
        var counters = Fixture.counters()
        counters.receivers[ReceiverID("on-call"), default: ReceiverCounters()]
            .noteDelivery(after: .seconds(2))
        let (status, output) = try Tool.run(
            promtool, ["check", "metrics"],
            input: HealthMetrics.text(of: snapshot, counters: counters, version: "0.1.0"))
        #expect(status == 0)
        #expect(output == "")
    }

    /// Serves one page over TLS on loopback, lets blackbox_exporter probe it, prints the metrics.
    private static let script = #"""
        import http.server, os, re, ssl, subprocess, sys, tempfile, threading, urllib.request
        os.chdir(tempfile.mkdtemp())
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
            "key.pem", "-out", "certificate.pem", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
        open("index.html", "w").write("hello")
        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *arguments): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("certificate.pem", "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        open("blackbox.yml", "w").write("modules: {m: {prober: http, timeout: 5s, http: "
            "{tls_config: {ca_file: certificate.pem}}}}")
        exporter = subprocess.Popen([sys.argv[1], "--config.file=blackbox.yml",
            "--web.listen-address=127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
        try:
            for line in exporter.stderr:
                found = re.search(r'Listening on.*address=(\S+)', line)
                if found: break
            target = "https://127.0.0.1:%d/" % server.server_port
            print(urllib.request.urlopen(
                "http://%s/probe?module=m&target=%s" % (found[1], target), timeout=20
            ).read().decode())
        finally:
            exporter.kill()
        """#

    @Test(
        .enabled(
            if: blackboxExporter != nil && python != nil && Tool.path("openssl") != nil,
            "prometheus-blackbox-exporter, python3 or openssl is not installed"),
        .timeLimit(.minutes(1)))
    func namesAndLabelsAreASupersetOfBlackbox() throws {
        let (status, output) = try Tool.run(
            try #require(python), ["-c", Self.script, try #require(blackboxExporter)])
        #expect(status == 0, "\(output)")
        let samples = output.split(separator: "\n").filter { !$0.hasPrefix("#") }
        let snapshot = try Fixture.snapshot(Fixture.status(Fixture.result()))
        let ours = try StrictParser(
            HealthMetrics.text(of: snapshot, counters: Fixture.counters(), version: "0.1.0"))
        #expect(samples.count > 20)
        for sample in samples {
            let name = String(sample.prefix { $0 != "{" && $0 != " " })
            let labels = sample.matches(of: /([a-z0-9_]+)="/).map { String($0.1) }
            let family = ours.samples(name)
            #expect(!family.isEmpty, "\(name) is missing")
            for label in labels {
                #expect(family.allSatisfy { $0.labels[label] != nil }, "\(name) lacks \(label)")
            }
        }
    }

    /// Names of blackbox_exporter 0.28 (prober/http.go, prober/tls.go, prober/handler.go) that 0.23
    /// does not have.
    @Test(arguments: ["probe_timeout_seconds", "probe_tls_cipher_info"])
    func newerNamesAreThereToo(name: String) throws {
        let snapshot = try Fixture.snapshot(Fixture.status(Fixture.result()))
        let text = HealthMetrics.text(of: snapshot, counters: Fixture.counters(), version: "0.1.0")
        #expect(try StrictParser(text).samples(name).count == 1)
    }
}
