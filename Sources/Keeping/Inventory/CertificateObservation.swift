public import HealthModel

/// A chain that one connection showed.
public struct CertificateObservation: Sendable {
    /// The endpoint whose probe saw it.
    public var endpoint: EndpointID
    /// The service of the endpoint; empty when the endpoint has just left the catalogue.
    public var service: ServiceID
    /// The name or address that was asked for.
    public var host: String
    /// The address that answered.
    public var address: String
    /// The certificates as sent, leaf first, each with its DER; never empty.
    public var chain: [Certificate]
    /// Why the chain was not trusted; nil when it was.
    public var verdict: Reason?
    /// The file of the roots by which it was judged.
    public var store: String
    /// When the probe ended.
    public var at: Timestamp

    /// Makes an observation; nil when the chain is empty, too long, or bytes of it are missing.
    public init?(
        endpoint: EndpointID, service: ServiceID, host: String, address: String,
        chain: [Certificate], verdict: Reason?, store: String, at: Timestamp
    ) {
        let bytes = chain.reduce(0) { $0 + ($1.der?.count ?? 0) }
        guard !chain.isEmpty, chain.count <= Limits.chainCertificates, bytes <= Limits.chainBytes,
            chain.allSatisfy({ $0.der?.isEmpty == false })
        else { return nil }
        self.endpoint = endpoint
        self.service = service
        self.host = host.cut(toBytes: Limits.certificateNameBytes)
        self.address = address
        self.chain = chain
        self.verdict = verdict
        self.store = store
        self.at = at
    }

    /// What each connection of a probe showed, redirects too; those without certificates are
    /// left out.
    public static func all(
        in result: ProbeResult, service: ServiceID, store: String
    ) -> [CertificateObservation] {
        result.hops.compactMap { hop in
            guard let tls = hop.tls, let host = tls.host else { return nil }
            return CertificateObservation(
                endpoint: result.endpoint, service: service, host: host,
                address: hop.address?.text ?? "", chain: tls.chainSent, verdict: tls.verdict,
                store: store, at: result.finishedAt)
        }
    }

    /// Bytes of DER in the chain.
    var bytes: Int { chain.reduce(0) { $0 + ($1.der?.count ?? 0) } }
}
