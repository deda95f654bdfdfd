import Foundation

/// What a benchmark has found, and the table that shows it.
struct BenchmarkReport {
    /// How many turns were made.
    let rounds: Int
    /// What the reader must know besides the table.
    var remarks: [String] = []

    /// HTTPS, by round; the last windows are the long ones.
    var encrypted: [Benchmark.Pair] = []
    /// HTTP, by round.
    var plain: [Benchmark.Pair] = []
    /// HTTPS by Vitaal as fast as `openssl s_time`, by round, and the CPU seconds per bare handshake.
    var busy: [(own: Benchmark.Window, handshakeSeconds: Double)] = []
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

    /// The ratios of the table; one that could not be measured is absent.
    ///
    /// Medians of the ratios of the rounds: a machine with neighbours is twice as fast in one minute
    /// as in the next.
    var ratios: [BenchmarkRatio: Double] {
        let handshakes = busy.map(\.handshakeSeconds)
        let measured: [(BenchmarkRatio, [Double])] = [
            (.httpsOverPeers, encrypted.compactMap { Self.ratio($0, process: nil) }),
            (.httpsOverHandshake, zip(encrypted, handshakes).map { Self.cost($0.own) / $1 }),
            (.busyHTTPSOverHandshake, busy.map { Self.cost($0.own) / $0.handshakeSeconds }),
            (.httpOverBlackbox, plain.compactMap { Self.ratio($0, process: 0) }),
        ]
        return measured.reduce(into: [:]) { ratios, one in ratios[one.0] = one.1.median }
    }

    /// What a probe of Vitaal costs, divided by what one costs a process of its peers or all.
    private static func ratio(_ pair: Benchmark.Pair, process: Int?) -> Double? {
        pair.peers.map { cost(pair.own) / cost($0, process: process) }
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
        let handshake = busy.map(\.handshakeSeconds).median
        let vitaal = Self.median(encrypted.map(\.own))
        let peers = encrypted.compactMap(\.peers)
        let exporter = Self.median(peers, process: 0)
        let prometheus = Self.median(peers, process: 1)
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
        var fast = Row(
            name: "the same at \(Benchmark.busy.rate.text(0)) a second",
            handshake: Self.milliseconds(handshake),
            vitaal: Self.milliseconds(Self.median(busy.map(\.own))))
        fast.compare(
            ratios[.busyHTTPSOverHandshake], with: "s_time",
            target: target(of: .busyHTTPSOverHandshake))
        let plainPeers = plain.compactMap(\.peers)
        var http = Row(
            name: "CPU per HTTP probe, ms",
            vitaal: Self.milliseconds(Self.median(plain.map(\.own))),
            blackbox: Self.milliseconds(Self.median(plainPeers, process: 0)),
            prometheus: Self.milliseconds(Self.median(plainPeers, process: 1)))
        http.compare(
            ratios[.httpOverBlackbox], with: "blackbox", target: target(of: .httpOverBlackbox))
        return [calm, alone, fast, http]
    }

    private func target(of ratio: BenchmarkRatio) -> Double? {
        thresholds.thresholds[ratio]?.target
    }

    private var loadRows: [Row] {
        let load = Benchmark.encrypted
        let seconds = encrypted.last?.own.seconds ?? 0
        let name =
            "\(load.endpoints) HTTPS endpoints every \(load.intervalSeconds) s for \(seconds.text(0)) s"
        let own = encrypted.last?.own
        let other = encrypted.last?.peers
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

    /// CPU seconds per probe, of one process or of all together.
    private static func cost(_ window: Benchmark.Window, process: Int? = nil) -> Double {
        process.map { window.cpuPerProbe[$0] } ?? window.cpuPerProbe.reduce(0, +)
    }

    private static func median(_ windows: [Benchmark.Window], process: Int? = nil) -> Double? {
        windows.map { cost($0, process: process) }.median
    }

    private static func milliseconds(_ seconds: Double?) -> String? {
        seconds.map { ($0 * 1000).text(3) }
    }
}
