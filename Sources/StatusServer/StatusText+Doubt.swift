import Alerting
import HealthModel

extension StatusText {
    /// Whether the monitor can see and do its work, before anything else; nothing when there is no
    /// telling.
    func doubtLines() -> [String] { sightLines() + ownAlertLines() }

    /// What people are told of the monitor itself, but for blindness, which has a line.
    private func ownAlertLines() -> [String] {
        document.ownAlerts.filter { $0.rule != "monitor-blind" }.map { alert in
            let about = alert.subject == "monitor" ? "" : "\(alert.subject): "
            return line(
                .unknown, word: language.of(nl: "MONITOR", en: "MONITOR"),
                "  " + about + language.of(nl: alert.summary.nl, en: alert.summary.en))
        }
    }

    private func sightLines() -> [String] {
        if let blindness {
            return [line(.unknown, word: language.of(nl: "BLIND", en: "BLIND"), "  " + blindness)]
        }
        guard let controls = document.monitor.controls else { return [] }
        let reached = controls.count { $0.isUp == true }
        let text = language.of(
            nl: "  controledoelen \(reached)/\(controls.count)",
            en: "  controls \(reached)/\(controls.count)")
        let word = language.of(nl: "METING", en: "MEASUREMENT")
        return [line(reached == 0 ? .unknown : .up, word: word, text)]
    }

    /// That no state can be believed, as one sentence; nil while the monitor sees.
    var blindness: String? {
        document.monitor.blindSince.map {
            let since = $0.timestamp.dateAndTime
            return language.of(
                nl: "De monitor ziet niets sinds \(since) UTC: alle toestanden zijn onbekend.",
                en: "The monitor sees nothing since \(since) UTC: all states are unknown.")
        }
    }
}

extension StatusDocument {
    /// The alerts that fire about the monitor itself.
    var ownAlerts: [Alert] {
        alerts.filter { $0.subjectKind == "monitor" && $0.state == "firing" }
    }
}

extension StatusDocument.Clock {
    init(_ discipline: ClockDiscipline) {
        switch discipline {
        case .unknown(let why): unknownBecause = why
        case .known(let reading):
            isSynchronised = reading.isSynchronised
            offsetSeconds = reading.offset.fractionalSeconds
            errorMaxSeconds = reading.errorMax.fractionalSeconds
        }
    }
}

extension StatusDocument.Monitor {
    /// Adds whether the monitor can see.
    mutating func addDoubt(of snapshot: HealthSnapshot) {
        blindSince = snapshot.blindSince.map { Instant($0) }
        clock = snapshot.clock.map { StatusDocument.Clock($0) }
        guard !snapshot.controls.isEmpty else { return }
        controls = snapshot.controls.map { control in
            StatusDocument.Control(
                url: control.url.description, isUp: control.isUp,
                since: control.since.map { Instant($0) }, reason: control.reason?.rawValue)
        }
    }
}
