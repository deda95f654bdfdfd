import Alerting
import HealthModel
import Rules
import Testing
import YAMLReading

@testable import Catalogue

@Suite struct ExpressionMistakeTests {
    /// What is written, how many columns into it the mistake stands, and what is said.
    struct Slip: Sendable, CustomTestStringConvertible {
        var text: String
        var column: Int
        var line: String

        init(_ text: String, _ column: Int, _ line: String) {
            self.text = text
            self.column = column
            self.line = line
        }

        var testDescription: String { String(text.prefix(60)) }
    }

    static let value = "expected a value such as `state` or `95%`"
    static let known =
        "expected a value such as `state`, `availability(10m)` or `certificate.expires_in`"

    static let words = [
        Slip("stat == down", 0, "unknown name `stat`; did you mean `state`?"),
        Slip("state == dwn", 9, "unknown name `dwn`; did you mean `down`?"),
        Slip("colour == down", 0, "unknown name `colour`; \(known)"),
        Slip(
            "availabilty(10m) < 9%", 0,
            """
            unknown name `availabilty`; did you mean `availability`?
            """),
        Slip(
            "failures(10m) > 3 & status == 1", 18,
            """
            found `&`; expected a value, a comparison, `and` or `or`
            """),
        Slip("state == up && tier == 0", 12, "found `&&`; did you mean `and`?"),
        Slip("state == up || tier == 0", 12, "found `||`; did you mean `or`?"),
        Slip("state = down", 6, "found `=`; did you mean `==`?"),
        Slip("!certificate.trusted", 0, "found `!`; did you mean `not`?"),
        Slip("tier => 1", 5, "found `=>`; did you mean `>=`?"),
        Slip("tier =< 1", 5, "found `=<`; did you mean `<=`?"),
        Slip("tier ≤ 1", 5, "found `≤`; did you mean `<=`?"),
        Slip(
            "tier > -1", 7,
            """
            found `-`; expected a value, a comparison, `and` or `or`; no value is below zero
            """),
        Slip("reason == \"tls_expired", 10, "a quote without its partner"),
        Slip(
            "status > 1000000001", 9,
            """
            the number `1000000001` is too large; expected at most 1000000000
            """),
        Slip("status > 1.00001", 9, "too many digits behind the point; expected at most 4"),
        Slip("availability(10m) < 101%", 20, "`101%` is more than all; expected at most `100%`"),
        Slip(
            "availability(10m) < 5/4", 20,
            """
            `5/4` is no share; expected a share from 0 to 1 such as `1/4`
            """),
        Slip(
            "availability(10m) < 1/0", 20,
            """
            `1/0` is no share; expected a share from 0 to 1 such as `1/4`
            """),
        Slip("failures(10min) > 3", 11, "unknown unit `min`; expected `ms`, `s`, `m`, `h` or `d`"),
        Slip(
            "certificate.expires_in < 367d", 25,
            """
            the duration `367d` is too long; expected at most `366d`
            """),
        Slip(
            "p50(tls, 1m) > 0.5ms", 15,
            """
            the duration `0.5ms` is too fine; expected whole milliseconds
            """),
    ]

