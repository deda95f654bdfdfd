public import Alerting
public import HealthModel
import Incidents
import Observing
import Routing
import Rules

/// The answer to `GET /api/v1/why?subject=ID`: why a subject paged, or why it did not.
public struct WhyDocument: Sendable, Hashable, Codable {
    /// One rule that looks at the subject.
    public struct Rule: Sendable, Hashable, Codable {
        /// The rule.
        public var rule: String
        /// The id of the service or endpoint it looks at.
        public var subject: String
        /// How soon a person would have to know.
        public var level: String
        /// The condition as it would be written.
        public var condition: String
        /// `holds`, `fails` or `unknown`.
        public var finding: String
        /// The parts of an expression; nil for a fixed condition.
        public var steps: [Step]?
        /// `inactive`, `pending` or `firing`.
        public var state: String
        /// Since when the condition holds; nil when it does not.
        public var activeSince: Instant?
        /// Since when it fires.
        public var firingSince: Instant?
        /// When a pending alert fires, unless the condition stops.
        public var firesAt: Instant?
        /// When a firing alert whose condition has stopped ends.
        public var endsAt: Instant?
        /// How long the condition must hold.
        public var holdSeconds: Double
        /// The incident of the alert.
        public var incident: String?
        /// The silence that keeps it back.
        public var silence: String?
        /// Who hears of it; nil unless it fires.
        public var routes: [Route]?
    }

    /// One part of an expression.
    public struct Step: Sendable, Hashable, Codable {
        /// How deep it lies; the whole is 0.
        public var depth: Int
        /// The part as it would be written.
        public var text: String
        /// What was measured.
        public var value: String?
        /// What that is compared with.
        public var threshold: String?
        /// `holds`, `fails` or `unknown`.
        public var finding: String
    }

    /// One receiver.
    public struct Route: Sendable, Hashable, Codable {
        /// The receiver.
        public var receiver: String
        /// Why it is not told: `level`, `scope`, `rule`, `about`, `hours`, `silence`, `maintenance`
        /// or `resolved`.
        public var obstacle: String?
        /// The level at which it was told of this alert, or is going to be.
        public var toldLevel: String?
        /// When that was decided.
        public var toldAt: Instant?
        /// The message in which it is told, which may tell of other alerts too.
        public var message: String?
        /// When the receiver took that message; nothing while it waits.
        public var deliveredAt: Instant?
        /// When that message was given up; it is told again while the alert fires.
        public var lostAt: Instant?
    }

    /// One endpoint.
    public struct Endpoint: Sendable, Hashable, Codable {
        /// The id.
        public var id: String
        /// The state.
        public var state: String
        /// Since when.
        public var since: Instant?
        /// Why the last probe failed; nil when it did not.
        public var reason: String?
        /// The detail of that.
        public var detail: String?
        /// Failed probes in a row.
        public var consecutiveFailures: Int
        /// The share of the last changes, 0 to 1; flapping begins above 0.30.
        public var flapRatio: Double
    }

    /// The instant that the document describes.
    public var takenAt: Instant
    /// The service.
    public var service: String
    /// What was measured of it.
    public var measuredState: String
    /// That, unless an operator knows better.
    public var ownState: String
    /// Own state and what the service depends on taken together.
    public var effectiveState: String
    /// The services whose failure makes the effective state worse.
    public var causes: [String]
    /// The endpoints.
    public var endpoints: [Endpoint]
    /// Since when the monitor is blind; nil while it sees.
    public var blindSince: Instant?
    /// Since when nothing is reached over IPv6, so that `only_ipv6_fails` says nothing; nil while
    /// something is.
    public var ipv6LostSince: Instant?
    /// The maintenance, or what an operator says of a dark service.
    public var actions: [StatusDocument.Action]
    /// The open incident that it is part of.
    public var incident: String?
    /// What is behind that incident.
    public var cause: StatusDocument.Text?
    /// Who works on that incident.
    public var acknowledgedBy: String?
    /// The rules, those that fire first.
    public var rules: [Rule]

    /// Makes the document.
    public init(_ explanation: Explanation, at now: Timestamp) {
        takenAt = Instant(now)
        service = explanation.service.id.text
        measuredState = explanation.measured.rawValue
        ownState = explanation.service.ownState.rawValue
        effectiveState = explanation.service.effectiveState.rawValue
        causes = explanation.service.causes.map(\.text)
        endpoints = explanation.endpoints.map { status in
            Endpoint(
                id: status.id.text, state: status.state.rawValue,
                since: status.since.map { Instant($0) },
                reason: status.lastResult?.reason?.rawValue, detail: status.lastResult?.detail,
                consecutiveFailures: status.consecutiveFailures,
                flapRatio: explanation.flapShares[status.id] ?? 0)
        }
        blindSince = explanation.blindSince.map { Instant($0) }
        ipv6LostSince = explanation.ipv6LostSince.map { Instant($0) }
        let above = Set(explanation.maintainedParents.values).sorted { $0.id < $1.id }
        actions = ([explanation.maintenance, explanation.said].compactMap(\.self) + above)
            .map { StatusDocument.Action($0) }
        incident = explanation.incident?.incident.id.text
        cause = explanation.incident.map { StatusDocument.Text($0.cause) }
        acknowledgedBy = explanation.acknowledgement?.author
        rules = explanation.rules.map { Rule($0) }
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

extension WhyDocument.Rule {
    init(_ step: Explanation.RuleStep) {
        let isFiring = step.firingSince != nil
        self.init(
            rule: step.key.rule.text, subject: step.key.subject.description,
            level: step.level.rawValue, condition: step.condition, finding: step.finding.word,
            steps: step.steps.isEmpty
                ? nil
                : step.steps.map {
                    WhyDocument.Step(
                        depth: $0.depth, text: $0.text, value: $0.value, threshold: $0.threshold,
                        finding: $0.finding.word)
                },
            state: isFiring ? "firing" : step.activeSince != nil ? "pending" : "inactive",
            activeSince: step.activeSince.map { Instant($0) },
            firingSince: step.firingSince.map { Instant($0) },
            firesAt: isFiring ? nil : step.activeSince.map { Instant($0 + step.holdTime) },
            endsAt: step.keepFiringSince.map { Instant($0 + step.keepFiringTime) },
            holdSeconds: step.holdTime.fractionalSeconds, incident: step.incident?.text,
            silence: step.silence?.text,
            routes: isFiring
                ? step.routes.map {
                    WhyDocument.Route(
                        receiver: $0.receiver.text, obstacle: $0.obstacle?.rawValue,
                        toldLevel: $0.told?.item.alert.level.rawValue,
                        toldAt: $0.told.map { Instant($0.toldAt) },
                        message: $0.told?.notification,
                        deliveredAt: $0.told?.deliveredAt.map { Instant($0) },
                        lostAt: $0.told?.lostAt.map { Instant($0) })
                } : nil)
    }
}

extension AlertMachine.Finding {
    /// The word in documents.
    fileprivate var word: String {
        switch self {
        case .holds: "holds"
        case .fails: "fails"
        case .unknown: "unknown"
        }
    }
}
