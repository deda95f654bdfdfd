import HealthModel
public import Observing

/// The results of one series over a time, one column after the other in thought, one bit stream in
/// fact: docs/formats/results.md draws it.
///
/// What is as expected (the next slot, the same outcome, status, address and certificate) costs one
/// learned bit for all of it. A duration is coded as the distance of its bucket from a running mean
/// of the buckets before it, then its place in the bucket.
public struct ResultChunk: Sendable, Hashable {
    /// Results of one hour: one every 0.67 s.
    public static let hourResultsLimit = 5400
    /// Results in one chunk, a day at most.
    public static let resultsLimit = 24 * hourResultsLimit
    /// Addresses and certificates named in one chunk.
    public static let labelsLimit = 255
    /// Bytes of one label: a fingerprint in hexadecimal has 64.
    public static let labelBytes = 128

    /// How durations are kept.
    public enum Precision: UInt8, Sendable, Hashable {
        /// To the microsecond.
        case exact = 0
        /// To `DurationBuckets.relativeError`, each phase by itself.
        case rounded = 1
    }

    /// The results, the earliest slot first, each slot once.
    public var results: [StoredResult]
    /// What the places in `results` mean; place 0 is the empty text.
    public var labels: [String]

    /// Makes a chunk.
    public init(results: [StoredResult], labels: [String] = [""]) {
        self.results = results
        self.labels = labels
    }

    /// The chunk as bytes.
    ///
    /// - Parameter precision: How durations are kept.
    /// - Returns: What `init(decoding:reasons:)` reads.
    /// - Precondition: 1 to `resultsLimit` results, slots strictly ascending, labels within limits.
    public func encoded(_ precision: Precision = .exact) -> [UInt8] {
        precondition((1...Self.resultsLimit).contains(results.count), "results in a chunk")
        precondition(labels.count <= Self.labelsLimit + 1, "labels in a chunk")
        var writer = ByteWriter(capacity: 32 + results.count * 10)
        let step = commonStep
        var columns: UInt8 = 0
        for result in results {
            let values = result.columns
            for place in values.indices where values[place] != 0 { columns |= 1 << UInt8(place) }
        }
        writer.write(varint: UInt64(results.count))
        writer.write(precision.rawValue)
        writer.write(columns)
        writer.write(signed: results[0].slot.milliseconds)
        writer.write(varint: UInt64(step))
        writer.write(varint: UInt64(labels.count))
        for label in labels { writer.write(text: label) }
        var coder = ResultCoder(
            columns: columns, isExact: precision == .exact,
            firstSlot: results[0].slot.milliseconds, step: step)
        var encoder = RangeEncoder()
        for result in results { coder.encode(result, to: &encoder) }
        writer.write(encoder.finish())
        return writer.bytes
    }

    /// Reads a chunk; bytes that are none cost at most `resultsLimit` results of time and memory.
    ///
    /// - Parameters:
    ///   - bytes: All of the chunk.
    ///   - reasons: What the codes of its file mean.
    /// - Throws: `StoreFormatError`.
    public init(
        decoding bytes: ArraySlice<UInt8>, reasons: ReasonTable = .current
    ) throws(StoreFormatError) {
        var reader = ByteReader(bytes)
        let count = try reader.varint(upTo: Self.resultsLimit, "number of results")
        guard count > 0 else { throw .invalid("number of results") }
        guard let precision = Precision(rawValue: try reader.byte()) else {
            throw .invalid("precision")
        }
        let columns = try reader.byte()
        guard columns < 1 << 7 else { throw .invalid("columns") }
        let first = try reader.signed()
        let step = try reader.varint(upTo: Int(Int32.max), "interval")
        guard first.magnitude < 1 << 53 else { throw .invalid("slot") }
        let labelCount = try reader.varint(upTo: Self.labelsLimit + 1, "number of labels")
        labels = []
        for _ in 0..<labelCount {
            labels.append(try reader.text(upTo: Self.labelBytes, "label"))
        }
        var coder = ResultCoder(
            columns: columns, isExact: precision == .exact, firstSlot: first, step: step)
        var decoder = RangeDecoder(reader.rest)
        results = []
        results.reserveCapacity(count)
        for _ in 0..<count {
            let result = try coder.decode(
                from: &decoder, reasons: reasons, labels: max(1, labelCount))
            results.append(result)
        }
    }

    /// The distance between slots that occurs most, in milliseconds; by a majority vote, which
    /// finds it whenever it makes up more than half.
    private var commonStep: Int {
        var candidate = 0
        var votes = 0
        for place in results.indices.dropFirst() {
            let step = Int(
                clamping: results[place].slot.milliseconds - results[place - 1].slot.milliseconds)
            if votes == 0 { candidate = step }
            votes += candidate == step ? 1 : -1
        }
        return min(candidate, Int(Int32.max))
    }
}

extension StoredResult {
    /// Lateness in milliseconds, five phases, and what the whole has more than they; in
    /// microseconds.
    var columns: InlineArray<7, Int64> {
        let phases = record.phases
        let parts =
            phases.resolveMicroseconds + phases.connectMicroseconds + phases.tlsMicroseconds
            + phases.processingMicroseconds + phases.transferMicroseconds
        return [
            record.latenessMicroseconds / 1000, phases.resolveMicroseconds,
            phases.connectMicroseconds, phases.tlsMicroseconds, phases.processingMicroseconds,
            phases.transferMicroseconds, phases.totalMicroseconds - parts,
        ]
    }
}
