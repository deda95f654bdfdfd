package import HealthModel

/// What people read of an incident.
extension IncidentMap {
    /// What an incident is about, in words without a full stop: a service by its name, and with
    /// anything else whether it is shown to be the cause or only coincides.
    package func words(for root: Incident.Root) -> LocalizedText {
        let cause = cause(of: root)
        if case .service = root { return cause }
        return root.isShown
            ? LocalizedText(
                dutch: "door \(cause.dutch)", english: "because of \(cause.english)")
            : LocalizedText(
                dutch: "tegelijk met \(cause.dutch)",
                english: "at the same time as \(cause.english)")
    }

    /// The cause in words, without a full stop.
    package func cause(of root: Incident.Root) -> LocalizedText {
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
                dutch: "andere op het platform \(name(id).dutch)",
                english: "others on the platform \(name(id).english)")
        case .peerGroup(let group):
            return LocalizedText(
                dutch: "andere van de groep \(group)",
                english: "others of the peer group \(group)")
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
                dutch: "storingen in meer sectoren, zonder bekend verband",
                english: "failures in several sectors, with no known link")
        }
    }
}
