import ArgumentParser
import Catalogue
import Daemon
import Glibc
import HealthModel
import Lab
import Probing
import Scheduling
import StatusServer

/// `vitaal run`: the daemon.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Watch the catalogue: probe, keep, alert, show.",
        discussion: """
            --lab plays the catalogue on loopback, with an outage as the scenario says. Without it \
            every probe must stay on this machine (--connect-to), or --live --contact ADDRESS must \
            be given. SIGHUP or POST /-/reload reads the configuration again; SIGTERM stops.
            """)

    @OptionGroup var configuration: ConfigurationOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var distrust: DistrustOptions

    @Option(help: ArgumentHelp("Where metrics and status are served.", valueName: "host:port"))
    var listen: String = ListeningAddress.standard.description

    @Option(
        help: ArgumentHelp(
            "Directory of the evidence log, the inventory and the results. Default: the XDG state directory, /var/lib/vitaal for root.",
            valueName: "dir"))
    var dataDir: String?

    @Option(
        help: ArgumentHelp(
            "Bytes that the results may take on disk, such as 500MB or 20GB; then the oldest go first.",
            valueName: "size"))
    var maxDisk: ByteCount?

    @Option(
        help: ArgumentHelp(
            "Days after which durations of results are rounded to 0.8 %, which takes 2.5 times less; 2 or more. Default: never.",
            valueName: "days"))
    var roundAfter: Int?

    @Flag(help: "Play the catalogue on loopback instead of probing the internet.")
    var lab = false

    @Option(
        help: ArgumentHelp(
            "What goes wrong in the lab: a name from `vitaal lab --list` or a YAML file. Default: demonstration.",
            valueName: "scenario"))
    var scenario: String?

    @Option(help: "Loop threads; as many as the load needs unless given, at most one per core.")
    var loops: Int?

    private var scenarioName: String { scenario ?? "demonstration" }

    func validate() throws {
        if let roundAfter, !(2...14).contains(roundAfter) {
            throw ValidationError("--round-after takes 2 to 14 days")
        }
        if lab && connection.live {
            throw ValidationError("--lab and --live exclude each other")
        }
        if lab {
            _ = try ScenarioSource(scenarioName)
            if !connection.isStandard {
                throw ValidationError(
                    "--ca-file, --connect-to, --resolver and --dnssec-anchor do not go with --lab, "
                        + "which sets them")
            }
        } else if scenario != nil {
            throw ValidationError("--scenario is played by the lab: give --lab as well")
        }
        if ListeningAddress(listen) == nil {
            throw ValidationError("--listen '\(listen)' is not HOST:PORT")
        }
        if let loops, !(1...64).contains(loops) {
            throw ValidationError("--loops takes 1 to 64")
        }
    }

    func run() async throws {
        // `validate` has seen that it is an address.
        let address = ListeningAddress(listen) ?? .standard
        let played =
            lab
            ? try await LabSession.start(
                scenario: ScenarioSource(scenarioName), from: configuration) : nil
        if played == nil { try refuseStrangers() }
        let daemon = daemonConfiguration(address: address, played: played)
        let intro = Introduction(
            configuration: daemon, session: played, command: CommandLine.arguments.first ?? "vitaal"
        )
        let narrator = played.map { session in
            Task {
                for await event in session.lab.events { Console.say(intro.line(for: event)) }
            }
        }
        do {
            try await VitaalDaemon.run(
                daemon, timekeeper: SystemTimekeeper(), say: { Console.say($0) },
                onListening: { address in intro.lines(address: address).forEach(Console.say) })
        } catch {
            await played?.stop()
            StandardError.complain(error.description)
            throw PluginExit.critical
        }
        narrator?.cancel()
        await played?.stop()
        Console.say("stopped")
    }

    /// Nobody's host is probed by accident.
    private func refuseStrangers() throws {
        let read = try loadOrComplain(configuration)
        guard !connection.live else {
            if !read.catalogue.controls.allSatisfy({ read.ownedEndpoints.contains($0.id) }) {
                Console.say(
                    "control targets of strangers are not looked at every 10 s: they are left out; "
                        + "name your own and say `controls_owned: true`")
            }
            return
        }
        guard
            let stranger = read.catalogue.probedEndpoints.first(where: {
                !connection.staysHere($0.url)
            })
        else { return }
        StandardError.complain(
            """
            \(stranger.id) is at \(stranger.url.host), which is not this machine.
            To see the catalogue played on loopback:  vitaal run --lab
            To probe real hosts, politely:            vitaal run --live --contact you@example.org
            """)
        throw PluginExit.unknown
    }

    private func daemonConfiguration(
        address: ListeningAddress, played: LabSession?
    ) -> DaemonConfiguration {
        let base = dataDir ?? Paths.dataDirectory + (played == nil ? "" : "/lab")
        var daemon = DaemonConfiguration(
            probesDirectory: configuration.probesDirectory,
            alertsDirectory: configuration.alertsDirectory, dataDirectory: base,
            listeningAddress: address, trustStorePath: connection.caFile,
            resolver: connection.resolverConfiguration, connectOverrides: connection.connectTo,
            userAgent: connection.userAgent,
            limits: connection.live ? LivePolicy.limits : ScheduleLimits(),
            isPolite: connection.live,
            loops: loops,
            seed: UInt64.random(in: .min ... .max))
        daemon.distrustAfter = distrust.dates
        daemon.diskLimitBytes = maxDisk?.bytes
        daemon.roundAfter = roundAfter.map { .seconds($0 * 86_400) }
        if let played {
            daemon.trustStorePath = played.lab.caFilePath
            daemon.resolver = played.resolver
            daemon.connectOverrides = played.connectOverrides
            daemon.limits.acceleration = played.lab.scenario.speed
            daemon.scenario = played.lab.scenario.name
        }
        return daemon
    }
}
