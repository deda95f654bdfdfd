import HealthModel
import Observing
import ResultFormat

/// Makes the three files of a day of those of its hours, one series after another, so that memory
/// does not grow with their number.
struct DayMaker {
    private let day: Int64
    private let parts: [Segment]
    private let directory: String
    private let files: any StoreFiles

    /// A part, open, and how far it has been read.
    private struct Source {
        let segment: Segment
        let file: any StoreReading
        let entries: [SegmentLayout.Entry]
        var place = 0
        var hash: UInt64? { place < entries.count ? entries[place].hash : nil }
    }

    init(day: Int64, parts: [Segment], directory: String, files: any StoreFiles) {
        self.day = day
        self.parts = parts
        self.directory = directory
        self.files = files
    }

    func make() throws(StoreFileError) -> [Segment] {
        var sources: [Source] = []
        for part in parts where part.facts.level != .day {
            let file = try files.open(part.path)
            sources.append(
                Source(segment: part, file: file, entries: try part.entries(in: file)))
        }
        let through = parts.map(\.facts.sealedThrough).max() ?? 0
        var writers: [SegmentWriter] = []
        for level in [SegmentLayout.Level.raw, .hour, .day] {
            writers.append(
                try SegmentWriter(
                    .init(
                        level: level, start: day, end: day + StoreTime.day,
                        sealedThrough: through),
                    directory: directory, files: files))
        }
        while let hash = sources.compactMap(\.hash).min() {
            try add(next(hash, of: &sources), to: &writers)
        }
        var merged: [Segment] = []
        for place in writers.indices { merged.append(try writers[place].finish()) }
        return merged
    }

    /// What all parts have of the series with a hash; nearly always it is one.
    private func next(
        _ hash: UInt64, of sources: inout [Source]
    ) throws(StoreFileError) -> [SeriesKey: Series] {
        var series: [SeriesKey: Series] = [:]
        for place in sources.indices {
            while sources[place].hash == hash {
                let source = sources[place]
                let block = try source.segment.block(
                    source.entries[source.place], in: source.file)
                try series[block.key, default: Series()].take(block.payload, of: source.segment)
                sources[place].place += 1
            }
        }
        return series
    }

    private func add(
        _ series: [SeriesKey: Series], to writers: inout [SegmentWriter]
    ) throws(StoreFileError) {
        for (key, one) in series {
            if !one.chunk.results.isEmpty {
                try writers[0].add(key, one.chunk.usingFewestLabels.encoded())
            }
            let hours = one.hours.values.sorted { $0.head.timeline.start < $1.head.timeline.start }
            guard var day = hours.first else { continue }
            var writer = ByteWriter()
            writer.write(varint: UInt64(hours.count))
            for hour in hours { hour.write(to: &writer) }
            try writers[1].add(key, writer.bytes)
            for hour in hours.dropFirst() { day.append(hour) }
            var dayWriter = ByteWriter()
            dayWriter.write(varint: 1)
            day.write(to: &dayWriter)
            try writers[2].add(key, dayWriter.bytes)
        }
    }

    /// What was found of one series so far; parts come in the order of what they know.
    private struct Series {
        var chunk = ResultChunk(results: [])
        var hours: [Int64: ResultSummary] = [:]

        mutating func take(
            _ payload: ArraySlice<UInt8>, of segment: Segment
        ) throws(StoreFileError) {
            if segment.facts.level == .raw {
                chunk.merge(try segment.results(in: payload))
            } else {
                for summary in try segment.summaries(in: payload) {
                    hours[summary.head.timeline.start] = summary
                }
            }
        }
    }
}

extension ResultSummary {
    /// Summaries in one block: the hours of a day.
    static let blockLimit = 24

    /// The summaries of a block, in order.
    static func all(
        in payload: ArraySlice<UInt8>, reasons: ReasonTable
    ) throws(StoreFormatError) -> [ResultSummary] {
        var reader = ByteReader(payload)
        var summaries: [ResultSummary] = []
        for _ in 0..<(try reader.varint(upTo: blockLimit, "number of summaries")) {
            summaries.append(try ResultSummary(from: &reader, reasons: reasons))
        }
        return summaries
    }
}
