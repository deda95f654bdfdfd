import DurableStore
import HealthModel
import ResultStore
import Scheduling
import Synchronization
import Testing

/// Files that fail from their N-th operation on, or only at it.
final class FailingFiles: StoreFiles {
    enum Fault: Sendable, CaseIterable {
        /// The operation does nothing and fails.
        case refused
        /// A write leaves half of its bytes behind and fails.
        case half
    }

    private struct Plan {
        var count = 0
        var failing: Range<Int> = 0..<0
        var fault = Fault.refused
    }

    private let plan = Mutex(Plan())
    private let real = LinuxFiles()

    /// Operations so far.
    var count: Int { plan.withLock { $0.count } }

    func fail(_ operations: Range<Int>, _ fault: Fault) {
        plan.withLock { plan in
            plan.failing = operations
            plan.fault = fault
        }
    }

    fileprivate func step(_ path: String) throws(StoreFileError) -> Fault? {
        let fault: Fault? = plan.withLock { plan in
            defer { plan.count += 1 }
            return plan.failing.contains(plan.count) ? plan.fault : nil
        }
        if fault == .refused {
            throw StoreFileError("cannot be written", path: path, code: 28, words: "disk full")
        }
        return fault
    }

    func list(_ directory: String) throws(StoreFileError) -> [String] { try real.list(directory) }
    func open(_ path: String) throws(StoreFileError) -> any StoreReading { try real.open(path) }
    func create(
        _ path: String, replacing: Bool
    ) throws(StoreFileError) -> any StoreWriting {
        if try step(path) == .half {
            throw StoreFileError("cannot be made", path: path, code: 5, words: "input/output")
        }
        return FailingFile(
            file: try real.create(path, replacing: replacing), files: self, path: path)
    }
    func rename(_ path: String, to: String) throws(StoreFileError) {
        if try step(path) == .half {
            throw StoreFileError("cannot be renamed", path: path, code: 5, words: "input/output")
        }
        try real.rename(path, to: to)
    }
    func remove(_ path: String) throws(StoreFileError) {
        if try step(path) == .half {
            throw StoreFileError("cannot be removed", path: path, code: 5, words: "input/output")
        }
        try real.remove(path)
    }
    func syncDirectory(_ path: String) throws(StoreFileError) {
        if try step(path) == .half {
            throw StoreFileError("cannot be synced", path: path, code: 5, words: "input/output")
        }
        try real.syncDirectory(path)
    }
}

private final class FailingFile: StoreWriting {
    private let file: any StoreWriting
    private let files: FailingFiles
    private let path: String

    init(file: any StoreWriting, files: FailingFiles, path: String) {
        self.file = file
        self.files = files
        self.path = path
    }

    func write(_ bytes: [UInt8]) throws(StoreFileError) {
        if try files.step(path) == .half {
            try file.write(Array(bytes.prefix(bytes.count / 2)))
            throw StoreFileError("cannot be written", path: path, code: 5, words: "input/output")
        }
        try file.write(bytes)
    }

    func sync() throws(StoreFileError) {
        if try files.step(path) == .half {
            throw StoreFileError("cannot be synced", path: path, code: 5, words: "input/output")
        }
        try file.sync()
    }
}

@Suite struct FaultTests {
    /// Six hours of two series, committed and maintained every ten minutes.
    private func run(_ store: inout DurableStore) -> [DurableStore.Notice] {
        var notices: [DurableStore.Notice] = []
        for step in 0..<36 {
            let now = midnight + .seconds(step * 600)
            store.append([submission("a", now), submission("b", now)], at: now)
            notices += store.commit()
            notices += store.maintain(at: now)
        }
        return notices
    }

    private static var expected: [String: [Int64]] {
        let slots = (0..<36).map { midnight.milliseconds + $0 * 600_000 }
        return ["a": slots, "b": slots]
    }

