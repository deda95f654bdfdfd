import ArgumentParser
import Daemon
import DurableStore
import HealthModel
import Ledger
import Observing
import ResultFormat
import StatusServer

/// `vitaal store`: the results that the daemon keeps.
struct Store: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Results kept on disk: info, report, show, verify, export, import.",
        discussion: """
            Reads what `vitaal run` keeps in its data directory, also while it runs; only import \
            changes it. Exit 0, for verify 2 when something is damaged, 3 when nothing can be said.
            """,
        subcommands: [
            StoreInfo.self, StoreReport.self, StoreShow.self, StoreVerify.self, StoreExport.self,
            StoreImport.self,
        ],
        defaultSubcommand: StoreInfo.self)
}

/// Where the store is.
struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Data directory of the daemon. Default: the XDG state directory, /var/lib/vitaal for root.",
            valueName: "dir"))
    var dataDir: String?

    /// The maintenance that operators announced within a time; says why when it is not known.
    func announced(within range: Range<Timestamp>) -> MaintenanceTimes {
        do throws(Ledger.OpenError) {
            return try Ledger.maintenance(
                dataDirectory: dataDir ?? Paths.dataDirectory, within: range)
        } catch {
            StandardError.complain("announced maintenance is not known, and not apart: \(error)")
            return [:]
        }
    }

    /// Opens the store, or says why not and exits with 3.
    func open() throws -> DurableStore {
        try orComplain { () throws(StoreFileError) in
            try DurableStore(
                directory: (dataDir ?? Paths.dataDirectory) + "/results", isReadOnly: true)
        }
    }
}

/// `vitaal store info`.
struct StoreInfo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "What is kept, of which time, in how many bytes.")

    @OptionGroup var options: StoreOptions

    func run() throws {
        let store = try options.open()
        let view = store.view
        Console.say(store.directory)
        for level in SegmentLayout.Level.allCases {
            let segments = view.segments.filter { $0.facts.level == level }
            let name =
                switch level {
                case .raw: "results"
                case .hour: "hours  "
                case .day: "days   "
                }
            guard let first = segments.map(\.facts.start).min(),
                let last = segments.map(\.facts.end).max()
            else {
                Console.say("  \(name)  nothing sealed yet")
                continue
            }
            let bytes = segments.reduce(0) { $0 + $1.size }
            Console.say(
                "  \(name)  \(Timestamp(milliseconds: first).dateAndTime) to "
                    + "\(Timestamp(milliseconds: last).dateAndTime) UTC, \(segments.count) files, "
                    + "\(bytes) bytes")
        }
        Console.say("  journal  \(view.unsealedCount) results that are not sealed yet")
        let series = try orComplain { () throws(StoreFileError) in try view.series() }
        Console.say("  series   \(series.count)")
        for problem in store.problems { StandardError.complain(problem) }
    }
}

/// `vitaal store verify`.
struct StoreVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every block; say what is lost, if anything. Exit 2 when something is.")

    @OptionGroup var options: StoreOptions

    func run() throws {
        let check = StoreCheck(try options.open())
        Console.say(
            "\(check.files) sealed files, \(check.blocks) blocks, \(check.results) results read")
        guard check.problems.isEmpty else {
            for problem in check.problems { Console.say("damaged: \(problem)") }
            throw PluginExit.critical
        }
        Console.say("nothing is damaged")
    }
}

/// `vitaal store export`.
struct StoreExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print results, a line each, sorted by endpoint and time.",
        discussion: """
            One day of one endpoint is in memory at a time. Times are RFC 3339 in UTC, durations \
            are seconds; what was not measured is empty in CSV and left out in JSON. OpenMetrics has \
            success, duration and HTTP status, one after the other, for \
            promtool tsdb create-blocks-from openmetrics.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case csv
        case jsonl
        case openmetrics
    }

    @OptionGroup var options: StoreOptions

    @Argument(help: "Endpoints; all unless given.")
    var endpoints: [String] = []

    @Option(help: "csv, jsonl or openmetrics.")
    var format: Format = .csv

    @Option(help: ArgumentHelp("The first instant, RFC 3339.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("The end, RFC 3339.", valueName: "time"))
    var to: String?

    func run() throws {
        let view = try options.open().view
        let start = try from.map { try Self.instant($0, "--from") }
        let end = try to.map { try Self.instant($0, "--to") }
        let known = try orComplain { () throws(StoreFileError) in try view.series() }
        for name in endpoints where !known.contains(where: { $0.endpoint.text == name }) {
            StandardError.complain("there are no results of an endpoint '\(name)'")
            throw PluginExit.unknown
        }
        let wanted = known.filter { endpoints.isEmpty || endpoints.contains($0.endpoint.text) }
        let window = (start ?? .earliest, end ?? .latest)
        switch format {
        case .csv:
            Console.say(ResultLine.csvHeader)
            try each(of: wanted, in: view, window) { Console.say($0.csv) }
        case .jsonl:
            try each(of: wanted, in: view, window) { Console.say($0.json) }
        case .openmetrics:
            for family in ResultLine.Family.allCases {
                Console.say(family.head)
                try each(of: wanted, in: view, window) { line in
                    if let sample = line.sample(family) { Console.say(sample) }
                }
            }
            Console.say("# EOF")
        }
    }

    private func each(
        of keys: [SeriesKey], in view: StoreView, _ window: (from: Timestamp, to: Timestamp),
        _ body: (ResultLine) -> Void
    ) throws {
        let times = view.times
        for key in keys {
            for day in times where day.from < window.to && day.to > window.from {
                let chunk = try orComplain { () throws(StoreFileError) in
                    try view.results(
                        of: key, from: max(day.from, window.from), to: min(day.to, window.to))
                }
                for result in chunk.results {
                    body(ResultLine(key: key, result: result, labels: chunk.labels))
                }
            }
        }
    }

    private static func instant(_ text: String, _ option: String) throws -> Timestamp {
        guard let instant = Instant(rfc3339: text) else {
            throw ValidationError(
                "\(option) '\(text)' is not an instant such as 2026-11-24T07:00:00Z")
        }
        return instant.timestamp
    }
}

extension Timestamp {
    fileprivate static let earliest = Timestamp(nanoseconds: .min)
    fileprivate static let latest = Timestamp(nanoseconds: .max)
}
