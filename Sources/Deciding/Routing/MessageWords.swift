package import HealthModel
package import Incidents

/// What people read of a message, in Dutch and in English: what, since when, why, whom to call, and
/// what to type next.
package struct MessageWords {
    /// Characters of the first line, which may be all that a phone shows.
    static let headlineCharacters = 120
    /// Alerts that have a line each; more are counted.
    static let linesMax = 20
    /// Services named in what is told of one incident; more are counted.
    static let servicesNamed = 4

    let map: IncidentMap
    /// The incident that is told of; nil for an alert outside of one.
    let incident: Incident?
    /// The maintenance that services are under.
    let maintenance: [ServiceID: OperatorAction]
    /// Where people find the page of this monitor; nil when nothing is written.
    var externalURL: String?

    package init(
        map: IncidentMap, incident: Incident?, maintenance: [ServiceID: OperatorAction],
        externalURL: String? = nil
    ) {
        self.map = map
        self.incident = incident
        self.maintenance = maintenance
        self.externalURL = externalURL
    }

    /// One language.
    private struct Voice {
        let isDutch: Bool

        func say(_ dutch: String, _ english: String) -> String { isDutch ? dutch : english }

        func say(_ text: LocalizedText) -> String { isDutch ? text.dutch : text.english }

        /// An instant by the clock that people live by, and in UTC.
        func time(_ instant: Timestamp) -> String {
            let local = instant + AmsterdamTime.offset(at: instant)
            return "\(local.dateAndTime.prefix(16)) Amsterdam "
                + "(\(instant.dateAndTime.dropFirst(11).prefix(5)) UTC)"
        }
    }

    /// The words for a message that has none yet.
    package func words(of message: Notification) -> Notification.Words {
        let (dutch, english) = (Voice(isDutch: true), Voice(isDutch: false))
        let bodies = (body(message, dutch), body(message, english))
        return Notification.Words(
            headline: LocalizedText(
                dutch: headline(message, dutch), english: headline(message, english)),
            body: zip(bodies.0, bodies.1).map { LocalizedText(dutch: $0, english: $1) })
    }

    // MARK: The first line

    private func headline(_ message: Notification, _ voice: Voice) -> String {
        let lead = message.items[0]
        let mark = mark(of: message, voice).map { " (\($0))" } ?? ""
        let ended = message.items.count(where: \.part.isEnd)
        let firing = message.items.count - ended + message.moreCount
        let others = (lead.part.isEnd ? ended : firing) - 1
        var tail = others > 0 ? voice.say(" En nog \(others).", " And \(others) more.") : ""
        if lead.part.isEnd, firing > 0 {
            tail += voice.say(" Nog \(firing) over.", " \(firing) left.")
        }
        if lead.part == .over {
            let time = max(.zero, message.at - lead.alert.activeSince).shortText
            tail = voice.say(" Duurde ", " Lasted ") + time + "." + tail
        }
        let head = "\(Self.state(of: lead, voice))\(mark): "
        let room = Self.headlineCharacters - head.count - tail.count
        return head + Self.cut(sentence(lead.alert.summary, voice), to: max(20, room)) + tail
    }

    private func mark(of message: Notification, _ voice: Voice) -> String? {
        switch message.occasion {
        case .change: nil
        case .update: message.items[0].part.isEnd ? nil : voice.say("meer nieuws", "update")
        case .reminder: voice.say("herinnering", "reminder")
        case .escalation: voice.say("niemand reageerde", "nobody responded")
        case .fallback: voice.say("een ander was niet te bereiken", "another was not reached")
        }
    }

    private static func state(of item: Notification.Item, _ voice: Voice) -> String {
        switch item.part {
        case .begun, .known: item.alert.level.rawValue.uppercased()
        case .over: voice.say("VOORBIJ", "OVER")
        case .unwatched: voice.say("NIET MEER BEWAAKT", "NO LONGER WATCHED")
        case .changed: voice.say("GEWIJZIGD", "CHANGED")
        }
    }

    /// A summary as a sentence, in plain ASCII when it is one.
    private func sentence(_ summary: LocalizedText, _ voice: Voice) -> String {
        let text = voice.say(summary)
        return text.last.map { ".!?".contains($0) } ?? true ? text : text + "."
    }

    /// Whole words, with a mark where some are left out.
    private static func cut(_ text: String, to count: Int) -> String {
        guard text.count > count else { return text }
        let head = text.prefix(count - 3)
        let end = head.lastIndex(of: " ") ?? head.endIndex
        return head[..<end] + "..."
    }

    // MARK: The lines below

    private func body(_ message: Notification, _ voice: Voice) -> [String] {
        var lines = message.items.prefix(Self.linesMax).map { line($0, message, voice) }
        let more = message.moreCount + max(0, message.items.count - Self.linesMax)
        if more > 0 { lines.append(voice.say("En nog \(more).", "And \(more) more.")) }
        lines += context(message, voice)
        lines += help(for: message.items[0].alert, voice)
        return lines
    }

    private func line(
        _ item: Notification.Item, _ message: Notification, _ voice: Voice
    ) -> String {
        let alert = item.alert
        let since = alert.activeSince
        let summary = sentence(alert.summary, voice)
        let level = alert.level.rawValue.uppercased()
        switch item.part {
        case .begun:
            let head = voice.say("NIEUW", "NEW") + " \(level)  \(summary)"
            return "\(head) \(voice.say("Sinds", "Since")) \(voice.time(alert.activeSince))."
        case .known:
            let head = voice.say("NOG STEEDS", "STILL") + " \(level)  \(summary)"
            return "\(head) \(voice.say("Sinds", "Since")) \(voice.time(alert.activeSince))."
        case .over:
            return Self.state(of: item, voice)
                + "  \(summary) \(voice.say("Van", "From")) \(voice.time(since)) "
                + "\(voice.say("tot", "to")) \(voice.time(message.at)), "
                + "\(max(.zero, message.at - since).shortText)."
        case .unwatched:
            return Self.state(of: item, voice) + "  \(summary) "
                + voice.say(
                    "De regel, de dienst of de ontvanger is weg uit de instellingen.",
                    "Its rule, service or receiver is gone from the configuration.")
        case .changed:
            return Self.state(of: item, voice) + "  \(summary) "
                + voice.say(
                    "Dit geldt niet meer als \(level).", "This is no \(level) any more.")
        }
    }

    /// What is behind it, what it touches, and what else one should know.
    private func context(_ message: Notification, _ voice: Voice) -> [String] {
        var lines: [String] = []
        if let incident {
            let services = incident.services
            if let cause = cause(of: incident, voice) { lines.append(cause) }
            if services.count > 1 {
                let named = services.prefix(Self.servicesNamed).map(\.text).joined(separator: ", ")
                let more = services.count - Self.servicesNamed
                let rest = more > 0 ? voice.say(" en nog \(more)", " and \(more) more") : ""
                lines.append(
                    voice.say(
                        "\(services.count) diensten geraakt: \(named)\(rest).",
                        "\(services.count) services touched: \(named)\(rest)."))
            }
            if incident.occurrence >= IncidentKeeper.recurrenceMin {
                lines.append(
                    voice.say(
                        "\(incident.occurrence)e incident in 7 dagen.",
                        "Incident number \(incident.occurrence) in 7 days."))
            }
            if incident.isCalamity {
                lines.append(
                    voice.say(
                        "Calamiteit: langer dan 4 uur open.",
                        "Calamity: open for more than 4 hours."))
            }
        }
        return lines + maintained(above: message.items[0].alert.service, voice)
    }

    /// What is shown by evidence is told as the cause, and what only coincides as that.
    private func cause(of incident: Incident, _ voice: Voice) -> String? {
        let cause = voice.say(map.cause(of: incident.root))
        if case .service(let id) = incident.root, incident.services.allSatisfy({ $0 == id }) {
            return nil
        }
        return incident.root.isShown
            ? voice.say("Komt door: \(cause).", "Because of: \(cause).")
            : voice.say("Tegelijk met: \(cause).", "At the same time as: \(cause).")
    }

    /// The maintenance of what a service needs.
    private func maintained(above service: ServiceID, _ voice: Voice) -> [String] {
        (map.ancestors[service] ?? []).sorted().compactMap { parent in
            guard let action = maintenance[parent], let name = map.services[parent]?.name else {
                return nil
            }
            return voice.say(
                "\(name.dutch) heeft onderhoud tot \(voice.time(action.endsAt)) "
                    + "(\(action.id), \(action.author): \(action.reason)).",
                "\(name.english) is under maintenance until \(voice.time(action.endsAt)) "
                    + "(\(action.id), \(action.author): \(action.reason)).")
        }
    }

    /// Whom to call, what to read and what to type.
    private func help(for alert: Alert, _ voice: Voice) -> [String] {
        var lines: [String] = []
        if let service = map.services[alert.service] {
            let count = map.descendants[service.id]?.count ?? 0
            let needed =
                count > 0
                ? voice.say(
                    " Afhankelijke diensten: \(count).", " Services that depend on it: \(count).")
                : ""
            lines.append(
                voice.say("Eigenaar", "Owner") + ": \(service.owner) (\(service.id), tier "
                    + "\(service.tier.rawValue)).\(needed)")
            if let contact = service.contact {
                lines.append(voice.say("Bel", "Call") + ": \(contact)")
            }
            if let runbook = service.runbook ?? alert.runbook {
                lines.append(voice.say("Draaiboek", "Runbook") + ": \(runbook)")
            }
        }
        let command =
            alert.incident.map { "vitaal incident show \($0)" }
            ?? (alert.key.subject.kind == Subject.monitor.kind
                ? "vitaal status" : "vitaal status \(alert.service)")
        lines.append(voice.say("Meer weten", "To see more") + ": \(command)")
        if let externalURL {
            let name = alert.incident?.text ?? alert.service.text
            lines.append("Link: \(externalURL)#\(name)")
        }
        return lines
    }
}