    static let shapes = [
        Slip("state == down and", 17, "found the end; \(value)"),
        Slip("and state == down", 0, "found `and`; \(value)"),
        Slip("state == down tier == 0", 14, "found `tier`; expected `and`, `or` or the end"),
        Slip("(state == down", 0, "a `(` without its `)`"),
        Slip("state == down)", 13, "a `)` without its `(`"),
        Slip("(state == down tier == 0)", 15, "found `tier`; expected `and`, `or` or `)`"),
        Slip("0 < tier < 3", 9, "a second comparison in a row; expected `and` or `or`"),
        Slip("state ==", 8, "found the end; \(value)"),
        Slip("state == == down", 9, "found `==`; \(value)"),
        Slip(
            "down", 0,
            """
            `down` is a state, not a condition; expected a comparison; did you mean `state == \
            down`?
            """),
        Slip(
            "state", 0,
            """
            `state` is a state, not a condition; expected a comparison with a state such as \
            `down`
            """),
        Slip(
            "not availability(10m)", 4,
            """
            `availability(10m)` is a share, not a condition; expected a comparison with a \
            share such as `95%` or `1/4`
            """),
        Slip(
            "\"tls_expired\"", 0,
            """
            `"tls_expired"` is a text, not a condition; expected a comparison such as `reason \
            == "tls_expired"`
            """),
        Slip("p95(total) > 2s", 9, "`p95` without its window; expected `p95(total, 10m)`"),
        Slip("p95 > 2s", 0, "`p95` without its window; expected `p95(total, 10m)`"),
        Slip("p95(10m) > 2s", 4, "found `10m`; expected a phase, as in `p95(total, 10m)`"),
        Slip("p95(totl, 10m) > 2s", 4, "unknown phase `totl`; did you mean `total`?"),
        Slip("availability(5) < 9%", 13, "found `5`; expected a window, as in `availability(10m)`"),
        Slip("availability(10m < 9%", 17, "found `<`; expected `)`, as in `availability(10m)`"),
        Slip("state(10m) == down", 0, "`state` takes nothing in parentheses; expected `state`"),
        Slip("failures(0s) > 1", 9, "an empty window; expected a duration above zero"),
        Slip(
            "failures(7h) > 1", 9,
            """
            the window `7h` is longer than results are kept; expected at most `6h`
            """),
    ]

    static let kinds = [
        Slip(
            "p95(total, 1h) > 95%", 17,
            """
            `p95(total, 1h)` is a duration, `95%` is a share; expected a duration such as `2s` \
            or `10m`
            """),
        Slip(
            "p95(total, 1h) > 2", 17,
            """
            `p95(total, 1h)` is a duration, `2` is a number; expected a duration such as `2s` \
            or `10m`; did you mean `2s`?
            """),
        Slip(
            "availability(10m) < 0.9", 20,
            """
            `availability(10m)` is a share, `0.9` is a number; expected a share such as `95%` \
            or `1/4`; did you mean `90%`?
            """),
        Slip(
            "95 > availability(10m)", 0,
            """
            `availability(10m)` is a share, `95` is a number; expected a share such as `95%` \
            or `1/4`; did you mean `95%`?
            """),
        Slip(
            "state == 3", 9,
            """
            `state` is a state, `3` is a number; expected a state such as `down`
            """),
        Slip("state < down", 6, "`<` with a state; expected `==` or `!=`"),
        Slip(
            "3 < 4", 0,
            """
            nothing measured in `3 < 4`; expected a measured value such as `state` on one side
            """),
        Slip(
            "certificate.trusted == 1", 0,
            """
            `certificate.trusted` is true or false by itself; expected `certificate.trusted` \
            or `not certificate.trusted`
            """),
        Slip(
            "state == \"down\"", 9,
            """
            a text in quotes beside `state`; expected text beside `reason` only; did you mean \
            `down` without quotes?
            """),
        Slip(
            "reason == \"tls_expird\"", 10,
            """
            unknown reason `tls_expird`; did you mean `tls_expired`?
            """),
        Slip(
            "reason == tls_expired", 10,
            """
            the reason `tls_expired` without quotes; did you mean `"tls_expired"`?
            """),
        Slip("3 * state == down", 4, "`state` is a state, which cannot be multiplied"),
        Slip("3 * 4 < tier", 4, "found `4`; expected a measured value such as `p95(total, 10m)`"),
        Slip("status * status > 1", 9, "found `status`; expected a number such as `3`"),
        Slip(
            "state == down and failures(10m) > 3", 18,
            """
            `state` is of a service, `failures(10m)` of one endpoint; expected values of one \
            or the other
            """),
    ]

