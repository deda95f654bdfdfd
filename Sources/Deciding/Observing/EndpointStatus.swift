public import HealthModel

/// What is known of one endpoint.
public struct EndpointStatus: Sendable, Hashable {
    /// The endpoint.
    public var id: EndpointID
    /// The own state.
    public var state: HealthState
    /// Since when it has this state; nil when it was never measured.
    public var since: Timestamp?
    /// Since when it is unknown although it should be measured; nil while it is measured, or its
    /// service is under maintenance.
    ///
    /// Moves with a clock that is set, unlike `since`.
    public var unmeasuredSince: Timestamp?
    /// The last result; nil when it was never measured.
    public var lastResult: ProbeResult?
    /// The end of the last successful probe; nil when there was none.
    public var lastSuccessAt: Timestamp?
    /// The end of the last failed probe; nil when there was none.
    public var lastFailureAt: Timestamp?
    /// Failed probes in a row up to now; the monitor's own faults do not count.
    public var consecutiveFailures: Int
    /// Successful probes since the start.
    public var successCount: Int
    /// Failed probes since the start by reason.
    public var failureCounts: [Reason: Int]
    /// The last TLS record seen, also when a later probe did not get that far; nil when none was.
    public var lastTLS: TLSRecord?
    /// The last TLS record seen of every hop of the probe, in order; nil for a hop without TLS.
    ///
    /// A probe that did not get as far as an earlier one leaves the later hops as they were. Empty
    /// when the results name no hops.
    public var lastHops: [ProbeHop]
    /// From when on the renewal of the endpoint's own certificate is overdue by its own habit; nil
    /// before a habit is known.
    public var renewalOverdueAt: Timestamp?
    /// What the server was found to accept; nil when it was never asked.
    public var scan: TLSScanRecord?
    /// How it has done over days; nil when nothing is kept or it has not been looked up yet.
    public var history: EndpointHistory?

    /// Why the last probe failed; nil when it did not, or there was none.
    package var lastReason: Reason? { lastResult?.reason }

    /// The records of all hops that show a certificate; `lastTLS` when no hops are known.
    public var tlsRecords: [TLSRecord] {
        let records = lastHops.compactMap(\.tls).filter { $0.leaf != nil }
        return records.isEmpty ? [lastTLS].compactMap(\.self).filter { $0.leaf != nil } : records
    }

    /// The certificate that runs out first on the paths of all hops; nil when none was seen.
    public var runsOutFirst: Certificate? {
        tlsRecords.compactMap(\.runsOutFirst).min { $0.notAfter < $1.notAfter }
    }

    /// What the rules on certificates look at, twice a second for every endpoint.
    package var outlook = CertificateOutlook()

    /// The leaf that the endpoint's own URL shows, redirects left out; nil when that is not
    /// trusted or not seen.
    public var ownLeaf: Certificate? { outlook.ownLeaf }

    /// Makes the status of an endpoint that was never measured.
    public init(id: EndpointID) {
        self.id = id
        state = .unknown
        since = nil
        lastResult = nil
        lastSuccessAt = nil
        lastFailureAt = nil
        consecutiveFailures = 0
        successCount = 0
        failureCounts = [:]
        lastTLS = nil
        lastHops = []
    }
}
