import HealthModel
public import Observing

/// Results that are made durable together.
///
/// A file names each series and label once, when it first needs it: so every file can be read by
/// itself.
public struct JournalBatch: Sendable, Hashable {
    /// Results in one batch.
    public static let resultsLimit = 65_536
    /// Series in one file.
    public static let seriesLimit = 1_000_000

    /// A result and the place of its series in the file.
    public struct Entry: Sendable, Hashable {
        /// The place of the series among those that the file has named.
        public var series: Int
        /// The result; its labels are places in those that the file named for the series.
        public var result: StoredResult

        /// Makes an entry.
        public init(series: Int, result: StoredResult) {
            self.series = series
            self.result = result
        }
    }

    /// A label and the place of its series.
    public struct Label: Sendable, Hashable {
        /// The place of the series.
        public var series: Int
        /// The text.
        public var text: String

        /// Makes a label.
        public init(series: Int, text: String) {
            self.series = series
            self.text = text
        }
    }

    /// Counts batches through all files, upwards.
    public var sequence: UInt64
    /// Series named here for the first time in this file.
    public var newSeries: [SeriesKey] = []
    /// Labels named here for the first time in this file; the first of a series has place 1.
    public var newLabels: [Label] = []
    /// The results.
    public var entries: [Entry] = []

    /// Makes an empty batch.
    public init(sequence: UInt64) { self.sequence = sequence }

    /// The batch as bytes.
    public func encoded() -> [UInt8] {
        precondition(entries.count <= Self.resultsLimit, "results in a batch")
        var writer = ByteWriter(capacity: 16 + entries.count * 40)
        writer.write(varint: sequence)
        writer.write(varint: UInt64(newSeries.count))
        for key in newSeries {
            writer.write(text: key.endpoint.text)
            writer.write(text: key.vantage.text)
        }
        writer.write(varint: UInt64(newLabels.count))
        for label in newLabels {
            writer.write(varint: UInt64(label.series))
            writer.write(text: label.text)
        }
        writer.write(varint: UInt64(entries.count))
        var before: Int64 = 0
        for entry in entries {
            let (record, values) = (entry.result.record, entry.result.columns)
            writer.write(varint: UInt64(entry.series))
            writer.write(signed: record.slot.milliseconds - before)
            before = record.slot.milliseconds
            writer.write(record.reason.flatMap { ReasonTable.codes[$0] } ?? 0)
            writer.write(varint: UInt64(record.status ?? 0))
            writer.write(UInt8(record.attempts))
            writer.write(varint: UInt64(entry.result.coverageMilliseconds))
            writer.write(varint: UInt64(entry.result.address))
            writer.write(varint: UInt64(entry.result.certificate))
            for place in values.indices { writer.write(signed: values[place]) }
        }
        return writer.bytes
    }

    /// Reads what `encoded()` made.
    ///
    /// - Parameters:
    ///   - bytes: All of the batch.
    ///   - reasons: What the codes of its file mean.
    /// - Throws: `StoreFormatError`.
    public init(
        decoding bytes: ArraySlice<UInt8>, reasons: ReasonTable = .current
    ) throws(StoreFormatError) {
        var reader = ByteReader(bytes)
        self.init(sequence: try reader.varint())
        for _ in 0..<(try reader.varint(upTo: Self.seriesLimit, "series")) {
            let endpoint = try reader.text(upTo: Limits.identifierBytes, "endpoint")
            let vantage = try reader.text(upTo: Limits.identifierBytes, "vantage")
            newSeries.append(
                SeriesKey(endpoint: EndpointID(endpoint), vantage: VantageID(vantage)))
        }
        for _ in 0..<(try reader.varint(upTo: Self.seriesLimit, "labels")) {
            let series = try reader.varint(upTo: Self.seriesLimit, "series of a label")
            let text = try reader.text(upTo: ResultChunk.labelBytes, "label")
            newLabels.append(Label(series: series, text: text))
        }
        let count = try reader.varint(upTo: Self.resultsLimit, "results")
        entries.reserveCapacity(min(count, reader.remaining / 15))
        var before: Int64 = 0
        for _ in 0..<count {
            let series = try reader.varint(upTo: Self.seriesLimit, "series")
            let slot = before &+ (try reader.signed())
            guard slot.magnitude < 1 << 53 else { throw .invalid("slot") }
            before = slot
            let reason = try reasons.reason(try reader.byte())
            let status = UInt16(try reader.varint(upTo: Int(UInt16.max), "status"))
            let attempts = try reader.byte()
            let coverage = UInt32(try reader.varint(upTo: Int(UInt32.max), "coverage"))
            let address = UInt16(try reader.varint(upTo: ResultChunk.labelsLimit, "address"))
            let leaf = UInt16(try reader.varint(upTo: ResultChunk.labelsLimit, "certificate"))
            var values = InlineArray<7, Int64>(repeating: 0)
            for place in values.indices {
                values[place] = try reader.signed()
                guard values[place].magnitude < 1 << 36 else { throw .invalid("duration") }
            }
            let record = ResultRecord(
                slot: Slot(milliseconds: slot), durations: values, status: status, reason: reason,
                attempts: attempts)
            entries.append(
                Entry(
                    series: series,
                    result: StoredResult(
                        record, coverageMilliseconds: coverage, address: address,
                        certificate: leaf)))
        }
        guard reader.remaining == 0 else { throw .invalid("end of a batch") }
    }
}

/// What can be read of one journal.
public struct JournalContents: Sendable {
    /// The batches, up to the first that is damaged.
    public private(set) var batches: [JournalBatch] = []
    /// Bytes from the first damaged one on; 0 for a journal that was ended in order.
    public private(set) var lostBytes = 0

    /// Reads the longest prefix that is whole.
    ///
    /// - Parameter bytes: The whole file.
    /// - Throws: `StoreFormatError.newer` for a file of a later program; every other damage counts
    ///   as lost bytes.
    public init(of bytes: [UInt8]) throws(StoreFormatError) {
        do throws(StoreFormatError) {
            try StoreFileHead.check(bytes[...], .journal)
        } catch {
            if case .newer = error { throw error }
            lostBytes = bytes.count
            return
        }
        var reader = ByteReader(bytes[StoreFileHead.bytes...])
        var left = reader.remaining
        do throws(StoreFormatError) {
            guard left > 0 else { return }
            var table = ByteReader(try StoreBlock.next(from: &reader))
            let reasons = try ReasonTable(from: &table)
            left = reader.remaining
            while left > 0 {
                let payload = try StoreBlock.next(from: &reader)
                let batch = try JournalBatch(decoding: payload, reasons: reasons)
                // What stands in the file twice counts once.
                if let last = batches.last, batch.sequence <= last.sequence {
                    throw .invalid("order of batches")
                }
                batches.append(batch)
                left = reader.remaining
            }
        } catch {
            lostBytes = left
        }
    }

    /// The beginning of a journal: its head and the table of reasons.
    public static func beginning() -> [UInt8] {
        var table = ByteWriter()
        ReasonTable.write(to: &table)
        return StoreFileHead.encoded(.journal) + StoreBlock.encoded(table.bytes)
    }
}
