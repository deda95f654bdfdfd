public import HealthModel
public import Observing

/// What one endpoint says from slot to slot, as a test of rules writes it.
public struct ResultSeries: Sendable, Hashable {
    /// Slots in one series: a year of an endpoint that is probed every six minutes.
    public static let slotsMax = 100_000
    /// Items in one series, each of any number of slots.
    public static let itemsMax = 1000

    /// How a probe ends.
    public enum Outcome: Sendable, Hashable {
        /// It succeeds.
        case success
        /// It fails for this reason.
        case failure(Reason)
        /// A web server answers with this status; the endpoint's own assertions judge it.
        case status(Int)
    }

    /// A certificate as it is at the first slot of an item.
    public struct ShownCertificate: Sendable, Hashable {
        /// How much of the lifetime is left then; negative after the end.
        public var left: Duration
        /// The whole lifetime.
        public var lifetime: Duration
        /// Who issued it; nil for an authority that no other endpoint uses.
        public var issuer: String?

        /// Makes a certificate.
        public init(left: Duration, lifetime: Duration, issuer: String? = nil) {
            self.left = left
            self.lifetime = lifetime
            self.issuer = issuer
        }
    }

    /// The same result for some slots in a row.
    public struct Item: Sendable, Hashable {
        /// How the probes end; nil when no probe takes place.
        public var outcome: Outcome?
        /// How many slots it lasts; at least 1.
        public var count: Int
        /// How long each probe takes; nil for the usual.
        public var length: Duration?
        /// The certificate shown from here on; nil for the one shown before.
        public var certificate: ShownCertificate?
        /// A certificate that the server sends beside the verified path, from here on until another
        /// is shown; nil for none.
        public var sentBeside: ShownCertificate?

        /// What of the baseline the server does or does not, from here on.
        public var baseline: [BaselineFact: Bool] = [:]

        /// Makes an item.
        public init(
            outcome: Outcome?, count: Int = 1, length: Duration? = nil,
            certificate: ShownCertificate? = nil, sentBeside: ShownCertificate? = nil
        ) {
            self.outcome = outcome
            self.count = count
            self.length = length
            self.certificate = certificate
            self.sentBeside = sentBeside
        }
    }

    /// The items, in order.
    public var items: [Item]

    /// Makes a series.
    public init(items: [Item]) { self.items = items }

    /// How many slots it lasts.
    public var slotCount: Int { items.reduce(0) { $0 + $1.count } }
}

/// Hands out the results of one series, one slot after the other.
struct SeriesCursor {
    /// The lifetime of the certificate of an endpoint of which the series says nothing.
    static let usualLifetime: Duration = .seconds(90 * 86_400)
    /// How long a probe takes of which the series says nothing.
    static let usualLength: Duration = .milliseconds(200)

    private let endpoint: Endpoint
    private let items: [ResultSeries.Item]
    private var item = 0
    private var repetition = 0
    private var slot: Timestamp
    private var certificateCount = 0
    private var leaf: Certificate
    private var beside: Certificate?
    private(set) var baseline: [BaselineFact: Bool] = [:]

    /// Begins at `start`, which is the first slot.
    init(_ series: ResultSeries, of endpoint: Endpoint, from start: Timestamp) {
        self.endpoint = endpoint
        items = series.items
        slot = start
        leaf = Self.certificate(
            ResultSeries.ShownCertificate(
                left: Self.usualLifetime - .seconds(86_400), lifetime: Self.usualLifetime),
            of: endpoint, number: 0, at: start)
    }

    /// The next slot; nil after the end.
    var nextAt: Timestamp? { item < items.count ? slot : nil }

    /// Takes the next slot.
    ///
    /// A result counts from its slot on: that is what a reader of a test counts with. The daemon has
    /// it later by the length of the probe, and a first failure by the confirming probe.
    ///
    /// - Returns: nil when no probe takes place, or after the end.
    mutating func take() -> ProbeResult? {
        guard item < items.count else { return nil }
        let current = items[item]
        if repetition == 0 {
            show(current)
            baseline.merge(current.baseline) { $1 }
        }
        let at = slot
        slot = slot + endpoint.probe.interval
        repetition += 1
        if repetition == current.count { (item, repetition) = (item + 1, 0) }
        return current.outcome.map { result($0, length: current.length, at: at) }
    }

