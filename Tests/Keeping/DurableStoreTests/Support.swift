import DurableStore
import Glibc
import HealthModel
import Observing
import TestSupport
import Testing

/// A directory that goes with the test.
final class StoreDirectory {
    let path: String

    init() throws {
        var template = Array("\(TestFiles.directory)/vitaal-store.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure() }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    var names: [String] { (try? LinuxFiles().list(path)) ?? [] }
    /// The files with results in them.
    var dataNames: [String] { names.filter { $0.hasSuffix(".vtj") || $0.hasSuffix(".vts") } }

    func bytes(_ name: String) throws -> [UInt8] {
        let file = try LinuxFiles().open("\(path)/\(name)")
        return try file.read(at: 0, count: try file.size())
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try LinuxFiles().create("\(path)/\(name)", replacing: true).write(bytes)
    }

    struct Failure: Error {}
}

/// Midnight of 24 November 2026, UTC.
let midnight = Timestamp(seconds: 1_795_478_400)

func submission(
    _ endpoint: String, _ slot: Timestamp, _ reason: Reason? = nil, micro: Int64 = 30_000,
    coverage: Duration = .seconds(90), address: String? = "192.0.2.1"
) -> DurableStore.Submission {
    DurableStore.Submission(
        ProbeResult(
            endpoint: EndpointID(endpoint), slot: Slot(milliseconds: slot.milliseconds),
            finishedAt: slot, reason: reason,
            phases: PhaseDurations(connectMicroseconds: micro / 3, totalMicroseconds: micro),
            http: reason == nil ? HTTPAnswer(status: 200, version: "1.1") : nil,
            address: address.map { NetworkAddress($0) }),
        coverage: coverage)
}

extension DurableStore {
    /// Every result of every series, as text.
    func everything() throws -> [String: [Int64]] {
        var all: [String: [Int64]] = [:]
        let view = view
        for key in try view.series() {
            let chunk = try view.results(
                of: key, from: Timestamp(nanoseconds: 0), to: midnight + .seconds(400 * 86_400))
            all[key.endpoint.text] = chunk.results.map(\.slot.milliseconds)
        }
        return all
    }
}
