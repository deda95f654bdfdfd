import Foundation
import TestSupport
import Testing

/// TLS without HTTP and client certificates, through the whole program.
struct DoorTests {
    private static let openssl = tool("openssl")

    /// One service with one endpoint, and lines below it.
    private static func catalogue(_ url: String, _ lines: String = "") -> String {
        Setting.catalogue([url]) + lines.split(separator: "\n").map { "        \($0)\n" }.joined()
    }

    /// The lab plays what is TLS without HTTP, on whatever port it is.
    @Test(.timeLimit(.minutes(2))) func theLabPlaysTLSWithoutHTTP() async throws {
        let setting = try Setting(probes: Self.catalogue("tls://directory.example.nl:636/"))
        try await Vitaal.daemon(setting, ["--lab", "--scenario", "calm"]) { daemon in
            try await eventually("that the endpoint is up") {
                try await daemon.sample("probe_success") == 1 ? true : nil
            }
            #expect(try await daemon.sample("probe_ssl_earliest_cert_expiry") != nil)
            #expect(try await daemon.samples("probe_http_status_code").isEmpty)
            #expect(
                try await daemon.sample("vitaal_tls_hop_trusted", "hop=\"0\"") == 1)
            let shown = try await daemon.status("s0").output
            #expect(shown.contains("tls ok") && !shown.contains("http"), "\(shown)")
        }
    }

    /// A key that others may read stops the start and a reload, with what to do.
    @Test(
        .enabled(if: openssl != nil, "openssl is not installed"), .timeLimit(.minutes(2)))
    func aKeyForEveryoneIsRefused() async throws {
        let pki = try await TestPKI(openssl: #require(Self.openssl))
        let key = pki.keyPath(.good)
        let lines = "client_certificate: {certificate: \(pki.chainPath(.good)), key: \(key)}"
        let setting = try Setting(
            probes: Self.catalogue("https://127.0.0.1:1/", lines))
        chmod(key, 0o644)
        let bad = try await Vitaal.outcome(["validate"] + setting.arguments)
        #expect(bad.status == 2)
        #expect(bad.output.contains("test.yml:14:9: \(key): others than its owner"))
        #expect(bad.output.contains("(mode 0644); run: chmod 600 \(key)"))
        let run = try await Vitaal.outcome(
            ["run", "--listen", "127.0.0.1:0", "--data-dir", setting.data] + setting.arguments)
        #expect(run.status == 2)
        #expect(run.errors.contains("run: chmod 600 \(key)"), "\(run.errors)")
        chmod(key, 0o600)
        let good = try await Vitaal.outcome(["validate"] + setting.arguments)
        #expect(good.status == 0, "\(good.output)")
        try await Vitaal.daemon(setting) { daemon in
            chmod(key, 0o640)
            let refused = try await daemon.post("/-/reload")
            #expect(refused.status != 200)
            #expect(refused.body.contains("chmod 600"))
            chmod(key, 0o600)
            #expect(try await daemon.post("/-/reload").status == 200)
            #expect(!daemon.child.lines.joined().contains("PRIVATE"))
        }
    }

    /// `openssl s_server` asks, and `vitaal check` shows its certificate only to a good server.
    @Test(
        .enabled(if: openssl != nil, "openssl is not installed"), .timeLimit(.minutes(2)))
    func checkShowsACertificate() async throws {
        let openssl = try #require(Self.openssl)
        let pki = try await TestPKI(openssl: openssl)
        chmod(pki.keyPath(.selfSigned), 0o600)
        for kind in [TestPKI.Kind.good, .expired] {
            let port = try Sockets.freePort()
            try await Child.run(
                openssl,
                ["s_server", "-accept", "127.0.0.1:\(port)", "-cert", pki.chainPath(kind)]
                    + [
                        "-cert_chain", pki.chainPath(kind), "-key", pki.keyPath(kind), "-www",
                        "-Verify",
                    ]
                    + ["1", "-CAfile", pki.chainPath(.selfSigned)],
                environment: [:]
            ) { server in
                try await eventually("that openssl listens") {
                    server.lines.contains { $0.hasPrefix("ACCEPT") } ? true : nil
                }
                let check = try await Vitaal.outcome(
                    ["check", "tls://\(kind.host):\(port)/", "--ca-file", pki.rootPath]
                        + ["--connect-to", "::127.0.0.1:", "--json"]
                        + ["--client-certificate", pki.chainPath(.selfSigned)]
                        + ["--client-key", pki.keyPath(.selfSigned)])
                #expect(check.status == (kind == .good ? 0 : 2), "\(check.output)")
                #expect(check.output.contains("\"reason\" : \"tls_expired\"") == (kind != .good))
                #expect(check.output.contains("\"hops\" : ["))
                #expect(!check.output.contains("PRIVATE"))
                func isSeen() -> Bool {
                    server.lines.contains { $0.contains("CN = self-signed") }
                        || server.errors.contains("CN = self-signed")
                }
                if kind == .good {
                    try await eventually("our certificate") { isSeen() ? true : nil }
                } else {
                    #expect(!isSeen(), "\(server.lines) \(server.errors)")
                }
            }
        }
    }
}
