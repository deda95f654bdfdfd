import Alerting
import HealthModel
import Routing
import Testing
import YAMLReading

@testable import Catalogue

/// Whose alerts a receiver gets, at which hours, and what happens when nobody answers.
@Suite struct ReceiverHoursTests {
    private static let hook = "webhook: 'https://example.org/hook'"

    @Test func readsEveryKey() throws {
        let receivers = try RuleReader.read([
            SourceFile(
                path: "f",
                text: """
                    receivers:
                      - id: desk
                        \(Self.hook)
                        owners: [Logius (BZK)]
                        services: [digid, svb]
                        hours: mon-fri 08:00-18:00
                        outside_hours: critical
                        remind_every: 30m
                        escalate_to: boss
                        escalate_after: 20m
                      - {id: boss, \(Self.hook), about: escalation}
                      - {id: usual, \(Self.hook), escalate_to: boss}
                    """)
        ]).receivers
        let desk = try #require(receivers.first)
        #expect(desk.owners == ["Logius (BZK)"])
        #expect(desk.services == [ServiceID("digid"), ServiceID("svb")])
        #expect(
            desk.hours
                == ServiceHours(
                    weekdays: [1, 2, 3, 4, 5], from: .seconds(8 * 3600), to: .seconds(18 * 3600)))
        #expect(desk.levelOutsideHours == .critical)
        #expect(desk.remindEvery == .seconds(1800))
        #expect(
            desk.escalation
                == Receiver.Escalation(receiver: ReceiverID("boss"), after: .seconds(1200)))
        #expect(receivers[1].about == .escalation)
        #expect(receivers[2].escalation?.after == Receiver.Escalation.usualTime)
        #expect(receivers[2].hours == nil && receivers[2].levelOutsideHours == .page)
    }

    static let rows: [Row] = [
        Row(
            "no such receiver",
            "receivers: [{id: a, \(hook), escalate_to: bos}, {id: boss, \(hook)}]",
            "1:71: there is no receiver `bos`; did you mean `boss`?"),
        Row(
            "itself", "receivers: [{id: a, \(hook), escalate_to: a}]",
            "1:71: the receiver `a` escalates to itself; name another one"),
        Row(
            "after without to", "receivers: [{id: a, \(hook), escalate_after: 5m}]",
            "1:58: `escalate_after` is how long `escalate_to` waits, which is not written"),
        Row(
            "outside without hours", "receivers: [{id: a, \(hook), outside_hours: page}]",
            "1:58: `outside_hours` is about `hours`, which are not written"),
        Row(
            "too often", "receivers: [{id: a, \(hook), remind_every: 59s}]",
            "1:72: found the text `59s`; expected a duration from `60s` to `1d`"),
        Row(
            "hours", "receivers: [{id: a, \(hook), hours: 'mon 8-17'}]",
            """
            1:65: found the text `mon 8-17`; expected days and hours in the time of Amsterdam, such \
            as `mon-fri 08:00-17:00`, `mon-fri 08:00-12:00,13:00-17:00` or `mon-sun 22:00-06:00`
            """),
    ]

    @Test(arguments: rows) func saysWhatIsWrong(row: Row) {
        #expect(ruleLines(row.text) == row.lines)
    }

    private static func hours(_ text: String) throws -> ServiceHours? {
        try RuleReader.read([
            SourceFile(path: "f", text: "receivers: [{id: a, \(hook), hours: '\(text)'}]")
        ]).receivers.first?.hours
    }

    @Test(
        arguments: [
            ("mon 08:00-12:00,13:00-17:00", [1], [(8, 12), (13, 17)]),
            ("mon-tue 08:00-12:00, 13:00-17:00", [1, 2], [(8, 12), (13, 17)]),
            ("fri 18:00-08:00", [5], [(18, 8)]), ("sat,sun 22:00-22:00", [6, 7], [(22, 22)]),
            ("sun 00:00-24:00", [7], [(0, 24)]), ("sun 22:00-00:00", [7], [(22, 0)]),
        ] as [(String, [Int], [(Int, Int)])])
    func hoursMayHaveSeveralRangesAndLastOverMidnight(
        text: String, days: [Int], ranges: [(Int, Int)]
    ) throws {
        let expected = ServiceHours(
            weekdays: Set(days),
            ranges: ranges.map { .init(from: .seconds($0 * 3600), to: .seconds($1 * 3600)) })
        #expect(try Self.hours(text) == expected)
    }

    @Test func aDayHasAsManyRangesAsTheLimit() throws {
        func text(_ count: Int) -> String {
            "mon " + Array(repeating: "08:00-09:00", count: count).joined(separator: ",")
        }
        #expect(try Self.hours(text(ServiceHours.rangesMax))?.ranges.count == 8)
        let more = "receivers: [{id: a, \(Self.hook), hours: '\(text(9))'}]"
        #expect(ruleLines(more) == ["1:65: 9 ranges of hours; expected at most 8"])
    }

    @Test(arguments: ["1m", "1d"]) func remindersAtTheLimitAreTaken(time: String) throws {
        let text = "receivers: [{id: a, \(Self.hook), remind_every: \(time)}]"
        #expect(ruleLines(text) == [])
    }
}
