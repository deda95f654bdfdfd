import HealthModel

/// What operators did as text for a terminal.
extension StatusText {
    /// The silences and the like on the first screen: a line each.
    func actionLines() -> [String] {
        (document.actions ?? []).filter { $0.kind != "acknowledgement" }.map(actionLine)
    }

    /// One action in a line: its number, what it is about, until when, who and why.
    func actionLine(_ action: StatusDocument.Action) -> String {
        let start = action.startsAt.timestamp
        let times =
            start > now
            ? language.of(nl: "vanaf ", en: "from ")
                + AmsterdamTime.dateAndTime(at: start) + " Amsterdam"
            : language.of(nl: "nog ", en: "for ")
                + max(.zero, action.endsAt.timestamp - now).shortText
        let word: String =
            switch action.kind {
            case "silence": language.of(nl: "stil", en: "silent")
            case "acknowledgement": language.of(nl: "in behandeling", en: "acknowledged")
            case "maintenance": language.of(nl: "onderhoud", en: "maintenance")
            default: language.of(nl: "gezet", en: "set")
            }
        return line(
            "\(action.id)  \(word) \(times)  \(action.scope)  \(action.author): \(action.reason)")
    }

    /// When an action begins and ends, by the clock of Amsterdam and in UTC, a line each, and how it comes
    /// back.
    private func timeLines(_ action: StatusDocument.Action) -> String {
        let (start, end) = (action.startsAt.timestamp, action.endsAt.timestamp)
        let to = language.of(nl: "tot", en: "to")
        let clock =
            "    \(AmsterdamTime.dateAndTime(at: start)) \(to) \(AmsterdamTime.dateAndTime(at: end))"
        return line("\(clock) Amsterdam") + "\n"
            + line("    \(start.shortDateAndTime) \(to) \(end.shortDateAndTime) UTC") + "\n"
            + (action.repetition.map { line("    \($0)") + "\n" } ?? "")
    }

    /// Renders what operators did, a few lines each: what, and when.
    ///
    /// - Returns: Lines that each end in a line feed, free of control characters but for colours.
    public static func actions(
        _ document: StatusDocument, width: Int = 80, isColored: Bool = false,
        language: StatusLanguage = .en
    ) -> String {
        let text = StatusText(document, width: width, isColored: isColored, language: language)
        let actions = document.actions ?? []
        guard !actions.isEmpty else { return language.of(nl: "geen", en: "none") + "\n" }
        return actions.map { text.actionLine($0) + "\n" + text.timeLines($0) }.joined()
    }
}
