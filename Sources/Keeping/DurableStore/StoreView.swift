public import HealthModel
public import Observing
public import ResultFormat

/// What a store held at one moment; every thread may read its own copy.
///
/// A file that the store drops meanwhile fails with `StoreFileError`; take a new view then.
public struct StoreView: Sendable {
    /// What is known of a window.
    public struct Report: Sendable {
        /// How long each state lasted, exact to the millisecond.
        public var availability = Availability()
        /// Results of the hours that the window touches.
        public var results = 0
        /// How many of those failed with each reason.
        public var failures: [Reason: Int] = [:]
        /// How long the answered ones took, by phase.
        public var sketches: [Phase: DurationSketch] = [:]
        /// The slot of the last success; nil when there was none.
        public var lastSuccess: Slot?
    }

    /// Hours before a window in which the result is looked for that speaks for its beginning; one
    /// that speaks longer counts as unknown there.
    private static let leadHours = 24

    /// The files, the earliest first.
    public let segments: [Segment]
    let directory: String
    let files: any StoreFiles
    let head: StoreHead

    init(directory: String, files: any StoreFiles, segments: [Segment], head: StoreHead) {
        self.directory = directory
        self.files = files
        self.segments = segments
        self.head = head
    }

    /// The days of which results are kept, in order, to go through them piece by piece.
    public var times: [(from: Timestamp, to: Timestamp)] {
        var days: Set<Int64> = []
        for segment in segments where segment.facts.level == .raw {
            days.insert(StoreTime.start(of: segment.facts.start, StoreTime.day))
        }
        for hour in head.hours { days.insert(StoreTime.start(of: hour, StoreTime.day)) }
        return days.sorted().map { day in
            (Timestamp(milliseconds: day), Timestamp(milliseconds: day + StoreTime.day))
        }
    }

    /// Results that are not sealed yet.
    public var unsealedCount: Int { head.count }

    /// Every series, sorted.
    ///
    /// - Throws: `StoreFileError`.
    public func series() throws(StoreFileError) -> [SeriesKey] {
        var keys = Set(head.series.keys)
        for segment in segments where segment.facts.level == .hour {
            let file = try files.open(segment.path)
            for entry in try segment.entries(in: file) {
                keys.insert(try segment.block(entry, in: file).key)
            }
        }
        return keys.sorted {
            ($0.endpoint.text, $0.vantage.text) < ($1.endpoint.text, $1.vantage.text)
        }
    }

    /// The results of a window, the earliest first, with the labels they name.
    ///
    /// - Parameters:
    ///   - key: The endpoint and vantage.
    ///   - from: The first slot.
    ///   - to: The end, which is not part of it.
    /// - Returns: The results; no results when there are none.
    /// - Throws: `StoreFileError`.
    public func results(
        of key: SeriesKey, from: Timestamp, to: Timestamp
    ) throws(StoreFileError) -> ResultChunk {
        let (from, to) = (from.milliseconds, to.milliseconds)
        var chunk = try rawChunk(of: key, from: from, to: to) ?? ResultChunk(results: [])
        if let series = head.series[key] {
            chunk.merge(ResultChunk(results: Array(series.results), labels: series.labels))
        }
        chunk.results.removeAll { !(from..<max(from, to)).contains($0.slot.milliseconds) }
        return chunk
    }

    /// What is known of a window: states exactly, counts and durations of the hours it touches.
    ///
    /// - Parameters:
    ///   - key: The endpoint and vantage.
    ///   - from: The start of the window.
    ///   - to: The end of the window; not after `from` means an empty window.
    ///   - announced: Times of maintenance, in order and apart, whatever was measured in them.
    /// - Returns: What is known; what is not known is `unknown`.
    /// - Throws: `StoreFileError`.
    public func report(
        of key: SeriesKey, from: Timestamp, to: Timestamp, announced: [Range<Timestamp>] = []
    ) throws(StoreFileError) -> Report {
        var report = try measuredReport(of: key, from: from, to: to)
        if announced.contains(where: { $0.overlaps(from..<max(from, to)) }) {
            report.availability = try availability(
                of: key, from: from, to: to, announced: announced)
        }
        return report
    }

    /// The same as it was measured.
    private func measuredReport(
        of key: SeriesKey, from: Timestamp, to: Timestamp
    ) throws(StoreFileError) -> Report {
        guard from < to else { return Report() }
        let (from, to) = (from.milliseconds, to.milliseconds)
        var report = Report(from: from, to: to)
        var before = try lead(of: key, before: from)?.head
        for summary in try summaries(of: key, from: from, to: to) {
            report.count(before, until: summary.head.first.milliseconds, from: from, to: to)
            report.add(summary.head, from: from, to: to)
            for (place, phase) in Phase.allCases.enumerated() {
                report.sketches[phase, default: DurationSketch()].merge(summary.sketches[place])
            }
            before = summary.head
        }
        report.count(before, until: to, from: from, to: to)
        return report
    }

