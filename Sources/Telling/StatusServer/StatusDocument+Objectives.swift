import HealthModel
import Observing

extension StatusDocument {
    /// How one service does against its objective in the running month, in Amsterdam's time.
    public struct Objective: Sendable, Hashable, Codable {
        /// The service.
        public var service: String
        /// The promise, a share of the time.
        public var targetRatio: Double
        /// The month, such as `2026-11`.
        public var month: String
        /// The share of the time that counts in which it was available; nil while none does.
        public var availabilityRatio: Double?
        /// How much of the error budget is left; negative when more was lost.
        public var budgetLeftRatio: Double
        /// How many times too fast the budget was used up in the last hour; nil when little is known.
        public var burnRate: Double?
        /// Time lost by its own failure.
        public var lostOwnSeconds: Double
        /// Time lost by what it depends on.
        public var lostChainSeconds: Double
        /// Time under maintenance, which does not count.
        public var maintenanceSeconds: Double
        /// Time in which nothing was known, which does not count.
        public var unknownSeconds: Double
        /// Time outside the hours of the service.
        public var outsideSeconds: Double
    }
}

extension StatusDocument.Objective {
    /// Describes the running month; nil before the first evaluation.
    init?(_ status: ObjectiveStatus) {
        guard let month = status.months.last else { return nil }
        self.init(
            service: status.service.text, targetRatio: status.objective.target,
            month: month.month, availabilityRatio: month.availability,
            budgetLeftRatio: status.budgetLeft, burnRate: status.burnRate,
            lostOwnSeconds: month.lostOwn.fractionalSeconds,
            lostChainSeconds: month.lostChain.fractionalSeconds,
            maintenanceSeconds: month.maintenance.fractionalSeconds,
            unknownSeconds: month.unknown.fractionalSeconds,
            outsideSeconds: month.outside.fractionalSeconds)
    }
}

/// The answer to `GET /api/v1/objectives`.
public struct ObjectivesDocument: Sendable, Hashable, Codable {
    /// The instant that the document describes.
    public var takenAt: Instant
    /// Every probed service, in the order of the catalogue.
    public var objectives: [StatusDocument.Objective]

    /// Makes the document of what a status says.
    public init(_ status: StatusDocument) {
        takenAt = status.takenAt
        objectives = status.objectives ?? []
    }

    /// The document as JSON with sorted keys, ending in a line feed.
    ///
    /// - Throws: `EncodingError` when a number is not finite.
    public func json() throws -> [UInt8] { try JSONCoding.bytes(of: self) }
}
