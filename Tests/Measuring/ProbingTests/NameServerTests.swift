import Glibc
import HealthModel
import Synchronization
import Testing

@testable import Probing

/// Whose name servers are known, and when they are asked for.
@Suite struct NameServerTests {
    /// A name in wire form (RFC 1035 §3.1).
    private static func wire(_ name: String) -> [UInt8] {
        name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    private func text(_ bytes: [UInt8]) -> String? {
        bytes.withUnsafeBytes { DomainName.text(ofBytes: $0) }
    }

    @Test func namesAreReadAndNothingElse() {
        #expect(text(Self.wire("NS1.Example_x.nl")) == "ns1.example_x.nl")
        let label = String(repeating: "a", count: 63)
        #expect(text(Self.wire(label)) == label)
        // 255 bytes with every length and the root; one more is no name.
        let longest = [label, label, label, String(repeating: "b", count: 61)]
            .joined(separator: ".")
        #expect(Self.wire(longest).count == 255 && text(Self.wire(longest)) == longest)
        #expect(text(Self.wire(longest + "b")) == nil)
        let bad: [[UInt8]] = [
            [], [0], [1], [1, 97], [3, 97, 98, 0], [1, 97, 0, 0],
            [64] + [UInt8](repeating: 97, count: 64) + [0],
            [0xC0, 12], Self.wire("a b"), Self.wire("a\nb"), Self.wire("naïef"),
        ]
        for bytes in bad { #expect(text(bytes) == nil, "\(bytes)") }
    }

    /// It is learnt while the name can be resolved, and said when it cannot.
    @Test func whatWasLearntIsSaidOfAFailure() async throws {
        let state = Script(servers: ["NS2.host.example", "ns1.host.example"])
        let server = try ScriptedNameServer { state.answer($0) }
        defer { server.stop() }
        let results = try await withEngine(resolver: server.configuration) { engine in
            var results = [await engine.probe(endpoint("http://www.vitaal-a.nl:1/"))]
            await state.untilAsked("vitaal-a.nl")
            results.append(await engine.probe(endpoint("http://mijn.vitaal-a.nl:1/")))
            state.breakDown()
            results.append(await engine.probe(endpoint("http://www.vitaal-a.nl:1/")))
            results.append(await engine.probe(endpoint("http://www.vitaal-b.nl:1/")))
            return results
        }
        #expect(
            results.map(\.reason) == [.connectRefused, .connectRefused, .dnsServfail, .dnsServfail])
        #expect(
            results.map(\.nameServers) == [[], [], ["ns1.host.example", "ns2.host.example"], []])
    }

    @Test(arguments: [(0, 8), (1, 8)]) func soManyAreKept(excess: Int, kept: Int) async throws {
        let all = (0..<Limits.nameServersPerDomain + excess).map { "ns\($0).host.example" }
        let state = Script(servers: all)
        let server = try ScriptedNameServer { state.answer($0) }
        defer { server.stop() }
        let result = try await withEngine(resolver: server.configuration) { engine in
            _ = await engine.probe(endpoint("http://www.vitaal-a.nl:1/"))
            await state.untilAsked("vitaal-a.nl")
            _ = await engine.probe(endpoint("http://www.vitaal-a.nl:1/"))
            state.breakDown()
            return await engine.probe(endpoint("http://www.vitaal-a.nl:1/"))
        }
        #expect(result.nameServers == Array(all.prefix(kept)))
    }

    /// Once a day what was learnt is asked for anew, once an hour what was not; what was known stays.
    @Test func itIsAskedForOnceADay() {
        let clock = ManualClock()
        var asked: [(domain: String, completion: ([String]) -> Void)] = []
        let book = NameServerBook(timekeeper: clock) { domain, completion in
            asked.append((domain, completion))
            return {}
        }
        book.learn("www.a.nl")
        book.learn("mijn.a.nl")
        book.learn("192.0.2.1")
        book.learn("nl")
        #expect(asked.map(\.domain) == ["a.nl"], "while the question is under way, too")
        asked[0].completion([])
        clock.advance(NameServerBook.retryNanoseconds - 1)
        book.learn("www.a.nl")
        #expect(asked.count == 1)
        clock.advance(1)
        book.learn("www.a.nl")
        #expect(asked.count == 2)
        asked[1].completion(["ns1.a.nl"])
        #expect(book.servers(of: "x.y.a.nl") == ["ns1.a.nl"])
        #expect(book.servers(of: "b.nl") == [] && book.servers(of: "192.0.2.1") == [])
        clock.advance(NameServerBook.freshNanoseconds - 1)
        book.learn("www.a.nl")
        #expect(asked.count == 2)
        clock.advance(1)
        book.learn("www.a.nl")
        #expect(asked.count == 3)
        asked[2].completion([])
        #expect(book.servers(of: "a.nl") == ["ns1.a.nl"])
        asked[2].completion(["ns2.a.nl"])
        #expect(book.servers(of: "a.nl") == ["ns2.a.nl"])
    }

    /// What comes after the limit is not asked for; what is under way is dropped at the end.
    @Test func soManyDomainsAreKept() {
        var asked = 0
        var dropped = 0
        let book = NameServerBook(timekeeper: ManualClock()) { _, _ in
            asked += 1
            return { dropped += 1 }
        }
        for number in 0...Limits.nameServerDomains { book.learn("www.a\(number).nl") }
        #expect(asked == Limits.nameServerDomains)
        book.close()
        #expect(dropped == Limits.nameServerDomains)
    }

    /// What a name server says, and what it was asked.
    private final class Script: Sendable {
        private let servers: [String]
        private let state = Mutex<(asked: [String: Int], isBroken: Bool)>(([:], false))

        init(servers: [String]) { self.servers = servers }

        func answer(_ question: ScriptedNameServer.Question) -> ScriptedNameServer.Answer {
            let isBroken = state.withLock { state in
                if question.type == 2, !question.name.isEmpty {
                    state.asked[question.name, default: 0] += 1
                }
                return state.isBroken
            }
            if question.name.isEmpty { return .code(0) }
            if isBroken { return .code(2) }
            return switch question.type {
            case 1: .addresses([[127, 0, 0, 1]])
            case 2: .addresses(servers.map(NameServerTests.wire))
            default: .addresses([])
            }
        }

        func breakDown() { state.withLock { $0.isBroken = true } }

        func count(of domain: String) -> Int { state.withLock { $0.asked[domain] ?? 0 } }

        func untilAsked(_ domain: String) async {
            while count(of: domain) == 0 { await Task.yield() }
        }
    }
}
