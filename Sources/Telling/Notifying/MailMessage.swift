import HealthModel
import Routing

/// The mail that tells a notification (RFC 5322): the same bytes at every attempt.
///
/// Its Message-ID is made of the notification's id, so that a mail system can drop a repetition.
/// What it answers to is made of the incident, or of the alert outside of one, which is no mail
/// itself: programs that group by `References` put all mails of an incident together.
enum MailMessage {
    /// Bytes of the subject before it is encoded.
    static let subjectBytes = 240

    /// The mail, lines ended by CR LF; libcurl doubles the dots that begin a line.
    static func bytes(
        _ notification: Notification, _ email: ReceiverEmail, in language: Receiver.Language
    ) -> [UInt8] {
        let words = notification.words
        func say(_ text: LocalizedText) -> String {
            language == .dutch ? text.dutch : text.english
        }
        let subject = say(words.headline).cut(toBytes: subjectBytes)
        let thread = identifier(notification.thread, email.from)
        let fields: [(name: String, value: String)] = [
            ("Date", MailText.date(notification.at)),
            ("From", "Vitaal <\(email.from)>"),
            ("To", email.to.map(\.description).joined(separator: ",\r\n ")),
            ("Subject", MailText.headerValue(subject)),
            ("Message-ID", identifier(notification.id, email.from)),
            ("In-Reply-To", thread),
            ("References", thread),
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
        return bytes
            + MailText.quotedPrintable([say(words.headline), ""] + words.body.map(say))
    }

    /// An identifier of a message or a thread: two monitors that write from two addresses never
    /// share one.
    ///
    /// Ids and addresses are dot-atoms, and so is this.
    private static func identifier(_ text: String, _ from: MailAddress) -> String {
        "<\(text)/\(from.local)@\(from.domain)>"
    }
}
