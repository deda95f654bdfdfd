import HealthModel

/// The status as text for a terminal: what an on-call engineer sees at 03:00.
public struct StatusText: Sendable {
    /// Lines of the overview at most: the classic terminal.
    public static let overviewLines = 24
    /// Columns that are assumed even of a narrower terminal.
    public static let columnsMinimum = 40

    let document: StatusDocument
    let width: Int
    let isColored: Bool
    let language: StatusLanguage
    /// The alerts of each service, the most urgent first.
    let alerts: [String: [StatusDocument.Alert]]

    init(
        _ document: StatusDocument, width: Int = 80, isColored: Bool = false,
        language: StatusLanguage
    ) {
        self.document = document
        self.width = max(Self.columnsMinimum, width)
        self.isColored = isColored
        self.language = language
        alerts = Dictionary(grouping: document.alerts, by: \.service)
    }

    /// Renders a document.
    ///
    /// - Parameters:
    ///   - document: The status.
    ///   - ids: Services or endpoints to show in detail; empty shows the overview, in at most
    ///     `overviewLines` lines.
    ///   - width: Columns of the terminal; no line is wider. At least `columnsMinimum` are assumed.
    ///   - isColored: Whether to add ANSI colours; symbol and word say the same without.
    ///   - language: Dutch or English.
    /// - Returns: Lines that each end in a line feed, free of control characters but for colours.
    public static func render(
        _ document: StatusDocument, ids: [String] = [], width: Int = 80, isColored: Bool = false,
        language: StatusLanguage = .en
    ) -> String {
        let text = StatusText(
            document, width: width, isColored: isColored, language: language)
        let lines = ids.isEmpty ? text.overview() : text.detail(ids)
        return lines.map { $0 + "\n" }.joined()
    }

    var now: Timestamp { document.takenAt.timestamp }

    // MARK: Lines

    /// A line of plain text.
    func line(_ text: String) -> String {
        TerminalText.cut(TerminalText.clean(text), to: width)
    }

    /// A line that starts with the symbol and word of a state.
    func line(_ state: HealthState, word: String, _ rest: String, indent: Int = 0) -> String {
        let mark = TerminalText.clean("\(symbol(for: state)) \(word)")
        let room = width - indent - TerminalText.columns(of: mark)
        let text = TerminalText.cut(TerminalText.clean(rest), to: room)
        return String(repeating: " ", count: indent) + colored(mark, as: state) + text
    }

    /// Text over as many lines as it needs, broken between words.
    func wrapped(_ text: String, indent: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in TerminalText.clean(text).split(separator: " ") {
            let longer = line.isEmpty ? String(word) : "\(line) \(word)"
            if !line.isEmpty, TerminalText.columns(of: longer) > width - indent {
                lines.append(line)
                line = String(word)
            } else {
                line = longer
            }
        }
        lines.append(line)
        return lines.map { self.line(String(repeating: " ", count: indent) + $0) }
    }

    private func colored(_ text: String, as state: HealthState) -> String {
        guard isColored else { return text }
        let code =
            switch state {
            case .up: "32"
            case .down: "1;31"
            case .impaired, .flapping, .degraded, .busy: "33"
            case .blocked, .maintenance, .unknown: "36"
            }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }

    /// A sign for each state that needs no colour to be told apart.
    func symbol(for state: HealthState) -> String {
        switch state {
        case .up: "✔"
        case .down: "✖"
        case .impaired, .flapping, .degraded, .busy: "!"
        case .blocked, .maintenance: "~"
        case .unknown: "?"
        }
    }

    // MARK: Phrases

    /// How long ago an instant was, such as `9m12s`; `-` when it is not known.
    func age(_ instant: Instant?) -> String {
        guard let instant else { return "-" }
        return max(now - instant.timestamp, .zero).shortText
    }

    /// As many of the names as fit in `room` columns, at least one, and how many more there are.
    func list(_ names: [String], room: Int) -> String {
        for count in stride(from: min(names.count, max(room, 1)), to: 0, by: -1) {
            let rest = names.count - count
            let more = rest == 0 ? "" : language.of(nl: " en nog \(rest)", en: " and \(rest) more")
            let text = names.prefix(count).map(TerminalText.clean).joined(separator: ", ") + more
            if count == 1 || TerminalText.columns(of: text) <= room { return text }
        }
        return ""
    }

    /// A line of `lead` and as many of the names as fit.
    func line(_ lead: String, listing names: [String]) -> String {
        let room = width - TerminalText.columns(of: TerminalText.clean(lead))
        return line(lead + list(names, room: room))
    }

    /// Seconds of a document as short text; what no probe can last is shown as a day.
    func short(_ seconds: Double) -> String {
        let microseconds = (min(max(seconds, 0), 86_400) * 1e6).rounded()
        return Duration.microseconds(Int64(microseconds)).shortText
    }

    /// `DigiD (digid)`, or one of the two when they say the same.
    func name(of service: StatusDocument.Service) -> String {
        let name = language.text(service.name)
        return name.lowercased() == service.id ? name : "\(name) (\(service.id))"
    }

    /// The level and state of an alert, such as `PAGE firing 4m`, its incident, and who works on that.
    func standing(of alert: StatusDocument.Alert) -> String {
        "\(language.word(forLevel: alert.level)) \(language.word(forAlertState: alert.state)) "
            + age(alert.firingSince ?? alert.activeSince)
            + (alert.silencedBy == nil ? "" : language.of(nl: "  STIL", en: "  SILENT"))
            + (alert.incident.map { "  \($0)" + (acknowledgement(of: $0) ?? "") } ?? "")
    }

    /// Why an endpoint fails, in a sentence with its detail.
    func sentence(for result: StatusDocument.Result) -> String? {
        guard let reason = result.reason else { return nil }
        return language.sentence(forReason: reason) + (result.detail.map { " (\($0))" } ?? "")
    }

    /// The state of a service or endpoint; one of a later version counts as not measured.
    func state(_ text: String) -> HealthState { HealthState(rawValue: text) ?? .unknown }
}
