public import HealthModel
public import Routing
import Synchronization

/// Tells one receiver that this is a test, on the thread that calls, without a ledger.
public enum ReceiverTrial {
    /// Makes one attempt.
    ///
    /// - Parameters:
    ///   - receiver: Who is told.
    ///   - trustStorePath: The file of roots that its certificate is verified by.
    ///   - userAgent: The User-Agent header.
    ///   - timekeeper: The clocks.
    /// - Returns: What kept it from taking the notification; nil when it took it.
    public static func tell(
        _ receiver: Receiver, trustStorePath: String, userAgent: String,
        timekeeper: any Timekeeper
    ) -> String? {
        let carrier = Carrier(
            http: HTTPSender(trustStorePath: trustStorePath, userAgent: userAgent),
            commands: CommandRunner(timekeeper: timekeeper),
            mail: MailSender(trustStorePath: trustStorePath))
        let now = timekeeper.now()
        let isStopping = Atomic<Bool>(false)
        var queue = DeliveryQueue()
        _ = queue.add(notification(for: receiver, at: now), addresses: receiver.addressCount)
        var failures: [String] = []
        // Each address by itself; none is tried twice.
        while let attempt = queue.next(at: 0) {
            let result = carrier.carry(attempt, to: receiver, at: now, isStopping: isStopping)
            switch result.outcome {
            case .delivered: break
            case .refused(let words), .failed(let words, _): failures.append(words)
            case .cancelled: return "stopped"
            }
            _ = queue.finish(.delivered, of: attempt, at: 0, date: now, jitter: 0)
        }
        return failures.isEmpty ? nil : failures.joined(separator: "; ")
    }

    /// What is told: an alert of the receiver's own level about a service that does not exist, in
    /// words that nobody takes for an outage.
    static func notification(for receiver: Receiver, at now: Timestamp) -> Notification {
        let text = LocalizedText(
            dutch: "TEST van ontvanger \(receiver.id): er is niets aan de hand.",
            english: "TEST of receiver \(receiver.id): nothing is wrong.")
        let level = receiver.level.rawValue.uppercased()
        let alert = Alert(
            key: AlertKey(rule: RuleID("test"), subject: .service(ServiceID("test"))),
            service: ServiceID("test"), level: receiver.level, state: .firing, activeSince: now,
            firingSince: now, reason: nil, summary: text, runbook: nil)
        return Notification(
            receiver: receiver.id, at: now, thread: alert.episode,
            items: [Notification.Item(alert: alert)],
            words: Notification.Words(
                headline: LocalizedText(
                    dutch: "\(level): \(text.dutch)", english: "\(level): \(text.english)"),
                body: [text]))
    }
}

extension Receiver {
    /// How many addresses it has, of which each is told by itself.
    var addressCount: Int {
        if case .email(let email) = kind { email.to.count } else { 1 }
    }
}
