import Foundation
import Testing

/// `vitaal tls verify` on certificates that the `openssl` program made.
struct TLSVerifyTests {
    private static let openssl = tool("openssl")

    /// The same chains as those that `CheckTests` meets over the network, with the same verdicts.
    @Test(
        .enabled(if: openssl != nil, "openssl is not installed"), .timeLimit(.minutes(2)),
        arguments: [
            (TestPKI.Kind.good, "trusted"), (.expired, "tls_expired"),
            (.notYetValid, "tls_not_yet_valid"), (.selfSigned, "tls_self_signed"),
            (.wrongName, "tls_hostname_mismatch"), (.untrustedRoot, "tls_untrusted"),
            (.incompleteChain, "tls_incomplete_chain"),
        ])
    func everyKindOfCertificateIsNamed(kind: TestPKI.Kind, verdict: String) async throws {
        let pki = try await TestPKI(openssl: #require(Self.openssl))
        let arguments = [
            "tls", "verify", "--chain", pki.chainPath(kind), "--roots", pki.rootPath,
            "--name", kind.host,
        ]
        let status: Int32 = verdict == "trusted" ? 0 : 2
        let text = try await Vitaal.outcome(arguments)
        #expect(text.status == status && text.errors == "", "\(text)")
        #expect(
            text.output.hasPrefix(status == 0 ? "TRUSTED\n" : "NOT TRUSTED  \(verdict)\n"),
            "\(text.output)")
        let json = try await Vitaal.outcome(arguments + ["--json"])
        #expect(json.status == status && json.errors == "")
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(document["verdict"] as? String == verdict)
        #expect(document["trusted"] as? Bool == (status == 0))
        #expect((document["errors"] as? [Any])?.isEmpty == (status == 0))
        #expect(document["findings"] is [Any])
        let path = try #require(document["path"] as? [Any])
        if status == 0 { #expect(path.count == 3) }
    }

    /// Time is an argument: what is expired today was good while it lasted.
    @Test(.enabled(if: openssl != nil, "openssl is not installed"), .timeLimit(.minutes(2)))
    func theInstantDecides() async throws {
        let pki = try await TestPKI(openssl: #require(Self.openssl))
        let arguments = [
            "tls", "verify", "--chain", pki.chainPath(.notYetValid), "--roots", pki.rootPath,
            "--name", TestPKI.Kind.notYetValid.host,
        ]
        // The leaf runs from 2090 to 2091, its issuers end this year: another error then.
        let then = try await Vitaal.outcome(arguments + ["--at", "2090-06-01T00:00:00Z"])
        #expect(then.output.hasPrefix("NOT TRUSTED  tls_expired\n"), "\(then.output)")
        #expect(then.output.contains("judged   2090-06-01T00:00:00.000Z"))
    }

    /// A missing certificate can be handed in.
    @Test(.enabled(if: openssl != nil, "openssl is not installed"), .timeLimit(.minutes(2)))
    func anIntermediateHelps() async throws {
        let pki = try await TestPKI(openssl: #require(Self.openssl))
        let outcome = try await Vitaal.outcome([
            "tls", "verify", "--chain", pki.chainPath(.incompleteChain), "--roots", pki.rootPath,
            "--intermediates", pki.directory.path + "/intermediate.pem",
            "--name", TestPKI.Kind.incompleteChain.host,
        ])
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    /// What cannot be read is named, with the option it came by, and judged by nobody.
    @Test func whatCannotBeReadIsNamed() async throws {
        let directory = try TemporaryDirectory()
        let text = try directory.write("text.pem", "no certificate\n")
        for (chain, complaint) in [
            ("/nonexistent.pem", "/nonexistent.pem: No such file"),
            (directory.path, "cannot be read"), (text, "--chain \(text): "),
        ] {
            let outcome = try await Vitaal.outcome([
                "tls", "verify", "--chain", chain, "--name", "a.example",
            ])
            #expect(outcome.status == 3)
            #expect(outcome.output == "")
            #expect(outcome.errors.contains(complaint), "\(outcome.errors)")
        }
    }
}
