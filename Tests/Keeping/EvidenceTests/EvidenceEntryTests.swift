import Alerting
import Foundation
import HealthModel
import Routing
import TestSupport
import Testing

@testable import Evidence

struct EvidenceEntryTests {
    private static let noon = Timestamp(seconds: 1_795_435_200)

    private static func alert(_ subject: Subject) -> Alert {
        Alert(
            key: AlertKey(rule: RuleID("unreachable"), subject: subject),
            service: ServiceID("digid"), level: .page, state: .firing, activeSince: noon,
            firingSince: noon, reason: nil,
            summary: LocalizedText(
                dutch: "weg", english: "a\"b\\c\nd\u{1B}[2J🇳🇱\u{2028}é"),
            runbook: nil, incident: IncidentID("INC-2026-0042"))
    }

    private static func notification(_ failure: String?) -> EvidenceRecord {
        EvidenceRecord(
            Delivery(
                notification: Notification(
                    receiver: ReceiverID("on-call"), at: noon, thread: "INC-2026-0042",
                    items: [
                        Notification.Item(alert: alert(.endpoint(EndpointID("digid-www"))))
                    ]),
                at: noon, failure: failure))
    }

    static let records =
        [
            EvidenceRecord(at: noon, action: .monitorStart),
            EvidenceRecord(at: noon, action: .configReload, result: "refused: 2 mistakes"),
            EvidenceRecord(AlertTransition(at: noon, alert: alert(.service(ServiceID("digid"))))),
            EvidenceRecord(
                AlertTransition(at: noon, alert: alert(.endpoint(EndpointID("digid-www"))))),
            EvidenceRecord(AlertTransition(at: noon, alert: alert(.monitor))),
            notification(nil), notification("410 Gone"),
        ] + operations

    /// What operators did: begun, planned, run out, ended, overrun, and a note.
    private static let operations: [EvidenceRecord] = {
        var scope = AlertScope()
        _ = scope.add("service", "digid")
        var action = OperatorAction(
            id: ActionID("SIL-2026-0001"), effect: .silence(scope), author: "anna",
            reason: "new \"switch\"\u{202E}", addedAt: noon, startsAt: noon + .seconds(60),
            endsAt: noon + .seconds(3600))
        var records = [
            EvidenceRecord(.operationPlanned, action, at: noon, actor: "anna"),
            EvidenceRecord(.silenceBegan, action, at: noon),
            EvidenceRecord(.silenceEnded, action, at: noon),
            EvidenceRecord(
                .maintenanceOverrun, action, at: noon, result: "still failing: digid"),
        ]
        (action.endedAt, action.endedBy) = (noon, "bert")
        records.append(EvidenceRecord(.silenceEnded, action, at: noon, actor: "bert"))
        var note = EvidenceRecord(
            at: noon, action: .incidentNoted, object: "incident/INC-2026-0042", actor: "anna")
        note.note = "switch 7 is dead"
        return records + [note]
    }()

    @Test func whatOperatorsSaidIsShown() throws {
        let lines = Self.operations.map(\.humanLine)
        #expect(lines[0].contains("from 2026-11-23 12:01:00 until 2026-11-23 13:00:00; anna: new"))
        #expect(lines[5].hasSuffix("anna: switch 7 is dead"))
        for line in lines { #expect(!line.unicodeScalars.contains("\u{202E}")) }
    }

    /// What is read back looks as it did on the console.
    @Test(arguments: records) func theHumanLineIsThatOfTheRecord(record: EvidenceRecord) throws {
        let line = ChainHead.beginning.seal(record.jsonLine)
        let entry = try #require(EvidenceEntry(Array(line.text.utf8)))
        #expect(entry.humanLine == record.humanLine)
        let object = try JSONSerialization.jsonObject(with: Data(line.text.utf8))
        for (key, value) in try #require(object as? [String: Any]) where !(value is NSNull) {
            #expect(entry.fields[key] == "\(value)")
        }
    }

