import ArgumentParser
import Daemon
import DurableStore
import Foundation
import HealthModel
import Observing
import ResultFormat
import StatusServer

/// `vitaal store import`.
struct StoreImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract:
            "Take results from a file that `vitaal store export` wrote; the daemon must not run.",
        discussion: """
            What is in the store already is left as it is, so that an import can be repeated. The \
            first line that is wrong ends it and is named; what came before it is kept.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case csv
        case jsonl
    }

    /// Results that are made durable and sealed together: 200 MB of memory.
    private static let batch = 1_000_000
    /// Lines between two words about the progress.
    private static let progressLines = 100_000

    @OptionGroup var options: StoreOptions

    @Argument(help: "The file; - is standard input.")
    var file: String

    @Option(help: "csv or jsonl.")
    var format: Format = .csv

    func run() throws {
        guard let input = fopen(file == "-" ? "/dev/stdin" : file, "r") else {
            StandardError.complain("\(file): cannot be read: \(String(cString: strerror(errno)))")
            throw PluginExit.unknown
        }
        defer { fclose(input) }
        let now = SystemTimekeeper().now()
        var store = try options.openForWriting(at: now)
        var reader = ResultLineReader(isCSV: format == .csv)
        var (line, waiting) = (0, 0)
        var mistake: String?
        while mistake == nil, let text = readLine(from: input) {
            line += 1
            do throws(ResultLineReader.Mistake) {
                guard let submission = try reader.read(text) else { continue }
                store.append([submission], at: now)
                waiting += 1
            } catch {
                mistake = "\(file):\(line): \(error.description)"
            }
            if waiting >= Self.batch {
                try Self.keep(&store, at: now)
                waiting = 0
            }
            if line % Self.progressLines == 0 { StandardError.complain("\(line) lines read") }
        }
        try Self.keep(&store, at: now)
        let counters = store.counters
        Console.say(
            "\(counters.appended) results taken, \(counters.duplicates) were there already"
                + (counters.overLimit > 0 ? ", \(counters.overLimit) were too many in an hour" : "")
        )
        if let mistake {
            StandardError.complain(mistake)
            throw PluginExit.unknown
        }
    }

    /// Makes durable and seals what was read.
    private static func keep(_ store: inout DurableStore, at now: Timestamp) throws {
        for notice in store.commit() + store.maintain(at: now) {
            guard case .failing(let words) = notice else { continue }
            StandardError.complain(words)
            throw PluginExit.unknown
        }
    }

    /// The next line without its end; nil behind the last.
    private func readLine(from input: UnsafeMutablePointer<FILE>) -> String? {
        // Safety: getline(3) allocates the buffer, which is freed here on every way out.
        var buffer: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(buffer) }
        let count = getline(&buffer, &capacity, input)
        guard count > 0, let buffer else { return nil }
        let bytes = UnsafeBufferPointer(start: buffer, count: count).map { UInt8(bitPattern: $0) }
        return String(
            decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...],
            as: UTF8.self)
    }
}

extension StoreOptions {
    /// Opens the store to add old results to it; makes it when there is none.
    func openForWriting(at now: Timestamp) throws -> DurableStore {
        var settings = DurableStore.Options()
        // However old they are.
        settings.lateWindow = settings.dayRetention
        let directory = (dataDir ?? Paths.dataDirectory) + "/results"
        return try orComplain { () throws(any Error) in
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true)
            return try DurableStore(directory: directory, options: settings)
        }
    }
}

/// Reads lines of CSV or JSON as `ResultLine` writes them.
struct ResultLineReader {
    /// What is wrong with a line.
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    private let isCSV: Bool
    /// The columns of the CSV; nil before its first line.
    private var columns: [String]?

    init(isCSV: Bool) { self.isCSV = isCSV }

    /// The result of a line; nil for the head of the CSV and for an empty line.
    mutating func read(_ line: String) throws(Mistake) -> DurableStore.Submission? {
        guard !line.isEmpty else { return nil }
        guard isCSV else { return try Self.submission(Self.values(ofJSON: line)) }
        let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard let columns else {
            let unknown = fields.filter { !ResultLine.columns.contains($0) }
            guard unknown.isEmpty, fields.contains("endpoint"), fields.contains("slot") else {
                throw Mistake(
                    description: "the first line is not the head of a CSV of results; expected "
                        + ResultLine.csvHeader)
            }
            columns = fields
            return nil
        }
        guard fields.count == columns.count else {
            throw Mistake(
                description: "\(fields.count) columns; expected \(columns.count) as in the head")
        }
        let values = zip(columns, fields).filter { !$0.1.isEmpty }
        return try Self.submission(Dictionary(values, uniquingKeysWith: { first, _ in first }))
    }

    private static func values(ofJSON line: String) throws(Mistake) -> [String: String] {
        guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)),
            let fields = object as? [String: Any]
        else { throw Mistake(description: "no JSON object") }
        return fields.mapValues { value in
            // Numbers have six digits behind the point at most, which survive a Double.
            (value as? NSNumber).map { String(format: "%.6f", $0.doubleValue) } ?? "\(value)"
        }
    }

    private static func submission(
        _ values: [String: String]
    ) throws(Mistake) -> DurableStore.Submission {
        func wrong(_ name: String, _ expected: String) -> Mistake {
            Mistake(
                description: "\(name) is '\(values[name] ?? "")'; expected \(expected)")
        }
        func microseconds(_ name: String) throws(Mistake) -> Int64 {
            guard let text = values[name] else { return 0 }
            guard let seconds = Double(text), seconds.magnitude < 1e9 else {
                throw wrong(name, "seconds such as 0.031")
            }
            return Int64((seconds * 1e6).rounded())
        }
        func whole(_ name: String, _ range: ClosedRange<Int>) throws(Mistake) -> Int? {
            guard let text = values[name] else { return nil }
            guard let number = Double(text).flatMap({ Int(exactly: $0) }), range.contains(number)
            else {
                throw wrong(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
        guard let endpoint = values["endpoint"], isIdentifier(endpoint) else {
            throw wrong("endpoint", "an id of small letters, digits and hyphens")
        }
        guard let slot = values["slot"].flatMap({ Instant(rfc3339: $0) })?.timestamp else {
            throw wrong("slot", "an instant such as 2026-11-24T07:00:00.000Z")
        }
        let vantage = values["vantage"] ?? "local"
        guard isIdentifier(vantage) else { throw wrong("vantage", "an id") }
        let reason = values["reason"].map { Reason(rawValue: $0) }
        if let reason, reason == nil { throw wrong("reason", "a reason of this version") }
        let status = try whole("http_status", 0...65_535)
        let result = ProbeResult(
            endpoint: EndpointID(endpoint), vantage: VantageID(vantage),
            slot: Slot(milliseconds: slot.milliseconds),
            latenessMicroseconds: try microseconds("lateness_seconds"), finishedAt: slot,
            reason: reason ?? nil, attempts: try whole("attempts", 1...255) ?? 1,
            phases: PhaseDurations(
                resolveMicroseconds: try microseconds("resolve_seconds"),
                connectMicroseconds: try microseconds("connect_seconds"),
                tlsMicroseconds: try microseconds("tls_seconds"),
                processingMicroseconds: try microseconds("processing_seconds"),
                transferMicroseconds: try microseconds("transfer_seconds"),
                totalMicroseconds: try microseconds("total_seconds")),
            http: status.map { HTTPAnswer(status: $0, version: "1.1") },
            address: values["address"].map { NetworkAddress($0) })
        return DurableStore.Submission(
            result, coverage: .microseconds(try microseconds("coverage_seconds")),
            certificate: values["certificate_sha256"])
    }
}
