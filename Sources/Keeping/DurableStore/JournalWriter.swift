import HealthModel
import Observing
import ResultFormat

/// Writes one journal.
struct JournalWriter: Sendable {
    /// Bytes after which the next journal begins.
    static let bytesLimit = 64 * 1024 * 1024

    let name: String
    private(set) var bytes: Int
    /// The hours of which there are results in it.
    private(set) var hours: Set<Int64> = []
    private let file: any StoreWriting
    private var places: [SeriesKey: Int] = [:]
    private var labels: [[String: UInt16]] = []

    /// A result that waits to be written.
    struct Waiting: Sendable {
        var key: SeriesKey
        var result: StoredResult
        var address: String
        var certificate: String
    }

    init(
        firstSequence: UInt64, directory: String, files: any StoreFiles
    ) throws(StoreFileError) {
        name = StoreNames.journal(firstSequence)
        file = try files.create("\(directory)/\(name)", replacing: false)
        let beginning = JournalContents.beginning()
        try file.write(beginning)
        try files.syncDirectory(directory)
        bytes = beginning.count
    }

    /// Writes results and returns when they are durable.
    ///
    /// After an error the journal must be left alone: what is in it behind the last success is
    /// unknown.
    mutating func write(
        _ waiting: some Collection<Waiting>, sequence: UInt64
    ) throws(StoreFileError) {
        var batch = JournalBatch(sequence: sequence)
        batch.entries.reserveCapacity(waiting.count)
        for one in waiting {
            let series = place(of: one.key, in: &batch)
            let result = one.result.labelled(
                address: place(of: one.address, series: series, in: &batch),
                certificate: place(of: one.certificate, series: series, in: &batch))
            batch.entries.append(JournalBatch.Entry(series: series, result: result))
            hours.insert(StoreTime.start(of: result.slot.milliseconds, StoreTime.hour))
        }
        let block = StoreBlock.encoded(batch.encoded())
        try file.write(block)
        try file.sync()
        bytes += block.count
    }

    private mutating func place(of key: SeriesKey, in batch: inout JournalBatch) -> Int {
        if let place = places[key] { return place }
        places[key] = labels.count
        labels.append([:])
        batch.newSeries.append(key)
        return labels.count - 1
    }

    private mutating func place(
        of label: String, series: Int, in batch: inout JournalBatch
    ) -> UInt16 {
        if label.isEmpty { return 0 }
        if let place = labels[series][label] { return place }
        guard labels[series].count < ResultChunk.labelsLimit else { return 0 }
        let place = UInt16(labels[series].count + 1)
        labels[series][label] = place
        batch.newLabels.append(JournalBatch.Label(series: series, text: label))
        return place
    }
}
