import COpenSSL
import HealthModel
import LabTLS
import Synchronization
import TLSInspection
import Testing

@testable import Probing

/// Revocation lists fetched from a real server, and what they do to the verdict.
@Suite struct RevocationFetchTests {
    /// What the server of lists does.
    enum Answer: Sendable, CustomTestStringConvertible {
        case list(revoked: [Int], end: Int64, isPEM: Bool = false)
        case status(String)
        case noise
        case oversize
        case silence
        case closed

        var testDescription: String {
            switch self {
            case .list(let revoked, let end, let isPEM):
                "list of \(revoked), \(end) s left\(isPEM ? ", PEM" : "")"
            case .status(let status): status
            case .noise: "noise"
            case .oversize: "one byte more than is read"
            case .silence: "silence"
            case .closed: "closed"
            }
        }
    }

    private static let serial = 42

    static let rows: [(answer: Answer, status: RevocationStatus)] = [
        (.list(revoked: [], end: 3600), .good),
        (.list(revoked: [7, 43], end: 3600), .good),
        (.list(revoked: [7, 42], end: 3600), .revoked),
        (.list(revoked: [42], end: 3600, isPEM: true), .revoked),
        (.list(revoked: [], end: -60), .stale),
        (.status("404 Not Found"), .unavailable),
        (.status("301 Moved Permanently"), .unavailable),
        (.noise, .unavailable),
        (.oversize, .unavailable),
        (.silence, .unavailable),
        (.closed, .unavailable),
    ]

    /// Serves lists; what each test needs of it.
    private static func serve(
        _ answer: Answer, signer: MintedIdentity
    ) throws -> @Sendable (Connection) -> Void {
        let list: [UInt8]
        switch answer {
        case .list(let revoked, let end, let isPEM):
            list = try RevocationWish(revoked: revoked, end: end).encoded(by: signer, isPEM: isPEM)
        case .noise: list = Array("<html>come back tomorrow</html>".utf8)
        default: list = []
        }
        return { connection in
            guard connection.readRequest() != nil else { return }
            switch answer {
            case .status(let status):
                connection.write(httpAnswer(status: status, headers: ["Location: http://b.test/"]))
            case .silence: connection.awaitClose()
            case .closed: break
            case .oversize:
                connection.write(
                    "HTTP/1.1 200 OK\r\nContent-Length: \(RevocationCollector.listBytesMax + 1)\r\n\r\n"
                )
                _ = connection.write(
                    [UInt8](repeating: 0x30, count: RevocationCollector.listBytesMax + 1))
            case .list, .noise:
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(list.count)\r\n\r\n")
                connection.write(list)
            }
        }
    }

    /// A server with a certificate that names its list.
    private static func leaf(_ authority: TestAuthority) throws -> MintedIdentity {
        var wish = CertificateWish()
        wish.serial = serial
        wish.extra = [(NID_crl_distribution_points, "URI:http://lists.test/1.crl")]
        return try authority.leaf(wish)
    }

    private static func withBoth<Value>(
        _ answer: Answer, fetches: Bool = true,
        body: (ProbeEngine, ScriptedServer) async throws -> Value
    ) async throws -> Value {
        let authority = try TestAuthority.shared.get()
        let context = try TLSServerContext(
            identity: leaf(authority), chain: [authority.intermediate])
        let script = try serve(answer, signer: authority.intermediate)
        return try await withServer(tls: context, script: { $0.answer(httpAnswer()) }) { server in
            try await withServer(script: script) { lists in
                var configuration = ProbeEngine.Configuration(
                    loops: 1,
                    resolver: ResolverConfiguration(
                        forwarders: ["127.0.0.1@1"], resolvConf: nil, hostsFile: nil),
                    connectOverrides: [
                        ConnectOverride(
                            host: "lists.test", port: nil, connectHost: "127.0.0.1",
                            connectPort: lists.port),
                        everything(to: server.port),
                    ],
                    trustStore: try TrustStore(path: authority.trustFile.path),
                    userAgent: "vitaal-test/1", seed: 1)
                configuration.fetchesRevocationLists = fetches
                let engine = try ProbeEngine(
                    configuration: configuration, timekeeper: MachineClock(), sink: { _ in })
                defer { engine.stop() }
                return try await body(engine, lists)
            }
        }
    }

