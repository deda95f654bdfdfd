import HealthModel
import Testing

@testable import Alerting
@testable import Incidents
@testable import Routing

/// The clock of NIS2, article 23.
@Suite struct LegalClockTests {
    /// A large incident has many events; what the law asks about stays.
    @Test func noEventPushesTheClockOut() throws {
        var incident = Incident(
            id: IncidentID("INC-2026-0001"), root: .commonCause, openedAt: noon)
        incident.note(.opened, "first", at: noon)
        incident.note(.aware, "anna: significant", at: noon)
        incident.note(.reported, "early-warning: NCSC 7", at: noon)
        for number in 0...Incident.eventsMax { incident.note(.joined, "\(number)", at: noon) }
        #expect(incident.events.count == Incident.eventsMax)
        #expect(incident.events.first?.text == "first")
        #expect(LegalClock(incident)?.done.keys.map(\.rawValue) == ["early-warning"])
        // Unless there is nothing else.
        for _ in 0...Incident.eventsMax { incident.note(.aware, "again", at: noon) }
        #expect(incident.events.count == Incident.eventsMax)
    }

    /// Whoever is aware of a part is aware of the whole that takes it in.
    @Test func aWiderIncidentTakesTheClockOver() throws {
        let names = ["werk", "ziekenhuis", "rechtspraak"]
        let play = try Outages(names.map { Outages.Kind(id: $0, sector: "sector-\($0)") })
        play.pass(1)
        for (name, minutes) in zip(names, [1, 3, 4] as [Int64]) {
            play.failing[name] = .timeoutConnect
            play.pass(minutes)
            guard name == "ziekenhuis" else { continue }
            try play.order(.aware(IncidentID("INC-2026-0002"), at: play.now), reason: "significant")
        }
        let open = try #require(play.monitor.incidents.open.first)
        #expect(open.id.text == "INC-2026-0001" && LegalClock(open) != nil)
        #expect(open.events.map(\.at) == open.events.map(\.at).sorted())
    }

    /// What is owed stays on the first screen after the incident is over.
    @Test func whatIsOwedIsShownUntilItIsDone() throws {
        let play = try Outages([.init(id: "digid")])
        play.failing = ["digid": .connectRefused]
        play.pass(5)
        let id = IncidentID("INC-2026-0001")
        try play.order(.aware(id, at: play.now), reason: "significant")
        play.failing = [:]
        play.pass(10)
        let later = play.now + .seconds(10 * 86_400)
        var monitor = play.monitor
        #expect(monitor.snapshot(at: later).incidents.map(\.incident.id) == [id])
        for step in LegalClock.Step.allCases { try play.order(.reported(id, step), reason: "sent") }
        monitor = play.monitor
        #expect(monitor.snapshot(at: later).incidents.isEmpty)
    }

    private static let id = IncidentID("INC-2026-0001")

    private func failing() throws -> Outages {
        let play = try Outages([.init(id: "digid")])
        play.failing = ["digid": .timeoutConnect]
        play.pass(5)
        return play
    }

    private func legal(_ play: Outages) -> LegalClock? {
        play.monitor.incidents[Self.id].flatMap { LegalClock($0) }
    }

    @Test func nobodyButAPersonStartsIt() throws {
        let play = try failing()
        #expect(legal(play) == nil)
        #expect(throws: OperatorRefusal.notAware(Self.id)) {
            try play.order(.reported(Self.id, .earlyWarning))
        }
        try play.order(.aware(Self.id, at: noon), reason: "significant")
        // 2026-11-23 12:00 and 24 h, 72 h, and a month after those.
        #expect(
            legal(play)?.steps.map(\.at.rfc3339) == [
                "2026-11-24T12:00:00.000Z", "2026-11-26T12:00:00.000Z",
                "2026-12-26T12:00:00.000Z",
            ])
        #expect(legal(play)?.next?.step == .earlyWarning)
        #expect(play.records.map(\.action) == [.incidentAware])
    }

    @Test func whatWasSentMovesTheFinalReport() throws {
        let play = try failing()
        try play.order(.aware(Self.id, at: noon))
        try play.order(.reported(Self.id, .earlyWarning), reason: "NCSC-7")
        try play.order(.reported(Self.id, .notification), reason: "NCSC-7")
        let clock = try #require(legal(play))
        #expect(clock.next?.step == .finalReport)
        #expect(clock.steps[2].at == play.now.aMonthLater)
        #expect(clock.done[.notification] == play.now)
        #expect(play.records.last?.note == "notification: NCSC-7")
    }

    @Test func itGoesOnWhenTheIncidentIsOver() throws {
        let play = try failing()
        play.failing = [:]
        play.pass(5)
        try play.order(.aware(Self.id, at: noon))
        #expect(legal(play)?.awareAt == noon)
        // The first word may have been a mistake.
        try play.order(.aware(Self.id, at: noon - .seconds(3600)))
        #expect(legal(play)?.awareAt == noon - .seconds(3600))
        play.restart()
        #expect(legal(play)?.awareAt == noon - .seconds(3600))
    }

    @Test func nobodyIsAwareOfTheFuture() throws {
        let play = try failing()
        for instant in [
            play.now + .nanoseconds(1), play.now - Limits.planningDuration - .nanoseconds(1),
        ] {
            #expect(throws: OperatorRefusal.awareTooEarly) {
                try play.order(.aware(Self.id, at: instant))
            }
        }
        try play.order(.aware(Self.id, at: play.now - Limits.planningDuration))
    }

    @Test(arguments: [
        ("2026-11-26T12:00:00.000Z", "2026-12-26T12:00:00.000Z"),
        ("2026-12-31T23:59:59.000Z", "2027-01-31T23:59:59.000Z"),
        ("2027-01-31T08:00:00.000Z", "2027-02-28T08:00:00.000Z"),
        ("2028-01-30T08:00:00.000Z", "2028-02-29T08:00:00.000Z"),
        ("2027-03-31T08:00:00.000Z", "2027-04-30T08:00:00.000Z"),
    ]) func aMonthEndsOnADayThatThereIs(from: String, to: String) throws {
        let parts = from.split { "-T:.Z".contains($0) }.compactMap { Int64($0) }
        let start = try #require(
            Timestamp(
                year: parts[0], month: parts[1], day: parts[2], hour: parts[3], minute: parts[4],
                second: parts[5]))
        #expect(start.aMonthLater.rfc3339 == to)
    }
}
