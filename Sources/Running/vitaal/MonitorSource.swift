public import ArgumentParser
import Daemon
import Foundation
import Glibc
import Probing
public import StatusServer

/// The running monitor that a command asks, and how its answer is shown.
struct MonitorSource: ParsableArguments {
    /// Milliseconds until a daemon counts as silent.
    static let timeoutMilliseconds = 5000

    @Option(help: ArgumentHelp("Where the daemon listens.", valueName: "host:port"))
    var listen: String = ListeningAddress.standard.description

    @Option(help: "Language: en or nl.")
    var lang: StatusLanguage = Paths.environment("LANG")?.hasPrefix("nl") == true ? .nl : .en

    /// Whether standard output is a terminal that may be coloured.
    var isColored: Bool {
        isatty(STDOUT_FILENO) == 1 && Paths.environment("NO_COLOR") == nil
    }

    /// The width of standard output in columns; 80 when it is no terminal.
    var width: Int { isatty(STDOUT_FILENO) == 1 ? Terminal.columns : 80 }

    func validate() throws {
        if ListeningAddress(listen) == nil {
            throw ValidationError("--listen '\(listen)' is not HOST:PORT")
        }
    }

    /// What the monitor knows, with the verdict on `ids`.
    ///
    /// Complains and throws exit code 3 when there is no answer, as the others do.
    func fetch(_ ids: [String] = []) throws -> StatusDocument {
        try get("/api/v1/status?" + query(ids)) { try StatusDocument(json: $0) }
    }

    /// The status as text.
    func fetchText(of ids: [String]) throws -> StatusAnswer {
        try get(
            "/api/v1/status/text?lang=\(lang.rawValue)&width=\(width)&color=\(isColored ? 1 : 0)&"
                + query(ids)
        ) { try StatusAnswer(json: $0) }
    }

    /// The monitor itself.
    func fetchMonitor() throws -> MonitorDocument {
        try get("/api/v1/monitor") { try MonitorDocument(json: $0) }
    }

    private func query(_ ids: [String]) -> String {
        ids.map { "id=" + ($0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "") }
            .joined(separator: "&")
    }

    private func get<Answer>(_ path: String, _ read: ([UInt8]) throws -> Answer) throws -> Answer {
        // `validate` has seen that it is an address.
        let address = ListeningAddress(listen) ?? .standard
        do {
            let response = try HTTPFetch.get(
                "http://\(address)\(path)", timeoutMilliseconds: Self.timeoutMilliseconds)
            guard response.status == 200 else {
                StandardError.complain("\(address) answers with HTTP status \(response.status)")
                throw PluginExit.unknown
            }
            return try read(response.body)
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