    /// A quantile of the answered probes of each hour that a window touches, the earliest first.
    ///
    /// - Parameters:
    ///   - quantile: 0 to 1.
    ///   - phase: What is timed.
    ///   - key: The endpoint and vantage.
    ///   - from: The start of the window.
    ///   - to: The end of the window.
    /// - Returns: The beginning of each hour with its quantile, to 0.8 %; hours without an answered
    ///   probe are left out.
    /// - Throws: `StoreFileError`.
    public func hourlyQuantiles(
        _ quantile: Double, of phase: Phase, key: SeriesKey, from: Timestamp, to: Timestamp
    ) throws(StoreFileError) -> [(start: Timestamp, quantile: Quantile)] {
        guard let place = Phase.allCases.firstIndex(of: phase) else { return [] }
        let hours = try summaries(
            of: key, from: from.milliseconds, to: to.milliseconds, usingDays: false)
        return hours.compactMap { hour in
            hour.sketches[place].quantile(quantile).map {
                (Timestamp(milliseconds: hour.head.timeline.start), $0)
            }
        }
    }

    /// The results on disk within a time; nil when there are none.
    func rawChunk(
        of key: SeriesKey, from: Int64, to: Int64
    ) throws(StoreFileError) -> ResultChunk? {
        var chunk: ResultChunk?
        for segment in segments
        where segment.facts.level == .raw && segment.facts.start < to && segment.facts.end > from {
            let file = try files.open(segment.path)
            guard let payload = try segment.payload(of: key, in: file) else { continue }
            let part = try segment.results(in: payload)
            if chunk == nil { chunk = part } else { chunk?.merge(part) }
        }
        chunk?.results.removeAll { !(from..<to).contains($0.slot.milliseconds) }
        return chunk?.results.isEmpty ?? true ? nil : chunk
    }

    /// Whether a sealed hour says something of a series; when only the day is left, whether that does.
    func isSummedUp(_ key: SeriesKey, hour: Int64) throws(StoreFileError) -> Bool {
        let covering = segments.filter {
            $0.facts.level != .raw && $0.facts.start <= hour && hour < $0.facts.end
        }
        let hours = covering.filter { $0.facts.level == .hour }
        for segment in hours.isEmpty ? covering : hours {
            for summary in try read(segment, key)
            where summary.head.timeline.start <= hour && hour < summary.head.timeline.end {
                return true
            }
        }
        return false
    }

    /// What sums a window up, in order: whole days where there are, hours, and the head.
    func summaries(
        of key: SeriesKey, from: Int64, to: Int64, usingDays: Bool = true
    ) throws(StoreFileError) -> [ResultSummary] {
        var found: [Int64: ResultSummary] = [:]
        var days: Set<Int64> = []
        for segment in segments
        where usingDays && segment.facts.level == .day && segment.facts.start >= from
            && segment.facts.end <= to
        {
            for summary in try read(segment, key) {
                found[segment.facts.start] = summary
                days.insert(segment.facts.start)
            }
        }
        for segment in segments
        where segment.facts.level == .hour && segment.facts.start < to && segment.facts.end > from {
            if days.contains(StoreTime.start(of: segment.facts.start, StoreTime.day)) { continue }
            for summary in try read(segment, key)
            where summary.head.timeline.start < to && summary.head.timeline.end > from {
                found[summary.head.timeline.start] = summary
            }
        }
        for hour in head.series[key]?.hours ?? []
        where hour.start < to && hour.start + StoreTime.hour > from {
            found[hour.start] = ResultSummary(
                of: hour.results, start: hour.start, end: hour.start + StoreTime.hour)
        }
        return found.sorted { $0.key < $1.key }.map(\.value)
    }

    /// The last summary before an instant whose results may reach to it; a day back at most.
    func lead(
        of key: SeriesKey, before start: Int64
    ) throws(StoreFileError) -> ResultSummary? {
        var hour = StoreTime.start(of: start, StoreTime.hour)
        for _ in 0..<Self.leadHours {
            let found = try summaries(of: key, from: hour - StoreTime.hour, to: hour)
            if let last = found.last { return last }
            hour -= StoreTime.hour
        }
        return nil
    }

    private func read(
        _ segment: Segment, _ key: SeriesKey
    ) throws(StoreFileError) -> [ResultSummary] {
        let file = try files.open(segment.path)
        guard let payload = try segment.payload(of: key, in: file) else { return [] }
        return try segment.summaries(in: payload)
    }
}

extension StoreView.Report {
    /// A report of a window about which nothing is known yet.
    init(from: Int64, to: Int64) {
        self.init()
        availability.unknown = .milliseconds(to - from)
    }

    /// Counts what a summary says of the time behind it, until the next result.
    mutating func count(
        _ summary: ResultSummary.Head?, until next: Int64, from: Int64, to: Int64
    ) {
        guard let summary else { return }
        let start = max(from, summary.timeline.end)
        let end = min(to, summary.lastUntil, next)
        if start < end { availability.count(end - start, summary.lastState) }
    }

    /// Counts what a summary says of its own time.
    mutating func add(_ summary: ResultSummary.Head, from: Int64, to: Int64) {
        results += summary.results
        failures.merge(summary.failures) { $0 + $1 }
        lastSuccess = summary.lastSuccess ?? lastSuccess
        for (state, length) in summary.timeline.milliseconds(from: from, to: to) {
            availability.count(length, state)
        }
    }
}

extension Availability {
    /// Counts a state that was known.
    fileprivate mutating func count(_ milliseconds: Int64, _ state: ObservedState) {
        switch state {
        case .up: up += .milliseconds(milliseconds)
        case .down: down += .milliseconds(milliseconds)
        case .maintenance: maintenance += .milliseconds(milliseconds)
        case .unknown: return
        }
        unknown -= .milliseconds(milliseconds)
    }
}
