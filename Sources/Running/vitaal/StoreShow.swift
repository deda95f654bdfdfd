import ArgumentParser
import Daemon
import DurableStore
import HealthModel
import Observing
import ResultFormat

/// `vitaal store show`: how one endpoint has done, in detail.
struct StoreShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract:
            "One endpoint: availability, failures by reason, durations by part, a plot, outages.")

    /// Characters of the plot.
    private static let columns = 72
    /// Outages that are listed, the last ones.
    private static let outagesShown = 20

    @OptionGroup var options: StoreOptions

    @Argument(help: "The endpoint.")
    var endpoint: String

    @Option(help: "Days up to now.")
    var days = 7

    @Option(help: "The vantage.")
    var vantage = VantageID.local.text

    func validate() throws {
        if !(1...1830).contains(days) { throw ValidationError("--days takes 1 to 1830") }
    }

    func run() throws {
        let view = try options.open().view
        let now = SystemTimekeeper().now()
        let from = now - .seconds(days * 86_400)
        let key = SeriesKey(endpoint: EndpointID(endpoint), vantage: VantageID(vantage))
        let announced = options.announced(within: from..<now)[key.endpoint] ?? []
        let (report, states, plot) = try orComplain { () throws(StoreFileError) in
            (
                try view.report(of: key, from: from, to: now, announced: announced),
                try view.states(of: key, from: from, to: now, announced: announced),
                try view.plot(of: key, from: from, to: now, points: Self.columns)
            )
        }
        guard report.results > 0 else {
            StandardError.complain(
                "nothing is kept of '\(endpoint)' in \(days == 1 ? "1 day" : "\(days) days")")
            throw PluginExit.unknown
        }
        Console.say("\(endpoint), \(from.dateAndTime) to \(now.dateAndTime) UTC")
        say(report)
        say(plot, length: (now - from) / Self.columns)
        say(states.filter { $0.state == .down }, at: now)
    }

    private func say(_ report: StoreView.Report) {
        let availability = report.availability
        let ratio = availability.ratio.map { Availability.percent($0) } ?? "?"
        Console.say(
            "  up \(ratio); down \(availability.down.shortText), maintenance "
                + "\(availability.maintenance.shortText), unknown \(availability.unknown.shortText)"
        )
        let success = report.lastSuccess.map { "last success \($0.instant.dateAndTime) UTC" }
        Console.say("  \(report.results) results; \(success ?? "no success")")
        let failures = report.failures.sorted {
            $0.value == $1.value ? $0.key.rawValue < $1.key.rawValue : $0.value > $1.value
        }
        if !failures.isEmpty {
            let words = failures.map { "\($0.key.rawValue) \($0.value)" }
            Console.say("  failed: " + words.joined(separator: ", "))
        }
        let rows = Phase.allCases.compactMap { phase -> String? in
            guard let sketch = report.sketches[phase], (sketch.quantile(1)?.microseconds ?? 0) > 0
            else { return nil }
            let values = [0.5, 0.95, 0.99, 1].map { quantile in
                let value = Duration.microseconds(sketch.quantile(quantile)?.microseconds ?? 0)
                return value.shortText.indented(9)
            }
            return "  " + phase.rawValue.padding(to: 12) + values.joined()
        }
        guard !rows.isEmpty else { return }
        Console.say("  duration          p50      p95      p99  longest")
        rows.forEach { Console.say($0) }
    }

    private func say(_ plot: [StoreView.PlotPoint], length: Duration) {
        let values = plot.map { $0.sketch.quantile(0.95)?.microseconds }
        let highest = max(1, values.compactMap(\.self).max() ?? 1)
        let blocks = Array("▁▂▃▄▅▆▇█")
        let line = zip(plot, values).map { point, value -> Character in
            guard point.results > 0 else { return " " }
            guard let value else { return "x" }
            return blocks[min(blocks.count - 1, Int(value * Int64(blocks.count) / (highest + 1)))]
        }
        let failed = plot.map { $0.failures > 0 ? "x" : " " }.joined()
        Console.say("  p95     |\(String(line))| up to \(Duration.microseconds(highest).shortText)")
        Console.say("  failed  |\(failed)| \(length.shortText) a character")
    }

    private func say(_ outages: [StoreView.StateInterval], at now: Timestamp) {
        guard !outages.isEmpty else { return }
        let shown = outages.suffix(Self.outagesShown)
        Console.say(
            (outages.count == 1 ? "  down once" : "  down \(outages.count) times")
                + (shown.count < outages.count ? ", the last \(shown.count):" : ":"))
        for outage in shown {
            let length = (outage.to - outage.from).shortText
            Console.say(
                "    \(outage.from.dateAndTime) UTC  "
                    + (outage.to >= now ? "for \(length) now" : length))
        }
    }
}
