import Glibc
import HealthModel
import Observing
import ResultFormat

extension DurableStore {
    /// Opens a store, and makes it when there is none.
    ///
    /// Damaged files are left as they are and named in `problems`; what can be read of them counts.
    ///
    /// - Parameters:
    ///   - directory: An existing directory that belongs to the store alone.
    ///   - options: How long things are kept.
    ///   - isReadOnly: Whether nothing may be written; then no lock is taken, so that a store can be
    ///     read while its owner runs.
    ///   - files: The file system.
    /// - Throws: `StoreFileError` when another process holds the store, when the directory cannot
    ///   be read, or when a later Vitaal wrote in it.
    public init(
        directory: String, options: Options = Options(), isReadOnly: Bool = false,
        files: any StoreFiles = LinuxFiles()
    ) throws(StoreFileError) {
        self.directory = directory
        self.options = options
        self.files = files
        lock = isReadOnly ? nil : try StoreLock(directory: directory)
        let names = try files.list(directory)
        for name in names where name.hasSuffix(StoreNames.segmentSuffix) {
            try openSegment(name)
        }
        sortSegments()
        let sealed = sealedHours()
        for name in names where name.hasSuffix(StoreNames.journalSuffix) {
            try replay(name, sealed: sealed)
        }
        if !isReadOnly { removeUnfinished() }
    }

    private mutating func openSegment(_ name: String) throws(StoreFileError) {
        // Also a damaged file keeps its name.
        nextSequence = max(nextSequence, StoreNames.sequence(of: name) + 1)
        do throws(StoreFileError) {
            let segment = try Segment(name, directory: directory, files: files)
            segments.append(segment)
            nextSequence = max(nextSequence, segment.facts.sealedThrough + 1)
        } catch {
            if error.isNewer { throw error }
            problems.append(error.description)
        }
    }

    /// Keeps segments by time, and those of the same time by what they know.
    mutating func sortSegments() {
        segments.sort { left, right in
            if left.facts.start != right.facts.start { return left.facts.start < right.facts.start }
            return left.facts.sealedThrough < right.facts.sealedThrough
        }
        sealedUntil = segments.map(\.facts.end).max() ?? .min
    }

    /// Up to which batch each hour is sealed; of a day each of its hours.
    private func sealedHours() -> [Int64: UInt64] {
        var hours: [Int64: UInt64] = [:]
        // The summaries of an hour are written after its results: only then it is sealed.
        for segment in segments where segment.facts.level == .hour {
            for start in stride(
                from: segment.facts.start, to: segment.facts.end, by: Int(StoreTime.hour))
            {
                hours[start] = max(hours[start] ?? 0, segment.facts.sealedThrough)
            }
        }
        return hours
    }

    private mutating func replay(
        _ name: String, sealed: [Int64: UInt64]
    ) throws(StoreFileError) {
        let path = "\(directory)/\(name)"
        // Also a journal without a batch keeps its name.
        nextSequence = max(nextSequence, StoreNames.sequence(of: name) + 1)
        let contents: JournalContents
        let bytes: [UInt8]
        do throws(StoreFileError) {
            let file = try files.open(path)
            bytes = try file.read(at: 0, count: try file.size())
            do throws(StoreFormatError) {
                contents = try JournalContents(of: bytes)
            } catch {
                throw .format(error, path)
            }
        } catch {
            if error.isNewer { throw error }
            problems.append(error.description)
            return
        }
        if contents.lostBytes > 0 {
            problems.append("\(path): the last \(contents.lostBytes) bytes are damaged")
        }
        var keys: [SeriesKey] = []
        var labels: [[String]] = []
        var hours: Set<Int64> = []
        var homeless = 0
        for batch in contents.batches {
            nextSequence = max(nextSequence, batch.sequence + 1)
            keys += batch.newSeries
            labels += batch.newSeries.map { _ in [""] }
            for label in batch.newLabels where label.series < labels.count {
                labels[label.series].append(label.text)
            }
            for entry in batch.entries where entry.series < keys.count {
                let result = entry.result
                let hour = StoreTime.start(of: result.slot.milliseconds, StoreTime.hour)
                if let through = sealed[hour], through >= batch.sequence { continue }
                hours.insert(hour)
                let names = labels[entry.series]
                let insertion = insert(
                    JournalWriter.Waiting(
                        key: keys[entry.series], result: result,
                        address: names.at(result.address),
                        certificate: names.at(result.certificate)))
                if insertion == .tooLate { homeless += 1 }
            }
        }
        guard homeless == 0 else {
            // Never removed: only here they are safe.
            problems.append(
                "\(path): kept, because \(homeless) results belong to a sealed hour that cannot be "
                    + "read")
            return
        }
        journals.append(ClosedJournal(name: name, hours: hours, bytes: bytes.count))
    }
}

extension [String] {
    fileprivate func at(_ place: UInt16) -> String { Int(place) < count ? self[Int(place)] : "" }
}

/// Holds a store for this process; given back when nobody holds it any more.
final class StoreLock: Sendable {
    private let descriptor: CInt

    init(directory: String) throws(StoreFileError) {
        let path = "\(directory)/\(StoreNames.lock)"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw .system("cannot be made", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw StoreFileError(
                "is in use", path: path, code: errno,
                words: "another Vitaal writes to this directory; stop it, or use another --data-dir"
            )
        }
    }

    deinit { close(descriptor) }
}
