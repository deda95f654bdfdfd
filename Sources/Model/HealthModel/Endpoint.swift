/// One address probed for a service.
public struct Endpoint: Sendable, Hashable {
    /// The stable name, unique in the catalogue.
    public var id: EndpointID
    /// The service it belongs to.
    public var service: ServiceID
    /// Where to probe.
    public var url: ProbeURL
    /// How to probe.
    public var probe: Probe

    /// Makes an endpoint.
    public init(id: EndpointID, service: ServiceID, url: ProbeURL, probe: Probe) {
        self.id = id
        self.service = service
        self.url = url
        self.probe = probe
    }
}

/// How an endpoint is checked.
///
/// Every default has been filled in.
public struct Probe: Sendable, Hashable {
    /// Which address family is used.
    public enum AddressFamily: String, Sendable, Hashable, CaseIterable {
        /// Whatever the name has: IPv4 when there is one, since every client reaches that, else
        /// IPv6. An endpoint of its own with `ipv6` watches the other family.
        case any
        /// IPv4 only.
        case ipv4
        /// IPv6 only.
        case ipv6
    }

    /// The request method.
    ///
    /// Only these two read without changing anything.
    public enum Method: String, Sendable, Hashable, CaseIterable {
        case get = "GET"
        case head = "HEAD"
    }

    /// The HTTP versions offered.
    public enum HTTPVersion: String, Sendable, Hashable, CaseIterable {
        /// HTTP/1.1 only. The default: libcurl 7.88 can call a reset HTTP/2 stream a success.
        case http1 = "1.1"
        /// HTTP/2 when the server agrees in ALPN, else HTTP/1.1.
        case http2 = "2"
    }

    /// Time from one slot to the next; longer than `timeout`.
    public var interval: Duration
    /// Time for the whole probe, redirects included.
    public var timeout: Duration
    /// Time for each phase; nil means that only `timeout` limits it.
    public var phaseTimeouts: PhaseTimeouts
    /// After a first failure the probe is repeated once, after a random time in this range.
    ///
    /// Nil means that a single failure counts.
    public var confirmation: ClosedRange<Duration>?
    /// The request method.
    public var method: Method
    /// The HTTP versions offered.
    public var httpVersion: HTTPVersion
    /// The address family.
    public var addressFamily: AddressFamily
    /// Extra request headers, in order.
    public var requestHeaders: [Header]
    /// The certificate shown to a server that asks for one; nil shows none.
    public var clientCertificate: ClientCertificateFiles?
    /// The PEM file of the roots that are trusted instead of the public ones; nil for those.
    public var trustFile: String?
    /// Whether the owner wants to know every day what the server accepts.
    public var isScannedDaily = false
    /// Redirects.
    public var redirects: RedirectPolicy
    /// What a good answer looks like.
    public var assertions: Assertions

    /// Makes a probe with the defaults of tier 1.
    public init(
        interval: Duration = .seconds(120), timeout: Duration = .seconds(10),
        phaseTimeouts: PhaseTimeouts = PhaseTimeouts(),
        confirmation: ClosedRange<Duration>? = .seconds(5) ... .seconds(15), method: Method = .get,
        httpVersion: HTTPVersion = .http1, addressFamily: AddressFamily = .any,
        requestHeaders: [Header] = [], redirects: RedirectPolicy = RedirectPolicy(),
        assertions: Assertions = Assertions(), clientCertificate: ClientCertificateFiles? = nil
    ) {
        self.clientCertificate = clientCertificate
        self.interval = interval
        self.timeout = timeout
        self.phaseTimeouts = phaseTimeouts
        self.confirmation = confirmation
        self.method = method
        self.httpVersion = httpVersion
        self.addressFamily = addressFamily
        self.requestHeaders = requestHeaders
        self.redirects = redirects
        self.assertions = assertions
    }
}

