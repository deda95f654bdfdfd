import Foundation
import TestSupport
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
        // The same words as those of `vitaal check`.
        let renewal = try #require(document["renewal"] as? [String: Any])
        #expect(renewal["expected_at"] is String)
        #expect(text.output.contains("\n  renewal  "))
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

    /// A root may vouch for older certificates only, here and in a probe.
    @Test(.enabled(if: openssl != nil, "openssl is not installed"), .timeLimit(.minutes(2)))
    func aRootIsDistrustedAfterADay() async throws {
        let pki = try await TestPKI(openssl: #require(Self.openssl))
        let arguments = [
            "tls", "verify", "--chain", pki.chainPath(.good), "--roots", pki.rootPath,
            "--name", TestPKI.Kind.good.host,
        ]
        let json = try await Vitaal.outcome(arguments + ["--json"])
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        let path = try #require(document["path"] as? [[String: Any]])
        let root = try #require(path.last?["fingerprint_sha256"] as? String)
        let issued = try #require(path.first?["not_before"] as? String)
        let colons = stride(from: 0, to: root.count, by: 2).map { root.dropFirst($0).prefix(2) }
            .joined(separator: ":").uppercased()
        for (option, verdict) in [
            ("\(root)=2001-01-01", "tls_untrusted"), ("\(colons)=2001-01-01", "tls_untrusted"),
            ("\(root)=\(issued.prefix(10))", "trusted"), ("\(root)=\(issued)", "trusted"),
        ] {
            let outcome = try await Vitaal.outcome(
                arguments + ["--json", "--distrust-after", option])
            #expect(outcome.output.contains("\"verdict\" : \"\(verdict)\""), "\(outcome)")
            #expect(outcome.output.contains("distrusted_after") == (verdict != "trusted"))
            #expect(outcome.status == (verdict == "trusted" ? 0 : 2))
        }
        let text = try await Vitaal.outcome(
            arguments + ["--distrust-after", "\(root)=2001-01-01"])
        #expect(
            text.output.contains(
                "is trusted only for certificates issued until 2001-01-01 23:59:59"),
            "\(text.output)")
        // The earlier of two dates counts.
        let twice = try await Vitaal.outcome(
            arguments + [
                "--distrust-after", "\(root)=2001-01-01", "--distrust-after", "\(root)=2099-01-01",
            ])
        #expect(twice.status == 2)
        let other = String(repeating: "ab", count: 32)
        let slip = try await Vitaal.outcome(
            arguments + ["--distrust-after", "\(other)=2001-01-01"])
        #expect(slip.status == 3 && slip.output == "")
        #expect(slip.errors.contains("no root has the fingerprint \(other)"), "\(slip.errors)")
    }

    /// A day that no calendar has is a slip of the pen, not the first of the next month.
    @Test(arguments: ["2024-11-31T00:00:00Z", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z"])
    func aDayThatDoesNotExistIsTold(instant: String) async throws {
        let outcome = try await Vitaal.outcome([
            "tls", "verify", "--chain", "/nonexistent.pem", "--at", instant,
        ])
        #expect(outcome.status == 64 && outcome.errors.contains("is no instant"), "\(outcome)")
    }

    /// What is no root and no date is told with what was expected.
    @Test(
        arguments: [
            ("abc", "has no `=`"), ("abc=2024-11-30", "is no SHA-256 of 64"),
            (String(repeating: "0", count: 63) + "=2024-11-30", "is no SHA-256 of 64"),
            (String(repeating: "0", count: 65) + "=2024-11-30", "is no SHA-256 of 64"),
            (String(repeating: "g", count: 64) + "=2024-11-30", "is no SHA-256 of 64"),
            (String(repeating: "0", count: 64) + "=2024-11-31", "has no day such as"),
            (String(repeating: "0", count: 64) + "=tomorrow", "has neither a day nor"),
            (String(repeating: "0", count: 64) + "=", "has neither a day nor"),
        ])
    func aWrongDateOfDistrustIsTold(option: String, complaint: String) async throws {
        let outcome = try await Vitaal.outcome([
            "tls", "verify", "--chain", "/nonexistent.pem", "--distrust-after", option,
        ])
        #expect(outcome.status != 0 && outcome.status != 2)
        #expect(outcome.errors.contains(complaint), "\(outcome.errors)")
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
