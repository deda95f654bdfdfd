public import HealthModel

/// What becomes of services when an authority is trusted no more.
public struct DistrustReport: Sendable {
    /// What becomes of a service, the worst of its endpoints deciding.
    public enum Fate: String, Sendable, Hashable, CaseIterable {
        /// Every endpoint with a certificate breaks.
        case breaksEntirely = "breaks_entirely"
        /// Some endpoints break.
        case breaks
        /// Endpoints used the authority, and all of those have another path.
        case survives
        /// An endpoint was not trusted before, and none breaks.
        case untrustedBefore = "untrusted_before"
        /// No endpoint uses the authority.
        case unaffected
        /// No endpoint has shown a certificate.
        case notSeen = "not_seen"
    }

    /// One chain of an endpoint, and what becomes of it.
    public struct Place: Sendable {
        /// Who showed the chain, and when.
        public var sighting: StoredSighting
        /// What becomes of it.
        public var outcome: DistrustTrial.Outcome

        /// Makes a place.
        public init(sighting: StoredSighting, outcome: DistrustTrial.Outcome) {
            self.sighting = sighting
            self.outcome = outcome
        }
    }

    /// An endpoint, and what becomes of it: the worst of its chains decides.
    public struct EndpointFate: Sendable {
        /// The endpoint.
        public var endpoint: EndpointID
        /// What becomes of it; never `breaksEntirely`.
        public var fate: Fate
        /// Its chains, one for each host and address; empty when none was seen.
        public var places: [Place]
    }

    /// A service, and what becomes of it.
    public struct ServiceFate: Sendable {
        /// The service.
        public var service: Service
        /// What becomes of it.
        public var fate: Fate
        /// Its endpoints in the order of the catalogue.
        public var endpoints: [EndpointFate]
    }

    /// Every service that has endpoints, by tier, then sector, then in the order of the catalogue.
    public let services: [ServiceFate]

    /// Puts the outcomes of all chains together.
    ///
    /// - Parameters:
    ///   - catalogue: the services of today; sightings of endpoints that are not in it are left
    ///     out.
    ///   - places: the current chains, each with its outcome.
    public init(catalogue: ServiceCatalogue, places: [Place]) {
        let byEndpoint = Dictionary(grouping: places, by: \.sighting.endpoint)
        let fates = catalogue.services.compactMap { service -> ServiceFate? in
            // Plain HTTP has no certificate to lose.
            let endpoints = catalogue.endpoints(of: service.id).filter {
                $0.url.scheme == .https || byEndpoint[$0.id] != nil
            }.map { Self.fate(of: $0.id, places: byEndpoint[$0.id] ?? []) }
            guard !endpoints.isEmpty else { return nil }
            return ServiceFate(
                service: service, fate: Self.fate(of: endpoints), endpoints: endpoints)
        }
        services = fates.enumerated().sorted { left, right in
            let (one, two) = (left.element.service, right.element.service)
            if one.tier != two.tier { return one.tier < two.tier }
            if one.sector != two.sector { return one.sector < two.sector }
            return left.offset < right.offset
        }.map(\.element)
    }

    /// The services with this fate, in order.
    public func services(_ fates: Fate...) -> [ServiceFate] {
        services.filter { fates.contains($0.fate) }
    }

    private static func fate(of endpoint: EndpointID, places: [Place]) -> EndpointFate {
        let fates = places.map { place -> Fate in
            switch place.outcome {
            case .breaks: .breaks
            case .untrustedBefore: .untrustedBefore
            case .survives: .survives
            case .unaffected: .unaffected
            }
        }
        let order: [Fate] = [.breaks, .untrustedBefore, .survives, .unaffected]
        return EndpointFate(
            endpoint: endpoint, fate: order.first { fates.contains($0) } ?? .notSeen,
            places: places)
    }

    private static func fate(of endpoints: [EndpointFate]) -> Fate {
        let fates = endpoints.map(\.fate).filter { $0 != .notSeen }
        if fates.isEmpty { return .notSeen }
        if fates.allSatisfy({ $0 == .breaks }) { return .breaksEntirely }
        let order: [Fate] = [.breaks, .survives, .untrustedBefore, .unaffected]
        return order.first { fates.contains($0) } ?? .unaffected
    }
}
