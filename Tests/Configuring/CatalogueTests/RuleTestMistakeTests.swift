import HealthModel
import RuleTesting
import Testing
import YAMLReading

@testable import Catalogue

/// What is said of each mistake in a test of rules.
struct RuleTestMistakeTests {
    static let rules = SourceFile(
        path: "alerts/a.yml",
        text: """
            rules:
              - {id: unreachable, when: state == down, level: page, summary: {nl: N, en: E}}
              - {id: slow, when: 'p95(total, 10m) > 3s', level: page, summary: {nl: N, en: E}}
            """)

    static func read(_ text: String) throws -> [RuleTestFile] {
        try RuleTestLoader.read([SourceFile(path: "t", text: text)], ruleFiles: [rules])
    }

    /// A file with one service `web`, one receiver `duty` and one case.
    static func file(
        series: String = "{web: up}", expect: String = "[{at: 0s, alerts: []}]",
        _ more: String = "note: n"
    ) -> String {
        """
        services: [{id: web, tier: 0}]
        receivers: [{id: duty, webhook: 'https://a.example/'}]
        cases:
          - name: a
            series: \(series)
            expect: \(expect)
            \(more)
        """
    }

    /// A rule names a receiver that the receivers of the test leave out.
    @Test func receiversThatRulesNameMustBeThere() throws {
        let rules = SourceFile(
            path: "alerts/a.yml",
            text: """
                receivers: [{id: on-call, webhook: 'https://a.example/'}]
                rules:
                  - id: unreachable
                    when: state == down
                    level: page
                    receivers: [on-call]
                    summary: {nl: N, en: E}
                """)
        let text = """
            services: [{id: web, tier: 0}]
            receivers: [{id: team, webhook: 'https://a.example/'}]
            cases: [{name: a, series: {web: up}, expect: [{at: 0s, notifications: []}]}]
            """
        let error = #expect(throws: ConfigurationError.self) {
            try RuleTestLoader.read([SourceFile(path: "t", text: text)], ruleFiles: [rules])
        }
        #expect(
            error?.description
                == "t:2:12: there is no receiver `on-call`; expected the id of one in `receivers` of a "
                + "file in alerts/")
    }

    static func inSeries(_ series: String) -> String { file(series: "{web: '\(series)'}") }

    static func inCheck(_ check: String) -> String { file(expect: "[{at: 0s, \(check)}]") }

    static let series = [
        Row(
            "word", inSeries("up, dwon"),
            "t:5:24: found `dwon`; did you mean `down`?"),
        Row(
            "no word", inSeries("up, "),
            "t:5:24: found the end; expected `up`, `down`, `slow`, `status`, `busy`, `blocked`, "
                + "`maintenance` or `unknown`, or `-` for no result"),
        Row(
            "reason as a word", inSeries("tls_expired"),
            "t:5:20: found `tls_expired`; did you mean `down(tls_expired)`?"),
        Row(
            "reason", inSeries("up, down(tls_expird)"),
            "t:5:29: there is no reason `tls_expird`; did you mean `tls_expired`?"),
        Row(
            "reason that is no failure", inSeries("down(busy)"),
            "t:5:25: `busy` does not make an endpoint down; expected `slow(12s)`, `busy`, "
                + "`blocked`, `maintenance` or `unknown` as an item"),
        Row(
            "count", inSeries("up x0"),
            "t:5:23: `x` without a number of slots; expected `x` and a number from 1 to 100000, "
                + "such as `x10`"),
        Row(
            "comma", inSeries("up up"),
            "t:5:23: found `up`; expected a comma before the next item, or `x10` to repeat one"),
        Row(
            "slow", inSeries("slow x3"),
            "t:5:20: `slow` without a duration; expected how long it took, such as `slow(12s)`"),
        Row(
            "status", inSeries("status 99"),
            "t:5:27: `status` without a status; expected a number from 100 to 599, such as "
                + "`status 503`"),
        Row(
            "duration", inSeries("up(3sec)"),
            "t:5:23: found `3sec`; did you mean `3s`?"),
        Row(
            "argument", inSeries("up(certficate 3d of 90d)"),
            "t:5:23: found `certficate`; did you mean `certificate`?"),
        Row(
            "baseline", inSeries("up(fails hst)"),
            "t:5:29: found `hst`; did you mean `hsts`?"),
        Row(
            "no baseline", inSeries("up(passes )"),
            "t:5:30: found `)`; expected `hsts`, `https_redirect` or `modern_tls`"),
        Row(
            "parenthesis", inSeries("up(3s"),
            "t:5:25: found the end; expected `)`"),
        Row(
            "lifetime", inSeries("up(certificate 91d of 90d)"),
            "t:5:42: a certificate with more left than its lifetime; expected a lifetime of 91d "
                + "or more"),
        Row(
            "of", inSeries("up(certificate 9d 90d)"),
            "t:5:38: found `90d)`; expected `of` and the lifetime, as in `20d of 90d`"),
        Row(
            "too long", inSeries("up x100000, up"),
            "t:5:32: the series is too long; expected at most 1000 items and 100000 slots"),
        Row(
            "endpoint", file(series: "{wbe: up}"),
            "t:5:14: there is no endpoint `wbe`; did you mean `web`?"),
        Row(
            "no text", file(series: "{web: [up]}"),
            "t:5:19: found a list; expected a series such as "
                + "`up x10, down(timeout_connect) x5, up`"),
    ]

    static let checks = [
        Row(
            "rule", inCheck("alerts: [{rule: unreachble, subject: web}]"),
            "t:6:39: there is no rule `unreachble` in force here; did you mean `unreachable`?"),
        Row(
            "subject", inCheck("alerts: [{rule: unreachable, subject: wbe}]"),
            "t:6:61: there is no service `wbe`, which `unreachable` is about; did you mean `web`?"),
        Row(
            "state", inCheck("alerts: [{rule: unreachable, subject: web, state: resolved}]"),
            "t:6:73: found the text `resolved`; expected `pending` or `firing`"),
        Row(
            "level", inCheck("alerts: [{rule: unreachable, subject: web, level: pge}]"),
            "t:6:73: found the text `pge`; expected `digest`, `warning`, `critical` or `page`; "
                + "did you mean `page`?"),
        Row(
            "receiver", inCheck("notifications: [{receiver: duti}]"),
            "t:6:50: there is no receiver `duti`; did you mean `duty`?"),
        Row(
            "root", inCheck("incidents: [{root: dark/wbe}]"),
            "t:6:42: there is no service `wbe`; did you mean `web`?"),
        Row(
            "unknown key", inCheck("alert: []"),
            "t:6:14: an instant at which nothing is expected; expected `alerts`, `notifications` "
                + "or `incidents`; `[]` stands for none\n"
                + "t:6:23: unknown key `alert` in what is expected at an instant; did you mean "
                + "`alerts`?"),
        Row(
            "part of a second", file(expect: "[{at: 500ms, alerts: []}]"),
            "t:6:19: found the text `500ms`; expected whole seconds: that is how often rules are "
                + "looked at"),
        Row(
            "order", file(expect: "[{at: 60s, alerts: []}, {at: 60s, alerts: []}]"),
            "t:6:42: `at: 60s` does not come after `at: 60s`; expected the instants in order, each "
                + "once"),
        Row(
            "too late", file(expect: "[{at: 32d, alerts: []}]"),
            "t:6:19: found the text `32d`; expected at most 31d after the start"),
        Row(
            "nothing", file(expect: "[]"),
            "t:6:13: an empty list of instants; expected at least one"),
        Row(
            "later than the series",
            file(series: "{web: up x5}", expect: "[{at: 5m, alerts: []}, {at: 301s, alerts: []}]"),
            "t:6:41: `at: 301s` is later than the last result; expected at most 300s, where the "
                + "longest series ends; a probe that says nothing is `-` in a series"),
        Row(
            "an empty list of rules", file("rules: []"),
            "t:7:12: an empty list of rules; expected at least one"),
        Row(
            "an empty list of cases", "services: [{id: web, tier: 0}]\ncases: []",
            "t:2:8: an empty list of cases; expected at least one"),
        Row("an empty file", "", "t:1:1: no test here; expected `cases`, at least one"),
        Row("only comments", "# later\n", "t:1:1: no test here; expected `cases`, at least one"),
        Row(
            "a receiver of a sector that is nowhere",
            """
            services: [{id: web, tier: 0}]
            receivers: [{id: duty, webhook: 'https://a.example/', services: [wbe]}]
            cases: [{name: a, series: {web: up}, expect: [{at: 0s, alerts: []}]}]
            """,
            "t:2:66: there is no service `wbe`; did you mean `web`?"),
        Row(
            "a fallback that is nowhere",
            """
            services: [{id: web, tier: 0}]
            receivers: [{id: duty, webhook: 'https://a.example/', fallback: dutty}]
            cases: [{name: a, series: {web: up}, expect: [{at: 0s, alerts: []}]}]
            """,
            "t:2:65: there is no receiver `dutty`; did you mean `duty`?"),
        Row(
            "start", file("start: 2026-02-30T12:00:00Z"),
            "t:7:12: found the text `2026-02-30T12:00:00Z`; expected an instant in UTC such as "
                + "`2026-11-23T12:00:00Z`"),
        Row(
            "rules", file("rules: [slwo]"),
            "t:7:13: there is no rule `slwo`; did you mean `slow`?"),
        Row(
            "no cases", "about: x", "t:1:1: a file of tests without `cases`"),
        Row(
            "name twice",
            file() + "\n  - {name: a, series: {web: up}, expect: [{at: 0s, alerts: []}]}",
            "t:8:5: the name `a` is used twice, first at t:4:5"),
        Row(
            "interval",
            file().replacing(
                "{id: web, tier: 0}",
                with: "{id: web, tier: 0, endpoints: [{id: web, interval: 500ms}]}"),
            "t:1:63: found the text `500ms`; expected 1s or more"),
        Row(
            "IPv6 of nothing",
            file().replacing(
                "{id: web, tier: 0}",
                with: "{id: web, tier: 0, endpoints: [{id: web}, {id: web6, ipv6_of: wbe}]}"),
            "t:1:74: there is no endpoint `wbe` before this one; did you mean `web`?"),
        Row(
            "dark with endpoints",
            file().replacing(
                "{id: web, tier: 0}", with: "{id: d, tier: 0, kind: dark, endpoints: [{id: web}]}"),
            "t:1:41: `endpoints` of a dark service, which cannot be probed"),
    ]

    @Test(arguments: series + checks)
    func isTold(_ row: Row) throws {
        do {
            let files = try Self.read(row.text)
            Issue.record("no mistake in \(files)")
        } catch let error as ConfigurationError {
            #expect(error.description.split(separator: "\n").map(String.init) == row.lines)
        }
    }

    @Test func theRulesAreReadFirst() throws {
        let broken = SourceFile(path: "alerts/a.yml", text: "rules: [{id: a}]")
        do {
            _ = try RuleTestLoader.read(
                [SourceFile(path: "t", text: "cases: 1")], ruleFiles: [broken])
            Issue.record("no mistake")
        } catch {
            #expect(error.mistakes.allSatisfy { $0.position.file == "alerts/a.yml" })
        }
    }

    @Test func aServiceNamesItsEndpoints() throws {
        let text = Self.file(series: "{shop: up}").replacing(
            "{id: web, tier: 0}",
            with: "{id: shop, tier: 0, endpoints: [{id: shop-a}, {id: shop-b}]}")
        do {
            _ = try Self.read(text)
            Issue.record("no mistake")
        } catch let error as ConfigurationError {
            #expect(
                error.description
                    == "t:5:14: there is no endpoint `shop`; expected an endpoint of it: `shop-a` or "
                    + "`shop-b`")
        }
    }

    @Test(arguments: [
        ("-", [ResultSeries.Item(outcome: nil)]),
        ("- x3", [ResultSeries.Item(outcome: nil, count: 3)]),
        ("up", [ResultSeries.Item(outcome: .success)]),
        (
            "up(4s)x2,down",
            [
                ResultSeries.Item(outcome: .success, count: 2, length: .seconds(4)),
                ResultSeries.Item(outcome: .failure(.connectRefused)),
            ]
        ),
        (
            " down( timeout_tls , 7s ) x10 , status 503",
            [
                ResultSeries.Item(
                    outcome: .failure(.timeoutTLS), count: 10, length: .seconds(7)),
                ResultSeries.Item(outcome: .status(503)),
            ]
        ),
        (
            "up(certificate -3d of 90d by noord, sent 1d of 10d)",
            [
                ResultSeries.Item(
                    outcome: .success,
                    certificate: .init(
                        left: .seconds(-3 * 86_400), lifetime: .seconds(90 * 86_400),
                        issuer: "noord"),
                    sentBeside: .init(left: .seconds(86_400), lifetime: .seconds(864_000)))
            ]
        ),
        (
            "slow(12s), busy, blocked, maintenance, unknown",
            [
                ResultSeries.Item(outcome: .failure(.tooSlow), length: .seconds(12)),
                ResultSeries.Item(outcome: .failure(.busy)),
                ResultSeries.Item(outcome: .failure(.httpBlocked)),
                ResultSeries.Item(outcome: .failure(.maintenance)),
                ResultSeries.Item(outcome: .failure(.monitorError)),
            ]
        ),
    ])
    func aSeriesIsRead(text: String, items: [ResultSeries.Item]) throws {
        let quoted = Self.file(series: "{web: \"\(text)\"}")
        let test = try #require(try Self.read(quoted).first?.tests.first)
        #expect(test.series == [EndpointID("web"): ResultSeries(items: items)])
    }

    @Test func whatIsNotWrittenIsUsual() throws {
        let test = try #require(try Self.read(Self.file()).first?.tests.first)
        #expect(test.start.rfc3339 == "2026-11-23T12:00:00.000Z")
        #expect(test.rules.rules.count == 2)
        #expect(test.rules.receivers.map(\.id.text) == ["duty"])
        #expect(test.catalogue.endpoints.map(\.probe.interval) == [Tier.tier0.defaultInterval])
    }

    /// The longest series that is taken is one slot shorter than the one that is refused above.
    @Test func theLimitIsTaken() throws {
        let test = try #require(
            try Self.read(Self.inSeries("up x99999, up")).first?.tests.first)
        #expect(test.series[EndpointID("web")]?.slotCount == ResultSeries.slotsMax)
    }
}
