package import HealthModel
package import TLSFindings

/// How early the certificates of each endpoint's own URL are renewed, and what was new about them.
///
/// A value without a clock. Only what is trusted counts: of an untrusted certificate another rule tells.
package struct CertificateHistory: Sendable {
    private var renewals: [EndpointID: RenewalHistory] = [:]
    /// The certificate of each endpoint that lasts longest.
    private var newest: [EndpointID: Certificate] = [:]
    private var watch = CertificateWatch()
    /// When each kind of change was last, of endpoints of which anything was new.
    private var changes: [EndpointID: [CertificateChange.Kind: Timestamp]] = [:]

    /// Makes a history of nothing.
    package init() {}

    /// Whether nothing was ever new.
    package var isUnchanged: Bool { changes.isEmpty }

    /// When something of this kind was new last; nil for never.
    package func lastChange(
        _ kind: CertificateChange.Kind, of endpoint: EndpointID
    ) -> Timestamp? {
        changes[endpoint]?[kind]
    }

    /// How early an endpoint renews; nil before a renewal was seen.
    package func renewal(of endpoint: EndpointID) -> RenewalHistory? { renewals[endpoint] }

    /// Learns from a result.
    ///
    /// - Parameters:
    ///   - result: The result.
    ///   - place: The place of its endpoint among `endpoints`.
    ///   - shown: The fingerprint of the certificate that the endpoint has shown until now; nil before
    ///     the first.
    ///   - endpoints: All that is watched.
    package mutating func learn(
        from result: ProbeResult, at place: Int, shown: String?, among endpoints: [Endpoint]
    ) {
        let tls = result.hops.isEmpty ? result.tls : result.hops[0].tls
        guard let leaf = tls?.leaf, tls?.verdict == nil else { return }
        learnRenewal(leaf, from: result)
        guard leaf.fingerprintSHA256 != shown else { return }
        note(Self.sight(of: leaf, in: result, endpoints[place]), among: endpoints)
    }

    /// Addresses that take turns with an old and a new certificate count once: what is compared with is
    /// the certificate that lasts longest.
    private mutating func learnRenewal(_ leaf: Certificate, from result: ProbeResult) {
        guard let last = newest[result.endpoint] else {
            newest[result.endpoint] = leaf
            return
        }
        guard leaf.notAfter > last.notAfter else { return }
        newest[result.endpoint] = leaf
        var history = renewals[result.endpoint] ?? RenewalHistory()
        history.learn(previous: last, current: leaf, at: result.finishedAt)
        if !history.sharesLeft.isEmpty { renewals[result.endpoint] = history }
    }

    /// Takes back what was seen before this run; what was learned in it comes after that.
    ///
    /// - Parameters:
    ///   - sights: Trusted leaves, the oldest first, each with the instant at which it was first seen;
    ///     those of other hosts than the endpoint's own are passed over.
    ///   - shown: The last result of each endpoint, and the certificate that it shows, by its place.
    ///   - endpoints: All that is watched.
    package mutating func restore(
        _ sights: [CertificateWatch.Sight], shown: [Int: (leaf: Certificate, in: ProbeResult)],
        among endpoints: [Endpoint]
    ) {
        let hosts = Dictionary(uniqueKeysWithValues: endpoints.map { ($0.id, $0.url.host) })
        let own = sights.filter { hosts[$0.endpoint] == $0.host }
        var earlier: [EndpointID: RenewalHistory] = [:]
        var previous: [EndpointID: Certificate] = [:]
        for sight in own {
            if let old = previous[sight.endpoint] {
                guard sight.leaf.notAfter > old.notAfter else { continue }
                earlier[sight.endpoint, default: RenewalHistory()].learn(
                    previous: old, current: sight.leaf, at: sight.at)
            }
            previous[sight.endpoint] = sight.leaf
        }
        for (endpoint, history) in earlier {
            renewals[endpoint] = RenewalHistory(
                sharesLeft: history.sharesLeft + (renewals[endpoint]?.sharesLeft ?? []))
        }
        watch = CertificateWatch()
        changes = [:]
        for sight in own { note(sight, among: endpoints) }
        for (place, one) in shown.sorted(by: { $0.key < $1.key }) {
            note(Self.sight(of: one.leaf, in: one.in, endpoints[place]), among: endpoints)
        }
    }

    /// Forgets every endpoint that is not among these.
    package mutating func keep(only endpoints: Set<EndpointID>) {
        renewals = renewals.filter { endpoints.contains($0.key) }
        newest = newest.filter { endpoints.contains($0.key) }
        changes = changes.filter { endpoints.contains($0.key) }
        watch.keep(only: endpoints)
    }

    private static func sight(
        of leaf: Certificate, in result: ProbeResult, _ endpoint: Endpoint
    ) -> CertificateWatch.Sight {
        CertificateWatch.Sight(
            endpoint: endpoint.id, host: endpoint.url.host, address: result.address?.text ?? "",
            leaf: leaf, at: result.finishedAt)
    }

    private mutating func note(_ sight: CertificateWatch.Sight, among endpoints: [Endpoint]) {
        let hosts = endpoints.lazy.map(\.url.host)
        for change in watch.note(sight, isOurs: { hosts.contains($0) }) {
            changes[sight.endpoint, default: [:]][change.kind] = change.at
        }
    }
}
