import Foundation
import HealthModel
import TestSupport
import Testing

@testable import Inventory

@Suite struct InventoryRecorderTests {
    private let directory: TemporaryDirectory
    private let chain: [HealthModel.Certificate]
    private let other: [HealthModel.Certificate]
    private let now = Generated.now

    init() throws {
        directory = try TemporaryDirectory()
        let generated = try Generated()
        let root = try generated.root("Root")
        let issuer = try generated.intermediate("Issuer", by: root)
        chain = Generated.facts([
            try generated.leaf("a.example", by: issuer), issuer.der,
        ])
        other = Generated.facts([
            try generated.leaf("a.example", by: issuer), issuer.der,
        ])
    }

    private func sightings() throws -> [StoredSighting] {
        try InventoryReader(dataDirectory: directory.path).sightings()
    }

    private func seen(
        _ chain: [HealthModel.Certificate], address: String = "192.0.2.1", after: Int = 0,
        verdict: Reason? = nil
    ) throws -> CertificateObservation {
        try #require(
            Generated.observation(
                chain, address: address, verdict: verdict, at: now + .seconds(after)))
    }

    @Test func aChainIsStoredOnceAndEverySightingOnce() throws {
        var recorder = try InventoryRecorder(dataDirectory: directory.path)
        recorder.note([
            try seen(chain), try seen(chain, after: 1), try seen(chain, address: "192.0.2.2"),
            try seen(other, after: 2), try seen(chain, after: 3, verdict: .tlsExpired),
        ])
        #expect(recorder.write(at: now + .seconds(3)).isEmpty)
        #expect(recorder.counters.written == 4)
        let stored = try sightings()
        #expect(stored.count == 4)
        #expect(stored[0].fingerprints == chain.map(\.fingerprintSHA256))
        #expect(stored[0].firstSeen == now)
        #expect(stored[0].lastSeen == now + .seconds(1))
        #expect(stored.map(\.verdictText) == ["trusted", "trusted", "trusted", "tls_expired"])
        let reader = try InventoryReader(dataDirectory: directory.path)
        let wanted = Set((chain + other).map(\.fingerprintSHA256))
        let encodings = try reader.encodings(of: wanted)
        #expect(encodings.count == 3)
        #expect(encodings[chain[0].fingerprintSHA256] == chain[0].der)
    }

    @Test func unchangedSightingsAreWrittenOnceAMinute() throws {
        var recorder = try InventoryRecorder(dataDirectory: directory.path)
        recorder.note([try seen(chain)])
        #expect(recorder.write(at: now).isEmpty)
        recorder.note([try seen(chain, after: 59)])
        #expect(recorder.write(at: now + .seconds(59)).isEmpty)
        #expect(try sightings()[0].lastSeen == now)
        #expect(recorder.write(at: now + .seconds(60)).isEmpty)
        #expect(try sightings()[0].lastSeen == now + .seconds(59))
        recorder.note([try seen(chain, after: 61)])
        #expect(recorder.write(at: now + .seconds(61), isLast: true).isEmpty)
        #expect(try sightings()[0].lastSeen == now + .seconds(61))
    }

    @Test func anotherRunGoesOnWhereTheFirstEnded() throws {
        do {
            var recorder = try InventoryRecorder(dataDirectory: directory.path)
            recorder.note([try seen(chain), try seen(other, after: 5)])
            #expect(recorder.write(at: now).isEmpty)
        }
        var recorder = try InventoryRecorder(dataDirectory: directory.path)
        let remembered = recorder.remembered()
        #expect(remembered.map(\.leaf.fingerprintSHA256) == [other[0].fingerprintSHA256])
        #expect(
            remembered[0].leaf.profile?.publicKeySHA256 == other[0].profile?.publicKeySHA256)
        #expect(remembered[0].leaf.names == ["a.example"])
        recorder.note([try seen(chain, after: 100)])
        #expect(recorder.write(at: now + .seconds(100)).isEmpty)
        #expect(recorder.counters.written == 0)
        #expect(try sightings().count == 2)
        #expect(try sightings()[0].firstSeen == now)
        #expect(try sightings()[0].lastSeen == now + .seconds(100))
    }

    @Test func theOldestSightingIsForgottenOnePastTheLimit() throws {
        var recorder = try InventoryRecorder(dataDirectory: directory.path)
        let limit = InventoryRecorder.sightingsPerEndpoint
        // The first one alone has this leaf, so that certificate and chain go with it.
        recorder.note([try seen(other)])
        for number in 1..<limit {
            recorder.note([try seen(chain, address: "2001:db8::\(number)", after: number)])
        }
        #expect(recorder.write(at: now).isEmpty)
        #expect(try sightings().count == limit)
        recorder.note([try seen(chain, address: "2001:db8::ffff", after: limit)])
        #expect(recorder.write(at: now).isEmpty)
        #expect(try sightings().count == limit)
        #expect(try !sightings().contains { $0.address == "192.0.2.1" })
        let reader = try InventoryReader(dataDirectory: directory.path)
        #expect(try reader.encodings(of: [other[0].fingerprintSHA256]).isEmpty)
        #expect(try reader.encodings(of: Set(chain.map(\.fingerprintSHA256))).count == 2)
    }

    @Test func onlyOneMayWrite() throws {
        let first = try InventoryRecorder(dataDirectory: directory.path)
        let error = #expect(throws: InventoryFile.OpenError.self) {
            _ = try InventoryRecorder(dataDirectory: directory.path)
        }
        #expect(error?.description.contains("another vitaal writes to it") == true)
        withExtendedLifetime(first) {}
    }

    /// A directory in the place of the file cannot be written, like a full disk.
    @Test func whatCannotBeWrittenWaits() throws {
        let path = InventoryFile.path(in: directory.path)
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
        var recorder = try InventoryRecorder(dataDirectory: directory.path)
        recorder.note([try seen(chain)])
        let notices = recorder.write(at: now)
        guard case .failing = notices.first else {
            Issue.record("not told: \(notices)")
            return
        }
        #expect(recorder.counters.waiting == 1 && recorder.counters.errors == 1)
        // Left alone for a while, then tried again without a word.
        #expect(recorder.write(at: now + .seconds(9)).isEmpty)
        #expect(recorder.counters.errors == 1)
        #expect(recorder.write(at: now + .seconds(10)).isEmpty)
        #expect(recorder.counters.errors == 2)
        try FileManager.default.removeItem(atPath: path)
        #expect(recorder.write(at: now + .seconds(20)) == [.recovered])
        #expect(recorder.counters.waiting == 0)
        #expect(try sightings().count == 1)
    }

    @Test func theOldestIsDroppedWhenTooManyWait() throws {
        try FileManager.default.createDirectory(
            atPath: InventoryFile.path(in: directory.path), withIntermediateDirectories: false)
        var recorder = try InventoryRecorder(dataDirectory: directory.path)
        for number in 0..<InventoryRecorder.waitingMax {
            recorder.note([try seen(chain, address: "a\(number)")])
        }
        #expect(recorder.counters.dropped == 0)
        recorder.note([try seen(chain, address: "one more")])
        #expect(recorder.counters.dropped == 1)
        #expect(recorder.counters.waiting == InventoryRecorder.waitingMax)
    }

    @Test(arguments: [false, true])
    func aDamagedFileIsSetAside(isLater: Bool) throws {
        let path = InventoryFile.path(in: directory.path)
        let junk = Data(repeating: 0x5A, count: 65_536)
        if !isLater { try junk.write(to: URL(filePath: path)) }
        if isLater {
            // As after a crash of the machine: what is read next is not what was written.
            try writeOnce()
            try junk.write(to: URL(filePath: path))
        }
        var recorder = try InventoryRecorder(dataDirectory: directory.path)
        recorder.note([try seen(chain)])
        #expect(recorder.write(at: now) == [.setAside(path: path + ".damaged")])
        #expect(recorder.write(at: now).isEmpty)
        #expect(try sightings().map(\.fingerprints) == [chain.map(\.fingerprintSHA256)])
        #expect(try Data(contentsOf: URL(filePath: path + ".damaged")) == junk)
    }

    private func writeOnce() throws {
        var recorder = try InventoryRecorder(dataDirectory: directory.path)
        recorder.note([try seen(other)])
        #expect(recorder.write(at: now).isEmpty)
    }

    @Test func aChainPastTheLimitsIsNotTaken() throws {
        let most = Array(repeating: chain[0], count: Limits.chainCertificates)
        #expect(Generated.observation(most) != nil)
        #expect(Generated.observation(most + [chain[0]]) == nil)
        #expect(Generated.observation([]) == nil)
        var long = chain[0]
        long.der = Array(repeating: 0, count: Limits.chainBytes)
        #expect(Generated.observation([long]) != nil)
        long.der = Array(repeating: 0, count: Limits.chainBytes + 1)
        #expect(Generated.observation([long]) == nil)
        long.der = nil
        #expect(Generated.observation([long]) == nil)
    }

    @Test func currentIsTheNewestOfEachAddress() {
        func sighting(_ row: Int64, _ address: String, _ last: Int) -> StoredSighting {
            StoredSighting(
                row: row, endpoint: EndpointID("e"), service: ServiceID("s"), host: "h",
                address: address, fingerprints: ["\(row)"], verdictText: "trusted", store: "",
                firstSeen: now, lastSeen: now + .seconds(last))
        }
        let all = [
            sighting(1, "a", 10), sighting(2, "a", 100_000), sighting(3, "b", 13_600),
            sighting(4, "c", 13_599),
        ]
        #expect(InventoryReader.current(among: all).map(\.row) == [2, 3])
        #expect(InventoryReader.current(among: []).isEmpty)
    }
}
