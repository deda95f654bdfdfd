public import Alerting
public import HealthModel
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
        switch carrier.carry(
            notification(for: receiver, at: now), to: receiver, at: now, isStopping: isStopping)
        {
        case .delivered: return nil
        case .refused(let words), .failed(let words, _): return words
        case .cancelled: return "stopped"
        }
    }

    /// What is told: an alert of the receiver's own level about a service that does not exist, in
    /// words that nobody takes for an outage.
    static func notification(for receiver: Receiver, at now: Timestamp) -> Notification {
        Notification(
            receiver: receiver.id, at: now,
            alert: Alert(
                key: AlertKey(rule: RuleID("test"), subject: .service(ServiceID("test"))),
                service: ServiceID("test"), level: receiver.level, state: .firing,
                activeSince: now, firingSince: now, reason: nil,
                summary: LocalizedText(
                    dutch: "TEST van ontvanger \(receiver.id): er is niets aan de hand.",
                    english: "TEST of receiver \(receiver.id): nothing is wrong."),
                runbook: nil))
    }
}
