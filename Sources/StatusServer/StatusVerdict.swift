import HealthModel

/// What a caller of `vitaal status` must know at once: the exit code of the monitoring plugins.
public enum StatusVerdict: Int32, Sendable, Hashable, CaseIterable {
    /// No alert fires.
    case ok = 0
    /// The worst alert that fires is a warning or for the daily overview.
    case warning = 1
    /// The worst alert that fires is critical or a page.
    case critical = 2
    /// Nothing can be said: the samples are stale, or what was asked for is not measured.
    case unknown = 3
}

extension StatusDocument {
    /// Samples older than so many of the shortest intervals are stale.
    static let staleIntervals = 3.0
    /// Samples younger than this are never stale, however short the intervals.
    static let staleSecondsMinimum = 30.0

    /// How old the newest sample is; nil when there is none yet.
    public var sampleAge: Duration? {
        monitor.lastResultAt.map { takenAt.timestamp - $0.timestamp }
    }

    /// Whether there is no sample, or none of late, so that no state can be believed.
    public var isStale: Bool {
        guard let age = sampleAge else { return true }
        // In place: a copy of thousands of endpoints takes longer than all the rest.
        var shortest = Double.infinity
        for service in services.indices {
            for endpoint in services[service].endpoints.indices {
                shortest = min(shortest, services[service].endpoints[endpoint].intervalSeconds)
            }
        }
        if shortest == .infinity { shortest = 0 }
        return age.fractionalSeconds
            > max(Self.staleIntervals * shortest, Self.staleSecondsMinimum)
    }

    /// The receivers that took nothing at the last attempt.
    var failingReceivers: [Receiver] {
        (monitor.receivers ?? []).filter { $0.failure != nil }
    }

    /// The services that `ids` select by their own id or that of an endpoint, in catalogue order;
    /// all of them when `ids` is empty.
    func selectedServices(_ ids: [String]) -> [Service] {
        guard !ids.isEmpty else { return services }
        let wanted = Set(ids)
        return services.filter { service in
            wanted.contains(service.id) || service.endpoints.contains { wanted.contains($0.id) }
        }
    }

    /// The ids among `ids` that name neither a service nor an endpoint.
    public func unknownIDs(among ids: [String]) -> [String] {
        guard !ids.isEmpty else { return [] }
        let known = Set(services.map(\.id)).union(services.flatMap(\.endpoints).map(\.id))
        return ids.filter { !known.contains($0) }
    }

    /// The verdict on the whole, or on the services and endpoints in `ids`.
    ///
    /// Only alerts that fire count; a pending one may still be a hiccup. For `ids` the alerts of
    /// the services that cause the state count as well, and a state that is not measured, or an
    /// id that does not exist, makes the verdict unknown.
    public func verdict(ids: [String] = []) -> StatusVerdict {
        let selected = selectedServices(ids)
        let isBlind = !ids.isEmpty && selected.contains { $0.effectiveState == "unknown" }
        if isStale || isBlind || monitor.blindSince != nil || !unknownIDs(among: ids).isEmpty {
            return .unknown
        }
        var relevant = Set(selected.map(\.id)).union(selected.flatMap(\.causes))
        if ids.isEmpty { relevant.formUnion(ownAlerts.map(\.service)) }
        let worst = alerts.filter { $0.state == "firing" && relevant.contains($0.service) }
            .map { Level(rawValue: $0.level) ?? .critical }.max()
        switch worst {
        // An alert could not be told.
        case nil: return ids.isEmpty && !failingReceivers.isEmpty ? .warning : .ok
        case .digest, .warning: return .warning
        case .critical, .page: return .critical
        }
    }
}
