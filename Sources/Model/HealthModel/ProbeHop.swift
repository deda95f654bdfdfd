/// One connection of a probe: the endpoint's own, or one that a redirect led to.
public struct ProbeHop: Sendable, Hashable {
    /// The URL without its query, which may hold what identifies a session.
    public var url: String
    /// The address connected to; nil when the name was not resolved.
    public var address: NetworkAddress?
    /// The HTTP status; nil without an HTTP answer.
    public var status: Int?
    /// What TLS showed; nil for plain HTTP or when no handshake began.
    public var tls: TLSRecord?
    /// For how many seconds browsers must come with TLS only, by the first Strict-Transport-Security
    /// header of this answer (RFC 6797 §6.1.1); 0 tells them to forget, nil when there is none that
    /// they take notice of.
    public var hstsSeconds: Int64?
    /// How long each phase of this connection took; the total is their sum.
    public var phases: PhaseDurations

    /// Makes a hop.
    public init(
        url: String, address: NetworkAddress? = nil, status: Int? = nil, tls: TLSRecord? = nil,
        hstsSeconds: Int64? = nil, phases: PhaseDurations = PhaseDurations()
    ) {
        self.url = url
        self.address = address
        self.status = status
        self.tls = tls
        self.hstsSeconds = hstsSeconds
        self.phases = phases
    }
}

extension PhaseDurations {
    /// What was added since `earlier`; the total is the sum of the phases.
    public func since(_ earlier: PhaseDurations) -> PhaseDurations {
        var part = PhaseDurations(
            resolveMicroseconds: resolveMicroseconds - earlier.resolveMicroseconds,
            connectMicroseconds: connectMicroseconds - earlier.connectMicroseconds,
            tlsMicroseconds: tlsMicroseconds - earlier.tlsMicroseconds,
            processingMicroseconds: processingMicroseconds - earlier.processingMicroseconds,
            transferMicroseconds: transferMicroseconds - earlier.transferMicroseconds)
        part.totalMicroseconds =
            part.resolveMicroseconds + part.connectMicroseconds + part.tlsMicroseconds
            + part.processingMicroseconds + part.transferMicroseconds
        return part
    }
}
