/// The answer to `GET /api/v1/status`: everything the monitor knows, for programs.
///
/// In JSON the keys are in snake_case, instants are RFC 3339 in UTC, durations are seconds. A key
/// whose value is nil is left out. Text that comes from the network is as it was received.
public struct StatusDocument: Sendable, Hashable, Codable {
    /// Characters in `Endpoint.recent`.
    public static let recentResultsLimit = 30

    /// The instant that the document describes.
    public var takenAt: Instant
    /// Whether all, or what was asked for, is measured and well.
    public var verdict: Verdict
    /// The monitor itself.
    public var monitor: Monitor
    /// Every service, in the order of the catalogue.
    public var services: [Service]
    /// Pending and firing alerts, the most urgent first.
    public var alerts: [Alert]
    /// Open incidents, the most urgent first, then those that ended within a day; nil for none.
    public var incidents: [Incident]?
    /// How each probed service does against its objective; nil before the first evaluation.
    public var objectives: [Objective]?
    /// What operators did that holds or is going to, in the order of the numbers; nil for nothing.
    public var actions: [Action]?

    /// A text in both languages.
    public struct Text: Sendable, Hashable, Codable {
        /// The Dutch text.
        public var nl: String
        /// The English text.
        public var en: String
    }

    /// The monitor itself.
    public struct Monitor: Sendable, Hashable, Codable {
        /// The version of Vitaal.
        public var version: String
        /// The scenario being played in the lab; nil when real services are watched.
        public var scenario: String?
        /// Whether probing has started.
        public var isReady: Bool
        /// When the process started.
        public var startedAt: Instant
        /// When the configuration in force was read.
        public var configurationReadAt: Instant
        /// Whether the last reload, or the start, succeeded.
        public var isConfigurationCurrent: Bool
        /// Since when the files on disk are refused; nil when they are not.
        public var refusedSince: Instant?
        /// How many mistakes they have; nil when they are not refused.
        public var mistakes: Int?
        /// Endpoints being probed.
        public var endpoints: Int
        /// The end of the newest probe; nil before the first one.
        public var lastResultAt: Instant?
        /// Probes finished since the start.
        public var probes: Int
        /// Probes running now.
        public var probesInFlight: Int
        /// Slots missed since the start.
        public var missedSlots: Int
        /// Confirmation probes since the start.
        public var confirmations: Int
        /// Results dropped since the start.
        public var droppedResults: Int
        /// Evidence lines written since the start.
        public var evidenceLines: Int
        /// Evidence lines that wait because the disk refuses them.
        public var evidenceWaiting: Int
        /// Evidence lines lost since the start.
        public var evidenceLost: Int
        /// CPU time used since the start.
        public var cpuSeconds: Double
        /// Resident memory.
        public var residentBytes: Int
        /// How old the trusted roots are; nil when that is not known.
        public var trustStore: TrustStore?
        /// Who is told of alerts; nil when nobody is.
        public var receivers: [Receiver]?
        /// Since when the monitor is blind, so that no state can be believed; nil while it sees.
        public var blindSince: Instant?
        /// The targets that tell whether it sees; nil when there are none.
        public var controls: [Control]?
        /// How many endpoints are measured, and why the others are not; nil when nobody counted.
        public var measuring: Measuring?
        /// Whether the clock of the machine is right; nil before the kernel was asked.
        public var clock: Clock?
    }

    /// What the kernel says of the clock.
    public struct Clock: Sendable, Hashable, Codable {
        /// Whether a time service keeps it right; nil when nobody can tell.
        public var isSynchronised: Bool?
        /// Why nobody can tell; nil when somebody can.
        public var unknownBecause: String?
        /// What is still to be corrected; nil when that is not known.
        public var offsetSeconds: Double?
        /// The most that it is wrong by, if it is synchronised; nil when that is not known.
        public var errorMaxSeconds: Double?
    }

    /// A target that tells whether the monitor can see.
    public struct Control: Sendable, Hashable, Codable {
        /// Where it is.
        public var url: String
        /// Whether it was reached last; nil before the first look.
        public var isUp: Bool?
        /// Since when; nil before the first look.
        public var since: Instant?
        /// Why it was not reached; nil when it was.
        public var reason: String?
        /// More about that, such as which name server; nil when there is nothing to add.
        public var detail: String?
    }

    /// Who is told of alerts.
    public struct Receiver: Sendable, Hashable, Codable {
        /// The id as written in `alerts/`.
        public var id: String
        /// Notifications that wait for it.
        public var waiting: Int
        /// Notifications that it took since the start.
        public var delivered: Int
        /// Notifications that were given up since the start.
        public var givenUp: Int
        /// Why the last attempt failed; nil when it did not.
        public var failure: String?
        /// Since when it fails, or one address of it; nil while it takes all.
        public var failingSince: Instant?
    }

