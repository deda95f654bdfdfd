import Glibc
import HealthModel
import Synchronization
import Testing

@testable import Probing

/// Names, and telling a name that fails from a monitor that is blind.
@Suite struct ResolutionTests {
    typealias Answer = ScriptedNameServer.Answer

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var reason: Reason
        var detail = ""
        var timeout: Duration = .seconds(5)
        var family = Probe.AddressFamily.any
        /// What is said about `a.vitaal.internal`; the root is always answered.
        var answer: Answer
    }

    static let cases: [Case] = [
        Case(testDescription: "NXDOMAIN", reason: .dnsNXDomain, answer: .code(3)),
        Case(
            testDescription: "SERVFAIL", reason: .dnsServfail, detail: "rcode 2",
            answer: .code(2)),
        Case(testDescription: "REFUSED", reason: .dnsServfail, answer: .code(5)),
        Case(
            testDescription: "no address at all", reason: .dnsNoAddress,
            detail: "no AAAA record", answer: .addresses([])),
        Case(
            testDescription: "no IPv4 address", reason: .dnsNoAddress, detail: "no A record",
            family: .ipv4, answer: .addresses([])),
        Case(
            testDescription: "silence", reason: .timeoutDNS, timeout: .milliseconds(300),
            answer: .silence),
        Case(testDescription: "garbage", reason: .dnsServfail, answer: .garbage),
    ]

    @Test(arguments: cases) func nameThatFails(_ wanted: Case) async throws {
        let server = try ScriptedNameServer { $0.name.isEmpty ? .code(0) : wanted.answer }
        defer { server.stop() }
        let result = try await withEngine(resolver: server.configuration) { engine in
            await engine.probe(
                endpoint("http://a.vitaal.internal/", timeout: wanted.timeout) {
                    $0.addressFamily = wanted.family
                })
        }
        #expect(result.reason == wanted.reason, "\(result.detail)")
        #expect(wanted.detail.isEmpty || result.detail == wanted.detail)
        #expect(result.address == nil)
        #expect(result.http == nil)
        #expect(result.phases.resolveMicroseconds > 0)
        #expect(result.phases.connectMicroseconds == 0)
        #expect(result.phases.totalMicroseconds < 5_000_000)
    }

    @Test(arguments: [Duration.milliseconds(300), .seconds(5)])
    func noNameServer(timeout: Duration) async throws {
        let port = try Sockets.closedPort(kind: CInt(SOCK_DGRAM.rawValue))
        let resolver = ResolverConfiguration(
            forwarders: ["127.0.0.1@\(port)"], resolvConf: nil, hostsFile: nil)
        let result = try await withEngine(resolver: resolver) { engine in
            await engine.probe(endpoint("http://a.vitaal.internal/", timeout: timeout))
        }
        #expect(result.reason == .monitorNoResolver)
        #expect(result.phases.totalMicroseconds < 7_000_000)
    }

    @Test func silentNameServer() async throws {
        let server = try ScriptedNameServer { _ in .silence }
        defer { server.stop() }
        let result = try await withEngine(resolver: server.configuration) { engine in
            await engine.probe(endpoint("http://a.vitaal.internal/", timeout: .milliseconds(300)))
        }
        #expect(result.reason == .monitorNoResolver)
        #expect(result.phases.totalMicroseconds < 5_000_000)
    }

    /// libunbound would deny the zone that RFC 6761 keeps for tests, without asking anybody.
    @Test func testZoneIsAskedOfANamedServer() async throws {
        let closed = try Sockets.closedPort(kind: CInt(SOCK_STREAM.rawValue))
        let server = try ScriptedNameServer {
            $0.name.isEmpty ? .code(0) : .addresses([[127, 0, 0, 1]])
        }
        defer { server.stop() }
        let result = try await withEngine(resolver: server.configuration) { engine in
            await engine.probe(
                endpoint("http://a.test:\(closed)/") { $0.addressFamily = .ipv4 })
        }
        #expect(result.reason == .connectRefused, "\(result.detail)")
        #expect(result.address?.text == "127.0.0.1")
    }

    /// resolv.conf(5): without a name server the one on this machine is meant.
    @Test(arguments: ["", "search example.test\n# nameserver 127.0.0.9\n"])
    func resolvConfWithoutNameServer(text: String) throws {
        #expect(NameServer.list(resolvConf: text) == [.local])
        #expect(
            NameServer.list(
                for: ResolverConfiguration(resolvConf: nil, hostsFile: nil)) == [.local])
    }

    @Test func resolvConf() {
        let text =
            "nameserver 127.0.0.2\n\tnameserver  ::1 # six\nnameserver bad\n"
            + (0..<20).map { "nameserver 127.0.1.\($0)\n" }.joined()
        let list = NameServer.list(resolvConf: text)
        #expect(list.count == NameServer.limit)
        #expect(list.prefix(2).map(\.address) == ["127.0.0.2", "::1"])
        #expect(list.allSatisfy { $0.port == 53 })
    }

    @Test(arguments: [
        ("127.0.0.1", 53), ("127.0.0.1@5353", 5353), ("::1@1", 1), ("127.0.0.1@0", nil),
        ("127.0.0.1@", nil), ("127.0.0.1@65536", nil), ("localhost", nil), ("", nil),
        ("127.0.0.1@1@2", nil), ("127.0.0.1@+5", nil),
    ])
    func nameServer(text: String, port: Int?) {
        #expect(NameServer(text).map { Int($0.port) } == port)
    }

    @Test func badConfigurationsAreRefused() {
        let bad = [
            ResolverConfiguration(forwarders: ["nonsense"], resolvConf: nil, hostsFile: nil),
            ResolverConfiguration(resolvConf: "/nonexistent/resolv.conf", hostsFile: nil),
        ]
        for configuration in bad {
            #expect(throws: ProbeEngine.StartError.self) {
                try TestEngine(resolver: configuration).engine.stop()
            }
        }
    }

    @Test func hostsFile() async throws {
        let hosts = try TemporaryFile("127.0.0.1 four.test also.test\n::1 six.test\n")
        let resolver = ResolverConfiguration(
            forwarders: ["127.0.0.1@1"], resolvConf: nil, hostsFile: hosts.path)
        for (name, isIPv6) in [("four.test", false), ("also.test", false), ("six.test", true)] {
            let result = try await withServer(isIPv6: isIPv6) {
                $0.answer(httpAnswer())
            } body: { server in
                try await withEngine(resolver: resolver) { engine in
                    await engine.probe(endpoint("http://\(name):\(server.port)/"))
                }
            }
            #expect(result.reason == nil, "\(name): \(result.detail)")
            #expect(result.address?.text == (isIPv6 ? "::1" : "127.0.0.1"))
            #expect(result.phases.resolveMicroseconds > 0)
        }
    }

    /// A slow answer is waited for and timed; a repaired name is seen at the next probe.
    @Test func slowThenRepaired() async throws {
        let isBroken = Atomic<Bool>(true)
        let server = try ScriptedNameServer { question in
            usleep(50_000)
            if isBroken.load(ordering: .relaxed) { return .code(3) }
            return question.type == 1 ? .addresses([[127, 0, 0, 1]]) : .addresses([])
        }
        defer { server.stop() }
        try await withServer {
            $0.answer(httpAnswer())
        } body: { web in
            try await withEngine(resolver: server.configuration) { engine in
                let target = endpoint("http://a.vitaal.internal:\(web.port)/")
                let broken = await engine.probe(target)
                #expect(broken.reason == .dnsNXDomain)
                #expect(broken.phases.resolveMicroseconds >= 50_000)
                isBroken.store(false, ordering: .relaxed)
                let repaired = await engine.probe(target)
                #expect(repaired.reason == nil)
                #expect(repaired.phases.resolveMicroseconds >= 50_000)
            }
        }
    }

    /// More addresses than are kept, and one that refuses.
    @Test func manyAddresses() async throws {
        let server = try ScriptedNameServer { question in
            .addresses(
                question.type == 1 ? (1...100).map { [127, 0, 0, UInt8($0)] } : [])
        }
        defer { server.stop() }
        let port = try Sockets.closedPort()
        let result = try await withEngine(resolver: server.configuration) { engine in
            await engine.probe(endpoint("http://a.vitaal.internal:\(port)/"))
        }
        #expect(result.reason == .connectRefused)
        #expect(result.address?.text.hasPrefix("127.0.0.") == true)
    }
}
