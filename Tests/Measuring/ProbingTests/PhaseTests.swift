import Glibc
import HealthModel
import Testing

@Suite struct PhaseTests {
    @Test func everyPhaseOfAGoodProbeIsMeasuredAndTheySumUp() async throws {
        let authority = try TestAuthority.shared.get()
        let result = try await probe(tls: authority.server()) { connection in
            connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
            usleep(20_000)
            connection.write("ok")
        }
        #expect(result.reason == nil)
        #expect(result.http?.status == 200)
        #expect(result.http?.bodyBytes == 2)
        #expect(result.http?.version == "1.1")
        #expect(result.address?.text == "127.0.0.1")
        let phases = result.phases
        #expect(phases.connectMicroseconds > 0)
        #expect(phases.tlsMicroseconds > 0)
        #expect(phases.processingMicroseconds > 0)
        #expect(phases.transferMicroseconds > 0)
        #expect(phases.processingMicroseconds + phases.transferMicroseconds >= 20_000)
        #expect(sum(phases) <= phases.totalMicroseconds)
        #expect(phases.totalMicroseconds - sum(phases) < 5000)
    }
}

/// All phases together.
func sum(_ phases: PhaseDurations) -> Int64 {
    phases.resolveMicroseconds + phases.connectMicroseconds + phases.tlsMicroseconds
        + phases.processingMicroseconds + phases.transferMicroseconds
}