    /// The age of the trusted roots.
    public struct TrustStore: Sendable, Hashable, Codable {
        /// The date of the roots.
        public var datedAt: Instant
        /// How the date is known: `stated`, `packaged` or `modified`.
        public var datedBy: String
        /// Whether they are older than a year.
        public var isOld: Bool
        /// One sentence for people.
        public var summary: Text
    }

    /// One service.
    public struct Service: Sendable, Hashable, Codable {
        /// The stable name.
        public var id: String
        /// The name people know.
        public var name: Text
        /// The organisation that runs it.
        public var owner: String
        /// Whom to call; nil when `probes/` does not say.
        public var contact: String?
        /// The sector.
        public var sector: String
        /// 0 is the most vital, 3 the least.
        public var tier: Int
        /// `probed` or `dark`.
        public var kind: String
        /// The measured state.
        public var ownState: String
        /// The state with what it depends on taken in.
        public var effectiveState: String
        /// Since when it has the effective state; nil when it was never measured.
        public var since: Instant?
        /// The services that make the effective state worse than the own one.
        public var causes: [String]
        /// The services that depend on this one by hard or login edges, directly or not.
        public var dependants: [String]
        /// Its enabled endpoints.
        public var endpoints: [Endpoint]
    }

    /// One endpoint.
    public struct Endpoint: Sendable, Hashable, Codable {
        /// The stable name.
        public var id: String
        /// Where it is probed.
        public var url: String
        /// The measured state.
        public var state: String
        /// Since when it has this state; nil when it was never measured.
        public var since: Instant?
        /// Time from one probe to the next.
        public var intervalSeconds: Double
        /// The end of the last successful probe; nil when there was none.
        public var lastSuccessAt: Instant?
        /// The end of the last failed probe; nil when there was none.
        public var lastFailureAt: Instant?
        /// Failed probes in a row.
        public var consecutiveFailures: Int
        /// The last probes, oldest first: `.` success, `x` failure, `~` slow, busy, blocked or
        /// maintenance, `?` the monitor's own fault.
        public var recent: String
        /// The last result; nil when it was never measured.
        public var last: Result?
        /// The last certificate seen; nil when none was.
        public var tls: TLS?
        /// When its certificates should be renewed; nil when none was seen.
        public var renewal: Renewal?
        /// What its server accepts; nil when it was never asked.
        public var scan: Scan?
        /// How it has done over the last 1, 7 and 30 days; nil when that is not known yet.
        public var history: [Window]?
    }

    /// How an endpoint has done over a time that ends a few minutes ago at most.
    public struct Window: Sendable, Hashable, Codable {
        /// The length in days.
        public var days: Int
        /// Up as a share of up and down together; nil when neither was seen.
        public var availabilityRatio: Double?
        /// Time up.
        public var upSeconds: Double
        /// Time down.
        public var downSeconds: Double
        /// Time under announced maintenance.
        public var maintenanceSeconds: Double
        /// Time about which nothing is known.
        public var unknownSeconds: Double
        /// Results of the hours that the window touches.
        public var results: Int
        /// 95 % of the answered probes took at most this; nil when none was answered.
        public var p95Seconds: Double?
        /// 99 % of the answered probes took at most this.
        public var p99Seconds: Double?
    }

    /// What a server accepts, by its last scan.
    public struct Scan: Sendable, Hashable, Codable {
        /// When it ended.
        public var finishedAt: Instant
        /// The versions accepted, such as `TLSv1.3`, the newest first.
        public var versions: [String]
        /// The suites accepted of TLS 1.2 and 1.3 by their IANA names, and one of each older
        /// version.
        public var suites: [String]
        /// Whether a post-quantum key exchange is accepted: `yes`, `no` or `unknown`.
        public var postQuantum: String
        /// Whether it ended early because the server had stopped answering.
        public var isGivenUp: Bool
        /// What is not as it should be.
        public var findings: [Finding]

        /// One of them.
        public struct Finding: Sendable, Hashable, Codable {
            /// One of the closed list, such as `old_version_accepted`.
            public var id: String
            /// `info`, `warning` or `critical`.
            public var severity: String
            /// The values that made it fire; may be empty.
            public var detail: String
            /// What is wrong.
            public var text: Text
            /// What to do about it.
            public var remedy: Text
        }
    }

    /// When the most pressing certificate of any redirect hop should be renewed.
    public struct Renewal: Sendable, Hashable, Codable {
        /// When an ordinary client has it done.
        public var expectedAt: Instant
        /// `warning`, `critical` or `page`; nil while renewal is not late.
        public var level: String?
        /// The level that comes next; nil after the last.
        public var nextLevel: String?
        /// When it comes; nil after the last.
        public var nextLevelAt: Instant?
        /// When renewal is overdue by the endpoint's own habit; nil before there is one.
        public var overdueAt: Instant?
    }

