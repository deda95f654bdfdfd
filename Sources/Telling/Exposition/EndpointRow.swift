import HealthModel
import Observing
import TLSFindings

/// One endpoint with its labels rendered once and its facts taken out once.
///
/// A scrape goes through all endpoints once for each family. A row is therefore a reference, and
/// its facts are plain numbers: copying an `EndpointStatus` would count dozens of references each
/// time (15 ms instead of 8 ms for 1,000 endpoints).
final class EndpointRow: Sendable {
    let labels: LabelSet
    let interval: Duration
    let timeout: Duration
    let state: HealthState
    let lastSuccessAt: Timestamp?
    let lastFailureAt: Timestamp?
    let consecutiveFailures: Int
    let successCount: Int
    /// Failed probes by reason, in the order of the reasons' names.
    let failureCounts: [(key: Reason, value: Int)]
    /// The last result; nil when the endpoint was never measured.
    let result: ResultFacts?
    /// The last record that shows a certificate; nil when none was seen.
    ///
    /// The newest result comes first: a new certificate is never hidden behind an older one.
    let tls: TLSRecord?
    /// The numbers in `tls`, the ends of validity and the verdict taken over all hops.
    let certificate: CertificateFacts?
    /// The numbers of every hop that has shown a certificate, by its place in the redirects.
    let hops: [(label: LabelSet, certificate: CertificateFacts)]
    /// When renewal is expected over all hops; nil when no certificate was seen.
    let renewalExpectedAt: Timestamp?
    /// How late renewal is; nil while it is not.
    let renewalLevel: RenewalLevel?
    /// When renewal is overdue by the endpoint's habit; nil before there is one.
    let renewalOverdueAt: Timestamp?
    /// What the server was found to accept; nil when it was never asked.
    let scan: TLSScanRecord?
    /// How it has done over days; nil when that is not known.
    let history: EndpointHistory?
    /// Whether HTTP is probed.
    let isHTTP: Bool

    init(endpoint: Endpoint, status: EndpointStatus, at now: Timestamp) {
        labels = LabelSet([
            "endpoint": endpoint.id.text, "service": endpoint.service.text,
            "vantage": (status.lastResult?.vantage ?? .local).text,
        ])
        interval = endpoint.probe.interval
        timeout = endpoint.probe.timeout
        state = status.state
        lastSuccessAt = status.lastSuccessAt
        lastFailureAt = status.lastFailureAt
        consecutiveFailures = status.consecutiveFailures
        successCount = status.successCount
        failureCounts = status.failureCounts.sorted { $0.key.rawValue < $1.key.rawValue }
        result = status.lastResult.map { ResultFacts($0) }
        tls = [status.lastResult?.tls, status.lastTLS].compactMap(\.self).first { $0.leaf != nil }
        certificate = tls.flatMap { CertificateFacts($0, among: status.tlsRecords, at: now) }
        hops = status.lastHops.enumerated().compactMap { index, hop in
            hop.tls.flatMap { CertificateFacts($0, among: [$0], at: now) }
                .map { (LabelSet("hop", "\(index)"), $0) }
        }
        let renewal = RenewalOutlook(status.tlsRecords.compactMap(\.runsOutFirst), at: now)
        renewalExpectedAt = renewal?.expectedAt
        renewalLevel = renewal?.level
        renewalOverdueAt = status.renewalOverdueAt
        scan = status.scan
        history = status.history
        isHTTP = endpoint.url.scheme.isHTTP
    }
}

/// The numbers of one result.
struct ResultFacts: Sendable {
    let reason: Reason?
    let phases: PhaseDurations
    let finishedAt: Timestamp
    let latenessMicroseconds: Int64
    let attempts: Int
    /// 4 or 6; 0 without an address.
    let ipProtocol: Int
    let addressHash: UInt32
    let isTLS: Bool
    let http: HTTPFacts?

    init(_ result: ProbeResult) {
        reason = result.reason
        phases = result.phases
        finishedAt = result.finishedAt
        latenessMicroseconds = result.latenessMicroseconds
        attempts = result.attempts
        ipProtocol = result.address.map { $0.isIPv6 ? 6 : 4 } ?? 0
        addressHash = result.address.map { hash(of: $0) } ?? 0
        isTLS = result.tls?.isHandshakeComplete ?? false
        http = result.http.map { HTTPFacts($0) }
    }
}

/// The numbers of one HTTP answer.
struct HTTPFacts: Sendable {
    let status: Int
    let version: Double
    let redirects: Int
    let contentLengthBytes: Int64?
    let bodyBytes: Int
    let lastModified: Timestamp?

    init(_ answer: HTTPAnswer) {
        status = answer.status
        version = Double(answer.version) ?? 0
        redirects = answer.redirects
        contentLengthBytes = answer.contentLengthBytes
        bodyBytes = answer.bodyBytes
        lastModified = answer.lastModified
    }
}

/// The numbers of the certificates of one record.
struct CertificateFacts: Sendable {
    let earliestNotAfterSent: Timestamp?
    let earliestNotAfterVerified: Timestamp?
    let notBefore: Timestamp
    let notAfter: Timestamp
    let lifetimeLeft: Double
    let isTrusted: Bool

    /// Takes the facts out of `record`; what runs out first is sought in `records` too.
    init?(_ record: TLSRecord, among records: [TLSRecord], at now: Timestamp) {
        let all = records + [record]
        guard let leaf = record.leaf,
            let first = all.compactMap(\.runsOutFirst).min(by: { $0.notAfter < $1.notAfter })
        else { return nil }
        earliestNotAfterSent = all.compactMap(\.earliestNotAfterSent).min()
        earliestNotAfterVerified = record.earliestNotAfterVerified
        notBefore = leaf.notBefore
        notAfter = leaf.notAfter
        lifetimeLeft = first.lifetimeLeft(at: now)
        isTrusted = record.verdict == nil
    }
}
