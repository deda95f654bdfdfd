import DurableStore
import Glibc
import HealthModel
import Observing
import ResultFormat
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
    /// `make torture` wants more of the same.
    private static let isTorture = getenv("VITAAL_TORTURE") != nil
    /// Batches in the journal that is damaged.
    private static let batches = isTorture ? 60 : 5

    /// Whether this process may mount a file system, which takes root.
    private static let canMount: Bool = {
        guard let directory = try? StoreDirectory(),
            mount("tmpfs", directory.path, "tmpfs", 0, "size=1m") == 0
        else { return false }
        return umount(directory.path) == 0
    }()

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

    /// The same with a real disk that somebody else has filled.
    @Test(.enabled(if: canMount, "mounting a file system takes root"))
    func aFullFileSystemStopsNothingAndWritingResumes() throws {
        let directory = try StoreDirectory()
        try #require(mount("tmpfs", directory.path, "tmpfs", 0, "size=1m") == 0)
        defer { umount2(directory.path, Int32(MNT_DETACH)) }
        var store = try DurableStore(directory: directory.path)
        #expect(throws: StoreFileError.self) {
            let filler = try LinuxFiles().create("\(directory.path)/filler", replacing: true)
            while true { try filler.write([UInt8](repeating: 7, count: 4096)) }
        }
        let notices = run(&store)
        #expect(notices.count == 2)
        for notice in notices {
            guard case .failing(let words) = notice else {
                Issue.record("another notice: \(notice)")
                continue
            }
            #expect(words.contains("No space left on device"))
        }
        #expect(try store.everything() == Self.expected)
        try LinuxFiles().remove("\(directory.path)/filler")
        // Whether sealing or writing recovers first does not matter.
        let later = midnight + .seconds(36 * 600)
        let recovered = store.commit() + store.maintain(at: later)
        #expect(recovered == [.recovered, .recovered])
        #expect(store.counters.waiting == 0)
        let reopened = try DurableStore(directory: directory.path, isReadOnly: true)
        #expect(reopened.problems.isEmpty)
        #expect(try reopened.everything() == Self.expected)
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
        for step in 0..<Self.batches {
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
        let last = Int64(Self.batches)
        let expected = (0..<last).map { midnight.milliseconds + $0 * 30_000 }
        #expect(try recovered(bytes + [UInt8](repeating: 0, count: 4096)).slots == expected)
        #expect(try recovered(bytes + bytes[ends[Self.batches - 2]...]).slots == expected)
    }

    /// Sealed files with every byte changed, and cut at every place: what is then answered is right
    /// or less, and when it is less it is told.
    @Test(arguments: ["changed", "cut"]) func aDamagedSegmentNeverAnswersWrongly(
        how: String
    ) throws {
        let directory = try StoreDirectory()
        var store = try DurableStore(directory: directory.path)
        _ = run(&store)
        let key = SeriesKey(endpoint: EndpointID("a"))
        let to = midnight + .seconds(6 * 3600)
        let right = try store.view.results(of: key, from: midnight, to: to).results
        let rightReport = try store.view.report(of: key, from: midnight, to: to)
        #expect(right.count == 36 && rightReport.results == 36)
        let names = directory.names.filter {
            $0.hasSuffix(".vts") && (Self.isTorture || $0.contains("-20261124T02-"))
        }
        #expect(names.count >= 2)
        for name in names {
            let bytes = try directory.bytes(name)
            var told = 0
            for place in bytes.indices {
                var damaged = bytes
                if how == "cut" {
                    damaged.removeLast(bytes.count - place)
                } else {
                    damaged[place] ^= 0x04
                }
                try directory.write(damaged, to: name)
                let reopened = try DurableStore(directory: directory.path, isReadOnly: true)
                do {
                    let found = try reopened.view.results(of: key, from: midnight, to: to).results
                    let report = try reopened.view.report(of: key, from: midnight, to: to)
                    #expect(Set(found).isSubset(of: right))
                    #expect(report.results <= 36 && report.availability.down == .zero)
                    #expect(report.availability.up <= rightReport.availability.up)
                    let isWhole = found == right && report.results == 36
                    #expect(isWhole || !reopened.problems.isEmpty)
                    told += reopened.problems.count
                } catch {
                    told += 1
                }
            }
            #expect(told > bytes.count / 4)
            try directory.write(bytes, to: name)
        }
    }
}
