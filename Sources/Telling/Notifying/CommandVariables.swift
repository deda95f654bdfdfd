import HealthModel
import Routing

/// The environment of a program that is told of an alert: nothing of ours, and the facts.
enum CommandVariables {
    /// Bytes of one value; Linux takes 128 KiB, and longer ones are cut.
    static let valueBytes = 4096
    /// Where programs are looked for by the program.
    static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// The variables for a notification, each as `NAME=value`; what is not known is left out.
    static func of(_ notification: Notification, in language: Receiver.Language) -> [String] {
        let alert = notification.alert
        let isDutch = language == .dutch
        let summary = isDutch ? alert.summary.dutch : alert.summary.english
        let words = notification.words
        let text = words.body.map { isDutch ? $0.dutch : $0.english }.joined(separator: " | ")
        let facts: [(name: String, value: String?)] = [
            ("NOTIFICATION", notification.id), ("OCCASION", notification.occasion.rawValue),
            ("RECEIVER", notification.receiver.text), ("STATE", alert.state.rawValue),
            ("LEVEL", alert.level.rawValue), ("RULE", alert.key.rule.text),
            ("SUBJECT_KIND", alert.key.subject.kind), ("SUBJECT", alert.key.subject.description),
            ("SERVICE", alert.service.text), ("SUMMARY", summary),
            ("HEADLINE", isDutch ? words.headline.dutch : words.headline.english), ("TEXT", text),
            ("ALERTS", "\(notification.items.count + notification.moreCount)"),
            ("REASON", alert.reason?.rawValue), ("RUNBOOK", alert.runbook),
            ("INCIDENT", alert.incident?.text), ("AT", notification.at.rfc3339),
            ("SINCE", (alert.firingSince ?? alert.activeSince).rfc3339),
        ]
        return ["PATH=\(path)", "LANG=C.UTF-8"]
            + facts.compactMap { fact in
                fact.value.map { "VITAAL_\(fact.name)=\($0.cleaned.cut(toBytes: valueBytes))" }
            }
    }
}
