package import HealthModel

/// What a condition on an endpoint came to, as long as nothing it looks at can have changed.
///
/// The rules are looked at twice a second and an endpoint is measured once a minute, so that nearly
/// all of ten thousand endpoints times twenty rules are as they were. To see that must cost no more
/// than a few comparisons beside each other in memory: 40 bytes and nothing to count references of.
package struct FindingMemory: Sendable {
    /// The endpoint; -1 when the subject is a service, of which nothing is remembered.
    package let tracker: Int32
    /// The revision of the endpoint that was looked at; -1 before the first time.
    package private(set) var revision: Int32 = -1
    package private(set) var validFrom: Int64 = .max
    package private(set) var validUntil: Int64 = .min
    package private(set) var finding = AlertMachine.Finding.unknown

    package init(tracker: Int?) { self.tracker = tracker.map { Int32(clamping: $0) } ?? -1 }

    package mutating func remember(
        _ finding: AlertMachine.Finding, _ revision: Int32, from: Timestamp, until: Timestamp
    ) {
        self.finding = finding
        self.revision = revision
        validFrom = from.nanoseconds
        validUntil = until.nanoseconds
    }
}

extension Timestamp {
    package static let farFuture = Timestamp(nanoseconds: .max)
    package static let farPast = Timestamp(nanoseconds: .min)

    /// The last instant before the first of `changes` that lies in the future of this one.
    package func last(before changes: [Timestamp]) -> Timestamp {
        changes.lazy.filter { $0 > self }.min().map { $0 - .nanoseconds(1) } ?? .farFuture
    }
}

extension Expression {
    /// A value that only time changes, and the threshold that it crosses.
    package struct Crossing: Sendable, Hashable {
        var quantity: Quantity
        var threshold: Double

        /// When a certificate crosses the threshold; nil when it never does.
        package func instant(for certificate: Certificate) -> Timestamp? {
            switch quantity {
            case .certificateExpiresIn:
                certificate.notAfter - .seconds(threshold)
            case .certificateLifetimeLeft:
                certificate.notAfter - certificate.lifetime * threshold
            default: nil
            }
        }
    }
}

extension Expression.Comparison {
    /// Whether time alone changes what it says.
    var isTimed: Bool { left.isTimed || right.isTimed }

    /// What is crossed, when the only value that time changes is compared with a fixed one.
    var crossing: Expression.Crossing? {
        switch (left.isTimed ? left : right, left.isTimed ? right : left) {
        case (.measured(let quantity), .literal(let literal)):
            Expression.Crossing(quantity: quantity, threshold: literal.scalar)
        // Nothing times a value is nothing, at every instant; what it is in between is looked at.
        case (.product(let factor, let quantity), .literal(let literal)) where factor > 0:
            Expression.Crossing(quantity: quantity, threshold: literal.scalar / factor)
        default: nil
        }
    }
}

extension Expression.Operand {
    fileprivate var isTimed: Bool {
        quantity == .certificateExpiresIn || quantity == .certificateLifetimeLeft
    }
}
