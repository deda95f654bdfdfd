public import HealthModel
public import Observing
import ResultFormat

/// What is known of many series at once.
public struct FleetReports: Sendable {
    /// Damaged files that are named; the others are not counted.
    public static let problemsLimit = 20

    /// The series of which something is known.
    public var reports: [SeriesKey: StoreView.Report] = [:]
    /// Damage that was met; the time it covers counts as unknown.
    public var problems: Set<String> = []

    /// Remembers damage; any other failure ends the reading.
    fileprivate mutating func note(_ error: StoreFileError) throws(StoreFileError) {
        guard error.isDamage else { throw error }
        if problems.count < Self.problemsLimit { problems.insert(error.description) }
    }
}

/// One of several equal parts of all series, by the hash of their keys.
public struct SeriesShare: Sendable, Hashable {
    /// Which one, from 0.
    public let place: Int
    /// How many there are.
    public let count: Int

    /// Makes a share.
    ///
    /// - Parameters:
    ///   - place: 0 to `count` - 1.
    ///   - count: 1 to 65,536.
    public init(_ place: Int, of count: Int) {
        precondition((1...65_536).contains(count) && (0..<count).contains(place), "a share")
        self.place = place
        self.count = count
    }

    /// Whether a series belongs to it.
    public func contains(_ key: SeriesKey) -> Bool { contains(SegmentLayout.hash(of: key)) }

    func contains(_ hash: UInt64) -> Bool { place(of: hash) == place }

    /// The part to which a hash belongs; larger hashes belong to the same or to a later one.
    func place(of hash: UInt64) -> Int { Int((hash >> 32) * UInt64(count) >> 32) }
}

