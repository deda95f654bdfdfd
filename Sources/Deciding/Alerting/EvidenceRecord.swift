public import HealthModel
public import Observing
public import Routing

/// One line of the evidence log: who did what to what, when, from where and with what result
/// (the fields of BIO2 8.15), and for alerts what it was about.
public struct EvidenceRecord: Sendable, Hashable {
    /// What happened.
    public enum Action: String, Sendable, Hashable, CaseIterable {
        /// A condition began to hold.
        case alertPending = "alert.pending"
        /// An alert fires: people are told.
        case alertFiring = "alert.firing"
        /// An alert that fired is over.
        case alertResolved = "alert.resolved"
        /// A pending alert ended without having fired.
        case alertEnded = "alert.ended"
        /// The monitor started.
        case monitorStart = "monitor.start"
        /// The monitor stopped.
        case monitorStop = "monitor.stop"
        /// The monitor cannot see: no state can be believed.
        case monitorBlind = "monitor.blind"
        /// The monitor sees again.
        case monitorSighted = "monitor.sighted"
        /// The clock of the machine was set.
        case clockStepped = "clock.stepped"
        /// The machine slept.
        case monitorSuspended = "monitor.suspended"
        /// The configuration was read anew.
        case configReload = "config.reload"
        /// The certificate of an endpoint changed in a way that is worth a look.
        case certificateChanged = "certificate.changed"
        /// A receiver took a notification.
        case notificationDelivered = "notification.delivered"
        /// A notification was given up.
        case notificationFailed = "notification.failed"
        /// A receiver began to fail.
        case receiverFailing = "receiver.failing"
        /// A receiver takes notifications again.
        case receiverRecovered = "receiver.recovered"
        /// An operator asked for a silence, or one that was planned began.
        case silenceBegan = "silence.began"
        /// A silence was ended or ran out.
        case silenceEnded = "silence.ended"
        /// An operator works on an incident.
        case acknowledgementBegan = "acknowledgement.began"
        /// An acknowledgement was withdrawn or ran out.
        case acknowledgementEnded = "acknowledgement.ended"
        /// An operator asked for maintenance, or one that was planned began.
        case maintenanceBegan = "maintenance.began"
        /// Maintenance was ended or ran out.
        case maintenanceEnded = "maintenance.ended"
        /// Maintenance is over, and a service that was under it does not serve.
        case maintenanceOverrun = "maintenance.overrun"
        /// An operator said how a dark service is.
        case darkSet = "dark.set"
        /// What an operator said of a dark service was withdrawn or ran out.
        case darkCleared = "dark.cleared"
        /// Something that operators asked for waits for its time.
        case operationPlanned = "operation.planned"
        /// An operator wrote into the timeline of an incident.
        case incidentNoted = "incident.noted"
        /// An operator wrote how an incident ended, or ended it.
        case incidentResolved = "incident.resolved"
        /// An operator started the legal clock of an incident.
        case incidentAware = "incident.aware"
        /// An operator sent what the law asks for.
        case incidentReported = "incident.reported"
        /// Lines of this log were lost, because neither ledger nor memory could hold them.
        case evidenceLost = "evidence.lost"
        /// The ledger lacked what the log has: the chain goes on from the log's last line.
        case evidenceResumed = "evidence.resumed"
    }

    /// Bytes kept of one text before escaping; a summary has been cut by the monitor.
    public static let textBytes = 512
    /// Bytes in one line, line feed included.
    ///
    /// Sixteen texts of at most 512 bytes, of which each byte may become six, and the keys.
    public static let lineBytes = 48 * 1024

    /// When it happened.
    public var at: Timestamp
    /// What happened.
    public var action: Action
    /// What it happened to, such as `service/digid` or `monitor`.
    public var object: String
    /// How it ended: `ok`, or what went wrong.
    public var result: String
    /// Where it came from: the vantage, or the address of a caller.
    public var origin: String
    /// Who did it: `vitaal` for the program itself, or an operator.
    public var actor: String
    /// The alert behind an alert or a notification; nil for the others.
    public var alert: Alert?
    /// The id of the notification; nil for what is not about one.
    public var notification: String?
    /// What it tells of each alert; nil for what is not about a notification.
    public var told: String?

    /// The change behind `certificateChanged`; nil for the others.
    public var change: CertificateChange?

