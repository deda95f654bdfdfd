import Foundation

/// Lets the monitor run for long in a flapping lab and watches what it holds on to.
struct Soak {
    /// Endpoints, each on a host of its own.
    static let endpoints = 1000
    /// Seconds between two probes of an endpoint.
    static let intervalSeconds = 5
    /// Seconds between two samples.
    private static let sampleSeconds = 5.0
    /// Rows of the table.
    private static let rows = 20
    /// How soon SIGTERM must have stopped the monitor.
    private static let stopSeconds = 2.0

    /// How long to watch, from when probing starts.
    let seconds: Int
    /// Whether monitor and lab are one process, rather than two.
    let isLabInside: Bool

    /// Prints a table and a verdict.
    ///
    /// - Returns: Whether everything stayed flat and nothing was missed.
    func run(in workspace: Workspace) throws -> Bool {
        let catalogue = try GeneratedCatalogue(
            scheme: "https", endpoints: Self.endpoints, intervalSeconds: Self.intervalSeconds,
            timeout: "2s", confirm: "200ms..600ms"
        ).write(to: "catalogue", in: workspace)
        let scenario = try workspace.write(Self.scenario, to: "soak.yml")
        var lab: ChildProcess?
        defer { lab?.stop() }
        let options: [String]
        if isLabInside {
            options = ["--lab", "--scenario", scenario]
        } else {
            say("starting the lab: a certificate for each of \(Self.endpoints) hosts")
            let process = try ChildProcess(
                workspace.vitaal,
                [
                    "lab", "--probes", catalogue, "--alerts", "alerts", "--scenario", scenario,
                ], log: "lab.log", in: workspace)
            lab = process
            options = try Self.options(of: process)
        }
        let vitaal = try Vitaal(catalogue: catalogue, options: options, in: workspace)
        defer { vitaal.processes.forEach { $0.stop() } }
        say("soaking for \(seconds) s")
        let samples = try watch(vitaal)
        print(SoakSample.table(samples, rows: Self.rows))

        let askedAt = monotonicSeconds()
        let status = vitaal.processes[0].stop()
        let stopped = monotonicSeconds() - askedAt
        var complaints = SoakVerdict(samples: samples).complaints
        if status != 0 || stopped > Self.stopSeconds {
            complaints.append(
                "SIGTERM: wait status \(status) after \(stopped.text(1)) s, expected 0 within 2 s")
        }
        print("")
        if complaints.isEmpty {
            print("Flat: no growth of memory, descriptors or threads, and no missed slot.")
        }
        for complaint in complaints { print("FAILED: \(complaint)") }
        return complaints.isEmpty
    }

    private func watch(_ vitaal: Vitaal) throws -> [SoakSample] {
        let startedAt = monotonicSeconds()
        var samples: [SoakSample] = []
        var next = startedAt
        while next <= startedAt + Double(seconds) {
            sleep(until: next)
            let sample = try SoakSample(
                seconds: monotonicSeconds() - startedAt, metrics: try vitaal.metrics())
            samples.append(sample)
            if samples.count % 12 == 0 {
                say("  \(sample.seconds.text(0)) s: \(sample.probes) probes")
            }
            next += Self.sampleSeconds
        }
        return samples
    }

    /// How to get to the lab, as it tells itself.
    private static func options(of lab: ChildProcess) throws -> [String] {
        var options: [String] = []
        try wait(for: "the lab", seconds: 120) {
            _ = try lab.usage()
            // "  probe one    vitaal check https://…/ --resolver … --connect-to … --ca-file …"
            let line = lab.output.split(separator: "\n", omittingEmptySubsequences: false)
                .dropLast().first { $0.contains("vitaal check ") }
            options =
                line?.split(separator: " ").drop { !$0.hasPrefix("--") }.map(String.init) ?? []
            return !options.isEmpty
        }
        return options
    }

    private static let scenario = """
        name: soak
        summary:
          nl: Alle diensten wisselen voortdurend, elk op een eigen moment
          en: Every service keeps changing, each at its own moment
        timeline:
          - at: 0s
            hosts: ['*']
            fault: {flapping: 40s}
        """
}

/// What the monitor tells of itself at one moment.
struct SoakSample {
    /// Seconds since the soak began.
    let seconds: Double
    /// Resident memory in megabytes of 10^6 bytes.
    let residentMegabytes: Double
    /// Open descriptors.
    let descriptors: Double
    /// Threads.
    let threads: Double
    /// CPU seconds so far.
    let cpuSeconds: Double
    /// Probes finished so far.
    let probes: Int
    /// Probes in flight.
    let inFlight: Int
    /// Endpoints whose last probe succeeded: neither all nor none in a lab that flaps.
    let successes: Int
    /// Second attempts so far: they go on as long as the lab flaps.
    let confirmations: Int
    /// Slots missed so far.
    let missedSlots: Int
    /// Results dropped so far.
    let droppedResults: Int
    /// Evidence lines so far: proof that alerts come and go.
    let evidenceLines: Int

