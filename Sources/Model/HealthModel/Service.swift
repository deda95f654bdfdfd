/// What a citizen or a business uses or depends on.
public struct Service: Sendable, Hashable {
    /// Whether the service can be seen from outside.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Probed at its endpoints.
        case probed
        /// Cannot be probed from outside; never shown as up.
        case dark
    }

    /// The stable name.
    public var id: ServiceID
    /// The name people know, in Dutch and in English.
    public var name: LocalizedText
    /// The organisation that runs it.
    public var owner: String
    /// The sector, an id such as `identity`.
    public var sector: String
    /// The group of like services that tend to fail together, an id such as `provinces`; nil when
    /// it is in none.
    public var peerGroup: String?
    /// Words that operators mark services with, to write rules for those only; ids such as `payments`.
    public var tags: Set<String> = []
    /// Whom to call when it fails, in one line; nil when nothing is written.
    public var contact: String?
    /// Where to read what to do when it fails; nil when nothing is written.
    public var runbook: String?
    /// How vital it is.
    public var tier: Tier
    /// Whether it can be probed.
    public var kind: Kind
    /// What it promises; see `Objective.init(of:)` for services that say nothing.
    public var objective: Objective
    /// What it needs.
    ///
    /// The graph of all services may have cycles.
    public var dependencies: [Dependency]

    /// Makes a service.
    public init(
        id: ServiceID, name: LocalizedText, owner: String, sector: String, tier: Tier,
        kind: Kind = .probed, dependencies: [Dependency] = [], peerGroup: String? = nil,
        objective: Objective? = nil
    ) {
        self.id = id
        self.name = name
        self.owner = owner
        self.sector = sector
        self.peerGroup = peerGroup
        self.objective = objective ?? Objective(of: tier)
        self.tier = tier
        self.kind = kind
        self.dependencies = dependencies
    }
}

/// A text in Dutch and English.
public struct LocalizedText: Sendable, Hashable {
    /// The Dutch text.
    public var dutch: String
    /// The English text.
    public var english: String

    /// Makes a text in both languages.
    public init(dutch: String, english: String) {
        self.dutch = dutch
        self.english = english
    }
}

/// How vital a service is: 0 is the foundation of the rest, 3 can wait until tomorrow.
public enum Tier: Int, Sendable, Hashable, CaseIterable, Comparable {
    case tier0 = 0
    case tier1 = 1
    case tier2 = 2
    case tier3 = 3

    /// Orders tiers, the most vital first.
    public static func < (left: Tier, right: Tier) -> Bool { left.rawValue < right.rawValue }
}

/// An edge from a service to what it needs.
public struct Dependency: Sendable, Hashable {
    /// What the failure of the parent does to the child.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The child cannot work without it: parent down means child down.
        case hard
        /// People cannot log in: parent down means child impaired.
        case login
        /// Part of the function is lost: a note, no change of state.
        case soft
        /// A shared platform: grouping only, no change of state.
        case common
    }

    /// The parent.
    public var service: ServiceID
    /// What its failure does.
    public var kind: Kind

    /// Makes an edge to `service`.
    public init(service: ServiceID, kind: Kind) {
        self.service = service
        self.kind = kind
    }
}
