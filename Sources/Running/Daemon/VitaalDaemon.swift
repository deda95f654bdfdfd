import Alerting
import Catalogue
import DurableStore
import Evidence
import Glibc
public import HealthModel
import Inventory
import Ledger
import Logging
import PollLoop
import Probing
import Routing
import Scheduling
import ServiceLifecycle
public import StatusServer
import TLSInspection
import UnixSignals
import YAMLReading

/// The composition root: builds everything, runs it, and stops it in order.
public enum VitaalDaemon {
    /// From SIGTERM to the end; then connections that still read are cut.
    static let shutdownDuration: Duration = .milliseconds(1500)
    /// Descriptors that the server, the loops and the files open: 56 were counted with two loops.
    static let ownDescriptors = 64
    /// Descriptors of one receiver: its loop's and its connection, or the pipes of its program.
    static let descriptorsPerReceiver = 10

    /// The daemon could not start; the text says why and what to do.
    public struct StartError: Error, Sendable, CustomStringConvertible {
        /// One or more lines for a person.
        public let description: String
    }

    /// Runs until SIGTERM or SIGINT.
    ///
    /// SIGHUP reloads.
    ///
    /// - Parameters:
    ///   - configuration: what the run is told from outside.
    ///   - timekeeper: the clocks.
    ///   - say: takes one line for a person.
    ///   - onListening: called once, when the server listens and probing starts.
    /// - Throws: `StartError` for everything an operator can mend.
    public static func run(
        _ configuration: DaemonConfiguration, timekeeper: any Timekeeper,
        say: @escaping @Sendable (String) -> Void,
        onListening: @escaping @Sendable (ListeningAddress) -> Void
    ) async throws(StartError) {
        signal(SIGPIPE, SIG_IGN)
        // Libraries make files of their own, and what is kept is not for every user of the machine.
        umask(0o027)
        ProcessStatistics.keepMemorySmall()
        var configuration = configuration
        ProcessStatistics.raiseDescriptorLimit()
        let process = ProcessStatistics.read()
        let watch = try read(configuration)
        let receivers = watch.rules.receivers.count * descriptorsPerReceiver
        let room = probesInFlight(
            open: process.openDescriptors + receivers, limit: process.descriptorLimit)
        configuration.limits.inFlight = min(configuration.limits.inFlight, room)
        let (monitor, engine) = try build(
            configuration, watch, timekeeper: timekeeper, say: say)
        defer { engine.stop() }
        var logger = Logger(label: "vitaal", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .warning
        let server = StatusServer(
            address: configuration.listeningAddress, reader: monitor, logger: logger
        ) { address in
            monitor.start(engine: engine)
            onListening(address)
            if let roots = monitor.counters().trustStoreDate, roots.isOld(at: timekeeper.now()) {
                say(roots.text(at: timekeeper.now()).english)
            }
            if case .unknown(let why) = timekeeper.clockDiscipline(), monitor.scenario == nil {
                say("whether the clock is right cannot be told: \(why)")
            }
            if watch.rules.receivers.isEmpty, monitor.scenario == nil {
                say(
                    "nobody is told of alerts, they are shown and logged only: no receiver in alerts/"
                )
            }
            if room < min(Limits.probesInFlight, monitor.snapshot().catalogue.endpoints.count) {
                say(
                    "the limit of \(process.descriptorLimit) file descriptors allows \(room) "
                        + "probes at once; raise it (ulimit -n, LimitNOFILE) if slots are missed")
            }
        }
        var group = ServiceGroupConfiguration(
            services: [.init(service: server), .init(service: ReloadOnSignal(monitor: monitor))],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = shutdownDuration
        do {
            try await ServiceGroup(configuration: group).run()
        } catch let error as StatusServerError {
            throw StartError(description: error.description)
        } catch is CancellationError {
            // A connection outlived the shutdown time.
        } catch {
            Console.hurry()
            monitor.stop()
            throw StartError(description: "\(error)")
        }
        Console.hurry()
        monitor.stop()
    }

    /// How many probes may be in flight so that scrapes, reloads and the log never lack a
    /// descriptor.
    ///
    /// Each probe may take two: two addresses are tried at once, or it leads to the lab here.
    static func probesInFlight(open: Int, limit: Int) -> Int {
        let free = max(0, limit - open - ownDescriptors)
        let reserve = min(StatusServer.connectionsLimit, free / 2)
        return max(1, (free - reserve) / 2)
    }

    private static func read(_ configuration: DaemonConfiguration) throws(StartError) -> Watch {
        do throws(ConfigurationError) {
            return try configuration.loadWatch()
        } catch {
            throw StartError(description: "\(error)")
        }
    }

    private static func build(
        _ configuration: DaemonConfiguration, _ watch: Watch, timekeeper: any Timekeeper,
        say: @escaping @Sendable (String) -> Void
    ) throws(StartError) -> (Monitor, ProbeEngine) {
        do {
            try makeDirectory(configuration.dataDirectory)
            let log = try EvidenceLog(path: configuration.evidencePath)
            let recorder = try InventoryRecorder(dataDirectory: configuration.dataDirectory)
            try makeDirectory(configuration.resultsDirectory)
            var options = DurableStore.Options()
            options.diskLimitBytes = configuration.diskLimitBytes
            options.roundAfter = configuration.roundAfter
            let store = try DurableStore(
                directory: configuration.resultsDirectory, options: options)
            let ledger = try Ledger(dataDirectory: configuration.dataDirectory)
            let trustStore = try TrustStore(
                path: configuration.trustStorePath, distrustAfter: configuration.distrustAfter)
            try trustStore.distrustWarnings().forEach(say)
            let token = try OperatorToken.load(dataDirectory: configuration.dataDirectory)
            let monitor = try Monitor(
                configuration: configuration, watch: watch, log: log, recorder: recorder,
                store: store, ledger: ledger, trustStore: trustStore, operatorToken: token,
                timekeeper: timekeeper, say: say)
            var engineConfiguration = ProbeEngine.Configuration(
                loops: configuration.loops
                    ?? DaemonConfiguration.loops(
                        for: watch.catalogue, cores: ProcessStatistics.coreCount),
                limits: configuration.limits,
                resolver: configuration.resolver,
                connectOverrides: configuration.connectOverrides, trustStore: trustStore,
                userAgent: configuration.userAgent, seed: configuration.seed)
            engineConfiguration.fetchesRevocationLists = true
            let engine = try ProbeEngine(
                configuration: engineConfiguration,
                timekeeper: timekeeper, sink: { monitor.deliver($0) },
                onMissed: { monitor.deliver(missed: $0) })
            return (monitor, engine)
        } catch {
            throw StartError(description: "\(error)")
        }
    }

    /// Makes a directory and those above it.
    private static func makeDirectory(_ path: String) throws(StartError) {
        var soFar = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            soFar += part + "/"
            if mkdir(soFar, 0o750) != 0 && errno != EEXIST {
                throw StartError(
                    description: "\(path): cannot be made: \(String(cString: strerror(errno)))")
            }
        }
    }
}

/// Reloads at every SIGHUP.
struct ReloadOnSignal: ServiceLifecycle.Service {
    let monitor: Monitor

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown()
        for await _ in signals { _ = await monitor.reload() }
    }
}

extension VitaalDaemon {
    /// Returns after the first SIGTERM or SIGINT.
    public static func waitForTermination() async {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        for await _ in signals { return }
    }
}
