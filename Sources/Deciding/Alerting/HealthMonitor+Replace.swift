public import HealthModel
import Incidents
import Observing
public import Routing
import Rules

extension HealthMonitor {
    /// Puts another catalogue and other rules in force at once.
    ///
    /// An endpoint that stays under its id and URL keeps its history; a rule that stays in force
    /// for a subject that stays keeps its alert.
    ///
    /// - Parameters:
    ///   - catalogue: What is watched from now on.
    ///   - rules: The rules from now on.
    ///   - now: The present.
    /// - Returns: The end of every alert whose rule or subject is gone.
    public mutating func replace(
        catalogue: ServiceCatalogue, rules: RuleSet, at now: Timestamp
    ) -> [AlertTransition] {
        var kept: [AlertKey: (machine: AlertMachine, alert: Alert?)] = [:]
        for index in bindings.indices where machines[index].isActive {
            kept[key(of: bindings[index])] = (machines[index], alerts[index])
        }
        var oldTrackers: [EndpointID: (tracker: EndpointTracker, url: ProbeURL)] = [:]
        for (index, endpoint) in self.catalogue.endpoints.enumerated() {
            oldTrackers[endpoint.id] = (trackers[index], endpoint.url)
        }
        // What fired about another place than the one that has the id now says nothing of this one.
        let moved = Set(
            catalogue.endpoints.filter { endpoint in
                oldTrackers[endpoint.id].map { $0.url != endpoint.url } ?? false
            }.map(\.id))
        let oldExcused = excusedEndpoints
        let oldClocks = objectiveClocksNow()
        let oldServices = Dictionary(
            uniqueKeysWithValues: zip(self.catalogue.services.map(\.id), services))

        let stays = Set(rules.receivers.map(\.id))
        let gone = self.rules.receivers.filter { !stays.contains($0.id) }
        self.catalogue = catalogue
        self.rules = rules
        graph = DependencyGraph(services: catalogue.services)
        incidentMap = IncidentMap(catalogue: catalogue, graph: graph)
        install()
        for (index, endpoint) in catalogue.endpoints.enumerated() {
            guard let old = oldTrackers[endpoint.id], old.url == endpoint.url else { continue }
            trackers[index] = old.tracker
            trackers[index].setInterval(endpoint.probe.interval, acceleration: acceleration)
            if !endpoint.probe.isScannedDaily { trackers[index].baseline.forget(.modernTLS) }
        }
        excuse(oldExcused)
        for (index, service) in catalogue.services.enumerated() {
            if let old = oldServices[service.id] { services[index] = old }
        }
        restore(objectives: oldClocks)
        let watched = Set(catalogue.endpoints.map(\.id))
        certificates.keep(only: watched)
        usualTimes.keep(only: watched)
        store.retain(endpoints: Set(catalogue.endpoints.map(\.id)))
        changedServices = Set(catalogue.services.indices)
        refresh(at: now)
        // Edges may have changed although no own state did.
        spread(at: now)
        areAllAlertsChanged = true
        let ended = adopt(kept, except: moved, at: now)
        end(ended, at: now)
        dismiss(gone, at: now)
        tell(at: now)
        return ended
    }

    /// Gives the alerts of before to the bindings of now; ends those that have none, and those about
    /// endpoints that moved.
    mutating func adopt(
        _ kept: [AlertKey: (machine: AlertMachine, alert: Alert?)],
        except moved: Set<EndpointID> = [], at now: Timestamp
    ) -> [AlertTransition] {
        var left = kept
        for index in bindings.indices where !left.isEmpty {
            if let tracker = bindings[index].tracker, moved.contains(trackers[tracker].status.id) {
                continue
            }
            guard let old = left.removeValue(forKey: key(of: bindings[index])) else { continue }
            machines[index] = old.machine
            guard var alert = old.alert else { continue }
            alert.level = bindings[index].level
            alert.runbook = rules.rules[bindings[index].rule].runbook
            alert.service = catalogue.services[bindings[index].service].id
            alerts[index] = alert
            incidents.update(alert, at: now)
        }
        return left.sorted { $0.key < $1.key }.compactMap { _, old in
            guard var alert = old.alert else { return nil }
            alert.state = .resolved
            return AlertTransition(at: now, alert: alert, isWatched: false)
        }
    }

