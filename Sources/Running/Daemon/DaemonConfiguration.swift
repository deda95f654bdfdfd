import Catalogue
import Evidence
public import HealthModel
public import Probing
import Routing
public import Scheduling
public import StatusServer
import TLSInspection
import YAMLReading

/// Everything that a run of the daemon is told from outside.
public struct DaemonConfiguration: Sendable {
    /// Where the services and endpoints are written.
    public var probesDirectory: String
    /// Where the rules are written.
    public var alertsDirectory: String
    /// Where the evidence log is kept.
    public var dataDirectory: String
    /// Where the status server listens.
    public var listeningAddress: ListeningAddress
    /// The file of trusted roots.
    public var trustStorePath: String
    /// Roots of that file that count for older certificates only; see `TrustStore.distrustAfter`.
    public var distrustAfter: [String: Timestamp] = [:]
    /// How names are resolved.
    public var resolver: ResolverConfiguration
    /// Where connections are sent instead.
    public var connectOverrides: [ConnectOverride]
    /// The User-Agent header.
    public var userAgent: String
    /// The caps of probing.
    public var limits: ScheduleLimits
    /// Whether intervals are kept long for hosts that the operator does not own.
    public var isPolite: Bool
    /// The scenario of the lab; nil outside the lab.
    public var scenario: String?
    /// Loop threads; nil means as many as the load needs, at most one per core.
    public var loops: Int?
    /// The seed of the random times of confirmations.
    public var seed: UInt64

    /// Makes a configuration.
    public init(
        probesDirectory: String, alertsDirectory: String, dataDirectory: String,
        listeningAddress: ListeningAddress, trustStorePath: String,
        resolver: ResolverConfiguration = ResolverConfiguration(),
        connectOverrides: [ConnectOverride] = [], userAgent: String,
        limits: ScheduleLimits = ScheduleLimits(), isPolite: Bool = false,
        scenario: String? = nil, loops: Int? = nil, seed: UInt64
    ) {
        self.probesDirectory = probesDirectory
        self.alertsDirectory = alertsDirectory
        self.dataDirectory = dataDirectory
        self.listeningAddress = listeningAddress
        self.trustStorePath = trustStorePath
        self.resolver = resolver
        self.connectOverrides = connectOverrides
        self.userAgent = userAgent
        self.limits = limits
        self.isPolite = isPolite
        self.scenario = scenario
        self.loops = loops
        self.seed = seed
    }

    /// Probes a second that one loop takes on: at about 1 ms each it then works half the time.
    static let probesPerSecondPerLoop = 500.0

    /// How many loops a catalogue needs on a machine with so many cores.
    ///
    /// A second loop on a core that the first one leaves idle makes every handshake dearer: on two
    /// hyperthreads 0.99 ms became 1.38 ms at 200 probes a second.
    static func loops(for catalogue: ServiceCatalogue, cores: Int) -> Int {
        let rate = catalogue.endpoints.reduce(0) { sum, endpoint in
            sum + 1 / endpoint.probe.interval.fractionalSeconds
        }
        return min(max(1, cores), max(1, Int((rate / probesPerSecondPerLoop).rounded(.up))))
    }

    /// Where the results are kept.
    public var resultsDirectory: String { dataDirectory + "/results" }
    /// Bytes that the results may take on disk; nil means no limit.
    public var diskLimitBytes: Int?
    /// How old a day of results is when its durations are rounded; nil means never.
    public var roundAfter: Duration?
    /// The file of the evidence log.
    public var evidencePath: String { dataDirectory + "/" + EvidenceFiles.activeName }

    /// Reads what is to be watched, as this run watches it: politely, or at the lab's speed.
    ///
    /// - Throws: `ConfigurationError` with every mistake.
    func loadWatch() throws(ConfigurationError) -> Watch {
        let read = try ConfigurationLoader.load(
            probesDirectory: probesDirectory, alertsDirectory: alertsDirectory)
        var watch = Watch(
            catalogue: read.catalogue,
            rules: read.rules.with(secrets: try SecretLoader.load(read.secretFiles)),
            identities: try ClientIdentityLoader.load(read.clientCertificates),
            trustStores: try TrustStoreLoader.load(read.trustFiles))
        if isPolite {
            watch.catalogue = LivePolicy.polite(watch.catalogue, owned: read.ownedEndpoints)
        }
        if limits.acceleration > 1 {
            watch.catalogue = watch.catalogue.accelerated(by: limits.acceleration)
            watch.rules = watch.rules.accelerated(by: limits.acceleration)
        }
        return watch
    }
}

/// What is watched and what is worth telling, as one run has it in force.
struct Watch: Sendable {
    var catalogue: ServiceCatalogue
    var rules: RuleSet
    /// The client certificates that endpoints name.
    var identities: ClientIdentities = [:]
    /// The trusted roots that endpoints name, by file.
    var trustStores: TrustStores = [:]
}
