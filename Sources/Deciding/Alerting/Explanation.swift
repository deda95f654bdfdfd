public import HealthModel
import Incidents
public import Observing
public import Routing
public import Rules

/// Why a subject paged, or why it did not: everything that decides about it, as it is now.
public struct Explanation: Sendable, Hashable {
    /// One rule that looks at the subject or at an endpoint of it.
    public struct RuleStep: Sendable, Hashable {
        /// The rule and what it looks at.
        public var key: AlertKey
        /// How soon a person would have to know.
        public var level: Level
        /// The condition as it would be written, as far as it has words.
        public var condition: String
        /// What was found now.
        public var finding: AlertMachine.Finding
        /// Every part of an expression with its value and threshold; empty for fixed conditions.
        public var steps: [ExpressionStep]
        /// Since when the condition holds; nil when it does not.
        public var activeSince: Timestamp?
        /// Since when it fires; nil when it does not.
        public var firingSince: Timestamp?
        /// Since when it outlives its condition; nil when it does not.
        public var keepFiringSince: Timestamp?
        /// How long the condition must hold before the alert fires.
        public var holdTime: Duration
        /// How long the alert outlives its condition.
        public var keepFiringTime: Duration
        /// The incident of the alert; nil for none.
        public var incident: IncidentID?
        /// The silence that keeps it back; nil for none.
        public var silence: ActionID?
        /// Who hears of it, and why not; empty unless it fires.
        public var routes: [Route]
    }

    /// One receiver and one alert.
    public struct Route: Sendable, Hashable {
        /// The receiver.
        public var receiver: ReceiverID
        /// Why it is not told; nil when it is, or is going to be.
        public var obstacle: Obstacle?
        /// What it was told of this alert; nil when nothing.
        public var told: ReceiverBook.Entry?
    }

    /// The service.
    public var service: ServiceStatus
    /// What was measured of it, whatever operators say.
    public var measured: HealthState
    /// The endpoints, as they are.
    public var endpoints: [EndpointStatus]
    /// The share of its last changes that flapping is judged by, for each endpoint, 0 to 1.
    public var flapShares: [EndpointID: Double]
    /// The maintenance that it is under; nil for none.
    public var maintenance: OperatorAction?
    /// The maintenance that services are under which it needs, by service.
    public var maintainedParents: [ServiceID: OperatorAction]
    /// What an operator says of a dark service; nil for nothing.
    public var said: OperatorAction?
    /// Since when the monitor is blind; nil while it sees.
    public var blindSince: Timestamp?
    /// Since when nothing is reached over IPv6; nil while something is, or when no endpoint of the
    /// service is compared with one over IPv4.
    public var ipv6LostSince: Timestamp?
    /// The open incident that it is part of; nil for none.
    public var incident: IncidentStatus?
    /// Who works on that incident; nil when nobody does.
    public var acknowledgement: OperatorAction?
    /// The rules, those that fire first, then those whose condition holds.
    public var rules: [RuleStep]
}

extension HealthMonitor {
    /// Explains a service, or the service of an endpoint.
    ///
    /// - Parameters:
    ///   - name: The id of a service or an endpoint, or the number of an incident, of which the root
    ///     or first service is explained.
    ///   - now: The present.
    /// - Returns: nil when there is nothing of that name.
    public mutating func explain(_ name: String, at now: Timestamp) -> Explanation? {
        guard let (index, endpoint) = position(named: name) else { return nil }
        refresh(at: now)
        let service = catalogue.services[index]
        let trackers = trackersOfService[index].filter {
            endpoint == nil || self.trackers[$0].status.id == endpoint
        }
        let incident = incidents.open.first { $0.failingServices.contains(service.id) }
        var steps = bindings.indices.filter { binding in
            bindings[binding].service == index
                && (bindings[binding].tracker.map { trackers.contains($0) } ?? true)
        }.map { step(of: $0, at: now) }
        steps.sort { left, right in
            (left.rank, right.key) > (right.rank, left.key)
        }
        return Explanation(
            service: ServiceStatus(
                id: service.id, ownState: services[index].own,
                effectiveState: services[index].effective, since: services[index].since,
                causes: services[index].causes, dependants: graph.dependants[index]),
            measured: services[index].measured,
            endpoints: trackers.map { self.trackers[$0].status },
            flapShares: Dictionary(
                uniqueKeysWithValues: trackers.map {
                    (self.trackers[$0].status.id, self.trackers[$0].flapShare)
                }),
            maintenance: actions.maintenance[service.id],
            maintainedParents: actions.maintenance.filter {
                incidentMap.ancestors[service.id]?.contains($0.key) == true
            }, said: actions.darks[service.id]?.action,
            blindSince: selfDoubt.blindSince,
            ipv6LostSince: trackers.contains { families.ipv4[$0] != nil }
                ? doubtState.ipv6LostSince : nil,
            incident: incident.map {
                IncidentStatus(incident: $0, cause: incidentMap.words(for: $0.root))
            },
            acknowledgement: incident.flatMap { actions.acknowledgements[$0.id] }, rules: steps)
    }

