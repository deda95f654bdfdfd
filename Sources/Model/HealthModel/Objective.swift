/// What share of the time a service promises to be available, and when that counts.
public struct Objective: Sendable, Hashable {
    /// The promise, above 0 and below 1, such as 0.995.
    public var target: Double
    /// The hours that count; nil counts all of them.
    public var hours: ServiceHours?

    /// Makes an objective.
    ///
    /// - Precondition: `target` is above 0 and below 1.
    public init(target: Double, hours: ServiceHours? = nil) {
        precondition(target > 0 && target < 1, "a target is a share, and never all")
        self.target = target
        self.hours = hours
    }

    /// What a service promises that says nothing: 99.5 % for tier 0, 99.2 % for tier 1, else 99 %.
    ///
    /// These are the published levels of DigiD, of the eHerkenning chain and of DRP.
    public init(of tier: Tier) {
        switch tier {
        case .tier0: self.init(target: 0.995)
        case .tier1: self.init(target: 0.992)
        case .tier2, .tier3: self.init(target: 0.99)
        }
    }
}
