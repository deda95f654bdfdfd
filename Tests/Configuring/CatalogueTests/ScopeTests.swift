import Alerting
import HealthModel
import Rules
import Testing
import YAMLReading

@testable import Catalogue

/// The services that a rule is for are held against the services that there are.
@Suite struct ScopeTests {
    private static func services(_ lines: String = "", enabled: Bool = true) -> SourceFile {
        SourceFile(
            path: "p",
            text: """
                enabled: \(enabled)
                sector: tax
                services:
                  - id: \(enabled ? "aangifte" : "waiting")
                    name: {nl: A, en: A}
                    owner: Belastingdienst
                    tier: 0
                    tags: [payments, national]
                    kind: dark

                """ + lines)
    }

    private func lines(_ scope: String) -> [String] {
        let rules = SourceFile(path: "f", text: ruleFile("only_for: \(scope)"))
        do {
            _ = try ConfigurationLoader.read(
                probeFiles: [Self.services(), Self.services(enabled: false)], alertFiles: [rules])
            return []
        } catch {
            return error.shortLines
        }
    }

    static let rows: [(String, [String])] = [
        ("{services: [aangifte, waiting]}", []),
        ("{tags: [payments, national], owners: [Belastingdienst], sectors: [tax]}", []),
        (
            "{services: [angifte]}",
            ["6:27: there is no service `angifte`; did you mean `aangifte`?"]
        ),
        (
            "{services: [digid]}",
            ["6:27: there is no service `digid`; expected the id of a service in probes/"]
        ),
        ("{sectors: [taxx]}", ["6:26: no service is of the sector `taxx`; did you mean `tax`?"]),
        (
            "{owners: [belastingdienst]}",
            ["6:25: no service has the owner `belastingdienst`; did you mean `Belastingdienst`?"]
        ),
        (
            "{owners: [UWV], tags: [payment, roads]}",
            [
                "6:25: no service has the owner `UWV`; expected the owner of a service in probes/",
                "6:38: no service has the tag `payment`; did you mean `payments`?",
                "6:47: no service has the tag `roads`; expected the tag of a service in probes/",
            ]
        ),
    ]

    @Test(arguments: rows)
    func `names that no service has are mistakes`(scope: String, wanted: [String]) {
        #expect(lines(scope) == wanted)
    }

    /// Otherwise one mistake in `probes/` would make a mistake of every name.
    @Test func `nothing is said of names while services have mistakes`() {
        let rules = SourceFile(path: "f", text: ruleFile("only_for: {services: [digid]}"))
        #expect(throws: ConfigurationError.self) {
            _ = try ConfigurationLoader.read(
                probeFiles: [Self.services("  - id: b\n")], alertFiles: [rules])
        }
        do {
            _ = try ConfigurationLoader.read(
                probeFiles: [Self.services("  - id: b\n")], alertFiles: [rules])
        } catch {
            #expect(!error.description.contains("digid"))
        }
    }

    @Test func `a service has tags, up to a limit`() throws {
        let reading = try CatalogueReader.read([Self.services()])
        let service = try #require(reading.catalogue.services.first)
        #expect(service.tags == ["payments", "national"])
        func file(_ count: Int) -> String {
            let tags = (0..<count).map { "t\($0)" }.joined(separator: ", ")
            return """
                services:
                  - {id: a, name: {nl: A, en: A}, owner: O, sector: s, tier: 0, kind: dark, tags: [\(tags)]}

                """
        }
        #expect(catalogueLines(file(Limits.tagsPerService)) == [])
        #expect(catalogueLines(file(Limits.tagsPerService + 1)).count == 1)
    }

    @Test func `one tag of several is enough`() {
        var service = Service(
            id: ServiceID("a"), name: LocalizedText(dutch: "A", english: "A"), owner: "O",
            sector: "s", tier: .tier0)
        #expect(!RuleScope(tags: ["payments"]).includes(service))
        service.tags = ["payments", "national"]
        #expect(RuleScope(tags: ["payments", "roads"]).includes(service))
        #expect(!RuleScope(tags: ["roads"]).includes(service))
        #expect(!RuleScope(tiers: [.tier1], tags: ["payments"]).includes(service))
    }

    /// What receivers are for is checked as what rules are for: a slip would leave a service without
    /// anybody who is told.
    @Test(arguments: [
        ("services: [aangifte, waiting]", nil),
        ("services: [angifte]", "there is no service `angifte`; did you mean `aangifte`?"),
        ("sectors: [taxx]", "no service is of the sector `taxx`; did you mean `tax`?"),
        (
            "owners: [belastingdienst]",
            "no service has the owner `belastingdienst`; did you mean `Belastingdienst`?"
        ),
        ("sectors: []", "an empty list of sectors; expected at least one, or no `sectors` at all"),
        (
            "services: []",
            "an empty list of services; expected at least one, or no `services` at all"
        ),
        ("owners: []", "an empty list of owners; expected at least one, or no `owners` at all"),
        ("tiers: []", "an empty list of tiers; expected at least one, or no `tiers` at all"),
    ])
    func `the scope of a receiver is checked`(scope: String, mistake: String?) {
        let column = 14 + scope.prefix { $0 != "[" }.count + (scope.hasSuffix("[]") ? 0 : 1)
        let rules = SourceFile(
            path: "f",
            text: """
                receivers:
                  - id: duty
                    webhook: https://pager.example.org/x
                    note: n
                    \(scope)

                """)
        do {
            _ = try ConfigurationLoader.read(
                probeFiles: [Self.services(), Self.services(enabled: false)], alertFiles: [rules])
            #expect(mistake == nil)
        } catch {
            #expect(error.shortLines == mistake.map { ["5:\(column - 9): \($0)"] })
        }
    }
}
