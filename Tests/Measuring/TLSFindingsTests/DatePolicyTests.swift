import HealthModel
import Testing

@testable import TLSFindings

@Suite struct DatePolicyTests {
    private static func instant(_ year: Int64, _ month: Int64, _ day: Int64) -> Timestamp {
        Timestamp(year: year, month: month, day: day) ?? Timestamp(seconds: 0)
    }

    /// On each side of every step, at the limit and one second past it; both ends count.
    @Test(
        arguments: [
            (2018, 3, 1, 825), (2020, 8, 31, 825), (2020, 9, 1, 398), (2026, 3, 14, 398),
            (2026, 3, 15, 200), (2027, 3, 14, 200), (2027, 3, 15, 100), (2029, 3, 14, 100),
            (2029, 3, 15, 47), (2040, 1, 1, 47),
        ] as [(Int64, Int64, Int64, Int64)])
    func validity(year: Int64, month: Int64, day: Int64, days: Int64) {
        let start = Self.instant(year, month, day)
        func found(_ from: Timestamp, _ seconds: Int64, _ rules: CertificateRules) -> [Finding] {
            judge(certificate(from: from, seconds: seconds), rules: rules)
        }
        #expect(found(start, days * 86_400 - 1, .publicWeb).isEmpty)
        let late = found(start, days * 86_400, .publicWeb)
        #expect(late.map(\.id) == [.validityTooLong])
        #expect(late.first?.detail == "valid for \(days + 1) days, at most \(days)")
        #expect(found(start, days * 86_400, .privateAuthority).isEmpty)
    }

    /// The last second of an old limit and the first of a new one.
    @Test(
        arguments: [
            (2026, 3, 15, 398), (2027, 3, 15, 200), (2029, 3, 15, 100),
        ] as [(Int64, Int64, Int64, Int64)])
    func lastSecond(year: Int64, month: Int64, day: Int64, days: Int64) {
        let start = Self.instant(year, month, day)
        let before = certificate(from: start - .seconds(1), seconds: days * 86_400 - 1)
        #expect(judge(before).isEmpty)
        let after = certificate(from: start, seconds: days * 86_400 - 1)
        #expect(judge(after).map(\.id) == [.validityTooLong])
    }

    @Test func beforeLimitsInDays() {
        let old = certificate(from: Self.instant(2018, 2, 28), seconds: 1100 * day)
        #expect(judge(old).isEmpty)
    }

    @Test(
        arguments: [
            (180 * day, 2, nil), (180 * day, 1, .timestampsTooFew),
            (180 * day, 0, .timestampsMissing),
            (180 * day + 1, 2, .timestampsTooFew), (180 * day + 1, 3, nil),
            (180 * day + 1, 0, .timestampsMissing),
        ] as [(Int64, Int, FindingID?)])
    func transparency(seconds: Int64, logs: Int, wanted: FindingID?) {
        var profile = soundProfile()
        profile.timestamps = (0..<logs).map {
            SignedCertificateTimestamp(log: "\($0)", instant: issued)
        }
        let leaf = certificate(seconds: seconds, profile: profile)
        #expect(judge(leaf).map(\.id) == [wanted].compactMap(\.self))
        // Nobody's logs take the certificates of private authorities, or untrusted ones.
        #expect(judge(leaf, rules: .privateAuthority).isEmpty)
        #expect(judge(leaf) { $0.isTrusted = false }.isEmpty)
        #expect(judge(leaf) { $0.hasHandshakeTimestamps = true }.isEmpty)
    }

    @Test func oneLogTwiceCountsOnce() {
        var profile = soundProfile()
        profile.timestamps = [1, 2, 3].map {
            SignedCertificateTimestamp(log: "same", instant: Timestamp(seconds: $0))
        }
        let found = judge(certificate(profile: profile))
        #expect(found.map(\.id) == [.timestampsTooFew])
        #expect(found.first?.detail == "1 logs, at least 2")
    }

    /// 7 days from 2026-03-15 on, 10 before; both ends count.
    @Test(
        arguments: [
            (2026, 3, 15, 7), (2026, 3, 14, 10),
        ] as [(Int64, Int64, Int64, Int64)])
    func shortLivedNeedsNoRevocation(year: Int64, month: Int64, day: Int64, days: Int64) {
        var profile = soundProfile()
        profile.revocationListURLs = []
        let start = Self.instant(year, month, day)
        let short = certificate(from: start, seconds: days * 86_400 - 1, profile: profile)
        #expect(judge(short).isEmpty)
        let longer = certificate(from: start, seconds: days * 86_400, profile: profile)
        #expect(judge(longer).map(\.id) == [.revocationAddressMissing])
    }

    @Test func stapleIsMissedOnlyAfterAHandshake() {
        var profile = soundProfile()
        profile.isStapleRequired = true
        let leaf = certificate(profile: profile)
        #expect(judge(leaf).map(\.id) == [.stapleMissing])
        #expect(judge(leaf) { $0.staple = .good }.isEmpty)
        #expect(judge(leaf) { $0.isHandshakeComplete = false }.isEmpty)
    }
}
