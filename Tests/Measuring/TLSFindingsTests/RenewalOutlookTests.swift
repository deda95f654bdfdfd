import HealthModel
import TLSFindings
import Testing

/// What is said of renewal, at the exact instants at which it changes.
@Suite struct RenewalOutlookTests {
    private static let start = Timestamp(seconds: 1_795_435_200)
    private static let day = Duration.seconds(86_400)

    private func certificate(days: Int, subject: String = "CN=a") -> Certificate {
        Certificate(
            fingerprintSHA256: subject, subject: subject, issuer: "CN=b", serialNumber: "1",
            names: [], nameCount: 0, notBefore: Self.start,
            notAfter: Self.start + Self.day * days, key: "EC prime256v1",
            signatureAlgorithm: "ecdsa-with-SHA256")
    }

    /// Ninety days: expected at 30 left, then 22.5, 15 and 7.
    @Test(
        arguments: [
            (60.0, -1, nil, .warning), (67.5, -1, nil, .warning), (67.5, 0, .warning, .critical),
            (75, -1, .warning, .critical), (75, 0, .critical, .page), (83, -1, .critical, .page),
            (83, 0, .page, nil), (90, 1, .page, nil),
        ] as [(Double, Int64, RenewalLevel?, RenewalLevel?)])
    func levelsChangeAtTheirInstants(
        day: Double, nanoseconds: Int64, level: RenewalLevel?, next: RenewalLevel?
    ) throws {
        let now = Self.start + .seconds(Int64(day * 86_400)) + .nanoseconds(nanoseconds)
        let outlook = try #require(RenewalOutlook([certificate(days: 90)], at: now))
        #expect(outlook.expectedAt == Self.start + Self.day * 60)
        #expect(outlook.level == level)
        #expect(outlook.nextLevel == next)
        #expect((outlook.nextLevelAt == nil) == (next == nil))
        if let at = outlook.nextLevelAt { #expect(at > now) }
    }

    /// The worst level comes first, whatever runs out first; then what is expected first.
    @Test func theMostPressingIsChosen() throws {
        let (manual, short) = (
            certificate(days: 365, subject: "manual"), certificate(days: 341, subject: "short")
        )
        // After 336 days the one has 29 left, the other 5.
        let late = Self.start + Self.day * 336
        #expect(RenewalOutlook([manual, short], at: late)?.certificate == short)
        let early = Self.start + Self.day
        #expect(RenewalOutlook([manual, short], at: early)?.certificate == short)
        // Six days expect renewal after three, but 365 days have no level yet.
        let tiny = certificate(days: 6, subject: "tiny")
        #expect(
            RenewalOutlook([manual, tiny], at: Self.start + Self.day * 5)?.certificate == tiny)
        #expect(RenewalOutlook([Certificate](), at: early) == nil)
    }

    /// A level outweighs an expectation that comes earlier.
    @Test func aLevelOutweighsAnEarlierExpectation() {
        // Expected on day 60, late from day 67.5.
        let calm = certificate(days: 90, subject: "calm")
        // Six days from day 58: expected on day 61, late from day 61.75.
        var late = certificate(days: 64, subject: "late")
        late.notBefore = Self.start + Self.day * 58
        func chosen(onDay day: Double) -> Certificate? {
            RenewalOutlook(
                [calm, late], at: Self.start + .seconds(Int64(day * 86_400)))?.certificate
        }
        #expect(chosen(onDay: 61.74) == calm)
        #expect(chosen(onDay: 61.75) == late)
        #expect(chosen(onDay: 67.5) == late)
    }
}
