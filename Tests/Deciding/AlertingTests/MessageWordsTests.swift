import HealthModel
import Testing

@testable import Alerting
@testable import Incidents
@testable import Observing
@testable import Routing
@testable import Rules

/// What people read, word for word, of each kind of message.
@Suite struct MessageWordsTests {
    private static func play() throws -> Outages {
        let url = try #require(ProbeURL("http://127.0.0.1/"))
        var people = Receiver(id: ReceiverID("people"), kind: .webhook(url), level: .warning)
        people.remindEvery = .seconds(1800)
        people.escalation = Receiver.Escalation(
            receiver: ReceiverID("boss"), after: .seconds(1500))
        var boss = Receiver(id: ReceiverID("boss"), kind: .webhook(url), level: .page)
        boss.about = .escalation
        return try Outages(
            [
                .init(id: "digid", tier: .tier0),
                .init(id: "duo", tier: .tier2, sector: "education", needs: [("digid", .login)]),
                .init(id: "svb", tier: .tier1, sector: "income", needs: [("digid", .login)]),
            ], tierLevels: true, receivers: [people, boss])
    }

    /// Messages in English and below that in Dutch, an empty line between two of them.
    private func both(_ messages: some Sequence<Notification>) -> String {
        messages.map { message in
            let lines = [message.words.headline] + message.words.body
            return (lines.map(\.english) + lines.map(\.dutch)).joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    @Test func anIncidentFromItsFirstWordToItsLast() throws {
        let play = try Self.play()
        play.pass(1)
        play.failing = ["digid": .timeoutConnect]
        play.pass(4)
        play.failing["svb"] = .httpStatus
        play.pass(4)
        play.failing["digid"] = nil
        play.pass(5)
        play.failing = [:]
        play.pass(4)
        let told = play.full.filter { $0.receiver == ReceiverID("people") }
        #expect(both(told) == Self.incident)
    }

    /// All that is said of an incident that two services join and leave.
    private static let incident = """
        PAGE: digid EN: no connection in time.
        NEW PAGE  digid EN: no connection in time. Since 2026-11-23 13:01 Amsterdam (12:01 UTC).
        Owner: Logius (digid, tier 0). Services that depend on it: 2.
        Runbook: runbook
        To see more: vitaal incident show INC-2026-0001
        PAGE: digid NL: geen verbinding binnen de tijd.
        NIEUW PAGE  digid NL: geen verbinding binnen de tijd. Sinds 2026-11-23 13:01 Amsterdam (12:01 UTC).
        Eigenaar: Logius (digid, tier 0). Afhankelijke diensten: 2.
        Draaiboek: runbook
        Meer weten: vitaal incident show INC-2026-0001

        PAGE (update): svb EN: the HTTP status is not an expected one. And 1 more.
        NEW PAGE  svb EN: the HTTP status is not an expected one. Since 2026-11-23 13:05 Amsterdam (12:05 UTC).
        STILL PAGE  digid EN: no connection in time. Since 2026-11-23 13:01 Amsterdam (12:01 UTC).
        Because of: digid EN.
        2 services touched: digid, svb.
        Owner: Logius (svb, tier 1).
        Runbook: runbook
        To see more: vitaal incident show INC-2026-0001
        PAGE (meer nieuws): svb NL: de HTTP-status is niet de verwachte. En nog 1.
        NIEUW PAGE  svb NL: de HTTP-status is niet de verwachte. Sinds 2026-11-23 13:05 Amsterdam (12:05 UTC).
        NOG STEEDS PAGE  digid NL: geen verbinding binnen de tijd. Sinds 2026-11-23 13:01 Amsterdam (12:01 UTC).
        Komt door: digid NL.
        2 diensten geraakt: digid, svb.
        Eigenaar: Logius (svb, tier 1).
        Draaiboek: runbook
        Meer weten: vitaal incident show INC-2026-0001

        OVER: digid EN: no connection in time. Lasted 10m. 1 left.
        OVER  digid EN: no connection in time. From 2026-11-23 13:01 Amsterdam (12:01 UTC) to 2026-11-23 13:11 Amsterdam (12:11 UTC), 10m.
        STILL PAGE  svb EN: the HTTP status is not an expected one. Since 2026-11-23 13:05 Amsterdam (12:05 UTC).
        Because of: digid EN.
        2 services touched: digid, svb.
        Owner: Logius (digid, tier 0). Services that depend on it: 2.
        Runbook: runbook
        To see more: vitaal incident show INC-2026-0001
        VOORBIJ: digid NL: geen verbinding binnen de tijd. Duurde 10m. Nog 1 over.
        VOORBIJ  digid NL: geen verbinding binnen de tijd. Van 2026-11-23 13:01 Amsterdam (12:01 UTC) tot 2026-11-23 13:11 Amsterdam (12:11 UTC), 10m.
        NOG STEEDS PAGE  svb NL: de HTTP-status is niet de verwachte. Sinds 2026-11-23 13:05 Amsterdam (12:05 UTC).
        Komt door: digid NL.
        2 diensten geraakt: digid, svb.
        Eigenaar: Logius (digid, tier 0). Afhankelijke diensten: 2.
        Draaiboek: runbook
        Meer weten: vitaal incident show INC-2026-0001

        OVER: svb EN: the HTTP status is not an expected one. Lasted 11m.
        OVER  svb EN: the HTTP status is not an expected one. From 2026-11-23 13:05 Amsterdam (12:05 UTC) to 2026-11-23 13:16 Amsterdam (12:16 UTC), 11m.
        Because of: digid EN.
        2 services touched: digid, svb.
        Owner: Logius (svb, tier 1).
        Runbook: runbook
        To see more: vitaal incident show INC-2026-0001
        VOORBIJ: svb NL: de HTTP-status is niet de verwachte. Duurde 11m.
        VOORBIJ  svb NL: de HTTP-status is niet de verwachte. Van 2026-11-23 13:05 Amsterdam (12:05 UTC) tot 2026-11-23 13:16 Amsterdam (12:16 UTC), 11m.
        Komt door: digid NL.
        2 diensten geraakt: digid, svb.
        Eigenaar: Logius (svb, tier 1).
        Draaiboek: runbook
        Meer weten: vitaal incident show INC-2026-0001
        """

    @Test func aReminderAndAnEscalation() throws {
        let play = try Self.play()
        play.pass(1)
        play.failing = ["digid": .timeoutConnect]
        play.pass(33)
        #expect(
            both(play.full.dropFirst()) == """
                PAGE (nobody responded): digid EN: no connection in time.
                NEW PAGE  digid EN: no connection in time. Since 2026-11-23 13:01 Amsterdam (12:01 UTC).
                Owner: Logius (digid, tier 0). Services that depend on it: 2.
                Runbook: runbook
                To see more: vitaal incident show INC-2026-0001
                PAGE (niemand reageerde): digid NL: geen verbinding binnen de tijd.
                NIEUW PAGE  digid NL: geen verbinding binnen de tijd. Sinds 2026-11-23 13:01 Amsterdam (12:01 UTC).
                Eigenaar: Logius (digid, tier 0). Afhankelijke diensten: 2.
                Draaiboek: runbook
                Meer weten: vitaal incident show INC-2026-0001

                PAGE (reminder): digid EN: no connection in time.
                STILL PAGE  digid EN: no connection in time. Since 2026-11-23 13:01 Amsterdam (12:01 UTC).
                Owner: Logius (digid, tier 0). Services that depend on it: 2.
                Runbook: runbook
                To see more: vitaal incident show INC-2026-0001
                PAGE (herinnering): digid NL: geen verbinding binnen de tijd.
                NOG STEEDS PAGE  digid NL: geen verbinding binnen de tijd. Sinds 2026-11-23 13:01 Amsterdam (12:01 UTC).
                Eigenaar: Logius (digid, tier 0). Afhankelijke diensten: 2.
                Draaiboek: runbook
                Meer weten: vitaal incident show INC-2026-0001
                """)
    }

    @Test func whatIsNotWatchedAnyMoreAndWhatIsLowered() throws {
        let play = try Self.play()
        play.pass(1)
        play.failing = ["digid": .timeoutConnect, "svb": .connectRefused]
        play.pass(5)
        var rules = play.monitor.rules.rules
        rules[0].level = PerTier(tier0: .critical, tier1: nil, tier2: nil, tier3: nil)
        play.reload(rules: rules)
        play.pass(1)
        let told = play.full.suffix(2)
        #expect(
            both(told) == """
                CRITICAL (update): digid EN: no connection in time.
                NEW CRITICAL  digid EN: no connection in time. Since 2026-11-23 13:01 Amsterdam (12:01 UTC).
                CHANGED  digid EN: no connection in time. This is no PAGE any more.
                Owner: Logius (digid, tier 0). Services that depend on it: 2.
                Runbook: runbook
                To see more: vitaal incident show INC-2026-0001
                CRITICAL (meer nieuws): digid NL: geen verbinding binnen de tijd.
                NIEUW CRITICAL  digid NL: geen verbinding binnen de tijd. Sinds 2026-11-23 13:01 Amsterdam (12:01 UTC).
                GEWIJZIGD  digid NL: geen verbinding binnen de tijd. Dit geldt niet meer als PAGE.
                Eigenaar: Logius (digid, tier 0). Afhankelijke diensten: 2.
                Draaiboek: runbook
                Meer weten: vitaal incident show INC-2026-0001

                NO LONGER WATCHED: svb EN: the connection was refused.
                NO LONGER WATCHED  svb EN: the connection was refused. Its rule, service or receiver is gone from the configuration.
                Owner: Logius (svb, tier 1).
                Runbook: runbook
                To see more: vitaal incident show INC-2026-0002
                NIET MEER BEWAAKT: svb NL: de verbinding is geweigerd.
                NIET MEER BEWAAKT  svb NL: de verbinding is geweigerd. De regel, de dienst of de ontvanger is weg uit de instellingen.
                Eigenaar: Logius (svb, tier 1).
                Draaiboek: runbook
                Meer weten: vitaal incident show INC-2026-0002
                """)
    }

