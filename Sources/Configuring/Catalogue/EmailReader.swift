import HealthModel
import Routing
import YAMLReading

/// The keys of a receiver's mail.
enum EmailKey: String, FieldKey {
    case server
    case from
    case to
    case user
    case passwordFile = "password_file"
    case security = "tls"
    static let mappingName = "an e-mail"
}

/// Reads where a receiver's mail goes.
enum EmailReader {
    /// The destination and the file of its password; nil after a mistake was reported.
    static func email(
        _ node: YAMLNode, _ log: MistakeLog
    ) -> (email: ReceiverEmail, password: SecretFileReference?)? {
        guard let fields = Fields<EmailKey>(node, log) else { return nil }
        let server = fields.required(.server).flatMap { Self.server($0, log) }
        let from = fields.required(.from).flatMap { address($0, log) }
        let to = fields.required(.to).map { recipients($0, log) }
        let user = fields[.user]?.text(log, expected: "the name of the user at the server")
        let password = fields[.passwordFile].flatMap { node in
            node.text(log, expected: "the name of a file").map { name in
                SecretFileReference(
                    path: relativePath(name, beside: node.position.file), position: node.position)
            }
        }
        if fields[.user] == nil {
            fields.forbid(.passwordFile, because: "is the password of a `user`, who is not written")
        } else if fields[.passwordFile] == nil {
            fields.forbid(.user, because: "needs a `password_file`")
        }
        let security = fields[.security].flatMap { Self.security($0, server, log) } ?? .required
        guard let server, let from, let to, !to.isEmpty else { return nil }
        return (
            ReceiverEmail(server: server, from: from, to: to, user: user, security: security),
            password
        )
    }

    private static func server(_ node: YAMLNode, _ log: MistakeLog) -> MailServer? {
        let expected =
            "`smtp://HOST:PORT` or `smtps://HOST:PORT`, such as "
            + "`smtp://mail.example.org:587`"
        guard let text = node.text(log, expected: expected) else { return nil }
        if let server = MailServer(text) { return server }
        log.add(
            at: node.position, "\(text.fit(80).quoted) is no server of mail", expected: expected)
        return nil
    }

    private static func address(_ node: YAMLNode, _ log: MistakeLog) -> MailAddress? {
        let expected = "an address such as `on-call@example.org`"
        guard let text = node.text(log, expected: expected) else { return nil }
        if let address = MailAddress(text) { return address }
        log.add(
            at: node.position, "\(text.fit(80).quoted) is no plain address of mail",
            expected: expected)
        return nil
    }

    private static func recipients(_ node: YAMLNode, _ log: MistakeLog) -> [MailAddress] {
        let items = node.items(log, of: "addresses", limit: ReceiverEmail.recipientsMax)
        if case .sequence(let written) = node.content, written.isEmpty {
            log.add(
                at: node.position, "found an empty list", expected: "a list of addresses")
        }
        return items.compactMap { address($0, log) }
    }

    /// Whether it may go in clear: on this machine only.
    private static func security(
        _ node: YAMLNode, _ server: MailServer?, _ log: MistakeLog
    ) -> ReceiverEmail.Security? {
        guard let security = node.choice(ReceiverEmail.Security.self, log) else { return nil }
        guard security == .clear, let server else { return security }
        if server.isImplicitTLS {
            log.add(at: node.position, "`none` contradicts `smtps`", expected: "`required`")
        } else if !server.isLoopback {
            log.add(
                at: node.position,
                "without TLS everybody on the way to \(server.host) could read "
                    + "and change what is sent",
                expected: "`required`",
                hint: "`none` is for an address of this machine: `smtp://127.0.0.1:25`")
        } else {
            return security
        }
        return nil
    }
}