    /// Takes alerts out of their incidents that nothing in force is about any more; what is told of
    /// them is that nobody knows how they are.
    mutating func end(_ ended: [AlertTransition], at now: Timestamp) {
        for transition in ended where transition.alert.firingSince != nil {
            telling.unwatched.insert(transition.alert.episode)
            incidents.leave(transition.alert, at: now)
        }
        telling.isDue = true
        telling.reconsiderAt = now
    }

    /// Lays out trackers, services and bindings for the catalogue and rules in force, all empty.
    mutating func install() {
        let endpoints = catalogue.endpoints
        let position = Dictionary(
            uniqueKeysWithValues: catalogue.services.enumerated().map { ($1.id, $0) })
        trackers = endpoints.map { EndpointTracker(id: $0.id) }
        revisions = endpoints.map { _ in 0 }
        trackerOfEndpoint = Dictionary(
            uniqueKeysWithValues: endpoints.enumerated().map { ($1.id, $0) })
        serviceOfTracker = endpoints.map { endpoint in
            guard let service = position[endpoint.service] else {
                preconditionFailure("the catalogue has checked that the service is there")
            }
            return service
        }
        trackersOfService = catalogue.services.map { _ in [] }
        for (tracker, service) in serviceOfTracker.enumerated() {
            trackersOfService[service].append(tracker)
        }
        families = AddressFamilyPairs(endpoints)
        services = catalogue.services.map { _ in ServiceState() }
        objectives = ObjectiveBoard(services: catalogue.services.count)
        alerts = [:]
        changedAlerts = []
        doubtState.doubt.watch(catalogue, acceleration: acceleration)
        followCatalogue()
        telling.fallbacks.use(rules.receivers)
        bind()
        machines = bindings.map { _ in AlertMachine() }
        slowValues = bindings.map { _ in nil }
        memories = bindings.map { FindingMemory(tracker: $0.tracker) }
        usualTimes.want(
            rules.rules.flatMap { rule -> [UsualTimes.Kind] in
                guard case .expression(let expression) = rule.condition else { return [] }
                return expression.usuals
            })
    }

    private mutating func bind() {
        bindings = []
        let certificateRules = rules.rules.filter { $0.condition == .certificateInvalid }
        let toldApart = catalogue.services.map { service in
            certificateRules.contains {
                $0.level[service.tier] != nil && $0.scope.includes(service)
            }
        }
        // Services before endpoints, so that the wider news comes first.
        for isAboutEndpoint in [false, true] {
            for (index, rule) in rules.rules.enumerated()
            where rule.condition.isAboutEndpoint == isAboutEndpoint {
                let terms = Tier.allCases.map { tier in
                    rule.level[tier].map { Terms(rule, at: index, level: $0, tier: tier) }
                }
                if isAboutEndpoint {
                    for tracker in trackers.indices {
                        bind(terms, rule.scope, serviceOfTracker[tracker], tracker, toldApart)
                    }
                } else {
                    for service in catalogue.services.indices
                    where !trackersOfService[service].isEmpty
                        || isSaid(rule.condition, of: service)
                    {
                        bind(terms, rule.scope, service, nil, toldApart)
                    }
                }
            }
        }
    }

    /// Whether a condition may hold for a service that cannot be probed, because an operator said so.
    private func isSaid(_ condition: Condition, of service: Int) -> Bool {
        guard catalogue.services[service].kind == .dark, case .state(let state) = condition else {
            return false
        }
        return state != .unknown
    }

    private mutating func bind(
        _ terms: [Terms?], _ scope: RuleScope, _ service: Int, _ tracker: Int?,
        _ toldApart: [Bool]
    ) {
        guard let terms = terms[catalogue.services[service].tier.rawValue],
            scope.includes(catalogue.services[service])
        else { return }
        bindings.append(
            Binding(
                terms: terms, service: service, tracker: tracker,
                isCertificateToldApart: toldApart[service]))
    }
}
