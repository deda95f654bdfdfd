import HealthModel
import ResultStore

extension StatusText {
    /// How an endpoint has done over days, a line each; a window of which less is known than of the
    /// one before would say the same again and is left out.
    func historyLines(_ windows: [StatusDocument.Window]) -> [String] {
        var lines: [String] = []
        var known = 0.0
        for window in windows {
            let seen = window.upSeconds + window.downSeconds + window.maintenanceSeconds
            guard seen > known else { continue }
            known = seen
            let span =
                window.days == 1
                ? language.of(nl: "24 uur", en: "24 hours")
                : language.of(nl: "\(window.days) dagen", en: "\(window.days) days")
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
