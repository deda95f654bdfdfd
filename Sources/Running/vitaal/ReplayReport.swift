import HealthModel
import RuleTesting

/// What a replay came to.
struct ReplayReport {
    /// Alerts listed of one group; `--json` has all.
    static let alertsShown = 200

    /// How often one receiver is told.
    struct Told: Encodable {
        var receiver: String
        var proposed: Int
        var then: Int

        /// Every receiver of either, by name.
        static func all(_ proposed: [ReceiverID: Int], _ then: [String: Int]) -> [Told] {
            let names = Set(proposed.keys.map(\.text)).union(then.keys)
            return names.sorted().map {
                Told(receiver: $0, proposed: proposed[ReceiverID($0)] ?? 0, then: then[$0] ?? 0)
            }
        }
    }

    var window: Range<Timestamp>
    var rules: Int
    var results: Int
    var comparison: ReplayComparison
    var told: [Told]
    var notReplayed: [String]

    /// The report for people.
    var lines: [String] {
        var lines = [
            "\(window.lowerBound.dateAndTime) to \(window.upperBound.dateAndTime) UTC: "
                + "\(rules) rules over \(results) results"
        ]
        lines += group(
            "BOTH", "with these rules and then", comparison.both.map(\.proposed),
            comparison.both.map(Self.difference))
        lines += group("NEW", "with these rules only", comparison.onlyProposed)
        lines += group("GONE", "then only", comparison.onlyThen)
        lines += totals
        if !told.isEmpty {
            lines += ["", "How often receivers are told:"]
            lines += Self.table(
                [["receiver", "proposed", "then"]]
                    + told.map { [$0.receiver, "\($0.proposed)", "\($0.then)"] })
        }
        lines += ["", "Not replayed: " + notReplayed.joined(separator: ", ")]
        return lines
    }

    private var totals: [String] {
        let totals = comparison.totals
        guard !totals.isEmpty else { return [] }
        return ["", "How often rules fire:"]
            + Self.table(
                [["rule", "level", "proposed", "then"]]
                    + totals.map {
                        [$0.rule.text, $0.level.rawValue, "\($0.proposed)", "\($0.then)"]
                    })
    }

    private func group(
        _ word: String, _ meaning: String, _ alerts: [FiredAlert], _ notes: [String] = []
    ) -> [String] {
        let rows = alerts.prefix(Self.alertsShown).enumerated().map { place, alert in
            [
                alert.firedAt.dateAndTime, alert.level.rawValue, alert.rule.text, alert.object,
                Self.length(of: alert) + (place < notes.count ? notes[place] : ""),
            ]
        }
        let more = alerts.count - rows.count
        return ["", "\(word), \(meaning): \(alerts.count)"] + Self.table(rows)
            + (more > 0 ? ["  and \(more) more"] : [])
    }

    private static func length(of alert: FiredAlert) -> String {
        alert.endedAt.map { "for \(($0 - alert.firedAt).shortText)" } ?? "goes on"
    }

    /// How what was told then differs; empty when it does not.
    private static func difference(_ pair: ReplayComparison.Pair) -> String {
        let later = pair.proposed.firedAt - pair.then.firedAt
        var words: [String] = []
        if abs(later.fractionalSeconds) >= 1 {
            let length = max(later, .zero - later).shortText
            words.append("\(length) \(later > .zero ? "later" : "earlier") than then")
        }
        if pair.proposed.level != pair.then.level {
            words.append("then \(pair.then.level.rawValue)")
        }
        return words.map { ", " + $0 }.joined()
    }

    /// Rows in columns; numbers are short enough to stand at the left.
    private static func table(_ rows: [[String]]) -> [String] {
        var widths: [Int] = []
        for row in rows {
            for (place, text) in row.enumerated() {
                if place == widths.count { widths.append(0) }
                widths[place] = max(widths[place], text.count)
            }
        }
        return rows.map { row in
            let cells = row.enumerated().map { place, text in
                place == row.count - 1 ? text : text.padding(to: widths[place] + 2)
            }
            return "  " + cells.joined()
        }
    }
}

/// What a replay came to, as JSON.
struct ReplayDocument: Encodable {
    struct Alert: Encodable {
        var rule: String
        var object: String
        var level: String
        var firedAt: String
        var endedAt: String?

        init(_ alert: FiredAlert) {
            rule = alert.rule.text
            object = alert.object
            level = alert.level.rawValue
            firedAt = alert.firedAt.rfc3339
            endedAt = alert.endedAt?.rfc3339
        }
    }
    struct Pair: Encodable {
        var proposed: Alert
        var then: Alert
    }
    struct Total: Encodable {
        var rule: String
        var level: String
        var proposed: Int
        var then: Int
    }

    var from: String
    var to: String
    var results: Int
    var both: [Pair]
    var onlyProposed: [Alert]
    var onlyThen: [Alert]
    var totals: [Total]
    var told: [ReplayReport.Told]
    var notReplayed: [String]

    init(_ report: ReplayReport) {
        from = report.window.lowerBound.rfc3339
        to = report.window.upperBound.rfc3339
        results = report.results
        both = report.comparison.both.map {
            Pair(proposed: Alert($0.proposed), then: Alert($0.then))
        }
        onlyProposed = report.comparison.onlyProposed.map { Alert($0) }
        onlyThen = report.comparison.onlyThen.map { Alert($0) }
        totals = report.comparison.totals.map {
            Total(
                rule: $0.rule.text, level: $0.level.rawValue, proposed: $0.proposed, then: $0.then)
        }
        told = report.told
        notReplayed = report.notReplayed
    }
}
