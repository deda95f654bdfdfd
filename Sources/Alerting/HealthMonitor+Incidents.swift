import HealthModel

extension HealthMonitor {
    /// How long an incident that is over stays in the snapshot.
    static let closedIncidentTime: Duration = .seconds(86_400)
    /// Incidents that are over and stand in one snapshot; the newest stay.
    static let closedIncidentsMax = 100

    /// Groups the alerts that changed, and keeps who is told what.
    ///
    /// - Parameters:
    ///   - changes: What changed, each with its binding; alerts that joined an incident get its
    ///     number.
    ///   - now: The present.
    mutating func group(
        _ changes: inout [(binding: Int, transition: AlertTransition)], at now: Timestamp
    ) {
        let firing = changes.indices.filter { changes[$0].transition.alert.state == .firing }
        if !firing.isEmpty {
            let cause = IncidentCause(map: incidentMap, failing: failingServices())
            for index in firing {
                join(&changes[index].transition.alert, changes[index].binding, cause, at: now)
            }
            joinFellows(cause, at: now)
        }
        // After the beginnings: an incident whose last alert ends as the next one of it begins goes
        // on, as when the endpoints of a service come back one after the other.
        route(changes.map(\.transition).filter { $0.alert.state == .resolved })
        settleIncidents(at: now)
    }

    /// Keeps what is told of alerts for whoever writes it down; nobody is told twice.
    ///
    /// People who were told of an incident hear of its end, not of that of each alert.
    mutating func route(_ transitions: [AlertTransition]) {
        for transition in transitions where transition.alert.firingSince != nil {
            guard transition.alert.state == .resolved else {
                tell(transition.alert, at: transition.at)
                continue
            }
            let people = Set(rules.receivers.filter(\.isForPeople).map(\.id))
            let ends = incidents.leave(transition.alert, at: transition.at, heldBy: people)
            routedTransitions +=
                ends.isEmpty ? [RoutedTransition(transition: transition, receivers: [])] : ends
        }
    }

    /// Tells people what they have to know of incidents, and alerts which one they are in.
    private mutating func settleIncidents(at now: Timestamp) {
        guard incidents.needsSettling(at: now) else { return }
        let (map, rules, actions) = (incidentMap, self.rules, self.actions)
        let audience = IncidentAudience(
            people: rules.receivers.filter(\.isForPeople),
            named: { rules.receivers(of: $0.key.rule) },
            mayTell: { alert in
                map.services[alert.service].flatMap { actions.silence(of: alert, service: $0) }
                    == nil
            },
            isOpen: { $0.isOpen(for: $1, at: now) },
            words: { map.words(of: $0) }, service: { map.services[$0] })
        routedTransitions += incidents.settle(audience, at: now)
        renumber()
    }

    /// Puts an alert that began to fire into an incident.
    private mutating func join(
        _ alert: inout Alert, _ binding: Int, _ cause: IncidentCause, at now: Timestamp
    ) {
        if bindings[binding].condition.isOutage {
            alert.incident = incidents.join(
                alert, cause: cause, opens: alert.level > .digest, at: now)
            alerts[binding]?.incident = alert.incident
            if let overrun = overruns.removeValue(forKey: alert.service), let id = alert.incident {
                incidents.note(.overrun, "\(overrun) \(alert.service)", in: id, at: now)
            }
        }
        tell(alert, at: now)
    }

    /// Puts alerts that fired alone into the incident that their service turned out to be part of.
    private mutating func joinFellows(_ cause: IncidentCause, at now: Timestamp) {
        for index in alerts.keys.sorted() where bindings[index].condition.isOutage {
            guard var alert = alerts[index], alert.state == .firing, alert.incident == nil,
                let id = incidents.join(alert, cause: cause, opens: false, at: now)
            else { continue }
            // People were told of it by itself, and are owed its end.
            incidents.makeLead(alert.episode, in: id)
            alert.incident = id
            alerts[index] = alert
            changedAlerts.insert(index)
        }
    }

    /// Tells machines that an alert fires, and people too when it is in no incident.
    mutating func tell(_ alert: Alert, at now: Timestamp) {
        guard silence(of: alert) == nil else { return }
        let machines = Set(rules.receivers.filter { !$0.isForPeople }.map(\.id))
        let receivers = receivers(for: alert, at: now).filter {
            alert.incident == nil || machines.contains($0)
        }
        guard !receivers.isEmpty else { return }
        routedTransitions.append(
            RoutedTransition(
                transition: AlertTransition(at: now, alert: alert), receivers: receivers))
    }

