import HealthModel
import Probing
import Testing

/// What an answer is judged by, end to end.
@Suite struct ResponseTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var response: String
        var assertions = Assertions()
        var reason: Reason?
        var detail = ""
        var retryAfterSeconds: Int?
    }

    static let cases: [Case] = [
        Case(testDescription: "any 2xx is good", response: httpAnswer(status: "204 No")),
        Case(
            testDescription: "a status outside the set", response: httpAnswer(status: "404 No"),
            reason: .httpStatus, detail: "status 404"),
        Case(
            testDescription: "a status inside the set", response: httpAnswer(status: "404 No"),
            assertions: Assertions(statuses: [200...200, 404...404])),
        Case(
            testDescription: "403 is a refusal",
            response: httpAnswer(status: "403 No", headers: ["Retry-After: 120"]),
            reason: .httpBlocked, detail: "status 403", retryAfterSeconds: 120),
        Case(
            testDescription: "429 is a refusal",
            response: httpAnswer(status: "429 No", headers: ["retry-after: 999999999999999999999"]),
            reason: .httpBlocked, detail: "status 429", retryAfterSeconds: 3600),
        Case(
            testDescription: "an accepted 403",
            response: httpAnswer(status: "403 No"), assertions: Assertions(statuses: [403...403])),
        Case(
            testDescription: "a date beyond time",
            response: httpAnswer(
                status: "503 No",
                headers: [
                    "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT",
                    "Last-Modified: Fri, 31 Dec 9999 23:59:59 GMT",
                ]),
            reason: .httpStatus, detail: "status 503"),
        Case(
            testDescription: "busy with a good status",
            response: httpAnswer("Het is te druk"),
            assertions: Assertions(busyMarkers: ["nooit", "te druk"]),
            reason: .busy, detail: "status 200"),
        Case(
            testDescription: "busy with a bad status",
            response: httpAnswer("Het is te druk", status: "503 No"),
            assertions: Assertions(busyMarkers: ["te druk"]), reason: .busy, detail: "status 503"),
        Case(
            testDescription: "busy with a refusal",
            response: httpAnswer("Het is TE DRUK", status: "429 No"),
            assertions: Assertions(busyMarkers: ["(?i)te druk"]), reason: .busy),
        Case(
            testDescription: "busy before maintenance",
            response: httpAnswer("druk onderhoud"),
            assertions: Assertions(busyMarkers: ["druk"], maintenanceMarkers: ["onderhoud"]),
            reason: .busy),
        Case(
            testDescription: "maintenance", response: httpAnswer("onderhoud", status: "503 No"),
            assertions: Assertions(busyMarkers: ["druk"], maintenanceMarkers: ["onderhoud"]),
            reason: .maintenance),
        Case(
            testDescription: "markers with the same group name",
            response: httpAnswer("vol"),
            assertions: Assertions(busyMarkers: ["(?P<a>druk)", "(?P<a>vol)"]), reason: .busy),
        Case(
            testDescription: "a header that must match", response: httpAnswer(headers: ["X-A: 1"]),
            assertions: Assertions(headersMatching: [HeaderPattern(name: "x-A", pattern: "^1$")])),
        Case(
            testDescription: "the second of two headers",
            response: httpAnswer(headers: ["X-A: 1", "X-A: 2"]),
            assertions: Assertions(headersMatching: [HeaderPattern(name: "X-A", pattern: "^2$")])),
        Case(
            testDescription: "a header that is absent", response: httpAnswer(),
            assertions: Assertions(headersMatching: [HeaderPattern(name: "X-A", pattern: "1")]),
            reason: .headerMismatch, detail: "header x-a is absent"),
        Case(
            testDescription: "an optional header", response: httpAnswer(),
            assertions: Assertions(
                headersMatching: [HeaderPattern(name: "X-A", pattern: "1", isOptional: true)])),
        Case(
            testDescription: "a header of an interim answer does not count",
            response: "HTTP/1.1 103 Early Hints\r\nX-A: 1\r\n\r\n" + httpAnswer(),
            assertions: Assertions(headersMatching: [HeaderPattern(name: "X-A", pattern: "1")]),
            reason: .headerMismatch),
        Case(
            testDescription: "a header named like a status line hides nothing",
            response: httpAnswer(headers: ["X-A: 1", "HTTP/evil: 1"]),
            assertions: Assertions(headersMatching: [HeaderPattern(name: "X-A", pattern: "1")])),
        Case(
            testDescription: "a trailer is no header",
            response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
                + "X-A: 1\r\n\r\n",
            assertions: Assertions(headersMatching: [HeaderPattern(name: "X-A", pattern: "1")]),
            reason: .headerMismatch),
        Case(
            testDescription: "a header that must not match",
            response: httpAnswer(headers: ["Server: Apache"]),
            assertions: Assertions(
                headersNotMatching: [HeaderPattern(name: "server", pattern: "Apache")]),
            reason: .headerMismatch, detail: "header server matches Apache"),
        Case(
            testDescription: "a body that must match", response: httpAnswer("DigiD"),
            assertions: Assertions(bodyMatching: ["Digi", "D$"])),
        Case(
            testDescription: "a body that does not match", response: httpAnswer("DigiD"),
            assertions: Assertions(bodyMatching: ["Digi", "nope"]), reason: .bodyMismatch,
            detail: "no match for nope"),
        Case(
            testDescription: "an empty body matches the empty pattern", response: httpAnswer(""),
            assertions: Assertions(bodyMatching: ["^$"])),
        Case(
            testDescription: "a body that must not match", response: httpAnswer("fout"),
            assertions: Assertions(bodyNotMatching: ["fo+ut"]), reason: .bodyMismatch,
            detail: "a match for fo+ut"),
        Case(
            testDescription: "the smallest size", response: httpAnswer("abc"),
            assertions: Assertions(bodyBytes: 3...9)),
        Case(
            testDescription: "one byte too small", response: httpAnswer("ab"),
            assertions: Assertions(bodyBytes: 3...9), reason: .bodySize,
            detail: "2 bytes, not 3 to 9"),
        Case(
            testDescription: "one byte too large", response: httpAnswer("abcdefghij"),
            assertions: Assertions(bodyBytes: 3...9), reason: .bodySize),
        Case(
            testDescription: "too slow", response: httpAnswer(),
            assertions: Assertions(maximumDuration: .zero), reason: .tooSlow),
        Case(
            testDescription: "wrong before slow", response: httpAnswer(status: "500 No"),
            assertions: Assertions(maximumDuration: .zero), reason: .httpStatus),
        Case(
            testDescription: "100 before 200",
            response: "HTTP/1.1 100 Continue\r\n\r\n" + httpAnswer()),
        Case(
            testDescription: "chunked",
            response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            assertions: Assertions(bodyMatching: ["^ok$"])),
        Case(
            testDescription: "ended by closing", response: "HTTP/1.0 200 OK\r\n\r\nok",
            assertions: Assertions(bodyMatching: ["^ok$"])),
        Case(
            testDescription: "a redirect without Location", response: httpAnswer(status: "302 F"),
            reason: .httpStatus, detail: "status 302"),
        Case(
            testDescription: "an unasked switch of protocols",
            response: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
            reason: .httpEmpty),
    ]

    @Test(arguments: cases) func judgement(of wanted: Case) async throws {
        let result = try await probe(change: { $0.assertions = wanted.assertions }) {
            $0.answer(wanted.response)
        }
        #expect(result.reason == wanted.reason, "\(result.detail)")
        #expect(wanted.detail.isEmpty || result.detail == wanted.detail)
        #expect(result.retryAfterSeconds == wanted.retryAfterSeconds)
        #expect(result.attempts == 1)
    }

    /// The limit itself is read whole; one byte more is cut, and what was read still counts.
    @Test(arguments: [-1, 0, 1, 100_000]) func bodyLimit(past: Int) async throws {
        let size = Limits.bodyBytes + past
        let result = try await probe(
            change: { $0.assertions.bodyMatching = ["^x"] },
            script: { $0.answer(httpAnswer(String(repeating: "x", count: size))) })
        #expect(result.reason == nil)
        #expect(result.http?.bodyBytes == min(size, Limits.bodyBytes))
        #expect(result.http?.isBodyCut == (past > 0))
        #expect(result.http?.contentLengthBytes == Int64(size))
    }

    @Test func markerBehindTheCutIsNotSeen() async throws {
        let body = String(repeating: "x", count: Limits.bodyBytes) + "marker"
        let result = try await probe(
            change: { $0.assertions.bodyMatching = ["marker"] },
            script: { $0.answer(httpAnswer(body)) })
        #expect(result.reason == .bodyMismatch)
        #expect(result.detail == "no match for marker in the first 65536 bytes")
    }

    /// Ten gigabytes cost no more than the limit.
    @Test(arguments: [false, true]) func endlessBody(isTLS: Bool) async throws {
        let context = isTLS ? try TestAuthority.shared.get().server() : nil
        let block = [UInt8](repeating: 0x78, count: 64 * 1024)
        let result = try await probe(tls: context) { connection in
            connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n")
            while connection.write(block) {}
        }
        #expect(result.reason == nil)
        #expect(result.http?.isBodyCut == true)
        #expect(result.http?.bodyBytes == Limits.bodyBytes)
        #expect(result.http?.contentLengthBytes == 10_737_418_240)
        #expect(result.phases.totalMicroseconds < 3_000_000)
    }

    @Test(arguments: [-1, 0, 1]) func headerLimit(past: Int) async throws {
        let start = "HTTP/1.1 200 OK\r\n"
        let end = "Content-Length: 2\r\nConnection: close\r\n\r\n"
        var fill = Limits.headerBytes + past - start.utf8.count - end.utf8.count
        var lines = ""
        while fill > 0 {
            let length = fill > 2000 ? 1000 : fill
            lines += "X: " + String(repeating: "x", count: length - 5) + "\r\n"
            fill -= length
        }
        let response = start + lines + end + "ok"
        let result = try await probe { $0.answer(response) }
        #expect(result.reason == (past > 0 ? .httpHeadersTooLarge : nil))
        #expect(result.http?.status == 200)
    }

    @Test func factsOfAnAnswer() async throws {
        let result = try await probe(url: "http://localhost.test/path?secret=1") {
            $0.answer(
                httpAnswer("hello", headers: ["Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"]))
        }
        #expect(
            result.http
                == HTTPAnswer(
                    status: 200, version: "1.1", contentLengthBytes: 5, bodyBytes: 5,
                    lastModified: Timestamp(seconds: 784_111_777),
                    url: "http://localhost.test/path"))
    }

    @Test func headThenGetOnTheSameHandle() async throws {
        try await withServer { connection in
            guard let request = connection.readRequest() else { return }
            let answer = httpAnswer("hello")
            connection.write(request.hasPrefix("HEAD") ? String(answer.dropLast(5)) : answer)
        } body: { server in
            try await withEngine(overrides: [everything(to: server.port)]) { engine in
                for _ in 0..<2 {
                    let head = await engine.probe(endpoint("http://a.test/") { $0.method = .head })
                    #expect(head.reason == nil)
                    #expect(head.http?.bodyBytes == 0)
                    #expect(head.http?.contentLengthBytes == 5)
                    let get = await engine.probe(endpoint("http://a.test/"))
                    #expect(get.http?.bodyBytes == 5)
                }
            }
        }
    }

    @Test func requestAsSent() async throws {
        let result = try await probe(
            url: "http://localhost.test/a/../b?q=%20x",
            change: { probe in
                probe.requestHeaders = [
                    Header(name: "X-Key", value: "abc"), Header(name: "X-Empty", value: ""),
                ]
            }
        ) { connection in
            guard let request = connection.readRequest() else { return }
            let wanted = [
                "GET /a/../b?q=%20x HTTP/1.1", "Host: localhost.test",
                "User-Agent: vitaal-test/1", "X-Key: abc", "X-Empty:",
            ]
            let lines = request.split(separator: "\r\n").map(String.init)
            let missing = wanted.filter { !lines.contains($0) }
            connection.write(httpAnswer(missing.joined(separator: ",")))
        }
        #expect(result.http?.bodyBytes == 0)
    }

    @Test func overIPv6() async throws {
        let context = try TestAuthority.shared.get().server()
        let result = try await withServer(isIPv6: true, tls: context) {
            $0.answer(httpAnswer())
        } body: { server in
            try await withEngine { engine in
                await engine.probe(endpoint("https://[::1]:\(server.port)/"))
            }
        }
        #expect(result.reason == nil)
        #expect(result.address?.text == "::1")
        #expect(result.address?.isIPv6 == true)
    }
}
