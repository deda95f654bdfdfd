import Glibc
import HealthModel
import Scheduling
import Synchronization
import Testing

@testable import Probing

/// The engine at work: the schedule, stopping, and HTTP/2.
@Suite struct OperationTests {
    /// Waits until `condition` holds; false when it never does.
    private static func wait(until condition: () -> Bool) async throws -> Bool {
        for _ in 0..<2000 {
            if condition() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    /// One host, one probe at a time: what does not fit is reported, and named.
    @Test func slotsThatCannotBeKeptAreReported() async throws {
        try await withServer { connection in
            guard connection.readRequest() != nil else { return }
            usleep(150_000)
            connection.write(httpAnswer())
        } body: { server in
            try await withEngine(overrides: [everything(to: server.port)]) { engine in
                engine.engine.replace(
                    endpoints: (0..<3).map { number in
                        endpoint("http://a.test/\(number)", id: "e\(number)") {
                            $0.interval = .milliseconds(200)
                            $0.timeout = .milliseconds(190)
                        }
                    })
                let isDone = try await Self.wait { engine.missed.all.count >= 3 }
                #expect(isDone)
                let missed = engine.missed.all
                #expect(missed.allSatisfy { $0.endpoint.text.hasPrefix("e") && $0.count >= 1 })
                let reported = missed.reduce(0) { $0 + $1.count }
                #expect(engine.engine.counters.missedSlots >= reported)
            }
        }
    }

    /// Sight has returned: what was left alone is probed at its next slot.
    @Test func resumingKeepsProbing() async throws {
        try await withServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write(httpAnswer())
        } body: { server in
            try await withEngine(overrides: [everything(to: server.port)]) { engine in
                engine.engine.replace(
                    endpoints: [
                        endpoint("http://a.test/", id: "e") {
                            $0.interval = .milliseconds(200)
                            $0.timeout = .milliseconds(190)
                        }
                    ])
                engine.engine.resume()
                let isDone = try await Self.wait { engine.results.all.count >= 3 }
                #expect(isDone)
                let slots = engine.results.all.map(\.slot)
                #expect(Set(slots).count == slots.count)
            }
        }
    }

    @Test func firstResultsWithinOneIntervalAndOneProbePerHostAtATime() async throws {
        let open = Atomic<Int>(0)
        let openMax = Atomic<Int>(0)
        try await withServer { connection in
            guard connection.readRequest() != nil else { return }
            // Counted up to the answer: from then on the next probe may come.
            openMax.max(open.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
            usleep(20_000)
            open.subtract(1, ordering: .relaxed)
            connection.write(httpAnswer())
        } body: { server in
            try await withEngine(overrides: [everything(to: server.port)]) { engine in
                let interval = Duration.milliseconds(500)
                let endpoints = (0..<5).map { number in
                    endpoint("http://a.test/\(number)", id: "e\(number)") {
                        $0.interval = interval
                        $0.timeout = .seconds(10)
                    }
                }
                engine.engine.replace(endpoints: endpoints)
                let isDone = try await Self.wait { engine.results.all.count >= 15 }
                try #require(isDone)
                let results = engine.results.all
                // The loop plans from when it takes the endpoints, which is later than the call
                // by as much as the machine is busy, and never later than the first start.
                let firstStart = try #require(
                    results.map { $0.slot.instant + .microseconds($0.latenessMicroseconds) }.min())
                for endpoint in endpoints {
                    let own = results.filter { $0.endpoint == endpoint.id }
                    let first = try #require(own.first)
                    // A loop that was held up may have left slots out.
                    let slotsLate = 1 + engine.engine.counters.missedSlots
                    #expect(first.slot.instant <= firstStart + interval * Int(slotsLate))
                    let slots = own.map(\.slot)
                    #expect(Set(slots).count == slots.count)
                    #expect(slots == slots.sorted())
                    #expect(own.allSatisfy { $0.reason == nil && $0.attempts == 1 })
                    #expect(own.allSatisfy { $0.latenessMicroseconds >= 0 })
                }
                #expect(openMax.load(ordering: .relaxed) == Limits.probesInFlightPerHost)
                #expect(engine.engine.counters.starts >= 15)
            }
        }
    }

    /// A first failure is tried again once, at its own slot.
    @Test(arguments: [false, true]) func confirmation(isRepaired: Bool) async throws {
        let count = Atomic<Int>(0)
        try await withServer { connection in
            let number = count.add(1, ordering: .relaxed).newValue
            connection.answer(
                httpAnswer(status: number == 1 || !isRepaired ? "500 No" : "200 OK"))
        } body: { server in
            try await withEngine(overrides: [everything(to: server.port)]) { engine in
                engine.engine.replace(endpoints: [
                    endpoint("http://a.test/", timeout: .seconds(10)) {
                        $0.interval = .seconds(2)
                        $0.confirmation = .milliseconds(10) ... .milliseconds(20)
                    }
                ])
                let isDone = try await Self.wait { !engine.results.all.isEmpty }
                try #require(isDone)
                let result = try #require(engine.results.all.first)
                #expect(result.attempts == 2)
                #expect(result.firstReason == .httpStatus)
                #expect(result.reason == (isRepaired ? nil : .httpStatus))
                #expect(count.load(ordering: .relaxed) >= 2)
                #expect(engine.engine.counters.confirmations >= 1)
            }
        }
    }

    /// Endpoints taken out while their probe is in flight give no result.
    @Test func replaceWhileInFlight() async throws {
        let running = Mutex<ProbeEngine?>(nil)
        try await withServer { connection in
            // The probe waits for this very answer, so it is in flight.
            running.withLock { $0 }?.replace(endpoints: [])
            connection.awaitClose()
        } body: { server in
            try await withEngine(overrides: [everything(to: server.port)], loops: 2) { engine in
                running.withLock { $0 = engine.engine }
                defer { running.withLock { $0 = nil } }
                let endpoints = (0..<20).map { number in
                    endpoint("http://h\(number).test/", id: "e\(number)", timeout: .seconds(1)) {
                        $0.interval = .milliseconds(1500)
                    }
                }
                engine.engine.replace(endpoints: endpoints)
                let isDone = try await Self.wait {
                    let counters = engine.engine.counters
                    return counters.inFlight == 0 && counters.discarded >= 1
                }
                #expect(isDone, "\(engine.engine.counters)")
                #expect(engine.results.all.isEmpty)
            }
        }
    }

    @Test func stopWithProbesInFlight() async throws {
        try await withServer {
            $0.awaitClose()
        } body: { server in
            let engine = try TestEngine(overrides: [everything(to: server.port)], loops: 2)
            let finished = Atomic<Int>(0)
            for number in 0..<50 {
                let scheme = number % 2 == 0 ? "http" : "https"
                engine.engine.probeOnce(endpoint("\(scheme)://h\(number).test/")) { _ in
                    finished.add(1, ordering: .relaxed)
                }
            }
            let isBusy = try await Self.wait { server.accepted >= 50 }
            #expect(isBusy)
            let start = MachineClock().monotonicNanoseconds()
            engine.engine.stop()
            engine.engine.stop()
            #expect(MachineClock().monotonicNanoseconds() - start < 2_000_000_000)
            // Asked for too late: it must neither crash nor finish.
            engine.engine.probeOnce(endpoint("http://a.test/")) { _ in
                finished.add(1, ordering: .relaxed)
            }
            #expect(finished.load(ordering: .relaxed) == 0)
        }
    }

    /// Names being looked up must not hold the end up either.
    @Test func stopWhileResolving() async throws {
        let names = try ScriptedNameServer { _ in .silence }
        defer { names.stop() }
        let engine = try TestEngine(resolver: names.configuration)
        for number in 0..<50 {
            engine.engine.probeOnce(
                endpoint("http://h\(number).vitaal.internal/", timeout: .milliseconds(100))
            ) { _ in }
        }
        try await Task.sleep(for: .milliseconds(50))
        let start = MachineClock().monotonicNanoseconds()
        engine.engine.stop()
        #expect(MachineClock().monotonicNanoseconds() - start < 2_000_000_000)
    }

    /// Stopping races with new work from other threads.
    @Test func stopRacesWithNewProbes() async throws {
        try await withServer {
            $0.answer(httpAnswer())
        } body: { server in
            for _ in 0..<20 {
                let engine = try TestEngine(overrides: [everything(to: server.port)])
                let thread = spawnThread {
                    for _ in 0..<50 {
                        engine.engine.probeOnce(endpoint("http://a.test/")) { _ in }
                        engine.engine.replace(endpoints: [endpoint("http://b.test/")])
                    }
                }
                engine.engine.stop()
                pthread_join(thread, nil)
            }
        }
    }

    /// Debian's nginx, wherever the search path has it; nil when it is not there.
    static let nginxPath: String? = getenv("PATH").map { String(cString: $0) }?
        .split(separator: ":").map { "\($0)/nginx" }.first { access($0, X_OK) == 0 }

    @Test(.enabled(if: nginxPath != nil, "needs nginx"), arguments: Probe.HTTPVersion.allCases)
    func nginx(version: Probe.HTTPVersion) async throws {
        let authority = try TestAuthority.shared.get()
        let server = try Nginx(authority: authority)
        defer { server.stop() }
        let result = try await withEngine { engine in
            await engine.probe(
                endpoint("https://127.0.0.1:\(server.port)/") { $0.httpVersion = version })
        }
        #expect(result.reason == nil, "\(result.detail)")
        #expect(result.http?.status == 200)
        #expect(result.http?.version == (version == .http2 ? "2" : "1.1"))
        #expect(result.tls?.alpn == (version == .http2 ? "h2" : "http/1.1"))
        #expect(result.tls?.version == "TLSv1.3")
        #expect(result.tls?.cipherSuite?.hasPrefix("TLS_") == true)
        #expect(result.tls?.group == "x25519" || result.tls?.group == "X25519")
        #expect(result.http?.bodyBytes == 5)
    }
}
