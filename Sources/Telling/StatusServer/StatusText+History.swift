import HealthModel
import Observing

extension StatusText {
    /// The windows that say something new, the shortest first: one of which no more is known than of
    /// the one before would say the same again.
    func telling(_ windows: [StatusDocument.Window]) -> [StatusDocument.Window] {
        var known = 0.0
        return windows.filter { window in
            let seen = window.upSeconds + window.downSeconds + window.maintenanceSeconds
            defer { known = max(known, seen) }
            return seen > known
        }
    }

    /// The length of a window in words.
    func span(of window: StatusDocument.Window) -> String {
        window.days == 1
            ? language.of(nl: "24 uur", en: "24 hours")
            : language.of(nl: "\(window.days) dagen", en: "\(window.days) days")
    }

    /// How an endpoint has done over days, a line each.
    func historyLines(_ windows: [StatusDocument.Window]) -> [String] {
        var lines: [String] = []
        for window in telling(windows) {
            let span = span(of: window)
            var parts = ["\(percent(window.availabilityRatio)) \(language.of(nl: "op", en: "up"))"]
            for (seconds, word) in [
                (window.downSeconds, language.of(nl: "uit", en: "down")),
                (window.maintenanceSeconds, language.of(nl: "onderhoud", en: "maintenance")),
                (window.unknownSeconds, language.of(nl: "onbekend", en: "unknown")),
            ] where seconds >= 1 {
                parts.append("\(word) \(Duration.seconds(Int64(seconds)).shortText)")
            }
            if let p95 = window.p95Seconds { parts.append("p95 \(short(p95))") }
            if let p99 = window.p99Seconds { parts.append("p99 \(short(p99))") }
            lines.append(line("    \(span): " + parts.joined(separator: ", ")))
        }
        return lines
    }

    /// A ratio in the language of the text; `? %` when it is not known.
    func percent(_ ratio: Double?) -> String {
        ratio.map { Availability.percent($0, decimalMark: language.of(nl: ",", en: ".")) } ?? "? %"
    }
}
