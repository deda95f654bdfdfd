public import ArgumentParser
import Daemon
import Glibc
import Probing
public import StatusServer

/// `vitaal status`: what a running daemon knows.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what the running monitor knows; exit 0, 1, 2 or 3.",
        discussion: """
            Without ids the worst comes first, in 24 lines. With ids of services or endpoints each \
            is shown in detail. The exit code is that of the worst alert that fires: 0 none, \
            1 warning, 2 critical or page, 3 when nothing can be said.
            """)

    /// Milliseconds until a daemon counts as silent.
    static let timeoutMilliseconds = 5000

    @Argument(help: "Services or endpoints to show in detail.")
    var ids: [String] = []

    @Flag(help: "Print the whole status as JSON.")
    var json = false

    @Option(help: ArgumentHelp("Where the daemon listens.", valueName: "host:port"))
    var listen: String = ListeningAddress.standard.description

    @Option(help: "Language: en or nl.")
    var lang: StatusLanguage = Paths.environment("LANG")?.hasPrefix("nl") == true ? .nl : .en

    func validate() throws {
        if ListeningAddress(listen) == nil {
            throw ValidationError("--listen '\(listen)' is not HOST:PORT")
        }
    }

    func run() throws {
        let document = try fetch()
        for id in document.unknownIDs(among: ids) {
            StandardError.complain("there is no service or endpoint '\(id)'")
        }
        if json {
            let bytes = try document.json()
            Console.say(String(decoding: bytes.dropLast(), as: UTF8.self))
        } else {
            let isTerminal = isatty(STDOUT_FILENO) == 1
            let text = StatusText.render(
                document, ids: ids, width: isTerminal ? Terminal.columns : 80,
                isColored: isTerminal && Paths.environment("NO_COLOR") == nil, language: lang)
            Console.say(String(text.dropLast()))
        }
        throw ExitCode(document.verdict(ids: ids).rawValue)
    }

    private func fetch() throws -> StatusDocument {
        // `validate` has seen that it is an address.
        let address = ListeningAddress(listen) ?? .standard
        do {
            let response = try HTTPFetch.get(
                "http://\(address)/api/v1/status", timeoutMilliseconds: Self.timeoutMilliseconds)
            guard response.status == 200 else {
                StandardError.complain("\(address) answers with HTTP status \(response.status)")
                throw PluginExit.unknown
            }
            return try StatusDocument(json: response.body)
        } catch let error as HTTPFetch.Failure {
            StandardError.complain(
                "no answer from \(address): \(error)\nIs the monitor running? Start it with: vitaal run"
            )
            throw PluginExit.unknown
        } catch is DecodingError {
            StandardError.complain(
                "what listens at \(address) is not vitaal, or another version of it")
            throw PluginExit.unknown
        }
    }
}

extension StatusLanguage: ExpressibleByArgument {}

/// The terminal on standard output.
enum Terminal {
    /// Its width; 80 when it does not say.
    static var columns: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
