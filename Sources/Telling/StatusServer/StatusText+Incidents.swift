import HealthModel

/// Incidents as text for a terminal.
extension StatusText {
    /// The open incidents that are more than the failure of one service: two lines each.
    func incidentBlocks() -> [[String]] {
        (document.incidents ?? []).filter { $0.closedAt == nil && $0.failingServices.count > 1 }
            .map { incident in
                [
                    incidentLine(incident),
                    line(
                        "    \(language.services(incident.failingServices.count)): ",
                        listing: incident.failingServices),
                ]
            }
    }

    /// One incident in a line: how urgent, its number, since when, what it is about.
    func incidentLine(_ incident: StatusDocument.Incident) -> String {
        let level = language.word(forLevel: incident.level)
        let cause = language.text(incident.cause)
        let times =
            incident.occurrence < 2
            ? ""
            : language.of(
                nl: "  \(incident.occurrence)e in 7 dagen",
                en: "  number \(incident.occurrence) in 7 days")
        if let closedAt = incident.closedAt {
            let lasted = max(.zero, closedAt.timestamp - incident.openedAt.timestamp).shortText
            return line(
                .up, word: incident.id,
                "  \(level)  "
                    + language.of(nl: "voorbij na \(lasted)", en: "over after \(lasted)")
                    + "  \(cause)\(times)")
        }
        let calamity =
            incident.isCalamity ? language.of(nl: "  CALAMITEIT", en: "  CALAMITY") : ""
        let known = acknowledgement(of: incident.id)
        return line(
            .down, word: incident.id,
            "  \(level)  \(age(incident.openedAt))\(calamity)\(known ?? "")  "
                + cause + times)
    }

    /// Who said to work on an incident; nil when nobody did.
    func acknowledgement(of incident: String) -> String? {
        document.actions?.last { $0.kind == "acknowledgement" && $0.scope == incident }
            .map { "  " + language.of(nl: "erkend door ", en: "acknowledged by ") + $0.author }
    }

    /// What the law asks to be reported of an incident, a line each; none unless somebody started
    /// that clock.
    func legalLines(_ incident: StatusDocument.Incident) -> [String] {
        guard let steps = incident.legalSteps else { return [] }
        return [
            line(
                language.of(
                    nl: "Meldplicht (NIS2, artikel 23):", en: "To report (NIS2, article 23):"))
        ]
            + steps.map { step in
                let left = step.dueAt.timestamp - now
                let standing: String
                if let done = step.doneAt {
                    standing =
                        language.of(nl: "verzonden ", en: "sent ") + done.timestamp.dateAndTime
                } else if left < .zero {
                    standing = language.of(
                        nl: "TE LAAT sinds \((Duration.zero - left).shortText)",
                        en: "OVERDUE by \((Duration.zero - left).shortText)")
                } else {
                    standing = language.of(nl: "nog ", en: "within ") + left.shortText
                }
                return line("  \(step.step)  \(step.dueAt.timestamp.dateAndTime)  \(standing)")
            }
    }

    /// The next report that is owed of each incident, for the first screen.
    func legalBlocks() -> [[String]] {
        (document.incidents ?? []).compactMap { incident in
            guard let next = incident.legalSteps?.first(where: { $0.doneAt == nil }) else {
                return nil
            }
            let left = next.dueAt.timestamp - now
            let time =
                left < .zero
                ? language.of(nl: "TE LAAT", en: "OVERDUE") : left.shortText
            return [
                line(
                    .degraded, word: incident.id,
                    language.of(nl: "  te melden: ", en: "  to report: ") + "\(next.step)  \(time)")
            ]
        }
    }

    /// Renders the incidents, one line each.
    ///
    /// - Returns: Lines that each end in a line feed, free of control characters but for colours.
    public static func incidents(
        _ document: StatusDocument, width: Int = 80, isColored: Bool = false,
        language: StatusLanguage = .en
    ) -> String {
        let text = StatusText(document, width: width, isColored: isColored, language: language)
        let incidents = document.incidents ?? []
        guard !incidents.isEmpty else {
            return language.of(
                nl: "geen incident, nu niet en de laatste 24 uur niet",
                en: "no incident, neither now nor in the last 24 hours") + "\n"
        }
        return incidents.map { text.incidentLine($0) + "\n" }.joined()
    }

    /// Renders one incident whole: its alerts and its timeline; nil when it is not in the document.
    public static func incident(
        _ id: String, of document: StatusDocument, width: Int = 80, isColored: Bool = false,
        language: StatusLanguage = .en
    ) -> String? {
        guard let incident = document.incidents?.first(where: { $0.id == id.uppercased() }) else {
            return nil
        }
        let text = StatusText(document, width: width, isColored: isColored, language: language)
        var lines = [text.incidentLine(incident)]
        lines += text.wrapped("\(language.text(incident.cause)) (\(incident.root))", indent: 2)
        lines.append(text.line(language.of(nl: "Alarmen:", en: "Alerts:")))
        for alert in incident.alerts {
            let end =
                alert.endedAt.map {
                    language.of(nl: "voorbij ", en: "over ") + $0.timestamp.dateAndTime
                } ?? language.word(forAlertState: "firing")
            lines.append(
                text.line(
                    "  \(language.word(forLevel: alert.level))  \(alert.subject)  \(alert.rule)  \(end)"
                ))
            lines += text.wrapped(language.text(alert.summary), indent: 4)
        }
        lines += text.legalLines(incident)
        lines.append(text.line(language.of(nl: "Verloop (UTC):", en: "Timeline (UTC):")))
        for event in incident.events {
            lines.append(
                text.line("  \(event.at.timestamp.dateAndTime)  \(event.kind)  \(event.text)"))
        }
        return lines.map { $0 + "\n" }.joined()
    }
}
