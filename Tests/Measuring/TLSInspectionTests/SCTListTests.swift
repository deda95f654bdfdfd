import HealthModel
import Testing

@testable import TLSInspection

@Suite struct SCTListTests {
    private static func vector(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes
    }

    /// One timestamp of version 1 by log `log`, at 2026-06-01.
    static func entry(
        log: UInt8 = 7, milliseconds: UInt64 = 1_780_272_000_000, extensions: [UInt8] = [],
        signature: [UInt8] = [1, 2, 3], version: UInt8 = 0
    ) -> [UInt8] {
        let time = (0..<8).map { UInt8(truncatingIfNeeded: milliseconds >> (56 - 8 * $0)) }
        return [version] + [UInt8](repeating: log, count: 32) + time + vector(extensions)
            + [4, 3] + vector(signature)
    }

    static func list(_ entries: [[UInt8]]) -> [UInt8] { vector(entries.flatMap(vector)) }

    @Test func twoLogs() throws {
        let bytes = Self.list([Self.entry(), Self.entry(log: 9, extensions: [1, 2])])
        let list = try #require(SCTList(bytes[...]))
        #expect(list.count == 2)
        #expect(
            list.timestamps == [
                SignedCertificateTimestamp(
                    log: String(repeating: "07", count: 32),
                    instant: Timestamp(seconds: 1_780_272_000)),
                SignedCertificateTimestamp(
                    log: String(repeating: "09", count: 32),
                    instant: Timestamp(seconds: 1_780_272_000)),
            ])
    }

    /// A slice that starts elsewhere is read from its own start.
    @Test func slices() {
        let bytes = Self.list([Self.entry()])
        let padded: [UInt8] = [9, 9, 9] + bytes + [9]
        #expect(SCTList(padded[3..<3 + bytes.count]) == SCTList(bytes[...]))
        #expect(SCTList(bytes[...]) != nil)
    }

    @Test func laterVersionsAreCountedAndSkipped() throws {
        let bytes = Self.list([[1, 0xFF], Self.entry()])
        let list = try #require(SCTList(bytes[...]))
        #expect(list.count == 2)
        #expect(list.timestamps.count == 1)
    }

    @Test(arguments: [0, 1]) func isBounded(past: Int) throws {
        let count = Limits.certificateTimestamps + past
        let list = try #require(
            SCTList(Self.list((0..<count).map { Self.entry(log: UInt8($0)) })[...]))
        #expect(list.count == count)
        #expect(list.timestamps.count == Limits.certificateTimestamps)
    }

    @Test func timesBeyondOurs() throws {
        let last = UInt64(Int64.max / 1_000_000)
        for (milliseconds, wanted) in [
            (last, Timestamp(milliseconds: Int64(last))),
            (last + 1, Timestamp(nanoseconds: .max)), (.max, Timestamp(nanoseconds: .max)),
            (0, Timestamp(seconds: 0)),
        ] {
            let list = try #require(
                SCTList(Self.list([Self.entry(milliseconds: milliseconds)])[...]))
            #expect(list.timestamps.first?.instant == wanted)
        }
    }

    static let broken: [(String, [UInt8])] = [
        ("nothing", []), ("half a length", [0]), ("empty list", [0, 0]),
        ("empty entry", [0, 2, 0, 0]), ("more behind", list([entry()]) + [0]),
        ("length too large", [0, 3, 0, 1]), ("entry too long", [0, 4, 0, 3, 0, 0]),
        ("more behind the signature", list([entry() + [0]])),
        ("no signature", list([entry(signature: [])])),
        ("version only", list([[0]])),
    ]

    @Test(arguments: broken) func isRefused(name: String, bytes: [UInt8]) {
        #expect(SCTList(bytes[...]) == nil)
    }

    /// No proper beginning of a list is a list, and no entry of a shortened one slips through.
    @Test func truncations() {
        let bytes = Self.list([Self.entry(extensions: [5]), Self.entry(log: 9)])
        for count in 0..<bytes.count {
            #expect(SCTList(bytes.prefix(count)) == nil, "\(count)")
        }
        let entry = Self.entry(extensions: [5])
        for count in 0..<entry.count {
            #expect(SCTList(Self.list([Array(entry.prefix(count))])[...]) == nil, "\(count)")
        }
    }

    /// Changed bytes never crash it, and what it reads fits in the bytes.
    @Test func mutations() {
        var random = SplitMix64(seed: 3)
        let sound = Self.list([Self.entry(), Self.entry(log: 9)])
        for _ in 0..<5000 {
            var bytes = sound
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
                    in: 0...255, using: &random)
            }
            if let list = SCTList(bytes[...]) {
                #expect(list.count <= bytes.count / 3)
                #expect(list.timestamps.count <= list.count)
            }
        }
    }
}
