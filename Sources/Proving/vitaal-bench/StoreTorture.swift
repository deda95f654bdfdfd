import DurableStore
import Foundation
import HealthModel
import Observing
import ResultFormat

/// Kills a process that writes to a store at random instants, and cuts its power, and looks whether
/// anything acknowledged is lost.
///
/// The writer lives fast: every batch is half a minute later, so that hours are sealed and days are
/// made all the time and the kills fall into these too.
struct StoreTorture {
    /// Kills.
    let rounds: Int
    /// Power cuts; each takes two seconds and the rights of root.
    let cuts: Int
    let workspace: Workspace

    private static let endpoints = 10
    private static let start: Int64 = 1_793_491_200_000
    private static let step: Int64 = 30_000
    /// Bytes of the disk whose power is cut.
    private static let diskBytes = 64 * 1024 * 1024

    private static var options: DurableStore.Options {
        var options = DurableStore.Options()
        options.rawRetention = .seconds(3 * 86_400)
        return options
    }

    private static func key(_ endpoint: Int) -> SeriesKey {
        SeriesKey(endpoint: EndpointID("e\(endpoint)"))
    }

    // MARK: The writer

    /// Writes batch after batch for ever and says on standard output which is durable.
    static func writeForever(to directory: String) throws -> Never {
        var store = try DurableStore(directory: directory, options: options)
        var batch = try last(in: store) + 1
        while true {
            let slot = Timestamp(milliseconds: start + batch * step)
            store.append(
                (0..<endpoints).map { endpoint in
                    DurableStore.Submission(
                        ProbeResult(
                            endpoint: key(endpoint).endpoint,
                            slot: Slot(milliseconds: slot.milliseconds), finishedAt: slot,
                            reason: nil,
                            phases: PhaseDurations(totalMicroseconds: batch * 10 + Int64(endpoint)),
                            address: NetworkAddress("192.0.2.1")),
                        coverage: .milliseconds(step * 3 / 2))
                }, at: slot)
            let notices = store.commit() + store.maintain(at: slot)
            for notice in notices { say("\(notice)") }
            if notices.isEmpty {
                FileHandle.standardOutput.write(Data("\(batch)\n".utf8))
            }
            batch += 1
        }
    }

    /// The last batch of which the first endpoint has a result; -1 when there is none.
    private static func last(in store: DurableStore) throws -> Int64 {
        let view = store.view
        let from = view.times.last?.from ?? Timestamp(milliseconds: start)
        let chunk = try view.results(
            of: key(0), from: from - .seconds(86_400), to: from + .seconds(2 * 86_400))
        return chunk.results.last.map { ($0.slot.milliseconds - start) / step } ?? -1
    }

    // MARK: The tormentor

    /// Prints what was found; whether nothing was lost.
    func run() throws -> Bool {
        let directory = try workspace.makeDirectory("torture")
        var random = SplitMix64(seed: UInt64(getpid()))
        var results = 0
        for round in 1...rounds {
            let acknowledged = try kill(
                directory, after: Double.random(in: 0...0.08, using: &random))
            let store = try DurableStore(
                directory: directory, options: Self.options, isReadOnly: true)
            results = try check(store, acknowledged: acknowledged, round: "kill \(round)")
            if round % 100 == 0 { say("\(round) kills, \(results) batches, nothing lost") }
        }
        print(
            "\(rounds) kills by SIGKILL, \(results) batches written: nothing acknowledged was lost")
        do {
            try makeDisk()
            try run("umount", [workspace.path("disk")])
        } catch {
            print("power cuts: left out, a disk image cannot be mounted here (\(error))")
            return true
        }
        for cut in 0..<cuts { try cutPower(cut + 1, &random) }
        print("\(cuts) power cuts (copies of a mounted ext4 image): nothing acknowledged was lost")
        return true
    }

