import Alerting
import HealthModel
import Observing

extension StatusText {
    /// The grounds that lie in the monitor itself and have lines of their own; a receiver's are those
    /// of each receiver.
    static let kindsOfMonitor: [Verdict.Ground.Kind] = [
        .blind, .stale, .notMeasured, .refused, .noRules, .waiting,
    ]

    /// Whether the monitor can see and do its work, before anything else; nothing when there is no
    /// telling.
    func doubtLines() -> [String] {
        groundLines(in: Self.kindsOfMonitor) + controlsLine() + ownAlertLines()
    }

    /// What keeps the monitor from its work, each with why or what comes of it.
    func groundLines(in kinds: [Verdict.Ground.Kind]) -> [String] {
        var shown = kinds.compactMap { kind in document.ground(kind).map { (kind, $0) } }
        // One cause is told once.
        if let first = shown.first, first.0 == .blind || first.0 == .stale {
            shown.removeAll { [.stale, .notMeasured, .waiting].contains($0.0) && $0.0 != first.0 }
        }
        return shown.flatMap { kind, ground in
            let state: HealthState = [.refused, .noRules].contains(kind) ? .degraded : .unknown
            return [line(state, word: language.word(for: kind), "  " + language.text(ground.text))]
                + (ground.detail.map { wrapped(language.text($0), indent: 4) } ?? [])
        }
    }

    /// What people are told of the monitor itself, but for what has a line.
    private func ownAlertLines() -> [String] {
        let told = [HealthMonitor.blindKey, HealthMonitor.notMeasuredKey].map(\.rule.text)
        return document.ownAlerts.filter { !told.contains($0.rule) }.map { alert in
            let about = alert.subject == Subject.monitor.description ? "" : "\(alert.subject): "
            return line(
                .unknown, word: language.of(nl: "MONITOR", en: "MONITOR"),
                "  " + about + language.text(alert.summary))
        }
    }

    private func controlsLine() -> [String] {
        guard document.monitor.blindSince == nil, let controls = document.monitor.controls else {
            return []
        }
        let reached = controls.count { $0.isUp == true }
        let text = language.of(
            nl: "  controledoelen \(reached)/\(controls.count)",
            en: "  controls \(reached)/\(controls.count)")
        let word = language.of(nl: "METING", en: "MEASUREMENT")
        return [line(reached == 0 ? .unknown : .up, word: word, text)]
    }
}

extension StatusLanguage {
    /// The word in capitals for what keeps all from being well.
    func word(for kind: Verdict.Ground.Kind) -> String {
        switch kind {
        case .blind: of(nl: "BLIND", en: "BLIND")
        case .stale: of(nl: "METER", en: "MONITOR")
        case .notMeasured: of(nl: "NIET GEMETEN", en: "NOT MEASURED")
        case .refused: of(nl: "GEWEIGERD", en: "REFUSED")
        case .noRules: of(nl: "GEEN REGELS", en: "NO RULES")
        case .waiting: of(nl: "WACHT", en: "WAITING")
        case .receiver: of(nl: "NIET VERTELD", en: "NOT TOLD")
        case .firing, .pending: of(nl: "ALARM", en: "ALERT")
        case .outage: of(nl: "STORING", en: "OUTAGE")
        case .noSuchName: of(nl: "ONBEKEND", en: "UNKNOWN")
        }
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
        measuring = StatusDocument.Measuring(MeasuringReport(snapshot.endpoints))
        guard !snapshot.controls.isEmpty else { return }
        controls = snapshot.controls.map { control in
            StatusDocument.Control(
                url: control.url.description, isUp: control.isUp,
                since: control.since.map { Instant($0) }, reason: control.reason?.rawValue,
                detail: control.detail.isEmpty ? nil : control.detail)
        }
    }
}
