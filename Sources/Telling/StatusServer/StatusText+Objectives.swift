import HealthModel

/// How services do against their objectives, as text for a terminal.
extension StatusText {
    /// Renders a table, the service with the least budget first.
    ///
    /// - Parameters:
    ///   - document: The status.
    ///   - ids: Only these services; empty shows all.
    ///   - width: Columns of the terminal; no line is wider.
    ///   - language: Dutch or English.
    /// - Returns: Lines that each end in a line feed.
    public static func objectives(
        _ document: StatusDocument, ids: [String] = [], width: Int = 80,
        language: StatusLanguage = .en
    ) -> String {
        let text = StatusText(document, width: width, language: language)
        let shown = (document.objectives ?? []).filter { ids.isEmpty || ids.contains($0.service) }
            .sorted { left, right in
                left.budgetLeftRatio == right.budgetLeftRatio
                    ? left.service < right.service
                    : left.budgetLeftRatio < right.budgetLeftRatio
            }
        guard let month = shown.first?.month else {
            return language.of(nl: "er is nog niets gemeten", en: "nothing has been measured yet")
                + "\n"
        }
        let head = language.of(
            nl: "\(month)  norm    gehaald   budget   eigen    keten   onbekend  dienst",
            en: "\(month)  target  reached   budget   own      chain   unknown   service")
        let lines = shown.map { one in
            [
                text.symbol(for: one.budgetLeftRatio > 0 ? .up : .down).padded(9),
                percent(one.targetRatio, digits: 1).padded(8),
                (one.availabilityRatio.map { percent($0, digits: 3) } ?? "-").padded(10),
                percent(one.budgetLeftRatio, digits: 0).padded(9),
                lost(one.lostOwnSeconds).padded(9), lost(one.lostChainSeconds).padded(8),
                lost(one.unknownSeconds).padded(10), one.service,
            ].joined()
        }
        return ([head] + lines).map { text.line($0) + "\n" }.joined()
    }

    /// Cut, never rounded up: 99.4999 % is not 99.5 %.
    private static func percent(_ ratio: Double, digits: Int) -> String {
        var scale = 1
        for _ in 0..<digits { scale *= 10 }
        // What floating point makes of 0.995 × 100 is a hair below.
        let bounded = min(max(ratio * 100, -99_999), 100)
        let cut = Int((bounded * Double(scale) + 1e-6).rounded(.down))
        guard digits > 0 else { return "\(cut)%" }
        let rest = String(abs(cut) % scale)
        let zeros = String(repeating: "0", count: digits - rest.utf8.count)
        return "\(cut < 0 ? "-" : "")\(abs(cut) / scale).\(zeros)\(rest)%"
    }

    private static func lost(_ seconds: Double) -> String {
        seconds < 1 ? "-" : Duration.seconds(Int64(min(seconds, 1e9))).shortText
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - TerminalText.columns(of: self)))
    }
}
