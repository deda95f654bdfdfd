public import HealthModel

/// A line of the log that is shown.
public enum EvidenceItem: Sendable, Hashable {
    /// A record, and the line as it stands in the file.
    case record(EvidenceEntry, line: String)
    /// A line that is no record.
    case problem(LinePlace, String)
}

/// Which lines of the log are shown.
public struct EvidenceFilter: Sendable {
    private let since: String?
    private let service: String?
    /// Endpoints of the service and incidents that touched it, as far as is known.
    private var endpoints: Set<String>
    private var incidents: Set<String> = []
    private var isSince = false

    /// Whether a line was about the service.
    public private(set) var hasSeenService = false

    /// Makes a filter.
    ///
    /// - Parameters:
    ///   - since: The first instant; nil for all.
    ///   - service: The id of the service; nil for all.
    ///   - endpoints: Its endpoints; those that the log names beside it are added.
    public init(since: Timestamp? = nil, service: String? = nil, endpoints: Set<String> = []) {
        self.since = since?.rfc3339
        self.service = service
        self.endpoints = endpoints
    }

    /// Whether all lines are shown.
    var isForAll: Bool { service == nil }

    /// Whether `item` is shown; items come in the order of the log.
    public mutating func wants(_ item: EvidenceItem) -> Bool {
        guard case .record(let entry, _) = item else { return since == nil || isSince }
        let isOurs = isAbout(entry)
        // An instant in RFC 3339 with four digits of year sorts like its text.
        isSince = since.map { entry.ts >= $0 } ?? true
        return isOurs && isSince
    }

    private mutating func isAbout(_ entry: EvidenceEntry) -> Bool {
        guard let service else { return true }
        if entry.service == service {
            hasSeenService = true
            if let endpoint = entry.endpoint { endpoints.insert(endpoint) }
            if let incident = entry.incident { incidents.insert(incident) }
            return true
        }
        if let other = entry.service, other != service { return false }
        return entry.endpoint.map(endpoints.contains) ?? false
            || entry.incident.map(incidents.contains) ?? false
    }
}

/// Goes through the files of a log.
public struct EvidenceReading {
    private let directory: String
    /// The number of the last line of the chain that was read.
    public private(set) var lastSeq: Int64 = 0

    /// Makes a reading of a data directory.
    public init(directory: String) { self.directory = directory }

    /// The last lines that a filter wants, the newest last.
    ///
    /// - Parameters:
    ///   - count: How many at most; nil for all.
    ///   - filter: Which; it learns while it reads.
    ///   - since: The first instant that the filter wants; older files are left out.
    ///   - show: Takes each line; with a limit only when all has been read.
    public mutating func last(
        _ count: Int?, _ filter: inout EvidenceFilter, since: Timestamp?,
        show: (EvidenceItem) -> Void
    ) {
        let files = EvidenceFiles.list(in: directory)
        lastSeq = files.compactMap { $0.last?.seq }.max() ?? 0
        // More may come while this reads.
        var newest = lastSeq
        defer { lastSeq = newest }
        guard let count else {
            for file in files[start(in: files, since: since)...] {
                Self.read(file, &newest) { item in if filter.wants(item) { show(item) } }
            }
            return
        }
        var shown: [[EvidenceItem]] = []
        if filter.isForAll, since == nil {
            for file in files.reversed() {
                let found = Self.ring(of: count, [file][...], &filter, &newest)
                shown.append(found)
                if shown.reduce(0, { $0 + $1.count }) >= count { break }
            }
        } else {
            shown = [
                Self.ring(of: count, files[start(in: files, since: since)...], &filter, &newest)
            ]
        }
        let all = shown.reversed().flatMap(\.self)
        all.suffix(count).forEach(show)
    }

    /// The last file that begins before an instant; what precedes it is older.
    private func start(in files: [EvidenceFiles.File], since: Timestamp?) -> Int {
        guard let since = since?.rfc3339 else { return 0 }
        return files.lastIndex { file in
            guard let reader = LineReader(path: file.path) else { return false }
            while let line = reader.next() {
                guard case .whole(let bytes) = line, let entry = EvidenceEntry(bytes) else {
                    continue
                }
                return entry.ts < since
            }
            return false
        } ?? 0
    }

