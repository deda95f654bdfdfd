import HealthModel
import LabTLS
import TLSInspection
import Testing

@testable import Probing

/// Every connection of a probe has a record of its own.
@Suite struct HopTests {
    /// Two servers of one registrable domain, each with a certificate of its own; the first
    /// redirects to the second.
    private func probe(
        first: CertificateWish, second: CertificateWish,
        location: String = "https://mijn.a.test/home?session=1"
    ) async throws -> ProbeResult {
        let authority = try TestAuthority.shared.get()
        let target = try ScriptedServer(tls: authority.server(second)) {
            $0.answer(httpAnswer())
        }
        defer { target.stop() }
        return try await withServer(tls: authority.server(first)) {
            $0.answer(httpAnswer(status: "302 F", headers: ["Location: \(location)"]))
        } body: { origin in
            try await withEngine(
                overrides: [
                    ConnectOverride("www.a.test:443:127.0.0.1:\(origin.port)"),
                    ConnectOverride("mijn.a.test:443:127.0.0.1:\(target.port)"),
                ].compactMap(\.self)
            ) { engine in
                await engine.probe(endpoint("https://www.a.test/?q=1"))
            }
        }
    }

    @Test func bothCertificatesAreKept() async throws {
        let result = try await probe(
            first: CertificateWish(names: "DNS:www.a.test", hours: 100),
            second: CertificateWish(names: "DNS:mijn.a.test", hours: 2000))
        #expect(result.reason == nil)
        #expect(result.hops.map(\.url) == ["https://www.a.test/", "https://mijn.a.test/home"])
        #expect(result.hops.map(\.status) == [302, 200])
        #expect(
            result.hops.map { $0.tls?.leaf?.names } == [["www.a.test"], ["mijn.a.test"]])
        #expect(result.hops.allSatisfy { $0.tls?.verdict == nil && $0.address != nil })
        #expect(result.hops.last?.tls == result.tls)
        // The redirect's certificate runs out first, and the last hop does not show it.
        let first = try #require(result.hops[0].tls?.runsOutFirst?.notAfter)
        let second = try #require(result.hops[1].tls?.runsOutFirst?.notAfter)
        #expect(first < second)
        let sums = result.hops.map { sum($0.phases) }
        #expect(sums == result.hops.map(\.phases.totalMicroseconds))
        #expect(sums.reduce(0, +) == sum(result.phases))
        #expect(result.hops.allSatisfy { $0.phases.tlsMicroseconds > 0 })
    }

    /// A bad certificate on the way ends the probe there, though the answer behind it is seen.
    @Test func aBadRedirectIsTheVerdict() async throws {
        let result = try await probe(
            first: CertificateWish(names: "DNS:www.a.test", hours: -1),
            second: CertificateWish(names: "DNS:mijn.a.test"))
        #expect(result.reason == .tlsExpired)
        #expect(result.hops.map(\.status) == [302])
    }

    @Test func aBadTargetIsTheVerdict() async throws {
        let result = try await probe(
            first: CertificateWish(names: "DNS:www.a.test"),
            second: CertificateWish(names: "DNS:other.test"))
        #expect(result.reason == .tlsHostnameMismatch)
        #expect(result.detail == "for other.test, not mijn.a.test")
        #expect(result.hops.map { $0.tls?.verdict } == [nil, .tlsHostnameMismatch])
    }

    /// Port 1 of loopback has no name server: the second name cannot be found.
    @Test func aTargetWithoutAddressMadeNoConnection() async throws {
        let result = try await probe(
            first: CertificateWish(names: "DNS:www.a.test"),
            second: CertificateWish(names: "DNS:mijn.a.test"),
            location: "https://gone.a.test/")
        #expect(result.reason?.meaning == .monitor)
        #expect(result.hops.map { $0.address == nil } == [false, true])
        #expect(result.hops.map { $0.tls == nil } == [false, true])
        // What the result shows is the last connection there was.
        #expect(result.tls == result.hops[0].tls)
        #expect(result.address == result.hops[0].address)
    }

    @Test func thereAreAtMostSixHops() async throws {
        let result = try await withServer(script: {
            $0.answer(httpAnswer(status: "302 F", headers: ["Location: /"]))
        }) { server in
            try await withEngine(overrides: [everything(to: server.port)]) {
                await $0.probe(endpoint("http://a.test/"))
            }
        }
        #expect(result.reason == .redirectLimit)
        #expect(result.hops.count == Limits.redirects + 1)
    }
}
