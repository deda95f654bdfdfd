import HealthModel
import StatusServer
import Testing

/// A request as bytes that asks for the connection to be closed.
private func request(_ line: String, _ headers: [String] = [], body: [UInt8] = []) -> [UInt8] {
    let lines = ["\(line) HTTP/1.1", "Host: 127.0.0.1", "Connection: close"] + headers
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
}

private func status(of response: String) -> String {
    String(response.prefix { $0 != "\r\n" }.dropFirst("HTTP/1.1 ".count).prefix(3))
}

@Suite(.timeLimit(.minutes(1))) struct LiveServerTests {
    @Test func theRealPortIsReported() async throws {
        try await LiveServer.run(StubMonitor(try Fixture.calm())) { address in
            #expect(address.port != 0)
            let response = await LiveServer.exchange(address, request("GET /metrics"))
            #expect(status(of: response) == "200")
            #expect(response.contains("\nprocess_threads "))
        }
    }

    @Test func aPortInUseIsSaid() async throws {
        try await LiveServer.run(StubMonitor(try Fixture.calm())) { address in
            let second = StatusServer(
                address: address, reader: StubMonitor(try Fixture.calm()), logger: quietLogger)
            await #expect(throws: StatusServerError.portInUse(address)) { try await second.run() }
            #expect("\(StatusServerError.portInUse(address))".contains("in use"))
        }
    }

    @Test func anAddressOfAnotherMachineIsSaid() async throws {
        let address = ListeningAddress(host: "192.0.2.1", port: 0)
        let server = StatusServer(
            address: address, reader: StubMonitor(try Fixture.calm()), logger: quietLogger)
        await #expect(throws: StatusServerError.addressNotLocal(address)) { try await server.run() }
    }

    @Test(arguments: [
        (Limits.requestBytes, "200"), (Limits.requestBytes + 1, "413"), (1 << 40, "413"),
    ])
    func bodiesAreTakenUpToTheLimit(length: Int, expected: String) async throws {
        let monitor = StubMonitor(try Fixture.calm())
        try await LiveServer.run(monitor) { address in
            let body = [UInt8](repeating: 0x61, count: min(length, Limits.requestBytes + 1))
            let response = await LiveServer.exchange(
                address, request("POST /-/reload", ["Content-Length: \(length)"], body: body))
            #expect(status(of: response) == expected)
        }
        #expect(monitor.reloads == (expected == "200" ? 1 : 0))
    }

    @Test func chunksWithoutEndAreRefused() async throws {
        try await LiveServer.run(StubMonitor(try Fixture.calm())) { address in
            let chunk =
                Array("10000\r\n".utf8) + [UInt8](repeating: 0x61, count: 65_536) + [13, 10]
            let body = (0..<17).flatMap { _ in chunk }
            for line in ["POST /-/reload", "GET /metrics"] {
                let response = await LiveServer.exchange(
                    address, request(line, ["Transfer-Encoding: chunked"], body: body))
                #expect(status(of: response) == "413", "\(line)")
            }
        }
    }

    @Test func headersAreTakenUpToTheLimit() async throws {
        try await LiveServer.run(StubMonitor(try Fixture.calm())) { address in
            let room = StatusServer.requestHeaderBytes - 200
            let fits = await LiveServer.exchange(
                address, request("GET /-/healthy", ["X: " + String(repeating: "a", count: room)]))
            #expect(status(of: fits) == "200")
            let large = await LiveServer.exchange(
                address,
                request(
                    "GET /-/healthy",
                    ["X: " + String(repeating: "a", count: StatusServer.requestHeaderBytes + 1)]))
            #expect(status(of: large) == "400")
            let many = await LiveServer.exchange(
                address,
                request(
                    "GET /-/healthy", (0...StatusServer.requestHeaders).map { "X\($0): a" }))
            #expect(status(of: many) == "400")
        }
    }

    @Test(arguments: [
        "garbage\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}\u{0}\r\n\r\n",
        "POST /-/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    ])
    func whatIsNotHTTPIsAnsweredAndClosed(text: String) async throws {
        let monitor = StubMonitor(try Fixture.calm())
        try await LiveServer.run(monitor) { address in
            let response = await LiveServer.exchange(address, Array(text.utf8))
            #expect(["400", "505", ""].contains(status(of: response)))
            // The next client is served as if nothing had happened.
            let next = await LiveServer.exchange(address, request("GET /-/healthy"))
            #expect(status(of: next) == "200")
        }
        #expect(monitor.reloads == 0)
    }

    @Test(arguments: [
        ("127.0.0.1:80", "127.0.0.1", 80), ("[::1]:7112", "::1", 7112), (":9", "::", 9),
        ("localhost:0", "localhost", 0),
    ])
    func addressesAreRead(text: String, host: String, port: UInt16) throws {
        #expect(ListeningAddress(text) == ListeningAddress(host: host, port: port))
    }

    @Test(arguments: ["", "localhost", "a:b", "::1", "[::1]", "a:65536", "a:+1", "[a]:1", "a:-1"])
    func malformedAddressesAreRefused(text: String) {
        #expect(ListeningAddress(text) == nil)
    }
}
