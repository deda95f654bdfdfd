import HealthModel

/// What people read of an incident.
extension IncidentMap {
    /// Services named in what is told of one incident; more are counted.
    static let servicesNamed = 4

    /// What is said of an incident beside the summary of the alert that leads it.
    ///
    /// That is what is probably behind it, what it touches, and what else one should know; nothing
    /// for the failure of one service. A cause is never told as a fact.
    func words(of incident: Incident) -> LocalizedText {
        var (dutch, english): ([String], [String]) = ([], [])
        let services = incident.services
        if services.count > 1 || incident.root != services.first.map({ .service($0) }) {
            let cause = self.cause(of: incident.root)
            dutch.append("Vermoedelijke oorzaak: \(cause.dutch).")
            english.append("Probable cause: \(cause.english).")
        }
        if services.count > 1 {
            let named = services.prefix(Self.servicesNamed).map(\.text).joined(separator: ", ")
            let more = services.count - Self.servicesNamed
            dutch.append(
                "\(services.count) diensten geraakt: \(named)"
                    + (more > 0 ? " en nog \(more)." : "."))
            english.append(
                "\(services.count) services touched: \(named)"
                    + (more > 0 ? " and \(more) more." : "."))
        }
        if incident.occurrence >= IncidentKeeper.recurrenceMin {
            dutch.append("\(incident.occurrence)e incident in 7 dagen.")
            english.append("Incident number \(incident.occurrence) in 7 days.")
        }
        if incident.isCalamity {
            dutch.append("Calamiteit: langer dan 4 uur open.")
            english.append("Calamity: open for more than 4 hours.")
        }
        return LocalizedText(
            dutch: dutch.joined(separator: " "), english: english.joined(separator: " "))
    }

    /// The cause in words, without a full stop.
    func cause(of root: Incident.Root) -> LocalizedText {
        func name(_ id: ServiceID) -> LocalizedText {
            services[id]?.name ?? LocalizedText(dutch: id.text, english: id.text)
        }
        switch root {
        case .service(let id): return name(id)
        case .darkService(let id):
            return LocalizedText(
                dutch: "\(name(id).dutch) (niet gemeten)",
                english: "\(name(id).english) (not measured)")
        case .platform(let id):
            return LocalizedText(
                dutch: "het gedeelde platform \(name(id).dutch)",
                english: "the shared platform \(name(id).english)")
        case .peerGroup(let group):
            return LocalizedText(
                dutch: "iets dat de groep \(group) treft",
                english: "something that hits the peer group \(group)")
        case .shared(let evidence):
            switch evidence.kind {
            case .issuer:
                return LocalizedText(
                    dutch: "certificaten van \(evidence.value)",
                    english: "certificates of \(evidence.value)")
            case .addressBlock:
                return LocalizedText(
                    dutch: "het netwerk \(evidence.value)", english: "the network \(evidence.value)"
                )
            case .redirectHost:
                return LocalizedText(
                    dutch: "de doorverwijzing naar \(evidence.value)",
                    english: "the redirect to \(evidence.value)")
            case .nameServer:
                return LocalizedText(
                    dutch: "de naamserver \(evidence.value)",
                    english: "the name server \(evidence.value)")
            }
        case .commonCause:
            return LocalizedText(
                dutch: "mogelijk een gemeenschappelijke oorzaak in meer sectoren",
                english: "perhaps a common cause in several sectors")
        }
    }
}