    /// Starts the writer, kills it and gives the last batch it acknowledged, -1 for none.
    private func kill(_ directory: String, after seconds: Double) throws -> Int64 {
        let writer = try ChildProcess(
            CommandLine.arguments[0], ["--store-writer", directory], log: "writer.log",
            in: workspace)
        // From its first word on, so that kills do not all fall into its start.
        try wait(for: "the writer's first batch") { !writer.output.isEmpty }
        Thread.sleep(forTimeInterval: seconds)
        Foundation.kill(-writer.identifier, SIGKILL)
        _ = writer.wait()
        return try Self.lastAcknowledged(writer.output)
    }

    private static func lastAcknowledged(_ text: String) throws -> Int64 {
        // The last line may be half written.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
        let whole = text.hasSuffix("\n") ? lines[...] : lines.dropLast()
        guard let last = whole.last else { return -1 }
        guard let batch = Int64(last) else { throw BenchError("the writer says: \(last)") }
        return batch
    }

    /// Whether all batches up to the acknowledged one are there, each once and right.
    private func check(
        _ store: DurableStore, acknowledged: Int64, round: String
    ) throws -> Int {
        let view = store.view
        let last = try Self.last(in: store)
        guard last >= acknowledged else {
            throw BenchError(
                "\(round): batch \(acknowledged) was acknowledged, \(last) is the last")
        }
        let to = Timestamp(milliseconds: Self.start + (last + 1) * Self.step)
        for endpoint in 0..<Self.endpoints {
            let chunk = try view.results(
                of: Self.key(endpoint), from: to - .seconds(86_400), to: to)
            var expected = max(0, last + 1 - 2880)
            for result in chunk.results {
                let batch = (result.slot.milliseconds - Self.start) / Self.step
                guard batch == expected,
                    result.record.phases.totalMicroseconds == batch * 10 + Int64(endpoint),
                    chunk.labels[Int(result.address)] == "192.0.2.1"
                else { throw BenchError("\(round): batch \(expected) of e\(endpoint) is wrong") }
                expected += 1
            }
            // A batch is durable as a whole.
            guard expected == last + 1 else {
                throw BenchError(
                    "\(round): e\(endpoint) ends at batch \(expected - 1), not \(last)")
            }
        }
        return Int(last + 1)
    }

    private func cutPower(_ cut: Int, _ random: inout SplitMix64) throws {
        let (image, copy) = (workspace.path("disk.img"), workspace.path("copy.img"))
        let mount = workspace.path("disk")
        try makeDisk()
        var acknowledged: Int64 = -1
        do {
            defer { try? run("umount", [mount]) }
            let writer = try ChildProcess(
                CommandLine.arguments[0], ["--store-writer", mount], log: "writer.log",
                in: workspace)
            try wait(for: "the writer's first batch") { !writer.output.isEmpty }
            Thread.sleep(forTimeInterval: Double.random(in: 0...2, using: &random))
            // What was acknowledged before the copy began.
            acknowledged = try Self.lastAcknowledged(writer.output)
            try run("cp", [image, copy])
            Foundation.kill(-writer.identifier, SIGKILL)
            _ = writer.wait()
        }
        try run("mount", ["-o", "loop", copy, mount])
        defer { try? run("umount", [mount]) }
        let store = try DurableStore(directory: mount, options: Self.options, isReadOnly: true)
        let batches = try check(store, acknowledged: acknowledged, round: "power cut \(cut)")
        say("power cut \(cut): \(acknowledged + 1) batches acknowledged, \(batches) found")
    }

    /// Makes a disk in a file anew and mounts it.
    private func makeDisk() throws {
        let image = workspace.path("disk.img")
        try? FileManager.default.removeItem(atPath: image)
        let mount = try workspace.makeDirectory("disk")
        try run("truncate", ["-s", "\(Self.diskBytes)", image])
        try run("mkfs.ext4", ["-q", "-F", image])
        try run("mount", ["-o", "loop", image, mount])
    }

    private func run(_ tool: String, _ arguments: [String]) throws {
        guard let path = Workspace.tool(tool) else { throw BenchError("\(tool) is not installed") }
        let child = try ChildProcess(path, arguments, log: "tool.log", in: workspace)
        let end = child.wait()
        guard end.status == 0 else { throw BenchError("\(tool) failed: \(child.output)") }
    }
}
