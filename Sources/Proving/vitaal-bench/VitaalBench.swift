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

    @MainActor static func main() async {
        var arguments = CommandLine.arguments.dropFirst()
        // The slow server is a child of the benchmark, so that its work is not ours.
        if arguments == ["--slow-server"] { return SlowServer.runForever() }
        if arguments == ["--distrust"] {
            exit(await run { try DistrustTiming(workspace: $0).run() })
        }
        if arguments == ["--alerts"] { exit(await run { try AlertTiming(workspace: $0).run() }) }
        if arguments == ["--rules"] { exit(await run { _ in try RuleTiming().run() }) }
        if arguments.first == "--simulate-year" {
            guard let simulation = YearSimulation(arguments.dropFirst()) else {
                complain("--simulate-year takes a number of seeds and one of endpoints, at least 5")
            }
            exit(await run { _ in try simulation.run() })
        }
        // The writer that the torture kills.
        if arguments.first == "--store-writer", arguments.count == 2, let last = arguments.last {
            exit(
                await run { _ in
                    try StoreTorture.writeForever(to: last)
                })
        }
        // What `StoreTiming` looks at from outside.
        if arguments.first == "--store-open", arguments.count == 2, let last = arguments.last {
            exit(await run { _ in try StoreTiming.openForEver(last) })
        }
        if arguments.first == "--torture" {
            guard arguments.count == 3, let rounds = Int(arguments[2]),
                let cuts = Int(arguments[3]),
                rounds >= 1, cuts >= 0
            else { complain("--torture takes a number of kills and one of power cuts") }
            exit(
                await run {
                    try StoreTorture(rounds: rounds, cuts: cuts, workspace: $0).run()
                })
        }
        if arguments.first == "--store" {
            guard arguments.count <= 2,
                let endpoints = Int(arguments.last == "--store" ? "1000" : arguments.last ?? ""),
                endpoints > 10
            else { complain("--store takes a number of endpoints, at least 11") }
            exit(await run { try await StoreTiming(workspace: $0, endpoints: endpoints).run() })
        }
        var isQuick = false
        var isSlowOnly = false
        var isLabInside = false
        var soakSeconds: Int?
        while let argument = arguments.popFirst() {
            switch argument {
            case "--quick": isQuick = true
            case "--slow-transfers": isSlowOnly = true
            case "--lab-inside": isLabInside = true
            case "--soak":
                guard let seconds = arguments.popFirst().flatMap({ Int($0) }), seconds >= 30 else {
                    complain("--soak takes a number of seconds, at least 30")
                }
                soakSeconds = seconds
            case "--help", "-h":
                print(usage)
                return
            default: complain("unknown argument '\(argument)'")
            }
        }
        if isLabInside && soakSeconds == nil { complain("--lab-inside goes with --soak") }
        if isSlowOnly && soakSeconds != nil { complain("--slow-transfers does not go with --soak") }
        if isQuick && soakSeconds != nil { complain("--quick does not go with --soak") }
        let status = await run { workspace in
            if let soakSeconds {
                let soak = Soak(seconds: soakSeconds, isLabInside: isLabInside)
                return try soak.run(in: workspace)
            }
            let plan: Benchmark.Plan = isQuick ? .quick : .standard
            if isSlowOnly {
                let slow = try SlowTransfers(plan: plan, workspace: workspace).run()
                print("missed slots: \(slow.missedSlots), peak \(slow.peakMegabytes.text(0)) MB")
                return true
            }
            let benchmark = Benchmark(
                plan: plan, workspace: workspace, thresholds: try Thresholds.read())
            let report = try benchmark.run()
            print(report.markdown())
            for complaint in report.complaints {
                say(isQuick ? "perhaps worse, as one round is no proof: \(complaint)" : complaint)
            }
            return isQuick || report.complaints.isEmpty
        }
        exit(status)
    }

    /// Runs `body` and stops whatever it has started, however it ends.
    private static func run(_ body: (Workspace) async throws -> Bool) async -> Int32 {
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