    /// What an operator did; nil for the others.
    public var operation: OperatorAction?
    /// The words of an operator on an incident; nil for the others.
    public var note: String?

    /// Makes the record of a change of a certificate.
    public init(_ change: CertificateChange, origin: String = VantageID.local.text) {
        self.init(
            at: change.at, action: .certificateChanged, object: "endpoint/\(change.endpoint)",
            origin: origin)
        self.change = change
    }

    /// Makes a record of something that is not an alert.
    ///
    /// - Parameters:
    ///   - at: When it happened.
    ///   - action: What happened.
    ///   - object: What it happened to.
    ///   - result: How it ended.
    ///   - origin: Where it came from.
    ///   - actor: Who did it.
    public init(
        at: Timestamp, action: Action, object: String = "monitor", result: String = "ok",
        origin: String = VantageID.local.text, actor: String = "vitaal"
    ) {
        self.at = at
        self.action = action
        self.object = object
        self.result = result
        self.origin = origin
        self.actor = actor
        alert = nil
    }

    /// Makes the record of one transition.
    public init(_ transition: AlertTransition, origin: String = VantageID.local.text) {
        let alert = transition.alert
        let action: Action =
            switch alert.state {
            case .pending: .alertPending
            case .firing: .alertFiring
            case .resolved: alert.firingSince == nil ? .alertEnded : .alertResolved
            }
        let object =
            switch alert.key.subject {
            case .service(let id): "service/\(id)"
            case .endpoint(let id): "endpoint/\(id)"
            case .monitor, .receiver: alert.key.subject.description
            }
        self.init(
            at: transition.at, action: action, object: object,
            result: transition.isWatched ? "ok" : "no longer watched", origin: origin)
        self.alert = alert
    }

    /// Makes the record of a notification that has ended.
    public init(_ delivery: Delivery, origin: String = VantageID.local.text) {
        self.init(
            at: delivery.at,
            action: delivery.failure == nil ? .notificationDelivered : .notificationFailed,
            object: "receiver/\(delivery.notification.receiver)",
            result: delivery.failure ?? "ok", origin: origin)
        alert = delivery.notification.alert
        notification = delivery.notification.id
        let told = delivery.notification.news
        self.told = (told.isEmpty ? [delivery.notification.items[0]] : told).map {
            "\($0.part.rawValue) \($0.alert.key.rule) \($0.alert.key.subject) \($0.alert.level)"
        }.joined(separator: "; ")
    }

    /// One JSON object and a line feed; every key is always there for its kind of action.
    public var jsonLine: String {
        var line = "{"
        func put(_ key: String, _ text: String?) {
            if line.utf8.count > 1 { line += "," }
            line += "\"\(key)\":"
            line += text.map { jsonString($0.cut(toBytes: Self.textBytes)) } ?? "null"
        }
        put("ts", at.rfc3339)
        put("action", action.rawValue)
        put("object", object)
        put("result", result)
        put("origin", origin)
        put("actor", actor)
        if let notification { put("notification", notification) }
        if let told { put("told", told) }
        if let alert {
            put("level", alert.level.rawValue)
            put("rule", alert.key.rule.text)
            put("state", alert.state.rawValue)
            put("service", alert.service.text)
            put("reason", alert.reason?.rawValue)
            put("active_since", alert.activeSince.rfc3339)
            put("firing_since", alert.firingSince?.rfc3339)
            put("summary_nl", alert.summary.dutch)
            put("summary_en", alert.summary.english)
            if let incident = alert.incident { put("incident", incident.text) }
        }
        if let operation {
            put("scope", operation.scope)
            put("reason", operation.reason)
            put("author", operation.author)
            put("starts_at", operation.startsAt.rfc3339)
            put("ends_at", operation.endsAt.rfc3339)
            put("ended_by", operation.endedBy)
            if let days = operation.recurrence?.days { put("every", days.description) }
        }
        if let note { put("reason", note) }
        if let change {
            put("change", change.kind.rawValue)
            put("host", change.host)
            put("address", change.address)
            put("details", change.details.joined(separator: ", "))
            put("issuer_before", change.before.authorityName)
            put("issuer", change.after.authorityName)
            put("fingerprint_before", change.before.fingerprintSHA256)
            put("fingerprint", change.after.fingerprintSHA256)
            put("summary_nl", change.summary.dutch)
            put("summary_en", change.summary.english)
        }
        return line + "}\n"
    }