    /// The first line is all that a phone may show, whatever the summary is.
    @Test(arguments: [0, 1, 79, 113, 114, 115, 400])
    func theFirstLineIsShort(count: Int) throws {
        let map = IncidentMap(
            catalogue: ServiceCatalogue(services: [], endpoints: []),
            graph: DependencyGraph(services: []))
        let words = MessageWords(map: map, incident: nil, maintenance: [:])
        for summary in [
            String(repeating: "x", count: count), String(repeating: "ab ", count: count),
        ] {
            for part in Notification.Item.Part.allCases {
                var alert = Alert(
                    key: AlertKey(rule: RuleID("r"), subject: .service(ServiceID("s"))),
                    service: ServiceID("s"), level: .critical, state: .firing, activeSince: at(0),
                    firingSince: at(10), reason: nil,
                    summary: LocalizedText(dutch: summary, english: summary), runbook: nil)
                if part.isEnd { alert.state = .resolved }
                let items = Array(
                    repeating: Notification.Item(alert: alert, part: part), count: 7)
                for occasion in Notification.Occasion.allCases {
                    let message = Notification(
                        receiver: ReceiverID("r"), at: at(100), thread: "t", occasion: occasion,
                        items: items, moreCount: 12_345)
                    let line = words.words(of: message).headline
                    for text in [line.dutch, line.english] {
                        #expect(text.count <= MessageWords.headlineCharacters)
                        #expect(text.utf8.allSatisfy { $0 < 0x80 }, "plain text stays plain")
                    }
                }
            }
        }
    }

