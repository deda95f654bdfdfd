public import HealthModel
public import Incidents
public import Observing
public import Routing

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
