public import HealthModel
public import Routing
public import YAMLReading

/// Everything that operators write: what is watched, and what is worth telling.
public struct Configuration: Sendable, Hashable {
    /// What is watched.
    public var catalogue: ServiceCatalogue
    /// Enabled endpoints and control targets marked as the operator's own, which may be probed faster than strangers allow.
    public var ownedEndpoints: Set<EndpointID>
    /// The client certificates that enabled endpoints name, each pair of files once.
    public var clientCertificates: [ClientCertificateReference] = []
    /// The files of trusted roots that enabled endpoints name, each once.
    public var trustFiles: [TrustFileReference] = []
    /// The files of secrets that receivers name.
    public var secretFiles: [SecretFileReference] = []
    /// The programs that receivers name.
    public var programs: [ProgramReference] = []
    /// What is worth telling.
    public var rules: RuleSet
    /// How many services and endpoints there are, disabled ones apart.
    public var counts: CatalogueReading.Counts
    /// The paths of the files read, those of `probes/` first.
    public var sourceFiles: [String]
}

/// Loads a configuration from its two directories.
public enum ConfigurationLoader {
    /// Reads every YAML file below both directories.
    ///
    /// Blocks while it reads; call it from any thread that may wait for a disk.
    ///
    /// - Throws: every mistake in every file of both directories, sorted.
    public static func load(
        probesDirectory: String, alertsDirectory: String
    ) throws(ConfigurationError) -> Configuration {
        let log = MistakeLog()
        let probeFiles = SourceDirectory.files(in: probesDirectory, log)
        let alertFiles = SourceDirectory.files(in: alertsDirectory, log)
        let isReadable = log.count == 0
        let configuration = read(probeFiles: probeFiles, alertFiles: alertFiles, log)
        if isReadable {
            reportEmpty(probesDirectory, probeFiles, log)
            reportEmpty(alertsDirectory, alertFiles, log)
        }
        if log.count == 0, configuration.catalogue.services.isEmpty {
            log.add(
                at: SourcePosition(file: probesDirectory), "no service in any enabled file",
                expected: "something to watch")
        }
        if let error = log.error { throw error }
        return configuration
    }

    /// Reads files that are already in memory: the pure part of `load`.
    ///
    /// - Throws: every mistake in every file, sorted.
    public static func read(
        probeFiles: [SourceFile], alertFiles: [SourceFile]
    ) throws(ConfigurationError) -> Configuration {
        let log = MistakeLog()
        let configuration = read(probeFiles: probeFiles, alertFiles: alertFiles, log)
        if let error = log.error { throw error }
        return configuration
    }

    private static func read(
        probeFiles: [SourceFile], alertFiles: [SourceFile], _ log: MistakeLog
    ) -> Configuration {
        // Each reader judges by its own log whether its part is whole.
        let catalogueLog = MistakeLog()
        let ruleLog = MistakeLog()
        let reading = CatalogueReader.read(probeFiles, catalogueLog)
        let alerts = RuleReader.reading(alertFiles, ruleLog)
        if catalogueLog.count == 0 { reading.scopeNames.check(alerts.scopeNames, ruleLog) }
        for error in [catalogueLog.error, ruleLog.error].compactMap({ $0 }) { log.add(error) }
        return Configuration(
            catalogue: reading.catalogue, ownedEndpoints: reading.ownedEndpoints,
            clientCertificates: reading.clientCertificates, trustFiles: reading.trustFiles,
            secretFiles: alerts.receivers.secretFiles, programs: alerts.receivers.programs,
            rules: alerts.rules,
            counts: reading.counts, sourceFiles: (probeFiles + alertFiles).map(\.path))
    }

    private static func reportEmpty(
        _ directory: String, _ files: [SourceFile], _ log: MistakeLog
    ) {
        guard files.isEmpty else { return }
        log.add(
            at: SourcePosition(file: directory), "no file here",
            expected: "files with names ending in `.yml` or `.yaml`")
    }
}
