public import HealthModel

/// Which alerts an operator means: those that fit every kind of name that is given.
public struct AlertScope: Sendable, Hashable {
    /// The rules; empty means every one, here and below.
    public var rules: Set<RuleID> = []
    /// The services.
    public var services: Set<ServiceID> = []
    /// The endpoints; an alert about the whole service is not about one of them.
    public var endpoints: Set<EndpointID> = []
    /// The tiers.
    public var tiers: Set<Tier> = []
    /// The sectors.
    public var sectors: Set<String> = []
    /// The owners.
    public var owners: Set<String> = []

    /// Makes a scope that names nothing.
    public init() {}

    /// Whether nothing is named, which would mean every alert.
    public var isEmpty: Bool { nameCount == 0 }

    /// How many names it holds.
    public var nameCount: Int {
        rules.count + services.count + endpoints.count + tiers.count + sectors.count
            + owners.count
    }

    /// Whether an alert about this service is meant.
    public func contains(_ alert: Alert, of service: Service) -> Bool {
        func fits<Name: Hashable>(_ names: Set<Name>, _ name: Name) -> Bool {
            names.isEmpty || names.contains(name)
        }
        if !endpoints.isEmpty {
            guard case .endpoint(let id) = alert.key.subject, endpoints.contains(id) else {
                return false
            }
        }
        return fits(rules, alert.key.rule) && fits(services, service.id)
            && fits(tiers, service.tier) && fits(sectors, service.sector)
            && fits(owners, service.owner)
    }

    /// The kind and the name of everything that is named, sorted: for logs and files.
    public var names: [(kind: String, name: String)] {
        var names: [(kind: String, name: String)] = []
        names += endpoints.sorted().map { ("endpoint", $0.text) }
        names += owners.sorted().map { ("owner", $0) }
        names += rules.sorted().map { ("rule", $0.text) }
        names += sectors.sorted().map { ("sector", $0) }
        names += services.sorted().map { ("service", $0.text) }
        names += tiers.map(\.rawValue).sorted().map { ("tier", String($0)) }
        return names
    }

    /// Adds a name; false when the kind is none, or the name cannot be one of its kind.
    public mutating func add(_ kind: String, _ name: String) -> Bool {
        switch kind {
        case "endpoint": endpoints.insert(EndpointID(name))
        case "owner": owners.insert(name)
        case "rule": rules.insert(RuleID(name))
        case "sector": sectors.insert(name)
        case "service": services.insert(ServiceID(name))
        case "tier":
            guard let tier = Int(name).flatMap({ Tier(rawValue: $0) }) else { return false }
            tiers.insert(tier)
        default: return false
        }
        return true
    }
}

extension AlertScope: CustomStringConvertible {
    /// Every name with its kind, such as `service/digid rule/slow`.
    public var description: String {
        names.map { "\($0.kind)/\($0.name)" }.joined(separator: " ")
    }
}
