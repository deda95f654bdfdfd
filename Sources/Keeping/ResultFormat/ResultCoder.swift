import HealthModel
import Observing

/// What encoder and decoder of a chunk both know before the next result.
struct ResultCoder {
    private let columns: UInt8
    private let isExact: Bool
    private let step: Int64
    private var slot: Int64
    private var code: UInt8 = 0
    private var status: UInt16 = 0
    private var attempts: UInt8 = 1
    private var coverage: UInt32 = 0
    private var address: UInt16 = 0
    private var certificate: UInt16 = 0
    private var wasUsual = 1
    private var usual = [AdaptiveBit](repeating: AdaptiveBit(), count: 2)
    private var changed = [AdaptiveBit](repeating: AdaptiveBit(), count: 7)
    private var changes = (0..<7).map { _ in NumberModel(magnitudeBits: 56) }
    private var lateness = NumberModel(magnitudeBits: 32)
    private var remainder = NumberModel(magnitudeBits: 36)
    private var isRemainderNegative = AdaptiveBit()
    private var isFirst = true
    /// Per phase, first for results without an answer, then for those with one.
    private var phases = (0..<12).map { _ in PhaseModel() }

    init(columns: UInt8, isExact: Bool, firstSlot: Int64, step: Int) {
        self.columns = columns
        self.isExact = isExact
        self.step = Int64(step)
        slot = firstSlot - Int64(step)
    }

    mutating func encode(_ result: StoredResult, to encoder: inout RangeEncoder) {
        let record = result.record
        let next = record.reason.flatMap { ReasonTable.codes[$0] } ?? 0
        let distances: InlineArray<7, Int64> = [
            record.slot.milliseconds - slot - step, Int64(next) - Int64(code),
            Int64(record.status ?? 0) - Int64(status), Int64(record.attempts) - Int64(attempts),
            Int64(result.coverageMilliseconds) - Int64(coverage),
            Int64(result.address) - Int64(address),
            Int64(result.certificate) - Int64(certificate),
        ]
        var isUsual = true
        for place in distances.indices where distances[place] != 0 { isUsual = false }
        encoder.encode(!isUsual, &usual[wasUsual])
        if !isUsual {
            for place in distances.indices {
                encoder.encode(distances[place] != 0, &changed[place])
                guard distances[place] != 0 else { continue }
                changes[place].encode(distances[place], to: &encoder)
            }
        }
        slot = record.slot.milliseconds
        code = next
        status = UInt16(record.status ?? 0)
        attempts = UInt8(record.attempts)
        coverage = result.coverageMilliseconds
        address = result.address
        certificate = result.certificate
        wasUsual = isUsual ? 1 : 0
        encodeDurations(of: result, to: &encoder)
    }

    mutating func decode(
        from decoder: inout RangeDecoder, reasons: ReasonTable, labels: Int
    ) throws(StoreFormatError) -> StoredResult {
        let isUsual = !decoder.decode(&usual[wasUsual])
        var distances = InlineArray<7, Int64>(repeating: 0)
        if !isUsual {
            for place in distances.indices where decoder.decode(&changed[place]) {
                distances[place] = changes[place].decode(from: &decoder)
            }
        }
        let before = slot
        slot = slot &+ step &+ distances[0]
        guard slot > before || isFirst, slot.magnitude < 1 << 53 else { throw .invalid("slot") }
        isFirst = false
        code = try Self.sum(code, distances[1], "reason")
        status = try Self.sum(status, distances[2], "status")
        attempts = try Self.sum(attempts, distances[3], "attempts")
        coverage = try Self.sum(coverage, distances[4], "coverage")
        address = try Self.sum(address, distances[5], "address")
        certificate = try Self.sum(certificate, distances[6], "certificate")
        guard address < labels, certificate < labels else { throw .invalid("label") }
        wasUsual = isUsual ? 1 : 0
        let reason = try reasons.reason(code)
        let durations = decodeDurations(isAnswered: isAnswered(reason), from: &decoder)
        let record = ResultRecord(
            slot: Slot(milliseconds: slot), durations: durations, status: status, reason: reason,
            attempts: attempts)
        return StoredResult(
            record, coverageMilliseconds: coverage, address: address, certificate: certificate)
    }

