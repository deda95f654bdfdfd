import HealthModel
import YAMLReading

/// Puts the files of one catalogue together and checks what no single file can show.
struct CatalogueAssembly {
    private let log: MistakeLog
    private var services: [ServiceDraft] = []
    private var busyMarkers: [String] = []
    private var maintenanceMarkers: [String] = []
    private var controls: [ControlDraft] = []
    private var areControlsOwned = false
    /// Where the defaults stand; there is one set of them.
    private var defaultsPosition: SourcePosition?

    init(log: MistakeLog) { self.log = log }

    // MARK: Reading

    /// Adds the services and defaults of one file.
    ///
    /// An empty file adds nothing.
    mutating func add(_ file: SourceFile) {
        guard let root = YAMLDocument.root(of: file, log),
            let fields = Fields<CatalogueFileKey>(root, log)
        else { return }
        _ = fields[.about]?.text(log)
        let isEnabled = fields[.enabled].map { $0.boolean(log) ?? false } ?? true
        // A sector that was refused must not be reported again for every service.
        let sector = fields[.sector].map { $0.identifier(log) ?? "" }
        let peerGroup = fields[.peerGroup].flatMap { $0.identifier(log) }
        if let node = fields[.defaults] {
            addDefaults(node, at: fields.position(of: .defaults), isEnabled: isEnabled)
        }
        let reader = ServiceReader(
            fileSector: sector, filePeerGroup: peerGroup, isFileEnabled: isEnabled, log: log)
        let items =
            fields[.services]?.items(log, of: "services", limit: Limits.services) ?? []
        services += items.compactMap(reader.service)
    }

    /// Adds services that were read from elsewhere.
    mutating func add(_ drafts: [ServiceDraft]) { services += drafts }

    private mutating func addDefaults(
        _ node: YAMLNode, at position: SourcePosition, isEnabled: Bool
    ) {
        guard let fields = Fields<DefaultsKey>(node, log) else { return }
        if let first = defaultsPosition {
            log.add(at: position, "a second `defaults`, the first is at \(first)")
            return
        }
        defaultsPosition = position
        let busy = PatternReader.patterns(fields[.busyMarkers], log)
        let maintenance = PatternReader.patterns(fields[.maintenanceMarkers], log)
        let written = ControlReader.controls(fields[.controls], log)
        let isOwned = fields[.controlsOwned].map { $0.boolean(log) ?? false } ?? false
        if isEnabled {
            (busyMarkers, maintenanceMarkers, controls) = (busy, maintenance, written)
            areControlsOwned = isOwned
        }
    }

    // MARK: Checking

    /// Reports what is wrong between files and services.
    func check() {
        checkCounts()
        checkServiceIDs()
        checkEndpointIDs()
        checkDependencies()
    }

    private func checkCounts() {
        let endpointCount = services.reduce(0) { $0 + $1.endpoints.count }
        let start = services.first?.position ?? SourcePosition(file: "")
        if services.count > Limits.services {
            log.add(
                at: start, "\(services.count) services in all",
                expected: "at most \(Limits.services)")
        }
        if endpointCount > Limits.endpoints {
            log.add(
                at: start, "\(endpointCount) endpoints in all",
                expected: "at most \(Limits.endpoints)")
        }
    }

    private func checkServiceIDs() {
        var first: [ServiceID: SourcePosition] = [:]
        for service in services {
            if let position = first[service.id] {
                log.add(
                    at: service.position,
                    "the service id `\(service.id)` is used twice, first at \(position)")
            } else {
                first[service.id] = service.position
            }
        }
    }

    private func checkEndpointIDs() {
        var first: [EndpointID: SourcePosition] = [:]
        for endpoint in services.flatMap(\.endpoints) {
            if let position = first[endpoint.id] {
                log.add(
                    at: endpoint.position,
                    "the endpoint id `\(endpoint.id)` is used twice, first at \(position)")
            } else {
                first[endpoint.id] = endpoint.position
            }
        }
        for control in controls {
            guard let position = first[control.endpoint.id] else { continue }
            log.add(
                at: control.position,
                "the control target has the id `\(control.endpoint.id)`, as has the endpoint at "
                    + "\(position)")
        }
    }

    private func checkDependencies() {
        let enabled = Dictionary(services.map { ($0.id, $0.isEnabled) }) { $0 || $1 }
        for service in services {
            var seen: Set<ServiceID> = []
            for draft in service.dependencies {
                let parent = draft.dependency.service
                if !seen.insert(parent).inserted {
                    log.add(
                        at: draft.position, "`\(service.id)` names `\(parent)` twice",
                        expected: "one dependency on each service")
                } else if parent == service.id {
                    log.add(at: draft.position, "`\(service.id)` depends on itself")
                } else if enabled[parent] == nil {
                    log.add(
                        at: draft.position, "there is no service `\(parent)`",
                        hint: NearestName.hint(for: parent.text, among: enabled.keys.map(\.text)))
                } else if service.isEnabled, enabled[parent] == false {
                    log.add(
                        at: draft.position, "the service `\(parent)` is in a disabled file",
                        expected: "a service of an enabled file")
                }
            }
        }
    }

    // MARK: Result

    /// The checked catalogue.
    ///
    /// - Precondition: no mistake was reported.
    func reading() -> CatalogueReading {
        let enabled = services.filter(\.isEnabled)
        var endpoints: [Endpoint] = []
        var owned: Set<EndpointID> = []
        var certificates: [ClientCertificateReference] = []
        var files: Set<ClientCertificateFiles> = []
        var trustFiles: [String: SourcePosition] = [:]
        var disabledEndpoints = 0
        for service in enabled {
            for draft in service.endpoints {
                guard draft.isEnabled, let endpoint = endpoint(draft, of: service.id) else {
                    disabledEndpoints += 1
                    continue
                }
                endpoints.append(endpoint)
                if draft.isOwned { owned.insert(endpoint.id) }
                if let named = draft.probe.trustFile, trustFiles[named] == nil {
                    trustFiles[named] = draft.trustPosition
                }
                if let named = draft.probe.clientCertificate,
                    let position = draft.clientCertificatePosition, files.insert(named).inserted
                {
                    certificates.append(
                        ClientCertificateReference(files: named, position: position))
                }
            }
        }
        if areControlsOwned { owned.formUnion(controls.map(\.endpoint.id)) }
        var reading = CatalogueReading(
            catalogue: ServiceCatalogue(
                services: enabled.map(\.service), endpoints: endpoints,
                controls: controls.map(\.endpoint)),
            ownedEndpoints: owned, clientCertificates: certificates,
            trustFiles: trustFiles.map { TrustFileReference(path: $0, position: $1) }
                .sorted { $0.position < $1.position },
            counts: CatalogueReading.Counts(
                services: enabled.count, darkServices: enabled.count { $0.kind == .dark },
                endpoints: endpoints.count, disabledEndpoints: disabledEndpoints,
                disabledServices: services.count - enabled.count))
        reading.scopeNames = ScopeNames(services.map(\.service))
        return reading
    }

    /// The endpoint with the shared markers behind its own, so that its own are tried first.
    private func endpoint(_ draft: EndpointDraft, of service: ServiceID) -> Endpoint? {
        guard let url = draft.url else { return nil }
        var probe = draft.probe
        if draft.usesDefaultMarkers {
            probe.assertions.busyMarkers += busyMarkers
            probe.assertions.maintenanceMarkers += maintenanceMarkers
        }
        return Endpoint(id: draft.id, service: service, url: url, probe: probe)
    }
}
