public import HealthModel
public import YAMLReading

/// The keys at the top of a file in `probes/`.
enum CatalogueFileKey: String, FieldKey {
    case about
    case enabled
    case sector
    case peerGroup = "peer_group"
    case defaults
    case services
    static let mappingName = "a file of services"
}

/// The keys of the defaults that hold for every endpoint.
enum DefaultsKey: String, FieldKey {
    case busyMarkers = "busy_markers"
    case maintenanceMarkers = "maintenance_markers"
    case controls
    case controlsOwned = "controls_owned"
    static let mappingName = "defaults"
}

/// A client certificate and where it is named first.
public struct ClientCertificateReference: Sendable, Hashable {
    /// The files.
    public var files: ClientCertificateFiles
    /// Where an endpoint names them.
    public var position: SourcePosition
}

/// A file of trusted roots and where it is named first.
public struct TrustFileReference: Sendable, Hashable {
    /// The file.
    public var path: String
    /// Where an endpoint names it.
    public var position: SourcePosition

    /// Makes a reference.
    public init(path: String, position: SourcePosition) {
        self.path = path
        self.position = position
    }
}

/// What the files of `probes/` say.
public struct CatalogueReading: Sendable, Hashable {
    /// How many there are of each, disabled ones apart.
    public struct Counts: Sendable, Hashable {
        /// Services in the catalogue, dark ones included.
        public var services: Int
        /// Services among them that cannot be probed.
        public var darkServices: Int
        /// Endpoints that are probed.
        public var endpoints: Int
        /// Endpoints that are disabled, one by one, in enabled files.
        public var disabledEndpoints: Int
        /// Services in disabled files; they are checked, but not in the catalogue.
        public var disabledServices: Int
    }

    /// The services of enabled files and their enabled endpoints.
    public var catalogue: ServiceCatalogue
    /// Enabled endpoints that belong to the organisation that runs this monitor, by its own word
    /// (`owned: true`).
    ///
    /// They may be probed faster than strangers allow.
    public var ownedEndpoints: Set<EndpointID>
    /// The client certificates that enabled endpoints name, each pair of files once.
    ///
    /// Whether the files can be used is not known yet.
    public var clientCertificates: [ClientCertificateReference] = []
    /// The files of trusted roots that enabled endpoints name, each once.
    ///
    /// Whether they can be used is not known yet.
    public var trustFiles: [TrustFileReference] = []
    /// How many there are of each.
    public var counts: Counts
    /// What rules may name.
    var scopeNames = ScopeNames()
}

/// Reads the files of `probes/`.
///
/// Pure: the same files give the same reading.
public enum CatalogueReader {
    /// The catalogue of `files`, in their order.
    ///
    /// - Throws: every mistake in every file, sorted.
    public static func read(
        _ files: [SourceFile]
    ) throws(ConfigurationError) -> CatalogueReading {
        let log = MistakeLog()
        let reading = read(files, log)
        if let error = log.error { throw error }
        return reading
    }

    /// The catalogue as far as it could be read; of use only when `log` stayed empty.
    static func read(_ files: [SourceFile], _ log: MistakeLog) -> CatalogueReading {
        var assembly = CatalogueAssembly(log: log)
        for file in files { assembly.add(file) }
        assembly.check()
        return log.count == 0
            ? assembly.reading()
            : CatalogueReading(
                catalogue: .empty, ownedEndpoints: [],
                counts: CatalogueReading.Counts(
                    services: 0, darkServices: 0, endpoints: 0, disabledEndpoints: 0,
                    disabledServices: 0))
    }
}
