import Alerting
import Foundation
import HealthModel
import Rules
import TestSupport
import Testing

@testable import Catalogue

/// The rules that are shipped, against the default rules of the domain notes (section 2.3).
@Suite struct DefaultRuleTests {
    /// Who does what a row of the notes asks for.
    enum Answer: Sendable {
        /// Rules in alerts/, each with its levels from tier 0 to tier 3.
        case rules([String: String])
        /// Done by the program itself, without a rule.
        case builtIn
        /// Not done, for the reason that docs/explain/rules.md names.
        case open
    }

    static let rows: [(row: String, answer: Answer)] = [
        ("down", .rules(["unreachable": "page page critical digest"])),
        (
            "degraded",
            .rules([
                "partly-unreachable": "page critical warning digest",
                "losing-answers": "critical critical warning digest",
                "slow": "warning warning digest digest",
                "slower-than-usual": "warning warning digest digest",
            ])
        ),
        ("flapping", .rules(["flapping": "critical critical warning digest"])),
        (
            "busy",
            .rules([
                "busy": "warning warning warning warning",
                "busy-long": "critical critical critical digest",
            ])
        ),
        ("root cause", .builtIn), ("peer group", .builtIn), ("common cause", .builtIn),
        (
            "tls-now",
            .rules([
                "certificate-invalid": "page page critical warning",
                "dnssec-bogus": "page page critical warning",
            ])
        ),
        (
            "tls-soon",
            .rules([
                "certificate-renewal-late": "warning warning warning warning",
                "certificate-running-out": "critical critical critical critical",
                "certificate-almost-out": "page page critical critical",
            ])
        ),
        (
            "baseline regress",
            .rules([
                "hsts-gone": "critical critical critical warning",
                "https-redirect-gone": "critical critical critical warning",
                "old-tls-back": "critical critical critical warning",
            ])
        ),
        ("v6-only", .rules(["ipv6-unreachable": "warning warning warning warning"])),
        (
            "SLO burn",
            .rules([
                "budget-burning-fast": "page page critical digest",
                "budget-burning": "critical critical warning digest",
                "budget-trend": "warning warning digest digest",
            ])
        ),
        ("maintenance overrun", .builtIn), ("recurrence", .builtIn), ("calamity", .builtIn),
        ("legal clock", .builtIn), ("blind", .builtIn),
    ]

    /// Beyond the notes, and why they keep quiet on ordinary days.
    static let further: Set<String> = [
        "certificate-renewal-overdue", "sent-certificate-running-out",
        "certificate-issuer-changed",
    ]

    private let rules: [Rule]

    init() throws {
        rules = try ConfigurationLoader.load(
            probesDirectory: shipped("probes"), alertsDirectory: shipped("alerts")
        ).rules.rules
    }

    @Test(arguments: rows.map(\.row))
    func `every row of the notes has its rules, with these levels`(row: String) throws {
        let answer = try #require(Self.rows.first { $0.row == row }?.answer)
        guard case .rules(let wanted) = answer else { return }
        for (id, levels) in wanted {
            let rule = try #require(rules.first { $0.id.text == id }, "no rule \(id)")
            let found = Tier.allCases.map { rule.level[$0]?.rawValue ?? "off" }
            #expect(found.joined(separator: " ") == levels, "\(id)")
            #expect(rule.summary.dutch != rule.summary.english)
        }
    }

    @Test func `no rule is shipped that no row asks for, but for these`() {
        let asked = Self.rows.flatMap { row -> [String] in
            if case .rules(let rules) = row.answer { Array(rules.keys) } else { [] }
        }
        #expect(Set(rules.map(\.id.text)) == Set(asked).union(Self.further))
        #expect(Set(asked).isDisjoint(with: Self.further))
    }

    /// The table in docs/explain/rules.md has every row, and names a reason for what is not done.
    @Test(arguments: rows.map(\.row)) func `the document tells it`(row: String) throws {
        let lines = try Repository.text("docs/explain/rules.md").split(separator: "\n")
            .drop { !$0.hasPrefix("**Default rules.**") }
        let line = try #require(lines.first { $0.hasPrefix("| \(row) |") }, "no row \(row)")
        switch try #require(Self.rows.first { $0.row == row }?.answer) {
        case .rules(let rules):
            for id in rules.keys { #expect(line.contains("`\(id)`"), "\(id)") }
        case .builtIn: #expect(line.contains("built in"))
        case .open: #expect(line.contains("not yet:"))
        }
    }
}
