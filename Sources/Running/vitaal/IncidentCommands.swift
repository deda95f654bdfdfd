import ArgumentParser
import Daemon
import StatusServer

/// `vitaal incident`: alerts that share one cause.
struct IncidentCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "incident",
        abstract: "Incidents: alerts that share one cause, as people are called for them.",
        subcommands: [
            IncidentList.self, IncidentShow.self, IncidentNote.self, IncidentResolve.self,
            IncidentAware.self, IncidentReported.self,
        ], defaultSubcommand: IncidentList.self)
}

/// `vitaal incident list`.
struct IncidentList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "The open incidents, the most urgent first, then those of the last 24 hours.",
        discussion: "Exit code 2 while an incident is open, else 0; 3 when nothing can be said.")

    @OptionGroup var source: MonitorSource
    @Flag(help: "Print them as JSON, as `GET /api/v1/incidents` does.")
    var json = false

    func run() throws {
        let document = try source.fetch()
        if json {
            let bytes = try IncidentsDocument(document).json()
            Console.say(String(decoding: bytes.dropLast(), as: UTF8.self))
        } else {
            let text = StatusText.incidents(
                document, width: source.width, isColored: source.isColored, language: source.lang)
            Console.say(String(text.dropLast()))
        }
        let isOpen = (document.incidents ?? []).contains { $0.closedAt == nil }
        throw isOpen ? PluginExit.critical : PluginExit.ok
    }
}

/// `vitaal incident show`.
struct IncidentShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One incident whole: its alerts and its timeline.")

    @Argument(help: "The number, such as INC-2026-0042.")
    var id: String
    @OptionGroup var source: MonitorSource

    func run() throws {
        let document = try source.fetch()
        guard
            let text = StatusText.incident(
                id, of: document, width: source.width, isColored: source.isColored,
                language: source.lang)
        else {
            let known = (document.incidents ?? []).prefix(5).map(\.id).joined(separator: ", ")
            StandardError.complain(
                "there is no incident '\(id)' now or in the last 24 hours"
                    + (known.isEmpty ? "" : "; there are: \(known)"))
            throw PluginExit.unknown
        }
        Console.say(String(text.dropLast()))
    }
}
