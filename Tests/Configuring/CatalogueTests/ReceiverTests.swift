import Alerting
import HealthModel
import Routing
import Testing
import YAMLReading

@testable import Catalogue

@Suite struct ReceiverTests {
    private static let hook = "webhook: 'https://example.org/hook'"

    private func receivers(_ text: String) throws -> [Receiver] {
        try RuleReader.read([SourceFile(path: "f", text: text)]).receivers
    }

    @Test func readsEveryKey() throws {
        let read = try receivers(
            """
            receivers:
              - id: on-call
                webhook: https://example.org/hook?a=b
                level: page
                tiers: [0, 1]
                sectors: [identity, tax]
                about: monitor
                note: n
                secret_file: on-call.secret
              - {id: am, alertmanager: 'http://127.0.0.1:9093'}
              - {id: team, chat: 'https://chat.example.org/hooks/x', language: nl}
              - {id: siren, command: [/usr/local/bin/siren, --loud, '7'], timeout: 3s}
              - {id: bell, command: [/usr/local/bin/bell]}
            """)
        let hook = try #require(ProbeURL("https://example.org/hook?a=b"))
        let manager = try #require(ProbeURL("http://127.0.0.1:9093/"))
        let chat = try #require(ProbeURL("https://chat.example.org/hooks/x"))
        var onCall = Receiver(
            id: ReceiverID("on-call"), kind: .webhook(hook), level: .page,
            tiers: [.tier0, .tier1], sectors: ["identity", "tax"])
        // Beside the file, which has no directory here.
        onCall.about = .monitor
        onCall.secretFile = "on-call.secret"
        var team = Receiver(id: ReceiverID("team"), kind: .chat(chat))
        team.language = .dutch
        #expect(
            read == [
                onCall,
                Receiver(id: ReceiverID("am"), kind: .alertmanager(manager), level: .warning),
                team,
                Receiver(
                    id: ReceiverID("siren"),
                    kind: .command(
                        ReceiverCommand(
                            program: "/usr/local/bin/siren", arguments: ["--loud", "7"],
                            timeLimit: .seconds(3)))),
                Receiver(
                    id: ReceiverID("bell"),
                    kind: .command(ReceiverCommand(program: "/usr/local/bin/bell"))),
            ])
    }

    static let rows: [Row] = [
        Row(
            "neither", "receivers: [{id: a}]",
            """
            1:13: a receiver with nothing; expected one of `webhook`, `alertmanager`, `chat`, \
            `command` or `email`
            """),
        Row(
            "both", "receivers: [{id: a, \(hook), alertmanager: 'http://a/'}]",
            """
            1:13: a receiver with `webhook` and `alertmanager`; expected one of `webhook`, \
            `alertmanager`, `chat`, `command` or `email`
            """),
        Row("no id", "receivers: [{\(hook)}]", "1:13: a receiver without `id`"),
        Row(
            "twice", "receivers: [{id: a, \(hook)}, {id: a, \(hook)}]",
            "1:60: the receiver id `a` is used twice, first at f:1:14"),
        Row(
            "other scheme", "receivers: [{id: a, webhook: 'smtp://example.org'}]",
            """
            1:30: `smtp://example.org` is no address of http or https; expected an address such \
            as `https://example.org/hook`
            """),
        Row(
            "no address", "receivers: [{id: a, webhook: 7}]",
            """
            1:30: found the number `7`; expected an address such as `https://example.org/hook`; \
            put it in quotes: "7"
            """),
        Row(
            "unknown key", "receivers: [{id: a, \(hook), levl: page}]",
            "1:58: unknown key `levl` in a receiver; did you mean `level`?"),
        Row(
            "unknown level", "receivers: [{id: a, \(hook), level: high}]",
            """
            1:65: found the text `high`; expected `digest`, `warning`, `critical` or `page`
            """),
        Row(
            "tier", "receivers: [{id: a, \(hook), tiers: [4]}]",
            "1:66: found the number `4`; expected a whole number from 0 to 3"),
        Row(
            "secret of a chat", "receivers: [{id: a, chat: 'http://a/', secret_file: x}]",
            "1:40: `secret_file` is for a webhook, to sign what it gets"),
        Row(
            "language", "receivers: [{id: a, chat: 'http://a/', language: de}]",
            "1:50: found the text `de`; expected `nl` or `en`"),
        Row(
            "a shell's string", "receivers: [{id: a, command: '/bin/mail -s x'}]",
            """
            1:30: found the text `/bin/mail -s x`; expected a list of words such as \
            `[/usr/local/bin/call, --loud]`; no shell reads it: write each word apart
            """),
        Row(
            "no program", "receivers: [{id: a, command: []}]",
            """
            1:30: found an empty list; expected a list of words such as \
            `[/usr/local/bin/call, --loud]`
            """),
        Row(
            "a program somewhere", "receivers: [{id: a, command: [call, --loud]}]",
            """
            1:31: `call` is no absolute path of a program; expected one such as \
            `/usr/local/bin/call`; nothing is looked up in PATH
            """),
        Row(
            "a directory", "receivers: [{id: a, command: [/usr/local/]}]",
            """
            1:31: `/usr/local/` is no absolute path of a program; expected one such as \
            `/usr/local/bin/call`; nothing is looked up in PATH
            """),
        Row(
            "a number", "receivers: [{id: a, command: [/bin/call, 7]}]",
            "1:42: found the number `7`; expected a word; put it in quotes: \"7\""),
        Row(
            "too slow", "receivers: [{id: a, command: [/bin/call], timeout: 61s}]",
            "1:52: found the text `61s`; expected a duration from `1s` to `60s`"),
        Row(
            "too fast", "receivers: [{id: a, command: [/bin/call], timeout: 999ms}]",
            "1:52: found the text `999ms`; expected a duration from `1s` to `60s`"),
        Row(
            "no time", "receivers: [{id: a, command: [/bin/call], timeout: soon}]",
            """
            1:52: found the text `soon`; expected a duration such as `250ms`, `60s`, `2m`, `1h` \
            or `1d`
            """),
        Row(
            "the time of a webhook", "receivers: [{id: a, \(hook), timeout: 5s}]",
            "1:58: `timeout` is for a command"),
        Row(
            "no list", "receivers: {id: a}",
            "1:12: found a mapping; expected a list of receivers"),
    ]

    @Test(arguments: rows) func saysWhatIsWrong(row: Row) {
        #expect(ruleLines(row.text) == row.lines)
    }

    @Test(arguments: [
        ("receivers: [on-cal]", "6:17: there is no receiver `on-cal`; did you mean `on-call`?"),
        (
            "receivers: [on-call, pager]",
            """
            6:26: there is no receiver `pager`; expected the id of one in `receivers` of a file in \
            alerts/
            """
        ),
        (
            "receivers: []",
            """
            6:16: an empty list of receivers; expected at least one, or no `receivers` at all; \
            `level: off` tells nobody
            """
        ),
        ("receivers: on-call", "6:16: found the text `on-call`; expected a list of receivers"),
        // Another mistake may be why a receiver is missing.
        (
            "receivers: [other]\nnoted: x",
            "7:5: unknown key `noted` in a rule; did you mean `note`?"
        ),
    ]) func aRuleNamesReceiversThatThereAre(line: String, wanted: String) {
        let receivers = "receivers: [{id: on-call, \(Self.hook)}]\n"
        #expect(ruleLines(ruleFile(line) + receivers) == [wanted])
    }

    @Test func aRuleNamesReceiversOfAnyFile() throws {
        let rules = try RuleReader.read([
            SourceFile(path: "f", text: ruleFile("receivers: [b, a]")),
            SourceFile(
                path: "g",
                text: "receivers: [{id: a, \(Self.hook)}, {id: b, \(Self.hook)}]\n"),
        ])
        #expect(rules.rules.map(\.receivers) == [[ReceiverID("b"), ReceiverID("a")]])
    }

    @Test func asManyWordsAsTheLimitAndNoMore() throws {
        func text(_ count: Int) -> String {
            let words = ["/bin/call"] + Array(repeating: "word", count: count - 1)
            return "receivers: [{id: a, command: [\(words.joined(separator: ", "))]}]"
        }
        #expect(try receivers(text(ReceiverCommand.argumentsMax)).count == 1)
        #expect(
            ruleLines(text(ReceiverCommand.argumentsMax + 1))
                == ["1:30: a list of 65 words; expected at most 64"])
        for limit in ["1s", "60s"] {
            let text = "receivers: [{id: a, command: [/bin/call], timeout: \(limit)}]"
            #expect(try receivers(text).count == 1)
        }
    }

    private func file(_ numbers: Range<Int>) -> String {
        "receivers:\n" + numbers.map { "  - {id: r\($0), \(Self.hook)}\n" }.joined()
    }

    @Test func asManyAsTheLimitAndNoMore() throws {
        #expect(try receivers(file(0..<Limits.receivers)).count == Limits.receivers)
        #expect(
            ruleLines(file(0..<Limits.receivers + 1))
                == ["2:3: a list of 65 receivers; expected at most 64"])
        let files = [
            SourceFile(path: "f", text: file(0..<Limits.receivers)),
            SourceFile(path: "g", text: file(80..<81)),
        ]
        do {
            _ = try RuleReader.read(files)
            Issue.record("65 receivers in two files were taken")
        } catch {
            #expect(error.description.contains("too many receivers in all; expected at most 64"))
        }
    }
}
