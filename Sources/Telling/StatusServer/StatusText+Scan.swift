import HealthModel

extension StatusText {
    /// What a server accepts, and what is wrong with that.
    func scanLines(_ scan: StatusDocument.Scan) -> [String] {
        let time = scan.finishedAt.timestamp.dateAndTime
        let versions =
            scan.versions.isEmpty
            ? language.of(nl: "geen versie bekend", en: "no version known")
            : scan.versions.joined(separator: ", ")
        let ending =
            scan.isGivenUp
            ? language.of(
                nl: "; de server antwoordde niet meer", en: "; the server stopped answering") : ""
        var lines = [
            line(
                language.of(
                    nl: "    accepteert \(versions) (gevraagd \(time) UTC)\(ending)",
                    en: "    accepts \(versions) (asked \(time) UTC)\(ending)"))
        ]
        for finding in scan.findings {
            let detail = finding.detail.isEmpty ? "" : ": \(finding.detail)"
            lines.append(
                line(
                    "      \(word(forSeverity: finding.severity))  "
                        + "\(language.text(finding.text))\(detail)"))
            // What is merely noted needs no advice at night.
            guard finding.severity != "info" else { continue }
            lines.append(line("        → \(language.text(finding.remedy))"))
        }
        return lines
    }

    private func word(forSeverity severity: String) -> String {
        switch severity {
        case "warning": language.of(nl: "waarschuwing", en: "warning")
        case "critical": language.of(nl: "kritiek", en: "critical")
        default: severity
        }
    }
}
