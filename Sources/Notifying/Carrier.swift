import Alerting
import HealthModel
import Synchronization

/// Brings a notification to a receiver once, by the way that it has, on the thread that calls.
struct Carrier: Sendable {
    let http: HTTPSender
    let commands: CommandRunner
    let mail: MailSender

    /// Makes one attempt.
    ///
    /// - Parameters:
    ///   - one: What is told.
    ///   - receiver: Who is told.
    ///   - date: The present.
    ///   - isStopping: Ends the attempt early.
    /// - Returns: What it led to.
    func carry(
        _ one: Notification, to receiver: Receiver, at date: Timestamp,
        isStopping: borrowing Atomic<Bool>
    ) -> DeliveryQueue.Outcome {
        var fields = ["Idempotency-Key: \"\(one.id)\""]
        switch receiver.kind {
        case .webhook(let url):
            let body = Payload.webhook(one)
            if let secret = receiver.secret {
                fields += Signature.fields(of: body, id: one.id, at: date, secret: secret)
            }
            return http.post(body, to: url.description, fields: fields, isStopping: isStopping)
        case .alertmanager(let url):
            return http.post(
                Payload.alertmanager([one], at: date), to: Self.alerts(url), fields: fields,
                isStopping: isStopping)
        case .chat(let url):
            return http.post(
                Payload.chat(one, in: receiver.language), to: url.description, fields: fields,
                isStopping: isStopping)
        case .command(let command):
            return commands.run(
                command, variables: CommandVariables.of(one, in: receiver.language),
                input: Payload.webhook(one), isStopping: isStopping)
        case .email(let email):
            return mail.send(
                MailMessage.bytes(one, email, in: receiver.language), to: email,
                password: receiver.secret, isStopping: isStopping)
        }
    }

    /// Looks whether a receiver can be reached, without telling it anything.
    ///
    /// - Returns: What it led to; nil for one that can only be told, such as a command.
    func check(
        _ receiver: Receiver, isStopping: borrowing Atomic<Bool>
    ) -> DeliveryQueue.Outcome? {
        switch receiver.kind {
        case .webhook(let url), .alertmanager(let url), .chat(let url):
            http.connect(to: url.description, isStopping: isStopping)
        case .command, .email: nil
        }
    }

    /// Tells an Alertmanager again what it may have forgotten.
    func remind(
        _ batch: [Notification], to url: ProbeURL, at date: Timestamp,
        isStopping: borrowing Atomic<Bool>
    ) -> DeliveryQueue.Outcome {
        http.post(
            Payload.alertmanager(batch, at: date), to: Self.alerts(url), fields: [],
            isStopping: isStopping)
    }

    private static func alerts(_ url: ProbeURL) -> String {
        let base = url.withoutQuery
        return base + (base.hasSuffix("/") ? "" : "/") + "api/v2/alerts"
    }
}
