public import HealthModel

/// How one service does against its objective.
public struct ObjectiveStatus: Sendable, Hashable {
    /// The service.
    public var service: ServiceID
    /// What it promises.
    public var objective: Objective
    /// The months kept, the oldest first; the last one is running.
    public var months: [ObjectivePeriod]
    /// How much of the error budget of the running month is left; see `ObjectivePeriod.budgetLeft`.
    public var budgetLeft: Double
    /// How fast the budget was used up in the last hour; nil when too little is known.
    public var burnRate: Double?

    /// Makes a status.
    public init(
        service: ServiceID, objective: Objective, months: [ObjectivePeriod], budgetLeft: Double,
        burnRate: Double?
    ) {
        self.service = service
        self.objective = objective
        self.months = months
        self.budgetLeft = budgetLeft
        self.burnRate = burnRate
    }
}
