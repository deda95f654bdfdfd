import Alerting
import HealthModel

extension StatusText {
    /// Whether the monitor can see, before anything else; nothing when there is no telling.
    func doubtLines() -> [String] {
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

extension StatusDocument.Monitor {
    /// Adds whether the monitor can see.
    mutating func addDoubt(of snapshot: HealthSnapshot) {
        blindSince = snapshot.blindSince.map { Instant($0) }
        guard !snapshot.controls.isEmpty else { return }
        controls = snapshot.controls.map { control in
            StatusDocument.Control(
                url: control.url.description, isUp: control.isUp,
                since: control.since.map { Instant($0) }, reason: control.reason?.rawValue)
        }
    }
}
