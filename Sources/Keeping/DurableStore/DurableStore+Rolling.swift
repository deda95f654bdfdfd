public import HealthModel
import Observing
import ResultFormat

extension DurableStore {
    /// Seals hours that have ended, makes days of them, and drops what has had its time.
    ///
    /// Call it about once a minute; what fails is tried again at the next call, and keeps nothing
    /// else from being done.
    ///
    /// - Parameter now: The present.
    /// - Returns: What an operator should know.
    public mutating func maintain(at now: Timestamp) -> [Notice] {
        var notices: [Notice] = []
        var failure: StoreFileError?
        for step in MaintenanceStep.allCases {
            do throws(StoreFileError) {
                switch step {
                case .sealEnded: try sealEnded(at: now)
                case .makeDays: try makeDays(at: now)
                case .dropOld: try dropOld(at: now)
                case .roundOld: try roundOld(at: now)
                case .keepWithinBudget: try keepWithinBudget(&notices)
                }
            } catch {
                counters.errors += 1
                removeUnfinished()
                if error.isDamage {
                    notices.append(.damaged(error.description))
                } else {
                    failure = failure ?? error
                }
            }
        }
        guard let failure else { return notices + Self.succeed(&isMaintenanceFailing) }
        return notices + Self.fail(failure, &isMaintenanceFailing)
    }

    private enum MaintenanceStep: CaseIterable {
        case sealEnded, makeDays, dropOld, roundOld, keepWithinBudget
    }

    /// Removes what was begun and has no name of its own yet.
    func removeUnfinished() {
        for name in (try? files.list(directory)) ?? []
        where name.hasSuffix(SegmentWriter.temporarySuffix) {
            try? files.remove("\(directory)/\(name)")
        }
    }

    private mutating func sealEnded(at now: Timestamp) throws(StoreFileError) {
        let sealing = (now - options.sealDelay).milliseconds
        let ended = head.hours.filter { $0 + StoreTime.hour <= sealing }
        guard !ended.isEmpty else { return }
        for hour in ended.sorted() { try seal(hour) }
        rotate()
        try dropJournals()
    }

    /// Writes an hour of all series: first the results, then the summaries that make it sealed.
    private mutating func seal(_ hour: Int64) throws(StoreFileError) {
        let end = hour + StoreTime.hour
        let through = nextSequence - 1
        var raw = try SegmentWriter(
            .init(level: .raw, start: hour, end: end, sealedThrough: through),
            directory: directory, files: files)
        var summaries = try SegmentWriter(
            .init(level: .hour, start: hour, end: end, sealedThrough: through),
            directory: directory, files: files)
        let keys = head.series.keys.map { (SegmentLayout.hash(of: $0), $0) }
            .sorted { $0.0 < $1.0 }
        for (_, key) in keys {
            guard let series = head.series[key] else { continue }
            let (place, isThere) = series.position(of: hour)
            guard isThere else { continue }
            let results = series.hours[place].results
            try raw.add(
                key,
                ResultChunk(results: results, labels: series.labels).usingFewestLabels.encoded())
            var writer = ByteWriter()
            writer.write(varint: 1)
            ResultSummary(of: results, start: hour, end: end).write(to: &writer)
            try summaries.add(key, writer.bytes)
        }
        segments.append(try raw.finish())
        segments.append(try summaries.finish())
        sortSegments()
        head.drop(hour: hour)
    }

    /// Removes the journals of which everything is sealed.
    private mutating func dropJournals() throws(StoreFileError) {
        while let place = journals.firstIndex(where: { $0.hours.isDisjoint(with: head.hours) }) {
            try files.remove("\(directory)/\(journals[place].name)")
            journals.remove(at: place)
        }
    }