    private static func ring(
        of count: Int, _ files: ArraySlice<EvidenceFiles.File>, _ filter: inout EvidenceFilter,
        _ newest: inout Int64
    ) -> [EvidenceItem] {
        var kept: [EvidenceItem] = []
        for file in files {
            read(file, &newest) { item in
                guard filter.wants(item) else { return }
                kept.append(item)
                // Twice as many at most, so that moving them costs little.
                if kept.count >= 2 * count { kept.removeFirst(kept.count - count) }
            }
        }
        return Array(kept.suffix(count))
    }

    private static func read(
        _ file: EvidenceFiles.File, _ newest: inout Int64, _ take: (EvidenceItem) -> Void
    ) {
        guard let reader = LineReader(path: file.path) else {
            take(.problem(LinePlace(file: file.name, line: 0), LineReader.systemWords))
            return
        }
        while let line = reader.next() {
            let item = reader.item(line, of: file.name)
            if case .record(let entry, _) = item { newest = max(newest, entry.seq ?? 0) }
            take(item)
        }
    }
}

extension LineReader {
    /// The line that was read last, as it is shown.
    func item(_ line: Line, of file: String) -> EvidenceItem {
        let place = LinePlace(file: file, line: lineNumber)
        guard case .whole(let bytes) = line else {
            return .problem(place, "longer than \(Self.lineBytesMax) bytes; left out")
        }
        guard let entry = EvidenceEntry(bytes) else {
            return .problem(place, "no record; left out")
        }
        return .record(entry, line: String(decoding: bytes, as: UTF8.self))
    }
}

/// Waits for lines of a log, across renamed files.
public final class EvidenceFollower {
    private let directory: String
    private var lastSeq: Int64
    private var reader: LineReader?
    private var isFirst = true

    private var activePath: String { "\(directory)/\(EvidenceFiles.activeName)" }

    /// Makes a follower.
    ///
    /// - Parameters:
    ///   - directory: The data directory.
    ///   - seq: The last line that has been seen.
    public init(directory: String, after seq: Int64) {
        self.directory = directory
        lastSeq = seq
        reader = LineReader(path: activePath)
    }

    /// The lines that came since the last call.
    public func poll() -> [EvidenceItem] {
        var items: [EvidenceItem] = []
        drain(&items)
        isFirst = false
        let named = FileIdentity(path: activePath, followsLinks: true)
        let isCurrent = named.flatMap { named in reader?.identity.map(named.isSame) } ?? false
        // Between two names there is none for an instant.
        guard named != nil, !isCurrent else { return items }
        // What was written to the old file before it was renamed, and the files in between.
        drain(&items)
        catchUp(&items)
        reader = LineReader(path: activePath)
        drain(&items)
        return items
    }

    private func drain(_ items: inout [EvidenceItem]) {
        guard let reader else { return }
        while let line = reader.next() {
            guard case .whole(let bytes) = line, let link = ChainLink(bytes) else {
                // What stood there before is no news.
                if !isFirst { items.append(reader.item(line, of: EvidenceFiles.activeName)) }
                continue
            }
            guard link.seq > lastSeq else { continue }
            // Somebody else may have moved a file to which lines still came.
            if link.seq > lastSeq + 1 { catchUp(&items, before: link.seq) }
            lastSeq = max(lastSeq, link.seq)
            items.append(reader.item(line, of: EvidenceFiles.activeName))
        }
    }

    /// Reads what other files have beyond the last line.
    private func catchUp(_ items: inout [EvidenceItem], before end: Int64 = .max) {
        for file in EvidenceFiles.list(in: directory)
        where file.name != EvidenceFiles.activeName && file.last?.seq ?? 0 > lastSeq {
            guard let reader = LineReader(path: file.path) else { continue }
            while let line = reader.next() {
                guard case .whole(let bytes) = line, let link = ChainLink(bytes),
                    link.seq > lastSeq, link.seq < end
                else { continue }
                lastSeq = link.seq
                items.append(reader.item(line, of: file.name))
            }
        }
    }
}
