import HealthModel
public import Observing

/// The exact states of one series over a time: each result counts from its slot until the next
/// one, or until its coverage ends.
public struct StateTimeline: Sendable, Hashable {
    /// A state and when it began.
    public struct Change: Sendable, Hashable {
        /// Milliseconds since the epoch.
        public var milliseconds: Int64
        /// The state from then on.
        public var state: ObservedState

        /// Makes a change.
        public init(milliseconds: Int64, state: ObservedState) {
            self.milliseconds = milliseconds
            self.state = state
        }
    }

    /// Changes in one written timeline: one a slot of a day at one second.
    public static let changesLimit = 200_000

    /// The start in milliseconds since the epoch.
    public let start: Int64
    /// The end, which is not part of it.
    public private(set) var end: Int64
    /// The first is at `start`; neighbours differ.
    public private(set) var changes: [Change]

    /// Makes a timeline of which nothing is known.
    ///
    /// - Precondition: `start` is before `end`.
    public init(start: Int64, end: Int64) {
        precondition(start < end, "an empty timeline")
        self.start = start
        self.end = end
        changes = [Change(milliseconds: start, state: .unknown)]
    }

    /// Works out the states between `start` and `end`.
    ///
    /// - Parameters:
    ///   - results: By slot; those outside the time count only where they reach into it.
    ///   - start: Milliseconds since the epoch.
    ///   - end: Milliseconds since the epoch, after `start`.
    public init(of results: some Sequence<StoredResult>, start: Int64, end: Int64) {
        self.init(start: start, end: end)
        changes = []
        var known = start
        var previous: StoredResult?
        for result in results {
            if let previous { count(previous, until: result.slot.milliseconds, from: &known) }
            previous = result
        }
        if let previous { count(previous, until: end, from: &known) }
        if known < end { note(.unknown, at: known) }
    }

    /// Appends a later timeline; what lies between is unknown.
    ///
    /// - Precondition: `later` begins at or after the end.
    public mutating func append(_ later: StateTimeline) {
        precondition(later.start >= end, "timelines in order")
        if later.start > end { note(.unknown, at: end) }
        for change in later.changes { note(change.state, at: change.milliseconds) }
        end = later.end
    }

    /// Says what is known of a part about which nothing was.
    mutating func fill(from: Int64, until: Int64, with state: ObservedState) {
        guard from < min(until, end), state != .unknown else { return }
        let before = changes.filter { $0.milliseconds < from }
        let after = changes.filter { $0.milliseconds >= until }
        let next = changes.last { $0.milliseconds <= until }?.state ?? .unknown
        changes = before
        note(state, at: from)
        if until < end { note(next, at: until) }
        for change in after { note(change.state, at: change.milliseconds) }
    }

    /// How long each state lasted within a window, in milliseconds.
    ///
    /// What lies outside the timeline is not counted.
    public func milliseconds(from: Int64, to: Int64) -> [ObservedState: Int64] {
        var sums: [ObservedState: Int64] = [:]
        for place in changes.indices {
            let until = place + 1 < changes.count ? changes[place + 1].milliseconds : end
            let length = min(until, to) - max(changes[place].milliseconds, from)
            if length > 0 { sums[changes[place].state, default: 0] += length }
        }
        return sums
    }

    private mutating func note(_ state: ObservedState, at milliseconds: Int64) {
        guard changes.last?.state != state else { return }
        changes.append(Change(milliseconds: milliseconds, state: state))
    }

    /// Counts `result` until the next slot; `known` is how far the timeline has been worked out.
    private mutating func count(_ result: StoredResult, until next: Int64, from known: inout Int64)
    {
        let from = max(start, result.slot.milliseconds)
        let until = min(end, next, result.coveredUntil)
        guard from < until else { return }
        if known < from { note(.unknown, at: known) }
        note(result.state, at: from)
        known = until
    }

    /// Writes the timeline; times as distances.
    public func write(to writer: inout ByteWriter) {
        writer.write(signed: start)
        writer.write(varint: UInt64(end - start))
        writer.write(varint: UInt64(changes.count))
        var before = start
        for change in changes {
            writer.write(
                varint: UInt64(change.milliseconds - before) << 2 | UInt64(change.state.rawValue))
            before = change.milliseconds
        }
    }

    /// Reads what `write(to:)` wrote.
    ///
    /// - Parameter reader: Stands at the timeline.
    /// - Throws: `StoreFormatError`.
    public init(from reader: inout ByteReader) throws(StoreFormatError) {
        start = try reader.signed()
        guard start.magnitude < 1 << 53 else { throw .invalid("start") }
        end = start + Int64(try reader.varint(upTo: 1 << 42, "length"))
        let count = try reader.varint(upTo: Self.changesLimit, "number of changes")
        guard start < end, count > 0 else { throw .invalid("timeline") }
        changes = []
        var instant = start
        for place in 0..<count {
            let packed = try reader.varint(upTo: 1 << 44, "change")
            instant += Int64(packed >> 2)
            guard let state = ObservedState(rawValue: UInt8(packed & 3)), instant < end,
                (packed >> 2 == 0) == (place == 0), changes.last?.state != state
            else { throw .invalid("change") }
            changes.append(Change(milliseconds: instant, state: state))
        }
    }
}
