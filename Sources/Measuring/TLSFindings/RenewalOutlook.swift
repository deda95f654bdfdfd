public import HealthModel

/// When the most pressing of some certificates should be renewed, and how late that is.
///
/// One place for what `vitaal check`, `vitaal status` and the metrics say of renewal, so that they
/// agree with each other and with the rules on shares of the lifetime.
public struct RenewalOutlook: Sendable, Hashable {
    /// The certificate that is spoken of.
    public var certificate: Certificate
    /// When renewal is expected: when an ordinary client has it done.
    public var expectedAt: Timestamp
    /// How late it is; nil while renewal is not late.
    public var level: RenewalLevel?
    /// The next instant at which the level becomes another; nil after the last.
    public var nextLevelAt: Timestamp?

    /// The outlook on the certificate with the worst level; of several, the one expected first.
    ///
    /// nil when there is no certificate.
    ///
    /// - Parameters:
    ///   - certificates: Such as the first to run out on the path of each redirect hop.
    ///   - now: The present.
    public init?(_ certificates: some Sequence<Certificate>, at now: Timestamp) {
        let outlooks = certificates.map { RenewalOutlook($0, at: now) }
        let worst = outlooks.min { left, right in
            left.gravity == right.gravity
                ? left.expectedAt < right.expectedAt : left.gravity > right.gravity
        }
        guard let worst else { return nil }
        self = worst
    }

    private init(_ certificate: Certificate, at now: Timestamp) {
        let standing = RenewalThreshold.standing(of: certificate, at: now)
        self.certificate = certificate
        expectedAt = RenewalThreshold(certificate).expected
        level = standing.level
        nextLevelAt = standing.nextBoundary
    }

    /// 0 while renewal is not late.
    private var gravity: Int {
        switch level {
        case nil: 0
        case .warning: 1
        case .critical: 2
        case .page: 3
        }
    }

    /// The level that starts at `nextLevelAt`; nil after the last.
    public var nextLevel: RenewalLevel? {
        guard nextLevelAt != nil else { return nil }
        switch level {
        case nil: return .warning
        case .warning: return .critical
        case .critical, .page: return .page
        }
    }
}
