public import HealthModel
public import Observing

/// What the hour and day levels keep of one series: counts by reason, the exact timeline of states
/// and a sketch of every phase.
public struct ResultSummary: Sendable, Hashable {
    /// Everything but the sketches.
    public struct Head: Sendable, Hashable {
        /// How many results there were.
        public internal(set) var results = 0
        /// How many failed with each reason; reasons that did not occur are absent.
        public internal(set) var failures: [Reason: Int] = [:]
        /// The slot of the last success; nil when there was none.
        public internal(set) var lastSuccess: Slot?
        /// The slot of the first result: until then what came before the time still counts.
        public internal(set) var first: Slot
        /// What the last result says.
        public internal(set) var lastState: ObservedState
        /// Until when it says so, in milliseconds since the epoch; may lie behind the end.
        public internal(set) var lastUntil: Int64
        /// The states.
        public internal(set) var timeline: StateTimeline
    }

    /// Everything but the sketches.
    public private(set) var head: Head
    /// How long the answered probes took, in the order of `Phase.allCases`.
    public private(set) var sketches: [DurationSketch]

    /// Sums up the results of a time.
    ///
    /// - Parameters:
    ///   - results: By slot, all within the time.
    ///   - start: Milliseconds since the epoch.
    ///   - end: Milliseconds since the epoch, after `start`.
    /// - Precondition: At least one result.
    public init(of results: [StoredResult], start: Int64, end: Int64) {
        precondition(!results.isEmpty, "a summary of nothing")
        head = Head(
            first: results[0].slot, lastState: results[results.count - 1].state,
            lastUntil: results[results.count - 1].coveredUntil,
            timeline: StateTimeline(of: results, start: start, end: end))
        sketches = Phase.allCases.map { _ in DurationSketch() }
        for result in results {
            let record = result.record
            head.results += 1
            if let reason = record.reason { head.failures[reason, default: 0] += 1 }
            if record.isSuccess { head.lastSuccess = record.slot }
            guard record.isAnswered else { continue }
            for (place, phase) in Phase.allCases.enumerated() {
                sketches[place].note(
                    microseconds: UInt32(clamping: record.microseconds(of: phase)))
            }
        }
    }

    /// Adds a summary of a later time.
    public mutating func append(_ later: ResultSummary) {
        head.append(later.head)
        for place in sketches.indices { sketches[place].merge(later.sketches[place]) }
    }

    /// The sketch of one phase.
    public func sketch(of phase: Phase) -> DurationSketch {
        sketches[Phase.allCases.firstIndex(of: phase) ?? 0]
    }

    /// Writes the summary; the sketch of the whole probe comes before those of its parts, because
    /// it is asked for most.
    public func write(to writer: inout ByteWriter) {
        head.write(to: &writer)
        for sketch in sketches.reversed() { sketch.write(to: &writer) }
    }

    /// Reads what `write(to:)` wrote.
    ///
    /// - Parameters:
    ///   - reader: Stands at the summary.
    ///   - reasons: What the codes of its file mean.
    /// - Throws: `StoreFormatError`.
    public init(
        from reader: inout ByteReader, reasons: ReasonTable = .current
    ) throws(StoreFormatError) {
        head = try Head(from: &reader, reasons: reasons)
        sketches = []
        for _ in Phase.allCases { sketches.append(try DurationSketch(from: &reader)) }
        sketches.reverse()
    }
}

extension ResultSummary.Head {
    /// How many sketches follow a head in a file: the whole probe, then its parts.
    public static let sketches = Phase.allCases.count

    /// Adds the head of a later time.
    public mutating func append(_ later: Self) {
        results += later.results
        failures.merge(later.failures) { $0 + $1 }
        lastSuccess = later.lastSuccess ?? lastSuccess
        let end = timeline.end
        timeline.append(later.timeline)
        timeline.fill(
            from: end, until: min(lastUntil, later.first.milliseconds), with: lastState)
        lastState = later.lastState
        lastUntil = later.lastUntil
    }

    func write(to writer: inout ByteWriter) {
        timeline.write(to: &writer)
        writer.write(varint: UInt64(results))
        writer.write(varint: UInt64(failures.count))
        for (reason, count) in failures.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            writer.write(ReasonTable.codes[reason] ?? 0)
            writer.write(varint: UInt64(count))
        }
        writer.write(signed: first.milliseconds - timeline.start)
        writer.write(signed: lastUntil - timeline.start)
        writer.write(lastState.rawValue)
        writer.write(signed: lastSuccess.map { $0.milliseconds - timeline.start + 1 } ?? 0)
    }

    /// Reads a head; the sketches follow.
    ///
    /// - Parameters:
    ///   - reader: Stands at the summary.
    ///   - reasons: What the codes of its file mean.
    /// - Throws: `StoreFormatError`.
    public init(
        from reader: inout ByteReader, reasons: ReasonTable
    ) throws(StoreFormatError) {
        let timeline = try StateTimeline(from: &reader)
        let results = try reader.varint(upTo: Int(UInt32.max), "results")
        var failures: [Reason: Int] = [:]
        for _ in 0..<(try reader.varint(upTo: ReasonTable.limit, "reasons")) {
            // Twice would add up to more than can be written again.
            guard let reason = try reasons.reason(try reader.byte()), failures[reason] == nil else {
                throw .invalid("reason")
            }
            failures[reason] = try reader.varint(upTo: Int(UInt32.max), "failures")
        }
        let (slot, until) = (try reader.signed(), try reader.signed())
        guard (0..<timeline.end - timeline.start).contains(slot), until.magnitude < 1 << 53,
            let state = ObservedState(rawValue: try reader.byte())
        else { throw .invalid("last state") }
        let distance = try reader.signed()
        guard (0...timeline.end - timeline.start).contains(distance) else {
            throw .invalid("last success")
        }
        self.init(
            results: results, failures: failures,
            lastSuccess: distance > 0
                ? Slot(milliseconds: timeline.start + distance - 1) : nil,
            first: Slot(milliseconds: timeline.start + slot), lastState: state,
            lastUntil: timeline.start + until, timeline: timeline)
    }
}
