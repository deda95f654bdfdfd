import Alerting
import HealthModel

/// The page at `/`: every service, the worst first, for a person without a terminal.
///
/// Plain HTML without scripts, in Dutch or English. State is told by a word and a sign; contrast
/// is at least 7:1; the table has a caption and row headers (WCAG 2.1 AA).
enum StatusPage {
    /// The style sheet, served beside the page so that no inline style need be allowed.
    static let style = """
        :root { color-scheme: light; }
        body { font: 1rem/1.5 system-ui, sans-serif; color: #111; background: #fff;
          max-width: 70rem; margin: 0 auto; padding: 1rem; }
        a { color: #00439c; }
        table { border-collapse: collapse; width: 100%; }
        caption { text-align: left; font-weight: bold; padding: .5rem 0; }
        th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0;
          border-bottom: 1px solid #767676; overflow-wrap: break-word; }
        .up { color: #00561b; } .down { color: #9b0000; font-weight: bold; }
        @media (max-width: 40rem) { thead { position: absolute; left: -999rem; }
          tr { display: block; padding: .5rem 0; } th, td { display: block; border: 0; } }

        """

    /// The page for a document.
    static func html(of document: StatusDocument, language: StatusLanguage) -> String {
        let text = StatusText(document, width: StatusAnswer.columnsMax, language: language)
        let rows = document.services
            .sorted {
                let left = text.state($0.effectiveState).severity
                let right = text.state($1.effectiveState).severity
                return (-left, $0.tier, $0.id) < (-right, $1.tier, $1.id)
            }
            .map { row($0, text: text) }
        let (other, otherName) = language == .nl ? ("en", "English") : ("nl", "Nederlands")
        let title = language.of(nl: "Vitaal: toestand", en: "Vitaal: status")
        let headers = [
            language.of(nl: "Dienst", en: "Service"), language.of(nl: "Toestand", en: "State"),
            language.of(nl: "Sinds", en: "Since"), language.of(nl: "Waarom", en: "Why"),
            language.of(nl: "Beschikbaar", en: "Available"),
        ]
        let head = headers.map { "<th scope=\"col\">\($0)</th>" }.joined()
        let notTold = document.failingReceivers.map {
            "<p><strong>\(escaped(text.notTold($0)))</strong></p>\n"
        }.joined()
        let verdict =
            document.verdict.isWell
            ? "<p class=\"up\">\(escaped(text.calmLine()))</p>\n"
            : (text.groundLines(in: StatusText.kindsOfMonitor)
                + (document.ground(.firing).map { [language.text($0.text)] } ?? []))
                .map { "<p><strong>\(escaped($0))</strong></p>\n" }.joined()
        return """
            <!DOCTYPE html>
            <html lang="\(language.rawValue)">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title)</title>
            <link rel="stylesheet" href="/style.css">
            </head>
            <body>
            <header>
            <h1>\(title)</h1>
            <p>\(language.of(nl: "Stand van", en: "As of")) \(now(document)) UTC. \
            <a href="/?lang=\(other)" lang="\(other)" hreflang="\(other)">\(otherName)</a></p>
            </header>
            <main>
            \(verdict)\(notTold)<table>
            <caption>\(caption(document, language))</caption>
            <thead><tr>\(head)</tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody>
            </table>
            </main>
            <footer><p><a href="/metrics">/metrics</a> <a href="/api/v1/status">/api/v1/status</a>\
             <a href="/api/v1/alerts">/api/v1/alerts</a></p></footer>
            </body>
            </html>

            """
    }

    private static func now(_ document: StatusDocument) -> String {
        document.takenAt.timestamp.dateAndTime
    }

    private static func caption(_ document: StatusDocument, _ language: StatusLanguage) -> String {
        let firing = document.alerts.count { $0.state == "firing" }
        let services = language.services(document.services.count)
        return language.of(
            nl: "\(services), ernstigste eerst; actieve alarmen: \(firing)",
            en: "\(services), the worst first; alerts firing: \(firing)")
    }

    private static func row(_ service: StatusDocument.Service, text: StatusText) -> String {
        let state = text.state(service.effectiveState)
        let since = service.since.map { $0.timestamp.dateAndTime + " UTC" } ?? "-"
        var why = service.endpoints.compactMap { endpoint in
            endpoint.last.flatMap { text.sentence(for: $0) }.map { "\(endpoint.id): \($0)" }
        }
        if !service.causes.isEmpty {
            why.append(
                text.language.of(nl: "door ", en: "because of ")
                    + service.causes.joined(separator: ", "))
        }
        return """
            <tr><th scope="row">\(escaped(text.name(of: service)))</th>\
            <td class="\(state.rawValue)">\(text.symbol(for: state)) \
            \(text.language.lowerWord(for: state))</td>\
            <td>\(since)</td><td>\(escaped(why.joined(separator: "; ")))</td>\
            <td>\(availability(of: service, text: text))</td></tr>
            """
    }

    /// The lowest availability of its endpoints, since a service is no better than its worst door.
    private static func availability(
        of service: StatusDocument.Service, text: StatusText
    ) -> String {
        let windows = service.endpoints.compactMap { text.telling($0.history ?? []).last }
            .filter { $0.availabilityRatio != nil }
        let worst = windows.min { $0.availabilityRatio ?? 1 < $1.availabilityRatio ?? 1 }
        guard let worst else { return "-" }
        return "\(text.percent(worst.availabilityRatio)) (\(text.span(of: worst)))"
    }

    /// Text that may stand between tags and inside quoted attributes.
    static func escaped(_ text: String) -> String {
        var result = ""
        // Scalars, since a combining mark would hide a sign inside another character.
        for scalar in TerminalText.clean(text).unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
