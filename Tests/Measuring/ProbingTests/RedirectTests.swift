import HealthModel
import LabTLS
import Synchronization
import Testing

@testable import Probing

/// Redirects, and what is kept from a server that has not earned it.
@Suite struct RedirectTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var location: String
        var reason: Reason?
        var detail = ""
        var redirects = 1
        var change: @Sendable (inout Probe) -> Void = { _ in }
    }

    /// All start at `http://www.a.test/start`, which redirects to `location`; `/end` is good.
    static let cases: [Case] = [
        Case(testDescription: "absolute", location: "http://www.a.test/end"),
        Case(testDescription: "relative to the root", location: "/end"),
        Case(testDescription: "relative to the path", location: "end"),
        Case(testDescription: "without a scheme", location: "//www.a.test/end"),
        Case(testDescription: "same registrable domain", location: "http://other.a.test/end"),
        Case(testDescription: "upper case", location: "HTTP://WWW.A.TEST/end"),
        Case(
            testDescription: "loop", location: "/start", reason: .redirectLimit,
            detail: "after 5, next http://www.a.test/start", redirects: 5),
        Case(
            testDescription: "no redirects wanted", location: "/end", reason: .redirectLimit,
            redirects: 0, change: { $0.redirects.limit = 0 }),
        Case(
            testDescription: "not followed", location: "/end", reason: .httpStatus,
            detail: "status 302", redirects: 0, change: { $0.redirects.isFollowing = false }),
        Case(
            testDescription: "another domain", location: "http://b.test/end?token=1",
            reason: .redirectDomain, detail: "to http://b.test/end", redirects: 0),
        Case(
            testDescription: "a domain with ours as its end", location: "http://evila.test/end",
            reason: .redirectDomain, redirects: 0),
        Case(
            testDescription: "an address", location: "http://127.0.0.1/end",
            reason: .redirectDomain, redirects: 0),
        Case(
            testDescription: "an allowed domain", location: "http://login.b.test/end",
            change: { $0.redirects.allowedDomains = ["b.test"] }),
        Case(
            testDescription: "an allowed domain and back", location: "http://login.b.test/back",
            redirects: 2, change: { $0.redirects.allowedDomains = ["b.test"] }),
        Case(
            testDescription: "from an allowed domain to its neighbour",
            location: "http://login.b.test/neighbour", reason: .redirectDomain, redirects: 1,
            change: { $0.redirects.allowedDomains = ["login.b.test"] }),
        Case(
            testDescription: "another scheme", location: "ftp://www.a.test/end",
            reason: .redirectInvalid, redirects: 0),
        Case(
            testDescription: "a script", location: "javascript:alert(1)",
            reason: .redirectInvalid, detail: "to javascript:alert(1)", redirects: 0),
        Case(
            testDescription: "with a password", location: "http://u:p@www.a.test/end",
            reason: .redirectInvalid, redirects: 0),
        Case(
            testDescription: "a port of 0", location: "http://www.a.test:0/end",
            reason: .redirectInvalid, redirects: 0),
        Case(
            testDescription: "expected to redirect away", location: "http://b.test/",
            redirects: 0, change: { $0.assertions.statuses = [302...302] }),
    ]

    @Test(arguments: cases) func redirect(_ wanted: Case) async throws {
        let result = try await probe(url: "http://www.a.test/start", change: wanted.change) {
            Self.play($0, location: wanted.location)
        }
        #expect(result.reason == wanted.reason, "\(result.detail)")
        #expect(wanted.detail.isEmpty || result.detail == wanted.detail)
        #expect(result.http?.redirects == wanted.redirects)
        #expect(sum(result.phases) <= result.phases.totalMicroseconds)
    }

    private static func play(_ connection: Connection, location: String) {
        guard let request = connection.readRequest(),
            let path = request.split(separator: " ").dropFirst().first
        else { return }
        let target: String? =
            switch path {
            case "/start": location
            case "/back": "http://www.a.test/end"
            case "/neighbour": "http://other.b.test/end"
            default: nil
            }
        let answer = target.map { httpAnswer(status: "302 F", headers: ["Location: \($0)"]) }
        connection.write(answer ?? httpAnswer())
    }

    @Test func aThousandRedirectsEndAtTheLimit() async throws {
        let count = Mutex(0)
        try await withServer { connection in
            guard connection.readRequest() != nil else { return }
            let number = count.withLock { value in
                value += 1
                return value
            }
            let isLast = number > 1000
            connection.write(
                httpAnswer(
                    status: isLast ? "200 OK" : "302 F", headers: ["Location: /\(number)"]))
        } body: { server in
            try await withEngine(overrides: [everything(to: server.port)]) { engine in
                let result = await engine.probe(endpoint("http://a.test/"))
                #expect(result.reason == .redirectLimit)
                #expect(server.accepted == Limits.redirects + 1)
            }
        }
    }

    @Test func downgradeIsRefused() async throws {
        let context = try TestAuthority.shared.get().server()
        let result = try await probe(tls: context) {
            $0.answer(
                httpAnswer(status: "301 M", headers: ["Location: http://localhost.test/"]))
        }
        #expect(result.reason == .redirectDowngrade)
        #expect(result.detail == "to http://localhost.test/")
        #expect(result.http?.status == 301)
    }

    /// Requests with headers of their own may carry a secret.
    @Test(arguments: [true, false]) func secretIsKeptFromABadCertificate(
        hasSecret: Bool
    )
        async throws
    {
        let context = try TestAuthority.shared.get().server(CertificateWish(hours: -1))
        let seen = Seen()
        let result = try await probe(
            tls: context,
            change: { if hasSecret { $0.requestHeaders = [Header(name: "Key", value: "s")] } },
            script: { connection in
                let request = connection.readRequest()
                seen.add(request ?? "")
                connection.write(httpAnswer())
            })
        #expect(result.reason == .tlsExpired)
        #expect(seen.all.joined().isEmpty == hasSecret)
        #expect(result.http?.status == (hasSecret ? nil : 200))
        #expect(result.tls?.isHandshakeComplete == true)
    }

    @Test func secretStaysOnItsHost() async throws {
        let seen = Seen()
        let result = try await probe(
            url: "http://www.a.test/start",
            change: { $0.requestHeaders = [Header(name: "X-Key", value: "secret")] },
            script: { connection in
                guard let request = connection.readRequest() else { return }
                seen.add(request)
                let target: String? =
                    request.contains(" /start ")
                    ? "http://www.a.test/middle"
                    : request.contains(" /middle ") ? "http://other.a.test/end" : nil
                let answer = target.map {
                    httpAnswer(status: "302 F", headers: ["Location: \($0)"])
                }
                connection.write(answer ?? httpAnswer())
            })
        #expect(result.reason == nil)
        #expect(seen.all.map { $0.contains("secret") } == [true, true, false])
    }

    /// Control characters from a server reach neither a log nor a terminal.
    @Test(arguments: ["http://\u{1B}[2J.test/", "htt\u{07}p://x/", "x\u{1B}]0;y:z"])
    func escapesAreNotShown(location: String) {
        guard let origin = ProbeURL("http://a.test/") else { return }
        let decision = RedirectJudge().decide(
            from: origin, to: location, endpointHost: "a.test", followed: 0,
            policy: RedirectPolicy())
        guard case .refuse(.redirectInvalid, let detail) = decision else {
            Issue.record("\(decision)")
            return
        }
        #expect(detail.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    }

    @Test(arguments: [
        ("www.digid.nl", "digid.nl"), ("digid.nl", "digid.nl"), ("nl", nil), ("a.co.uk", "a.co.uk"),
        ("x.y.a.co.uk", "a.co.uk"), ("127.0.0.1", nil), ("::1", nil),
    ])
    func registrableDomain(host: String, wanted: String?) {
        #expect(PublicSuffix.registrableDomain(of: host) == wanted)
    }
}

/// What servers saw, from any thread.
final class Seen: Sendable {
    private let values = Mutex<[String]>([])
    var all: [String] { values.withLock { $0 } }
    func add(_ value: String) { values.withLock { $0.append(value) } }
}