    private static func probe(_ engine: ProbeEngine) async -> ProbeResult {
        await withCheckedContinuation { continuation in
            engine.probeOnce(endpoint("https://localhost.test/")) {
                continuation.resume(returning: $0)
            }
        }
    }

    private static func fetch(
        _ engine: ProbeEngine, for result: ProbeResult, within limit: Duration = .seconds(10)
    ) async {
        await withCheckedContinuation { continuation in
            engine.fetchRevocationLists(for: result, within: limit) { continuation.resume() }
        }
    }

    @Test(arguments: rows)
    func verdict(answer: Answer, status: RevocationStatus) async throws {
        try await Self.withBoth(answer) { engine, lists in
            let first = await Self.probe(engine)
            // Nothing waits for a list: the first probe is judged without.
            #expect(first.reason == nil)
            #expect(first.tls?.revocation == [.unavailable, .none])
            #expect(engine.namesRevocationLists(first))
            var isSilent = false
            if case .silence = answer { isSilent = true }
            await Self.fetch(engine, for: first, within: .seconds(isSilent ? 1 : 10))
            #expect(lists.accepted == 1)
            let second = await Self.probe(engine)
            #expect(second.tls?.revocation.first == status)
            #expect(second.reason == (status == .revoked ? .tlsRevoked : nil))
            #expect(second.http?.status == 200)
            let counters = try #require(engine.revocationCounters)
            let isFetched = status != .unavailable
            #expect(counters.fetches == (isFetched ? 1 : 0))
            #expect(counters.failures == (isFetched || isSilent ? 0 : 1))
            #expect(counters.lists == (isFetched ? 1 : 0))
            #expect((counters.bytes > 0) == isFetched)
            // Asked for once, however many certificates name it.
            if isFetched { await Self.fetch(engine, for: second) }
            #expect(lists.accepted == 1)
        }
    }

    /// The largest list that is read.
    @Test func theLimitItselfIsRead() async throws {
        let authority = try TestAuthority.shared.get()
        let script: @Sendable (Connection) -> Void = { connection in
            guard connection.readRequest() != nil else { return }
            let count = RevocationCollector.listBytesMax
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n")
            _ = connection.write([UInt8](repeating: 0x30, count: count))
        }
        let ended = Mutex<Int?>(nil)
        try await withServer(script: script) { server in
            let loop = try PollLoopHolder(
                overrides: [everything(to: server.port)],
                trustStore: TrustStore(path: authority.trustFile.path))
            defer { loop.stop() }
            let body = await loop.fetch("http://lists.test/1.crl")
            ended.withLock { $0 = body?.count }
        }
        #expect(ended.withLock { $0 } == RevocationCollector.listBytesMax)
    }

    @Test func nothingIsFetchedUnlessAskedFor() async throws {
        try await Self.withBoth(.list(revoked: [42], end: 3600), fetches: false) { engine, lists in
            let result = await Self.probe(engine)
            #expect(result.reason == nil)
            #expect(result.tls?.revocation == [])
            #expect(!engine.namesRevocationLists(result))
            await Self.fetch(engine, for: result)
            #expect(lists.accepted == 0)
            #expect(engine.revocationCounters == nil)
        }
    }

    /// What an untrusted certificate names is nobody's business: it could name any victim.
    @Test func anUntrustedCertificateMakesNobodyFetch() async throws {
        let stranger = try TestAuthority(name: "Stranger")
        let authority = try TestAuthority.shared.get()
        let context = try TLSServerContext(
            identity: Self.leaf(stranger), chain: [stranger.intermediate])
        let result = try await withServer(tls: context, script: { $0.answer(httpAnswer()) }) {
            server in
            try await withEngine(
                overrides: [everything(to: server.port)], trustFile: authority.trustFile.path
            ) { await $0.probe(endpoint("https://localhost.test/")) }
        }
        #expect(result.reason == .tlsUntrusted)
        #expect(RevocationAddresses.named(by: result) == [])
    }
}
