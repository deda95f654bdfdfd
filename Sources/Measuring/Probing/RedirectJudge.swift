import HealthModel

/// Decides whether a redirect is followed: pure, but for the public suffix list.
struct RedirectJudge: Sendable {
    /// What was decided.
    enum Decision: Sendable, Hashable {
        /// Probe this URL next.
        case follow(ProbeURL)
        /// Stop here, for this reason.
        case refuse(Reason, detail: String)
    }

    /// Makes a judge with the list that libpsl has built in or finds on the system.
    init() {}

    /// Decides on a redirect, given as an absolute URL.
    ///
    /// - Parameters:
    ///   - origin: Where it comes from.
    ///   - location: Where it leads, not yet trusted.
    ///   - endpointHost: The host of the endpoint, whose registrable domain must not be left.
    ///   - followed: Redirects followed before in the same probe.
    ///   - policy: What the endpoint allows.
    /// - Returns: The URL to probe next, or why not.
    func decide(
        from origin: ProbeURL, to location: String, endpointHost: String, followed: Int,
        policy: RedirectPolicy
    ) -> Decision {
        guard let target = ProbeURL(location), target.scheme.isHTTP else {
            // Control characters would reach a terminal.
            let shown = String(
                decoding: location.utf8.lazy.filter { (0x20...0x7E).contains($0) }.prefix(100),
                as: UTF8.self)
            return .refuse(.redirectInvalid, detail: "to \(shown)")
        }
        if followed >= min(policy.limit, Limits.redirects) {
            return .refuse(.redirectLimit, detail: "after \(followed), next \(shown(target))")
        }
        if origin.scheme == .https && target.scheme == .http {
            return .refuse(.redirectDowngrade, detail: "to \(shown(target))")
        }
        if target.host != endpointHost {
            let domain = PublicSuffix.registrableDomain(of: target.host)
            let isAllowed =
                (domain != nil && domain == PublicSuffix.registrableDomain(of: endpointHost))
                || policy.allowedDomains.contains {
                    target.host == $0 || target.host.hasSuffix("." + $0)
                }
            if !isAllowed { return .refuse(.redirectDomain, detail: "to \(shown(target))") }
        }
        return .follow(target)
    }

    /// Query strings may hold what identifies a session: only scheme, host and path are shown.
    private func shown(_ url: ProbeURL) -> String {
        String(url.withoutQuery.prefix(120))
    }
}
