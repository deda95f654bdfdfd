package import HealthModel

/// What the rules on certificates look at, worked out once for every result.
///
/// The rules are looked at twice a second; for a thousand endpoints the records would be gone
/// through six thousand times a second.
package struct CertificateOutlook: Sendable, Hashable {
    /// The certificate that runs out first on the verified path of each hop.
    package var runningOut: [Certificate] = []
    /// The certificate that runs out first of those that a server sends beside its verified path;
    /// nil when there is none.
    package var sentBesidePath: Certificate?
    /// The leaf that the endpoint's own URL shows, redirects left out; nil when that is not
    /// trusted or not seen.
    package var ownLeaf: Certificate?

    /// Nothing was seen yet.
    init() {}

    /// What the last records of an endpoint show.
    init(_ status: EndpointStatus) {
        let trusted = status.tlsRecords.filter { $0.verdict == nil }
        runningOut = trusted.compactMap(\.runsOutFirst)
        sentBesidePath = trusted.compactMap(\.runsOutFirstBesidePath)
            .min { $0.notAfter < $1.notAfter }
        let own = status.lastHops.isEmpty ? status.lastTLS : status.lastHops[0].tls
        ownLeaf = own?.verdict == nil ? own?.leaf : nil
    }
}
