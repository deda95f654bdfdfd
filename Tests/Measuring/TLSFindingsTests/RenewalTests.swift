import HealthModel
import Testing

@testable import TLSFindings

@Suite struct RenewalTests {
    private static func valid(_ seconds: Int64, from: Timestamp = issued) -> Certificate {
        certificate(from: from, seconds: seconds)
    }

    /// Lifetime in seconds, and how many are left where each level starts.
    static let lifetimes: [(Int64, Int64, Int64, Int64, Int64)] = [
        // 160 hours: renewed halfway.
        (160 * 3600, 80 * 3600, 60 * 3600, 40 * 3600, 20 * 3600),
        (10 * day - 1200, 5 * day - 600, 323_550, 215_700, 107_850),
        (10 * day, 288_000, 216_000, 144_000, 72_000),
        (45 * day, 15 * day, 972_000, 648_000, 324_000),
        (6 * day, 3 * day, 194_400, 129_600, 64_800),
        (47 * day, 1_353_600, 1_015_200, 676_800, 338_400),
        // At 84 days a quarter of the third is the week that is the ceiling of `page`.
        (84 * day, 28 * day, 21 * day, 14 * day, 7 * day),
        (84 * day + 12, 28 * day + 4, 21 * day + 3, 14 * day + 2, 7 * day),
        (90 * day, 30 * day, 1_944_000, 15 * day, 7 * day),
        (96 * day, 32 * day, 24 * day, 16 * day, 7 * day),
        // At 100 days no floor, above it one: 25 days and a bit become 30.
        (100 * day, 2_880_000, 25 * day, 1_440_000, 7 * day),
        (100 * day + 12, 2_880_004, 30 * day, 1_440_002, 7 * day),
        (120 * day, 40 * day, 30 * day, 20 * day, 7 * day),
        // At 126 days half of the third is the ceiling of `critical`.
        (126 * day, 42 * day, 2_721_600, 21 * day, 7 * day),
        (126 * day + 12, 42 * day + 4, 2_721_603, 21 * day, 7 * day),
        (198 * day, 66 * day, 4_276_800, 21 * day, 7 * day),
        (200 * day, 5_760_000, 50 * day, 21 * day, 7 * day),
        // At 240 days three quarters of it are that of `warning`.
        (240 * day, 80 * day, 60 * day, 21 * day, 7 * day),
        (240 * day + 12, 80 * day + 4, 60 * day, 21 * day, 7 * day),
        (398 * day, 11_462_400, 60 * day, 21 * day, 7 * day),
        (1095 * day, 365 * day, 60 * day, 21 * day, 7 * day),
        (3650 * day, 105_120_000, 60 * day, 21 * day, 7 * day),
    ]

    @Test(arguments: lifetimes)
    func levels(
        lifetime: Int64, expected: Int64, warning: Int64, critical: Int64, page: Int64
    ) {
        let certificate = Self.valid(lifetime)
        let threshold = RenewalThreshold(certificate)
        let end = certificate.notAfter
        #expect(threshold.expected == end - .seconds(expected))
        let starts: [(Int64, RenewalLevel)] = [
            (warning, .warning), (critical, .critical), (page, .page),
        ]
        var before: RenewalLevel?
        for (index, (left, level)) in starts.enumerated() {
            let start = end - .seconds(left)
            let next = index < 2 ? end - .seconds(starts[index + 1].0) : nil
            let early = RenewalThreshold.standing(
                of: certificate, at: Timestamp(nanoseconds: start.nanoseconds - 1))
            #expect(early.level == before)
            #expect(early.nextBoundary == start)
            for offset in [Int64(0), 1] {
                let standing = RenewalThreshold.standing(
                    of: certificate, at: Timestamp(nanoseconds: start.nanoseconds + offset))
                #expect(standing.level == level)
                #expect(standing.nextBoundary == next)
            }
            before = level
        }
    }

    @Test(
        arguments: [
            (2026, 3, 14, 397 * day), (2026, 3, 15, 199 * day), (2027, 3, 15, 99 * day),
            (2029, 3, 15, 46 * day),
        ] as [(Int64, Int64, Int64, Int64)])
    func onTheDaysOnWhichLifetimesShrink(year: Int64, month: Int64, day: Int64, lifetime: Int64) {
        guard let start = Timestamp(year: year, month: month, day: day) else {
            Issue.record("no such day")
            return
        }
        let certificate = Self.valid(lifetime, from: start)
        #expect(RenewalThreshold.standing(of: certificate, at: start).level == nil)
        #expect(RenewalThreshold.standing(of: certificate, at: start).shareLeft == 1)
        // A quarter of the lifetime, in whole nanoseconds, or sixty days.
        let left = min(.seconds(lifetime) / 4, .seconds(60 * 86_400))
        let boundary = certificate.notAfter - left
        #expect(RenewalThreshold(certificate).warning == boundary)
        let late = RenewalThreshold.standing(of: certificate, at: boundary)
        #expect(late.level == .warning)
        let share = Double(left.nanoseconds) / 1e9 / Double(lifetime)
        #expect(abs(late.shareLeft - share) < 1e-9)
    }

