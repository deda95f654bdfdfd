import Alerting
import HealthModel
import Routing

extension StatusText {
    /// A few lines that belong together; made when there is room for them, as thousands may be wrong.
    typealias Block = () -> [String]

    /// Silences and the like on the first screen; more are counted.
    static let actionsShown = 3

    /// The first screen: how things are, what is wrong, what to do.
    func overview() -> [String] {
        var head = [titleLine(), countsLine()]
        let roots = roots()
        let next = nextLine(worst: roots.first)
        let blocks = problemBlocks(roots)
        head += doubtLines()
        if let roots = document.monitor.trustStore, roots.isOld { head.append(rootsLine(roots)) }
        head += failingReceiverLines()
        head += shownActions()
        if blocks.isEmpty {
            if document.verdict.isWell { head += [calmLine()] }
            return head + [next]
        }
        // Two blank lines, the line that counts the rest and the last line always fit.
        var room = Self.overviewLines - head.count - 4
        var body = [""]
        var shown = 0
        for make in blocks {
            let block = make()
            guard block.count <= room else { break }
            room -= block.count
            shown += 1
            body += block
        }
        if shown < blocks.count {
            let rest = blocks.count - shown
            body.append(
                line(
                    language.of(
                        nl: "… en nog \(rest): vitaal status --json",
                        en: "… and \(rest) more: vitaal status --json")))
        }
        return head + body + ["", next]
    }

    private func titleLine() -> String {
        var parts = ["VITAAL \(document.monitor.version)", now.dateAndTime + " UTC"]
        if document.sampleAge != nil {
            let age = age(document.monitor.lastResultAt)
            parts.append(language.of(nl: "laatste meting \(age) oud", en: "last sample \(age) old"))
        }
        if let scenario = document.monitor.scenario { parts.append("lab: \(scenario)") }
        return line(parts.joined(separator: "  "))
    }

    private func countsLine() -> String {
        // What has no endpoint is no gap in what is measured.
        func isUnprobed(_ service: StatusDocument.Service) -> Bool {
            service.endpoints.isEmpty && state(service.effectiveState) == .unknown
        }
        let unprobed = document.services.count { isUnprobed($0) }
        let states = document.services.filter { !isUnprobed($0) }.map { state($0.effectiveState) }
        var counts = HealthState.allCases.sorted { shownFirst($0, $1) }.compactMap { state in
            let count = states.count { $0 == state }
            return count == 0 ? nil : "\(count) \(language.lowerWord(for: state))"
        }
        if unprobed > 0 {
            let words = language.of(nl: "zonder meetpunt", en: "not probed")
            counts.append("\(unprobed) \(words)")
        }
        let services = language.services(document.services.count)
        return line(services + (counts.isEmpty ? "" : ": " + counts.joined(separator: ", ")))
    }

    /// Up first, then the worst first.
    private func shownFirst(_ left: HealthState, _ right: HealthState) -> Bool {
        if left == .up || right == .up { return left == .up && right != .up }
        return left.severity > right.severity
    }

    /// Old roots spoil every verdict, so this stands above them.
    private func rootsLine(_ roots: StatusDocument.TrustStore) -> String {
        // No alert: nothing is wrong with what is watched, and the verdict stays as it is.
        line(language.of(nl: "LET OP: ", en: "NOTE: ") + language.text(roots.summary))
    }

    /// Alerts that reach nobody are worse than alerts.
    private func failingReceiverLines() -> [String] {
        document.failingReceivers.map { receiver in
            line(.down, word: language.word(for: .receiver), "  " + notTold(receiver))
        }
    }

    /// What operators did, as far as there is room.
    private func shownActions() -> [String] {
        let lines = actionLines()
        guard lines.count > Self.actionsShown else { return lines }
        let rest = lines.count - Self.actionsShown
        return lines.prefix(Self.actionsShown) + [
            line(
                language.of(
                    nl: "… en nog \(rest): vitaal silence list, vitaal maintenance list",
                    en: "… and \(rest) more: vitaal silence list, vitaal maintenance list"))
        ]
    }

    /// That people are not told, as one sentence.
    func notTold(_ receiver: StatusDocument.Receiver) -> String {
        let (failure, waiting) = (receiver.failure ?? "", receiver.waiting)
        return language.of(
            nl: "Ontvanger \(receiver.id) faalt (\(failure)); "
                + "er wacht\(waiting == 1 ? "" : "en") \(waiting).",
            en: "Receiver \(receiver.id) fails (\(failure)); "
                + "\(waiting) wait\(waiting == 1 ? "s" : "").")
    }

    func calmLine() -> String {
        let endpoints = document.monitor.endpoints
        return line(
            .up, word: language.of(nl: "ALLES GOED", en: "ALL WELL"),
            language.of(
                nl: "  Geen alarm, geen storing op \(language.endpoints(endpoints)).",
                en: "  No alert, no outage at \(language.endpoints(endpoints))."))
    }

