public import HealthModel
public import ResultStore

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
    ///   - workers: How many tasks; at least 1.
    /// - Returns: A report for each series of which something is known.
    /// - Throws: `StoreFileError`.
    public func reports(
        from: Timestamp, to: Timestamp, workers: Int = 2
    ) async throws(StoreFileError) -> [SeriesKey: Report] {
        precondition(workers >= 1, "somebody has to do it")
        guard from < to else { return [:] }
        let results = await withTaskGroup(
            of: Result<[SeriesKey: Report], StoreFileError>.self
        ) { group in
            for place in 0..<workers {
                group.addTask {
                    var reader = FleetReader(
                        view: self, from: from.milliseconds, to: to.milliseconds,
                        share: FleetReader.Share(place: place, count: workers))
                    do throws(StoreFileError) {
                        return .success(try reader.read())
                    } catch {
                        return .failure(error)
                    }
                }
            }
            var results: [Result<[SeriesKey: Report], StoreFileError>] = []
            for await result in group { results.append(result) }
            return results
        }
        var reports: [SeriesKey: Report] = [:]
        for result in results { reports.merge(try result.get()) { first, _ in first } }
        return reports
    }
}

/// Reads one share of all series out of every file of a window.
private struct FleetReader {
    /// Series whose hash falls into one of `count` equal parts.
    struct Share {
        let place: Int
        let count: Int

        func contains(_ hash: UInt64) -> Bool {
            Int((hash >> 32) * UInt64(count) >> 32) == place
        }
    }

    /// What has been read of one series; of each time the first that was found, which knows most.
    private struct Found {
        var heads: [ResultSummary.Head] = []
        var sketch = DurationSketch()

        func knows(_ start: Int64) -> Bool {
            heads.contains { $0.timeline.start == start }
        }
    }

    /// Bytes that are read at once.
    private static let readBytes = 1024 * 1024

    private let view: StoreView
    private let from: Int64
    private let to: Int64
    private let share: Share
    private var found: [SeriesKey: Found] = [:]

    init(view: StoreView, from: Int64, to: Int64, share: Share) {
        self.view = view
        self.from = from
        self.to = to
        self.share = share
    }

    mutating func read() throws(StoreFileError) -> [SeriesKey: StoreView.Report] {
        takeHead()
        for segment in segments.reversed() { try read(segment) }
        var reports: [SeriesKey: StoreView.Report] = [:]
        for (key, one) in found {
            let report = report(of: one)
            if report.results > 0 { reports[key] = report }
        }
        return reports
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
        let entries = try segment.entries(in: file).filter { share.contains($0.hash) }
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
                    throw .format(error, segment.path)
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
        // Taken out, so that its arrays are changed in place.
        var one = found.removeValue(forKey: block.key) ?? Found()
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
        found[block.key] = one
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