    /// One line for people, without a line feed: time, level, what, subject, summary in English.
    ///
    /// Text from outside cannot steer a terminal: control characters are replaced.
    public var humanLine: String {
        let failure = result == "ok" ? "" : result
        return Self.humanLine(
            time: at.dateAndTime, level: alert?.level.rawValue, action: action.rawValue,
            subject: alert.map { $0.key.subject.description } ?? object,
            text: (notification == nil ? nil : failure) ?? ownWords.map {
                // A recovery has no result of its own.
                alert == nil || failure.isEmpty ? $0 : "\(failure): \($0)"
            } ?? failure)
    }

    /// One line for people of the parts of a record.
    public static func humanLine(
        time: String, level: String?, action: String, subject: String, text: String
    ) -> String {
        let rank = (level?.uppercased() ?? "-").padded(to: 8)
        let word = String(action.split(separator: ".").last ?? "").uppercased().padded(to: 8)
        let line = "\(time)  \(rank)  \(word)  \(subject)  \(text)"
        return line.cut(toBytes: textBytes).withoutControlCharacters.trimmedAtEnd
    }
}

extension EvidenceRecord {
    /// Makes the record of something that operators asked for.
    ///
    /// - Parameters:
    ///   - action: What happened.
    ///   - operation: What was asked for.
    ///   - at: When.
    ///   - actor: Who did it; `vitaal` when its time had come.
    ///   - origin: Where it came from.
    ///   - result: How it ended.
    public init(
        _ action: Action, _ operation: OperatorAction, at: Timestamp, actor: String = "vitaal",
        origin: String = VantageID.local.text, result: String = "ok"
    ) {
        self.init(
            at: at, action: action, object: "\(operation.effect.kind.rawValue)/\(operation.id)",
            result: result, origin: origin, actor: actor)
        self.operation = operation
    }

    /// What the record is about in words for people; nil when only its result says something.
    fileprivate var ownWords: String? {
        if let alert { return alert.summary.english }
        if let change { return change.summary.english }
        if let operation { return words(of: operation) }
        return note.map { "\(actor): \($0)" }
    }

    private func words(of operation: OperatorAction) -> String {
        Self.words(
            action: action, scope: operation.scope, startsAt: operation.startsAt.dateAndTime,
            endsAt: operation.endsAt.dateAndTime, endedBy: operation.endedBy, result: result,
            author: operation.author, reason: operation.reason)
    }

    /// What an operator did in words for people, from the parts of a line.
    public static func words(
        action: Action?, scope: String, startsAt: String, endsAt: String, endedBy: String?,
        result: String, author: String, reason: String
    ) -> String {
        let end =
            switch action {
            case .silenceEnded, .acknowledgementEnded, .maintenanceEnded, .darkCleared:
                endedBy.map { "ended by \($0)" } ?? "ran out"
            case .maintenanceOverrun: result
            case .operationPlanned: "from \(startsAt) until \(endsAt)"
            default: "until \(endsAt)"
            }
        return "\(scope) \(end); \(author): \(reason)"
    }
}

/// `text` as a JSON string (RFC 8259 §7) that also holds no U+2028 or U+2029, which some readers
/// take for the end of a line, and nothing that would reorder what a terminal shows.
func jsonString(_ text: String) -> String {
    var escaped = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": escaped += "\\\""
        case "\\": escaped += "\\\\"
        case "\n": escaped += "\\n"
        case "\r": escaped += "\\r"
        case "\t": escaped += "\\t"
        default:
            if scalar.isControl {
                let digits = String(scalar.value, radix: 16)
                escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
    }
    return escaped + "\""
}

extension Unicode.Scalar {
    /// Control characters of ASCII and Latin-1, the two line separators of Unicode, and what turns
    /// the direction of writing.
    fileprivate var isControl: Bool {
        value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029
            || properties.isBidiControl
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }

    fileprivate var withoutControlCharacters: String {
        var clean = ""
        for scalar in unicodeScalars {
            clean.unicodeScalars.append(scalar.isControl ? "\u{FFFD}" : scalar)
        }
        return clean
    }

    fileprivate var trimmedAtEnd: String {
        var trimmed = self[...]
        while trimmed.last == " " { trimmed.removeLast() }
        return String(trimmed)
    }
}
