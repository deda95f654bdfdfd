import HealthModel
import Observing
import TestSupport
import Testing

@testable import Catalogue
@testable import Rules

@Suite struct FilesReferencePageTests {
    /// What tables of keys call values by.
    private func writeWords(
        of schema: SchemaPage, _ names: [String], to page: inout ReferencePage
    ) throws {
        page.add("## What values are called")
        page.add(
            columns: ["value", "what it is", "examples"],
            rows: try names.map { name in
                [
                    name.replacing("_", with: " "), try schema.description(of: name),
                    schema.examples(of: name).map { "`\($0)`" }.joined(separator: ", "),
                ]
            })
    }

    @Test func thePageOfProbesIsThatOfTheSchema() throws {
        let schema = try SchemaPage("probes")
        var page = ReferencePage(
            "probes.md", title: "The files of probes/",
            about: """
                Each `*.yml` in `probes/` lists services and how they are probed.
                `vitaal validate` reports every mistake with file, line and column; an editor that
                knows JSON Schema can use `probes/schema.json`.
                """)
        try writeWords(
            of: schema, ["text", "identifier", "duration", "pattern", "localized_text"], to: &page)
        schema.writeTop(as: "A file", to: &page)
        for (name, title) in [
            ("service", "A service"), ("dependency", "A dependency"),
            ("endpoint", "An endpoint"), ("header_pattern", "A header pattern"),
            ("defaults", "The defaults"),
        ] {
            try schema.write(name, as: title, to: &page)
        }
        try page.check()
    }

    @Test func thePageOfReceiversIsThatOfTheSchema() throws {
        let schema = try SchemaPage("alerts")
        var page = ReferencePage(
            "receivers.md", title: "The receivers in alerts/",
            about: """
                Receivers stand under `receivers` of any `*.yml` in `alerts/`. A receiver has an
                `id` and exactly one of `webhook`, `alertmanager`, `chat`, `command` and `email`.
                `vitaal receiver test ID` tells one that this is a test.
                """)
        try writeWords(of: schema, ["text", "identifier", "duration", "mail_address"], to: &page)
        try schema.write("receiver", as: "A receiver", to: &page)
        try page.check()
    }

    @Test func thePageOfRulesIsThatOfTheProgram() throws {
        let schema = try SchemaPage("alerts")
        var page = ReferencePage(
            "rules.md", title: "The rules in alerts/",
            about: """
                Rules stand under `rules` of any `*.yml` in `alerts/`. `vitaal validate` reports
                every mistake with file, line and column, `vitaal test` plays the tests beside the
                rules, and `vitaal replay` plays rules over what was measured. Who is told stands
                in [receivers.md](receivers.md).
                """)
        try writeWords(
            of: schema, ["text", "identifier", "duration", "localized_text"], to: &page)
        schema.writeTop(as: "A file", to: &page)
        try schema.write("rule", as: "A rule", to: &page)
        try writeLanguage(schema, to: &page)
        try schema.write("condition", as: "The fixed conditions", to: &page)
        try page.check()
    }

    /// What may be written in an expression, by the parser's own lists.
    private func writeLanguage(_ schema: SchemaPage, to page: inout ReferencePage) throws {
        let notes = try SourceNotes(
            "Sources/Deciding", ["Rules/ExpressionQuantity", "Observing/Baseline"])
        let phases = try SourceNotes("Sources/Deciding/Observing", ["ResultRecord"])
        let model = try SourceNotes("Sources/Model/HealthModel", ["HealthState"])
        page.add(
            "## Expressions",
            """
            An expression is written as one line in `when`: comparisons (`<` `<=` `>` `>=` `==`
            `!=`) with `and`, `or`, `not` and parentheses. Only values of one kind compare; one
            side may be multiplied, as in `2 * p50(total, 6h)`. What is not measured neither holds
            nor fails. All values of one rule are of a service, or all are of an endpoint.
            """,
            schema.examples(of: "expression").map { "    \($0)" }.joined(separator: "\n"))
        page.add(
            columns: ["word", "of", "is", "meaning"],
            rows: Expression.QuantityName.allCases.map { name in
                let quantity = name.quantity(.total, .seconds(600))
                let label = name.percent == nil ? "\(name)" : "quantile"
                let note = notes.note(of: label, in: "Expression.Quantity")
                #expect(!note.isEmpty, "\(name)")
                let meaning = note.replacing(
                    "this many percent", with: "\(name.percent ?? 0) percent")
                return ["`\(name.example)`", "\(quantity.subject)", quantity.kind.text, meaning]
            })
        page.add(
            """
            Behind `state == X` and `effective_state == X` may stand `for` and a duration, as in
            `state == busy for 2m`. A window is at most \(Expression.windowMax.fileText), that of
            `burn_rate` \(Expression.burnWindows.lowerBound.fileText) to
            \(Expression.burnWindows.upperBound.fileText), the time of `changed` at most
            \(Expression.changeTimeMax.fileText) (\(Expression.changeTime.fileText) when it is not
            written), that of `regressed` at most \(Expression.regressTimeMax.fileText)
            (\(Expression.regressTime.fileText)). An expression has at most
            \(Expression.textBytes) bytes.
            """)
        func table(
            _ title: String, _ type: String, _ cases: [(written: String, name: String)],
            _ notes: SourceNotes
        ) {
            page.add("### \(title)")
            page.add(
                columns: ["word", "meaning"],
                rows: cases.map { ["`\($0.written)`", notes.note(of: $0.name, in: type)] })
        }
        table("Phases", "Phase", Phase.allCases.map { ($0.rawValue, "\($0)") }, phases)
        table("States", "HealthState", HealthState.allCases.map { ($0.rawValue, "\($0)") }, model)
        table(
            "What may have changed", "CertificateFact",
            CertificateFact.allCases.map { ($0.rawValue, "\($0)") }, notes)
        table(
            "What a server may have stopped doing", "BaselineFact",
            BaselineFact.allCases.map { ($0.rawValue, "\($0)") }, notes)
        table("Levels", "Level", Level.allCases.reversed().map { ($0.rawValue, "\($0)") }, model)
        page.add("### Reasons")
        page.add(
            columns: ["reason", "the probe failed because"],
            rows: Reason.allCases.map { ["`\"\($0.rawValue)\"`", $0.text] })
    }
}
