import Alerting
import ArgumentParser
import Daemon
import Probing
import StatusServer

/// `vitaal why`: why somebody was called, or why not.
struct Why: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Why a service paged or did not: rules, values, incident, silence, who was told.",
        discussion: """
            vitaal why digid, vitaal why digid-www or vitaal why INC-2026-0042. What was delivered \
            stands in the evidence log: vitaal log --service digid. vitaal why monitor says why the \
            monitor itself can or cannot be believed. Exit code 0, or 3 when nothing can be said.
            """)

    @Argument(help: "The id of a service or endpoint, or the number of an incident.")
    var subject: String
    @OptionGroup var source: MonitorSource
    @Flag(help: "Show every rule, also those of which nothing holds.")
    var all = false
    @Flag(help: "Print it as JSON, as `GET /api/v1/why?subject=ID` does.")
    var json = false

    func run() throws {
        if subject == HealthSnapshot.monitorName { return try explainMonitor() }
        let address = ListeningAddress(source.listen) ?? .standard
        guard subject.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"%&#?+/".utf8.contains($0) })
        else {
            StandardError.complain("'\(TerminalText.clean(subject))' is no id")
            throw PluginExit.unknown
        }
        let response: HTTPFetch.Response
        do throws(HTTPFetch.Failure) {
            response = try HTTPFetch.get(
                "http://\(address)/api/v1/why?subject=\(subject)",
                timeoutMilliseconds: MonitorSource.timeoutMilliseconds)
        } catch {
            StandardError.complain(
                "no answer from \(address): \(error)\nIs the monitor running? Start it with: vitaal run"
            )
            throw PluginExit.unknown
        }
        guard response.status == 200 else {
            StandardError.complain(
                response.status == 404
                    ? "there is no service, endpoint or open incident '\(subject)'; "
                        + "`vitaal status --json` lists them"
                    : "\(address) answers with HTTP status \(response.status)")
            throw PluginExit.unknown
        }
        guard let document = try? WhyDocument(json: response.body) else {
            StandardError.complain(
                "what listens at \(address) is not vitaal, or another version of it")
            throw PluginExit.unknown
        }
        if json {
            Console.say(String(decoding: try document.json().dropLast(), as: UTF8.self))
        } else {
            let text = WhyText.render(document, isWhole: all, language: source.lang)
            Console.say(String(text.dropLast()))
        }
    }

    /// Its own trouble is no matter of rules: it has a status.
    private func explainMonitor() throws {
        let text =
            json
            ? String(decoding: try source.fetchMonitor().json(), as: UTF8.self)
            : try source.fetchText(of: [subject]).text
        Console.say(String(text.dropLast()))
    }
}
