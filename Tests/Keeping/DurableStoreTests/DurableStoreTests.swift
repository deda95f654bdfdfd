import DurableStore
import HealthModel
import Observing
import ResultFormat
import Testing

@Suite struct DurableStoreTests {
    @Test func whatIsCommittedIsThereAfterAnAbruptEnd() throws {
        let directory = try StoreDirectory()
        do {
            var store = try DurableStore(directory: directory.path)
            let outcome = store.append(
                [submission("a", midnight), submission("b", midnight, .httpStatus, address: nil)],
                at: midnight)
            #expect(outcome.appended == 2)
            #expect(store.commit().isEmpty)
            #expect(store.counters.waiting == 0)
            // Neither sealed nor closed.
        }
        let store = try DurableStore(directory: directory.path)
        #expect(store.problems.isEmpty)
        #expect(
            try store.everything() == ["a": [midnight.milliseconds], "b": [midnight.milliseconds]])
        let chunk = try store.view.results(
            of: SeriesKey(endpoint: EndpointID("a")), from: midnight, to: midnight + .seconds(1))
        let result = try #require(chunk.results.first)
        #expect(chunk.labels[Int(result.address)] == "192.0.2.1")
        #expect(result.record.status == 200)
        #expect(result.record.phases.connectMicroseconds == 10_000)
    }

    /// Sealed hours and the one that is not, and none without an answer.
    @Test func anHourHasItsQuantile() throws {
        let directory = try StoreDirectory()
        var store = try DurableStore(directory: directory.path)
        let key = SeriesKey(endpoint: EndpointID("a"))
        for hour in 0..<4 {
            let start = midnight + .seconds(hour * 3600)
            let reason: Reason? = hour == 1 ? .httpStatus : nil
            let micro = Int64(hour + 1) * 30_000
            store.append(
                [
                    submission("a", start, reason, micro: micro),
                    submission("a", start + .seconds(60), reason, micro: micro * 3),
                ], at: start + .seconds(60))
            #expect(store.commit().isEmpty)
            #expect(store.maintain(at: start + .seconds(60)).isEmpty)
        }
        let end = midnight + .seconds(4 * 3600)
        func hours(_ quantile: Double, from: Timestamp) throws -> [(Int64, Int64)] {
            try store.view.hourlyQuantiles(
                quantile, of: .total, key: key, from: from, to: end
            ).map {
                (($0.start - midnight).wholeMilliseconds / 3_600_000, $0.quantile.microseconds)
            }
        }
        let median = try hours(0.5, from: midnight)
        #expect(median.map(\.0) == [0, 2, 3])
        for (found, wanted) in zip(median, [30_000, 90_000, 120_000] as [Int64]) {
            #expect(abs(found.1 - wanted) <= wanted / 100)
        }
        let slowest = try hours(0.95, from: midnight + .seconds(2 * 3600))
        #expect(slowest.map(\.0) == [2, 3])
        for (found, wanted) in zip(slowest, [270_000, 360_000] as [Int64]) {
            #expect(abs(found.1 - wanted) <= wanted / 100)
        }
    }

    @Test func aSlotIsKeptOnceAlsoAfterItsHourIsSealed() throws {
        let directory = try StoreDirectory()
        var store = try DurableStore(directory: directory.path)
        let first = submission("a", midnight)
        store.append([first, first], at: midnight)
        #expect(store.counters.duplicates == 1)
        #expect(store.commit().isEmpty)
        let later = midnight + .seconds(4300)
        #expect(store.maintain(at: later).isEmpty)
        #expect(store.view.unsealedCount == 0)
        #expect(directory.names.contains { $0.hasPrefix("raw-20261124T00-") })
        store.append([first], at: later)
        #expect(store.counters.duplicates == 2)
        // A late one is kept, and the hour sealed anew.
        store.append([submission("a", midnight + .seconds(30), .httpStatus)], at: later)
        #expect(store.commit().isEmpty)
        #expect(store.maintain(at: later).isEmpty)
        #expect(store.view.unsealedCount == 0)
        let report = try store.view.report(
            of: SeriesKey(endpoint: EndpointID("a")), from: midnight, to: later)
        #expect(report.results == 2)
        #expect(report.availability.up == .seconds(30))
        #expect(report.availability.down == .seconds(90))
        #expect(report.failures == [.httpStatus: 1])
    }

    /// A process that ends right after it has begun a journal leaves one without results; the next
    /// one must not take it for its own, or it is removed with what is in it.
    @Test func anEmptyJournalOfAnEarlierRunTakesNothingAway() throws {
        let directory = try StoreDirectory()
        try directory.write(JournalContents.beginning(), to: "journal-000000000001.vtj")
        do {
            var store = try DurableStore(directory: directory.path)
            store.append([submission("a", midnight)], at: midnight)
            #expect(store.commit().isEmpty)
            let next = midnight + .seconds(3600)
            store.append([submission("a", next)], at: next)
            #expect(store.commit().isEmpty)
            #expect(store.maintain(at: next + .seconds(600)).isEmpty)
        }
        #expect(!directory.names.contains("journal-000000000001.vtj"))
        let slots = try DurableStore(directory: directory.path).everything()["a"]
        #expect(slots == [midnight.milliseconds, midnight.milliseconds + 3_600_000])
    }

    @Test func aResultThatIsTooLateIsRefusedAndCounted() throws {
        let directory = try StoreDirectory()
        var store = try DurableStore(directory: directory.path)
        let now = midnight + .seconds(7200 + 3600)
        store.append([submission("a", midnight)], at: now)
        #expect(store.counters.appended == 1)
        store.append([submission("a", midnight - .milliseconds(1))], at: now)
        #expect(store.counters.tooOld == 1)
    }

    /// A clock that runs a day ahead for ten minutes seals the present hour too early, and nothing
    /// is lost when it is put right; nor when it is set back an hour.
    @Test func aClockThatIsWrongLosesNothing() throws {
        let directory = try StoreDirectory()
        var store = try DurableStore(directory: directory.path)
        func live(_ range: Range<Int>, ahead: Duration = .zero) {
            for minute in range {
                let slot = midnight + .seconds(minute * 60) + ahead
                store.append([submission("a", slot)], at: slot)
                #expect(store.commit().isEmpty)
                #expect(store.maintain(at: slot).isEmpty)
            }
        }
        live(0..<30)
        live(30..<40, ahead: .seconds(86_400))
        live(40..<150)
        // Back by an hour: these slots were measured already.
        live(90..<150)
        #expect(store.counters.duplicates == 60)
        #expect(store.counters.tooOld == 0)
        let slots = try store.everything()["a"]
        let minutes = Array(0..<30) + Array(40..<150) + (30..<40).map { $0 + 1440 }
        #expect(slots == minutes.map { midnight.milliseconds + Int64($0) * 60_000 })
        let report = try store.view.report(
            of: SeriesKey(endpoint: EndpointID("a")), from: midnight,
            to: midnight + .seconds(150 * 60))
        #expect(report.results == 140)
        // The last result before the gap speaks for a minute and a half.
        #expect(report.availability.unknown == .seconds(9 * 60 + 30))
    }

    @Test func anHourHasALimit() throws {
        let directory = try StoreDirectory()
        var store = try DurableStore(directory: directory.path)
        store.append(
            (0...ResultChunk.hourResultsLimit).map {
                submission("a", midnight + .milliseconds($0 * 600))
            }, at: midnight)
        #expect(store.counters.appended == ResultChunk.hourResultsLimit)
        #expect(store.counters.overLimit == 1)
    }

    @Test func onlyOneProcessWrites() throws {
        let directory = try StoreDirectory()
        let first = try DurableStore(directory: directory.path)
        #expect(throws: StoreFileError.self) { try DurableStore(directory: directory.path) }
        _ = try DurableStore(directory: directory.path, isReadOnly: true)
        _ = first.counters
    }

    @Test func aFileOfALaterProgramStopsTheStoreAndStaysAsItIs() throws {
        let directory = try StoreDirectory()
        do {
            var store = try DurableStore(directory: directory.path)
            store.append([submission("a", midnight)], at: midnight)
            _ = store.commit()
        }
        let name = try #require(directory.dataNames.first)
        var bytes = try directory.bytes(name)
        bytes[8] = 2
        let checksum = CRC32C.checksum(bytes[..<12])
        for place in 0..<4 {
            bytes[12 + place] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt32(place)))
        }
        try directory.write(bytes, to: name)
        do {
            _ = try DurableStore(directory: directory.path)
            Issue.record("a later format was accepted")
        } catch {
            #expect("\(error)".contains("format 2 of a later Vitaal"))
        }
        #expect(try directory.bytes(name) == bytes)
    }

    @Test func daysReplaceHoursAndRetentionReplacesDays() throws {
        let directory = try StoreDirectory()
        var options = DurableStore.Options()
        options.rawRetention = .seconds(2 * 86_400)
        var store = try DurableStore(directory: directory.path, options: options)
        for minute in 0..<4 * 1440 {
            let now = midnight + .seconds(minute * 60)
            store.append(
                [submission("a", now, minute % 100 == 7 ? .timeoutConnect : nil)], at: now)
            if minute % 60 == 59 {
                #expect(store.commit().isEmpty)
                #expect(store.maintain(at: now).isEmpty)
            }
        }
        let now = midnight + .seconds(4 * 86_400)
        let days = directory.names.filter { $0.hasPrefix("day-") }
        #expect(days.map { $0.prefix(12) } == ["day-20261124", "day-20261125", "day-20261126"])
        #expect(directory.names.filter { $0.hasPrefix("raw-20261124") }.isEmpty)
        #expect(directory.names.filter { $0.hasPrefix("hour-20261124-") }.count == 1)
        let key = SeriesKey(endpoint: EndpointID("a"))
        let report = try store.view.report(of: key, from: midnight, to: now)
        #expect(report.results == 4 * 1440)
        #expect(report.failures[.timeoutConnect] == 58)
        #expect(report.availability.down == .seconds(58 * 60))
        #expect(report.availability.unknown == .zero)
        #expect(report.sketches[.total]?.total == UInt64(4 * 1440 - 58))
        // A window that cuts days and hours is exact as well.
        let part = try store.view.report(
            of: key, from: midnight + .seconds(7 * 60 + 30), to: midnight + .seconds(8 * 60 + 10))
        #expect(part.availability.down == .seconds(30))
        #expect(part.availability.up == .seconds(10))
    }

    @Test func oldDaysAreRoundedOnceAndStayWithinTheirError() throws {
        let directory = try StoreDirectory()
        var options = DurableStore.Options()
        options.roundAfter = .seconds(2 * 86_400)
        var store = try DurableStore(directory: directory.path, options: options)
        func micro(_ minute: Int) -> Int64 { Int64(20_011 + minute * 7919 % 50_021) }
        for minute in 0..<1440 {
            let now = midnight + .seconds(minute * 60)
            store.append([submission("a", now, micro: micro(minute))], at: now)
        }
        #expect(store.commit().isEmpty)
        #expect(store.maintain(at: midnight + .seconds(86_400 * 3 - 1)).isEmpty)
        let exact = try #require(store.view.segments.first { $0.facts.level == .raw })
        #expect(exact.name.hasPrefix("raw-20261124-"))
        let key = SeriesKey(endpoint: EndpointID("a"))
        let to = midnight + .seconds(86_400)
        let before = try store.view.results(of: key, from: midnight, to: to).results
        #expect(before.map(\.record.phases.totalMicroseconds) == (0..<1440).map(micro))
        #expect(store.maintain(at: midnight + .seconds(86_400 * 3)).isEmpty)
        let rounded = try #require(store.view.segments.first { $0.facts.level == .raw })
        #expect(rounded.name.hasPrefix("rounded-20261124-"))
        // Durations without any pattern; with one it is 2.5 times.
        #expect(rounded.size * 3 < exact.size * 2)
        #expect(!directory.names.contains(exact.name))
        // Nothing is left to do, and nothing is rounded twice.
        #expect(store.maintain(at: midnight + .seconds(86_400 * 4)).isEmpty)
        let reopened = try DurableStore(directory: directory.path, isReadOnly: true)
        #expect(reopened.problems.isEmpty)
        let after = try reopened.view.results(of: key, from: midnight, to: to).results
        #expect(after.count == 1440)
        for (old, new) in zip(before, after) {
            let right = Double(old.record.phases.totalMicroseconds)
            let error = abs(Double(new.record.phases.totalMicroseconds) - right) / right
            #expect(error <= DurationBuckets.relativeError)
            #expect(new.slot == old.slot && new.record.status == old.record.status)
        }
        #expect(StoreCheck(reopened).problems.isEmpty)
    }

    /// One damaged file keeps its day in hours; everything else goes on, and it is told once.
    @Test func aDamagedFileKeepsNothingElseFromBeingDone() throws {
        let directory = try StoreDirectory()
        var options = DurableStore.Options()
        options.rawRetention = .seconds(5 * 86_400)
        var store = try DurableStore(directory: directory.path, options: options)
        func live(_ hours: Range<Int>) -> [DurableStore.Notice] {
            var notices: [DurableStore.Notice] = []
            for hour in hours {
                let now = midnight + .seconds(hour * 3600)
                store.append([submission("a", now)], at: now)
                notices += store.commit() + store.maintain(at: now)
            }
            return notices
        }
        #expect(live(0..<20).isEmpty)
        let name = try #require(directory.names.first { $0.hasPrefix("raw-20261124T03") })
        var bytes = try directory.bytes(name)
        bytes[30] ^= 1
        try directory.write(bytes, to: name)
        let notices = live(20..<4 * 24)
        #expect(notices.count == 1)
        guard case .damaged(let words) = try #require(notices.first) else {
            Issue.record("another notice: \(notices)")
            return
        }
        #expect(words.contains(name))
        #expect(directory.names.filter { $0.hasPrefix("day-") }.count == 2)
        #expect(directory.names.filter { $0.hasPrefix("raw-20261124T") }.count == 24)
        #expect(live(4 * 24..<7 * 24).isEmpty)
        // Its time is over like that of others.
        #expect(directory.names.filter { $0.hasPrefix("raw-20261124") }.isEmpty)
    }

    /// Shares are a partition, whichever way the series are added up.
    @Test func sharesTakenTogetherAreAll() async throws {
        let directory = try StoreDirectory()
        var store = try DurableStore(directory: directory.path)
        for name in 0..<40 {
            store.append(
                (0..<3).map { submission("s\(name)", midnight + .seconds($0 * 60)) }, at: midnight)
        }
        #expect(store.commit().isEmpty)
        #expect(store.maintain(at: midnight + .seconds(4300)).isEmpty)
        let to = midnight + .seconds(3600)
        let all = try await store.view.reports(from: midnight, to: to)
        #expect(all.reports.count == 40 && all.problems.isEmpty)
        for count in [1, 2, 3, 7, 64] {
            var seen: [SeriesKey] = []
            for place in 0..<count {
                let share = SeriesShare(place, of: count)
                let part = try store.view.reports(from: midnight, to: to, share: share).reports
                for (key, report) in part {
                    #expect(share.contains(key))
                    #expect(report.results == 3)
                    seen.append(key)
                }
                let histories = try store.view.histories(of: share, at: to).histories
                #expect(Set(histories.keys) == Set(part.keys))
                #expect(histories.values.allSatisfy { $0.windows.map(\.days) == [1, 7, 30] })
            }
            #expect(seen.count == 40 && Set(seen).count == 40)
        }
    }

    @Test func aDamagedBlockHidesOnlyItsSeries() async throws {
        let directory = try StoreDirectory()
        do {
            var store = try DurableStore(directory: directory.path)
            store.append([submission("a", midnight), submission("b", midnight)], at: midnight)
            #expect(store.commit().isEmpty)
            #expect(store.maintain(at: midnight + .seconds(4300)).isEmpty)
        }
        let name = try #require(directory.names.first { $0.hasPrefix("hour-") })
        var bytes = try directory.bytes(name)
        bytes[30] ^= 1
        try directory.write(bytes, to: name)
        let store = try DurableStore(directory: directory.path, isReadOnly: true)
        let found = try await store.view.reports(from: midnight, to: midnight + .seconds(3600))
        #expect(found.reports.count == 1)
        #expect(found.problems.count == 1 && found.problems.first?.contains(name) == true)
    }

    @Test func theBudgetDropsTheOldestRawResultsFirstAndSaysSo() throws {
        let directory = try StoreDirectory()
        var options = DurableStore.Options()
        options.diskLimitBytes = 1
        var store = try DurableStore(directory: directory.path, options: options)
        store.append([submission("a", midnight)], at: midnight)
        _ = store.commit()
        let notices = store.maintain(at: midnight + .seconds(4300))
        #expect(notices.count == 2)
        #expect(store.view.segments.isEmpty)
        guard case .droppedEarly(let name) = try #require(notices.first) else {
            Issue.record("another notice")
            return
        }
        #expect(name.hasPrefix("raw-"))
    }
}