extension StoreView {
    /// What is known of a window of every series: states exactly, counts, and the durations of the
    /// whole probe; the parts of probes are left out.
    ///
    /// Each file is read once, from its beginning to its end, by tasks that share the series among
    /// them. Memory is that of the answer and of one read a task.
    ///
    /// - Parameters:
    ///   - from: The start of the window.
    ///   - to: The end of the window.
    ///   - announced: Times of maintenance, whatever was measured in them.
    ///   - workers: How many tasks; at least 1.
    /// - Returns: A report for each series of which something is known.
    /// - Throws: `StoreFileError` when a file cannot be read; damage is told in the answer.
    public func reports(
        from: Timestamp, to: Timestamp, announced: MaintenanceTimes = [:], workers: Int = 2
    ) async throws(StoreFileError) -> FleetReports {
        let results = await withTaskGroup(of: Result<FleetReports, StoreFileError>.self) { group in
            for place in 0..<workers {
                group.addTask {
                    do throws(StoreFileError) {
                        let share = SeriesShare(place, of: workers)
                        return .success(
                            try reports(from: from, to: to, announced: announced, share: share))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            var results: [Result<FleetReports, StoreFileError>] = []
            for await result in group { results.append(result) }
            return results
        }
        var all = FleetReports()
        for result in results {
            let part = try result.get()
            all.reports.merge(part.reports) { first, _ in first }
            all.problems.formUnion(part.problems)
        }
        return all
    }

    /// The same for a share of the series, on the calling thread.
    ///
    /// - Parameters:
    ///   - from: The start of the window.
    ///   - to: The end of the window.
    ///   - announced: Times of maintenance, whatever was measured in them.
    ///   - share: Which series.
    /// - Returns: A report for each series of which something is known.
    /// - Throws: `StoreFileError` when a file cannot be read; damage is told in the answer.
    public func reports(
        from: Timestamp, to: Timestamp, announced: MaintenanceTimes = [:], share: SeriesShare
    ) throws(StoreFileError) -> FleetReports {
        var all = FleetReports()
        guard from < to else { return all }
        // In parts whose sketches stay in the cache while file after file is added to them.
        let most = segments.lazy.map(\.seriesCount).max() ?? 0
        let parts = min(
            65_536 / share.count, max(1, most / share.count / FleetReader.seriesAtOnce))
        for part in 0..<parts {
            var reader = FleetReader(
                view: self, from: from.milliseconds, to: to.milliseconds,
                share: SeriesShare(share.place * parts + part, of: share.count * parts))
            let found = try reader.read()
            all.reports.merge(found.reports) { first, _ in first }
            all.problems.formUnion(found.problems)
        }
        for key in announced.isEmpty ? [] : Array(all.reports.keys) {
            guard let times = announced[key.endpoint],
                times.contains(where: { $0.overlaps(from..<to) })
            else { continue }
            do throws(StoreFileError) {
                all.reports[key]?.availability = try availability(
                    of: key, from: from, to: to, announced: times)
            } catch {
                // Where a file is damaged, what was measured stands.
                try all.note(error)
            }
        }
        return all
    }

    /// How a share of the series has done over the usual windows.
    ///
    /// - Parameters:
    ///   - share: Which series.
    ///   - now: The end of the windows.
    ///   - announced: Times of maintenance, whatever was measured in them.
    /// - Returns: The histories, and damage that was met.
    /// - Throws: `StoreFileError` when a file cannot be read.
    public func histories(
        of share: SeriesShare, at now: Timestamp, announced: MaintenanceTimes = [:]
    ) throws(StoreFileError) -> (histories: [SeriesKey: EndpointHistory], problems: Set<String>) {
        var histories: [SeriesKey: EndpointHistory] = [:]
        var problems: Set<String> = []
        // The longest first: what is not in it has no history.
        for days in EndpointHistory.windowDays.sorted(by: >) {
            let from = now - .seconds(days * 86_400)
            let found = try reports(
                from: from, to: now, announced: announced, share: share)
            problems.formUnion(found.problems)
            let nothing = Report(from: from.milliseconds, to: now.milliseconds)
            let keys = histories.isEmpty ? Array(found.reports.keys) : Array(histories.keys)
            for key in keys {
                let report = found.reports[key] ?? nothing
                let total = report.sketches[.total]
                let window = EndpointHistory.Window(
                    days: days, availability: report.availability, results: report.results,
                    p95: total?.quantile(0.95), p99: total?.quantile(0.99))
                histories[key, default: EndpointHistory(takenAt: now, windows: [])]
                    .windows.insert(window, at: 0)
            }
        }
        return (histories, problems)
    }
}

/// Reads one share of all series out of every file of a window.
private struct FleetReader {
    /// What has been read of one series; of each time the first that was found, which knows most.
    private struct Found {
        var heads: [ResultSummary.Head] = []
        var sketch = DurationSketch()

        func knows(_ start: Int64) -> Bool {
            heads.contains { $0.timeline.start == start }
        }
    }

    /// Series that are added up at once: their sketches take half a megabyte.
    static let seriesAtOnce = 500
    /// Bytes that are read at once.
    private static let readBytes = 1024 * 1024

    private let view: StoreView
    private let from: Int64
    private let to: Int64
    private let share: SeriesShare
    private var found: [SeriesKey: Found] = [:]
    private var answer = FleetReports()

    init(view: StoreView, from: Int64, to: Int64, share: SeriesShare) {
        self.view = view
        self.from = from
        self.to = to
        self.share = share
    }

    mutating func read() throws(StoreFileError) -> FleetReports {
        takeHead()
        for segment in segments.reversed() {
            do throws(StoreFileError) {
                try read(segment)
            } catch {
                try answer.note(error)
            }
        }
        for (key, one) in found {
            let report = report(of: one)
            if report.results > 0 { answer.reports[key] = report }
        }
        return answer
    }

    /// The files of the window and those of the day before it, which may speak for its beginning.
    private var segments: [Segment] {
        let lead = StoreTime.start(of: from, StoreTime.day) - StoreTime.day
        let days = view.segments.filter { segment in
            let facts = segment.facts
            return facts.level == .day && facts.start >= lead
                && (facts.end <= from || (facts.start >= from && facts.end <= to))
        }
        let starts = Set(days.map(\.facts.start))
        let hours = view.segments.filter { segment in
            let facts = segment.facts
            return facts.level == .hour && facts.start < to && facts.end > lead
                && !starts.contains(StoreTime.start(of: facts.start, StoreTime.day))
        }
        return days + hours
    }

    /// Takes what is not sealed.
    private mutating func takeHead() {
        for (key, series) in view.head.series where share.contains(SegmentLayout.hash(of: key)) {
            for hour in series.hours where hour.start < to {
                let summary = ResultSummary(
                    of: hour.results, start: hour.start, end: hour.start + StoreTime.hour)
                found[key, default: Found()].heads.append(summary.head)
                guard summary.head.timeline.end > from else { continue }
                found[key, default: Found()].sketch.merge(summary.sketch(of: .total))
            }
        }
    }

    private mutating func read(_ segment: Segment) throws(StoreFileError) {
        let file = try view.files.open(segment.path)
        // Blocks stand in the order of the directory: one read brings many.
        let entries = try segment.entries(of: share, in: file)
        var place = 0
        while place < entries.count {
            let start = entries[place].offset
            var end = place + 1
            while end < entries.count, entries[end].offset > entries[end - 1].offset,
                entries[end].offset - start < UInt64(Self.readBytes)
            { end += 1 }
            let last = entries[end - 1]
            guard let offset = Int(exactly: start), last.offset < UInt64(segment.size) else {
                throw .format(.invalid("entry"), segment.path)
            }
            let bytes = try file.read(
                at: offset, count: Int(last.offset - start) + Int(last.length))
            for entry in entries[place..<end] {
                do throws(StoreFormatError) {
                    try take(bytes.dropFirst(Int(entry.offset - start)), segment)
                } catch {
                    try answer.note(.format(error, segment.path))
                }
            }
            place = end
        }
    }

    private mutating func take(
        _ bytes: ArraySlice<UInt8>, _ segment: Segment
    ) throws(StoreFormatError) {
        var blocks = ByteReader(bytes)
        let block = try SegmentLayout.next(from: &blocks)
        var reader = ByteReader(block.payload)
        // Taken out, so that its arrays are changed in place, and put back also when the block ends
        // in nonsense, which only a wrong program writes: its checksum was right.
        var one = found.removeValue(forKey: block.key) ?? Found()
        defer { found[block.key] = one }
        let count = try reader.varint(upTo: ResultSummary.blockLimit, "number of summaries")
        for place in 0..<count {
            let head = try ResultSummary.Head(from: &reader, reasons: segment.reasons)
            var unread = ResultSummary.Head.sketches
            if head.timeline.start < to, !one.knows(head.timeline.start) {
                if head.timeline.end > from {
                    try one.sketch.add(from: &reader)
                    unread -= 1
                }
                one.heads.append(head)
            }
            guard place + 1 < count else { break }
            for _ in 0..<unread { try DurationSketch.skip(&reader) }
        }
    }

    private func report(of one: Found) -> StoreView.Report {
        var report = StoreView.Report(from: from, to: to)
        var before: ResultSummary.Head?
        for head in one.heads.sorted(by: { $0.timeline.start < $1.timeline.start }) {
            if head.timeline.end > from {
                report.count(before, until: head.first.milliseconds, from: from, to: to)
                report.add(head, from: from, to: to)
            }
            before = head
        }
        report.count(before, until: to, from: from, to: to)
        report.sketches = [.total: one.sketch]
        return report
    }
}
