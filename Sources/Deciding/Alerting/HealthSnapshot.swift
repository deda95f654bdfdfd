public import HealthModel
public import Observing

/// Everything a reader may know at one instant: the input of metrics, API, status and pages.
public struct HealthSnapshot: Sendable {
    /// The instant of the snapshot.
    public var takenAt: Timestamp
    /// What is watched.
    public var catalogue: ServiceCatalogue
    /// One entry per enabled endpoint, in the order of the catalogue.
    public var endpoints: [EndpointStatus]
    /// One entry per service, in the order of the catalogue.
    public var services: [ServiceStatus]
    /// Pending and firing alerts: those about the monitor, then the most urgent, then the oldest.
    public var alerts: [Alert]
    /// Open incidents, the most urgent first, then those that ended within a day, the newest first.
    public var incidents: [IncidentStatus]
    /// How each probed service does against its objective, in the order of the catalogue.
    public var objectives: [ObjectiveStatus]
    /// Since when the monitor is blind, so that no state can be believed; nil while it sees.
    public var blindSince: Timestamp?
    /// The targets that tell whether the monitor sees; empty when there are none.
    public var controls: [SelfDoubt.Control] = []
    /// What the kernel says of the clock; nil before it was asked.
    public var clock: ClockDiscipline?
    /// Since when each receiver that fails does so.
    public var failingReceivers: [ReceiverID: Timestamp] = [:]
    /// Whether any rule looks at anything; true for an empty catalogue, which needs none.
    public var isAnyRuleInForce = true
    /// What operators have done that holds or is going to, in the order of the numbers.
    public var actions: [OperatorAction] = []
    /// The firing alerts that are kept back, and by which silence.
    public var silenced: [AlertKey: ActionID] = [:]

    /// Makes a snapshot.
    public init(
        takenAt: Timestamp, catalogue: ServiceCatalogue, endpoints: [EndpointStatus],
        services: [ServiceStatus], alerts: [Alert], incidents: [IncidentStatus] = [],
        objectives: [ObjectiveStatus] = []
    ) {
        self.takenAt = takenAt
        self.catalogue = catalogue
        self.endpoints = endpoints
        self.services = services
        self.alerts = alerts
        self.incidents = incidents
        self.objectives = objectives
    }
}

/// An incident, and what is behind it in words.
public struct IncidentStatus: Sendable, Hashable {
    /// The incident.
    public var incident: Incident
    /// What it is about, without a full stop: the name of a service, or what is shown to be behind it,
    /// or what only coincides, and which of these.
    public var cause: LocalizedText

    /// Makes a status.
    public init(incident: Incident, cause: LocalizedText) {
        self.incident = incident
        self.cause = cause
    }
}

/// What is known of one endpoint.
public struct EndpointStatus: Sendable, Hashable {
    /// The endpoint.
    public var id: EndpointID
    /// The own state.
    public var state: HealthState
    /// Since when it has this state; nil when it was never measured.
    public var since: Timestamp?
    /// Since when it is unknown although it should be measured; nil while it is measured, or its
    /// service is under maintenance.
    ///
    /// Moves with a clock that is set, unlike `since`.
    public var unmeasuredSince: Timestamp?
    /// The last result; nil when it was never measured.
    public var lastResult: ProbeResult?
    /// The end of the last successful probe; nil when there was none.
    public var lastSuccessAt: Timestamp?
    /// The end of the last failed probe; nil when there was none.
    public var lastFailureAt: Timestamp?
    /// Failed probes in a row up to now; the monitor's own faults do not count.
    public var consecutiveFailures: Int
    /// Successful probes since the start.
    public var successCount: Int
    /// Failed probes since the start by reason.
    public var failureCounts: [Reason: Int]
    /// The last TLS record seen, also when a later probe did not get that far; nil when none was.
    public var lastTLS: TLSRecord?
    /// The last TLS record seen of every hop of the probe, in order; nil for a hop without TLS.
    ///
    /// A probe that did not get as far as an earlier one leaves the later hops as they were. Empty
    /// when the results name no hops.
    public var lastHops: [ProbeHop]
    /// From when on the renewal of the endpoint's own certificate is overdue by its own habit; nil
    /// before a habit is known.
    public var renewalOverdueAt: Timestamp?
    /// What the server was found to accept; nil when it was never asked.
    public var scan: TLSScanRecord?
    /// How it has done over days; nil when nothing is kept or it has not been looked up yet.
    public var history: EndpointHistory?

    /// Why the last probe failed; nil when it did not, or there was none.
    var lastReason: Reason? { lastResult?.reason }

    /// The records of all hops that show a certificate; `lastTLS` when no hops are known.
    public var tlsRecords: [TLSRecord] {
        let records = lastHops.compactMap(\.tls).filter { $0.leaf != nil }
        return records.isEmpty ? [lastTLS].compactMap(\.self).filter { $0.leaf != nil } : records
    }

    /// The certificate that runs out first on the paths of all hops; nil when none was seen.
    public var runsOutFirst: Certificate? {
        tlsRecords.compactMap(\.runsOutFirst).min { $0.notAfter < $1.notAfter }
    }

    /// What the rules on certificates look at, twice a second for every endpoint.
    var outlook = CertificateOutlook()

    /// The leaf that the endpoint's own URL shows, redirects left out; nil when that is not
    /// trusted or not seen.
    public var ownLeaf: Certificate? { outlook.ownLeaf }

    /// Makes the status of an endpoint that was never measured.
    public init(id: EndpointID) {
        self.id = id
        state = .unknown
        since = nil
        lastResult = nil
        lastSuccessAt = nil
        lastFailureAt = nil
        consecutiveFailures = 0
        successCount = 0
        failureCounts = [:]
        lastTLS = nil
        lastHops = []
    }
}

/// What is known of one service.
public struct ServiceStatus: Sendable, Hashable {
    /// The service.
    public var id: ServiceID
    /// The measured state, the endpoints taken together; unknown for a dark service.
    public var ownState: HealthState
    /// Own state and what the service depends on taken together.
    public var effectiveState: HealthState
    /// Since when it has this effective state; nil when it was never measured.
    public var since: Timestamp?
    /// The services whose failure makes the effective state worse than the own one, roots only.
    public var causes: [ServiceID]
    /// The services that depend on this one by hard or login edges, directly or not, sorted.
    public var dependants: [ServiceID]

    /// Makes a status.
    public init(
        id: ServiceID, ownState: HealthState, effectiveState: HealthState, since: Timestamp?,
        causes: [ServiceID], dependants: [ServiceID]
    ) {
        self.id = id
        self.ownState = ownState
        self.effectiveState = effectiveState
        self.since = since
        self.causes = causes
        self.dependants = dependants
    }
}
