import Glibc
import HealthModel
import LabTLS
import Probing
import Testing

/// Servers that fail in every phase: one bounded, right answer to each.
@Suite struct FaultTests {
    /// A time limit that a test has to sit out.
    static let limit: Duration = .milliseconds(300)
    /// What a busy machine may make of it.
    static let boundMicroseconds: Int64 = 3_000_000

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var reason: Reason
        var status: Int?
        var detail = ""
        var script: @Sendable (Connection) -> Void
    }

    static let plain: [Case] = [
        Case(testDescription: "never answers", reason: .timeoutProcessing) { connection in
            connection.readRequest()
            connection.awaitClose()
        },
        Case(testDescription: "never ends the headers", reason: .timeoutTransfer, status: 200) {
            $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\nServer: slow\r\n")
            $0.awaitClose()
        },
        Case(
            testDescription: "never ends the body", reason: .timeoutTransfer, status: 200,
            detail: "1 bytes of the body read"
        ) {
            $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx")
            $0.awaitClose()
        },
        Case(testDescription: "one byte at a time", reason: .timeoutTransfer, status: 200) {
            $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while $0.write("x") { usleep(10_000) }
        },
        Case(testDescription: "one header byte at a time", reason: .timeoutProcessing) {
            $0.readRequest()
            for byte in "HTTP/1.1 200 OK and much more to say than fits".utf8 {
                guard $0.write([byte]) else { return }
                usleep(10_000)
            }
            $0.awaitClose()
        },
        Case(testDescription: "only interim answers", reason: .timeoutTransfer) {
            $0.readRequest()
            $0.write("HTTP/1.1 100 Continue\r\n\r\n")
            $0.awaitClose()
        },
        Case(testDescription: "endless headers", reason: .httpHeadersTooLarge, status: 200) {
            $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\n")
            while $0.write("X-More: \(String(repeating: "x", count: 1000))\r\n") {}
        },
        Case(
            testDescription: "one endless header line", reason: .httpHeadersTooLarge,
            status: 200
        ) {
            $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\nX-Endless: ")
            while $0.write(String(repeating: "x", count: 1000)) {}
        },
        Case(testDescription: "one endless status line", reason: .httpHeadersTooLarge) {
            $0.readRequest()
            $0.write("HTTP/1.1 200 ")
            while $0.write(String(repeating: "x", count: 1000)) {}
        },
        Case(testDescription: "endless interim answers", reason: .httpHeadersTooLarge) {
            $0.readRequest()
            while $0.write("HTTP/1.1 100 Continue\r\n\r\n") {}
        },
        Case(testDescription: "reset after the request", reason: .httpReset) {
            $0.readRequest()
            $0.reset()
        },
        Case(testDescription: "reset in the headers", reason: .httpReset, status: 200) {
            $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\nServer: x\r\n")
            usleep(20_000)
            $0.reset()
        },
        Case(testDescription: "reset in the body", reason: .httpReset, status: 200) {
            $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
            usleep(20_000)
            $0.reset()
        },
        Case(testDescription: "closed without an answer", reason: .httpEmpty) {
            $0.readRequest()
        },
        Case(testDescription: "closed in the status line", reason: .httpEmpty) {
            $0.answer("HTTP/1.1 2")
        },
        Case(testDescription: "closed in the headers", reason: .httpTruncated, status: 200) {
            $0.answer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")
        },
        Case(testDescription: "truncated body", reason: .httpTruncated, status: 200) {
            $0.answer("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
        },
        Case(testDescription: "truncated chunks", reason: .httpTruncated, status: 200) {
            $0.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
        },
        Case(testDescription: "invalid chunk length", reason: .httpProtocol, status: 200) {
            $0.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n")
        },
        Case(testDescription: "huge chunk length", reason: .httpProtocol, status: 200) {
            $0.answer(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nab")
        },
        Case(testDescription: "HTTP/0.9", reason: .httpProtocol) {
            $0.answer("<html>hello</html>")
        },
        Case(testDescription: "invalid status line", reason: .httpProtocol) {
            $0.answer("HTTP/1.1 abc OK\r\n\r\n")
        },
        Case(testDescription: "unknown HTTP version", reason: .httpProtocol) {
            $0.answer("HTTP/7.3 200 OK\r\n\r\n")
        },
        Case(testDescription: "negative Content-Length", reason: .httpProtocol, status: 200) {
            $0.answer("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello")
        },
        Case(testDescription: "TLS on the HTTP port", reason: .httpProtocol) {
            // A TLS 1.2 alert: what a TLS server says to an HTTP request.
            $0.readRequest()
            $0.write([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x0A])
        },
        Case(testDescription: "random bytes", reason: .httpProtocol) {
            $0.readRequest()
            $0.write((0..<2000).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) })
        },
    ]

    /// The limits to try one after the other: one that must be sat out may end before a busy machine
    /// has let the server come as far as the case wants.
    private static func limits(of wanted: Case, from first: Duration) -> [Duration] {
        wanted.reason.rawValue.hasPrefix("timeout_")
            ? [first, first * 5, first * 20] : [.seconds(10)]
    }

    /// The result under the first limit that brings what is wanted, else the last one.
    private static func result(
        of wanted: Case, from first: Duration = limit,
        _ probe: (Duration) async throws -> ProbeResult
    ) async throws -> ProbeResult {
        var limits = limits(of: wanted, from: first)
        while true {
            let limit = limits.removeFirst()
            let result = try await probe(limit)
            let isWanted =
                result.reason == wanted.reason && result.http?.status == wanted.status
                && (wanted.detail.isEmpty || result.detail == wanted.detail)
            guard isWanted || limits.isEmpty else { continue }
            let isSatOut = wanted.reason.rawValue.hasPrefix("timeout_")
            let bound = boundMicroseconds + (isSatOut ? limit.nanoseconds / 1000 : 0)
            #expect(result.phases.totalMicroseconds < bound)
            return result
        }
    }

    @Test(arguments: plain) func plainHTTP(_ wanted: Case) async throws {
        let result = try await Self.result(of: wanted) { limit in
            try await probe(timeout: limit, script: wanted.script)
        }
        check(result, wanted)
    }

    @Test(arguments: plain) func insideTLS(_ wanted: Case) async throws {
        let context = try TestAuthority.shared.get().server()
        let result = try await Self.result(of: wanted, from: .milliseconds(700)) { limit in
            try await probe(tls: context, timeout: limit, script: wanted.script)
        }
        check(result, wanted)
        #expect(result.tls?.isHandshakeComplete == true)
        #expect(result.tls?.verdict == nil)
    }

    private func check(_ result: ProbeResult, _ wanted: Case) {
        #expect(result.reason == wanted.reason, "\(result.detail)")
        #expect(result.http?.status == wanted.status)
        #expect(wanted.detail.isEmpty || result.detail == wanted.detail)
        #expect(sum(result.phases) <= result.phases.totalMicroseconds)
        #expect(result.phases.processingMicroseconds > 0)
        #expect(result.address?.text == "127.0.0.1")
    }

    static let handshakes: [Case] = [
        Case(testDescription: "never answers", reason: .timeoutTLS) { $0.awaitClose() },
        Case(testDescription: "reset after the hello", reason: .tlsReset) {
            _ = $0.read()
            $0.reset()
        },
        Case(testDescription: "closed after the hello", reason: .tlsReset) { _ = $0.read() },
        Case(testDescription: "closed in a record", reason: .tlsReset) {
            _ = $0.read()
            $0.write([0x16, 0x03, 0x03, 0x00, 0x7A, 0x02, 0x00])
        },
        Case(testDescription: "plain HTTP", reason: .tlsNotTLS) {
            _ = $0.read()
            $0.write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        },
        Case(testDescription: "an SSH server", reason: .tlsNotTLS) {
            $0.write("SSH-2.0-OpenSSH_9.2p1 Debian\r\n")
            $0.awaitClose()
        },
        Case(testDescription: "garbage", reason: .tlsNotTLS) {
            _ = $0.read()
            $0.write((0..<2000).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) })
        },
        Case(
            testDescription: "a fatal alert", reason: .tlsProtocol,
            detail: "alert 40 received"
        ) {
            _ = $0.read()
            $0.write([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28])
        },
        Case(testDescription: "an orderly end", reason: .tlsReset) {
            _ = $0.read()
            $0.write([0x15, 0x03, 0x03, 0x00, 0x02, 0x01, 0x00])
        },
        Case(testDescription: "one byte at a time", reason: .timeoutTLS) {
            _ = $0.read()
            for byte in [0x16, 0x03, 0x03, 0x40, 0x00] as [UInt8] { $0.write([byte]) }
            while $0.write([0]) { usleep(10_000) }
        },
    ]

    @Test(arguments: handshakes) func brokenHandshake(_ wanted: Case) async throws {
        let result = try await Self.result(of: wanted) { limit in
            try await withServer(script: wanted.script) { server in
                try await withEngine(overrides: [everything(to: server.port)]) { engine in
                    await engine.probe(endpoint("https://localhost.test/", timeout: limit))
                }
            }
        }
        #expect(result.reason == wanted.reason, "\(result.detail)")
        #expect(wanted.detail.isEmpty || result.detail == wanted.detail)
        #expect(result.http == nil)
        #expect(result.tls?.isHandshakeComplete == false)
        #expect(result.phases.tlsMicroseconds > 0)
        #expect(result.phases.processingMicroseconds == 0)
    }

    /// The reset may overtake the news that the connection stands.
    @Test(arguments: [false, true]) func resetAtOnce(isTLS: Bool) async throws {
        let result = try await withServer {
            $0.reset()
        } body: { server in
            try await withEngine(overrides: [everything(to: server.port)]) { engine in
                await engine.probe(endpoint("\(isTLS ? "https" : "http")://localhost.test/"))
            }
        }
        let later = isTLS ? Reason.tlsReset : .httpReset
        #expect(result.reason == .connectReset || result.reason == later)
        #expect(result.http == nil)
    }

    @Test(arguments: [false, true]) func connectionRefused(isTLS: Bool) async throws {
        let port = try Sockets.closedPort()
        let result = try await withEngine { engine in
            await engine.probe(endpoint("\(isTLS ? "https" : "http")://127.0.0.1:\(port)/"))
        }
        #expect(result.reason == .connectRefused)
        #expect(result.http == nil)
        #expect(result.tls == nil)
        #expect(result.phases.connectMicroseconds > 0)
        #expect(result.phases.tlsMicroseconds == 0)
    }

    /// Nobody accepts and the backlog is full: Linux then drops the SYN.
    @Test func connectTimesOutWhenTheBacklogIsFull() async throws {
        let (listener, port) = try Sockets.bound(
            kind: CInt(SOCK_STREAM.rawValue), isIPv6: false)
        defer { close(listener) }
        listen(listener, 0)
        let filling = FillingConnections(port: port)
        defer { filling.close() }
        let result = try await withEngine { engine in
            await engine.probe(endpoint("http://127.0.0.1:\(port)/", timeout: Self.limit))
        }
        #expect(result.reason == .timeoutConnect)
        #expect(result.phases.connectMicroseconds >= 290_000)
        #expect(result.phases.processingMicroseconds == 0)
    }

    /// The limit of a phase ends the probe before the limit of the whole.
    @Test(arguments: [
        (PhaseTimeouts(tls: .milliseconds(200)), Reason.timeoutTLS),
        (
            PhaseTimeouts(resolve: .milliseconds(1), connect: .seconds(5), tls: .milliseconds(200)),
            .timeoutTLS
        ),
    ])
    func phaseLimit(_ limits: PhaseTimeouts, wanted: Reason) async throws {
        let result = try await withServer {
            $0.awaitClose()
        } body: { server in
            try await withEngine(overrides: [everything(to: server.port)]) { engine in
                await engine.probe(
                    endpoint("https://localhost.test/", timeout: .seconds(19)) {
                        $0.phaseTimeouts = limits
                    })
            }
        }
        #expect(result.reason == wanted)
        #expect(result.phases.totalMicroseconds < 2_000_000)
    }

    @Test func limitOfProcessing() async throws {
        let result = try await probe(
            timeout: .seconds(19), change: { $0.phaseTimeouts.processing = .milliseconds(200) }
        ) { connection in
            connection.readRequest()
            connection.awaitClose()
        }
        #expect(result.reason == .timeoutProcessing)
        #expect(result.phases.totalMicroseconds < 2_000_000)
    }

    /// A bad certificate is the finding, whatever the server does after the handshake.
    @Test(arguments: plain) func badCertificateAndFault(_ fault: Case) async throws {
        let context = try TestAuthority.shared.get().server(CertificateWish(hours: -1))
        var result = try await probe(
            tls: context, timeout: .milliseconds(700), script: fault.script)
        if result.reason != .tlsExpired || result.http?.status != fault.status {
            // A busy machine may not have come as far.
            result = try await probe(tls: context, timeout: .seconds(10), script: fault.script)
        }
        #expect(result.reason == .tlsExpired)
        #expect(result.http?.status == fault.status)
    }

    /// An errno of one probe must not turn the next one's bad chunk into a reset.
    @Test func errorNumberIsNotLeftOver() async throws {
        try await withServer { connection in
            guard let request = connection.readRequest() else { return }
            if request.contains("/reset") {
                connection.reset()
            } else {
                connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
            }
        } body: { server in
            try await withEngine(overrides: [everything(to: server.port)]) { engine in
                for _ in 0..<2 {
                    let reset = await engine.probe(endpoint("http://a.test/reset"))
                    #expect(reset.reason == .httpReset)
                    let chunk = await engine.probe(endpoint("http://a.test/chunk"))
                    #expect(chunk.reason == .httpProtocol)
                }
            }
        }
    }

    /// Handles are reused: nothing of one probe may show in the next.
    @Test func nothingIsLeftOverFromTheProbeBefore() async throws {
        let closed = try Sockets.closedPort()
        let context = try TestAuthority.shared.get().server()
        try await withServer(tls: context) {
            $0.answer(httpAnswer(status: "503 No", headers: ["Retry-After: 9"]))
        } body: { server in
            let overrides = [
                ConnectOverride(
                    host: "up.test", port: nil, connectHost: "127.0.0.1",
                    connectPort: server.port),
                ConnectOverride(
                    host: nil, port: nil, connectHost: "127.0.0.1", connectPort: closed),
            ]
            try await withEngine(overrides: overrides) { engine in
                for _ in 0..<3 {
                    let up = await engine.probe(endpoint("https://up.test/"))
                    #expect(up.http?.status == 503)
                    #expect(up.retryAfterSeconds == 9)
                    let down = await engine.probe(endpoint("https://down.test/"))
                    #expect(down.reason == .connectRefused)
                    #expect(down.http == nil)
                    #expect(down.tls == nil)
                    #expect(down.retryAfterSeconds == nil)
                }
            }
        }
    }
}
