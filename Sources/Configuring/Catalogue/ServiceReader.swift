import HealthModel
import YAMLReading

/// The keys of a service.
enum ServiceKey: String, FieldKey {
    case id
    case name
    case owner
    case sector
    case peerGroup = "peer_group"
    case tier
    case tags
    case kind
    case owned
    case objective
    case serviceHours = "service_hours"
    case contact
    case runbook
    case dependsOn = "depends_on"
    case endpoints
    case note
    static let mappingName = "a service"
}

/// The keys of a dependency.
enum DependencyKey: String, FieldKey {
    case service
    case kind
    case audience
    static let mappingName = "a dependency"
}

/// Who feels a dependency.
enum Audience: String, CaseIterable {
    case citizen
    case business
}

/// A dependency as written, before it is known whether its service exists.
struct DependencyDraft {
    var dependency: Dependency
    var position: SourcePosition
}

/// A service as written, before ids are compared.
struct ServiceDraft {
    var id: ServiceID
    var position: SourcePosition
    var name: LocalizedText
    var owner: String
    var sector: String
    var peerGroup: String?
    var objective: Objective
    var tier: Tier
    var tags: Set<String>
    var kind: Service.Kind
    var dependencies: [DependencyDraft]
    var endpoints: [EndpointDraft]
    var contact: String?
    var runbook: String?
    /// Whether the whole file is enabled.
    var isEnabled: Bool

    /// The service itself.
    var service: Service {
        var service = Service(
            id: id, name: name, owner: owner, sector: sector, tier: tier, kind: kind,
            dependencies: dependencies.map(\.dependency), peerGroup: peerGroup,
            objective: objective)
        service.tags = tags
        service.contact = contact
        service.runbook = runbook
        return service
    }
}

/// Reads one service with its endpoints.
struct ServiceReader {
    /// The sector of the file, for services that name none.
    let fileSector: String?
    /// The peer group of the file, for services that name none.
    var filePeerGroup: String?
    /// Whether the file is enabled.
    let isFileEnabled: Bool
    let log: MistakeLog

    /// The service in `node`; nil when it has no usable id.
    ///
    /// All mistakes have been reported.
    func service(_ node: YAMLNode) -> ServiceDraft? {
        guard let fields = Fields<ServiceKey>(node, log) else { return nil }
        let id = fields.required(.id).flatMap { $0.identifier(log) }
        let name = fields.required(.name).flatMap { $0.localizedText(log) }
        let owner = fields.required(.owner).flatMap { $0.text(log) }
        let tier = fields.required(.tier).flatMap(tier)
        let tags =
            fields[.tags]?.items(log, of: "tags", limit: Limits.tagsPerService)
            .compactMap { $0.identifier(log) } ?? []
        let kind = fields[.kind].map { $0.choice(Service.Kind.self, log) } ?? .probed
        let isOwned = fields[.owned].map { $0.boolean(log) ?? false } ?? false
        let sector = sector(fields)
        let peerGroup = fields[.peerGroup].map { $0.identifier(log) } ?? filePeerGroup
        _ = fields[.note]?.text(log)
        let (contact, runbook) = (fields[.contact]?.text(log), fields[.runbook]?.text(log))
        let dependencies = Self.dependencies(fields[.dependsOn], log)
        let objective = ObjectiveReader.objective(
            fields[.objective], hours: fields[.serviceHours], tier: tier ?? .tier3, log)
        let endpoints =
            (fields[.endpoints]?.items(log, of: "endpoints", limit: Limits.endpoints)
            ?? []).compactMap { node in
                EndpointReader.endpoint(node, tier: tier ?? .tier3, isServiceOwned: isOwned, log)
            }
        if let kind { checkEndpoints(of: kind, fields) }
        guard let id else { return nil }
        return ServiceDraft(
            id: ServiceID(id), position: fields[.id]?.position ?? fields.position,
            name: name ?? LocalizedText(dutch: id, english: id), owner: owner ?? "",
            sector: sector ?? "", peerGroup: peerGroup, objective: objective, tier: tier ?? .tier3,
            tags: Set(tags), kind: kind ?? .probed,
            dependencies: dependencies, endpoints: endpoints, contact: contact,
            runbook: runbook, isEnabled: isFileEnabled)
    }

    private func tier(_ node: YAMLNode) -> Tier? {
        node.integer(log, in: 0...3).flatMap(Tier.init(rawValue:))
    }

    private func sector(_ fields: Fields<ServiceKey>) -> String? {
        if let node = fields[.sector] { return node.identifier(log) }
        if let fileSector { return fileSector }
        log.add(
            at: fields.position, "a service without `sector`",
            expected: "`sector` here or once at the top of the file")
        return nil
    }

    /// What a service depends on; nothing when nothing is written.
    static func dependencies(_ node: YAMLNode?, _ log: MistakeLog) -> [DependencyDraft] {
        let items =
            node?.items(log, of: "dependencies", limit: Limits.dependenciesPerService) ?? []
        return items.compactMap { item in
            guard let fields = Fields<DependencyKey>(item, log) else { return nil }
            let service = fields.required(.service)
            let id = service?.identifier(log)
            let kind = fields.required(.kind)?.choice(Dependency.Kind.self, log)
            // Kept in the file for people: a login edge that only businesses feel, say.
            _ = fields[.audience]?.choice(Audience.self, log)
            guard let id, let kind, let service else { return nil }
            return DependencyDraft(
                dependency: Dependency(service: ServiceID(id), kind: kind),
                position: service.position)
        }
    }

    private func checkEndpoints(of kind: Service.Kind, _ fields: Fields<ServiceKey>) {
        var hasEndpoints = fields[.endpoints] != nil
        if case .sequence(let items) = fields[.endpoints]?.content { hasEndpoints = !items.isEmpty }
        switch kind {
        case .dark where hasEndpoints:
            log.add(
                at: fields.position(of: .endpoints), "a dark service with endpoints",
                expected: "no `endpoints`, or `kind: probed`")
        case .probed where !hasEndpoints:
            log.add(
                at: fields.position, "a service without endpoints",
                expected: "`endpoints`, or `kind: dark` when it cannot be probed from outside")
        default: break
        }
    }
}
