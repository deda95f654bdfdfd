import HealthModel

extension StatusText {
    /// When the certificates of an endpoint should be renewed, and how late that is.
    func renewalLines(_ renewal: StatusDocument.Renewal) -> [String] {
        let time = renewal.expectedAt.timestamp.dateAndTime
        let ahead = renewal.expectedAt.timestamp - now
        var text =
            ahead > .zero
            ? language.of(
                nl: "vernieuwing verwacht \(time) UTC (over \(ahead.shortText))",
                en: "renewal expected \(time) UTC (in \(ahead.shortText))")
            : language.of(
                nl: "vernieuwing werd verwacht \(time) UTC (\((.zero - ahead).shortText) geleden)",
                en: "renewal was expected \(time) UTC (\((.zero - ahead).shortText) ago)")
        if let level = renewal.level { text = "\(language.word(forLevel: level)): \(text)" }
        var lines = [line("    " + text)]
        // Before renewal is expected the levels are of no concern.
        if ahead <= .zero, let next = renewal.nextLevel, let at = renewal.nextLevelAt {
            let time = at.timestamp.dateAndTime
            lines.append(
                line(
                    "      \(language.word(forLevel: next)) "
                        + language.of(nl: "vanaf \(time) UTC", en: "from \(time) UTC")))
        }
        if let overdue = renewal.overdueAt?.timestamp, overdue <= now {
            let time = overdue.dateAndTime
            lines.append(
                line(
                    language.of(
                        nl: "    wordt hier gewoonlijk eerder vernieuwd: te laat sinds \(time) UTC",
                        en: "    usually renewed earlier here: overdue since \(time) UTC")))
        }
        return lines
    }
}
