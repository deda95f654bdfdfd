import Alerting
import HealthModel

/// The mail that tells a notification (RFC 5322): the same bytes at every attempt.
///
/// Its Message-ID is made of the notification's id, so that a mail system can drop a repetition.
/// What it answers to is made of the incident and of the episode, which are no mails themselves:
/// programs that group by `References` put all mails of an incident together.
enum MailMessage {
    /// Bytes of the subject before it is encoded.
    static let subjectBytes = 240

    /// The mail, lines ended by CR LF; libcurl doubles the dots that begin a line.
    static func bytes(
        _ notification: Notification, _ email: ReceiverEmail, in language: Receiver.Language
    ) -> [UInt8] {
        let words = MailWords(notification, language)
        let episode = identifier(notification.episode, email.from)
        let thread = notification.alert.incident.map { identifier($0.text, email.from) }
        let references = [thread, episode].compactMap(\.self)
        let fields: [(name: String, value: String)] = [
            ("Date", MailText.date(notification.at)),
            ("From", "Vitaal <\(email.from)>"),
            ("To", email.to.map(\.description).joined(separator: ",\r\n ")),
            ("Subject", MailText.headerValue(words.subject.cut(toBytes: subjectBytes))),
            ("Message-ID", identifier(notification.id, email.from)),
            ("In-Reply-To", thread ?? episode),
            ("References", references.joined(separator: "\r\n ")),
            ("Auto-Submitted", "auto-generated"),
            ("X-Vitaal-Notification", notification.id.cleaned),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "quoted-printable"),
            ("Content-Language", language.rawValue),
        ]
        var bytes: [UInt8] = []
        for field in fields { bytes += Array("\(field.name): \(field.value)\r\n".utf8) }
        bytes += [13, 10]
        return bytes + MailText.quotedPrintable(words.body)
    }

    /// An identifier of a message or a thread: two monitors that write from two addresses never
    /// share one.
    ///
    /// Ids and addresses are dot-atoms, and so is this.
    private static func identifier(_ text: String, _ from: MailAddress) -> String {
        "<\(text)/\(from.local)@\(from.domain)>"
    }
}

/// What a mail says, in one language.
private struct MailWords {
    let subject: String
    let body: [String]

    init(_ notification: Notification, _ language: Receiver.Language) {
        let alert = notification.alert
        let isDutch = language == .dutch
        let isOver = alert.state == .resolved
        func say(_ dutch: String, _ english: String) -> String { isDutch ? dutch : english }
        let summary = say(alert.summary.dutch, alert.summary.english)
        let state = isOver ? say("VOORBIJ", "OVER") : alert.level.rawValue.uppercased()
        let mark = notification.occasion.words(in: language).map { " (\($0))" } ?? ""
        subject = "\(state)\(mark) \(alert.service): \(summary)"
        let since = alert.firingSince ?? alert.activeSince
        var facts = [
            (say("Dienst", "Service"), alert.service.text),
            (say("Niveau", "Level"), alert.level.rawValue),
            (say("Sinds", "Since"), "\(since.dateAndTime) UTC"),
        ]
        if isOver { facts.append((say("Tot", "Until"), "\(notification.at.dateAndTime) UTC")) }
        facts.append((say("Regel", "Rule"), "\(alert.key.rule) (\(alert.key.subject))"))
        if let incident = alert.incident { facts.append(("Incident", incident.text)) }
        if let runbook = alert.runbook { facts.append((say("Draaiboek", "Runbook"), runbook)) }
        let command =
            alert.incident.map { "vitaal incident show \($0)" }
            ?? (alert.key.subject == .monitor ? "vitaal status" : "vitaal status \(alert.service)")
        body =
            ["\(state)\(mark): \(summary)", ""] + facts.map { "\($0.0): \($0.1)" }
            + ["", say("Meer weten? Typ:", "To see more, type:"), command]
    }
}

extension Notification.Occasion {
    /// Why somebody hears of it now; nil when it simply began or ended.
    func words(in language: Receiver.Language) -> String? {
        func say(_ dutch: String, _ english: String) -> String {
            language == .dutch ? dutch : english
        }
        return switch self {
        case .change: nil
        case .update: say("meer nieuws", "update")
        case .reminder: say("herinnering", "reminder")
        case .escalation: say("niemand reageerde", "nobody responded")
        case .fallback: say("een ander was niet te bereiken", "another was not reached")
        }
    }
}
