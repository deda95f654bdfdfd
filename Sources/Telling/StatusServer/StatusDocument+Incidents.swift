import Alerting
import HealthModel
import Incidents

extension StatusDocument {
    /// Alerts that share one cause.
    public struct Incident: Sendable, Hashable, Codable {
        /// Its number, such as `INC-2026-0042`.
        public var id: String
        /// Kind and name of what the alerts have in common, such as `service/digid`.
        public var root: String
        /// The same in words.
        public var cause: Text
        /// The most urgent level that it has had.
        public var level: String
        /// When the first alert fired.
        public var openedAt: Instant
        /// When all were over; nil while it is open.
        public var closedAt: Instant?
        /// How many incidents the same root has had within a week, this one included.
        public var occurrence: Int
        /// Whether it has been open for more than four hours.
        public var isCalamity: Bool
        /// The services of its alerts.
        public var services: [String]
        /// Those of them that still fail.
        public var failingServices: [String]
        /// Its alerts, in the order in which they joined.
        public var alerts: [IncidentAlert]
        /// What happened, in order.
        public var events: [IncidentEvent]
        /// What the law asks to be reported; nil unless somebody has started that clock.
        public var legalSteps: [LegalStep]?
    }

    /// One report that the law asks for (NIS2, article 23).
    public struct LegalStep: Sendable, Hashable, Codable {
        /// `early-warning`, `notification` or `final-report`.
        public var step: String
        /// Until when.
        public var dueAt: Instant
        /// When it was sent; nil before.
        public var doneAt: Instant?
    }

    /// One alert of an incident.
    public struct IncidentAlert: Sendable, Hashable, Codable {
        /// The rule.
        public var rule: String
        /// The id of the service or endpoint it is about.
        public var subject: String
        /// The level.
        public var level: String
        /// Since when it fired.
        public var firingSince: Instant?
        /// When it was over; nil while it fires.
        public var endedAt: Instant?
        /// One line for people.
        public var summary: Text
    }

    /// One line of a timeline.
    public struct IncidentEvent: Sendable, Hashable, Codable {
        /// When it happened.
        public var at: Instant
        /// What happened, such as `joined`.
        public var kind: String
        /// What it happened to.
        public var text: String
    }
}

extension StatusDocument.Incident {
    init(_ status: IncidentStatus) {
        let incident = status.incident
        self.init(
            id: incident.id.text, root: incident.root.description,
            cause: StatusDocument.Text(status.cause), level: incident.level.rawValue,
            openedAt: Instant(incident.openedAt),
            closedAt: incident.closedAt.map { Instant($0) }, occurrence: incident.occurrence,
            isCalamity: incident.isCalamity, services: incident.services.map(\.text),
            failingServices: incident.failingServices.map(\.text).sorted(),
            alerts: incident.members.map { member in
                StatusDocument.IncidentAlert(
                    rule: member.alert.key.rule.text,
                    subject: member.alert.key.subject.description,
                    level: member.alert.level.rawValue,
                    firingSince: member.alert.firingSince.map { Instant($0) },
                    endedAt: member.endedAt.map { Instant($0) },
                    summary: StatusDocument.Text(member.alert.summary))
            },
            events: incident.events.map {
                StatusDocument.IncidentEvent(
                    at: Instant($0.at), kind: $0.kind.rawValue, text: $0.text)
            },
            legalSteps: LegalClock(incident)?.steps.map {
                StatusDocument.LegalStep(
                    step: $0.step.rawValue, dueAt: Instant($0.at),
                    doneAt: $0.doneAt.map { Instant($0) })
            })
    }
}

/// The answer to `GET /api/v1/incidents`.
public struct IncidentsDocument: Sendable, Hashable, Codable {
    /// The instant that the document describes.
    public var takenAt: Instant
    /// Open incidents, the most urgent first, then those that ended within a day.
    public var incidents: [StatusDocument.Incident]

    /// Makes the document of what a status says.
    public init(_ status: StatusDocument) {
        takenAt = status.takenAt
        incidents = status.incidents ?? []
    }

    /// The document as JSON with sorted keys, ending in a line feed.
    ///
    /// - Throws: `EncodingError` when a number is not finite.
    public func json() throws -> [UInt8] { try JSONCoding.bytes(of: self) }

    /// Reads the document back.
    ///
    /// - Throws: `DecodingError` when the bytes are not such a document.
    public init(json: [UInt8]) throws { self = try JSONCoding.document(from: json) }
}
