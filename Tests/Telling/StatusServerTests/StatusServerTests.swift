import HTTPTypes
import HealthModel
import Hummingbird
import Logging
import StatusServer
import Testing

/// A log that nobody reads.
let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

private func server(_ monitor: StubMonitor, host: String = "127.0.0.1") -> StatusServer {
    StatusServer(
        address: ListeningAddress(host: host, port: 0), reader: monitor, logger: quietLogger)
}

@Suite(.timeLimit(.minutes(1))) struct StatusServerTests {
    @Test(arguments: [
        ("/", "text/html; charset=utf-8", "<!DOCTYPE html>"),
        ("/?lang=en", "text/html; charset=utf-8", "lang=\"en\""),
        ("/style.css", "text/css; charset=utf-8", "body"),
        ("/metrics", "text/plain; version=0.0.4; charset=utf-8", "probe_success{"),
        ("/-/healthy", "text/plain; charset=utf-8", "healthy"),
        ("/-/ready", "text/plain; charset=utf-8", "ready"),
        ("/api/v1/status", "application/json", "\"effective_state\":\"down\""),
        ("/api/v1/status/text", "application/json", "\"exit_code\":2"),
        ("/api/v1/alerts", "application/json", "\"rule\":\"unreachable\""),
    ])
    func everyPathAnswers(path: String, type: String, part: String) async throws {
        let server = server(StubMonitor(try Fixture.outage()))
        try await server.test { client in
            try await client.execute(uri: path, method: .get) { response in
                #expect(response.status == .ok)
                #expect(response.headers[.contentType] == type)
                #expect(response.headers[.cacheControl] == "no-store")
                #expect(response.headers[.xContentTypeOptions] == "nosniff")
                let policy = response.headers[.contentSecurityPolicy] ?? ""
                #expect(policy.hasPrefix("default-src 'none'"))
                #expect(!policy.contains("unsafe"))
                #expect(String(buffer: response.body).contains(part))
            }
            try await client.execute(uri: path, method: .head) { response in
                #expect(response.status == .ok)
                #expect(response.body.readableBytes == 0)
            }
            for method in [HTTPRequest.Method.post, .put, .delete] {
                try await client.execute(uri: path, method: method) { response in
                    #expect(response.status == .methodNotAllowed)
                    #expect(response.headers[.allow] == "GET, HEAD")
                }
            }
        }
    }

    @Test func anUnknownPathIsNotFound() async throws {
        try await server(StubMonitor(try Fixture.calm())).test {
            client in
            for path in ["/nothing", "/metrics/", "/-/", "/api/v1/status/x", "/..%2fmetrics"] {
                try await client.execute(uri: path, method: .get) {
                    #expect($0.status == .notFound, "\(path)")
                }
            }
        }
    }

    @Test func notReadyIsSaid() async throws {
        let monitor = StubMonitor(try Fixture.calm(), isReady: false)
        try await server(monitor).test { client in
            try await client.execute(uri: "/-/ready", method: .get) {
                #expect($0.status == .serviceUnavailable)
            }
            try await client.execute(uri: "/-/healthy", method: .get) { #expect($0.status == .ok) }
        }
    }

    @Test func aReloadIsAppliedOrRefusedWithEveryMistake() async throws {
        let applied = StubMonitor(try Fixture.calm())
        try await server(applied).test { client in
            try await client.execute(uri: "/-/reload", method: .post) { #expect($0.status == .ok) }
            try await client.execute(uri: "/-/reload", method: .get) { response in
                #expect(response.status == .methodNotAllowed)
                #expect(response.headers[.allow] == "POST")
            }
        }
        #expect(applied.reloads == 1)
        let mistakes = ["a.yml:1:1: unknown key", "b.yml:2:2: bad duration"]
        let refused = StubMonitor(try Fixture.calm(), outcome: .refused(mistakes: mistakes))
        try await server(refused).test { client in
            try await client.execute(uri: "/-/reload", method: .post) { response in
                #expect(response.status == .badRequest)
                #expect(
                    String(buffer: response.body) == mistakes.joined(separator: "\n") + "\n")
            }
        }
    }

    @Test func aWebPageCannotReload() async throws {
        let monitor = StubMonitor(try Fixture.calm())
        try await server(monitor).test { client in
            for (name, value) in [
                ("Origin", "http://localhost"), ("Origin", "null"),
                ("Sec-Fetch-Site", "cross-site"),
                ("Sec-Fetch-Site", "same-origin"),
            ] {
                let field = try #require(HTTPField.Name(name))
                try await client.execute(
                    uri: "/-/reload", method: .post, headers: [field: value]
                ) { #expect($0.status == .forbidden, "\(name): \(value)") }
            }
        }
        #expect(monitor.reloads == 0)
    }

    @Test(arguments: [
        ("127.0.0.1:7112", true), ("localhost", true), ("LOCALHOST:1", true), ("[::1]:7112", true),
        ("192.0.2.7", true), ("monitor.example", true), ("monitor.example:7112", true),
        ("attacker.example", false), ("attacker.example:7112", false),
        ("127.0.0.1.attacker.example", false), ("localhost.attacker.example", false),
        ("[attacker]", false), ("", false),
    ])
    func onlyOurOwnNameOrAnAddressMayReload(host: String, isAllowed: Bool) {
        let head = HTTPRequest(method: .post, scheme: "http", authority: host, path: "/-/reload")
        #expect(mayChange(head, listeningHost: "monitor.example") == isAllowed)
    }

    @Test func theDocumentTravelsUnchanged() async throws {
        let snapshot = try Fixture.outage()
        let expected = Fixture.document(snapshot)
        try await server(StubMonitor(snapshot)).test { client in
            try await client.execute(uri: "/api/v1/status", method: .get) { response in
                let document = try StatusDocument(json: Array(response.body.readableBytesView))
                #expect(document == expected)
            }
            try await client.execute(uri: "/api/v1/status?id=nobody", method: .get) { response in
                let document = try StatusDocument(json: Array(response.body.readableBytesView))
                #expect(document.verdict.status == "unknown")
                #expect(document.services == expected.services)
            }
            try await client.execute(uri: "/api/v1/monitor", method: .get) { response in
                let document = try MonitorDocument(json: Array(response.body.readableBytesView))
                #expect(document.monitor == expected.monitor)
                #expect(document.verdict.status == "ok")
            }
            try await client.execute(uri: "/api/v1/alerts", method: .get) { response in
                let document = try AlertsDocument(json: Array(response.body.readableBytesView))
                #expect(document.alerts == expected.alerts)
            }
        }
    }

    /// The text is what the document gives, in the language, width and colour that were asked for.
    @Test(
        arguments: [
            ("", [], 80, false, StatusLanguage.en),
            ("?lang=nl&width=120&color=1", [], 120, true, .nl),
            ("?id=digid&id=digid-www", ["digid", "digid-www"], 80, false, .en),
            ("?id=nothing&id=a%26lang%3Dnl", ["nothing", "a&lang=nl"], 80, false, .en),
            ("?width=99999999999999999999&lang=xx", [], 80, false, .en),
            ("?width=9999", [], StatusAnswer.columnsMax, false, .en),
        ] as [(String, [String], Int, Bool, StatusLanguage)])
    func theTextIsThatOfTheDocument(
        query: String, ids: [String], width: Int, isColored: Bool, language: StatusLanguage
    ) async throws {
        let snapshot = try Fixture.outage()
        let document = Fixture.document(snapshot)
        try await server(StubMonitor(snapshot)).test { client in
            try await client.execute(uri: "/api/v1/status/text" + query, method: .get) { response in
                let answer = try StatusAnswer(json: Array(response.body.readableBytesView))
                #expect(
                    answer.text
                        == StatusText.render(
                            document, ids: ids, width: width, isColored: isColored,
                            language: language))
                let asked = Fixture.document(snapshot, about: ids)
                #expect(answer.exitCode == asked.verdict.exitCode)
                #expect(answer.unknownIds == document.unknownIDs(among: ids))
            }
        }
    }

    @Test(arguments: [(0, HTTPResponse.Status.ok), (1, .badRequest)])
    func soManyIdsAreAnswered(excess: Int, status: HTTPResponse.Status) async throws {
        let ids = (0..<StatusAnswer.idsMax + excess).map { "id=e\($0)" }.joined(separator: "&")
        try await server(StubMonitor(try Fixture.calm())).test { client in
            for path in ["/api/v1/status/text?", "/api/v1/status?"] {
                try await client.execute(uri: path + ids, method: .get) {
                    #expect($0.status == status)
                }
            }
        }
    }

    @Test func thePageEscapesWhatTheNetworkSays() async throws {
        var hostile = Fixture.brokenDigid
        hostile.name = "<script>alert(1)</script>\u{1B}[31m"
        hostile.detail = "\"'<\u{301}b>&"
        let monitor = StubMonitor(try Fixture.snapshot([hostile]))
        try await server(monitor).test { client in
            try await client.execute(uri: "/", method: .get) { response in
                let page = String(buffer: response.body)
                #expect(!page.contains("<script"))
                #expect(!page.unicodeScalars.contains("\u{1B}"))
                #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
                #expect(page.contains("&quot;&#39;&lt;\u{301}b&gt;&amp;"))
            }
        }
    }
}
