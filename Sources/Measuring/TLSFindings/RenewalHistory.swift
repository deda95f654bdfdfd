public import HealthModel

/// How early one endpoint usually renews, learned from its own past.
///
/// A broken automation shows when an endpoint that always renewed with a third left is below
/// that, long before any fixed threshold.
public struct RenewalHistory: Sendable, Hashable {
    /// Renewals remembered; older ones are forgotten, so that a changed habit is learned.
    public static let renewalsKept = 8
    /// Renewals that make a habit.
    public static let renewalsNeeded = 2
    /// A habit of renewing with more than this left counts as this: so early a renewal has
    /// other reasons, such as a new server, and its absence means nothing.
    public static let shareMost = 0.5

    /// Shares of the lifetime that were left at each renewal, oldest first.
    public private(set) var sharesLeft: [Double]

    /// Makes a history without renewals.
    public init() { sharesLeft = [] }

    /// Takes up a stored history; the newest `renewalsKept` sound values are kept.
    public init(sharesLeft: [Double]) {
        self.sharesLeft = Array(
            sharesLeft.filter { $0 > 0 && $0 <= 1 }.suffix(Self.renewalsKept))
    }

    /// Learns from the replacement of a certificate, seen at `now`.
    ///
    /// A renewal after the end is an outage and no habit; a replacement that ends no later than
    /// its predecessor is no renewal. Neither is learned.
    public mutating func learn(
        previous: Certificate, current: Certificate, at now: Timestamp
    ) {
        let share = previous.lifetimeLeft(at: now)
        guard current.fingerprintSHA256 != previous.fingerprintSHA256,
            current.notAfter > previous.notAfter, share > 0, share <= 1
        else { return }
        sharesLeft.append(share)
        if sharesLeft.count > Self.renewalsKept { sharesLeft.removeFirst() }
    }

    /// The smallest share with which the endpoint still renewed; nil before there is a habit.
    public var usualMinimum: Double? {
        guard sharesLeft.count >= Self.renewalsNeeded else { return nil }
        return sharesLeft.min().map { min($0, Self.shareMost) }
    }

    /// From when on the renewal of a certificate is overdue by the endpoint's own habit; nil
    /// before there is a habit.
    ///
    /// Some slack is given, because renewal jobs run by the day and start at random: 2 % of the
    /// lifetime, at least a day, and never more than 10 %.
    public func overdueStart(for certificate: Certificate) -> Timestamp? {
        guard let usualMinimum else { return nil }
        let lifetime = max(.zero, certificate.lifetime)
        let slack = min(max(lifetime / 50, .seconds(86_400)), lifetime / 10)
        let left = Duration.nanoseconds(
            Int64(Double(lifetime.nanoseconds) * min(usualMinimum, Self.shareMost)))
        return certificate.notAfter - max(.zero, left - slack)
    }

    /// Whether the renewal of a certificate is overdue at `now` by the endpoint's own habit.
    public func isOverdue(_ certificate: Certificate, at now: Timestamp) -> Bool {
        overdueStart(for: certificate).map { now >= $0 } ?? false
    }
}
