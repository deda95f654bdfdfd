import Alerting
import Foundation
import HealthModel
import Testing

@Suite struct EvidenceRecordTests {
    private func transition(
        _ state: Alert.State = .firing, firingSince: Timestamp? = at(60),
        subject: Subject = .service(ServiceID("digid")), summary: String = "DigiD is onbereikbaar",
        reason: Reason? = .timeoutConnect
    ) -> AlertTransition {
        AlertTransition(
            at: at(67),
            alert: Alert(
                key: AlertKey(rule: RuleID("unreachable"), subject: subject),
                service: ServiceID("digid"), level: .page, state: state, activeSince: noon,
                firingSince: firingSince, reason: reason,
                summary: LocalizedText(dutch: summary, english: summary), runbook: nil))
    }

    private func decode(_ line: String) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
        return try #require(object as? [String: Any])
    }

    @Test func aTransitionIsOneLineWithTheFieldsOfBIO2() throws {
        let line = EvidenceRecord(transition()).jsonLine
        #expect(line.hasSuffix("}\n"))
        #expect(line.count { $0 == "\n" } == 1)
        let expected = """
            {"ts":"2026-11-23T12:01:07.000Z","action":"alert.firing","object":"service/digid",\
            "result":"ok","origin":"local","actor":"vitaal","level":"page","rule":"unreachable",\
            "state":"firing","service":"digid","reason":"timeout_connect",\
            "active_since":"2026-11-23T12:00:00.000Z","firing_since":"2026-11-23T12:01:00.000Z",\
            "summary_nl":"DigiD is onbereikbaar","summary_en":"DigiD is onbereikbaar"}

            """
        #expect(line == expected)
    }

    @Test(
        arguments: [
            (.pending, nil, "alert.pending"), (.firing, noon, "alert.firing"),
            (.resolved, noon, "alert.resolved"), (.resolved, nil, "alert.ended"),
        ] as [(Alert.State, Timestamp?, String)])
    func theActionFollowsTheState(
        state: Alert.State, firingSince: Timestamp?, action: String
    ) throws {
        let record = EvidenceRecord(transition(state, firingSince: firingSince))
        #expect(try decode(record.jsonLine)["action"] as? String == action)
    }

    @Test func theIncidentIsNamedWhenThereIsOne() throws {
        var one = transition()
        #expect(try decode(EvidenceRecord(one).jsonLine)["incident"] == nil)
        one.alert.incident = IncidentID("INC-2026-0042")
        #expect(
            try decode(EvidenceRecord(one).jsonLine)["incident"] as? String == "INC-2026-0042")
    }

    @Test func absentValuesAreNull() throws {
        let record = EvidenceRecord(
            transition(
                .pending, firingSince: nil, subject: .endpoint(EndpointID("a")), reason: nil))
        let object = try decode(record.jsonLine)
        #expect(object["reason"] is NSNull)
        #expect(object["firing_since"] is NSNull)
        #expect(object["object"] as? String == "endpoint/a")
    }

    @Test func otherActionsHaveTheirOwnLines() throws {
        let record = EvidenceRecord(
            at: noon, action: .configReload, result: "refused: 2 mistakes", origin: "127.0.0.1",
            actor: "root")
        let object = try decode(record.jsonLine)
        #expect(Set(object.keys) == ["ts", "action", "object", "result", "origin", "actor"])
        #expect(object["result"] as? String == "refused: 2 mistakes")
        let words = "2026-11-23 12:00:00  -         RELOAD    monitor  refused: 2 mistakes"
        #expect(record.humanLine == words)
        let start = EvidenceRecord(at: noon, action: .monitorStart)
        #expect(start.humanLine == "2026-11-23 12:00:00  -         START     monitor")
    }

    @Test func hostileTextStaysOneHarmlessLine() throws {
        let hostile =
            "a\"b\\c\nd\re\tf\u{0}g\u{1B}[2Jh\u{7F}i\u{85}j\u{2028}k\u{2029}l🇳🇱m\u{202E}n"
        let record = EvidenceRecord(transition(summary: hostile))
        let line = record.jsonLine
        #expect(try decode(line)["summary_en"] as? String == hostile)
        for scalar in line.dropLast().unicodeScalars {
            #expect(scalar.value >= 0x20)
            #expect(!(0x7F...0x9F).contains(scalar.value))
            #expect(scalar.value != 0x2028 && scalar.value != 0x2029)
        }
        #expect(record.humanLine.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    }

    @Test func linesAreBounded() throws {
        let long = String(repeating: "\u{1}", count: EvidenceRecord.textBytes + 1)
        var record = EvidenceRecord(transition(summary: long))
        record.object = long
        record.result = long
        record.origin = long
        record.actor = long
        #expect(record.jsonLine.utf8.count <= EvidenceRecord.lineBytes)
        #expect(record.humanLine.utf8.count <= EvidenceRecord.lineBytes)
        let summary = try decode(record.jsonLine)["summary_nl"] as? String
        #expect(summary?.utf8.count ?? 0 <= EvidenceRecord.textBytes)
        let whole = String(repeating: "a", count: EvidenceRecord.textBytes)
        let kept = try decode(EvidenceRecord(transition(summary: whole)).jsonLine)
        #expect(kept["summary_nl"] as? String == whole)
    }

    @Test func peopleReadTheLevelFirst() {
        let line = EvidenceRecord(transition(summary: "DigiD is unreachable")).humanLine
        let expected =
            "2026-11-23 12:01:07  PAGE      FIRING    digid  DigiD is unreachable"
        #expect(line == expected)
    }
}
