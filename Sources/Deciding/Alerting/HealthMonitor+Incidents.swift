import HealthModel
import Incidents
import Observing
import Rules

extension HealthMonitor {
    /// How long an incident that is over stays in the snapshot.
    static let closedIncidentTime: Duration = .seconds(86_400)
    /// Incidents that are over and stand in one snapshot; the newest stay.
    static let closedIncidentsMax = 100

    /// How often open incidents are looked at although no alert changed.
    static let reconsiderInterval: Duration = .seconds(60)

    /// Groups the alerts that changed into incidents.
    ///
    /// - Parameters:
    ///   - changes: What changed, each with its binding; alerts that joined an incident get its
    ///     number.
    ///   - now: The present.
    mutating func group(
        _ changes: inout [(binding: Int, transition: AlertTransition)], at now: Timestamp
    ) {
        guard !changes.isEmpty || telling.reconsiderAt.map({ $0 <= now }) ?? false else { return }
        let cause = IncidentCause(map: incidentMap, failing: failingServices())
        for index in changes.indices where changes[index].transition.alert.state == .firing {
            join(&changes[index].transition.alert, changes[index].binding, cause, at: now)
        }
        joinFellows(cause, at: now)
        // After the beginnings: an incident whose last alert ends as the next one of it begins goes
        // on, as when the endpoints of a service come back one after the other.
        for change in changes where change.transition.alert.state == .resolved {
            incidents.leave(change.transition.alert, at: now)
        }
        incidents.reconsider(cause, at: now)
        renumber()
        telling.isDue = true
        telling.reconsiderAt = nil
        guard !incidents.incidents.isEmpty else { return }
        let next = incidents.nextChange(after: now) ?? .farFuture
        telling.reconsiderAt = min(next, now + Self.reconsiderInterval)
    }

    /// Puts an alert that began to fire into an incident.
    private mutating func join(
        _ alert: inout Alert, _ binding: Int, _ cause: IncidentCause, at now: Timestamp
    ) {
        guard bindings[binding].condition.isOutage else { return }
        alert.incident = incidents.join(
            alert, cause: cause, opens: alert.level > .digest, at: now)
        alerts[binding]?.incident = alert.incident
        if let overrun = overruns.removeValue(forKey: alert.service), let id = alert.incident {
            incidents.note(.overrun, "\(overrun) \(alert.service)", in: id, at: now)
        }
    }

    /// Puts alerts that fired alone into the incident that their service turned out to be part of.
    private mutating func joinFellows(_ cause: IncidentCause, at now: Timestamp) {
        for index in alerts.keys.sorted() where bindings[index].condition.isOutage {
            guard var alert = alerts[index], alert.state == .firing, alert.incident == nil,
                let id = incidents.join(alert, cause: cause, opens: false, at: now)
            else { continue }
            alert.incident = id
            alerts[index] = alert
            changedAlerts.insert(index)
        }
    }

    /// Gives every alert the number of its incident, after some were merged or taken apart.
    private mutating func renumber() {
        guard incidents.isRenumbered else { return }
        incidents.isRenumbered = false
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
        // In order, since the first reason that is known counts.
        for index in alerts.keys.sorted() {
            let binding = bindings[index]
            guard binding.condition.isOutage, let alert = alerts[index] else { continue }
            let own = services[binding.service].own
            var one =
                failing[alert.service]
                ?? FailingService(
                    since: alert.activeSince, isDown: own == .down, isFlapping: own == .flapping)
            one.since = min(one.since, alert.activeSince)
            one.symptom = one.symptom ?? alert.reason?.symptom
            failing[alert.service] = one
        }
        for (service, index) in positions(of: Set(failing.keys)) {
            // What is seen now says more than what was seen when the alert began.
            let seen = symptom(of: index) ?? failing[service]?.symptom
            failing[service]?.symptom = seen
            failing[service]?.evidence = evidence(of: index).filter { evidence in
                seen.map { CauseTable.symptoms(of: evidence.kind).contains($0) } ?? false
            }
        }
        return failing
    }

    /// What kind of failure the worst endpoint of a service shows; nil when none fails.
    private func symptom(of service: Int) -> SymptomClass? {
        var worst: (severity: Int, symptom: SymptomClass)?
        for tracker in countedTrackers(of: service) {
            let severity = trackers[tracker].status.state.severity
            guard let symptom = trackers[tracker].status.lastReason?.symptom,
                severity > worst?.severity ?? Int.min
            else { continue }
            worst = (severity, symptom)
        }
        return worst?.symptom
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
            IncidentStatus(incident: $0, cause: incidentMap.words(for: $0.root))
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
