import Alerting
import HealthModel
import Observing
import Routing

extension StatusDocument {
    /// Whether all is measured and well, and why not.
    public struct Verdict: Sendable, Hashable, Codable {
        /// `ok`, `warning`, `critical` or `unknown`.
        public var status: String
        /// The exit code of the monitoring plugins: 0 to 3.
        public var exitCode: Int32
        /// Whether there is nothing to say.
        public var isWell: Bool
        /// Everything that keeps all from being well, what decides first.
        public var grounds: [Ground]

        /// One of these.
        public struct Ground: Sendable, Hashable, Codable {
            /// What kind of thing, one of the closed list, such as `blind` or `not_measured`.
            public var kind: String
            /// The verdict if it were alone.
            public var status: String
            /// What it is, as one sentence.
            public var text: Text
            /// Why, or what comes of it; nil when there is no more to say.
            public var detail: Text?
            /// Since when; nil when that is not known or differs.
            public var since: Instant?
            /// Whether nothing else can be believed because of it.
            public var isAboutAll: Bool
        }
    }

    /// How many endpoints are measured, and why the others are not.
    public struct Measuring: Sendable, Hashable, Codable {
        /// Endpoints of which the state is known.
        public var measured: Int
        /// Those that are not, by why, the most frequent first.
        public var unmeasured: [Group]

        /// Endpoints that are not measured for one reason.
        public struct Group: Sendable, Hashable, Codable {
            /// One of the closed list; nil when no result came, or none of late.
            public var reason: String?
            /// Why, in words.
            public var text: Text
            /// Their ids.
            public var endpoints: [String]
        }
    }

    /// How old the newest sample is; nil when there is none yet.
    public var sampleAge: Duration? {
        monitor.lastResultAt.map { takenAt.timestamp - $0.timestamp }
    }

    /// The alerts that fire about the monitor itself.
    var ownAlerts: [Alert] {
        alerts.filter { $0.subjectKind == Subject.monitor.kind && $0.state == "firing" }
    }

    /// The receivers that took nothing at the last attempt.
    var failingReceivers: [Receiver] {
        (monitor.receivers ?? []).filter { $0.failure != nil }
    }

    /// What keeps all from being well, of one kind; nil when that does not.
    func ground(_ kind: Alerting.Verdict.Ground.Kind) -> Verdict.Ground? {
        verdict.grounds.first { $0.kind == kind.rawValue }
    }

    /// The services that `ids` select by their own id or that of an endpoint, in catalogue order;
    /// all of them when `ids` is empty.
    func selectedServices(_ ids: [String]) -> [Service] {
        guard !ids.isEmpty else { return services }
        let wanted = Set(ids)
        return services.filter { service in
            wanted.contains(service.id) || service.endpoints.contains { wanted.contains($0.id) }
        }
    }

    /// The ids among `ids` that name neither a service nor an endpoint, nor the monitor.
    public func unknownIDs(among ids: [String]) -> [String] {
        guard !ids.isEmpty else { return [] }
        let known = Set(services.map(\.id)).union(services.flatMap(\.endpoints).map(\.id))
            .union([HealthSnapshot.monitorName])
        return ids.filter { !known.contains($0) }
    }
}

extension StatusDocument.Verdict {
    init(_ verdict: Alerting.Verdict) {
        self.init(
            status: verdict.grade.word, exitCode: verdict.grade.rawValue, isWell: verdict.isWell,
            grounds: verdict.grounds.map { ground in
                Ground(
                    kind: ground.kind.rawValue, status: ground.grade.word,
                    text: StatusDocument.Text(ground.text),
                    detail: ground.detail.map { StatusDocument.Text($0) },
                    since: ground.since.map { Instant($0) }, isAboutAll: ground.isAboutAll)
            })
    }
}

extension StatusDocument.Measuring {
    init(_ report: MeasuringReport) {
        self.init(
            measured: report.measured,
            unmeasured: report.groups.map { group in
                Group(
                    reason: group.reason?.rawValue, text: StatusDocument.Text(group.words),
                    endpoints: group.endpoints.map(\.text))
            })
    }
}

/// The answer to `GET /api/v1/monitor`: whether the monitor itself can be believed, and why not.
public struct MonitorDocument: Sendable, Hashable, Codable {
    /// The instant that the document describes.
    public var takenAt: Instant
    /// The verdict on the monitor alone, as `vitaal status monitor` exits.
    public var verdict: StatusDocument.Verdict
    /// The monitor.
    public var monitor: StatusDocument.Monitor
    /// The alerts that fire about it.
    public var alerts: [StatusDocument.Alert]

    /// Describes what `reader` knows now.
    public init(reading reader: some MonitorReading) {
        let status = StatusDocument(reading: reader, ids: [HealthSnapshot.monitorName])
        takenAt = status.takenAt
        verdict = status.verdict
        monitor = status.monitor
        alerts = status.ownAlerts
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
