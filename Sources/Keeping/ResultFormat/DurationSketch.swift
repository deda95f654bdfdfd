public import Observing

/// How often each bucket of durations occurred: quantiles of any window by adding, each within
/// `DurationBuckets.relativeError` of the exact one.
public struct DurationSketch: Sendable, Hashable {
    /// How many durations.
    public private(set) var total: UInt64 = 0
    private var first = 0
    /// From bucket `first` on; the ends are not zero.
    private var counts: [UInt32] = []

    /// Makes an empty sketch.
    public init() {}

    /// Takes one duration.
    public mutating func note(microseconds: UInt32) {
        add(1, at: DurationBuckets.index(ofMicroseconds: microseconds))
    }

    /// Adds all of another sketch.
    public mutating func merge(_ other: DurationSketch) {
        guard let last = other.counts.indices.last else { return }
        reach(other.first)
        reach(other.first + last)
        let shift = other.first - first
        for place in other.counts.indices {
            counts[place + shift] = counts[place + shift].addingClamped(other.counts[place])
        }
        total += other.total
    }

    /// A quantile by nearest rank, as the middle of its bucket; nil when the sketch is empty.
    ///
    /// - Parameter quantile: 0 to 1; values outside count as the nearest end.
    /// - Returns: The value and how many it was taken from.
    public func quantile(_ quantile: Double) -> Quantile? {
        guard total > 0 else { return nil }
        let exact = min(1, max(0, quantile)) * Double(total)
        let whole = UInt64(exact)
        var rank = max(1, Double(whole) < exact ? whole + 1 : whole)
        for place in counts.indices {
            guard rank > UInt64(counts[place]) else {
                let value = DurationBuckets.middle(first + place)
                return Quantile(microseconds: Int64(value), count: Int(total))
            }
            rank -= UInt64(counts[place])
        }
        return nil
    }

    /// Writes the counts; a run of zeros is a zero and its length.
    public func write(to writer: inout ByteWriter) {
        writer.write(varint: UInt64(counts.count))
        guard !counts.isEmpty else { return }
        writer.write(varint: UInt64(first))
        var place = 0
        while place < counts.count {
            writer.write(varint: UInt64(counts[place]))
            if counts[place] == 0 {
                let end = counts[place...].firstIndex { $0 != 0 } ?? counts.count
                writer.write(varint: UInt64(end - place - 1))
                place = end
            } else {
                place += 1
            }
        }
    }

    /// Reads what `write(to:)` wrote.
    ///
    /// - Parameter reader: Stands at the sketch.
    /// - Throws: `StoreFormatError`.
    public init(from reader: inout ByteReader) throws(StoreFormatError) {
        self.init()
        try add(from: &reader)
    }

    /// Adds a written sketch without making one of its own.
    ///
    /// - Parameter reader: Stands at the sketch.
    /// - Throws: `StoreFormatError`.
    public mutating func add(from reader: inout ByteReader) throws(StoreFormatError) {
        let width = try reader.varint(upTo: DurationBuckets.count, "buckets")
        guard width > 0 else { return }
        let start = try reader.varint(upTo: DurationBuckets.count - width, "first bucket")
        reach(start)
        reach(start + width - 1)
        var place = start - first
        let end = place + width
        while place < end {
            let count = try reader.varint(upTo: Int(UInt32.max), "count")
            if count > 0 {
                counts[place] = counts[place].addingClamped(UInt32(count))
                total += UInt64(count)
                place += 1
            } else {
                place += 1 + (try reader.varint(upTo: end - place - 1, "run of zeros"))
            }
        }
    }

    /// Passes a written sketch by.
    ///
    /// - Parameter reader: Stands at the sketch; afterwards behind it.
    /// - Throws: `StoreFormatError`.
    public static func skip(_ reader: inout ByteReader) throws(StoreFormatError) {
        let width = try reader.varint(upTo: DurationBuckets.count, "buckets")
        guard width > 0 else { return }
        _ = try reader.varint(upTo: DurationBuckets.count - width, "first bucket")
        var place = 0
        while place < width {
            place += 1
            if try reader.varint() == 0 {
                place += try reader.varint(upTo: width - place, "run of zeros")
            }
        }
    }

    private mutating func add(_ count: UInt32, at bucket: Int) {
        reach(bucket)
        counts[bucket - first] = counts[bucket - first].addingClamped(count)
        total += UInt64(count)
    }

    /// Makes room for a bucket.
    private mutating func reach(_ bucket: Int) {
        if counts.isEmpty {
            first = bucket
            counts = [0]
        } else if bucket < first {
            counts.insert(contentsOf: repeatElement(0, count: first - bucket), at: 0)
            first = bucket
        } else if bucket - first >= counts.count {
            counts.append(contentsOf: repeatElement(0, count: bucket - first - counts.count + 1))
        }
    }
}

extension UInt32 {
    /// The sum, or the largest number.
    fileprivate func addingClamped(_ other: UInt32) -> UInt32 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
