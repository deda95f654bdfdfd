import ArgumentParser
import Daemon
import StatusServer

/// `vitaal status`: what a running daemon knows.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what the running monitor knows; exit 0, 1, 2 or 3.",
        discussion: """
            Without ids the worst comes first, in 24 lines. With ids of services or endpoints each \
            is shown in detail. The exit code is that of the worst alert that fires: 0 none, \
            1 warning, 2 critical or page, 3 when nothing can be said.
            """)

    @Argument(help: "Services or endpoints to show in detail.")
    var ids: [String] = []

    @Flag(help: "Print the whole status as JSON.")
    var json = false

    @OptionGroup var source: MonitorSource

    func run() throws {
        // A monitor of another version does not know the question, nor takes it so many ids.
        if !json, ids.count <= StatusAnswer.idsMax, let answer = try source.fetchText(of: ids) {
            complain(answer.unknownIds)
            Console.say(String(answer.text.dropLast()))
            throw ExitCode(answer.exitCode)
        }
        let document = try source.fetch()
        complain(document.unknownIDs(among: ids))
        if json {
            let bytes = try document.json()
            Console.say(String(decoding: bytes.dropLast(), as: UTF8.self))
        } else {
            let text = StatusText.render(
                document, ids: ids, width: source.width, isColored: source.isColored,
                language: source.lang)
            Console.say(String(text.dropLast()))
        }
        throw ExitCode(document.verdict(ids: ids).rawValue)
    }

    private func complain(_ unknown: [String]) {
        for id in unknown { StandardError.complain("there is no service or endpoint '\(id)'") }
    }
}
