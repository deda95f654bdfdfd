import HealthModel

/// Why a subject paged or did not, as text for a terminal.
public struct WhyText {
    private let document: WhyDocument
    private let language: StatusLanguage
    private var lines: [String] = []

    private init(_ document: WhyDocument, _ language: StatusLanguage) {
        self.document = document
        self.language = language
    }

    /// Renders a document.
    ///
    /// - Parameters:
    ///   - document: What the monitor answered.
    ///   - isWhole: Whether rules of which nothing holds are shown too.
    ///   - language: The language of the text.
    /// - Returns: Lines that each end in a line feed, free of control characters.
    public static func render(
        _ document: WhyDocument, isWhole: Bool = false, language: StatusLanguage = .en
    ) -> String {
        var text = WhyText(document, language)
        text.states()
        text.incident()
        text.rules(isWhole: isWhole)
        return text.lines.map { TerminalText.clean($0) + "\n" }.joined()
    }

    private func of(nl: String, en: String) -> String { language.of(nl: nl, en: en) }

    private func word(_ state: String) -> String {
        HealthState(rawValue: state).map { language.lowerWord(for: $0) } ?? state
    }

    private mutating func states() {
        var parts = [of(nl: "gemeten ", en: "measured ") + word(document.measuredState)]
        if document.ownState != document.measuredState {
            parts.append(of(nl: "geldt als ", en: "counts as ") + word(document.ownState))
        }
        if document.effectiveState != document.ownState {
            let causes = document.causes.joined(separator: ", ")
            parts.append(
                word(document.effectiveState) + of(nl: " door ", en: " because of ") + causes)
        }
        lines.append("\(document.service)  " + parts.joined(separator: ", "))
        if let blind = document.blindSince {
            lines.append(
                of(
                    nl:
                        "  de monitor ziet niets sinds \(blind.timestamp.dateAndTime): geen regel telt",
                    en:
                        "  the monitor is blind since \(blind.timestamp.dateAndTime): no rule counts"
                ))
        }
        if let lost = document.ipv6LostSince {
            let since = lost.timestamp.dateAndTime
            lines.append(
                of(
                    nl:
                        "  over IPv6 wordt niets bereikt sinds \(since): only_ipv6_fails zegt niets",
                    en:
                        "  nothing is reached over IPv6 since \(since): only_ipv6_fails says nothing"
                ))
        }
        for action in document.actions {
            lines.append(
                "  \(action.id)  " + of(nl: "tot ", en: "until ")
                    + "\(action.endsAt.timestamp.dateAndTime)  \(action.author): \(action.reason)")
        }
        for endpoint in document.endpoints {
            let failing =
                endpoint.reason.map { reason in
                    let detail = endpoint.detail.flatMap { $0.isEmpty ? nil : " (\($0))" } ?? ""
                    return "  \(reason)\(detail), "
                        + of(
                            nl: "\(endpoint.consecutiveFailures) keer achtereen",
                            en: "\(endpoint.consecutiveFailures) in a row")
                } ?? ""
            let flapping = Int((endpoint.flapRatio * 100).rounded())
            lines.append(
                "  \(endpoint.id)  \(word(endpoint.state))\(failing)  "
                    + of(
                        nl: "wisselt \(flapping) % (boven 30 % flapping)",
                        en: "changes \(flapping) % (flapping above 30 %)"))
        }
    }

    private mutating func incident() {
        guard let id = document.incident else {
            lines.append(of(nl: "geen open incident", en: "no open incident"))
            return
        }
        let cause = document.cause.map { language.text($0) } ?? ""
        let worker =
            document.acknowledgedBy.map {
                of(nl: ", erkend door \($0)", en: ", acknowledged by \($0)")
            }
            ?? of(nl: ", niemand heeft het erkend", en: ", nobody has acknowledged it")
        lines.append("\(id)  " + cause + worker)
    }

    private mutating func rules(isWhole: Bool) {
        let shown = document.rules.filter {
            isWhole || $0.state != "inactive" || $0.finding != "fails"
        }
        if shown.isEmpty {
            lines.append(
                of(
                    nl: "geen van de \(document.rules.count) regels houdt: daarom geen alarm "
                        + "(--all toont ze)",
                    en: "none of the \(document.rules.count) rules holds: therefore no alert "
                        + "(--all shows them)"))
        }
        for rule in shown { self.rule(rule) }
        let left = document.rules.count - shown.count
        if left > 0, !shown.isEmpty {
            lines.append(
                of(
                    nl: "\(left) andere regels houden niet (--all toont ze)",
                    en: "\(left) other rules do not hold (--all shows them)"))
        }
    }

