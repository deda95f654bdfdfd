public import HealthModel
import Incidents
import Observing
public import Routing
import Rules

/// What came of an order.
public struct OperatorAnswer: Sendable, Hashable {
    /// What was begun or ended; nil for a note and a resolution.
    public var action: OperatorAction?
    /// The incident that it is about; nil when it is about none.
    public var incident: IncidentID?

    /// Makes an answer.
    public init(action: OperatorAction? = nil, incident: IncidentID? = nil) {
        self.action = action
        self.incident = incident
    }
}

extension HealthMonitor {
    /// Carries out what an operator asks for, or says why not; then nothing has changed.
    ///
    /// Take the changes and the records afterwards, and answer the operator once they are on disk.
    ///
    /// - Throws: `OperatorRefusal`.
    public mutating func perform(
        _ order: OperatorOrder, at now: Timestamp
    ) throws(OperatorRefusal) -> OperatorAnswer {
        guard Self.isLine(order.author, bytes: Limits.operatorNameBytes) else { throw .author }
        guard Self.isLine(order.reason, bytes: Limits.operatorReasonBytes) else { throw .reason }
        turnActions(at: now)
        let answer: OperatorAnswer
        switch order.request {
        case .silence(let scope, let from, let to):
            try check(scope)
            answer = try begin(.silence(scope), order, from: from, to: to, at: now)
        case .acknowledge(let id, let to):
            guard try openIncident(id) else { throw .isOver(id.text) }
            let earlier = actions.acknowledgements[id]
            answer = try begin(.acknowledgement(id), order, from: nil, to: to, at: now)
            replace(earlier, with: answer.action, order, at: now)
        case .maintain(let services, let withDependants, let from, let to, let every, let until):
            let named = try maintained(services, withDependants: withDependants)
            answer =
                if let every {
                    try begin(
                        .maintenance(named), order, withDependants: withDependants, every: every,
                        until: until, from: from ?? now, to: to, at: now)
                } else {
                    try begin(
                        .maintenance(named), order, withDependants: withDependants, from: from,
                        to: to, at: now)
                }
        case .setDark(let service, let state, let to):
            try check(dark: service, state)
            let earlier = actions.darks[service]?.action
            answer = try begin(.dark(service, state), order, from: nil, to: to, at: now)
            replace(earlier, with: answer.action, order, at: now)
        case .end(let id): answer = try end(id, order, at: now)
        case .note(let id):
            _ = try openIncident(id)
            write(.incidentNoted, .noted, id, order, at: now)
            answer = OperatorAnswer(incident: id)
        case .resolve(let id, let force):
            try resolve(id, order, force: force, at: now)
            answer = OperatorAnswer(incident: id)
        case .aware(let id, let instant):
            _ = try openIncident(id)
            guard instant <= now, now - instant <= Limits.planningDuration else {
                throw .awareTooEarly
            }
            write(.incidentAware, .aware, id, order, at: now, about: instant)
            answer = OperatorAnswer(incident: id)
        case .reported(let id, let step):
            _ = try openIncident(id)
            guard incidents[id].flatMap({ LegalClock($0) }) != nil else { throw .notAware(id) }
            write(.incidentReported, .reported, id, order, at: now, prefix: "\(step.rawValue): ")
            answer = OperatorAnswer(incident: id)
        }
        turnActions(at: now)
        tell(at: now)
        return answer
    }

    /// What the evidence log has to say of operators since the last call.
    public mutating func takeOperatorRecords() -> [EvidenceRecord] {
        defer { operatorRecords = [] }
        return operatorRecords
    }

    // MARK: Checks

