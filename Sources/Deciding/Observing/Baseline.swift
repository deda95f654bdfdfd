public import HealthModel

/// What the norms ask of every server, and a server that did it may stop doing.
public enum BaselineFact: String, Sendable, Hashable, CaseIterable {
    /// The first answer of an `https://` URL tells browsers to come with TLS only, for a year at least
    /// (RFC 6797; Stb. 2023, 179).
    case hsts
    /// An `http://` URL leads to `https://` on the same host first.
    case httpsRedirect = "https_redirect"
    /// No version of TLS before 1.2 is accepted, as the daily scan finds it (RFC 8996).
    case modernTLS = "modern_tls"

    /// The shortest time for which browsers must remember HSTS, in seconds: a year.
    ///
    /// A shorter one is neither as it should be nor gone.
    static let hstsSeconds: Int64 = 31_536_000
    /// Versions that must not be accepted, by their names in a scan.
    private static let oldVersions: Set<String> = ["TLSv1", "TLSv1.1"]

    /// What the answers to a probe say; a failed probe says nothing, as pages of outages come from
    /// other servers.
    ///
    /// - Returns: nil when there is nothing to say.
    package static func judge(_ result: ProbeResult) -> (fact: BaselineFact, grade: BaselineGrade)?
    {
        guard result.isSuccess, let first = result.hops.first, let status = first.status else {
            return nil
        }
        if first.tls != nil {
            switch first.hstsSeconds ?? 0 {
            case 0: return (.hsts, .fails)
            case hstsSeconds...: return (.hsts, .passes)
            default: return (.hsts, .partly)
            }
        }
        // No reading of the URL unless it is needed: this is for every probe.
        guard first.url.utf8.starts(with: "http://".utf8) else { return nil }
        if result.hops.count > 1 {
            guard let from = ProbeURL(first.url), let to = ProbeURL(result.hops[1].url) else {
                return nil
            }
            let isSecure = to.scheme == .https && to.host == from.host
            return (.httpsRedirect, isSecure ? .passes : .fails)
        }
        return (200...299).contains(status) ? (.httpsRedirect, .fails) : nil
    }

    /// Whether anybody looks for it at an endpoint.
    package func isLookedFor(at endpoint: Endpoint) -> Bool {
        switch self {
        case .hsts: endpoint.url.scheme == .https
        case .httpsRedirect: endpoint.url.scheme == .http
        case .modernTLS: endpoint.probe.isScannedDaily
        }
    }

    /// What a scan says of `modernTLS`; nil when the server left a question open.
    package static func judge(_ scan: TLSScan) -> BaselineGrade? {
        let old = scan.versions.filter { oldVersions.contains($0.name) }
        if old.contains(where: { $0.answer == .yes }) { return .fails }
        // A scan that was cut short has not asked about all of them.
        let refused = Set(old.filter { $0.answer == .no }.map(\.name))
        return refused == oldVersions ? .passes : nil
    }
}

/// How well a server does something of the baseline.
public enum BaselineGrade: Sendable, Hashable {
    /// As it should.
    case passes
    /// Not as well as it should, though it does.
    case partly
    /// Not at all.
    case fails
}

/// That a server did what it should.
public struct BaselinePass: Sendable, Hashable {
    /// Who did what.
    public struct Key: Sendable, Hashable {
        /// The endpoint.
        public var endpoint: EndpointID
        /// What it did.
        public var fact: BaselineFact

        /// Makes a key.
        public init(endpoint: EndpointID, fact: BaselineFact) {
            self.endpoint = endpoint
            self.fact = fact
        }
    }

    /// Who did what.
    public var key: Key
    /// The URL of the endpoint then; of another one it says nothing.
    public var url: String
    /// When it was seen last, or up to a day before that.
    public var at: Timestamp

    /// Makes a pass.
    public init(key: Key, url: String, at: Timestamp) {
        self.key = key
        self.url = url
        self.at = at
    }
}

/// What one endpoint does of the baseline, and when it last did.
package struct BaselineMemory: Sendable, Hashable {
    private struct Known: Sendable, Hashable {
        /// Whether it fails now; nil when that was not seen in this run.
        var isFailing: Bool?
        var passedAt: Timestamp?
        /// The pass that is on the disk.
        var keptAt: Timestamp?
    }

    /// How much later a pass is worth writing down again.
    static let keepInterval: Duration = .seconds(86_400)

    private var facts: [BaselineFact: Known] = [:]

    /// Takes what was seen; whether it is a pass that has to be kept.
    package mutating func take(
        _ fact: BaselineFact, _ grade: BaselineGrade, at now: Timestamp
    ) -> Bool {
        var known = facts[fact] ?? Known()
        defer { facts[fact] = known }
        known.isFailing = grade == .fails
        guard grade == .passes else { return false }
        known.passedAt = now
        // Also when the clock was set back.
        if let keptAt = known.keptAt, now >= keptAt, now - keptAt < Self.keepInterval {
            return false
        }
        known.keptAt = now
        return true
    }

    /// Takes back what an earlier run saw.
    package mutating func recall(_ fact: BaselineFact, at instant: Timestamp) {
        facts[fact] = Known(isFailing: facts[fact]?.isFailing, passedAt: instant, keptAt: instant)
    }

    /// When a regress will be too old to count, in the past when it is; nil when there is none.
    package func regressEnd(of fact: BaselineFact, within window: Duration) -> Timestamp? {
        guard let known = facts[fact], known.isFailing == true else { return nil }
        return known.passedAt.map { $0 + window }
    }

    /// Whether it is known whether the endpoint does this now.
    package func isSeen(_ fact: BaselineFact) -> Bool { facts[fact]?.isFailing != nil }

    /// Forgets that it ever did, since nobody looks any more.
    package mutating func forget(_ fact: BaselineFact) { facts[fact] = Known(isFailing: false) }
}
