import FoundationEssentials
import HealthModel
import Routing

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
        var truncatedAlerts: Int
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

    /// The body of a webhook: the alerts that are new first, then what goes on.
    ///
    /// `occasion` says why it hears once more of what fires.
    static func webhook(_ notification: Notification) -> [UInt8] {
        let alerts = notification.items.map { item -> WebhookAlert in
            let labels = Self.labels(of: item.alert)
            var annotations = Self.annotations(of: item)
            if notification.occasion != .change {
                annotations["occasion"] = notification.occasion.rawValue
            }
            return WebhookAlert(
                status: item.part.isEnd ? "resolved" : "firing", labels: labels,
                annotations: annotations, startsAt: start(of: item.alert),
                endsAt: item.part.isEnd ? notification.at.rfc3339 : never,
                fingerprint: fingerprint(labels))
        }
        let commonLabels = common(alerts.map(\.labels))
        var annotations = common(alerts.map(\.annotations))
        let words = notification.words
        annotations["summary"] = words.headline.english
        annotations["summary_nl"] = words.headline.dutch
        annotations["description"] = words.body.map(\.english).joined(separator: "\n")
        annotations["description_nl"] = words.body.map(\.dutch).joined(separator: "\n")
        let incident = notification.alert.incident.map { ["incident": $0.text] }
        return bytes(
            WebhookBody(
                groupKey: notification.thread, truncatedAlerts: notification.moreCount,
                status: notification.isOver ? "resolved" : "firing",
                receiver: notification.receiver.text, groupLabels: incident ?? commonLabels,
                commonLabels: commonLabels, commonAnnotations: annotations, alerts: alerts))
    }

    /// What all of these have.
    private static func common(_ all: [[String: String]]) -> [String: String] {
        guard let first = all.first else { return [:] }
        return first.filter { one in all.allSatisfy { $0[one.key] == one.value } }
    }

    /// The body for an Alertmanager.
    ///
    /// - Parameters:
    ///   - told: What it is told, for the first time or again.
    ///   - now: The present by its own clock; what fires ends `validity` later unless it is told
    ///     again. Nothing begins after that present, and nothing ends before it began, whatever our
    ///     clock did.
    /// - Returns: A JSON list.
    static func alertmanager(_ told: [AlertmanagerMemory.Told], at now: Timestamp) -> [UInt8] {
        bytes(
            told.map { one in
                let alert = one.item.alert
                let end = one.item.part.isEnd ? min(one.at, now) : now + validity
                let start = min(alert.firingSince ?? alert.activeSince, min(end, now))
                return PostableAlert(
                    labels: alertmanagerLabels(of: one.item),
                    annotations: annotations(of: one.item), startsAt: start.rfc3339,
                    endsAt: end.rfc3339)
            })
    }

    /// The body for Mattermost and Slack: lines for people.
    ///
    /// Text from outside can neither call everybody (`@all`, `<!channel>`) nor look like something else:
    /// the three characters that Slack's format knows are escaped (docs.slack.dev, "Formatting
    /// message text"), and an @ and the signs of both formats are followed by a space of no width. A
    /// link stays as it is, so that it opens what it says.
    static func chat(_ notification: Notification, in language: Receiver.Language) -> [UInt8] {
        let words = notification.words
        let lines = [words.headline] + (words.body.isEmpty ? [] : words.body)
        let text = lines.map { language == .dutch ? $0.dutch : $0.english }
            .joined(separator: "\n")
        return bytes(["text": chatText(text)])
    }

    private static func chatText(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.split(separator: " ", omittingEmptySubsequences: false).map { word in
                let isLink = word.hasPrefix("https://") || word.hasPrefix("http://")
                return escaped(word, isLink: isLink)
            }.joined(separator: " ")
        }.joined(separator: "\n")
    }

    private static func escaped(_ word: Substring, isLink: Bool) -> String {
        var safe = ""
        // By scalar: one that joins its neighbours must not hide them.
        for character in word.unicodeScalars {
            switch character {
            case "&": safe += "&amp;"
            case "<": safe += "&lt;"
            case ">": safe += "&gt;"
            case "@" where !isLink: safe += "@\u{200B}"
            case "*" where !isLink, "_" where !isLink, "~" where !isLink, "`" where !isLink:
                safe.unicodeScalars.append(character)
                safe += "\u{200B}"
            default: safe.unicodeScalars.append(character)
            }
        }
        return safe
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

    /// What an Alertmanager knows an alert by, groups and routes it by.
    static func alertmanagerLabels(of item: Notification.Item) -> [String: String] {
        var labels = Self.labels(of: item.alert)
        labels["incident"] = item.alert.incident?.text
        labels["cause"] = item.labels.cause
        labels["tier"] = item.labels.tier.map { "\($0.rawValue)" }
        labels["sector"] = item.labels.sector
        labels["owner"] = item.labels.owner
        return labels
    }

    private static func annotations(of item: Notification.Item) -> [String: String] {
        let alert = item.alert
        var annotations = ["summary": alert.summary.english, "summary_nl": alert.summary.dutch]
        annotations["reason"] = alert.reason?.rawValue
        annotations["runbook_url"] = alert.runbook
        // No label of a webhook: the incident of an alert may turn out to be another one.
        annotations["incident"] = alert.incident?.text
        annotations["cause"] = item.labels.cause
        annotations["part"] = item.part.rawValue
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