    /// Whether `text` says something, in one line that cannot steer a terminal.
    private static func isLine(_ text: String, bytes: Int) -> Bool {
        let isBlank = text.unicodeScalars.allSatisfy { $0.properties.isWhitespace }
        return !isBlank && text.utf8.count <= bytes
            && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    private func check(_ scope: AlertScope) throws(OperatorRefusal) {
        guard !scope.isEmpty else { throw .emptyScope }
        guard scope.nameCount <= Limits.scopeNames else { throw .scopeTooLarge }
        for id in scope.services.sorted() { try check(service: id) }
        for id in scope.endpoints.sorted() where trackerOfEndpoint[id] == nil {
            throw .unknown(kind: "endpoint", name: id.text)
        }
        for id in scope.rules.sorted() where !rules.rules.contains(where: { $0.id == id }) {
            throw .unknown(kind: "rule", name: id.text)
        }
        for name in scope.sectors.sorted()
        where !catalogue.services.contains(where: { $0.sector == name }) {
            throw .unknown(kind: "sector", name: name)
        }
        for name in scope.owners.sorted()
        where !catalogue.services.contains(where: { $0.owner == name }) {
            throw .unknown(kind: "owner", name: name)
        }
    }

    private func check(service: ServiceID) throws(OperatorRefusal) {
        guard catalogue.service(service) != nil else {
            throw .unknown(kind: "service", name: service.text)
        }
    }

    private func check(dark id: ServiceID, _ state: HealthState) throws(OperatorRefusal) {
        guard let service = catalogue.service(id) else {
            throw .unknown(kind: "service", name: id.text)
        }
        guard service.kind == .dark else { throw .notDark(id) }
        guard [.down, .degraded, .busy].contains(state) else { throw .darkState(state) }
    }

    /// Whether the incident is open; throws when there is none.
    private func openIncident(_ id: IncidentID) throws(OperatorRefusal) -> Bool {
        guard let incident = incidents[id] else {
            throw .unknown(kind: "incident", name: id.text)
        }
        return incident.isOpen
    }

    /// The services that maintenance names, sorted; throws when one is not there, or when they and
    /// what needs them are too many.
    private func maintained(
        _ services: [ServiceID], withDependants: Bool
    ) throws(OperatorRefusal) -> [ServiceID] {
        guard !services.isEmpty else { throw .emptyScope }
        for id in services { try check(service: id) }
        let named = Set(services)
        var all = named
        if withDependants {
            for index in catalogue.services.indices
            where named.contains(catalogue.services[index].id) {
                all.formUnion(graph.dependants[index])
            }
        }
        guard all.count <= Limits.scopeNames else { throw .scopeTooLarge }
        return named.sorted()
    }

    // MARK: Doing

    /// Begins what comes back; the first window says how long each lasts and at which time it begins.
    private mutating func begin(
        _ effect: OperatorAction.Effect, _ order: OperatorOrder, withDependants: Bool,
        every days: Recurrence.Days, until: Timestamp?, from: Timestamp, to: Timestamp,
        at now: Timestamp
    ) throws(OperatorRefusal) -> OperatorAnswer {
        let length = to - from
        guard length <= days.lengthMax else { throw .overlapsItself(days.lengthMax) }
        let recurrence = Recurrence(days: days, from: from, length: length, until: until)
        guard length > .zero, let first = recurrence.occurrence(endingAfter: now) else {
            throw .endsTooEarly
        }
        return try begin(
            effect, order, withDependants: withDependants, from: first.lowerBound,
            to: first.upperBound, recurrence: recurrence, at: now)
    }

    private mutating func begin(
        _ effect: OperatorAction.Effect, _ order: OperatorOrder, withDependants: Bool = false,
        from: Timestamp?, to: Timestamp, recurrence: Recurrence? = nil, at now: Timestamp
    ) throws(OperatorRefusal) -> OperatorAnswer {
        let start = max(from ?? now, now)
        guard to > start else { throw .endsTooEarly }
        guard start - now <= Limits.planningDuration else { throw .startsTooLate }
        let most =
            switch effect.kind {
            case .silence, .maintenance: Limits.silenceDuration
            case .acknowledgement: Limits.acknowledgementDuration
            case .dark: Limits.darkStateDuration
            }
        guard to - start <= most else { throw .lastsTooLong(most) }
        let action = try actions.add(
            effect, author: order.author, reason: order.reason, from: start, to: to,
            withDependants: withDependants, recurrence: recurrence, at: now)
        operatorRecords.append(
            EvidenceRecord(
                start > now ? .operationPlanned : action.effect.kind.beginning, action, at: now,
                actor: order.author, origin: order.origin))
        var answer = OperatorAnswer(action: action)
        if case .acknowledgement(let id) = effect {
            answer.incident = id
            incidents.note(.acknowledged, "\(order.author): \(order.reason)", in: id, at: now)
            for receiver in telling.books.keys {
                telling.books[receiver]?.acknowledge(id.text, by: action.id)
            }
        }
        return answer
    }

    /// Ends what a newer action takes the place of, once nothing can be refused any more.
    private mutating func replace(
        _ earlier: OperatorAction?, with later: OperatorAction?, _ order: OperatorOrder,
        at now: Timestamp
    ) {
        guard let earlier, let later,
            let ended = try? actions.end(earlier.id, by: order.author, at: now)
        else { return }
        operatorRecords.append(
            EvidenceRecord(
                ended.effect.kind.end, ended, at: now, actor: order.author, origin: order.origin,
                result: "replaced by \(later.id)"))
    }

    private mutating func end(
        _ id: ActionID, _ order: OperatorOrder, at now: Timestamp
    ) throws(OperatorRefusal) -> OperatorAnswer {
        let action = try actions.end(id, by: order.author, at: now)
        operatorRecords.append(
            EvidenceRecord(
                action.effect.kind.end, action, at: now, actor: order.author,
                origin: order.origin, result: order.reason))
        if case .acknowledgement(let incident) = action.effect {
            incidents.note(
                .unacknowledged, "\(order.author): \(order.reason)", in: incident, at: now)
        }
        noteTurn(of: action)
        return OperatorAnswer(action: action)
    }

    private mutating func write(
        _ action: EvidenceRecord.Action, _ kind: Incident.Event.Kind, _ id: IncidentID,
        _ order: OperatorOrder, at now: Timestamp, about instant: Timestamp? = nil,
        prefix: String = ""
    ) {
        incidents.note(
            kind, "\(prefix)\(order.author): \(order.reason)", in: id, at: instant ?? now)
        var record = EvidenceRecord(
            at: now, action: action, object: "incident/\(id)", origin: order.origin,
            actor: order.author)
        record.note = prefix + order.reason
        operatorRecords.append(record)
    }

    /// Writes down how an incident ended; ends one by force, whose alerts go on without it.
    ///
    /// They keep its number, so that people are not called for them again, also after a reload or a
    /// restart; machines go on hearing of each alert.
    private mutating func resolve(
        _ id: IncidentID, _ order: OperatorOrder, force: Bool, at now: Timestamp
    ) throws(OperatorRefusal) {
        guard try openIncident(id), let incident = incidents[id] else {
            write(.incidentResolved, .resolved, id, order, at: now)
            return
        }
        let firing = incident.members.filter { $0.endedAt == nil }.map(\.alert)
        guard force else { throw .stillFires(firing.map(\.key)) }
        write(.incidentResolved, .resolved, id, order, at: now)
        incidents.dismiss(id, at: now)
        telling.isDue = true
    }

    // MARK: Time

    /// Has maintenance follow the catalogue that is in force.
    mutating func followCatalogue() {
        var dependants: [ServiceID: [ServiceID]] = [:]
        for (service, names) in zip(catalogue.services, graph.dependants) where !names.isEmpty {
            dependants[service.id] = names
        }
        var endpoints: [ServiceID: [EndpointID]] = [:]
        for endpoint in catalogue.endpoints {
            endpoints[endpoint.service, default: []].append(endpoint.id)
        }
        actions.follow(dependants, endpoints: endpoints)
    }

    /// Lets what operators planned begin, and what has had its time end.
    mutating func turnActions(at now: Timestamp) {
        for turn in actions.advance(to: now) {
            switch turn {
            case .began(let action):
                if action.startsAt > action.addedAt {
                    operatorRecords.append(
                        EvidenceRecord(action.effect.kind.beginning, action, at: now))
                }
                noteTurn(of: action)
            case .ranOut(let action):
                operatorRecords.append(EvidenceRecord(action.effect.kind.end, action, at: now))
                noteTurn(of: action)
                noteOverrun(of: action, at: now)
                if case .acknowledgement(let id) = action.effect, incidents[id]?.isOpen == true {
                    incidents.note(.unacknowledged, "\(action.id) ran out", in: id, at: now)
                }
            }
        }
        endServedAcknowledgements(at: now)
    }

    /// Ends what was acknowledged of incidents that are over, or that others have taken in: that
    /// somebody works on a part does not mean that anybody works on the whole.
    private mutating func endServedAcknowledgements(at now: Timestamp) {
        let served = actions.acknowledgements.filter { incidents[$0.key]?.isOpen != true }
        for action in served.values.map(\.id).sorted() {
            guard let ended = try? actions.end(action, by: "vitaal", at: now) else { continue }
            operatorRecords.append(EvidenceRecord(.acknowledgementEnded, ended, at: now))
        }
        if !served.isEmpty { _ = actions.advance(to: now) }
    }

    /// Has looked at anew what depends on an action that began or ended.
    private mutating func noteTurn(of action: OperatorAction) {
        telling.isDue = true
        let named: Set<ServiceID>
        switch action.effect {
        case .silence, .acknowledgement: return
        case .maintenance: named = Set(actions.services(under: action))
        case .dark(let service, _): named = [service]
        }
        for index in catalogue.services.indices where named.contains(catalogue.services[index].id) {
            changedServices.insert(index)
        }
    }

    /// Notes which services do not serve although their maintenance should be over, and no other one
    /// goes on.
    private mutating func noteOverrun(of action: OperatorAction, at now: Timestamp) {
        let named = Set(actions.services(under: action))
        let failing = catalogue.services.indices.filter {
            named.contains(catalogue.services[$0].id) && !isMaintained($0)
                && [.down, .degraded, .flapping].contains(services[$0].measured)
        }.map { catalogue.services[$0].id }
        guard !failing.isEmpty else { return }
        for service in failing { overruns[service] = action.id }
        let words = failing.prefix(Self.endpointsNamed).map(\.text).joined(separator: ", ")
        operatorRecords.append(
            EvidenceRecord(
                .maintenanceOverrun, action, at: now, result: "still failing: \(words)"))
    }

    // MARK: What it means

    /// Whether a service, by its position, is under maintenance now.
    func isMaintained(_ service: Int) -> Bool {
        // Not with `&&`, whose right side is a closure that would hold a copy of the monitor.
        if actions.maintenance.isEmpty { return false }
        return actions.maintenance[catalogue.services[service].id] != nil
    }

    /// The own state of a service, by its position: what was measured, unless an operator knows
    /// better.
    func state(of service: Int, measured: HealthState) -> HealthState {
        if isMaintained(service) { return .maintenance }
        guard catalogue.services[service].kind == .dark else { return measured }
        return actions.darks[catalogue.services[service].id]?.state ?? measured
    }

    /// Tells whether the condition of a binding holds, and matters.
    ///
    /// Under maintenance nothing begins to fire. What fired before goes on for as long as its
    /// cause: maintenance does not mend what was broken.
    mutating func finding(of index: Int, at now: Timestamp) -> AlertMachine.Finding {
        let found = finding(for: index, at: now)
        guard found == .holds, isMaintained(bindings[index].service),
            machines[index].firingSince == nil, bindings[index].condition != .state(.maintenance)
        else { return found }
        return .fails
    }

    /// The silence that keeps a firing alert back; nil when there is none.
    func silence(of alert: Alert) -> OperatorAction? {
        guard !actions.silences.isEmpty, alert.key.subject != .monitor,
            let service = incidentMap.services[alert.service]
        else { return nil }
        return actions.silence(of: alert, service: service)
    }

    /// Adds what operators did, for readers.
    func addActions(to snapshot: inout HealthSnapshot) {
        snapshot.actions = actions.current
        for alert in alerts.values where alert.firingSince != nil {
            if let silence = silence(of: alert) { snapshot.silenced[alert.key] = silence.id }
        }
    }
}

extension OperatorAction.Kind {
    /// The line of evidence when it begins.
    var beginning: EvidenceRecord.Action {
        switch self {
        case .silence: .silenceBegan
        case .acknowledgement: .acknowledgementBegan
        case .maintenance: .maintenanceBegan
        case .dark: .darkSet
        }
    }

    /// The line of evidence when it is over.
    var end: EvidenceRecord.Action {
        switch self {
        case .silence: .silenceEnded
        case .acknowledgement: .acknowledgementEnded
        case .maintenance: .maintenanceEnded
        case .dark: .darkCleared
        }
    }
}