    @Test func aLineSaysWhatItIsAbout() throws {
        let line = Array(Self.records[3].jsonLine.utf8)
        let entry = try #require(EvidenceEntry(line))
        #expect(entry.service == "digid")
        #expect(entry.endpoint == "digid-www")
        #expect(entry.incident == "INC-2026-0042")
        #expect(entry.ts == Self.noon.rfc3339)
        let note = try #require(
            EvidenceEntry(
                Array("{\"ts\":\"x\",\"action\":\"a\",\"object\":\"incident/INC-1\"}".utf8)))
        #expect(note.incident == "INC-1")
        #expect(note.service == nil)
        #expect(note.endpoint == nil)
    }

    @Test(arguments: [
        "", "{", "{}", "[]", "null", "{\"ts\":\"x\"}", "{\"action\":\"x\"}",
        "{\"ts\":\"x\",\"action\":\"a\"} x", "{\"ts\":\"x\",\"action\":\"a\",}",
        "{\"ts\":\"x\" \"action\":\"a\"}", "{\"ts\":\"x\",\"action\":\"a\u{1}\"}",
        "{\"ts\":\"x\",\"action\":\"\\x\"}", "{\"ts\":\"x\",\"action\":\"\\u12\"}",
        "{\"ts\":\"x\",\"action\":\"\\ud800\"}", "{\"ts\":\"x\",\"action\":\"\\ud800\\u0041\"}",
        "{\"ts\":\"x\",\"action\":\"a\",\"n\":inf}", "{\"ts\":\"x\",\"action\":\"a\",\"n\":{}}",
    ])
    func whatIsNoRecordIsNone(line: String) { #expect(EvidenceEntry(Array(line.utf8)) == nil) }

    @Test func bytesThatAreNoTextAreNone() {
        let line = Array("{\"ts\":\"x\",\"action\":\"".utf8) + [0xFF] + Array("\"}".utf8)
        #expect(EvidenceEntry(line) == nil)
    }

    @Test func membersAreBounded() {
        func line(_ count: Int) -> [UInt8] {
            let more = (2..<count).map { ",\"k\($0)\":\($0)" }.joined()
            return Array("{\"ts\":\"x\",\"action\":\"a\"\(more)}".utf8)
        }
        #expect(EvidenceEntry(line(FlatObject.membersMax)) != nil)
        #expect(EvidenceEntry(line(FlatObject.membersMax + 1)) == nil)
    }

    /// Against Foundation's reader, with damage at every byte.
    @Test func damageIsReadAsFoundationReadsIt() throws {
        let line = Array(Self.records[2].jsonLine.utf8.dropLast())
        for index in line.indices {
            for byte in [UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "}"), 0, 0x80] {
                var damaged = line
                damaged[index] = byte
                guard let fields = FlatObject.read(damaged) else { continue }
                let object = try? JSONSerialization.jsonObject(with: Data(damaged))
                let known = (object as? [String: Any] ?? [:]).filter { !($0.value is NSNull) }
                #expect(known.mapValues { "\($0)" } == fields)
            }
        }
    }
}

struct LineReaderTests {
    @Test func linesAreReadAsTheyCome() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/f"
        try directory.write("f", "one\n\ntwo")
        let reader = try #require(LineReader(path: path))
        #expect(reader.next() == .whole(Array("one".utf8)))
        #expect(reader.next() == .whole([]))
        #expect(reader.next() == nil)
        #expect(reader.rest == Array("two".utf8))
        #expect(reader.lineNumber == 2)
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(" more\nx".utf8))
        #expect(reader.next() == .whole(Array("two more".utf8)))
        #expect(reader.next() == nil)
        #expect(reader.lineNumber == 3)
        #expect(LineReader(path: directory.path + "/none") == nil)
    }

    @Test(arguments: [0, 1]) func aLineIsBounded(excess: Int) throws {
        let directory = try TemporaryDirectory()
        let long = String(repeating: "x", count: LineReader.lineBytesMax + excess)
        try directory.write("f", "a\n\(long)\nb\n")
        let reader = try #require(LineReader(path: directory.path + "/f"))
        #expect(reader.next() == .whole(Array("a".utf8)))
        #expect(reader.next() == (excess == 0 ? .whole(Array(long.utf8)) : .tooLong))
        #expect(reader.next() == .whole(Array("b".utf8)))
        #expect(reader.next() == nil)
    }
}