    /// Reads the page that Prometheus would scrape.
    init(seconds: Double, metrics: String) throws {
        func value(_ name: String) throws -> Double {
            guard let value = metrics.value(of: name) else {
                throw BenchError("there is no \(name) at /metrics")
            }
            return value
        }
        self.seconds = seconds
        residentMegabytes = try value("process_resident_memory_bytes") / 1e6
        descriptors = try value("process_open_fds")
        threads = try value("process_threads")
        cpuSeconds = try value("process_cpu_seconds_total")
        probes = Int(try value("vitaal_finished_probes_total"))
        inFlight = Int(try value("vitaal_probes_in_flight"))
        successes = metrics.values(of: "probe_success").count { $0.value == 1 }
        confirmations = Int(try value("vitaal_confirmations_total"))
        missedSlots = Int(try value("vitaal_missed_slots_total"))
        droppedResults = Int(try value("vitaal_dropped_results_total"))
        evidenceLines = Int(try value("vitaal_evidence_lines_total"))
    }

    /// A table with about `rows` of the samples, the last one always.
    static func table(_ samples: [SoakSample], rows: Int) -> String {
        let names = [
            "s", "resident MB", "descriptors", "threads", "CPU s", "probes", "in flight",
            "successes", "confirmations", "missed", "dropped", "evidence lines",
        ]
        let step = max(1, samples.count / rows)
        let shown = samples.enumerated()
            .filter { $0.offset % step == 0 || $0.offset == samples.count - 1 }
            .map { _, sample in
                [
                    sample.seconds.text(0), sample.residentMegabytes.text(1),
                    sample.descriptors.text(0), sample.threads.text(0), sample.cpuSeconds.text(1),
                    "\(sample.probes)", "\(sample.inFlight)", "\(sample.successes)",
                    "\(sample.confirmations)",
                    "\(sample.missedSlots)", "\(sample.droppedResults)", "\(sample.evidenceLines)",
                ]
            }
        return ([names, names.map { _ in "---" }] + shown)
            .map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }
}

/// Whether a soak was passed.
struct SoakVerdict {
    /// By how much a mean may be larger in the last third than in the middle one.
    private static let growthMax = 1.05
    /// Descriptors more or less that are chance: probes are in flight or not.
    private static let descriptorNoise = 10.0

    /// The share of endpoints that are up in a lab where each is up half of the time.
    private static let flappingShare = 0.2...0.8

    /// The samples in the order of time.
    let samples: [SoakSample]

    /// Everything that is wrong; empty when the soak was passed.
    var complaints: [String] {
        guard let first = samples.first, let last = samples.last, samples.count >= 6 else {
            return ["too short: \(samples.count) samples"]
        }
        var complaints = [
            growth("resident memory (MB)", \.residentMegabytes, noise: 0),
            growth("descriptors", \.descriptors, noise: Self.descriptorNoise),
            growth("threads", \.threads, noise: 0.5),
        ].compactMap { $0 }
        if last.missedSlots > 0 { complaints.append("\(last.missedSlots) slots missed") }
        if last.droppedResults > 0 { complaints.append("\(last.droppedResults) results dropped") }
        let due =
            (last.seconds - first.seconds) * Double(Soak.endpoints)
            / Double(Soak.intervalSeconds)
        let probes = Double(last.probes - first.probes)
        if probes < 0.95 * due {
            complaints.append("\(probes.text(0)) probes, where \(due.text(0)) were due")
        }
        let later = samples[(samples.count / 3)...]
        let up = (later.map { Double($0.successes) }.mean ?? 0) / Double(Soak.endpoints)
        if !Self.flappingShare.contains(up)
            || last.confirmations <= later[later.startIndex].confirmations
        {
            complaints.append("\((up * 100).text(0)) % succeeded: the lab does not flap")
        }
        if last.evidenceLines < 2 { complaints.append("no evidence of any alert") }
        return complaints
    }

    private func growth(
        _ name: String, _ value: (SoakSample) -> Double, noise: Double
    ) -> String? {
        let third = samples.count / 3
        guard let middle = samples[third..<(2 * third)].map(value).mean,
            let last = samples[(2 * third)...].map(value).mean
        else { return nil }
        guard last > middle * Self.growthMax + noise else { return nil }
        return "\(name) grew from \(middle.text(1)) to \(last.text(1))"
    }
}
