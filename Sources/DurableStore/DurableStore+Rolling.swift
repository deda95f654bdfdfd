public import HealthModel
import ResultStore

extension DurableStore {
    /// Seals hours that have ended, makes days of them, and drops what has had its time.
    ///
    /// Call it about once a minute; what fails is tried again at the next call.
    ///
    /// - Parameter now: The present.
    /// - Returns: What an operator should know.
    public mutating func maintain(at now: Timestamp) -> [Notice] {
        do throws(StoreFileError) {
            let sealing = (now - options.sealDelay).milliseconds
            var hasSealed = false
            for hour in head.hours where hour + StoreTime.hour <= sealing {
                try seal(hour)
                hasSealed = true
            }
            if hasSealed {
                rotate()
                try dropJournals()
            }
            try makeDays(until: (now - options.lateWindow).milliseconds - StoreTime.hour)
            try dropOld(at: now)
            return try keepWithinBudget() + Self.succeed(&isMaintenanceFailing)
        } catch {
            counters.errors += 1
            return Self.fail(error, &isMaintenanceFailing)
        }
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
        let open = Set(head.hours)
        while let place = journals.firstIndex(where: { $0.hours.isDisjoint(with: open) }) {
            try files.remove("\(directory)/\(journals[place].name)")
            journals.remove(at: place)
        }
    }

    /// Makes one file a level of the hours of every day that has ended before `limit`.
    private mutating func makeDays(until limit: Int64) throws(StoreFileError) {
        let open = Set(head.hours.map { StoreTime.start(of: $0, StoreTime.day) })
        let days = Set(
            segments.filter { $0.facts.end - $0.facts.start == StoreTime.hour }
                .map { StoreTime.start(of: $0.facts.start, StoreTime.day) })
        for day in days.sorted() where day + StoreTime.day <= limit && !open.contains(day) {
            let parts = segments.filter { (day..<day + StoreTime.day).contains($0.facts.start) }
            let merged = try DayMaker(day: day, parts: parts, directory: directory, files: files)
                .make()
            for part in parts where !merged.contains(where: { $0.name == part.name }) {
                try files.remove(part.path)
            }
            let replaced = Set(parts.map(\.name))
            segments.removeAll { replaced.contains($0.name) }
            segments += merged
            sortSegments()
        }
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

    private mutating func keepWithinBudget() throws(StoreFileError) -> [Notice] {
        guard let limit = options.diskLimitBytes else { return [] }
        var notices: [Notice] = []
        for level in SegmentLayout.Level.allCases {
            while diskBytes > limit,
                let oldest = segments.first(where: { $0.facts.level == level })
            {
                try drop(oldest)
                notices.append(.droppedEarly(oldest.name))
            }
        }
        return notices
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