    private func isAnswered(_ reason: Reason?) -> Bool { reason == nil || reason?.meaning == .slow }

    private static func sum<Number: FixedWidthInteger>(
        _ value: Number, _ distance: Int64, _ what: String
    ) throws(StoreFormatError) -> Number {
        guard let sum = Number(exactly: Int64(value) + distance) else { throw .invalid(what) }
        return sum
    }

    private mutating func encodeDurations(
        of result: StoredResult, to encoder: inout RangeEncoder
    ) {
        let values = result.columns
        let models = result.record.isAnswered ? 6 : 0
        if columns & 1 != 0 { lateness.encode(values[0], to: &encoder) }
        for place in 1...5 where columns & 1 << UInt8(place) != 0 {
            phases[models + place].encode(
                UInt32(clamping: values[place]), isExact: isExact, to: &encoder)
        }
        guard columns & 1 << 6 != 0 else { return }
        // Never below zero but for clocks that were clamped; the sign says which model it takes.
        encoder.encode(values[6] < 0, &isRemainderNegative)
        if values[6] < 0 {
            remainder.encode(values[6], to: &encoder)
        } else {
            phases[models].encode(
                UInt32(clamping: values[6]), isExact: isExact, to: &encoder)
        }
    }

    private mutating func decodeDurations(
        isAnswered: Bool, from decoder: inout RangeDecoder
    ) -> InlineArray<7, Int64> {
        var values = InlineArray<7, Int64>(repeating: 0)
        let models = isAnswered ? 6 : 0
        if columns & 1 != 0 { values[0] = lateness.decode(from: &decoder) }
        for place in 1...5 where columns & 1 << UInt8(place) != 0 {
            values[place] = Int64(phases[models + place].decode(isExact: isExact, from: &decoder))
        }
        guard columns & 1 << 6 != 0 else { return values }
        if decoder.decode(&isRemainderNegative) {
            values[6] = remainder.decode(from: &decoder)
        } else {
            values[6] = Int64(phases[models].decode(isExact: isExact, from: &decoder))
        }
        return values
    }
}

/// What is learned of one phase.
private struct PhaseModel {
    private var distances = NumberModel(magnitudeBits: 11)
    /// The running mean of the buckets, in 256ths.
    private var mean: Int64 = 0
    private var seen: Int64 = 0

    mutating func encode(_ value: UInt32, isExact: Bool, to encoder: inout RangeEncoder) {
        let bucket = DurationBuckets.index(ofMicroseconds: value)
        distances.encode(Int64(bucket) - ((mean + 128) >> 8), to: &encoder)
        follow(bucket)
        guard isExact else { return }
        let bits = DurationBuckets.residualBits(bucket)
        encoder.encodeDirect(UInt64(value - DurationBuckets.lowest(bucket)), count: bits)
    }

    mutating func decode(isExact: Bool, from decoder: inout RangeDecoder) -> UInt32 {
        let distance = distances.decode(from: &decoder)
        let bucket = Int(
            min(max(0, ((mean + 128) >> 8) + distance), Int64(DurationBuckets.count - 1)))
        follow(bucket)
        guard isExact else { return DurationBuckets.middle(bucket) }
        let bits = DurationBuckets.residualBits(bucket)
        return DurationBuckets.lowest(bucket) + UInt32(decoder.decodeDirect(count: bits))
    }

    /// Moves the mean: all the way at first, at last a 16th of the way.
    private mutating func follow(_ bucket: Int) {
        seen = min(seen + 1, 16)
        mean += ((Int64(bucket) << 8) - mean) / seen
    }
}