    /// The service that a name means, by its position, and the endpoint if it is one.
    private func position(named name: String) -> (service: Int, endpoint: EndpointID?)? {
        if let index = catalogue.services.firstIndex(where: { $0.id.text == name }) {
            return (index, nil)
        }
        if let tracker = trackerOfEndpoint[EndpointID(name)] {
            return (serviceOfTracker[tracker], EndpointID(name))
        }
        guard let incident = incidents[IncidentID(name.uppercased())] else { return nil }
        let id: ServiceID? =
            switch incident.root {
            case .service(let id), .darkService(let id), .platform(let id): id
            default: incident.services.first
            }
        return catalogue.services.firstIndex { $0.id == id }.map { ($0, nil) }
    }

    private mutating func step(
        of index: Int, at now: Timestamp
    ) -> Explanation.RuleStep {
        let binding = bindings[index]
        let rule = rules.rules[binding.rule]
        let steps = trace(of: rule.id, for: key(of: binding).subject, at: now) ?? []
        let machine = machines[index]
        let alert = alerts[index]
        return Explanation.RuleStep(
            key: key(of: binding), level: binding.level, condition: binding.condition.words,
            finding: selfDoubt.isBlind ? .unknown : finding(of: index, at: now), steps: steps,
            activeSince: machine.activeSince, firingSince: machine.firingSince,
            keepFiringSince: machine.keepFiringSince, holdTime: binding.holdTime,
            keepFiringTime: rule.keepFiringTime, incident: alert?.incident,
            silence: alert.flatMap { silence(of: $0)?.id },
            routes: alert.map { $0.firingSince == nil ? [] : routes(of: $0, at: now) }
                ?? [])
    }

    /// Who hears of a firing alert, and why not.
    private func routes(
        of alert: Alert, at now: Timestamp
    ) -> [Explanation.Route] {
        let firing = firingAlert(alert)
        let audience = Audience(rules: rules, at: now)
        return rules.receivers.map { receiver in
            let book = telling.books[receiver.id]
            let isCalled = book?.isCalled(for: firing, in: firing.thread) ?? false
            return Explanation.Route(
                receiver: receiver.id,
                obstacle: audience.obstacle(firing, for: receiver, isCalled: isCalled),
                told: book?.entries[alert.episode])
        }
    }
}

extension Explanation.RuleStep {
    /// Firing before pending before what only holds before the rest; urgent before less so.
    fileprivate var rank: Int {
        let stage = firingSince != nil ? 3 : activeSince != nil ? 2 : finding == .holds ? 1 : 0
        return stage * 10 + level.rank
    }
}

extension Condition {
    /// As it would be written, as far as it has words.
    var words: String {
        switch self {
        case .state(let state): "state == \(state.rawValue)"
        case .slow(let quantile, let window, let threshold):
            "p\(Int((quantile * 100).rounded())) over \(window.shortText) > \(threshold.shortText)"
        case .certificateInvalid: "not certificate.trusted"
        case .certificateRunningOut(let share): "certificate past \(share) of its renewal point"
        case .sentCertificateRunningOut(let share):
            "certificate beside the path past \(share) of its renewal point"
        case .certificateRenewalOverdue: "certificate usually renewed earlier"
        case .burnRate(let burning):
            "burn rate over \(burning.long.shortText) and \(burning.short.shortText) > "
                + "\(burning.rate)"
        case .expression(let expression): expression.description
        }
    }
}
