import ArgumentParser
import Daemon
import DurableStore
import HealthModel
import Observing
import ResultFormat

/// `vitaal store report`: how every endpoint has done, the worst first.
struct StoreReport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract:
            "Availability, downtime, 95th and 99th percentile of every endpoint, the worst first.",
        discussion: """
            Availability is time up as a share of time up and down, from exact states; maintenance \
            and time about which nothing is known stand apart. Maintenance is what servers say and, \
            whatever was measured in it, what operators announced, as the ledger knows; of maintenance \
            that began and ended while no monitor ran it does not know the endpoints. Percentiles are of the answered \
            probes of the hours that the window touches, within 0.8 %.
            """)

    @OptionGroup var options: StoreOptions

    @Option(help: "Days up to now.")
    var days = 30

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        if !(1...1830).contains(days) { throw ValidationError("--days takes 1 to 1830") }
    }

    func run() async throws {
        let view = try options.open().view
        let now = SystemTimekeeper().now()
        let found: FleetReports
        do throws(StoreFileError) {
            let from = now - .seconds(days * 86_400)
            found = try await view.reports(
                from: from, to: now, announced: options.announced(within: from..<now))
        } catch {
            StandardError.complain(error.description)
            throw PluginExit.unknown
        }
        for problem in found.problems.sorted() { StandardError.complain(problem) }
        let rows = found.reports.map { Row($0.key, $0.value) }.sorted {
            // What was never up or down comes last.
            let (left, right) = ($0.availabilityRatio ?? 2, $1.availabilityRatio ?? 2)
            return left == right ? $0.endpoint < $1.endpoint : left < right
        }
        if json {
            Console.say(try CheckReport.encode(rows))
            return
        }
        let width = max(8, rows.map(\.endpoint.count).max() ?? 0)
        Console.say(
            "endpoint".padding(to: width)
                + "        up      down  maintenance   unknown      p95      p99")
        for row in rows { Console.say(row.line(width)) }
    }

    /// One endpoint.
    struct Row: Encodable {
        let endpoint: String
        let vantage: String
        let availabilityRatio: Double?
        let downSeconds: Double
        let maintenanceSeconds: Double
        let unknownSeconds: Double
        let results: Int
        let p95Seconds: Double?
        let p99Seconds: Double?

        init(_ key: SeriesKey, _ report: StoreView.Report) {
            endpoint = key.endpoint.text
            vantage = key.vantage.text
            let availability = report.availability
            availabilityRatio = availability.ratio
            downSeconds = availability.down.fractionalSeconds
            maintenanceSeconds = availability.maintenance.fractionalSeconds
            unknownSeconds = availability.unknown.fractionalSeconds
            results = report.results
            func seconds(_ quantile: Double) -> Double? {
                report.sketches[.total]?.quantile(quantile).map { Double($0.microseconds) / 1e6 }
            }
            p95Seconds = seconds(0.95)
            p99Seconds = seconds(0.99)
        }

        func line(_ width: Int) -> String {
            func time(_ seconds: Double?) -> String {
                guard let seconds else { return "-" }
                return Duration.microseconds(Int64(seconds * 1e6)).shortText
            }
            let ratio = availabilityRatio.map { Availability.percent($0) }
            return endpoint.padding(to: width) + "  " + (ratio ?? "?").indented(8) + "  "
                + time(downSeconds).indented(8) + "  " + time(maintenanceSeconds).indented(11)
                + "  " + time(unknownSeconds).indented(8) + "  " + time(p95Seconds).indented(7)
                + "  " + time(p99Seconds).indented(7)
        }
    }
}

extension String {
    /// With spaces before it up to a width.
    func indented(_ width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }
}