    private mutating func rule(_ rule: WhyDocument.Rule) {
        lines.append(
            "\(rule.rule)  \(rule.subject)  \(language.word(forLevel: rule.level))  "
                + standing(rule))
        if let steps = rule.steps {
            for step in steps {
                let indent = String(repeating: "  ", count: step.depth + 1)
                let values =
                    step.value.map { value in
                        "  \(value)" + (step.threshold.map { " / \($0)" } ?? "")
                    } ?? ""
                lines.append("\(indent)\(step.text)  \(finding(step.finding))\(values)")
            }
        } else {
            lines.append("  \(rule.condition)  \(finding(rule.finding))")
        }
        if let silence = rule.silence {
            lines.append(of(nl: "  stil door ", en: "  kept back by ") + silence)
        }
        for route in rule.routes ?? [] { lines.append("  → \(route.receiver)  " + words(route)) }
    }

    private func standing(_ rule: WhyDocument.Rule) -> String {
        switch rule.state {
        case "firing":
            let since = rule.firingSince?.timestamp.dateAndTime ?? ""
            let end =
                rule.endsAt.map {
                    of(nl: ", eindigt ", en: ", ends ") + $0.timestamp.dateAndTime
                } ?? ""
            return of(nl: "vuurt sinds ", en: "firing since ") + since + end
        case "pending":
            let at = rule.firesAt?.timestamp.dateAndTime ?? ""
            return of(nl: "wacht, vuurt om ", en: "pending, fires at ") + at
        default:
            return rule.finding == "unknown"
                ? of(nl: "niet gemeten", en: "not measured")
                : of(nl: "houdt niet", en: "does not hold")
        }
    }

    private func finding(_ word: String) -> String {
        switch word {
        case "holds": of(nl: "ja", en: "yes")
        case "fails": of(nl: "nee", en: "no")
        default: of(nl: "onbekend", en: "unknown")
        }
    }

    private func words(_ route: WhyDocument.Route) -> String {
        if let level = route.toldLevel { return told(route, as: language.word(forLevel: level)) }
        switch route.obstacle {
        case "level":
            return of(nl: "niet: het niveau is te laag", en: "not told: the level is too low")
        case "scope":
            return of(nl: "niet: niet voor deze dienst", en: "not told: not for this service")
        case "rule":
            return of(nl: "niet: de regel noemt anderen", en: "not told: the rule names others")
        case "about":
            return of(
                nl: "niet: krijgt alleen iets anders (about)",
                en: "not told: takes other things (about)")
        case "hours": return of(nl: "wacht op zijn uren", en: "waits for its hours")
        case "silence": return of(nl: "niet: stil", en: "not told: silenced")
        case "maintenance":
            return of(nl: "niet: de dienst heeft onderhoud", en: "not told: under maintenance")
        case "resolved":
            return of(
                nl: "niet: het incident is met de hand beëindigd",
                en: "not told: its incident was resolved by force")
        default: return of(nl: "wordt verteld", en: "is going to be told")
        }
    }

    private func told(_ route: WhyDocument.Route, as level: String) -> String {
        let message = route.message.map { of(nl: ", in bericht ", en: ", in message ") + $0 } ?? ""
        func at(_ instant: Instant?) -> String { instant?.timestamp.dateAndTime ?? "" }
        if route.lostAt != nil {
            return of(
                nl: "niet aangenomen als \(level)\(message); wordt herhaald",
                en: "did not take it as \(level)\(message); it is told again")
        }
        guard let delivered = route.deliveredAt else {
            return of(
                nl: "nog niet verteld als \(level): wacht sinds \(at(route.toldAt)) UTC\(message)",
                en: "not told yet as \(level): waits since \(at(route.toldAt)) UTC\(message)")
        }
        return of(
            nl: "verteld als \(level) om \(at(delivered)) UTC\(message)",
            en: "told as \(level) at \(at(delivered)) UTC\(message)")
    }
}
