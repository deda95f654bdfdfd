import Foundation

/// What a benchmark has found, and the table that shows it.
struct BenchmarkReport {
    /// How many turns were made.
    let rounds: Int
    /// What the reader must know besides the table.
    var remarks: [String] = []

    /// CPU seconds per bare handshake, by round.
    var handshakeSeconds: [Double] = []
    /// HTTPS by Vitaal, by round; the last window is the long one.
    var vitaalEncrypted: [Benchmark.Window] = []
    /// HTTPS by Vitaal as fast as `openssl s_time`, by round.
    var vitaalBusy: [Benchmark.Window] = []
    /// HTTPS by blackbox_exporter and Prometheus, by round; the last window is the long one.
    var blackboxEncrypted: [Benchmark.Window] = []
    /// HTTP by Vitaal, by round.
    var vitaalPlain: [Benchmark.Window] = []
    /// HTTP by blackbox_exporter and Prometheus, by round.
    var blackboxPlain: [Benchmark.Window] = []
    /// Seconds from the start of the process until it is ready.
    var readySeconds: Double?
    /// Seconds from the start of the process until every endpoint has a result.
    var firstResultsSeconds: Double?
    /// Slots that Vitaal missed against the web server.
    var missedSlots: Int?
    /// The slow transfers.
    var slow: SlowTransfers.Outcome?

    private let thresholds: Thresholds
    private var machine: [String] = []

    /// Makes an empty report; the targets of ratios are those of `thresholds`.
    init(rounds: Int, thresholds: Thresholds) {
        self.rounds = rounds
        self.thresholds = thresholds
    }

    /// The ratios of the table, medians of all rounds; one that could not be measured is absent.
    var ratios: [BenchmarkRatio: Double] {
        let handshake = handshakeSeconds.median
        let calm = Self.cost(vitaalEncrypted)
        let pairs: [(BenchmarkRatio, own: Double?, other: Double?)] = [
            (.httpsOverPeers, calm, Self.cost(blackboxEncrypted)),
            (.httpsOverHandshake, calm, handshake),
            (.busyHTTPSOverHandshake, Self.cost(vitaalBusy), handshake),
            (.httpOverBlackbox, Self.cost(vitaalPlain), Self.cost(blackboxPlain, process: 0)),
        ]
        return pairs.reduce(into: [:]) { ratios, pair in
            guard let own = pair.own, let other = pair.other, other > 0 else { return }
            ratios[pair.0] = own / other
        }
    }

    /// What got worse than it was; empty when nothing did.
    var complaints: [String] { thresholds.complaints(about: ratios) }

    /// Notes what the numbers depend on, before the measurements load the machine.
    mutating func describeMachine() {
        let model = readText("/proc/cpuinfo").split(separator: "\n")
            .first { $0.hasPrefix("model name") }?.split(separator: ":").last
            .map { $0.trimmingCharacters(in: .whitespaces) }
        let load = readText("/proc/loadavg").split(separator: " ").prefix(3)
            .joined(separator: " ")
        let cores = ProcessInfo.processInfo.activeProcessorCount
        machine = ["\(cores) × \(model ?? "unknown processor")", "load before \(load)"]
    }

    /// The machine, the table and the remarks in Markdown.
    func markdown() -> String {
        let load = readText("/proc/loadavg").split(separator: " ").prefix(3)
            .joined(separator: " ")
        let title = (machine + ["after \(load)", "medians of \(rounds)"]).joined(separator: "; ")
        let names = [
            "", "openssl s_time", "Vitaal", "blackbox_exporter", "Prometheus", "Vitaal is",
            "target", "met",
        ]
        let table = [names, names.map { _ in "---" }] + rows.map(\.cells)
        let lines = table.map { "| " + $0.joined(separator: " | ") + " |" }
        let notes = remarks.map { "- " + $0 }
        return ([title, ""] + lines + (notes.isEmpty ? [] : [""] + notes))
            .joined(separator: "\n")
    }

    private struct Row {
        var name = ""
        var handshake: String?
        var vitaal: String?
        var blackbox: String?
        var prometheus: String?
        var verdict: String?
        var target: String?
        var isMet: Bool?

        var cells: [String] {
            [
                name, handshake ?? "", vitaal ?? "", blackbox ?? "", prometheus ?? "",
                verdict ?? "", target ?? "", isMet.map { $0 ? "yes" : "**no**" } ?? "",
            ]
        }

        /// Shows how many times the cost of another Vitaal's is.
        mutating func compare(_ ratio: Double?, with other: String, target: Double?) {
            guard let ratio else { return }
            verdict = "\(ratio.text(2)) × \(other)"
            self.target = target.map { "≤ \($0) ×" }
            isMet = target.map { ratio <= $0 }
        }
    }

    private var rows: [Row] { costRows + loadRows + slowRows }