    static let further = [
        Slip(
            "failures(10m) > 3 for 2m", 18,
            """
            `for` behind a value other than a state; expected `state == busy for 2m`; the `for` \
            of a rule is for all that stands in `when`
            """),
        Slip(
            "state != up for 2m", 12,
            "`for` behind `!=`; expected `==`, as in `state == busy for 2m`"),
        Slip(
            "state == busy for", 17,
            "found the end; expected a duration, as in `state == busy for 2m`"),
        Slip(
            "state == busy for 2", 18,
            "found `2`; expected a duration, as in `state == busy for 2m`"),
        Slip("state == busy for 0s", 18, "an empty time; expected a duration above zero"),
        Slip("for == 3", 0, "found `for`; \(value)"),
        Slip("burn_rate > 14.4", 0, "`burn_rate` without its window; expected `burn_rate(1h)`"),
        Slip(
            "burn_rate(299s) > 14.4", 10,
            "found `299s`; expected from `5m` to `3d`, as in `burn_rate(1h)`"),
        Slip(
            "burn_rate(73h) > 14.4", 10,
            "found `73h`; expected from `5m` to `3d`, as in `burn_rate(1h)`"),
        Slip(
            "burn_rate(1h) > 50%", 16,
            """
            `burn_rate(1h)` is a number, `50%` is a share; expected a number such as `3`
            """),
        Slip(
            "burn_rate(1h) > 14.4 and p95(total, 1h) > 1s", 25,
            """
            `burn_rate(1h)` is of a service, `p95(total, 1h)` of one endpoint; expected values \
            of one or the other
            """),
        Slip(
            "changed", 0,
            "`changed` without what may change; expected `changed(certificate.issuer)`"),
        Slip(
            "changed(certificate.isuer)", 8,
            "found `certificate.isuer`; did you mean `certificate.issuer`?"),
        Slip(
            "changed(state)", 8,
            """
            found `state`; expected `certificate.issuer`, `certificate.key`, `certificate.names`
            """),
        Slip(
            "changed(certificate.key, 8d)", 25,
            "found `8d`; expected from `1s` to `7d`, as in `changed(certificate.issuer)`"),
        Slip(
            "changed(certificate.key", 23,
            "found the end; expected `)`, as in `changed(certificate.issuer)`"),
        Slip(
            "changed(certificate.key) == 1", 0,
            """
            `changed(certificate.key)` is true or false by itself; expected \
            `changed(certificate.key)` or `not changed(certificate.key)`
            """),
        Slip(
            "regressed(hst)", 10, "found `hst`; did you mean `hsts`?"),
        Slip(
            "regressed(state)", 10,
            "found `state`; expected `hsts`, `https_redirect`, `modern_tls`"),
        Slip(
            "regressed", 0, "`regressed` without what the server did; expected `regressed(hsts)`"),
        Slip(
            "regressed(hsts, 31d)", 16,
            "found `31d`; expected from `1s` to `30d`, as in `regressed(hsts)`"),
        Slip("hsts", 0, "`hsts` cannot be compared; did you mean `regressed(hsts)`?"),
        Slip(
            "only_ipv6_fails(5m)", 0,
            "`only_ipv6_fails` takes nothing in parentheses; expected `only_ipv6_fails`"),
        Slip(
            "certificate.issuer == 1", 0,
            """
            `certificate.issuer` cannot be compared; did you mean `changed(certificate.issuer)`?
            """),
        Slip(
            "certificate.days_left < 14", 0,
            """
            unknown name `certificate.days_left`; did you mean `certificate.expires_in`, as in \
            `certificate.expires_in < 14d`?
            """),
        Slip("usual > 3s", 0, "`usual` without the value; expected `usual(p95(total, 10m))`"),
        Slip(
            "usual(availability(10m)) < 9%", 6,
            """
            found `availability`; expected a quantile, as in `usual(p95(total, 10m))`
            """),
        Slip(
            "usual(p95(total, 7h)) > 1s", 17,
            "the window `7h` is longer than results are kept; expected at most `6h`"),
        Slip(
            "usual(p95(total, 1h) > 1s", 21,
            "found `>`; expected `)`, as in `usual(p95(total, 10m))`"),
        Slip(
            "p95(total, 1h) > 3 * 2", 21,
            "found `2`; expected a measured value such as `p95(total, 10m)`"),
    ]

