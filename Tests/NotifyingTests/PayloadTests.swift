import Alerting
import HealthModel
import Testing

@testable import Notifying

@Suite struct PayloadTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func theWebhookBodyIsThatOfAlertmanager() {
        #expect(
            text(Payload.webhook(notification("s0", isOver: true))) == """
                {"alerts":[{"annotations":{"reason":"connect_refused","summary":"gone",\
                "summary_nl":"weg"},"endsAt":"1970-01-01T00:03:20.000Z","fingerprint":\
                "\(Payload.fingerprint(["alertname": "r", "service": "s0", "severity": "page"]))",\
                "generatorURL":"","labels":{"alertname":"r","service":"s0","severity":"page"},\
                "startsAt":"1970-01-01T00:01:40.000Z","status":"resolved"}],"commonAnnotations":\
                {"reason":"connect_refused","summary":"gone","summary_nl":"weg"},"commonLabels":\
                {"alertname":"r","service":"s0","severity":"page"},"externalURL":"","groupKey":\
                "r/service/s0/100000000000","groupLabels":{"alertname":"r","service":"s0",\
                "severity":"page"},"receiver":"on-call","status":"resolved","truncatedAlerts":0,\
                "version":"4"}
                """)
        let firing = text(Payload.webhook(notification("s0")))
        #expect(firing.contains("\"endsAt\":\"0001-01-01T00:00:00Z\""))
        #expect(firing.contains("\"status\":\"firing\""))
    }

    @Test func anAlertmanagerForgetsWhatItIsNotToldAgain() {
        let all = [notification("a"), notification("b", isOver: true)]
        let body = text(Payload.alertmanager(all, at: Timestamp(seconds: 1000)))
        // Four minutes after the present; the end of the other was at 200.
        #expect(body.contains("\"endsAt\":\"1970-01-01T00:20:40.000Z\""))
        #expect(body.contains("\"endsAt\":\"1970-01-01T00:03:20.000Z\""))
    }

    @Test func anEndpointIsALabel() {
        var one = notification("s0")
        one.alert.key.subject = .endpoint(EndpointID("e0"))
        one.alert.runbook = "https://wiki.example/x"
        let body = text(Payload.webhook(one))
        #expect(body.contains("\"endpoint\":\"e0\""))
        #expect(body.contains("\"runbook_url\":\"https://wiki.example/x\""))
        #expect(body.contains("\"groupKey\":\"r/endpoint/e0/100000000000\""))
    }

    @Test(
        arguments: [
            (.change, nil, "PAGE: weg", "PAGE: gone"),
            (.update, "update", "PAGE (meer nieuws): weg", "PAGE (update): gone"),
            (.reminder, "reminder", "PAGE (herinnering): weg", "PAGE (reminder): gone"),
            (
                .escalation, "escalation", "PAGE (niemand reageerde): weg",
                "PAGE (nobody responded): gone"
            ),
            (
                .fallback, "fallback", "PAGE (een ander was niet te bereiken): weg",
                "PAGE (another was not reached): gone"
            ),
        ] as [(Notification.Occasion, String?, String, String)])
    func whoeverHearsAgainHearsWhy(
        occasion: Notification.Occasion, annotation: String?, dutch: String, english: String
    ) {
        var one = notification("s0")
        one.occasion = occasion
        let body = text(Payload.webhook(one))
        let expected = annotation.map { "{\"occasion\":\"\($0)\",\"reason\"" } ?? "{\"reason\""
        #expect(body.contains("\"commonAnnotations\":" + expected))
        #expect(body.contains("\"annotations\":" + expected))
        #expect(text(Payload.chat(one, in: .dutch)).contains("\"\(dutch) ("))
        #expect(text(Payload.chat(one, in: .english)).contains("\"\(english) ("))
    }

    /// A character that joins what follows it hides nothing from the escaping.
    @Test func aChatIsEscapedWhateverStandsBefore() {
        var one = notification("s0")
        one.alert.summary = LocalizedText(
            dutch: "", english: "\u{600}<http://bad|good> \u{600}@all")
        let chat = text(Payload.chat(one, in: .english))
        #expect(chat.contains("\u{600}&lt;http://bad|good&gt; \u{600}@\u{200B}all"))
    }

    @Test func aChatShowsALineThatCallsNobody() {
        var one = notification("s0")
        one.alert.summary = LocalizedText(
            dutch: "DigiD is weg", english: "<!channel> @all <http://bad|good> & co")
        one.alert.runbook = "https://wiki.example/x"
        #expect(
            text(Payload.chat(one, in: .english))
                == #"{"text":"PAGE: &lt;!channel&gt; @"# + "\u{200B}"
                + #"all &lt;http://bad|good&gt; &amp; co "#
                + #"(s0, 1970-01-01 00:01:40 UTC) https://wiki.example/x"}"#)
        one.alert.state = .resolved
        one.at = Timestamp(seconds: 200)
        one.alert.runbook = nil
        #expect(
            text(Payload.chat(one, in: .dutch))
                == #"{"text":"VOORBIJ: DigiD is weg (s0, 1970-01-01 00:01:40 – "#
                + #"1970-01-01 00:03:20 UTC)"}"#)
    }

    /// An annotation, since an alert whose labels change is another one to an Alertmanager.
    @Test func anIncidentIsNamedAndIsNoLabel() {
        var one = notification("s0")
        let before = text(Payload.webhook(one))
        one.alert.incident = IncidentID("INC-2026-0042")
        let body = text(Payload.webhook(one))
        #expect(body.contains(#""annotations":{"incident":"INC-2026-0042","#))
        #expect(!before.contains("incident"))
        #expect(
            body.contains(
                Payload.fingerprint(
                    ["alertname": "r", "service": "s0", "severity": "page"])))
        #expect(text(Payload.chat(one, in: .english)).contains("(INC-2026-0042, s0, "))
    }

    /// What Alertmanager 0.25 shows for an alert with these labels.
    @Test func theFingerprintIsThatOfAlertmanager() {
        let labels = ["alertname": "unreachable", "service": "s0", "severity": "page"]
        #expect(Payload.fingerprint(labels) == "7bfbc769ebccbd04")
    }

    @Test func theMemoryTellsAgain() {
        var memory = AlertmanagerMemory()
        let second: Int64 = 1_000_000_000
        func due(_ now: Int64, date: Int64) -> [[Notification]] {
            memory.due(at: now * second, date: Timestamp(seconds: date))
        }
        #expect(memory.wakeAt == nil)
        memory.note(notification("a"), at: 0)
        memory.note(notification("b"), at: 30 * second)
        #expect(memory.wakeAt == 60 * second)
        #expect(due(59, date: 159) == [])
        #expect(due(60, date: 160) == [[notification("a"), notification("b")]])
        #expect(due(61, date: 161) == [])
        memory.note(notification("a", isOver: true), at: 100 * second)
        #expect(due(120, date: 220) == [[notification("a", isOver: true), notification("b")]])
        // It was over at 200; a quarter of an hour later everybody knows.
        #expect(due(180, date: 1099) == [[notification("a", isOver: true), notification("b")]])
        #expect(due(240, date: 1100) == [[notification("b")]])
        memory.hurry()
        #expect(due(241, date: 1101) == [[notification("b")]])
        for number in 0..<AlertmanagerMemory.batch {
            memory.note(notification("s\(number)"), at: 0)
        }
        #expect(due(400, date: 1200).map(\.count) == [64, 1])
    }
}
