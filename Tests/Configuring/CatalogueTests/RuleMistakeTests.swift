import Testing

@testable import Catalogue

@Suite struct RuleMistakeTests {
    static let rows = [
        Row(
            "empty rule", "rules: [{}]",
            """
            1:9: a rule without `id`
            1:9: a rule without `level`
            1:9: a rule without `summary`
            1:9: a rule without `when`
            """),
        Row(
            "unknown key", "rule: []",
            """
            1:1: unknown key `rule` in a file of rules; did you mean `rules`?
            """),
        Row(
            "two rules with one id",
            ruleFile() + ruleFile().split(separator: "\n").dropFirst().map { $0 + "\n" }.joined(),
            """
            7:9: the rule id `r` is used twice, first at f:2:9
            """),
        Row(
            "condition is text", ruleFile(when: "down"),
            """
            3:11: `down` is a state, not a condition; expected a comparison; did you mean \
            `state == down`?
            """),
        Row(
            "no condition", ruleFile(when: "{}"),
            """
            3:11: a condition with nothing; expected one of `state`, `slow`, `certificate`, \
            `certificate_running_out`, `sent_certificate_running_out` or `burn_rate`
            """),
        Row(
            "two conditions", ruleFile(when: "{state: down, certificate: invalid}"),
            """
            3:11: a condition with `state` and `certificate`; expected one of `state`, `slow`, \
            `certificate`, `certificate_running_out`, `sent_certificate_running_out` or `burn_rate`
            """),
        Row(
            "unknown condition", ruleFile(when: "{stat: down}"),
            """
            3:12: unknown key `stat` in a condition; did you mean `state`?
            """),
        Row(
            "unknown state", ruleFile(when: "{state: dwn}"),
            """
            3:19: found the text `dwn`; expected `up`, `degraded`, `impaired`, `busy`, \
            `blocked`, `down`, `flapping`, `maintenance` or `unknown`; did you mean `down`?
            """),
        Row(
            "certificate", ruleFile(when: "{certificate: expired}"),
            """
            3:25: found the text `expired`; expected `invalid` or `renewal_overdue`
            """),
        Row(
            "burn rate of nothing",
            ruleFile(when: "{burn_rate: {above: 0.5, over: 1h, still_over: 5m}}"),
            """
            3:31: found the number `0.5`; expected how many times too fast, from 1 to 1000, such \
            as `14.4`
            """),
        Row(
            "burn rate over too long",
            ruleFile(when: "{burn_rate: {above: 1, over: 4d, still_over: 4m}}"),
            """
            3:40: found the text `4d`; expected from `5m` to `3d`; losses are remembered for three \
            days
            3:56: found the text `4m`; expected from `5m` to `3d`; losses are remembered for three \
            days
            """),
        Row(
            "burn rate the wrong way round",
            ruleFile(when: "{burn_rate: {above: 1, over: 1h, still_over: 1h}}"),
            """
            3:44: `still_over` is not shorter than `over`; expected about a twelfth of `over`; such \
            as `5m` for `1h`
            """),
        Row(
            "share in percent", ruleFile(when: "{certificate_running_out: 25%}"),
            """
            3:37: found the text `25%`; expected a number above 0, at most 1, such as `0.95`; \
            did you mean `0.25`?
            """),
        Row(
            "share of nothing", ruleFile(when: "{certificate_running_out: 0}"),
            """
            3:37: found the number `0`; expected a number above 0, at most 1, such as `0.95`
            """),
        Row(
            "quantile in percent",
            ruleFile(when: "{slow: {quantile: 95, over: 10m, longer_than: 3s}}"),
            """
            3:29: found the number `95`; expected a number above 0, at most 1, such as `0.95`; \
            did you mean `0.95`?
            """),
        Row(
            "slow without threshold", ruleFile(when: "{slow: {quantile: 0.95, over: 0s}}"),
            """
            3:18: `slow` without `longer_than`
            3:41: found the text `0s`; expected a duration above zero
            """),
        Row(
            "unknown level", ruleFile(level: "pager"),
            """
            4:12: found the text `pager`; expected `page`, `critical`, `warning`, `digest` or \
            `off`; did you mean `page`?
            """),
        Row(
            "level by some tiers", ruleFile(level: "{tier0: page, tier1: crit}"),
            """
            4:12: a value for each tier without `tier2`
            4:12: a value for each tier without `tier3`
            4:33: found the text `crit`; expected `page`, `critical`, `warning`, `digest` or \
            `off`
            """),
        Row(
            "level by tier 4",
            ruleFile(level: "{tier0: page, tier1: page, tier2: off, tier3: off, tier4: off}"),
            """
            4:63: unknown key `tier4` in a value for each tier; did you mean `tier0`?
            """),
        Row(
            "level is a list", ruleFile(level: "[page]"),
            """
            4:12: found a list; expected `page`, `critical`, `warning`, `digest` or `off`, or \
            a mapping from `tier0` to `tier3`
            """),
        Row(
            "hold time", ruleFile("for: 5"),
            """
            6:10: found the number `5`; expected a duration such as `250ms`, `60s`, `2m`, `1h` \
            or `1d`; did you mean `5s`?
            """),
        Row(
            "hold time by tier", ruleFile("for: {tier0: 1m, tier1: x, tier2: 1m, tier3: 1m}"),
            """
            6:29: found the text `x`; expected a duration such as `250ms`, `60s`, `2m`, `1h` \
            or `1d`
            """),
        Row(
            "keep firing", ruleFile("keep_firing_for: long"),
            """
            6:22: found the text `long`; expected a duration such as `250ms`, `60s`, `2m`, \
            `1h` or `1d`
            """),
        Row(
            "summary in one language", ruleFile(summary: "{nl: N}"),
            """
            5:14: a text in Dutch and English without `en`
            """),
        Row(
            "placeholder nearly right", ruleFile(summary: "{nl: '{servce}', en: E}"),
            """
            5:19: unknown placeholder `{servce}` in the summary; did you mean `{service}`?
            """),
        Row(
            "placeholder unknown", ruleFile(summary: "{nl: N, en: 'a {colour} b'}"),
            """
            5:26: unknown placeholder `{colour}` in the summary; expected `{service}`, \
            `{endpoint}`, `{reason}`, `{detail}`, `{owner}`, `{value}` or `{dependants}`
            """),
        Row(
            "brace open", ruleFile(summary: "{nl: 'a {service', en: E}"),
            """
            5:19: a brace without its partner in the summary; expected a placeholder such as \
            `{service}`
            """),
        Row(
            "brace closed", ruleFile(summary: "{nl: 'a service}', en: E}"),
            """
            5:19: a brace without its partner in the summary; expected a placeholder such as \
            `{service}`
            """),
        Row(
            "runbook", ruleFile("runbook: [a]"),
            """
            6:14: found a list; expected text
            """),
    ]

    @Test(arguments: rows)
    func `says what is wrong with a rule`(row: Row) {
        #expect(ruleLines(row.text) == row.lines)
    }
}
