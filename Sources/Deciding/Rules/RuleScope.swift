public import HealthModel

/// The services that a rule is for; what is empty leaves none out.
public struct RuleScope: Sendable, Hashable {
    /// The services by id.
    public var services: Set<ServiceID>
    /// The tiers.
    public var tiers: Set<Tier>
    /// The sectors.
    public var sectors: Set<String>
    /// The owners, exactly as the services name them.
    public var owners: Set<String>
    /// The tags, of which a service has at least one.
    public var tags: Set<String>

    /// Makes a scope; without arguments the rule is for every service.
    public init(
        services: Set<ServiceID> = [], tiers: Set<Tier> = [], sectors: Set<String> = [],
        owners: Set<String> = [], tags: Set<String> = []
    ) {
        self.services = services
        self.tiers = tiers
        self.sectors = sectors
        self.owners = owners
        self.tags = tags
    }

    /// Whether the rule is for this service: it is named by everything that is not empty.
    public func includes(_ service: Service) -> Bool {
        (services.isEmpty || services.contains(service.id))
            && (tiers.isEmpty || tiers.contains(service.tier))
            && (sectors.isEmpty || sectors.contains(service.sector))
            && (owners.isEmpty || owners.contains(service.owner))
            && (tags.isEmpty || !tags.isDisjoint(with: service.tags))
    }
}

extension Condition {
    /// The condition that an expression means.
    ///
    /// What was a condition before there were expressions stays that one, so that an outage by an
    /// invalid certificate is told once, however the rules are written.
    public init(_ expression: Expression) {
        switch expression.root {
        case .comparison(let comparison)
        where comparison.relation == .equal && comparison.left == .measured(.state)
            && comparison.heldFor == nil:
            if case .literal(.state(let state)) = comparison.right {
                self = .state(state)
            } else {
                self = .expression(expression)
            }
        case .not(.truth(.certificateTrusted)): self = .certificateInvalid
        default: self = .expression(expression)
        }
    }
}
