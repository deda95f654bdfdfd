import ArgumentParser
import Daemon
import StatusServer

/// `vitaal status`: what a running daemon knows.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what the running monitor knows; exit 0, 1, 2 or 3.",
        discussion: """
            Without ids the worst comes first, in 24 lines. With ids of services or endpoints each \
            is shown in detail; `vitaal status monitor` says whether the monitor itself can be \
            believed, and why not. Exit code 0 only when all is measured and well; 1 for what can \
            wait, such as a warning, an outage that is pending, files that were refused or a \
            receiver that fails; 2 when an alert of level critical or page fires; 3 when it \
            is not measured.
            """)

    @Argument(help: "Services or endpoints to show in detail, or `monitor`.")
    var ids: [String] = []

    @Flag(help: "Print the whole status as JSON.")
    var json = false

    @OptionGroup var source: MonitorSource

    func validate() throws {
        if ids.count > StatusAnswer.idsMax {
            throw ValidationError("at most \(StatusAnswer.idsMax) ids at once")
        }
    }

    func run() throws {
        guard json else {
            let answer = try source.fetchText(of: ids)
            complain(answer.unknownIds)
            Console.say(String(answer.text.dropLast()))
            throw ExitCode(answer.exitCode)
        }
        let document = try source.fetch(ids)
        complain(document.unknownIDs(among: ids))
        Console.say(String(decoding: try document.json().dropLast(), as: UTF8.self))
        throw ExitCode(document.verdict.exitCode)
    }

    private func complain(_ unknown: [String]) {
        for id in unknown { StandardError.complain("there is no service or endpoint '\(id)'") }
    }
}
