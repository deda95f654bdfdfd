import Foundation
import Testing

/// `vitaal check` against a web server and certificates that others made.
struct CheckTests {
    private static let nginx = tool("nginx")
    private static let openssl = tool("openssl")

    /// What is expected of one kind of certificate.
    struct Row: Sendable {
        var kind: TestPKI.Kind
        var status: Int32
        var reason: String?
        /// Depth and code of the errors that must be among those told.
        var errors: [String]
        var sent: Int
    }

    static let rows = [
        Row(kind: .good, status: 0, reason: nil, errors: [], sent: 2),
        Row(
            kind: .expired, status: 2, reason: "tls_expired", errors: ["0 cert_has_expired"],
            sent: 2),
        Row(
            kind: .notYetValid, status: 2, reason: "tls_not_yet_valid",
            errors: ["0 cert_not_yet_valid"], sent: 2),
        Row(
            kind: .selfSigned, status: 2, reason: "tls_self_signed",
            errors: ["0 depth_zero_self_signed_cert"], sent: 1),
        Row(
            kind: .wrongName, status: 2, reason: "tls_hostname_mismatch",
            errors: ["0 hostname_mismatch"], sent: 2),
        Row(
            kind: .untrustedRoot, status: 2, reason: "tls_untrusted",
            errors: ["1 unable_to_get_issuer_cert_locally"], sent: 2),
        Row(
            kind: .incompleteChain, status: 2, reason: "tls_incomplete_chain",
            errors: ["0 unable_to_get_issuer_cert_locally"], sent: 1),
    ]

