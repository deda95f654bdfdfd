import Alerting
import FoundationEssentials
import HealthModel

/// The bytes that receivers get.
///
/// Labels name the alert and are the same when it begins and when it ends; annotations say more.
/// The shapes are those of Prometheus' Alertmanager: its webhook body, version 4
/// (prometheus.io/docs/alerting/latest/configuration, `webhook_config`), and what its API takes
/// (`POST /api/v2/alerts`).
enum Payload {
    /// How long after the last word an Alertmanager takes an alert for resolved: four times the
    /// interval at which it is told again, as Prometheus does.
    static let validity: Duration = AlertmanagerMemory.interval * 4
    /// What an alert that has not ended has as its end in the webhook body.
    private static let never = "0001-01-01T00:00:00Z"

    private struct WebhookBody: Encodable {
        var version = "4"
        var groupKey: String
        var truncatedAlerts = 0
        var status: String
        var receiver: String
        var groupLabels: [String: String]
        var commonLabels: [String: String]
        var commonAnnotations: [String: String]
        var externalURL = ""
        var alerts: [WebhookAlert]
    }

    private struct WebhookAlert: Encodable {
        var status: String
        var labels: [String: String]
        var annotations: [String: String]
        var startsAt: String
        var endsAt: String
        var generatorURL = ""
        var fingerprint: String
    }

    private struct PostableAlert: Encodable {
        var labels: [String: String]
        var annotations: [String: String]
        var startsAt: String
        var endsAt: String
    }

    /// The body of a webhook; `occasion` says why it hears once more of what fires.
    static func webhook(_ notification: Notification) -> [UInt8] {
        let alert = notification.alert
        let labels = labels(of: alert)
        var annotations = annotations(of: alert)
        if notification.occasion != .change {
            annotations["occasion"] = notification.occasion.rawValue
        }
        let isOver = alert.state == .resolved
        return bytes(
            WebhookBody(
                groupKey: notification.episode, status: isOver ? "resolved" : "firing",
                receiver: notification.receiver.text, groupLabels: labels, commonLabels: labels,
                commonAnnotations: annotations,
                alerts: [
                    WebhookAlert(
                        status: isOver ? "resolved" : "firing", labels: labels,
                        annotations: annotations, startsAt: start(of: alert),
                        endsAt: isOver ? notification.at.rfc3339 : never,
                        fingerprint: fingerprint(labels))
                ]))
    }

    /// The body for an Alertmanager.
    ///
    /// - Parameters:
    ///   - notifications: What it is told, for the first time or again.
    ///   - now: The present; what fires ends `validity` later unless it is told again.
    /// - Returns: A JSON list.
    static func alertmanager(_ notifications: [Notification], at now: Timestamp) -> [UInt8] {
        bytes(
            notifications.map { notification in
                let isOver = notification.alert.state == .resolved
                return PostableAlert(
                    labels: labels(of: notification.alert),
                    annotations: annotations(of: notification.alert),
                    startsAt: start(of: notification.alert),
                    endsAt: (isOver ? notification.at : now + validity).rfc3339)
            })
    }

    /// The body for Mattermost and Slack: one line for people.
    ///
    /// Text from outside can neither call everybody (`@all`, `<!channel>`) nor show a link as
    /// something else: the three characters that Slack's format knows are escaped
    /// (docs.slack.dev, "Formatting message text"), and an @ is followed by a space of no width.
    static func chat(_ notification: Notification, in language: Receiver.Language) -> [UInt8] {
        let alert = notification.alert
        let isOver = alert.state == .resolved
        let word: String
        let summary: String
        switch language {
        case .dutch:
            word = isOver ? "VOORBIJ" : alert.level.rawValue.uppercased()
            summary = alert.summary.dutch
        case .english:
            word = isOver ? "OVER" : alert.level.rawValue.uppercased()
            summary = alert.summary.english
        }
        let since = alert.firingSince ?? alert.activeSince
        let time =
            isOver
            ? "\(since.dateAndTime) – \(notification.at.dateAndTime)" : since.dateAndTime
        let runbook = alert.runbook.map { " \($0)" } ?? ""
        let incident = alert.incident.map { "\($0), " } ?? ""
        let mark = notification.occasion.words(in: language).map { " (\($0))" } ?? ""
        let text =
            "\(word)\(mark): \(summary) (\(incident)\(alert.key.subject), \(time) UTC)\(runbook)"
        var safe = ""
        // By scalar: one that joins its neighbours must not hide them.
        for character in text.unicodeScalars {
            switch character {
            case "&": safe += "&amp;"
            case "<": safe += "&lt;"
            case ">": safe += "&gt;"
            case "@": safe += "@\u{200B}"
            default: safe.unicodeScalars.append(character)
            }
        }
        return bytes(["text": safe])
    }

    private static func labels(of alert: Alert) -> [String: String] {
        var labels = [
            "alertname": alert.key.rule.text, "service": alert.service.text,
            "severity": alert.level.rawValue,
        ]
        switch alert.key.subject {
        case .endpoint(let id): labels["endpoint"] = id.text
        case .receiver(let id): labels["receiver"] = id.text
        case .service, .monitor: break
        }
        return labels
    }

    private static func annotations(of alert: Alert) -> [String: String] {
        var annotations = ["summary": alert.summary.english, "summary_nl": alert.summary.dutch]
        annotations["reason"] = alert.reason?.rawValue
        annotations["runbook_url"] = alert.runbook
        // Not a label: the incident of an alert may turn out to be another one.
        annotations["incident"] = alert.incident?.text
        return annotations
    }

    private static func start(of alert: Alert) -> String {
        (alert.firingSince ?? alert.activeSince).rfc3339
    }

    /// The fingerprint that Prometheus' programs give to a set of labels: FNV-1a of names and
    /// values in the order of the names, each ended by 255.
    static func fingerprint(_ labels: [String: String]) -> String {
        var hash: UInt64 = 14_695_981_039_346_656_037
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
        for (name, value) in labels.sorted(by: { $0.key < $1.key }) {
            for text in [name, value] {
                text.utf8.forEach(add)
                add(255)
            }
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func bytes(_ body: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(body) else {
            preconditionFailure("texts and whole numbers are always JSON")
        }
        return Array(data)
    }
}
