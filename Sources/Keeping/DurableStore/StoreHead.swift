import HealthModel
import Observing
import ResultFormat

/// What is not sealed yet, in memory.
struct StoreHead: Sendable {
    /// One series.
    struct Series: Sendable {
        /// What places in results mean; the first is the empty text.
        var labels = [""]
        /// The hours that are not sealed, in order; each sorted by slot.
        var hours: [Hour] = []

        /// The place of a label; 0 when there are too many.
        mutating func place(of label: String) -> UInt16 {
            if label.isEmpty { return 0 }
            if let place = labels.lastIndex(of: label) { return UInt16(place) }
            guard labels.count <= ResultChunk.labelsLimit else { return 0 }
            labels.append(label.cut(toBytes: ResultChunk.labelBytes))
            return UInt16(labels.count - 1)
        }

        /// The place in `hours` of an hour, or where it would stand.
        func position(of hour: Int64) -> (place: Int, isThere: Bool) {
            // Nearly always the last.
            var place = hours.count
            while place > 0, hours[place - 1].start >= hour { place -= 1 }
            return (place, place < hours.count && hours[place].start == hour)
        }

        /// All results in order.
        var results: some Sequence<StoredResult> { hours.lazy.flatMap(\.results) }
    }

    /// One hour of one series.
    struct Hour: Sendable {
        var start: Int64
        var results: [StoredResult]
    }

    /// What became of a result.
    enum Insertion { case kept, duplicate, overLimit, tooLate }

    private(set) var series: [SeriesKey: Series] = [:]
    /// Results in all series.
    private(set) var count = 0
    /// The hours in memory.
    private(set) var hours: Set<Int64> = []

    /// Whether an hour of a series is in memory.
    func holds(_ key: SeriesKey, hour: Int64) -> Bool {
        series[key]?.position(of: hour).isThere ?? false
    }

    /// Brings back the results of an hour that was sealed, so that more can be added.
    mutating func restore(_ key: SeriesKey, hour: Int64, _ chunk: ResultChunk) {
        var series = self.series[key] ?? Series()
        let places = chunk.labels.map { series.place(of: $0) }
        let results = chunk.results.map { $0.relabelled(by: places) }
        let (place, isThere) = series.position(of: hour)
        guard !isThere else { return }
        series.hours.insert(Hour(start: hour, results: results), at: place)
        hours.insert(hour)
        count += results.count
        self.series[key] = series
    }

    /// Keeps a result in the order of slots; its labels are texts, since places differ per file.
    mutating func insert(
        _ result: StoredResult, of key: SeriesKey, address: String, certificate: String
    ) -> Insertion {
        let hour = StoreTime.start(of: result.slot.milliseconds, StoreTime.hour)
        let insertion = series[key, default: Series()].insert(
            result, hour: hour, address: address, certificate: certificate)
        if insertion == .kept { count += 1 }
        hours.insert(hour)
        return insertion
    }

    /// Forgets an hour that is sealed.
    mutating func drop(hour: Int64) {
        guard hours.remove(hour) != nil else { return }
        for key in Array(series.keys) {
            count -= series[key, default: Series()].drop(hour: hour)
        }
    }
}

extension StoreHead.Series {
    fileprivate mutating func insert(
        _ result: StoredResult, hour: Int64, address: String, certificate: String
    ) -> StoreHead.Insertion {
        let labelled = result.labelled(
            address: place(of: address), certificate: place(of: certificate))
        let (place, isThere) = position(of: hour)
        if !isThere { hours.insert(StoreHead.Hour(start: hour, results: []), at: place) }
        return hours[place].insert(labelled)
    }

    /// Forgets an hour and gives how many results it had.
    fileprivate mutating func drop(hour: Int64) -> Int {
        let (place, isThere) = position(of: hour)
        guard isThere else { return 0 }
        let gone = hours.remove(at: place)
        if hours.isEmpty { labels = [""] }
        return gone.results.count
    }
}

extension StoreHead.Hour {
    mutating func insert(_ result: StoredResult) -> StoreHead.Insertion {
        var place = results.count
        while place > 0, results[place - 1].slot > result.slot { place -= 1 }
        if place > 0, results[place - 1].slot == result.slot { return .duplicate }
        guard results.count < ResultChunk.hourResultsLimit else { return .overLimit }
        results.insert(result, at: place)
        return .kept
    }
}
