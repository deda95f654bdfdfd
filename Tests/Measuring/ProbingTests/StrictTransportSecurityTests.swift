import HealthModel
import LabTLS
import Testing

@testable import Probing

/// HSTS as browsers read it (RFC 6797).
@Suite struct StrictTransportSecurityTests {
    @Test(
        arguments: [
            ("max-age=31536000", 31_536_000), ("max-age=0", 0), ("MAX-AGE=5", 5),
            ("max-age=31536000; includeSubDomains; preload", 31_536_000),
            ("includeSubDomains;max-age=\"31536000\"", 31_536_000),
            (" ; ;; max-age = 7 ; ", 7), ("max-age=\"\\7\"", 7),
            ("preload=\"a;b\"; max-age=7", 7), ("x=y; max-age=7", 7),
            ("max-age=99999999999999999999999999", StrictTransportSecurity.secondsMax),
            ("max-age=3153600000", StrictTransportSecurity.secondsMax),
            ("max-age=3153599999", StrictTransportSecurity.secondsMax - 1),
            // What breaks the grammar, or leaves out what is required, is no HSTS.
            ("", nil), ("includeSubDomains", nil), ("max-age", nil), ("max-age=", nil),
            ("max-age=-1", nil), ("max-age=1.5", nil), ("max-age=1y", nil), ("max-age=\"\"", nil),
            ("max-age=1; max-age=1", nil), ("max-age=1; preload; PRELOAD", nil),
            ("max-age=1, includeSubDomains", nil), ("max-age=1 2", nil), ("max-age=\"7", nil),
            ("max-age=\"7\\", nil), ("includeSubDomains=1; max-age=1", nil), ("=1; max-age=1", nil),
            ("max-age=\u{663}", nil),
        ] as [(String, Int64?)])
    func `is read by its grammar`(value: String, seconds: Int64?) {
        #expect(StrictTransportSecurity.maxAgeSeconds(value) == seconds)
    }

    /// Only the first header of an answer counts (§8.1), and none that came without TLS.
    @Test(
        arguments: [
            (["Strict-Transport-Security: max-age=7"], 7),
            (["strict-transport-security:max-age=7", "Strict-Transport-Security: max-age=9"], 7),
            (["Strict-Transport-Security: nonsense", "Strict-Transport-Security: max-age=9"], nil),
            ([], nil),
        ] as [([String], Int64?)])
    func `is kept of each hop`(headers: [String], seconds: Int64?) async throws {
        let authority = try TestAuthority.shared.get()
        let answer = httpAnswer(headers: headers)
        try await withServer(tls: authority.server(CertificateWish(names: "DNS:www.a.test"))) {
            $0.answer(answer)
        } body: { secure in
            try await withServer {
                $0.answer(
                    httpAnswer(
                        status: "302 F", headers: headers + ["Location: https://www.a.test/"]))
            } body: { plain in
                try await withEngine(
                    overrides: [
                        ConnectOverride("www.a.test:443:127.0.0.1:\(secure.port)"),
                        ConnectOverride("www.a.test:80:127.0.0.1:\(plain.port)"),
                    ].compactMap(\.self)
                ) { engine in
                    let result = await engine.probe(endpoint("http://www.a.test/"))
                    #expect(result.hops.map(\.status) == [302, 200])
                    #expect(result.hops.map(\.hstsSeconds) == [nil, seconds])
                }
            }
        }
    }
}
