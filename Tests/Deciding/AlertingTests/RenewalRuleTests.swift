import Alerting
import HealthModel
import Observing
import Rules
import TLSFindings
import Testing

/// Rules on renewals: by habit, and of certificates that are sent for nothing.
@Suite struct RenewalRuleTests {
    private static let day: Int64 = 86_400

    /// The n-th certificate of an endpoint: 90 days from `start`.
    private func record(_ number: Int, start: Int64, days: Int64 = 90) -> TLSRecord {
        var record = tls(from: start, to: start + days * Self.day)
        record.chainSent[0].fingerprintSHA256 = "leaf \(number)"
        record.chainBuilt = record.chainSent
        return record
    }

    private func watch(_ rules: Rule...) -> Watch {
        Watch([service("digid")], [endpoint("a", of: "digid")], rules)
    }

    private let overdue = rule(
        "overdue", .certificateRenewalOverdue, level: .warning, summary: "{value}")

    /// Two renewals with 45 days left make a habit; two days later than that is late, long
    /// before the share of 0.75.
    @Test func aHabitIsLearned() {
        let watch = watch(overdue, rule("late", .certificateRunningOut(share: 0.75)))
        for number in 0..<3 {
            let start = Int64(number) * 45 * Self.day
            watch.apply(result("a", start, nil, tls: record(number, start: start)))
            #expect(watch.news(at: start) == [])
        }
        let last: Int64 = 90 * Self.day
        // A slack of 2 % of 90 days is 1.8 days.
        for (days, wanted) in [(45, []), (46, []), (47, ["overdue a firing"])]
            as [(Int64, [String])]
        {
            let now = last + days * Self.day
            watch.apply(result("a", now, nil, tls: record(2, start: last)))
            #expect(watch.news(at: now) == wanted, "\(days)")
            // A reader learns it before the alert fires: 45 days and the slack before the end.
            let overdue = at(last + 45 * Self.day + Int64(1.8 * 86_400))
            #expect(watch.state("a", at: now)?.renewalOverdueAt == overdue)
        }
        let renewed = last + 48 * Self.day
        watch.apply(result("a", renewed, nil, tls: record(3, start: renewed)))
        #expect(watch.news(at: renewed) == ["overdue a resolved"])
    }

    /// Two addresses, one of which still has the old certificate, are one renewal.
    @Test func takingTurnsIsNoHabit() {
        let watch = watch(overdue)
        for turn in 0..<10 {
            let start = Int64(turn % 2) * 45 * Self.day
            let now = 46 * Self.day + Int64(turn) * 60
            watch.apply(result("a", now, nil, tls: record(turn % 2, start: start)))
        }
        #expect(watch.sharesLeft(of: "a")?.count == 1)
    }

    /// What an earlier run saw counts, of the endpoint's own host only.
    @Test func whatWasSeenBeforeIsRecalled() {
        let watch = watch(overdue)
        func sight(_ number: Int, host: String, at second: Int64) -> CertificateWatch.Sight {
            CertificateWatch.Sight(
                endpoint: EndpointID("a"), host: host, address: "192.0.2.1",
                leaf: record(number, start: second).chainSent[0], at: at(second))
        }
        let last: Int64 = 90 * Self.day
        watch.apply(result("a", last, nil, tls: record(2, start: last)))
        watch.recall([
            sight(0, host: "a.test", at: 0), sight(7, host: "other.test", at: 80 * Self.day),
            sight(1, host: "a.test", at: 45 * Self.day), sight(2, host: "a.test", at: last),
        ])
        #expect(watch.sharesLeft(of: "a") == [0.5, 0.5])
        let now = last + 47 * Self.day
        watch.apply(result("a", now, nil, tls: record(2, start: last)))
        #expect(watch.news(at: now) == ["overdue a firing"])
    }

    /// A certificate beside the path is told apart from those on it, also when it has ended.
    @Test func whatIsSentForNothingRunsOutToo() {
        let watch = watch(
            rule("sent", .sentCertificateRunningOut(share: 0.5), summary: "{value}"),
            rule("path", .certificateRunningOut(share: 0.5)))
        var seen = record(0, start: 0)
        var extra = record(1, start: 0, days: 30).chainSent[0]
        extra.subject = "CN=AddTrust"
        seen.chainSent.append(extra)
        for (days, wanted) in [
            (1, []), (24, []), (25, ["sent a firing"]), (31, []), (74, []), (75, ["path a firing"]),
        ] as [(Int64, [String])] {
            let now = days * Self.day
            watch.apply(result("a", now, nil, tls: seen))
            #expect(watch.news(at: now) == wanted, "\(days)")
        }
        var mended = seen
        mended.chainSent.removeLast()
        watch.apply(result("a", 76 * Self.day, nil, tls: mended))
        #expect(watch.news(at: 76 * Self.day) == ["sent a resolved"])
    }
}