    private mutating func show(_ item: ResultSeries.Item) {
        guard item.certificate != nil || item.sentBeside != nil else { return }
        certificateCount += 1
        if let shown = item.certificate {
            leaf = Self.certificate(shown, of: endpoint, number: certificateCount, at: slot)
        }
        beside = item.sentBeside.map {
            Self.certificate($0, of: endpoint, number: -certificateCount, at: slot)
        }
    }

    private func result(
        _ outcome: ResultSeries.Outcome, length: Duration?, at slot: Timestamp
    ) -> ProbeResult {
        let (reason, status) = judge(outcome)
        let isHeard = reason?.isAfterHandshake ?? true
        let isLimit = reason?.rawValue.hasPrefix("timeout_") == true
        let length = length ?? (isLimit ? endpoint.probe.timeout : Self.usualLength)
        return ProbeResult(
            endpoint: endpoint.id, slot: Slot(milliseconds: slot.milliseconds), finishedAt: slot,
            reason: reason, detail: status.map { "status \($0)" } ?? "",
            phases: Self.phases(of: length),
            http: endpoint.url.scheme.isHTTP && isHeard
                ? HTTPAnswer(status: status ?? 200, version: "HTTP/1.1") : nil,
            tls: isHeard || reason?.isCertificateVerdict == true ? record(verdict: reason) : nil)
    }

    /// The reason and status of an outcome, by the rules of the probes.
    private func judge(_ outcome: ResultSeries.Outcome) -> (reason: Reason?, status: Int?) {
        switch outcome {
        case .success: return (nil, nil)
        case .failure(.busy): return (.busy, nil)
        case .failure(.maintenance): return (.maintenance, 503)
        case .failure(.httpBlocked): return (.httpBlocked, 403)
        case .failure(.httpStatus): return (.httpStatus, 500)
        case .failure(let reason): return (reason, nil)
        case .status(let status):
            guard !endpoint.probe.assertions.accepts(status: status) else { return (nil, status) }
            return (status == 403 || status == 429 ? .httpBlocked : .httpStatus, status)
        }
    }

    /// Five parts in the usual ratio of a distant server.
    private static func phases(of length: Duration) -> PhaseDurations {
        let total = length.nanoseconds / 1000
        return PhaseDurations(
            resolveMicroseconds: total / 20, connectMicroseconds: total / 10,
            tlsMicroseconds: total / 4, processingMicroseconds: total / 2,
            transferMicroseconds: total / 10, totalMicroseconds: total)
    }

    /// The handshake; nil of what speaks no TLS.
    private func record(verdict: Reason?) -> TLSRecord? {
        guard endpoint.url.scheme != .http else { return nil }
        var record = TLSRecord()
        record.isHandshakeComplete = true
        record.version = "TLSv1.3"
        record.chainSent = [leaf] + [beside].compactMap(\.self)
        if let verdict, verdict.isCertificateVerdict {
            record.verdict = verdict
        } else {
            record.chainBuilt = [leaf]
        }
        return record
    }

    private static func certificate(
        _ shown: ResultSeries.ShownCertificate, of endpoint: Endpoint, number: Int,
        at slot: Timestamp
    ) -> Certificate {
        let notAfter = slot + shown.left
        return Certificate(
            fingerprintSHA256: "\(endpoint.id)/\(number)", subject: "CN=\(endpoint.url.host)",
            issuer: shown.issuer ?? "the authority of \(endpoint.id)", serialNumber: "\(number)",
            names: [endpoint.url.host], nameCount: 1, notBefore: notAfter - shown.lifetime,
            notAfter: notAfter, key: "EC prime256v1", signatureAlgorithm: "ecdsa-with-SHA256")
    }
}

extension Reason {
    /// Whether the server was heard after the handshake, so that its certificate was good.
    fileprivate var isAfterHandshake: Bool {
        guard !isCertificateVerdict, meaning != .monitor else { return false }
        let early = ["dns_", "connect_", "starttls_", "tls_", "timeout_dns", "timeout_connect"]
        return self != .timeoutTLS && !early.contains { rawValue.hasPrefix($0) }
    }
}
