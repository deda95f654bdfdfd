import Alerting
import HealthModel
import Routing
import Testing
import YAMLReading

@testable import Catalogue

@Suite struct EmailTests {
    private static func file(
        server: String = "smtp://mail.example.org:587", from: String = "v@example.org",
        to: String = "[a@example.org]", _ rest: String = ""
    ) -> String {
        """
        receivers:
        - id: post
          email:
            server: \(server)
            from: \(from)
            to: \(to)

        """ + rest.split(separator: "\n").map { "    \($0)\n" }.joined()
    }

    @Test func readsEveryKey() throws {
        let file = Self.file(
            server: "SMTPS://Mail.example.org:465", to: "[a@example.org, b+c@Example.org]",
            "user: me\npassword_file: mail.password\ntls: required")
        let read = try RuleReader.read([SourceFile(path: "d/f", text: file)])
        let receiver = try #require(read.receivers.first)
        guard case .email(let email) = receiver.kind else {
            Issue.record("no mail")
            return
        }
        #expect(email.server.description == "smtps://mail.example.org:465")
        #expect(email.server.isImplicitTLS)
        #expect(email.from.description == "v@example.org")
        #expect(email.to.map(\.description) == ["a@example.org", "b+c@example.org"])
        #expect(email.user == "me" && email.security == .required)
        #expect(receiver.secretFile == "d/mail.password")
        let secrets = read.with(secrets: ["d/mail.password": Secret([1])])
        #expect(secrets.receivers.first?.secret == Secret([1]))
        let clear = try RuleReader.read([
            SourceFile(
                path: "f", text: Self.file(server: "'smtp://[::1]:25'", "tls: none"))
        ])
        guard case .email(let email) = clear.receivers.first?.kind else { return }
        #expect(email.security == .clear && email.server.description == "smtp://[::1]:25")
        #expect(email.user == nil && clear.receivers.first?.secretFile == nil)
    }

    static let noServer =
        "; expected `smtp://HOST:PORT` or `smtps://HOST:PORT`, such as "
        + "`smtp://mail.example.org:587`"
    static let noAddress =
        " is no plain address of mail; expected an address such as "
        + "`on-call@example.org`"
    static let inClear =
        "; expected `required`; `none` is for an address of this machine: "
        + "`smtp://127.0.0.1:25`"

    static let rows: [Row] = [
        Row(
            "nothing", "receivers: [{id: a, email: {}}]",
            """
            1:28: an e-mail without `from`
            1:28: an e-mail without `server`
            1:28: an e-mail without `to`
            """),
        Row(
            "an address", "receivers: [{id: a, email: a@example.org}]",
            """
            1:28: found the text `a@example.org`; expected an e-mail with keys such as `server`, \
            `from` and `to`
            """),
        Row(
            "unknown key", file("pasword_file: x"),
            """
            7:5: unknown key `pasword_file` in an e-mail; did you mean `password_file`?
            """),
        Row(
            "no port", file(server: "smtp://mail.example.org"),
            "4:13: `smtp://mail.example.org` is no server of mail" + noServer),
        Row(
            "other scheme", file(server: "https://mail.example.org:25"),
            "4:13: `https://mail.example.org:25` is no server of mail" + noServer),
        Row(
            "credentials", file(server: "smtp://me:secret@mail.example.org:25"),
            "4:13: `smtp://me:secret@mail.example.org:25` is no server of mail" + noServer),
        Row(
            "a path", file(server: "smtp://a:25/b"),
            "4:13: `smtp://a:25/b` is no server of mail" + noServer),
        Row("no @", file(from: "example.org"), "5:11: `example.org`" + noAddress),
        Row(
            "a name", file(from: "'V <v@example.org>'"), "5:11: `V <v@example.org>`" + noAddress),
        Row("nobody", file(to: "[]"), "6:9: found an empty list; expected a list of addresses"),
        Row(
            "one", file(to: "a@example.org"),
            "6:9: found the text `a@example.org`; expected a list of addresses"),
        Row(
            "a space", file(to: "[a@example.org, 'b c@example.org']"),
            "6:25: `b c@example.org`" + noAddress),
        Row(
            "no password", file("user: me"), "7:5: `user` needs a `password_file`"),
        Row(
            "no user", file("password_file: x"),
            "7:5: `password_file` is the password of a `user`, who is not written"),
        Row(
            "tls", file("tls: maybe"),
            "7:10: found the text `maybe`; expected `required` or `none`"),
        Row(
            "in clear", file("tls: none"),
            "7:10: without TLS everybody on the way to mail.example.org could read and change what "
                + "is sent" + inClear),
        Row(
            "a name that sounds local", file(server: "smtp://127.0.0.example:25", "tls: none"),
            "7:10: without TLS everybody on the way to 127.0.0.example could read and change what "
                + "is sent" + inClear),
        Row(
            "both", file(server: "smtps://127.0.0.1:465", "tls: none"),
            "7:10: `none` contradicts `smtps`; expected `required`"),
        Row(
            "the secret of a webhook", file("") + "  secret_file: x\n",
            "7:3: `secret_file` is for a webhook, to sign what it gets"),
    ]

    @Test(arguments: rows) func saysWhatIsWrong(row: Row) {
        #expect(ruleLines(row.text) == row.lines)
    }

    @Test func asManyAddressesAsTheLimitAndNoMore() {
        func list(_ count: Int) -> String {
            "[" + (0..<count).map { "a\($0)@example.org" }.joined(separator: ", ") + "]"
        }
        #expect(ruleLines(Self.file(to: list(ReceiverEmail.recipientsMax))) == [])
        #expect(
            ruleLines(Self.file(to: list(ReceiverEmail.recipientsMax + 1)))
                == ["6:9: a list of 33 addresses; expected at most 32"])
    }

    @Test(arguments: [
        ("a@b", true), ("a.b+c/d=e@x-y.example", true), ("!#$%&'*+-/=?^_`{|}~@example.org", true),
        ("a..b@example.org", false), (".a@example.org", false), ("a.@example.org", false),
        ("@example.org", false), ("a@", false), ("a@b@c", false), ("a@example..org", false),
        ("a@[127.0.0.1]", false), ("\"a\"@example.org", false), ("é@example.org", false),
        ("a@éxample.org", false), ("a@example.org:25", false), ("a@example.org/x", false),
        ("a@example.org\r\nRCPT TO:<b@example.org>", false), ("a\n@example.org", false),
        ("a@example.org.", false), ("a,b@example.org", false), ("a@example.org?x", false),
        (String(repeating: "a", count: 64) + "@example.org", true),
        (String(repeating: "a", count: 65) + "@example.org", false),
        ("a@" + String(repeating: "b23456789.", count: 24) + "example.org1", true),
        ("a@" + String(repeating: "b23456789.", count: 24) + "example.org12", false),
    ])
    func addressesArePlain(text: String, isOne: Bool) {
        #expect((MailAddress(text) != nil) == isOne)
    }

    @Test(arguments: [
        ("smtp://127.0.0.1:25", true), ("smtp://127.255.0.9:25", true), ("smtp://[::1]:25", true),
        ("smtp://128.0.0.1:25", false), ("smtp://127.0.0.256:25", false),
        ("smtp://127.0.1:25", false), ("smtp://localhost:25", false),
        ("smtp://127.0.0.1.example:25", false), ("smtp://[::2]:25", false),
    ])
    func onlyAddressesOfThisMachineAreLoopback(text: String, isLoopback: Bool) {
        #expect(MailServer(text)?.isLoopback == isLoopback)
    }
}