    /// What is wrong, the worst first.
    private func problemBlocks(_ roots: [StatusDocument.Service]) -> [Block] {
        let rootIDs = Set(roots.map(\.id))
        let alertsElsewhere = document.alerts.filter { !rootIDs.contains($0.service) }
        return (legalBlocks() + incidentBlocks()).map { block in { block } }
            + roots.map { root in { rootBlock(root) } }
            + consequenceBlocks(rootIDs: rootIDs).map { block in { block } }
            + alertsElsewhere.map { alert in { alertBlock(alert) } }
    }

    /// The services that fail by themselves, the worst first.
    private func roots() -> [StatusDocument.Service] {
        document.services.indices.filter { state(document.services[$0].ownState).isTrouble }
            .map { ($0, rank(of: document.services[$0])) }
            .sorted { $0.1 < $1.1 }.map { document.services[$0.0] }
    }

    /// The smaller, the worse.
    private func rank(of service: StatusDocument.Service) -> (Int, Int, Int, Int, String) {
        (
            -urgency(of: service), -state(service.ownState).severity, service.tier,
            -service.dependants.count, service.id
        )
    }

    /// 0 without an alert, else the rank of the most urgent one; firing counts before pending.
    private func urgency(of service: StatusDocument.Service) -> Int {
        (alerts[service.id] ?? []).map { alert in
            (Level(rawValue: alert.level)?.rank ?? 0) + (alert.state == "firing" ? 11 : 1)
        }.max() ?? 0
    }

    private func rootBlock(_ service: StatusDocument.Service) -> [String] {
        let own = state(service.ownState)
        let alert = alerts[service.id]?.first
        var lines = [
            line(
                own, word: language.word(for: own),
                "  \(name(of: service))  \(age(service.since))"
                    + (alert.map { "  " + standing(of: $0) } ?? "")
                    + "  tier \(service.tier)  \(service.owner)")
        ]
        let failing = service.endpoints.filter { $0.last?.reason != nil }
        if let first = failing.first, let result = first.last, let why = sentence(for: result) {
            let more = failing.count - 1
            let others =
                more == 0 ? "" : language.of(nl: " (+\(more) meer)", en: " (+\(more) more)")
            lines.append(line("    \(first.id)\(others): \(why)"))
        }
        if !service.dependants.isEmpty {
            let count = language.services(service.dependants.count)
            let verb = service.dependants.count == 1
            let phrase = language.of(
                nl: "\(count) \(verb ? "hangt" : "hangen") hiervan af",
                en: "\(count) \(verb ? "depends" : "depend") on it")
            lines.append(line("    \(phrase): ", listing: service.dependants))
        }
        return lines
    }

    /// Services that are themselves well but hang on one that is not: a line for each state.
    private func consequenceBlocks(rootIDs: Set<String>) -> [[String]] {
        let hit = document.services.filter {
            !rootIDs.contains($0.id) && state($0.effectiveState).isTrouble
        }
        let groups = Dictionary(grouping: hit) { state($0.effectiveState) }
        return groups.sorted { $0.key.severity > $1.key.severity }.map { state, services in
            let causes = Set(services.flatMap(\.causes)).sorted()
            let because =
                causes.isEmpty
                ? ""
                : language.of(nl: " door ", en: " because of ")
                    + list(causes, room: width / 2)
            return [
                line(
                    state, word: language.word(for: state),
                    "  \(language.services(services.count))\(because)"),
                line("    ", listing: services.map(\.id)),
            ]
        }
    }

    private func alertBlock(_ alert: StatusDocument.Alert) -> [String] {
        [
            line(
                .degraded, word: language.word(forLevel: alert.level),
                "  \(alert.subject)  \(language.word(forAlertState: alert.state)) "
                    + "\(age(alert.firingSince ?? alert.activeSince))  \(alert.rule)"),
            line("    \(language.text(alert.summary))"),
        ]
    }

    /// The one thing to do now.
    private func nextLine(worst root: StatusDocument.Service?) -> String {
        let next = language.of(nl: "NU: ", en: "NEXT: ")
        if document.ground(.stale) != nil && document.alerts.isEmpty {
            return line(
                next
                    + language.of(
                        nl: "kijk of de meter meet: het log van vitaal run",
                        en: "see whether the monitor measures: the log of vitaal run"))
        }
        // Nothing else can be believed.
        let isBlind = document.verdict.grounds.first?.isAboutAll ?? false
        if !isBlind, let root { return line(next + "vitaal status \(root.id)") }
        if !isBlind, let repair = monitorRepairLine(), document.alerts.isEmpty { return repair }
        if isBlind || isMeasuringInTrouble {
            return line(next + "vitaal status \(HealthSnapshot.monitorName)")
        }
        let worst =
            document.alerts.first.map {
                $0.subjectKind == Subject.monitor.kind ? HealthSnapshot.monitorName : $0.subject
            } ?? document.services.first { state($0.effectiveState).isTrouble }?.id
        if let worst { return line(next + "vitaal status \(worst)") }
        return line(next + language.of(nl: "niets te doen", en: "nothing to do"))
    }
}
