public import HealthModel
public import Observing
public import ResultFormat

extension StoreView {
    /// A state and how long it lasted without a break.
    public struct StateInterval: Sendable, Hashable {
        /// What was seen.
        public var state: ObservedState
        /// When it began, or the start of the window.
        public var from: Timestamp
        /// When it ended, or the end of the window.
        public var to: Timestamp
    }

    /// One place of a plot.
    public struct PlotPoint: Sendable, Hashable {
        /// The start of its time.
        public var from: Timestamp
        /// Results in it.
        public var results = 0
        /// How many of them failed.
        public var failures = 0
        /// How long the answered ones took.
        public var sketch = DurationSketch()
    }

    /// Points of a plot at most.
    public static let plotPointsLimit = 2000
    /// A point this long is made of summaries, a shorter one of results.
    private static let summaryPointMilliseconds = StoreTime.hour

    /// The states of a window, exact to the millisecond, in order and without gaps.
    ///
    /// - Parameters:
    ///   - key: The endpoint and vantage.
    ///   - from: The start of the window.
    ///   - to: The end of the window; not after `from` means an empty window.
    ///   - announced: Times of maintenance, in order and apart, whatever was measured in them.
    /// - Returns: Neighbours differ; what is not known is `unknown`.
    /// - Throws: `StoreFileError`.
    public func states(
        of key: SeriesKey, from: Timestamp, to: Timestamp, announced: [Range<Timestamp>] = []
    ) throws(StoreFileError) -> [StateInterval] {
        let measured = try measuredStates(of: key, from: from, to: to)
        return announced.isEmpty ? measured : Self.states(measured, announced: announced)
    }

    /// States with times of maintenance laid over them.
    private static func states(
        _ measured: [StateInterval], announced: [Range<Timestamp>]
    ) -> [StateInterval] {
        var states: [StateInterval] = []
        func add(_ state: ObservedState, _ from: Timestamp, _ to: Timestamp) {
            guard from < to else { return }
            if states.last?.state == state {
                states[states.count - 1].to = to
            } else {
                states.append(StateInterval(state: state, from: from, to: to))
            }
        }
        var next = announced[...]
        for one in measured {
            var at = one.from
            while let window = next.first, window.lowerBound < one.to {
                add(one.state, at, window.lowerBound)
                add(.maintenance, max(at, window.lowerBound), min(window.upperBound, one.to))
                at = max(at, min(window.upperBound, one.to))
                guard window.upperBound <= one.to else { break }
                next.removeFirst()
            }
            add(one.state, at, one.to)
        }
        return states
    }

    /// The states as they were measured.
    private func measuredStates(
        of key: SeriesKey, from: Timestamp, to: Timestamp
    ) throws(StoreFileError) -> [StateInterval] {
        guard from < to else { return [] }
        let (start, end) = (from.milliseconds, to.milliseconds)
        var head = try lead(of: key, before: start)?.head
        for summary in try summaries(of: key, from: start, to: end) {
            if head == nil { head = summary.head } else { head?.append(summary.head) }
        }
        var changes = head?.timeline.changes ?? []
        if let head, head.timeline.end < end {
            changes.append(.init(milliseconds: head.timeline.end, state: head.lastState))
            changes.append(
                .init(milliseconds: max(head.lastUntil, head.timeline.end), state: .unknown))
        }
        var intervals = [StateInterval(state: .unknown, from: from, to: to)]
        for change in changes where change.milliseconds < end {
            let at = Timestamp(milliseconds: max(start, change.milliseconds))
            var last = intervals.removeLast()
            last.to = at
            if last.from < at { intervals.append(last) }
            if intervals.last?.state == change.state {
                intervals[intervals.count - 1].to = to
            } else {
                intervals.append(StateInterval(state: change.state, from: at, to: to))
            }
        }
        return intervals
    }

    /// How long each state of a window lasted, with time under announced maintenance apart.
    ///
    /// The parameters are those of `states`; the times add up to the length of the window.
    func availability(
        of key: SeriesKey, from: Timestamp, to: Timestamp, announced: [Range<Timestamp>]
    ) throws(StoreFileError) -> Availability {
        var availability = Availability()
        for one in try states(of: key, from: from, to: to, announced: announced) {
            let length = one.to - one.from
            switch one.state {
            case .up: availability.up += length
            case .down: availability.down += length
            case .maintenance: availability.maintenance += length
            case .unknown: availability.unknown += length
            }
        }
        return availability
    }

    /// A window in equal parts, for a plot.
    ///
    /// Parts shorter than an hour are made of results, of which there must still be some; longer
    /// ones of summaries, which belong to the part in which they begin.
    ///
    /// - Parameters:
    ///   - key: The endpoint and vantage.
    ///   - from: The start of the window.
    ///   - to: The end of the window, after `from`.
    ///   - points: How many parts; 1 to `plotPointsLimit`.
    /// - Returns: As many points.
    /// - Throws: `StoreFileError`.
    public func plot(
        of key: SeriesKey, from: Timestamp, to: Timestamp, points: Int
    ) throws(StoreFileError) -> [PlotPoint] {
        precondition((1...Self.plotPointsLimit).contains(points) && from < to, "a plot")
        let (start, length) = (from.milliseconds, to.milliseconds - from.milliseconds)
        var plot = (0..<points).map { place in
            PlotPoint(from: Timestamp(milliseconds: start + length * Int64(place) / Int64(points)))
        }
        func place(of milliseconds: Int64) -> Int {
            min(points - 1, max(0, Int((milliseconds - start) * Int64(points) / length)))
        }
        let pointLength = length / Int64(points)
        if pointLength < Self.summaryPointMilliseconds {
            for result in try results(of: key, from: from, to: to).results {
                let record = result.record
                let at = place(of: result.slot.milliseconds)
                plot[at].results += 1
                if record.reason != nil { plot[at].failures += 1 }
                guard record.isAnswered else { continue }
                plot[at].sketch.note(
                    microseconds: UInt32(clamping: record.phases.totalMicroseconds))
            }
        } else {
            let found = try summaries(
                of: key, from: start, to: to.milliseconds, usingDays: pointLength >= StoreTime.day)
            for summary in found {
                let at = place(of: summary.head.timeline.start)
                plot[at].results += summary.head.results
                plot[at].failures += summary.head.failures.values.reduce(0, +)
                plot[at].sketch.merge(summary.sketch(of: .total))
            }
        }
        return plot
    }
}
