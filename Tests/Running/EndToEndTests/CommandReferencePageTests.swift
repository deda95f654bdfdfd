import Foundation
import TestSupport
import Testing

/// What `--experimental-dump-help` of swift-argument-parser says of a command.
private struct CommandHelp: Decodable {
    struct Argument: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String

            var written: String { (kind == "long" ? "--" : "-") + name }
        }

        var abstract: String?
        var allValues: [String]?
        var defaultValue: String?
        var isOptional: Bool
        var isRepeating: Bool
        var kind: String
        var names: [Name]?
        var sectionTitle: String?
        var shouldDisplay: Bool
        var valueName: String

        var isPositional: Bool { kind == "positional" }
        var isHelp: Bool { valueName == "help" || valueName == "version" }

        /// How it stands in the line of a command.
        var usage: String {
            let word = "<\(valueName)>" + (isRepeating ? "..." : "")
            let whole =
                isPositional
                ? word : (names?.last?.written ?? "") + (kind == "option" ? " \(word)" : "")
            return isOptional ? "[\(whole)]" : whole
        }

        /// Its row of the table.
        var row: [String] {
            let names = (names ?? []).map(\.written).joined(separator: ", ")
            let written = isPositional ? "<\(valueName)>" : names
            let value = kind == "option" ? " <\(valueName)>" : ""
            let values = (allValues ?? []).map { "`\($0)`" }.joined(separator: ", ")
            let about = (abstract ?? "").replacing("\n", with: " ")
            return [
                "`\(written)\(value)`", about + (values.isEmpty ? "" : " One of \(values)."),
                defaultValue.map { "`\($0)`" } ?? (isOptional ? "" : "required"),
            ]
        }
    }

    var abstract: String?
    var arguments: [Argument]?
    var commandName: String
    var discussion: String?
    var shouldDisplay: Bool
    var subcommands: [CommandHelp]?
}

private struct ProgramHelp: Decodable {
    var command: CommandHelp
}

@Suite struct CommandReferencePageTests {
    @Test func thePageOfCommandsIsThatOfTheProgram() async throws {
        let output = try await Vitaal.outcome(["--experimental-dump-help"]).output
        let program = try JSONDecoder().decode(ProgramHelp.self, from: Data(output.utf8)).command
        let mistaken = try await Vitaal.outcome(["--no-such-option"]).status
        var page = ReferencePage(
            "cli.md", title: "The commands of vitaal",
            about: """
                \(program.abstract ?? "")

                \(program.discussion ?? "") Of every command: \(mistaken) when the command
                line cannot be understood.

                Every command explains itself with `--help`; `vitaal --version` tells the version.
                """)
        var commands: [(name: String, help: CommandHelp)] = []
        collect(program, as: program.commandName, into: &commands)
        page.add(
            columns: ["command", "what it does"],
            rows: commands.map { name, help in
                let anchor = name.replacing(" ", with: "-")
                return ["[`\(name)`](#\(anchor))", help.abstract ?? ""]
            })
        for (name, help) in commands { write(name, help, to: &page) }
        #expect(commands.count > 20)
        try page.check()
    }

    /// The commands that do something, in the order of the help.
    private func collect(
        _ help: CommandHelp, as name: String,
        into commands: inout [(name: String, help: CommandHelp)]
    ) {
        let shown = (help.subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
        if shown.isEmpty { commands.append((name, help)) }
        for each in shown { collect(each, as: "\(name) \(each.commandName)", into: &commands) }
    }

    private func write(_ name: String, _ help: CommandHelp, to page: inout ReferencePage) {
        let arguments = (help.arguments ?? []).filter { $0.shouldDisplay && !$0.isHelp }
        let required = arguments.filter { !$0.isPositional && !$0.isOptional }
        let some = arguments.contains { !$0.isPositional && $0.isOptional } ? ["[options]"] : []
        let usage =
            [name] + arguments.filter(\.isPositional).map(\.usage) + required.map(\.usage) + some
        page.add(
            "## \(name)", help.abstract, "    \(usage.joined(separator: " "))", help.discussion)
        page.add(
            columns: ["argument", "meaning", "default"],
            rows: arguments.filter(\.isPositional).map(\.row))
        page.add(
            columns: ["option", "meaning", "default"],
            rows: arguments.filter { !$0.isPositional }.map(\.row))
    }
}
