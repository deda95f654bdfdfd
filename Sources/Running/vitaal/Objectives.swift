import ArgumentParser
import Daemon
import StatusServer

/// `vitaal objectives`: promises, and what is left of the error budgets.
struct Objectives: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What each service promises this month, and what is left of its error budget.",
        discussion: """
            The least left comes first. Minutes are lost by the service itself (own) or by what it \
            depends on (chain). Maintenance and unknown time do not count. Exit code 1 when a budget \
            is used up, else 0; 3 when nothing can be said.
            """)

    @Argument(help: "Services to show; all without.")
    var ids: [String] = []
    @OptionGroup var source: MonitorSource
    @Flag(help: "Print them as JSON, as `GET /api/v1/objectives` does.")
    var json = false

    func run() throws {
        let document = try source.fetch()
        let all = document.objectives ?? []
        for id in ids where !all.contains(where: { $0.service == id }) {
            StandardError.complain("there is no probed service '\(id)'")
        }
        if json {
            let bytes = try ObjectivesDocument(document).json()
            Console.say(String(decoding: bytes.dropLast(), as: UTF8.self))
        } else {
            let text = StatusText.objectives(
                document, ids: ids, width: source.width, language: source.lang)
            Console.say(String(text.dropLast()))
        }
        let shown = ids.isEmpty ? all : all.filter { ids.contains($0.service) }
        guard !shown.isEmpty else { throw PluginExit.unknown }
        throw shown.contains { $0.budgetLeftRatio <= 0 } ? PluginExit.warning : PluginExit.ok
    }
}
