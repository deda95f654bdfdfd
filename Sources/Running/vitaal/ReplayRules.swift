import Alerting
import ArgumentParser
import Catalogue
import Daemon
import DurableStore
import Evidence
import HealthModel
import Observing
import ResultFormat
import Routing
import RuleTesting
import Rules
import StatusServer

/// `vitaal replay`: proposed rules over what was measured.
struct ReplayRules: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract:
            "Play proposed rules over the results on disk: what would have been told, and what was.",
        discussion: """
            Reads the results and the evidence log of the daemon, also while it runs, and changes \
            nothing. Alerts of one rule and subject that fire at the same time, or within five \
            minutes, are the same news. Rules on how long certificates last and on what servers \
            stopped doing are left out, because results do not keep that. Exit code 0 when \
            something could be said, 2 when the rules have mistakes, 3 when nothing is kept of \
            that time.
            """)

    /// The longest time that is played.
    static let lengthMax: Duration = .seconds(366 * 86_400)
    /// How much time of the results is in memory at once at most, and of many endpoints.
    ///
    /// Of 2,500 endpoints that are probed every minute six hours are 900,000 results, 80 MB; of 50,000
    /// endpoints an hour is 3 million, 240 MB.
    static let pieceMax: Duration = .seconds(6 * 3600)
    static let pieceMin: Duration = .seconds(3600)
    static let endpointsOfLongestPiece = 2500

    @Option(
        help: ArgumentHelp(
            "Directory of the proposed rules. Default: alerts, else /etc/vitaal/alerts.",
            valueName: "dir"))
    var rules: String?

    @Option(
        help: ArgumentHelp(
            "Directory of services and endpoints. Default: probes, else /etc/vitaal/probes.",
            valueName: "dir"))
    var probes: String?

    @Option(help: ArgumentHelp("From when on news counts, RFC 3339.", valueName: "time"))
    var from: String

    @Option(help: ArgumentHelp("Until when, RFC 3339.", valueName: "time"))
    var to: String

    @OptionGroup var store: StoreOptions

    @Flag(help: "Print it as JSON.")
    var json = false

    func run() throws {
        let window = try window()
        let configuration = try load()
        let left = Set(Replay.looksBeyondResults(configuration.rules))
        let inForce = RuleSet(
            rules: configuration.rules.rules.filter { !left.contains($0.id) },
            receivers: configuration.rules.receivers)
        let view = try store.open().view
        var replay = Replay(
            catalogue: configuration.catalogue, rules: inForce,
            start: window.lowerBound - Replay.leadTime(of: inForce),
            countFrom: window.lowerBound)
        let count = try play(&replay, view, configuration.catalogue, inForce, window)
        guard count > 0 else {
            StandardError.complain("no results are kept of that time")
            throw PluginExit.unknown
        }
        var evidence = EvidenceReader(window: window)
        let directory = store.dataDir ?? Paths.dataDirectory
        for path in EvidenceFiles.list(in: directory).map(\.path) where !evidence.read(path) {
            StandardError.complain("\(path) cannot be read")
        }
        if evidence.unreadLines > 0 {
            StandardError.complain(
                "lines of the evidence log that could not be read: \(evidence.unreadLines)")
        }
        let omitted = left.union([HealthMonitor.blindKey.rule])
        func compared(_ alerts: [FiredAlert]) -> [FiredAlert] {
            alerts.filter { !omitted.contains($0.rule) }
        }
        let report = ReplayReport(
            window: window, rules: inForce.rules.count, results: count,
            comparison: ReplayComparison(
                proposed: compared(replay.fired.alerts), then: compared(evidence.fired.alerts),
                window: window),
            told: ReplayReport.Told.all(replay.told, evidence.told),
            notReplayed: omitted.map(\.text).sorted())
        if evidence.fired.omitted + replay.fired.omitted > 0 {
            StandardError.complain("more than \(FiredAlerts.keptMax) alerts: the rest is left out")
        }
        if json {
            Console.say(try CheckReport.encode(ReplayDocument(report)))
        } else {
            report.lines.forEach { Console.say($0) }
        }
    }

    /// Plays the results piece by piece; gives how many there were within the window.
    private func play(
        _ replay: inout Replay, _ view: StoreView, _ catalogue: ServiceCatalogue,
        _ rules: RuleSet, _ window: Range<Timestamp>
    ) throws -> Int {
        var count = 0
        var from = window.lowerBound - Replay.leadTime(of: rules)
        let share = Double(Self.endpointsOfLongestPiece) / Double(catalogue.endpoints.count)
        let piece = max(Self.pieceMin, min(Self.pieceMax, Self.pieceMax * share))
        while from < window.upperBound {
            let to = min(from + piece, window.upperBound)
            var results: [Replay.Kept] = []
            for (place, endpoint) in catalogue.endpoints.enumerated() {
                let chunk = try orComplain { () throws(StoreFileError) in
                    try view.results(of: SeriesKey(endpoint: endpoint.id), from: from, to: to)
                }
                count += chunk.results.count { $0.slot.instant >= window.lowerBound }
                results += chunk.results.map { stored in
                    let address = Int(stored.address)
                    let isLabel = address > 0 && address < chunk.labels.count
                    return Replay.Kept(
                        endpoint: place, stored: stored,
                        address: isLabel ? chunk.labels[address] : nil)
                }
            }
            replay.play(results, until: to)
            from = to
        }
        return count
    }

    private func window() throws -> Range<Timestamp> {
        func instant(_ text: String, _ option: String) throws -> Timestamp {
            guard let instant = Instant(rfc3339: text) else {
                throw ValidationError(
                    "\(option) '\(text)' is not an instant such as 2026-11-24T07:00:00Z")
            }
            return instant.timestamp
        }
        let (from, to) = (try instant(from, "--from"), try instant(to, "--to"))
        guard from < to, to - from <= Self.lengthMax else {
            throw ValidationError("--to must be after --from, by a year at most")
        }
        return from..<to
    }

    private func load() throws -> Configuration {
        do {
            return try ConfigurationLoader.load(
                probesDirectory: probes ?? Paths.configurationDirectory("probes"),
                alertsDirectory: rules ?? Paths.configurationDirectory("alerts"))
        } catch {
            StandardError.complain("the rules have mistakes\n\(error)")
            throw PluginExit.critical
        }
    }
}