    @Test(arguments: FailingFiles.Fault.allCases)
    func oneFailedOperationLosesNothing(fault: FailingFiles.Fault) throws {
        var place = 0
        var total = 1
        while place < total {
            let directory = try StoreDirectory()
            let files = FailingFiles()
            files.fail(place..<place + 1, fault)
            do {
                var store = try DurableStore(directory: directory.path, files: files)
                let notices = run(&store)
                #expect(notices.count == 2 || place + 3 > files.count)
                total = files.count
                #expect(try store.everything() == Self.expected)
                #expect(store.counters.waiting == 0 || place + 3 > total)
            }
            // What was acknowledged is there after an abrupt end.
            let reopened = try DurableStore(directory: directory.path)
            let found = try reopened.everything()
            if place + 3 <= total { #expect(found == Self.expected) }
            place += 1
        }
        #expect(total > 50)
    }

    @Test func aFullDiskStopsNothingAndWritingResumes() throws {
        let directory = try StoreDirectory()
        let files = FailingFiles()
        var store = try DurableStore(directory: directory.path, files: files)
        files.fail(10..<10_000, .half)
        let notices = run(&store)
        // Once for what comes in, once for what is to be sealed.
        #expect(notices.count == 2)
        #expect(notices.allSatisfy { if case .failing = $0 { true } else { false } })
        #expect(store.counters.waiting > 0)
        #expect(try store.everything() == Self.expected)
        files.fail(0..<0, .half)
        #expect(store.commit() == [.recovered])
        #expect(store.counters.waiting == 0)
        let found = try DurableStore(directory: directory.path, isReadOnly: true).everything()
        #expect(found == Self.expected)
    }

    @Test func aDiskThatStaysFullCostsBoundedMemory() throws {
        let directory = try StoreDirectory()
        let files = FailingFiles()
        var store = try DurableStore(directory: directory.path, files: files)
        files.fail(0..<Int.max, .refused)
        let series = DurableStore.waitingLimit / 5000 + 1
        for name in 0..<series {
            store.append(
                (0..<5000).map { submission("s\(name)", midnight + .milliseconds($0 * 700)) },
                at: midnight)
        }
        _ = store.commit()
        #expect(store.counters.waiting == DurableStore.waitingLimit)
        #expect(store.counters.undurable == series * 5000 - DurableStore.waitingLimit)
    }

    /// A journal of a few batches, and what each of them adds.
    private func journal() throws -> (bytes: [UInt8], ends: [Int]) {
        let directory = try StoreDirectory()
        var store = try DurableStore(directory: directory.path)
        var ends: [Int] = []
        for step in 0..<5 {
            store.append([submission("a", midnight + .seconds(step * 30))], at: midnight)
            _ = store.commit()
            let name = try #require(directory.dataNames.first)
            ends.append(try directory.bytes(name).count)
        }
        return (try directory.bytes(try #require(directory.dataNames.first)), ends)
    }

    private func recovered(_ bytes: [UInt8]) throws -> (slots: [Int64], problems: Int) {
        let directory = try StoreDirectory()
        try directory.write(bytes, to: "journal-000000000001.vtj")
        let store = try DurableStore(directory: directory.path)
        return (try store.everything()["a"] ?? [], store.problems.count)
    }

    @Test func aJournalCutAnywhereGivesItsLongestWholeBeginning() throws {
        let (bytes, ends) = try journal()
        for end in 0...bytes.count {
            let (slots, problems) = try recovered(Array(bytes.prefix(end)))
            let whole = ends.filter { $0 <= end }.count
            #expect(slots == (0..<Int64(whole)).map { midnight.milliseconds + $0 * 30_000 })
            let isClean =
                ends.contains(end) || end == JournalContents.beginning().count
                || end == StoreFileHead.bytes || end == 0
            #expect((problems == 0) == isClean)
        }
    }

    @Test func aJournalWithAnyByteChangedInventsNothing() throws {
        let (bytes, ends) = try journal()
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 0x10
            let (slots, problems) = try recovered(changed)
            let isHead = place < JournalContents.beginning().count
            let whole = isHead ? 0 : ends.filter { $0 <= place }.count
            #expect(slots == (0..<Int64(whole)).map { midnight.milliseconds + $0 * 30_000 })
            #expect(problems == 1)
        }
    }

    @Test func zeroedPagesAndARepeatedTailInventNothing() throws {
        let (bytes, ends) = try journal()
        let expected = (0..<5).map { midnight.milliseconds + $0 * 30_000 }
        #expect(try recovered(bytes + [UInt8](repeating: 0, count: 4096)).slots == expected)
        #expect(try recovered(bytes + bytes[ends[3]...]).slots == expected)
    }

    @Test func aSegmentWithAnyByteChangedNeverAnswersWrongly() throws {
        let directory = try StoreDirectory()
        var store = try DurableStore(directory: directory.path)
        _ = run(&store)
        let name = try #require(directory.names.first { $0.hasPrefix("raw-20261124T02") })
        let bytes = try directory.bytes(name)
        let key = SeriesKey(endpoint: EndpointID("a"))
        let from = midnight + .seconds(7200)
        let right = try store.view.results(of: key, from: from, to: from + .seconds(3600)).results
        #expect(right.count == 6)
        var reported = 0
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 0x04
            try directory.write(changed, to: name)
            let damaged = try DurableStore(directory: directory.path, isReadOnly: true)
            do {
                let found = try damaged.view.results(
                    of: key, from: from, to: from + .seconds(3600)
                ).results
                // Another series' bytes, an unused table, or the file was set apart.
                #expect(found == right || found.isEmpty)
                if found.isEmpty { reported += damaged.problems.count }
            } catch {
                reported += 1
            }
        }
        #expect(reported > bytes.count / 4)
    }
}