    /// One result.
    public struct Result: Sendable, Hashable, Codable {
        /// The scheduled instant.
        public var slot: Instant
        /// When the last attempt ended.
        public var finishedAt: Instant
        /// `success` or `failure`.
        public var outcome: String
        /// Why it failed, one of the closed list; nil on success.
        public var reason: String?
        /// More about the failure; nil when there is nothing to add.
        public var detail: String?
        /// 1, or 2 when a first failure was checked once more.
        public var attempts: Int
        /// The reason of the first of two attempts.
        public var firstReason: String?
        /// How long each phase took.
        public var phasesSeconds: Phases
        /// The HTTP answer; nil when nothing that is HTTP came back.
        public var http: HTTP?
        /// The address used; nil when the name was not resolved.
        public var address: String?
        /// Every connection in order; nil when there was one only, which is the endpoint's own.
        public var hops: [Hop]?
    }

    /// One connection of a probe that followed redirects.
    public struct Hop: Sendable, Hashable, Codable {
        /// The URL without its query.
        public var url: String
        /// The address used; nil when the name was not resolved.
        public var address: String?
        /// The HTTP status; nil without an answer.
        public var status: Int?
        /// How long each phase of it took.
        public var phasesSeconds: Phases
        /// The certificate seen; nil when none was.
        public var tls: TLS?
    }

    /// Durations in seconds; 0 for a phase that was not reached.
    public struct Phases: Sendable, Hashable, Codable {
        /// Name resolution.
        public var resolve: Double
        /// TCP connection.
        public var connect: Double
        /// TLS handshake.
        public var tls: Double
        /// From the request to the first byte of the answer.
        public var processing: Double
        /// From the first byte to the last.
        public var transfer: Double
        /// The whole probe.
        public var total: Double
    }

    /// An HTTP answer.
    public struct HTTP: Sendable, Hashable, Codable {
        /// The status.
        public var status: Int
        /// `1.0`, `1.1` or `2`.
        public var version: String
        /// Redirects followed.
        public var redirects: Int
        /// Bytes of the body read.
        public var bodyBytes: Int
        /// The URL that gave this answer.
        public var url: String
    }

    /// What TLS showed.
    public struct TLS: Sendable, Hashable, Codable {
        /// `TLSv1.3` and the like; nil when the handshake did not finish.
        public var version: String?
        /// The cipher suite.
        public var cipherSuite: String?
        /// The key exchange group.
        public var group: String?
        /// Whether the certificate is trusted.
        public var isTrusted: Bool
        /// Why not; nil when it is trusted.
        public var verdict: String?
        /// Every verification error.
        public var errors: [VerificationError]
        /// The subject of the leaf.
        public var subject: String
        /// The issuer of the leaf.
        public var issuer: String
        /// The SHA-256 of the leaf in hexadecimal.
        public var fingerprint: String
        /// The first instant of validity of the leaf.
        public var notBefore: Instant
        /// The last instant of validity of the leaf.
        public var notAfter: Instant
        /// The end of validity that counts: the first on the trusted path, else the leaf's.
        public var runsOutAt: Instant
        /// The share of the lifetime left of the certificate that runs out first.
        public var lifetimeLeftRatio: Double
    }

    /// One verification error.
    public struct VerificationError: Sendable, Hashable, Codable {
        /// 0 is the leaf.
        public var depth: Int
        /// OpenSSL's name of the error.
        public var code: String
    }

    /// One alert.
    public struct Alert: Sendable, Hashable, Codable {
        /// The rule.
        public var rule: String
        /// The id of the service or endpoint it is about.
        public var subject: String
        /// `service` or `endpoint`.
        public var subjectKind: String
        /// The service.
        public var service: String
        /// `digest`, `warning`, `critical` or `page`.
        public var level: String
        /// `pending` or `firing`.
        public var state: String
        /// Since when the condition holds.
        public var activeSince: Instant
        /// Since when it fires; nil while pending.
        public var firingSince: Instant?
        /// The reason of the failure behind it.
        public var reason: String?
        /// One line for people.
        public var summary: Text
        /// Where to read what to do.
        public var runbook: String?
        /// The number of the incident that it belongs to; nil for none.
        public var incident: String?
        /// The silence that keeps it from being told; nil for none.
        public var silencedBy: String?
    }
}

/// The answer to `GET /api/v1/alerts`.
public struct AlertsDocument: Sendable, Hashable, Codable {
    /// The instant that the document describes.
    public var takenAt: Instant
    /// Pending and firing alerts, the most urgent first.
    public var alerts: [StatusDocument.Alert]
}
