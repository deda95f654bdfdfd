import HealthModel
import Routing

extension StatusDocument {
    /// What an operator did.
    public struct Action: Sendable, Hashable, Codable {
        /// Its number, such as `SIL-2026-0007`.
        public var id: String
        /// `silence`, `acknowledgement`, `maintenance` or `dark`.
        public var kind: String
        /// What it is about, such as `service/digid rule/slow`.
        public var scope: String
        /// Who did it.
        public var author: String
        /// Why.
        public var reason: String
        /// When it was asked for.
        public var addedAt: Instant
        /// From when on it holds; of one that comes back, this time or the next.
        public var startsAt: Instant
        /// Until when.
        public var endsAt: Instant
        /// When it ended; nil before.
        public var endedAt: Instant?
        /// On which days it comes back, such as `weekly on sun`; nil when it does not.
        public var every: String?
        /// It does not begin at this instant or later; nil when it has no end, or does not come back.
        public var repeatsUntil: Instant?
    }
}

extension StatusDocument.Action {
    /// How it comes back in words, such as `weekly on sun until 2027-01-01 00:00 Amsterdam`; nil when
    /// it does not.
    public var repetition: String? {
        every.map { days in
            let end = repeatsUntil.map { AmsterdamTime.dateAndTime(at: $0.timestamp) }
            return days + (end.map { " until \($0) Amsterdam" } ?? "")
        }
    }

    init(_ action: OperatorAction) {
        self.init(
            id: action.id.text, kind: action.effect.kind.rawValue, scope: action.scope,
            author: action.author, reason: action.reason, addedAt: Instant(action.addedAt),
            startsAt: Instant(action.startsAt), endsAt: Instant(action.endsAt),
            endedAt: action.endedAt.map { Instant($0) },
            every: action.recurrence?.days.description,
            repeatsUntil: action.recurrence?.until.map { Instant($0) })
    }
}

/// The answer to `GET /api/v1/actions`.
public struct ActionsDocument: Sendable, Hashable, Codable {
    /// The instant that the document describes.
    public var takenAt: Instant
    /// What operators did that holds or is going to, in the order of the numbers.
    public var actions: [StatusDocument.Action]

    /// Makes the document of what a status says.
    public init(_ status: StatusDocument) {
        takenAt = status.takenAt
        actions = status.actions ?? []
    }

    /// The document as JSON with sorted keys, ending in a line feed.
    ///
    /// - Throws: `EncodingError` when a number is not finite.
    public func json() throws -> [UInt8] { try JSONCoding.bytes(of: self) }
}