    @Test func atTheEndAndAfter() {
        let certificate = Self.valid(90 * day)
        for offset in [Int64(0), 1, 100 * day] {
            let standing = RenewalThreshold.standing(
                of: certificate, at: certificate.notAfter + .seconds(offset))
            #expect(standing.level == .page)
            #expect(standing.nextBoundary == nil)
        }
        #expect(
            RenewalThreshold.standing(of: certificate, at: certificate.notAfter + .seconds(day))
                .shareLeft < 0)
    }

    /// Nothing overflows, and levels only rise, whatever the dates.
    @Test func anyDates() {
        var random = SplitMix64(seed: 5)
        let far: [Int64] = [.min, .max, 0, issued.nanoseconds]
        for _ in 0..<500 {
            var odd = Self.valid(1)
            odd.notBefore = Timestamp(nanoseconds: far.randomElement(using: &random) ?? 0)
            odd.notAfter = Timestamp(
                nanoseconds: Bool.random(using: &random)
                    ? .random(in: .min ... .max, using: &random)
                    : far.randomElement(using: &random) ?? 0)
            let threshold = RenewalThreshold(odd)
            #expect(threshold.expected <= threshold.warning || odd.lifetime > .seconds(100 * day))
            #expect(threshold.warning <= threshold.critical)
            #expect(threshold.critical <= threshold.page)
            #expect(threshold.page <= odd.notAfter)
            #expect(RenewalThreshold.standing(of: odd, at: odd.notAfter).level == .page)
        }
    }

    private static func history(_ shares: Double...) -> RenewalHistory {
        RenewalHistory(sharesLeft: shares)
    }

    @Test func habitTakesTwoRenewals() {
        let certificate = Self.valid(90 * day)
        #expect(RenewalHistory().usualMinimum == nil)
        #expect(Self.history(0.3).usualMinimum == nil)
        #expect(Self.history(0.3).overdueStart(for: certificate) == nil)
        #expect(!Self.history(0.3).isOverdue(certificate, at: certificate.notAfter))
        #expect(Self.history(0.4, 0.3).usualMinimum == 0.3)
        #expect(Self.history(0.9, 0.8).usualMinimum == RenewalHistory.shareMost)
    }

    /// Lifetime, usual share in percent, and how many seconds are left where overdue begins.
    @Test(
        arguments: [
            // 2 % of 100 days is two days of slack.
            (100 * day, 0.5, 48 * day), (50 * day, 0.5, 24 * day),
            // A day at least.
            (40 * day, 0.5, 19 * day),
            // But never more than a tenth.
            (8 * day, 0.5, 4 * day - 69_120), (4 * day, 0.25, day - 34_560),
            // A habit of the last moment leaves nothing to be early for.
            (100 * day, 0.01, 0),
        ] as [(Int64, Double, Int64)])
    func overdue(lifetime: Int64, share: Double, left: Int64) {
        let certificate = Self.valid(lifetime)
        let history = Self.history(share, share)
        let start = certificate.notAfter - .seconds(left)
        #expect(history.overdueStart(for: certificate) == start)
        #expect(!history.isOverdue(certificate, at: Timestamp(nanoseconds: start.nanoseconds - 1)))
        #expect(history.isOverdue(certificate, at: start))
    }

    /// The point of it: a broken job shows before the first fixed threshold.
    @Test func habitSpeaksBeforeTheThresholds() {
        let certificate = Self.valid(90 * day)
        let start = Self.history(0.34, 0.33, 0.335).overdueStart(for: certificate)
        #expect(start.map { $0 < RenewalThreshold(certificate).warning } == true)
    }

    @Test func learning() {
        var history = RenewalHistory()
        var old = Self.valid(100 * day)
        old.fingerprintSHA256 = "old"
        var new = Self.valid(100 * day, from: issued + .seconds(60 * day))
        new.fingerprintSHA256 = "new"
        // At the end is a renewal too late, and so is after it.
        history.learn(previous: old, current: new, at: old.notAfter)
        history.learn(previous: old, current: new, at: old.notAfter + .seconds(1))
        // Not a renewal: the same certificate, or one that ends no later.
        history.learn(previous: old, current: old, at: issued + .seconds(60 * day))
        history.learn(previous: new, current: old, at: issued + .seconds(61 * day))
        #expect(history.sharesLeft.isEmpty)
        history.learn(previous: old, current: new, at: issued + .seconds(75 * day))
        #expect(history.sharesLeft == [0.25])
        for percent in 1...Int64(RenewalHistory.renewalsKept) {
            let now = issued + .seconds(percent * day)
            history.learn(previous: old, current: new, at: now)
            #expect(history.sharesLeft.count == min(Int(percent) + 1, RenewalHistory.renewalsKept))
        }
        #expect(!history.sharesLeft.contains(0.25))
        #expect(RenewalHistory(sharesLeft: history.sharesLeft) == history)
    }

    @Test func storedHistoryIsChecked() {
        let shares = [0.1, -1, 2, .nan, 0, 1] + Array(repeating: 0.5, count: 7)
        let history = RenewalHistory(sharesLeft: shares)
        #expect(history.sharesLeft == [1] + Array(repeating: 0.5, count: 7))
    }
}
