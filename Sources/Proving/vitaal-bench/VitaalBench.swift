import Dispatch
import Foundation

/// Measures Vitaal beside the tools that people know, or soaks it.
///
/// Everything runs on the main thread: a child that is to die with its parent dies with the
/// *thread* that started it (prctl(2), PR_SET_PDEATHSIG), and only the main thread never ends
/// early.
@main
struct VitaalBench {
    static let usage = """
        USAGE: vitaal-bench [--quick] [--slow-transfers]
               vitaal-bench --distrust
               vitaal-bench --rules
               vitaal-bench --alerts
               vitaal-bench --simulate-year [--seeds N] [--endpoints N]
               vitaal-bench --store [ENDPOINTS]
               vitaal-bench --torture KILLS CUTS
               vitaal-bench --soak SECONDS [--lab-inside]

        Without --soak: measures Vitaal beside blackbox_exporter, Prometheus and openssl, each
        against a local nginx, and prints a table in Markdown. Takes five minutes; --quick takes
        two, and its numbers are rough. Ratios that are worse than in Benchmarks/thresholds.json
        by more than 15 % are named; exit 1 then, but not with --quick.

        --slow-transfers  Measures only thousands of slow transfers in flight.

        --distrust      Measures only `vitaal certs distrust` with 10,000 endpoints; exit 1 when it
                        takes more than three seconds.

        --rules         Measures only the evaluation of 20 rules for 10,000 endpoints; exit 1 when it
                        takes more than 100 ms.

        --alerts        Measures only a monitor with 10,000 firing alerts: `vitaal status`, the time
                        from a failed probe to its alert and from there to a receiver; exit 1 when a
                        target is missed.

        --simulate-year  Plays a year of outages of 1,000 endpoints with 50 seeds to the rules; exit 1 when
                        an outage was not told, something was told without cause or it plays fewer
                        than 1,000 endpoint-years a minute. The checksum is that of all that was said.

        --store         Measures only the durable store with a month of ENDPOINTS (1,000) at 30 s; exit
                        1 when a target is missed.

        --torture       Kills a writer of the store KILLS times at random instants and cuts its power CUTS
                        times (root only); exit 1 when anything acknowledged is lost.

        --soak SECONDS  Runs Vitaal with 1,000 endpoints in a flapping lab and prints how memory,
                        descriptors and threads develop; exit 1 when one of them grows or a slot
                        is missed.
        --lab-inside    Plays the lab in the process of the monitor, whose memory is then both.

        The program `vitaal` is taken from the directory of this one, the rules from ./alerts,
        the ratios of before from ./Benchmarks.
        """

    /// What is measured, and whether it is as it should be.
    private typealias Measurement = @MainActor (Workspace) async throws -> Bool

    @MainActor static func main() async {
        let arguments = CommandLine.arguments.dropFirst()
        // The slow server is a child of the benchmark, so that its work is not ours.
        if arguments == ["--slow-server"] { return SlowServer.runForever() }
        if arguments == ["--help"] || arguments == ["-h"] { return print(usage) }
        exit(await run(single(arguments) ?? beside(arguments)))
    }

    /// The measurement of one part; nil when the arguments ask for none.
    private static func single(_ arguments: ArraySlice<String>) -> Measurement? {
        let values = arguments.dropFirst()
        let numbers = values.compactMap { Int($0) }
        switch arguments.first {
        case "--distrust" where values.isEmpty: return { try DistrustTiming(workspace: $0).run() }
        case "--alerts" where values.isEmpty: return { try AlertTiming(workspace: $0).run() }
        case "--rules" where values.isEmpty: return { _ in try RuleTiming().run() }
        case "--simulate-year":
            guard let simulation = YearSimulation(values) else {
                complain("--simulate-year takes a number of seeds and one of endpoints, at least 5")
            }
            return { _ in try simulation.run() }
        case "--store-writer" where values.count == 1:
            // The writer that the torture kills.
            return { _ in try StoreTorture.writeForever(to: values.last ?? "") }
        case "--store-open" where values.count == 1:
            // What `StoreTiming` looks at from outside.
            return { _ in try StoreTiming.openForEver(values.last ?? "") }
        case "--torture":
            guard numbers.count == 2, values.count == 2, numbers[0] >= 1, numbers[1] >= 0 else {
                complain("--torture takes a number of kills and one of power cuts")
            }
            return { try StoreTorture(rounds: numbers[0], cuts: numbers[1], workspace: $0).run() }
        case "--store":
            let endpoints = numbers.first ?? 1000
            guard values.count == numbers.count, values.count <= 1, endpoints > 10 else {
                complain("--store takes a number of endpoints, at least 11")
            }
            return { try await StoreTiming(workspace: $0, endpoints: endpoints).run() }
        default: return nil
        }
    }

    /// The measurement beside the peers, of slow transfers, or of a long run.
    private static func beside(_ arguments: ArraySlice<String>) -> Measurement {
        var arguments = arguments
        var flags: Set<String> = []
        var soakSeconds: Int?
        while let argument = arguments.popFirst() {
            switch argument {
            case "--quick", "--slow-transfers", "--lab-inside": flags.insert(argument)
            case "--soak":
                guard let seconds = arguments.popFirst().flatMap({ Int($0) }), seconds >= 30 else {
                    complain("--soak takes a number of seconds, at least 30")
                }
                soakSeconds = seconds
            default: complain("unknown argument '\(argument)'")
            }
        }
        let isLabInside = flags.contains("--lab-inside")
        if isLabInside && soakSeconds == nil { complain("--lab-inside goes with --soak") }
        if let soakSeconds {
            for flag in flags where flag != "--lab-inside" {
                complain("\(flag) does not go with --soak")
            }
            return { try Soak(seconds: soakSeconds, isLabInside: isLabInside).run(in: $0) }
        }
        let isQuick = flags.contains("--quick")
        let plan: Benchmark.Plan = isQuick ? .quick : .standard
        if flags.contains("--slow-transfers") {
            return { workspace in
                let slow = try SlowTransfers(plan: plan, workspace: workspace).run()
                print("missed slots: \(slow.missedSlots), peak \(slow.peakMegabytes.text(0)) MB")
                return true
            }
        }
        return { workspace in
            let thresholds = try Thresholds.read()
            let report = try Benchmark(plan: plan, workspace: workspace, thresholds: thresholds)
                .run()
            print(report.markdown())
            for complaint in report.complaints {
                say(isQuick ? "perhaps worse, as one round is no proof: \(complaint)" : complaint)
            }
            return isQuick || report.complaints.isEmpty
        }
    }

    /// Runs `body` and stops whatever it has started, however it ends.
    @MainActor private static func run(_ body: Measurement) async -> Int32 {
        do {
            let workspace = try Workspace()
            let signals = stopOnSignals(workspace.directory)
            defer {
                ChildRegistry.stopAll()
                workspace.remove()
                signals.forEach { $0.cancel() }
            }
            return try await body(workspace) ? 0 : 1
        } catch {
            say("\(error)")
            return 1
        }
    }

    private static func stopOnSignals(_ directory: String) -> [any DispatchSourceSignal] {
        signal(SIGPIPE, SIG_IGN)
        return [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                ChildRegistry.stopAll()
                Workspace.remove(directory)
                _exit(128 + number)
            }
            source.resume()
            return source
        }
    }

    private static func complain(_ message: String) -> Never {
        say(message + "\n\n" + usage)
        exit(64)
    }
}

/// Tells a person on standard error what is going on; standard output is for the table.
func say(_ message: String) {
    FileHandle.standardError.write(Data((message + "\n").utf8))
}

/// Why a measurement could not be made.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
