import COpenSSL
import HealthModel
import LabTLS
import Probing
import TLSFindings
import Testing

/// Servers that speak what the Netherlands' guidelines call insufficient or phased out.
@Suite struct LegacyServerTests {
    /// What one server speaks, and what is said of it.
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Words of the command line of `openssl s_server`.
        var words: [String]
        var reason: Reason?
        var version: String?
        /// Grades of version and suite by 2025-05.
        var grades: [NCSCGrade?] = []
        /// Certificates that it sends.
        var sent = 2
    }

    static let rows = [
        Row(
            testDescription: "TLS 1.3", words: ["-tls1_3"], version: "TLSv1.3",
            grades: [.good, .good]),
        Row(
            testDescription: "TLS 1.2 with an AEAD suite",
            words: ["-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"], version: "TLSv1.2",
            grades: [.sufficient, .sufficient]),
        Row(
            testDescription: "TLS 1.2 with CBC",
            words: ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA256"], version: "TLSv1.2",
            grades: [.sufficient, .phaseOut]),
        Row(
            testDescription: "TLS 1.2 with static RSA",
            words: ["-tls1_2", "-cipher", "AES128-GCM-SHA256"], version: "TLSv1.2",
            grades: [.sufficient, .insufficient]),
        Row(
            testDescription: "TLS 1.1",
            words: ["-tls1_1", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0"],
            reason: .tlsProtocol, version: "TLSv1.1", grades: [.insufficient, .insufficient]),
        Row(
            testDescription: "TLS 1.0",
            words: ["-tls1", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0"],
            reason: .tlsProtocol, version: "TLSv1", grades: [.insufficient, .insufficient]),
        Row(
            testDescription: "no encryption",
            words: ["-tls1_2", "-cipher", "eNULL:@SECLEVEL=0"],
            reason: .tlsProtocol, version: "TLSv1.2", grades: [.sufficient, .insufficient]),
        Row(
            testDescription: "nobody knows who",
            words: ["-tls1_2", "-cipher", "ADH:@SECLEVEL=0"],
            reason: .tlsProtocol, version: "TLSv1.2", grades: [.sufficient, .insufficient],
            sent: 0),
    ]

    @Test(.enabled(if: OpenSSLServer.path != nil, "needs openssl"), arguments: rows)
    func aServerOfThePast(row: Row) async throws {
        let authority = try TestAuthority.shared.get()
        var wish = CertificateWish()
        wish.key = .rsa(bits: 2048)
        let server = try OpenSSLServer(
            identity: authority.leaf(wish), chain: [authority.intermediate], row.words)
        defer { server.stop() }
        let result = try await withEngine(overrides: [everything(to: server.port)]) {
            await $0.probe(endpoint("https://localhost.test/"))
        }
        #expect(result.reason == row.reason, "\(result.detail)")
        #expect(result.tls?.version == row.version, "\(result.detail)")
        #expect(result.http?.status == (row.version == nil ? nil : 200))
        guard let tls = result.tls, row.version != nil else { return }
        let report = NCSCReport(tls, edition: .version2025_05)
        #expect([report.version, report.suite] == row.grades)
        #expect(tls.chainSent.count == row.sent)
        #expect(tls.verdict == nil)
    }
}