    @Test func aParentUnderMaintenanceIsNamed() throws {
        let play = try Self.play()
        play.pass(1)
        try play.order(
            .maintain(
                [ServiceID("digid")], withDependants: false, from: nil,
                to: play.now + .seconds(3600)), reason: "release 7")
        play.failing = ["svb": .httpStatus]
        play.pass(5)
        #expect(
            both(play.full) == """
                PAGE: svb EN: the HTTP status is not an expected one.
                NEW PAGE  svb EN: the HTTP status is not an expected one. Since 2026-11-23 13:01 Amsterdam (12:01 UTC).
                digid EN is under maintenance until 2026-11-23 14:01 Amsterdam (13:01 UTC) (MNT-2026-0001, anna: release 7).
                Owner: Logius (svb, tier 1).
                Runbook: runbook
                To see more: vitaal incident show INC-2026-0001
                PAGE: svb NL: de HTTP-status is niet de verwachte.
                NIEUW PAGE  svb NL: de HTTP-status is niet de verwachte. Sinds 2026-11-23 13:01 Amsterdam (12:01 UTC).
                digid NL heeft onderhoud tot 2026-11-23 14:01 Amsterdam (13:01 UTC) (MNT-2026-0001, anna: release 7).
                Eigenaar: Logius (svb, tier 1).
                Draaiboek: runbook
                Meer weten: vitaal incident show INC-2026-0001
                """)
    }
}