    /// Gives every alert the number of its incident, after some were merged.
    private mutating func renumber() {
        guard incidents.hasMerged else { return }
        incidents.hasMerged = false
        var numbers: [String: IncidentID] = [:]
        for incident in incidents.incidents.values {
            for member in incident.members where member.endedAt == nil {
                numbers[member.alert.episode] = incident.id
            }
        }
        for (index, alert) in alerts where alert.state == .firing {
            guard let id = numbers[alert.episode], id != alert.incident else { continue }
            alerts[index]?.incident = id
            changedAlerts.insert(index)
        }
    }

    /// The services of which an alert about an outage is pending or firing.
    func failingServices() -> [ServiceID: FailingService] {
        var failing: [ServiceID: FailingService] = [:]
        for (index, alert) in alerts {
            let binding = bindings[index]
            guard binding.condition.isOutage else { continue }
            let own = services[binding.service].own
            var one =
                failing[alert.service]
                ?? FailingService(
                    since: alert.activeSince, isDown: own == .down, isFlapping: own == .flapping)
            one.since = min(one.since, alert.activeSince)
            failing[alert.service] = one
        }
        for (service, index) in positions(of: Set(failing.keys)) {
            failing[service]?.evidence = evidence(of: index)
        }
        return failing
    }

    private func positions(
        of wanted: Set<ServiceID>
    ) -> [(service: ServiceID, index: Int)] {
        catalogue.services.indices.compactMap { index in
            let id = catalogue.services[index].id
            return wanted.contains(id) ? (id, index) : nil
        }
    }

    /// What the failing endpoints of a service may share with others.
    private func evidence(of service: Int) -> Set<SharedEvidence> {
        var evidence: Set<SharedEvidence> = []
        for tracker in countedTrackers(of: service) {
            guard let result = trackers[tracker].status.lastResult, let reason = result.reason,
                reason.meaning == .failure
            else { continue }
            if reason.isCertificateVerdict {
                if let issuer = trackers[tracker].status.lastTLS?.leaf?.authorityName {
                    evidence.insert(SharedEvidence(kind: .issuer, value: issuer))
                }
            } else if let block = result.address.flatMap({
                SharedEvidence.addressBlock(of: $0)
            }) {
                evidence.insert(SharedEvidence(kind: .addressBlock, value: block))
            }
            for server in result.nameServers {
                evidence.insert(SharedEvidence(kind: .nameServer, value: server))
            }
            let own = catalogue.endpoints[tracker].url.host
            // Without a redirect there is but one hop; reading a URL takes its time.
            if result.hops.count > 1, let last = result.hops.last,
                let host = ProbeURL(last.url)?.host, host != own
            {
                evidence.insert(SharedEvidence(kind: .redirectHost, value: host))
            }
        }
        return evidence
    }

    /// The incidents that a reader sees: the open ones, then those that ended lately, newest first.
    func shownIncidents(at now: Timestamp) -> [IncidentStatus] {
        // What has to be reported stays until that is done.
        let recent = incidents.closed.reversed().filter { incident in
            incident.mergedInto == nil
                && (now - (incident.closedAt ?? now) < Self.closedIncidentTime
                    || LegalClock(incident)?.next != nil)
        }.prefix(Self.closedIncidentsMax)
        let open = incidents.open.sorted { left, right in
            left.level == right.level ? left.id < right.id : left.level > right.level
        }
        return (open + recent).map {
            IncidentStatus(incident: $0, cause: incidentMap.cause(of: $0.root))
        }
    }
}

extension Condition {
    /// Whether a service fails to serve people when it holds, wholly or in part.
    var isOutage: Bool {
        switch self {
        case .state(let state): [.down, .degraded, .flapping].contains(state)
        case .certificateInvalid: true
        case .expression(let expression): expression.isAboutOutage
        case .slow, .certificateRunningOut, .sentCertificateRunningOut,
            .certificateRenewalOverdue, .burnRate:
            false
        }
    }
}

extension Receiver {
    /// Whether people are called, once per incident; others keep count of each alert themselves.
    var isForPeople: Bool {
        if case .alertmanager = kind { false } else { true }
    }
}
