public import HealthModel

/// How urgent it is that a certificate has not been renewed yet.
public enum RenewalLevel: String, Sendable, Hashable, CaseIterable, Comparable {
    /// Renewal is late: a quarter of the time that was left for it has gone by.
    case warning
    /// Half of that time has gone by.
    case critical
    /// Three quarters have gone by, or the certificate has run out.
    case page

    /// Orders levels, milder first.
    public static func < (left: RenewalLevel, right: RenewalLevel) -> Bool {
        left.order < right.order
    }

    fileprivate var order: Int {
        switch self {
        case .warning: 0
        case .critical: 1
        case .page: 2
        }
    }
}

/// When the time to renew a certificate runs out, in shares of its lifetime.
///
/// Automatic clients renew when a third of the lifetime is left, or a half under ten days (Let's
/// Encrypt's integration guide). A level starts when 0.75, 0.5 and 0.25 of that point are left.
/// Above 100 days certificates are renewed by hand, which takes weeks: there a level starts with
/// 30, 14 and 7 days left at the latest. However long the lifetime, no level starts before 60, 21
/// and 7 days are left: a share of three years is months, and nobody is called at night for a matter
/// of months. A level holds from its first instant on.
public struct RenewalThreshold: Sendable, Hashable {
    /// Lifetimes under this are renewed halfway.
    public static let shortLifetime = Duration.seconds(10 * 86_400)
    /// Lifetimes over this have floors in days.
    public static let manualLifetime = Duration.seconds(100 * 86_400)

    /// What is left, in days, where a level starts at the latest and at the earliest.
    private struct Bounds {
        /// At the latest, when the certificate is renewed by hand.
        var floorDays: Int64
        /// At the earliest, whatever the share says.
        var ceilingDays: Int64
    }

    /// Shares from 0.75 on.
    ///
    /// Sixty days are two rounds of the slowest usual order: a month for a new
    /// certificate by hand, and a month when the first attempt was refused.
    private static let early = Bounds(floorDays: 30, ceilingDays: 60)
    /// Shares from 0.5 on.
    ///
    /// Three weeks are working days enough for an order with papers.
    private static let late = Bounds(floorDays: 14, ceilingDays: 21)
    /// Smaller shares.
    ///
    /// Within a week it may be the last working day on which it can be done.
    private static let last = Bounds(floorDays: 7, ceilingDays: 7)

    /// When renewal is expected: when an ordinary client has it done.
    public var expected: Timestamp
    /// When each level starts; in order.
    public var warning: Timestamp
    /// The start of `critical`.
    public var critical: Timestamp
    /// The start of `page`.
    public var page: Timestamp

    /// Where a certificate stands at one instant.
    public struct Standing: Sendable, Hashable {
        /// The level; nil while renewal is not late.
        public var level: RenewalLevel?
        /// The share of the lifetime left: 1 when new, negative after the end.
        public var shareLeft: Double
        /// The next instant at which the level becomes another; nil after the last.
        public var nextBoundary: Timestamp?
    }

    /// The thresholds of a certificate.
    public init(_ certificate: Certificate) {
        expected = Self.start(of: certificate, share: 1)
        warning = Self.start(of: certificate, share: 0.75)
        critical = Self.start(of: certificate, share: 0.5)
        page = Self.start(of: certificate, share: 0.25)
    }

    /// When less than `share` (0 to 1) of what should be left at renewal is left.
    ///
    /// Floors (of certificates that are renewed by hand) and ceilings go with the share: 30 and 60
    /// days from 0.75 on, 14 and 21 from 0.5 on, else 7 and 7; the expected moment itself, share 1,
    /// has neither.
    public static func start(of certificate: Certificate, share: Double) -> Timestamp {
        let lifetime = max(.zero, certificate.lifetime)
        let expectedLeft = lifetime / (lifetime < shortLifetime ? 2 : 3)
        let left = Duration.nanoseconds(Int64(Double(expectedLeft.nanoseconds) * share))
        guard share < 1 else { return certificate.notAfter - left }
        let bounds = share >= 0.75 ? early : share >= 0.5 ? late : last
        let capped = min(left, .seconds(bounds.ceilingDays * 86_400))
        guard lifetime > manualLifetime else { return certificate.notAfter - capped }
        return certificate.notAfter - max(capped, .seconds(bounds.floorDays * 86_400))
    }

    /// Where a certificate stands at `now`.
    public static func standing(of certificate: Certificate, at now: Timestamp) -> Standing {
        let threshold = RenewalThreshold(certificate)
        let starts: [(Timestamp, RenewalLevel)] = [
            (threshold.warning, .warning), (threshold.critical, .critical),
            (threshold.page, .page),
        ]
        return Standing(
            level: starts.last { $0.0 <= now }?.1, shareLeft: certificate.lifetimeLeft(at: now),
            nextBoundary: starts.first { $0.0 > now }?.0)
    }
}
