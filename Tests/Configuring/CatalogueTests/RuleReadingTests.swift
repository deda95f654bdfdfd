import Alerting
import HealthModel
import Rules
import Testing
import YAMLReading

@testable import Catalogue

@Suite struct RuleReadingTests {
    private func rule(_ text: String) throws -> Rule {
        try #require(RuleReader.read([SourceFile(path: "f", text: text)]).rules.first)
    }

    @Test func `reads every key`() throws {
        let text = ruleFile(
            when: "{slow: {quantile: 1, over: 10m, longer_than: 250ms}}",
            level: "{tier0: page, tier1: critical, tier2: warning, tier3: off}",
            summary: "{nl: '{service} {value}', en: '{dependants}{owner}'}",
            """
            for: {tier0: 0s, tier1: 1m, tier2: 2m, tier3: 1d}
            keep_firing_for: 90s
            runbook: https://wiki.example/slow
            note: n
            """)
        let expected = Rule(
            id: RuleID("r"),
            condition: .slow(
                quantile: 1, window: .seconds(600), threshold: .milliseconds(250)),
            holdTime: PerTier(
                tier0: .zero, tier1: .seconds(60), tier2: .seconds(120), tier3: .seconds(86_400)),
            keepFiringTime: .seconds(90),
            level: PerTier(tier0: .page, tier1: .critical, tier2: .warning, tier3: nil),
            summary: LocalizedText(dutch: "{service} {value}", english: "{dependants}{owner}"),
            runbook: "https://wiki.example/slow")
        #expect(try rule(text) == expected)
    }

    @Test func `fills in what is not written`() throws {
        let rule = try rule(ruleFile())
        #expect(rule.holdTime == PerTier(.zero))
        #expect(rule.keepFiringTime == .zero)
        #expect(rule.level == PerTier(.page))
        #expect(rule.runbook == nil)
    }

    @Test func `off switches a rule off`() throws {
        #expect(try rule(ruleFile(level: "off")).level == PerTier(nil))
    }

    @Test(arguments: HealthState.allCases)
    func `takes every state`(state: HealthState) throws {
        let condition = try rule(ruleFile(when: "{state: \(state.rawValue)}")).condition
        #expect(condition == .state(state))
    }

    @Test(arguments: RulePlaceholder.allCases)
    func `takes every placeholder`(placeholder: RulePlaceholder) throws {
        let text = ruleFile(summary: "{nl: '{\(placeholder.rawValue)}', en: E}")
        #expect(try rule(text).summary.dutch == "{\(placeholder.rawValue)}")
    }

    @Test func `knows every level there is`() {
        #expect(Set(LevelText.allCases.compactMap(\.level)) == Set(Level.allCases))
        #expect(LevelText.off.level == nil)
    }
}