    private var costRows: [Row] {
        let handshake = handshakeSeconds.median
        let vitaal = Self.cost(vitaalEncrypted)
        let exporter = Self.cost(blackboxEncrypted, process: 0)
        let prometheus = Self.cost(blackboxEncrypted, process: 1)
        let rate = " at \(Benchmark.encrypted.rate.text(0)) a second"
        var calm = Row(
            name: "CPU per HTTPS probe, ms,\(rate)", handshake: Self.milliseconds(handshake),
            vitaal: Self.milliseconds(vitaal), blackbox: Self.milliseconds(exporter),
            prometheus: Self.milliseconds(prometheus))
        let ratios = self.ratios
        calm.compare(
            ratios[.httpsOverPeers], with: "blackbox + Prometheus",
            target: target(of: .httpsOverPeers))
        var alone = Row()
        alone.compare(
            ratios[.httpsOverHandshake], with: "s_time", target: target(of: .httpsOverHandshake))
        let fast = Self.cost(vitaalBusy)
        var busy = Row(
            name: "the same at \(Benchmark.busy.rate.text(0)) a second",
            handshake: Self.milliseconds(handshake), vitaal: Self.milliseconds(fast))
        busy.compare(
            ratios[.busyHTTPSOverHandshake], with: "s_time",
            target: target(of: .busyHTTPSOverHandshake))
        let plain = Self.cost(vitaalPlain)
        let plainExporter = Self.cost(blackboxPlain, process: 0)
        var http = Row(
            name: "CPU per HTTP probe, ms", vitaal: Self.milliseconds(plain),
            blackbox: Self.milliseconds(plainExporter),
            prometheus: Self.milliseconds(Self.cost(blackboxPlain, process: 1)))
        http.compare(
            ratios[.httpOverBlackbox], with: "blackbox", target: target(of: .httpOverBlackbox))
        return [calm, alone, busy, http]
    }

    private func target(of ratio: BenchmarkRatio) -> Double? {
        thresholds.thresholds[ratio]?.target
    }

    private var loadRows: [Row] {
        let load = Benchmark.encrypted
        let seconds = vitaalEncrypted.last?.seconds ?? 0
        let name =
            "\(load.endpoints) HTTPS endpoints every \(load.intervalSeconds) s for \(seconds.text(0)) s"
        let own = vitaalEncrypted.last
        let other = blackboxEncrypted.last
        let resident = own?.residentMegabytes.first
        var rows = [
            Row(
                name: "\(name): CPU, s", vitaal: own?.cpuSeconds.first?.text(1),
                blackbox: other?.cpuSeconds.first?.text(1),
                prometheus: other?.cpuSeconds.last?.text(1)),
            Row(
                name: "the same: resident memory, MB", vitaal: resident?.text(0),
                blackbox: other?.residentMegabytes.first?.text(0),
                prometheus: other?.residentMegabytes.last?.text(0), target: "≤ 60 MB",
                isMet: resident.map { $0 <= 60 }),
            Row(
                name: "the same: peak memory since the start, MB",
                vitaal: own?.peakMegabytes.first?.text(0),
                blackbox: other?.peakMegabytes.first?.text(0),
                prometheus: other?.peakMegabytes.last?.text(0)),
        ]
        if let readySeconds, let firstResultsSeconds {
            // The last slot is due a whole interval after the first: a tenth is for its probe.
            let probing = firstResultsSeconds - readySeconds
            rows.append(
                Row(
                    name: "every endpoint has a result, s from when the process is ready",
                    vitaal: "\(probing.text(1)) (ready after \(readySeconds.text(2)))",
                    target: "≤ \(load.intervalSeconds) s",
                    isMet: probing < Double(load.intervalSeconds) + 0.1))
        }
        rows.append(
            Row(
                name: "slots missed in all of the above", vitaal: missedSlots.map(String.init),
                target: "0", isMet: missedSlots.map { $0 == 0 }))
        return rows
    }

    private var slowRows: [Row] {
        guard let slow else { return [] }
        let flight = "\(slow.inFlight.lowerBound)–\(slow.inFlight.upperBound) in flight"
        return [
            Row(
                name: "slow HTTP transfers, \(flight): CPU each, ms",
                vitaal: Self.milliseconds(slow.cpuPerProbe), target: "≤ 0.2 ms",
                isMet: slow.cpuPerProbe <= 0.0002),
            Row(
                name: "the same: peak memory since the start, MB",
                vitaal: slow.peakMegabytes.text(0)),
            Row(
                name: "the same: slots missed", vitaal: String(slow.missedSlots), target: "0",
                isMet: slow.missedSlots == 0),
        ]
    }

    /// The median CPU seconds per probe, of one process or of all together.
    private static func cost(_ windows: [Benchmark.Window], process: Int? = nil) -> Double? {
        windows.map { window in
            process.map { window.cpuPerProbe[$0] } ?? window.cpuPerProbe.reduce(0, +)
        }.median
    }

    private static func milliseconds(_ seconds: Double?) -> String? {
        seconds.map { ($0 * 1000).text(3) }
    }
}
