import HealthModel
import LabTLS
import Probing
import TLSInspection
import Testing

/// Endpoints that trust other roots than the rest.
@Suite struct TrustProfileTests {
    /// One server, one chain, one name: two verdicts, by the roots, in turn.
    @Test func theRootsAreTheEndpointsOwn() async throws {
        let other = try TestAuthority(name: "Private")
        let context = try other.server(CertificateWish())
        let own = try TrustStore(path: other.trustFile.path)
        try await withServer(tls: context, script: { $0.answer(httpAnswer()) }) { server in
            try await withEngine(overrides: [everything(to: server.port)]) { test in
                func probe(_ store: TrustStore?, file: String?) async -> ProbeResult {
                    await withCheckedContinuation { continuation in
                        test.engine.probeOnce(
                            endpoint("https://localhost.test/") { $0.trustFile = file },
                            trustStore: store
                        ) { continuation.resume(returning: $0) }
                    }
                }
                for _ in 0..<3 {
                    let trusted = await probe(own, file: "private.pem")
                    #expect(trusted.reason == nil, "\(trusted.detail)")
                    // A good verdict by other roots is not remembered for these.
                    #expect(await probe(nil, file: nil).reason == .tlsUntrusted)
                }
                // Roots that are named and not there are never taken for the public ones.
                let missing = await probe(nil, file: "private.pem")
                #expect(missing.reason == .monitorError)
                #expect(missing.detail == "the trusted roots are not loaded")
            }
        }
    }

    /// Scheduled probes find their roots by the file, and a reload exchanges them.
    @Test(.timeLimit(.minutes(1))) func aReloadExchangesTheRoots() async throws {
        let other = try TestAuthority(name: "Private")
        let context = try other.server(CertificateWish())
        let right = try TrustStore(path: other.trustFile.path)
        let wrong = try TrustStore(path: TestAuthority.shared.get().trustFile.path)
        try await withServer(tls: context, script: { $0.answer(httpAnswer()) }) { server in
            try await withEngine(overrides: [everything(to: server.port)]) { test in
                let watched = endpoint("https://localhost.test/") {
                    $0.trustFile = "private.pem"
                    $0.interval = .milliseconds(100)
                    $0.timeout = .seconds(10)
                    $0.confirmation = nil
                }
                var seen = 0
                for (store, wanted) in [(right, nil), (wrong, Reason.tlsUntrusted), (right, nil)] {
                    test.engine.replace(
                        endpoints: [watched], trustStores: ["private.pem": store])
                    // Two results later every probe has begun with these roots.
                    seen = test.results.all.count + 2
                    while test.results.all.count <= seen {
                        try await Task.sleep(for: .milliseconds(5))
                    }
                    #expect(test.results.all[seen].reason == wanted)
                }
            }
        }
    }
}