    /// Makes one file a level of the hours of every day that can change no more.
    private mutating func makeDays(at now: Timestamp) throws(StoreFileError) {
        let limit = (now - options.dayDelay).milliseconds
        let open = Set(head.hours.map { StoreTime.start(of: $0, StoreTime.day) })
        let days = Set(
            segments.filter { $0.facts.end - $0.facts.start == StoreTime.hour }
                .map { StoreTime.start(of: $0.facts.start, StoreTime.day) })
        for day in days.sorted() where day + StoreTime.day <= limit && !open.contains(day) {
            let parts = segments.filter { (day..<day + StoreTime.day).contains($0.facts.start) }
            try replace(parts) { (store) throws(StoreFileError) in
                try DayMaker(
                    day: day, parts: parts, directory: store.directory, files: store.files
                ).make()
            }
        }
    }

    /// Rounds the durations of days that are old enough.
    private mutating func roundOld(at now: Timestamp) throws(StoreFileError) {
        guard let age = options.roundAfter else { return }
        for segment in segments
        where segment.facts.level == .raw && segment.facts.precision == .exact
            && segment.facts.end - segment.facts.start == StoreTime.day
            && segment.facts.end <= (now - age).milliseconds
        {
            try replace([segment]) { (store) throws(StoreFileError) in
                [try segment.rounded(in: store.directory, files: store.files)]
            }
        }
    }

    /// Puts new files in the place of others; where bytes are wrong all stay as they are.
    private mutating func replace(
        _ parts: [Segment], _ make: (DurableStore) throws(StoreFileError) -> [Segment]
    ) throws(StoreFileError) {
        guard !parts.contains(where: { damaged.contains($0.path) }) else { return }
        let made: [Segment]
        do throws(StoreFileError) {
            made = try make(self)
        } catch {
            if error.isDamage { damaged.insert(error.path) }
            throw error
        }
        for part in parts where !made.contains(where: { $0.name == part.name }) {
            try files.remove(part.path)
        }
        let replaced = Set(parts.map(\.name))
        segments.removeAll { replaced.contains($0.name) }
        segments += made
        sortSegments()
    }

    /// Removes the files whose time is over.
    private mutating func dropOld(at now: Timestamp) throws(StoreFileError) {
        for segment in segments {
            let retention =
                switch segment.facts.level {
                case .raw: options.rawRetention
                case .hour: options.hourRetention
                case .day: options.dayRetention
                }
            guard segment.facts.end <= (now - retention).milliseconds else { continue }
            try drop(segment)
        }
    }

    private mutating func keepWithinBudget(
        _ notices: inout [Notice]
    ) throws(StoreFileError) {
        guard let limit = options.diskLimitBytes else { return }
        for level in SegmentLayout.Level.allCases {
            while diskBytes > limit,
                let oldest = segments.first(where: { $0.facts.level == level })
            {
                try drop(oldest)
                notices.append(.droppedEarly(oldest.name))
            }
        }
    }

    private mutating func drop(_ segment: Segment) throws(StoreFileError) {
        try files.remove(segment.path)
        segments.removeAll { $0.name == segment.name }
    }
}

extension ResultChunk {
    /// The same without labels that no result uses.
    var usingFewestLabels: ResultChunk {
        var places = [UInt16](repeating: 0, count: labels.count)
        var kept = [""]
        for result in results {
            for place in [Int(result.address), Int(result.certificate)]
            where place > 0 && places[place] == 0 {
                places[place] = UInt16(kept.count)
                kept.append(labels[place])
            }
        }
        return ResultChunk(results: results.map { $0.relabelled(by: places) }, labels: kept)
    }

    /// Adds results of another chunk; of the same slot those count that come later.
    mutating func merge(_ other: ResultChunk) {
        var places: [UInt16] = []
        for label in other.labels {
            if let place = labels.firstIndex(of: label) {
                places.append(UInt16(place))
            } else if labels.count <= Self.labelsLimit {
                labels.append(label)
                places.append(UInt16(labels.count - 1))
            } else {
                places.append(0)
            }
        }
        let more = other.results.map { $0.relabelled(by: places) }
        if let last = results.last, let first = more.first, first.slot <= last.slot {
            var bySlot: [Slot: StoredResult] = [:]
            for result in results + more { bySlot[result.slot] = result }
            results = bySlot.values.sorted { $0.slot < $1.slot }
        } else {
            results += more
        }
    }
}
