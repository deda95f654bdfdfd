import HealthModel
import LabTLS
import Scheduling
import Synchronization
import TLSInspection

@testable import Probing

/// An engine on one loop with the test authority's trust, and short ways to use it.
struct TestEngine: Sendable {
    let engine: ProbeEngine
    let results: Results
    let missed: Missed

    /// Takes the slots that could not be kept.
    final class Missed: Sendable {
        private let values = Mutex<[MissedSlots]>([])
        var all: [MissedSlots] { values.withLock { $0 } }
        func add(_ more: [MissedSlots]) { values.withLock { $0 += more } }
    }

    /// Takes what the sink gets.
    final class Results: Sendable {
        private let values = Mutex<[ProbeResult]>([])
        var all: [ProbeResult] { values.withLock { $0 } }
        func add(_ more: [ProbeResult]) { values.withLock { $0 += more } }
    }

    /// Starts an engine; `overrides` say where connections are sent instead.
    init(
        overrides: [ConnectOverride] = [], resolver: ResolverConfiguration? = nil,
        trustFile: String? = nil, verificationTime: Timestamp? = nil, loops: Int = 1,
        revocationLists: RevocationLists? = nil
    ) throws {
        let store = try TrustStore(path: trustFile ?? TestAuthority.shared.get().trustFile.path)
        let results = Results()
        self.results = results
        // Port 1 of loopback answers nothing: a test that resolves by accident fails.
        let none = ResolverConfiguration(
            forwarders: ["127.0.0.1@1"], resolvConf: nil, hostsFile: nil)
        var configuration = ProbeEngine.Configuration(
            loops: loops, resolver: resolver ?? none, connectOverrides: overrides,
            trustStore: store, userAgent: "vitaal-test/1", seed: 1,
            verificationTime: verificationTime)
        configuration.revocationLists = revocationLists
        let missed = Missed()
        self.missed = missed
        engine = try ProbeEngine(
            configuration: configuration, timekeeper: MachineClock(), sink: { results.add($0) },
            onMissed: { missed.add($0) })
    }

    /// Probes once by `probeOnce`.
    func probe(_ endpoint: Endpoint) async -> ProbeResult {
        await withCheckedContinuation { continuation in
            engine.probeOnce(endpoint) { continuation.resume(returning: $0) }
        }
    }
}

/// Runs `body` with an engine and stops it afterwards.
func withEngine<Result>(
    overrides: [ConnectOverride] = [], resolver: ResolverConfiguration? = nil,
    trustFile: String? = nil, verificationTime: Timestamp? = nil, loops: Int = 1,
    revocationLists: RevocationLists? = nil,
    body: (TestEngine) async throws -> Result
) async throws -> Result {
    let engine = try TestEngine(
        overrides: overrides, resolver: resolver, trustFile: trustFile,
        verificationTime: verificationTime, loops: loops, revocationLists: revocationLists)
    defer { engine.engine.stop() }
    return try await body(engine)
}

/// An override that sends every connection to `port` on loopback.
func everything(to port: UInt16, isIPv6: Bool = false) -> ConnectOverride {
    ConnectOverride(
        host: nil, port: nil, connectHost: isIPv6 ? "::1" : "127.0.0.1", connectPort: port)
}

/// An endpoint for one URL with a time limit that suits a loopback server.
func endpoint(
    _ url: String, id: String = "e", timeout: Duration = .seconds(10),
    change: (inout Probe) -> Void = { _ in }
) -> Endpoint {
    var probe = Probe(interval: .seconds(60), timeout: timeout)
    change(&probe)
    guard let parsed = ProbeURL(url) else { preconditionFailure("bad URL in a test: \(url)") }
    return Endpoint(
        id: EndpointID(id), service: ServiceID("s"), url: parsed, probe: probe)
}

/// Probes one server once over plain HTTP, or over TLS as `localhost.test` when it has a context.
func probe(
    tls: TLSServerContext? = nil, url: String? = nil, timeout: Duration = .seconds(10),
    verificationTime: Timestamp? = nil, change: (inout Probe) -> Void = { _ in },
    script: @escaping @Sendable (Connection) -> Void
) async throws -> ProbeResult {
    try await withServer(tls: tls, script: script) { server in
        try await withEngine(
            overrides: [everything(to: server.port)], verificationTime: verificationTime
        ) { engine in
            let scheme = tls == nil ? "http" : "https"
            return await engine.probe(
                endpoint(
                    url ?? "\(scheme)://localhost.test/", timeout: timeout, change: change))
        }
    }
}