    /// Each kind exits as it should, names the reason, and still tells what HTTP answered.
    @Test(
        .enabled(if: nginx != nil && openssl != nil, "nginx or openssl is not installed"),
        .timeLimit(.minutes(2)))
    func everyKindOfCertificateIsNamed() async throws {
        let pki = try await TestPKI(openssl: #require(Self.openssl))
        try await Nginx.run(#require(Self.nginx), pki) { port in
            for row in Self.rows {
                let arguments = [
                    "check", row.kind.host, "--ca-file", pki.rootPath, "--connect-to",
                    "::127.0.0.1:\(port)",
                ]
                let text = try await Vitaal.outcome(arguments)
                let json = try await Vitaal.outcome(arguments + ["--json"])
                #expect(text.status == row.status, "\(row.kind): \(text.output) \(text.errors)")
                #expect(json.status == row.status)
                #expect(text.errors == "" && json.errors == "")
                check(text: text.output, row)
                try check(json: json.output, row)
            }
            let arguments = [
                "check", TestPKI.Kind.good.host, "--ca-file", pki.rootPath, "--connect-to",
                "::127.0.0.1:\(port)",
            ]
            let trusted = try await Vitaal.outcome(arguments + ["--json"])
            let root = try #require(Self.rootFingerprint(in: trusted.output))
            let distrusted = try await Vitaal.outcome(
                arguments + ["--distrust-after", "\(root)=2001-01-01"])
            #expect(distrusted.status == 2)
            #expect(
                distrusted.output.contains(
                    "is trusted only for certificates issued until 2001-01-01 23:59:59 UTC, this"),
                "\(distrusted.output)")
            let scanned = try await Vitaal.outcome(arguments + ["--scan"])
            #expect(scanned.status == 0 && scanned.errors == "")
            #expect(
                scanned.output.contains(
                    /\n      TLS_AES_256_GCM_SHA384 +good +good\n/), "\(scanned.output)")
            #expect(scanned.output.contains("\n    post-quantum key exchange: no"))
            let asked = try await Vitaal.outcome(arguments + ["--scan", "--json"])
            #expect(asked.output.contains("\"post_quantum\" : \"no\""), "\(asked.output)")
            #expect(!trusted.output.contains("post_quantum"))
            let slip = String(repeating: "ab", count: 32)
            let warned = try await Vitaal.outcome(
                arguments + ["--distrust-after", "\(slip)=2001-01-01"])
            #expect(warned.status == 0)
            #expect(warned.errors.contains("no root has the fingerprint \(slip)"))
            for (days, isOld) in [(364.0, false), (366, true)] {
                try FileManager.default.setAttributes(
                    [.modificationDate: Date.now.addingTimeInterval(-days * 86_400)],
                    ofItemAtPath: pki.rootPath)
                let text = try await Vitaal.outcome(arguments)
                #expect(text.status == 0)
                let warning = "  warning  the trusted roots are 366d"
                #expect(text.output.contains(warning) == isOld, "\(text.output)")
                let json = try await Vitaal.outcome(arguments + ["--json"])
                #expect(json.output.contains("\"is_old\" : \(isOld)"), "\(json.output)")
            }
        }
    }

    private static func rootFingerprint(in json: String) -> String? {
        let document =
            (try? JSONSerialization.jsonObject(with: Data(json.utf8))) as? [String: Any]
        let path = (document?["tls"] as? [String: Any])?["chain_built"] as? [[String: Any]]
        return path?.last?["fingerprint_sha256"] as? String
    }

    private func check(text: String, _ row: Row) {
        #expect(text.hasPrefix(row.reason.map { "CRITICAL  \($0)  " } ?? "OK  "), "\(text)")
        #expect(text.contains("https://\(row.kind.host)/"))
        #expect(text.contains("status 200"))
        for error in row.errors { #expect(text.contains("depth \(error)"), "\(text)") }
        let renewal =
            row.kind == .expired ? "  renewal  page: was expected " : "  renewal  expected "
        #expect(text.contains(renewal), "\(text)")
    }

    private func check(json: String, _ row: Row) throws {
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(document["outcome"] as? String == (row.reason == nil ? "success" : "failure"))
        #expect(document["reason"] as? String == row.reason)
        #expect((document["http"] as? [String: Any])?["status"] as? Int == 200)
        let phases = try #require(document["phases_seconds"] as? [String: Double])
        #expect(
            Set(phases.keys) == [
                "resolve", "connect", "tls", "processing", "transfer", "total",
            ])
        let total = try #require(phases["total"])
        #expect(total > 0 && total < 60)
        #expect(try #require(phases["tls"]) > 0)
        #expect(phases.filter { $0.key != "total" }.values.reduce(0, +) <= total + 1e-5)

        let tls = try #require(document["tls"] as? [String: Any])
        #expect(tls["version"] as? String == "TLSv1.3")
        let errors = try #require(tls["errors"] as? [[String: Any]])
        let told = errors.map { "\($0["depth"] ?? "") \($0["code"] ?? "")" }
        #expect(Set(row.errors).isSubset(of: told), "\(row.kind): \(told)")
        #expect(row.reason != nil || told.isEmpty)
        let sent = try #require(tls["chain_sent"] as? [[String: Any]])
        #expect(sent.count == row.sent, "\(row.kind)")
        let end = try #require(tls["not_after"] as? String)
        #expect(sent.first?["not_after"] as? String == end)
        switch row.kind {
        case .expired:
            #expect(end == "2024-02-01T00:00:00.000Z")
            let renewal = try #require(tls["renewal"] as? [String: Any])
            #expect(renewal["level"] as? String == "page")
            #expect(renewal["next_level"] == nil)
        case .notYetValid: #expect(end == "2091-01-01T00:00:00.000Z")
        default: break
        }
    }

    @Test func aClosedPortIsRefused() async throws {
        let port = try Sockets.freePort()
        let outcome = try await Vitaal.outcome(["check", "http://127.0.0.1:\(port)/"])
        #expect(outcome.status == 2)
        #expect(outcome.output.hasPrefix("CRITICAL  connect_refused  http://127.0.0.1:\(port)/"))
        #expect(outcome.output.contains("the connection was refused"))
    }

    /// The time limit is the caller's.
    @Test func aSilentServerIsGivenUp() async throws {
        let silent = try Sockets.listener()
        defer { close(silent.descriptor) }
        let outcome = try await Vitaal.outcome([
            "check", "http://127.0.0.1:\(silent.port)/", "--timeout", "0.3",
        ])
        #expect(outcome.status == 2)
        #expect(outcome.output.contains("timeout_processing"))
    }

    @Test(arguments: ["gopher://127.0.0.1/", "two words", "", "http://"])
    func whatIsNoTargetIsSaid(target: String) async throws {
        let outcome = try await Vitaal.outcome(["check", target])
        #expect(outcome.status == 3)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains("is neither a URL, a host name nor an id"))
    }

    /// A service has several endpoints: the worst counts, and JSON is an array.
    @Test func aServiceIsCheckedAtAllItsEndpoints() async throws {
        let setting = try Setting(
            probes: """
                about: Test.
                sector: test
                services:
                  - id: both
                    name: {nl: Beide, en: Both}
                    owner: Owner
                    tier: 1
                    endpoints:
                      - {id: first, url: 'http://127.0.0.1:1/'}
                      - {id: second, url: 'http://127.0.0.2:1/'}
                """)
        let outcome = try await Vitaal.outcome(["check", "both", "--json"] + setting.arguments)
        #expect(outcome.status == 2)
        let documents = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        #expect(
            (documents as? [[String: Any]])?.map { $0["endpoint"] as? String } == [
                "first", "second",
            ])
        let one = try await Vitaal.outcome(["check", "second", "--json"] + setting.arguments)
        let document = try JSONSerialization.jsonObject(with: Data(one.output.utf8))
        #expect((document as? [String: Any])?["reason"] as? String == "connect_refused")
    }
}
