import Alerting
import HealthModel

/// The monitor itself, for whoever has to know why it does not measure: `vitaal status monitor`.
extension StatusText {
    /// Endpoints named in one line; more are counted by `list`.
    private static let endpointsNamed = 100

    /// Whether it sees and why not, what is measured, its clock, load, receivers and files.
    func monitorLines() -> [String] {
        let isWell = document.verdict.isWell
        var lines: [String] = []
        if isWell {
            lines.append(
                line(
                    .up, word: language.of(nl: "MONITOR", en: "MONITOR"),
                    language.of(nl: "  Alles wordt gemeten.", en: "  All is measured.")))
        }
        lines += groundLines(in: Self.kindsOfMonitor)
        lines += measuringLines() + controlLines() + [clockLine(), loadLine()]
        lines += receiverLines() + [configurationLine()]
        for alert in document.ownAlerts {
            lines.append(line("  \(standing(of: alert))  \(alert.rule)"))
            lines += wrapped(language.text(alert.summary), indent: 4)
        }
        return lines + [monitorNextLine()]
    }

    private func measuringLines() -> [String] {
        guard let measuring = document.monitor.measuring else { return [] }
        let total = document.monitor.endpoints
        let count = measuring.measured
        var lines = [
            line(
                language.of(
                    nl: "  gemeten: \(count) van \(language.endpoints(total))",
                    en: "  measured: \(count) of \(language.endpoints(total))"))
        ]
        for group in measuring.unmeasured {
            lines += wrapped("\(group.endpoints.count): \(language.text(group.text))", indent: 4)
            lines.append(
                line("      ", listing: Array(group.endpoints.prefix(Self.endpointsNamed))))
        }
        return lines
    }

    private func controlLines() -> [String] {
        guard let controls = document.monitor.controls else {
            return [line(language.of(nl: "  controledoelen: geen", en: "  control targets: none"))]
        }
        let reached = controls.count { $0.isUp == true }
        let head = language.of(
            nl: "  controledoelen: \(reached) van \(controls.count) bereikt",
            en: "  control targets: \(reached) of \(controls.count) reached")
        return [line(head)]
            + controls.flatMap { control in
                let since = control.since.map {
                    language.of(nl: ", sinds ", en: ", since ") + $0.timestamp.dateAndTime + " UTC"
                }
                let why = control.reason.map { reason in
                    language.sentence(forReason: reason)
                        + (control.detail.map { " (\($0))" } ?? "")
                }
                let standing =
                    control.isUp == nil
                    ? language.of(nl: "nog niet gemeten", en: "not measured yet")
                    : why ?? language.of(nl: "bereikt", en: "reached")
                return wrapped("\(control.url): \(standing)\(since ?? "")", indent: 4)
            }
    }

    private func clockLine() -> String {
        let words: String
        if let clock = document.monitor.clock, let isSynchronised = clock.isSynchronised {
            let error = clock.errorMaxSeconds.map { short($0) } ?? "-"
            words =
                isSynchronised
                ? language.of(nl: "gelijk, binnen \(error)", en: "kept right, within \(error)")
                : language.of(
                    nl: "door geen tijddienst gelijkgezet", en: "kept right by no time service")
        } else {
            words =
                language.of(nl: "onbekend", en: "unknown")
                + (document.monitor.clock?.unknownBecause.map { " (\($0))" } ?? "")
        }
        return line(language.of(nl: "  klok: ", en: "  clock: ") + words)
    }

    private func loadLine() -> String {
        let (missed, probes) = (document.monitor.missedSlots, document.monitor.probes)
        return line(
            language.of(
                nl: "  belasting: \(probes) metingen en \(missed) gemiste beurten sinds de start",
                en: "  load: \(probes) probes and \(missed) missed slots since the start"))
    }

    private func receiverLines() -> [String] {
        guard let receivers = document.monitor.receivers else {
            return [line(language.of(nl: "  ontvangers: geen", en: "  receivers: none"))]
        }
        let failing = document.failingReceivers
        let taking = receivers.count - failing.count
        let head = language.of(
            nl: "  ontvangers: \(taking) van \(receivers.count) nemen meldingen aan",
            en: "  receivers: \(taking) of \(receivers.count) take notifications")
        return [line(head)]
            + failing.flatMap { receiver in
                let since = receiver.failingSince.map {
                    language.of(nl: "sinds ", en: "since ") + $0.timestamp.dateAndTime + " UTC: "
                }
                return wrapped((since ?? "") + notTold(receiver), indent: 4)
            }
    }

    private func configurationLine() -> String {
        let readAt = document.monitor.configurationReadAt.timestamp.dateAndTime
        return line(
            language.of(
                nl: "  configuratie: die van \(readAt) UTC geldt",
                en: "  configuration: that of \(readAt) UTC is in force"))
    }

    private func monitorNextLine() -> String {
        let next = language.of(nl: "NU: ", en: "NEXT: ")
        if isMeasuringInTrouble {
            return line(
                next
                    + language.of(
                        nl: "herstel de lijn of de naamserver van deze machine",
                        en: "mend the line or the name server of this machine"))
        }
        return monitorRepairLine()
            ?? line(next + language.of(nl: "niets te doen", en: "nothing to do"))
    }

    /// Whether the monitor measures nothing, or too little.
    var isMeasuringInTrouble: Bool {
        document.ground(.blind) != nil
            || document.ground(.notMeasured)?.status == Verdict.Grade.unknown.word
    }

    /// What to do about files and receivers; nil when these are well.
    func monitorRepairLine() -> String? {
        let next = language.of(nl: "NU: ", en: "NEXT: ")
        if document.ground(.refused) != nil || document.ground(.noRules) != nil {
            return line(next + "vitaal validate")
        }
        guard !document.failingReceivers.isEmpty else { return nil }
        return line(
            next
                + language.of(
                    nl: "waarschuw mensen langs een andere weg; zie `receivers` in alerts/",
                    en: "call people by other means; see `receivers` in alerts/"))
    }
}
