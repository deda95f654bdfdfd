import Alerting
import HealthModel
import Routing
import Testing

@testable import Notifying

@Suite struct PayloadTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func told(_ one: Notification) -> [AlertmanagerMemory.Told] { Carrier.told(one) }

    @Test func theWebhookBodyIsThatOfAlertmanager() {
        #expect(
            text(Payload.webhook(notification("s0", isOver: true))) == """
                {"alerts":[{"annotations":{"part":"over","reason":"connect_refused","summary":\
                "gone","summary_nl":"weg"},"endsAt":"1970-01-01T00:03:20.000Z","fingerprint":\
                "\(Payload.fingerprint(["alertname": "r", "service": "s0", "severity": "page"]))",\
                "generatorURL":"","labels":{"alertname":"r","service":"s0","severity":"page"},\
                "startsAt":"1970-01-01T00:01:40.000Z","status":"resolved"}],"commonAnnotations":\
                {"description":"line","description_nl":"regel","part":"over","reason":\
                "connect_refused","summary":"OVER: gone","summary_nl":"VOORBIJ: weg"},\
                "commonLabels":{"alertname":"r","service":"s0","severity":"page"},"externalURL":"",\
                "groupKey":"r/service/s0/100000000000","groupLabels":{"alertname":"r","service":\
                "s0","severity":"page"},"receiver":"on-call","status":"resolved",\
                "truncatedAlerts":0,"version":"4"}
                """)
        let firing = text(Payload.webhook(notification("s0")))
        #expect(firing.contains("\"endsAt\":\"0001-01-01T00:00:00Z\""))
        #expect(firing.contains("\"status\":\"firing\""))
    }

    /// Every member is there, and the message fires for as long as one of them does.
    @Test func aWebhookNamesEveryMember() throws {
        var one = several(["a", "b"])
        one.items.append(contentsOf: notification("c", isOver: true).items)
        one.moreCount = 7
        let body = text(Payload.webhook(one))
        for service in ["a", "b", "c"] { #expect(body.contains("\"service\":\"\(service)\"")) }
        #expect(body.contains("\"groupKey\":\"INC-2026-0001\""))
        #expect(
            body.contains("\"receiver\":\"on-call\",\"status\":\"firing\",\"truncatedAlerts\":7"))
        #expect(body.contains("\"commonLabels\":{\"alertname\":\"r\",\"severity\":\"page\"}"))
    }

    @Test func anAlertmanagerForgetsWhatItIsNotToldAgain() {
        let all = told(notification("a")) + told(notification("b", isOver: true))
        let body = text(Payload.alertmanager(all, at: Timestamp(seconds: 1000)))
        // Four minutes after the present; the end of the other was at 200.
        #expect(body.contains("\"endsAt\":\"1970-01-01T00:20:40.000Z\""))
        #expect(body.contains("\"endsAt\":\"1970-01-01T00:03:20.000Z\""))
    }

    /// Whatever our clock did: nothing begins in its future, and nothing ends before it began.
    @Test(arguments: [0, 50, 99, 100, 150, 200, 1000] as [Int64])
    func anAlertmanagerIsNeverToldOfTheFuture(second: Int64) throws {
        for one in [notification("a"), notification("a", isOver: true)] {
            let body = text(Payload.alertmanager(told(one), at: Timestamp(seconds: second)))
            func instant(_ key: String) throws -> String {
                let rest = try #require(body.split(separator: "\"\(key)\":\"").last)
                return String(rest.prefix { $0 != "\"" })
            }
            let (start, end) = (try instant("startsAt"), try instant("endsAt"))
            #expect(start <= Timestamp(seconds: second).rfc3339 && start <= end)
            if one.isOver { #expect(end <= Timestamp(seconds: second).rfc3339) }
        }
    }

    /// What an Alertmanager routes, groups and inhibits by.
    @Test func anAlertmanagerGetsTheCause() {
        var one = notification("s0")
        one.items[0].alert.incident = IncidentID("INC-2026-0001")
        one.items[0].labels = Notification.Labels(
            tier: .tier0, sector: "identity", owner: "Logius", cause: "service/s0")
        let labels =
            #""labels":{"alertname":"r","cause":"service/s0","incident":"INC-2026-0001","#
            + #""owner":"Logius","sector":"identity","service":"s0","severity":"page","tier":"0"}"#
        #expect(text(Payload.alertmanager(told(one), at: one.at)).contains(labels))
        #expect(!text(Payload.webhook(one)).contains("\"tier\""))
    }

    @Test func anEndpointIsALabel() {
        var one = notification("s0")
        one.items[0].alert.key.subject = .endpoint(EndpointID("e0"))
        one.items[0].alert.runbook = "https://wiki.example/x"
        let body = text(Payload.webhook(one))
        #expect(body.contains("\"endpoint\":\"e0\""))
        #expect(body.contains("\"runbook_url\":\"https://wiki.example/x\""))
    }

    @Test(arguments: Notification.Occasion.allCases)
    func whoeverHearsAgainHearsWhy(occasion: Notification.Occasion) {
        var one = notification("s0")
        one.occasion = occasion
        let body = text(Payload.webhook(one))
        #expect(body.contains("\"occasion\":\"\(occasion.rawValue)\"") == (occasion != .change))
    }

    private func chat(_ english: String) -> String {
        var one = notification("s0")
        one.words = Notification.Words(
            headline: LocalizedText(dutch: "", english: english))
        return text(Payload.chat(one, in: .english))
    }

    /// A character that joins what follows it hides nothing from the escaping.
    @Test func aChatIsEscapedWhateverStandsBefore() {
        #expect(
            chat("\u{600}<http://bad|good> \u{600}@all").contains(
                "\u{600}&lt;http://bad|good&gt; \u{600}@\u{200B}all"))
    }

    @Test func aChatCallsNobodyAndKeepsLinks() {
        let none = "\u{200B}"
        #expect(
            chat("<!channel> @all *x* _y_ `z` https://wiki.example.org/@ops/run_book")
                == "{\"text\":\"&lt;!channel&gt; @\(none)all *\(none)x*\(none) _\(none)y_\(none) "
                + "`\(none)z`\(none) https://wiki.example.org/@ops/run_book\"}")
        #expect(
            text(Payload.chat(notification("s0"), in: .dutch)) == #"{"text":"PAGE: weg\nregel"}"#)
    }

    /// An annotation, since an alert whose labels change is another one to a consumer.
    @Test func anIncidentIsNamedAndIsNoLabelOfAWebhook() {
        var one = notification("s0")
        let before = text(Payload.webhook(one))
        one.items[0].alert.incident = IncidentID("INC-2026-0042")
        let body = text(Payload.webhook(one))
        #expect(body.contains(#""annotations":{"incident":"INC-2026-0042","#))
        #expect(!before.contains("incident"))
        #expect(
            body.contains(
                Payload.fingerprint(
                    ["alertname": "r", "service": "s0", "severity": "page"])))
    }

    /// What Alertmanager 0.25 shows for an alert with these labels.
    @Test func theFingerprintIsThatOfAlertmanager() {
        let labels = ["alertname": "unreachable", "service": "s0", "severity": "page"]
        #expect(Payload.fingerprint(labels) == "7bfbc769ebccbd04")
    }

    @Test func theMemoryTellsAgain() {
        var memory = AlertmanagerMemory()
        let second: Int64 = 1_000_000_000
        func due(_ now: Int64, date: Int64) -> [[AlertmanagerMemory.Told]] {
            memory.due(at: now * second, date: Timestamp(seconds: date))
        }
        #expect(memory.wakeAt == nil)
        let (a, b) = (told(notification("a")), told(notification("b")))
        let end = told(notification("a", isOver: true))
        memory.note(a, at: 0)
        memory.note(b, at: 30 * second)
        #expect(memory.wakeAt == 60 * second)
        #expect(due(59, date: 159) == [])
        #expect(due(60, date: 160) == [a + b])
        #expect(due(61, date: 161) == [])
        memory.note(end, at: 100 * second)
        #expect(due(120, date: 220) == [end + b])
        // It was over at 200; a quarter of an hour later everybody knows.
        #expect(due(180, date: 1099) == [end + b])
        #expect(due(240, date: 1100) == [b])
        memory.hurry()
        #expect(due(241, date: 1101) == [b])
        for number in 0..<AlertmanagerMemory.batch {
            memory.note(told(notification("s\(number)")), at: 0)
        }
        #expect(due(400, date: 1200).map(\.count) == [64, 1])
    }

    /// One that is refused is found, told again ever more rarely, and holds up no other.
    @Test func whatAnAlertmanagerRefusesIsLeftAlone() {
        var memory = AlertmanagerMemory()
        let second: Int64 = 1_000_000_000
        let date = Timestamp(seconds: 100)
        for name in ["a", "b", "bad"] { memory.note(told(notification(name)), at: 0) }
        var requests: [Int64: Int] = [:]
        for now in 60..<Int64(4 * 3600) {
            for batch in memory.due(at: now * second, date: date) {
                requests[now / 60, default: 0] += 1
                let isBad = batch.contains { $0.item.alert.service.text == "bad" }
                memory.finish(batch, isRefused: isBad, at: now * second)
                if !isBad { #expect(!batch.isEmpty) }
            }
        }
        // All three in one, each by itself, then the good ones in one and the bad one now and then.
        #expect(requests[1] == 4)
        #expect(requests.values.filter { $0 == 2 }.count <= 9)
        #expect(requests.filter { $0.key > 1 }.values.allSatisfy { (1...2).contains($0) })
    }
}
