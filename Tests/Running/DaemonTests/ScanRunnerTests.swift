import HealthModel
import Probing
import Scheduling
import Synchronization
import Testing

@testable import Daemon

@Suite struct ScanRunnerTests {
    /// A clock that stands still until it is moved.
    private final class HandClock: Timekeeper, Sendable {
        let time = Mutex(Timestamp(seconds: 1_795_000_000))
        func now() -> Timestamp { time.withLock { $0 } }
        func monotonicNanoseconds() -> Int64 { now().nanoseconds }
        func pass(_ duration: Duration) { time.withLock { $0 = $0 + duration } }
    }

    /// Scans that were asked for and end when the test says so.
    private final class Server: Sendable {
        let asked = Mutex<[(TLSScanner.Target, @Sendable (TLSScan?) -> Void)]>([])
        var targets: [TLSScanner.Target] { asked.withLock { $0.map(\.0) } }
        func end(_ scan: TLSScan?) { asked.withLock { $0.removeFirst() }.1(scan) }
    }

    private let clock = HandClock()
    private let server = Server()
    private let id = EndpointID("a")

    private func runner() -> ScanRunner {
        ScanRunner(
            overrides: [], timekeeper: clock,
            scan: { [server] target, end in server.asked.withLock { $0.append((target, end)) } })
    }

    private func endpoint(_ url: String, isScanned: Bool = true) throws -> Endpoint {
        var probe = Probe()
        probe.isScannedDaily = isScanned
        return Endpoint(
            id: id, service: ServiceID("s"), url: try #require(ProbeURL(url)), probe: probe)
    }

    private func result(_ address: String?) -> ProbeResult {
        ProbeResult(
            endpoint: id, slot: Slot(milliseconds: 0), finishedAt: clock.now(), reason: nil,
            hops: [
                ProbeHop(
                    url: "https://a.example/", address: address.map { NetworkAddress($0) },
                    tls: nil)
            ])
    }

    /// Once a day where the probe went, never twice at once; what was found stays until the URL
    /// changes.
    @Test func aDayOfScans() throws {
        let runner = runner()
        runner.use([try endpoint("https://a.example/")])
        runner.note([result("192.0.2.1")])
        for _ in 0..<1440 {
            clock.pass(.seconds(60))
            runner.tick()
        }
        #expect(
            server.targets == [
                TLSScanner.Target(
                    address: NetworkAddress("192.0.2.1"), port: 443, serverName: "a.example")
            ])
        #expect(runner.found.isEmpty)
        var scan = TLSScan()
        scan.connections = 7
        server.end(scan)
        #expect(runner.found[id] == TLSScanRecord(scan: scan, finishedAt: clock.now()))
        #expect(runner.takeNews() == runner.found)
        #expect(runner.takeNews().isEmpty)
        runner.use([try endpoint("https://a.example/")])
        #expect(runner.found[id] != nil)
        runner.use([try endpoint("https://b.example/")])
        #expect(runner.found.isEmpty)
    }

    /// Who was not reached, or could not be tried, is tried an hour later; who did not ask for
    /// it is left alone.
    @Test func whoCannotBeScanned() throws {
        let runner = runner()
        runner.use([try endpoint("https://a.example/", isScanned: false)])
        runner.note([result("192.0.2.1")])
        clock.pass(.seconds(86_400))
        runner.tick()
        #expect(server.targets.isEmpty)
        runner.use([try endpoint("https://a.example/")])
        runner.note([result(nil)])
        clock.pass(.seconds(86_400))
        runner.tick()
        #expect(server.targets.isEmpty)
        runner.note([result("192.0.2.2")])
        clock.pass(ScanSchedule.retryInterval)
        runner.tick()
        #expect(server.targets.map(\.address.text) == ["192.0.2.2"])
        server.end(nil)
        runner.tick()
        #expect(server.targets.isEmpty && runner.found.isEmpty)
        clock.pass(ScanSchedule.retryInterval)
        runner.tick()
        #expect(server.targets.count == 1)
        // It has gone from the catalogue by the time the answer comes.
        runner.use([])
        server.end(TLSScan())
        #expect(runner.found.isEmpty)
    }
}
