import HealthModel
import Routing
import Synchronization

/// Brings a notification to a receiver once, by the way that it has, on the thread that calls.
struct Carrier: Sendable {
    let http: HTTPSender
    let commands: CommandRunner
    let mail: MailSender

    /// Makes one attempt.
    ///
    /// - Parameters:
    ///   - attempt: What is told.
    ///   - receiver: Who is told.
    ///   - date: The present.
    ///   - offset: By how much the receiver's clock is ahead of ours, as far as that is known.
    ///   - isStopping: Ends the attempt early.
    /// - Returns: What it led to.
    func carry(
        _ attempt: DeliveryQueue.Attempt, to receiver: Receiver, at date: Timestamp,
        offset: Duration = .zero, isStopping: borrowing Atomic<Bool>
    ) -> HTTPSender.Result {
        let one = attempt.notification
        var fields = ["Idempotency-Key: \"\(attempt.id)\""]
        switch receiver.kind {
        case .webhook(let url):
            let body = Payload.webhook(one)
            if let secret = receiver.secret {
                fields += Signature.fields(of: body, id: attempt.id, at: date, secret: secret)
            }
            return http.post(body, to: url.description, fields: fields, isStopping: isStopping)
        case .alertmanager(let url):
            return http.post(
                Payload.alertmanager(Self.told(one), at: date + offset), to: Self.alerts(url),
                fields: fields, isStopping: isStopping)
        case .chat(let url):
            return http.post(
                Payload.chat(one, in: receiver.language), to: url.description, fields: fields,
                isStopping: isStopping)
        case .command(let command):
            return HTTPSender.Result(
                outcome: commands.run(
                    command, variables: CommandVariables.of(one, in: receiver.language),
                    input: Payload.webhook(one), isStopping: isStopping))
        case .email(let email):
            // A reload may have taken addresses away.
            guard let address = email.to.dropFirst(attempt.address ?? 0).first else {
                return HTTPSender.Result(outcome: .delivered)
            }
            let outcome = mail.send(
                MailMessage.bytes(one, email, in: receiver.language), to: address, by: email,
                password: receiver.secret, isStopping: isStopping)
            guard case .refused(let words) = outcome else {
                return HTTPSender.Result(outcome: outcome)
            }
            return HTTPSender.Result(outcome: .refused("\(address): \(words)"))
        }
    }

    /// What an Alertmanager keeps of a message.
    static func told(_ notification: Notification) -> [AlertmanagerMemory.Told] {
        notification.news.map { AlertmanagerMemory.Told(item: $0, at: notification.at) }
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

    /// Tells an Alertmanager again what it may have forgotten; `date` is the present by its clock.
    func remind(
        _ batch: [AlertmanagerMemory.Told], to url: ProbeURL, at date: Timestamp,
        isStopping: borrowing Atomic<Bool>
    ) -> HTTPSender.Result {
        http.post(
            Payload.alertmanager(batch, at: date), to: Self.alerts(url), fields: [],
            isStopping: isStopping)
    }

    private static func alerts(_ url: ProbeURL) -> String {
        let base = url.withoutQuery
        return base + (base.hasSuffix("/") ? "" : "/") + "api/v2/alerts"
    }
}