/// Time limits per phase of one connection; nil means that only the total limits it.
public struct PhaseTimeouts: Sendable, Hashable {
    /// Name resolution.
    public var resolve: Duration?
    /// TCP connection.
    public var connect: Duration?
    /// TLS handshake.
    public var tls: Duration?
    /// From the request to the first byte of the answer; the words before TLS where no HTTP is
    /// spoken.
    public var processing: Duration?

    /// Makes limits.
    public init(
        resolve: Duration? = nil, connect: Duration? = nil, tls: Duration? = nil,
        processing: Duration? = nil
    ) {
        self.resolve = resolve
        self.connect = connect
        self.tls = tls
        self.processing = processing
    }
}

/// One request header.
public struct Header: Sendable, Hashable {
    /// The field name, without the colon.
    public var name: String
    /// The field value, without line breaks.
    public var value: String

    /// Makes a header.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// What to do with a redirect.
public struct RedirectPolicy: Sendable, Hashable {
    /// Whether redirects are followed at all.
    public var isFollowing: Bool
    /// The most redirects followed; at most `Limits.redirects`.
    public var limit: Int
    /// Registrable domains, besides the endpoint's own, to which a redirect may lead.
    public var allowedDomains: [String]

    /// Makes a policy; the default follows within the same registrable domain.
    public init(
        isFollowing: Bool = true, limit: Int = Limits.redirects, allowedDomains: [String] = []
    ) {
        self.isFollowing = isFollowing
        self.limit = limit
        self.allowedDomains = allowedDomains
    }
}

/// What a good answer looks like.
///
/// Patterns are RE2 syntax (Go's), already checked.
public struct Assertions: Sendable, Hashable {
    /// The accepted statuses as ranges; empty means 200 to 299.
    public var statuses: [ClosedRange<Int>]
    /// Patterns that must match in the value of a header.
    public var headersMatching: [HeaderPattern]
    /// Patterns that must not match in the value of a header.
    public var headersNotMatching: [HeaderPattern]
    /// Patterns that must all match in the body.
    public var bodyMatching: [String]
    /// Patterns of which none may match in the body.
    public var bodyNotMatching: [String]
    /// The accepted size of the body in bytes, as far as read; nil accepts any.
    public var bodyBytes: ClosedRange<Int>?
    /// The longest accepted total duration; nil accepts any.
    ///
    /// Longer means degraded, not down.
    public var maximumDuration: Duration?
    /// Patterns that mean "too busy" when one matches in the body.
    public var busyMarkers: [String]
    /// Patterns that mean "maintenance" when one matches in the body.
    public var maintenanceMarkers: [String]

    /// Makes assertions; the default accepts every 2xx answer.
    public init(
        statuses: [ClosedRange<Int>] = [], headersMatching: [HeaderPattern] = [],
        headersNotMatching: [HeaderPattern] = [], bodyMatching: [String] = [],
        bodyNotMatching: [String] = [], bodyBytes: ClosedRange<Int>? = nil,
        maximumDuration: Duration? = nil, busyMarkers: [String] = [],
        maintenanceMarkers: [String] = []
    ) {
        self.statuses = statuses
        self.headersMatching = headersMatching
        self.headersNotMatching = headersNotMatching
        self.bodyMatching = bodyMatching
        self.bodyNotMatching = bodyNotMatching
        self.bodyBytes = bodyBytes
        self.maximumDuration = maximumDuration
        self.busyMarkers = busyMarkers
        self.maintenanceMarkers = maintenanceMarkers
    }

    /// Tells whether `status` is an accepted one.
    public func accepts(status: Int) -> Bool {
        statuses.isEmpty
            ? (200...299).contains(status) : statuses.contains { $0.contains(status) }
    }
}

/// A pattern on the value of one response header.
public struct HeaderPattern: Sendable, Hashable {
    /// The field name, compared without regard to case.
    public var name: String
    /// The pattern in RE2 syntax.
    public var pattern: String
    /// Whether the header may be absent.
    public var isOptional: Bool

    /// Makes a pattern on a header.
    public init(name: String, pattern: String, isOptional: Bool = false) {
        self.name = name
        self.pattern = pattern
        self.isOptional = isOptional
    }
}
