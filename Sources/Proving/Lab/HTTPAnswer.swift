import HealthModel

/// What a lab server says to one request: a pure function of fault, host and time.
struct HTTPAnswer: Sendable, Hashable {
    /// The status code.
    var status: Int
    /// Further header lines, without `Content-Length` and `Connection`.
    var headers: [Header]
    /// The page.
    var body: String

    /// The answer of a host.
    ///
    /// - Parameters:
    ///   - fault: The fault in force.
    ///   - host: The host asked.
    ///   - isTLS: Whether the request came over TLS.
    ///   - target: The path and query asked for, as they came.
    ///   - elapsed: The scenario time, for flapping.
    init(fault: Fault, host: LabHost, isTLS: Bool, target: String, elapsed: Duration) {
        let name = host.title.dutch
        headers = [Header(name: "Content-Type", value: "text/html; charset=utf-8")]
        if isTLS {
            if fault != .noHSTS {
                headers.append(
                    Header(name: "Strict-Transport-Security", value: "max-age=31536000"))
            }
        } else if !host.isPlainHTTP && fault != .plainHTTP {
            status = 301
            let path = target.hasPrefix("/") ? target : "/"
            headers.append(Header(name: "Location", value: "https://\(host.name)\(path)"))
            body = Self.page(title: "Verplaatst", text: "Deze pagina staat op HTTPS.")
            return
        }
        switch fault {
        case .throttle:
            status = 200
            body = Self.page(
                title: "\(name) is tijdelijk niet bereikbaar: maximale aantal bereikt",
                text: "Op dit moment is het maximale aantal mensen ingelogd; "
                    + "de site is tijdelijk niet bereikbaar. Probeer het later nog een keer.")
        case .maintenance:
            status = 200
            body = Self.page(
                title: "\(name) is wegens onderhoud gesloten",
                text: "Wij zijn wegens onderhoud gesloten. Vanavond zijn wij er weer.")
        case .forbidden:
            status = 403
            body = Self.page(title: "Geen toegang", text: "U hebt geen toegang tot deze pagina.")
        case .tooManyRequests(let wait):
            status = 429
            headers.append(
                Header(name: "Retry-After", value: "\(wait.wholeMilliseconds / 1000)"))
            body = Self.page(title: "Te veel verzoeken", text: "Wacht even.")
        case .status(let code):
            status = code
            body = Self.page(title: "Status \(code)", text: "De server antwoordt met \(code).")
        case .redirect(let location):
            status = 302
            headers.append(Header(name: "Location", value: location))
            body = Self.page(title: "Verplaatst", text: "Deze pagina staat elders.")
        case .flapping(let period)
        where Fault.isFlappedDown(period: period, host: host.name, elapsed: elapsed):
            status = 503
            body = Self.page(title: "Geen verbinding", text: "De toepassing antwoordt niet.")
        default:
            status = 200
            body = Self.page(title: name, text: "Welkom bij \(name).")
        }
    }

    /// Whether a response with this status has a body (RFC 9110 §6.4.1).
    var hasBody: Bool { status != 204 && status != 304 }

    /// The status line and headers with the empty line after them.
    func headText(isKeptAlive: Bool) -> String {
        var text = "HTTP/1.1 \(status) \(Self.reasonPhrase(status))\r\n"
        for header in headers { text += "\(header.name): \(header.value)\r\n" }
        if status != 204 { text += "Content-Length: \(hasBody ? body.utf8.count : 0)\r\n" }
        return text + "Connection: \(isKeptAlive ? "keep-alive" : "close")\r\n\r\n"
    }

    /// A small page of valid HTML.
    static func page(title: String, text: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="nl">
        <head>
        <meta charset="utf-8">
        <title>\(escaped(title))</title>
        </head>
        <body>
        <h1>\(escaped(title))</h1>
        <p>\(escaped(text))</p>
        <p>Deze pagina komt uit het oefenlab van Vitaal.</p>
        </body>
        </html>

        """
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            default: escaped.append(character)
            }
        }
        return escaped
    }

    private static func reasonPhrase(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 503: "Service Unavailable"
        default: "Status"
        }
    }
}
