import Alerting
import Foundation
import HealthModel
import Inventory
import Observing
import Synchronization
import TestSupport
import Testing

@testable import Daemon

@Suite struct InventoryWriterTests {
    private final class Heard: Sendable {
        let changes = Mutex<[CertificateChange]>([])
    }

    private let heard = Heard()

    private func writer(_ directory: String) throws -> InventoryWriter {
        try InventoryWriter(
            recorder: InventoryRecorder(dataDirectory: directory), store: "roots.pem",
            timekeeper: SystemTimekeeper(),
            onChanges: { [heard] changes in heard.changes.withLock { $0 += changes } },
            onNotice: { notice in Issue.record("\(notice)") })
    }

    /// What a probe showed: a leaf of an authority, named by one digit.
    private func result(_ leaf: Int, authority: String, after: Int = 0) -> ProbeResult {
        var profile = CertificateProfile()
        profile.issuerOrganisation = authority
        let start = Timestamp(seconds: 1_795_000_000)
        var tls = TLSRecord()
        tls.host = "a.example"
        tls.chainSent = [
            Certificate(
                fingerprintSHA256: String(repeating: "0\(leaf)", count: 32), subject: "CN=a",
                issuer: "CN=b", serialNumber: "1", names: ["a.example"], nameCount: 1,
                notBefore: start, notAfter: start + .seconds(86_400), key: "EC prime256v1",
                signatureAlgorithm: "ecdsa-with-SHA256", profile: profile, der: [UInt8(leaf)])
        ]
        return ProbeResult(
            endpoint: EndpointID("e"), slot: Slot(milliseconds: start.milliseconds),
            finishedAt: start + .seconds(after),
            reason: nil, hops: [hop(tls, host: "a.example")])
    }

    private func hop(_ tls: TLSRecord?, host: String) -> ProbeHop {
        var tls = tls
        tls?.host = host
        return ProbeHop(
            url: "https://\(host)/", address: NetworkAddress("192.0.2.1"), tls: tls)
    }

    /// A redirect leads to another host with another certificate: both are kept, and neither is
    /// a change of the other.
    @Test func everyHopIsKept() throws {
        let files = try TemporaryDirectory()
        let writer = try writer(files.path)
        var both = result(1, authority: "CA")
        both.hops += [
            hop(result(2, authority: "Other").hops[0].tls, host: "b.example"),
            hop(nil, host: "c.example"),
        ]
        writer.start()
        writer.deliver([both, both])
        writer.finish()
        #expect(writer.counters.written == 2)
        let stored = try InventoryReader(dataDirectory: files.path).sightings()
        #expect(Set(stored.map { $0.fingerprints.first?.prefix(2) }) == ["01", "02"])
        #expect(heard.changes.withLock { $0 }.isEmpty)
    }

    /// What is handed over is in the file after the end, and another authority is told, also when
    /// it came while nobody watched.
    @Test func changesAreToldAlsoAcrossARestart() throws {
        let files = try TemporaryDirectory()
        let directory = files.path
        for (leaf, authority) in [(1, "CA"), (2, "CA"), (3, "Evil")] {
            let writer = try writer(directory)
            writer.start()
            writer.deliver([result(leaf, authority: authority, after: leaf)])
            writer.finish()
            #expect(writer.counters.written == 1)
        }
        let stored = try InventoryReader(dataDirectory: directory).sightings()
        #expect(stored.map { $0.fingerprints.first?.prefix(2) } == ["01", "02", "03"])
        let changes = heard.changes.withLock { $0 }
        #expect(changes.map(\.kind) == [.authority])
        #expect(changes.first?.after.fingerprintSHA256.hasPrefix("03") == true)
    }

    @Test func theOldestResultIsDroppedOnePastTheLimit() throws {
        let files = try TemporaryDirectory()
        let directory = files.path
        let writer = try writer(directory)
        let many = Array(repeating: result(1, authority: "CA"), count: Limits.inventoryQueue)
        var plain = result(1, authority: "CA")
        plain.hops = [hop(nil, host: "a.example")]
        writer.deliver([plain] + many)
        #expect(writer.counters.dropped == 0)
        writer.deliver([result(2, authority: "CA")])
        #expect(writer.counters.dropped == 1)
        writer.start()
        writer.finish()
        #expect(writer.counters.written == 2)
    }
}
