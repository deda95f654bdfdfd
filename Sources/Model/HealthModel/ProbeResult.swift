/// The outcome of one probe of one slot.
///
/// A failed probe is data, never an error thrown.
public struct ProbeResult: Sendable, Hashable {
    /// The endpoint probed.
    public var endpoint: EndpointID
    /// Where the probe ran.
    public var vantage: VantageID
    /// The scheduled instant.
    public var slot: Slot
    /// From the scheduled instant to the start of the first attempt, in microseconds.
    public var latenessMicroseconds: Int64
    /// When the last attempt ended.
    public var finishedAt: Timestamp
    /// Why the probe failed; nil means success.
    public var reason: Reason?
    /// More about the failure for a person, such as `status 503` or `depth 0: expired 3d ago`;
    /// empty on success.
    ///
    /// At most `Limits.labelValueBytes`, never a metric label.
    public var detail: String
    /// 1, or 2 when a first failure was confirmed or refuted.
    public var attempts: Int
    /// What the first attempt failed with when there were two; nil when there was one.
    public var firstReason: Reason?
    /// How long each phase took, summed over redirects.
    public var phases: PhaseDurations
    /// What the HTTP server answered last; nil when nothing that is HTTP came back.
    public var http: HTTPAnswer?
    /// The address of the last connection; nil when the name was not resolved.
    public var address: NetworkAddress?
    /// What TLS showed on the last connection; nil for plain HTTP or when no handshake began.
    public var tls: TLSRecord?
    /// Every connection of the probe in order, one for each redirect followed and the first; empty
    /// only in results made elsewhere.
    ///
    /// At most `Limits.redirects` + 1. `tls` and `address` are those of the last one.
    public var hops: [ProbeHop]
    /// The name servers of the endpoint's domain, as it named them when it was last asked: sorted, in
    /// lower case, without a final dot.
    ///
    /// Empty unless the endpoint's own name could not be resolved, and when they are not known. At
    /// most `Limits.nameServersPerDomain`.
    public var nameServers: [String]
    /// Seconds the server asked to be left alone (Retry-After), cut at one hour; nil when absent.
    public var retryAfterSeconds: Int?

    /// Makes a result.
    public init(
        endpoint: EndpointID, vantage: VantageID = .local, slot: Slot,
        latenessMicroseconds: Int64 = 0, finishedAt: Timestamp, reason: Reason?,
        detail: String = "", attempts: Int = 1, firstReason: Reason? = nil,
        phases: PhaseDurations = PhaseDurations(), http: HTTPAnswer? = nil,
        address: NetworkAddress? = nil, tls: TLSRecord? = nil, hops: [ProbeHop] = [],
        nameServers: [String] = [], retryAfterSeconds: Int? = nil
    ) {
        self.hops = hops
        self.nameServers = nameServers
        self.endpoint = endpoint
        self.vantage = vantage
        self.slot = slot
        self.latenessMicroseconds = latenessMicroseconds
        self.finishedAt = finishedAt
        self.reason = reason
        self.detail = detail
        self.attempts = attempts
        self.firstReason = firstReason
        self.phases = phases
        self.http = http
        self.address = address
        self.tls = tls
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// Whether the probe succeeded.
    public var isSuccess: Bool { reason == nil }
}

/// How long each phase of a probe took, in microseconds; 0 for a phase that was not reached.
///
/// The phase in which a probe failed holds the time until the failure.
public struct PhaseDurations: Sendable, Hashable {
    /// Name resolution.
    public var resolveMicroseconds: Int64
    /// TCP connection.
    public var connectMicroseconds: Int64
    /// TLS handshake.
    public var tlsMicroseconds: Int64
    /// From the request to the first byte of the answer; the words before TLS where no HTTP is
    /// spoken.
    public var processingMicroseconds: Int64
    /// From the first byte to the last.
    public var transferMicroseconds: Int64
    /// The whole probe, at least the sum of the others.
    public var totalMicroseconds: Int64

    /// Makes durations.
    public init(
        resolveMicroseconds: Int64 = 0, connectMicroseconds: Int64 = 0, tlsMicroseconds: Int64 = 0,
        processingMicroseconds: Int64 = 0, transferMicroseconds: Int64 = 0,
        totalMicroseconds: Int64 = 0
    ) {
        self.resolveMicroseconds = resolveMicroseconds
        self.connectMicroseconds = connectMicroseconds
        self.tlsMicroseconds = tlsMicroseconds
        self.processingMicroseconds = processingMicroseconds
        self.transferMicroseconds = transferMicroseconds
        self.totalMicroseconds = totalMicroseconds
    }
}

/// What an HTTP server answered.
public struct HTTPAnswer: Sendable, Hashable {
    /// The status of the last answer.
    public var status: Int
    /// `1.0`, `1.1` or `2`.
    public var version: String
    /// Redirects followed.
    public var redirects: Int
    /// The Content-Length header; nil when absent.
    public var contentLengthBytes: Int64?
    /// Bytes of the body read, at most `Limits.bodyBytes`.
    public var bodyBytes: Int
    /// Whether the body was longer than what was read.
    public var isBodyCut: Bool
    /// The Last-Modified header; nil when absent or unreadable.
    public var lastModified: Timestamp?
    /// The URL that gave this answer.
    public var url: String

    /// Makes an answer.
    public init(
        status: Int, version: String, redirects: Int = 0, contentLengthBytes: Int64? = nil,
        bodyBytes: Int = 0, isBodyCut: Bool = false, lastModified: Timestamp? = nil,
        url: String = ""
    ) {
        self.status = status
        self.version = version
        self.redirects = redirects
        self.contentLengthBytes = contentLengthBytes
        self.bodyBytes = bodyBytes
        self.isBodyCut = isBodyCut
        self.lastModified = lastModified
        self.url = url
    }
}

/// An IPv4 or IPv6 address as text.
public struct NetworkAddress: Sendable, Hashable, CustomStringConvertible {
    /// `192.0.2.1` or `2001:db8::1`, in the form of inet_ntop(3).
    public let text: String
    /// Whether it is an IPv6 address.
    public var isIPv6: Bool { text.utf8.contains(UInt8(ascii: ":")) }
    /// The address as text.
    public var description: String { text }

    /// Makes an address from text that inet_pton(3) accepts.
    public init(_ text: String) { self.text = text }
}