    @Test(arguments: words + shapes + kinds + further)
    func `says what is wrong, and where`(slip: Slip) {
        let lines = ruleLines(ruleFile(when: "'\(slip.text)'"))
        #expect(lines == ["3:\(12 + slip.column): \(slip.line)"])
    }

    @Test func `finds the place whatever the quotes`() {
        let message = "unknown name `dwn`; did you mean `down`?"
        #expect(ruleLines(ruleFile(when: "state == dwn")) == ["3:20: \(message)"])
        #expect(ruleLines(ruleFile(when: "\"state == dwn\"")) == ["3:21: \(message)"])
        let quoted = "status == 1 and reason == \\\"tls_expired\\\" and tier == dwn"
        #expect(ruleLines(ruleFile(when: "\"\(quoted)\"")) == ["3:66: \(message)"])
        let twice = "status == 1 and reason == ''tls_expired'' and tier == dwn"
        #expect(ruleLines(ruleFile(when: "'\(twice)'")) == ["3:66: \(message)"])
        // After a line break the start of the text has to do.
        #expect(ruleLines(ruleFile(when: ">-\n      state == dwn")) == ["3:11: \(message)"])
        #expect(ruleLines(ruleFile(when: "state ==\n      dwn")) == ["3:11: \(message)"])
    }

    @Test func `takes an expression at its limits, and nothing past them`() throws {
        func padded(_ bytes: Int) -> String {
            let start = "tier == 0"
            return start + String(repeating: " ", count: bytes - start.utf8.count)
        }
        _ = try Expression(parsing: padded(Expression.textBytes))
        #expect(throws: ExpressionMistake.self) {
            _ = try Expression(parsing: padded(Expression.textBytes + 1))
        }
        func nested(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + "tier == 0"
                + String(repeating: ")", count: depth)
        }
        _ = try Expression(parsing: nested(Expression.depthMax))
        #expect(throws: ExpressionMistake.self) {
            _ = try Expression(parsing: nested(Expression.depthMax + 1))
        }
        _ = try Expression(parsing: "failures(6h) > 1")
        _ = try Expression(parsing: "status < 1000000000")
        _ = try Expression(parsing: "burn_rate(5m) > 1 and burn_rate(3d) > 1")
        _ = try Expression(parsing: "changed(certificate.key, 7d)")
        _ = try Expression(parsing: "certificate.expires_in < 366d")
    }

    @Test func `keeps what was a condition before there were expressions`() throws {
        func condition(_ when: String) throws -> Condition {
            let file = SourceFile(path: "f", text: ruleFile(when: when))
            return try #require(RuleReader.read([file]).rules.first).condition
        }
        #expect(try condition("state == down") == .state(.down))
        #expect(try condition("not certificate.trusted") == .certificateInvalid)
        let text = "availability(10m) < 90%"
        #expect(try condition("'\(text)'") == .expression(Expression(parsing: text)))
    }

    @Test func `reads the services that a rule is for`() throws {
        let text = ruleFile(
            "only_for: {services: [a], tiers: [0, 1], sectors: [tax], owners: [Logius], tags: [t]}")
        let rule = try #require(RuleReader.read([SourceFile(path: "f", text: text)]).rules.first)
        #expect(
            rule.scope
                == RuleScope(
                    services: [ServiceID("a")], tiers: [.tier0, .tier1], sectors: ["tax"],
                    owners: ["Logius"], tags: ["t"]))
        #expect(
            ruleLines(ruleFile("only_for: {}")) == [
                "6:15: `only_for` without services; expected `services`, `tiers`, `sectors`, "
                    + "`owners` or `tags`"
            ])
        #expect(
            ruleLines(ruleFile("only_for: {tiers: []}")) == [
                "6:23: an empty list of tiers; expected at least one, or no `tiers` at all"
            ])
        #expect(
            ruleLines(ruleFile("only_for: {sector: [tax]}")).first
                == "6:16: unknown key `sector` in `only_for`; did you mean `sectors`?")
    }
}
