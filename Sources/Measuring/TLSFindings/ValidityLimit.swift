import HealthModel

/// How long a certificate may be valid, by the date of issue.
///
/// CA/Browser Forum BR 2.2.6 §6.3.2. A day is 86,400 seconds, and both ends belong to the period
/// (RFC 5280 §4.1.2.5), so that a certificate over whole days ends at 23:59:59.
enum ValidityLimit {
    /// From which instant of issue on how many days are allowed, the latest first.
    static let steps: [(from: Timestamp, days: Int64)] = [
        (Timestamp(seconds: 1_868_227_200), 47),  // 2029-03-15
        (Timestamp(seconds: 1_805_068_800), 100),  // 2027-03-15
        (Timestamp(seconds: 1_773_532_800), 200),  // 2026-03-15
        (Timestamp(seconds: 1_598_918_400), 398),  // 2020-09-01
        (Timestamp(seconds: 1_519_862_400), 825),  // 2018-03-01
    ]

    static func judge(_ chain: JudgedChain) -> [Finding] {
        guard let leaf = chain.publicLeaf, let days = limitDays(from: leaf.certificate.notBefore)
        else { return [] }
        let seconds = leaf.certificate.inclusiveLifetime
        guard seconds > .seconds(days * 86_400) else { return [] }
        let whole = (seconds.nanoseconds - 1) / 86_400_000_000_000 + 1
        return [
            Finding(
                .validityTooLong, at: leaf.place,
                detail: "valid for \(whole) days, at most \(days)")
        ]
    }

    /// The limit in days for a certificate issued at `instant`; nil before limits were in days.
    static func limitDays(from instant: Timestamp) -> Int64? {
        steps.first { instant >= $0.from }?.days
    }
}

extension Certificate {
    /// The lifetime with both ends counted, as the rules count it (RFC 5280 §4.1.2.5).
    var inclusiveLifetime: Duration { lifetime + .seconds(1) }

    /// Whether the certificate needs no revocation information (BR §1.6.1 "Short-lived
    /// Subscriber Certificate"): 7 days, or 10 when issued before 2026-03-15.
    var isShortLived: Bool {
        let days: Int64 = notBefore >= Timestamp(seconds: 1_773_532_800) ? 7 : 10
        return inclusiveLifetime <= .seconds(days * 86_400)
    }
}
