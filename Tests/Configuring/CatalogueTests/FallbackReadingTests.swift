import Alerting
import HealthModel
import Routing
import Testing
import YAMLReading

@testable import Catalogue

@Suite struct FallbackReadingTests {
    /// Receivers, one a line from line 2 on, each with what is written after its webhook.
    private static func file(_ receivers: KeyValuePairs<String, String>) -> String {
        "receivers:\n"
            + receivers.map { "- {id: \($0.key), webhook: 'http://a/'\($0.value)}\n" }.joined()
    }

    @Test func readsWhoIsToldAndWhen() throws {
        let text = Self.file([
            "a": ", fallback: b", "b": ", fallback: c, fallback_after: 10s", "c": "",
            "d": ", fallback: b, fallback_after: 1d",
        ])
        let read = try RuleReader.read([SourceFile(path: "f", text: text)]).receivers
        #expect(
            read.map(\.fallback) == [
                ReceiverFallback(receiver: ReceiverID("b"), after: .seconds(300)),
                ReceiverFallback(receiver: ReceiverID("c"), after: .seconds(10)), nil,
                ReceiverFallback(receiver: ReceiverID("b"), after: .seconds(86_400)),
            ])
    }

    @Test func theOtherMayStandInAnotherFile() throws {
        let read = try RuleReader.read([
            SourceFile(path: "f", text: Self.file(["a": ", fallback: b"])),
            SourceFile(path: "g", text: Self.file(["b": ""])),
        ])
        #expect(read.receivers.count == 2)
    }

    static let rows: [Row] = [
        Row(
            "nobody", file(["on-call": ", fallback: on-cal", "other": ""]),
            "2:49: there is no receiver `on-cal`; did you mean `on-call`?"),
        Row(
            "nobody alike", file(["a": ", fallback: somebody-else", "b": ""]),
            "2:43: there is no receiver `somebody-else`; expected `a` or `b`"),
        Row(
            "itself", file(["a": ", fallback: a"]),
            "2:43: the receiver `a` is its own fallback; name another one"),
        Row(
            "in turn", file(["a": ", fallback: b", "b": ", fallback: a"]),
            """
            2:43: fallbacks go round: `a` to `b` to `a`; leave one of them out, or when none is \
            reached nobody is told
            """),
        Row(
            "a round of three, and one that leads into it",
            file([
                "z": ", fallback: a", "a": ", fallback: b", "b": ", fallback: c",
                "c": ", fallback: a",
            ]),
            """
            3:43: fallbacks go round: `a` to `b` to `c` to `a`; leave one of them out, or when \
            none is reached nobody is told
            """),
        Row(
            "two rounds",
            file([
                "a": ", fallback: b", "b": ", fallback: a", "c": ", fallback: d",
                "d": ", fallback: c",
            ]),
            """
            2:43: fallbacks go round: `a` to `b` to `a`; leave one of them out, or when none is \
            reached nobody is told
            4:43: fallbacks go round: `c` to `d` to `c`; leave one of them out, or when none is \
            reached nobody is told
            """),
        Row(
            "one that has mistakes is there",
            file(["a": ", fallback: b", "b": ", level: high"]),
            "3:40: found the text `high`; expected `digest`, `warning`, `critical` or `page`"),
        Row(
            "too soon", file(["a": ", fallback: b, fallback_after: 9999ms", "b": ""]),
            "2:62: found the text `9999ms`; expected a duration from `10s` to `1d`"),
        Row(
            "too late", file(["a": ", fallback: b, fallback_after: 25h", "b": ""]),
            "2:62: found the text `25h`; expected a duration from `10s` to `1d`"),
        Row(
            "for nobody", file(["a": ", fallback_after: 10s"]),
            "2:33: `fallback_after` is how long a `fallback` waits, which is not written"),
        Row(
            "a list", file(["a": ", fallback: [b]", "b": ""]),
            "2:43: found a list; expected an id such as `digid-www`"),
    ]

    @Test(arguments: rows) func saysWhatIsWrong(row: Row) {
        #expect(ruleLines(row.text) == row.lines)
    }
}
