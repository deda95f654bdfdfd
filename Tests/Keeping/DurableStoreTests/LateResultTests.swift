import DurableStore
import HealthModel
import Observing
import Testing

/// A late result brings its sealed hour back, or must be refused.
///
/// An hour sealed anew without what was in it before would take the place of the whole one.
@Suite struct LateResultTests {
    private static let later = midnight + .seconds(4300)
    private static let key = SeriesKey(endpoint: EndpointID("a"))

    /// A store whose first hour is sealed with 60 results.
    private func sealed(
        _ directory: StoreDirectory, _ options: DurableStore.Options = .init()
    ) throws -> DurableStore {
        var store = try DurableStore(directory: directory.path, options: options)
        store.append(
            (0..<60).map { submission("a", midnight + .seconds($0 * 60)) }, at: midnight)
        #expect(store.commit().isEmpty)
        #expect(store.maintain(at: Self.later).isEmpty)
        return store
    }

    private func damageRawFile(of directory: StoreDirectory, at place: Int) throws {
        let name = try #require(directory.names.first { $0.hasPrefix("raw-") })
        var bytes = try directory.bytes(name)
        bytes[place < 0 ? bytes.count + place : place] ^= 1
        try directory.write(bytes, to: name)
    }

    private func results(of store: DurableStore) throws -> Int {
        try store.view.report(of: Self.key, from: midnight, to: Self.later).results
    }

    @Test(arguments: [20, -1]) func isRefusedWhenItsHourCannotBeRead(place: Int) throws {
        let directory = try StoreDirectory()
        _ = try sealed(directory)
        try damageRawFile(of: directory, at: place)
        var store = try DurableStore(directory: directory.path)
        let outcome = store.append([submission("a", midnight + .seconds(30))], at: Self.later)
        #expect(outcome.tooOld == 1)
        // Another endpoint had nothing in that hour.
        #expect(store.append([submission("b", midnight)], at: Self.later).appended == 1)
        _ = store.commit()
        _ = store.maintain(at: Self.later)
        #expect(try results(of: store) == 60)
        #expect(try results(of: try reopened(&store, directory)) == 60)
    }

    private func reopened(
        _ store: inout DurableStore, _ directory: StoreDirectory
    ) throws -> DurableStore {
        try DurableStore(directory: directory.path, isReadOnly: true)
    }

    @Test func isRefusedWhenOnlySummariesAreLeft() throws {
        let directory = try StoreDirectory()
        var options = DurableStore.Options()
        options.rawRetention = .seconds(3600)
        options.lateWindow = options.dayRetention
        var store = try sealed(directory, options)
        for now in [midnight + .seconds(7200), midnight + .seconds(3 * 86_400)] {
            _ = store.maintain(at: now)
            #expect(!directory.names.contains { $0.hasPrefix("raw-") })
            let outcome = store.append([submission("a", midnight + .seconds(30))], at: now)
            #expect(outcome.tooOld == 1)
            #expect(store.append([submission("a", midnight)], at: now).tooOld == 1)
        }
        options.hourRetention = .seconds(3600)
        var last = try DurableStore(directory: try moved(&store, directory), options: options)
        _ = last.maintain(at: midnight + .seconds(3 * 86_400))
        #expect(!directory.names.contains { $0.hasPrefix("hour-") })
        let now = midnight + .seconds(3 * 86_400)
        #expect(last.append([submission("a", midnight)], at: now).tooOld == 1)
        #expect(last.append([submission("c", midnight)], at: now).appended == 1)
    }

    /// Gives the lock back.
    private func moved(
        _ store: inout DurableStore, _ directory: StoreDirectory
    ) throws -> String {
        let other = try StoreDirectory()
        store = try DurableStore(directory: other.path)
        return directory.path
    }

    /// What a journal holds for an hour that cannot be read stays in the journal.
    @Test func inAJournalStaysThere() throws {
        let directory = try StoreDirectory()
        do {
            var store = try sealed(directory)
            store.append([submission("a", midnight + .seconds(30))], at: Self.later)
            #expect(store.commit().isEmpty)
        }
        try damageRawFile(of: directory, at: 20)
        var store = try DurableStore(directory: directory.path)
        #expect(store.problems.contains { $0.contains("1 results") })
        store.append([submission("a", Self.later)], at: Self.later)
        #expect(store.commit().isEmpty)
        #expect(store.maintain(at: Self.later + .seconds(7200)).isEmpty)
        #expect(directory.names.filter { $0.hasSuffix(".vtj") }.count == 1)
        #expect(try results(of: store) == 61 - 1 + 1)
    }

    /// A damaged file is left as it is: nothing gets its name.
    @Test func theNameOfADamagedFileIsNotUsedAgain() throws {
        let directory = try StoreDirectory()
        _ = try sealed(directory)
        let name = try #require(directory.names.first { $0.hasPrefix("hour-") })
        for damaged in directory.names where damaged.hasSuffix(".vts") {
            try directory.write([1, 2, 3], to: damaged)
        }
        for journal in directory.names where journal.hasSuffix(".vtj") {
            try LinuxFiles().remove("\(directory.path)/\(journal)")
        }
        var store = try DurableStore(directory: directory.path)
        store.append([submission("b", midnight)], at: Self.later)
        #expect(store.commit().isEmpty)
        #expect(store.maintain(at: Self.later).isEmpty)
        #expect(try directory.bytes(name) == [1, 2, 3])
        #expect(directory.names.filter { $0.hasPrefix("hour-") }.count == 2)
        #expect(directory.names.filter { $0.hasPrefix("raw-") }.count == 2)
    }

    /// The clock of Unix says 23:59:59 twice at the end of a day with a leap second, so a slot may
    /// come twice: the first counts.
    @Test func aLeapSecondRepeatsASlotAndTheFirstCounts() throws {
        let directory = try StoreDirectory()
        var store = try DurableStore(directory: directory.path)
        let last = midnight + .seconds(86_399)
        for slot in [last - .seconds(1), last, last, last + .seconds(1)] {
            store.append([submission("a", slot, coverage: .milliseconds(1500))], at: slot)
            #expect(store.commit().isEmpty)
        }
        #expect(store.counters.duplicates == 1)
        let report = try store.view.report(
            of: Self.key, from: last - .seconds(1), to: last + .seconds(2))
        #expect(report.availability.up == .seconds(3))
        #expect(report.availability.unknown == .zero)
    }
}
