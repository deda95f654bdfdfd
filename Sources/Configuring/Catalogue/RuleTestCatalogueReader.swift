import HealthModel
import YAMLReading

/// The keys of a service in a test of rules.
enum TestServiceKey: String, FieldKey {
    case id
    case tier
    case sector
    case owner
    case peerGroup = "peer_group"
    case kind
    case objective
    case serviceHours = "service_hours"
    case dependsOn = "depends_on"
    case endpoints
    static let mappingName = "a service of a test"
}

/// The keys of an endpoint in a test of rules.
enum TestEndpointKey: String, FieldKey {
    case id
    case interval
    case ipv6Of = "ipv6_of"
    static let mappingName = "an endpoint of a test"
}

/// Reads the small catalogue of a test of rules, in which all that does not matter is left out.
enum RuleTestCatalogueReader {
    /// The sector and owner of services that name none.
    static let usualName = "test"

    /// The catalogue; nil after a mistake was reported.
    static func catalogue(_ list: YAMLNode, _ log: MistakeLog) -> ServiceCatalogue? {
        let countBefore = log.count
        // Services of one test file are few; the list of all endpoints is checked with them.
        let items = list.items(log, of: "services", limit: Limits.services)
        var assembly = CatalogueAssembly(log: log)
        assembly.add(items.compactMap { service($0, log) })
        assembly.check()
        return log.count == countBefore ? assembly.reading().catalogue : nil
    }

    private static func service(_ node: YAMLNode, _ log: MistakeLog) -> ServiceDraft? {
        guard let fields = Fields<TestServiceKey>(node, log) else { return nil }
        let id = fields.required(.id).flatMap { $0.identifier(log) }
        let tier = fields.required(.tier).flatMap {
            $0.integer(log, in: 0...3).flatMap(Tier.init(rawValue:))
        }
        let kind = fields[.kind].map { $0.choice(Service.Kind.self, log) } ?? .probed
        let sector = fields[.sector].map { $0.identifier(log) } ?? usualName
        let owner = fields[.owner].map { $0.text(log) } ?? usualName
        let peerGroup = fields[.peerGroup].flatMap { $0.identifier(log) }
        let objective = ObjectiveReader.objective(
            fields[.objective], hours: fields[.serviceHours], tier: tier ?? .tier3, log)
        let dependencies = ServiceReader.dependencies(fields[.dependsOn], log)
        var endpoints: [EndpointDraft] = []
        if let list = fields[.endpoints] {
            if kind == .dark {
                fields.forbid(.endpoints, because: "of a dark service, which cannot be probed")
            }
            for item in list.items(log, of: "endpoints") {
                guard let one = endpoint(item, tier: tier ?? .tier3, beside: endpoints, log) else {
                    continue
                }
                endpoints.append(one)
            }
        } else if let id, kind == .probed {
            endpoints = [
                endpoint(id, at: fields.position(of: .id), (tier ?? .tier3).defaultInterval)
            ]
        }
        guard let id else { return nil }
        return ServiceDraft(
            id: ServiceID(id), position: fields[.id]?.position ?? fields.position,
            name: LocalizedText(dutch: id, english: id), owner: owner ?? usualName,
            sector: sector ?? usualName, peerGroup: peerGroup, objective: objective,
            tier: tier ?? .tier3, tags: [], kind: kind ?? .probed, dependencies: dependencies,
            endpoints: endpoints, isEnabled: true)
    }

    private static func endpoint(
        _ node: YAMLNode, tier: Tier, beside others: [EndpointDraft], _ log: MistakeLog
    ) -> EndpointDraft? {
        guard let fields = Fields<TestEndpointKey>(node, log) else { return nil }
        let id = fields.required(.id).flatMap { $0.identifier(log) }
        var interval = tier.defaultInterval
        if let node = fields[.interval], let written = node.duration(log) {
            if written < EndpointReader.shortestInterval {
                log.add(
                    at: node.position, "found \(node.found)",
                    expected: "\(EndpointReader.shortestInterval.fileText) or more")
            }
            interval = max(written, EndpointReader.shortestInterval)
        }
        guard let id else { return nil }
        var draft = endpoint(id, at: fields.position(of: .id), interval)
        if let node = fields[.ipv6Of], let name = node.identifier(log) {
            guard let other = others.first(where: { $0.id.text == name }) else {
                let hint = NearestName.hint(for: name, among: others.map(\.id.text))
                log.add(
                    at: node.position, "there is no endpoint \(name.quoted) before this one",
                    expected: hint == nil ? "one of the same service that stands above" : nil,
                    hint: hint)
                return nil
            }
            draft.url = other.url
            draft.probe.addressFamily = .ipv6
        }
        return draft
    }

    /// An endpoint with an address of its own that nothing is sent to.
    private static func endpoint(
        _ id: String, at position: SourcePosition, _ interval: Duration
    ) -> EndpointDraft {
        EndpointDraft(
            id: EndpointID(id), position: position, url: ProbeURL("https://\(id).test/"),
            probe: Probe(interval: interval), isEnabled: true, isOwned: true,
            usesDefaultMarkers: false)
    }
}
