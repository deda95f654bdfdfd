import HealthModel
import Testing

@testable import Alerting
@testable import Routing

/// What operators do, and what people are told because of it.
@Suite struct OperatorTests {
    private static func one(_ id: String = "digid") -> Outages.Kind { .init(id: id) }

    private func scope(_ names: (String, String)...) -> AlertScope {
        var scope = AlertScope()
        for (kind, name) in names { _ = scope.add(kind, name) }
        return scope
    }

    private func receiver(_ id: String, _ kind: Receiver.Kind? = nil) throws -> Receiver {
        let url = try #require(ProbeURL("http://127.0.0.1/"))
        return Receiver(id: ReceiverID(id), kind: kind ?? .webhook(url), level: .warning)
    }

    // MARK: Silences

    @Test func aSilenceKeepsAnAlertBackUntilItRunsOut() throws {
        let play = try Outages([Self.one()])
        try play.order(
            .silence(scope(("service", "digid")), from: nil, to: play.now + .seconds(600)))
        play.failing = ["digid": .timeoutConnect]
        play.pass(9)
        #expect(play.told == [])
        #expect(play.full.isEmpty, "machines are not told either")
        #expect(play.snapshot().silenced.values.map(\.text) == ["SIL-2026-0001"])
        play.pass(2)
        // It ran out at the beginning of minute 10, and the alert still fires.
        #expect(play.told == ["10 page digid INC-2026-0001"])
        #expect(play.full.filter { $0.receiver == ReceiverID("machine") }.count == 1)
        #expect(play.snapshot().silenced.isEmpty)
    }

    @Test func whatWasOverBeforeTheSilenceRanOutIsNeverTold() throws {
        let play = try Outages([Self.one()])
        try play.order(
            .silence(scope(("service", "digid")), from: nil, to: play.now + .seconds(1200)))
        play.failing = ["digid": .timeoutConnect]
        play.pass(6)
        play.failing = [:]
        play.pass(20)
        #expect(play.told == [])
    }

    @Test func whoeverWasToldHearsOfTheEndThroughASilence() throws {
        let play = try Outages([Self.one()])
        play.failing = ["digid": .timeoutConnect]
        play.pass(5)
        #expect(play.told == ["2 page digid INC-2026-0001"])
        try play.order(
            .silence(scope(("service", "digid")), from: nil, to: play.now + .seconds(36_000)))
        play.failing = [:]
        play.pass(5)
        #expect(play.told.count == 2 && play.told[1].contains("over digid"))
    }

    @Test func endingASilenceTellsAtOnceWhatItKeptBack() throws {
        let play = try Outages([Self.one()])
        let silence = try play.order(
            .silence(scope(("rule", "unreachable")), from: nil, to: play.now + .seconds(36_000)))
        play.failing = ["digid": .timeoutConnect]
        play.pass(5)
        try play.order(.end(#require(silence.action).id), by: "bert", reason: "mistake")
        play.pass(1)
        #expect(play.told == ["5 page digid INC-2026-0001"])
        let ended = try #require(play.records.last)
        #expect(ended.action == .silenceEnded && ended.actor == "bert" && ended.result == "mistake")
        #expect(ended.operation?.endedBy == "bert")
    }

    @Test func aPlannedSilenceBeginsInTime() throws {
        let play = try Outages([Self.one(), Self.one("svb")])
        try play.order(
            .silence(
                scope(("service", "svb")), from: play.now + .seconds(300),
                to: play.now + .seconds(36_000)))
        #expect(play.records.map(\.action) == [.operationPlanned])
        play.failing = ["svb": .timeoutConnect]
        play.pass(4)
        #expect(play.told == ["2 page svb INC-2026-0001"], "it had not begun")
        play.pass(2)
        #expect(play.records.map(\.action) == [.operationPlanned, .silenceBegan])
    }

    @Test(arguments: [
        ([("service", "digid")], true), ([("service", "svb")], false),
        ([("rule", "slow")], true), ([("rule", "busy")], false),
        ([("endpoint", "digid-www")], true), ([("endpoint", "digid-mijn")], false),
        ([("tier", "0")], true), ([("tier", "3")], false),
        ([("sector", "identity")], true), ([("sector", "care")], false),
        ([("owner", "Logius")], true), ([("owner", "SVB")], false),
        ([("service", "digid"), ("rule", "slow")], true),
        ([("service", "digid"), ("rule", "busy")], false),
        ([("service", "svb"), ("service", "digid")], true),
    ]) func aScopeFitsWhatEveryKindOfNameFits(names: [(String, String)], isMeant: Bool) {
        var scope = AlertScope()
        for (kind, name) in names {
            let isTaken = scope.add(kind, name)
            #expect(isTaken)
        }
        let alert = Alert(
            key: AlertKey(rule: RuleID("slow"), subject: .endpoint(EndpointID("digid-www"))),
            service: ServiceID("digid"), level: .page, state: .firing, activeSince: noon,
            firingSince: noon, reason: nil, summary: LocalizedText(dutch: "", english: ""),
            runbook: nil)
        #expect(scope.contains(alert, of: service("digid")) == isMeant)
        // What is written in files is read back.
        var copy = AlertScope()
        for (kind, name) in scope.names { _ = copy.add(kind, name) }
        #expect(copy == scope)
    }

    @Test func aSilenceOfAnEndpointIsNotOneOfItsService() {
        let alert = Alert(
            key: AlertKey(rule: RuleID("unreachable"), subject: .service(ServiceID("digid"))),
            service: ServiceID("digid"), level: .page, state: .firing, activeSince: noon,
            firingSince: noon, reason: nil, summary: LocalizedText(dutch: "", english: ""),
            runbook: nil)
        #expect(!scope(("endpoint", "digid")).contains(alert, of: service("digid")))
    }

    /// An oracle that knows nothing of incidents: one service, told once at the first evaluation at
    /// which it fires and no silence holds.
    @Test(arguments: 0..<40) func randomSilencesTellAtTheFirstFreeInstant(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let play = try Outages([Self.one()])
        var silences: [Range<Int>] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let from = Int.random(in: 1...30, using: &random)
            let span = from..<(from + Int.random(in: 1...15, using: &random))
            silences.append(span)
            try play.order(
                .silence(
                    scope(("service", "digid")), from: play.now + .seconds(span.lowerBound * 60),
                    to: play.now + .seconds(span.upperBound * 60)))
        }
        let down = Int.random(in: 0...10, using: &random)
        let up = down + Int.random(in: 4...30, using: &random)
        for minute in 0..<60 {
            play.failing = (down..<up).contains(minute) ? ["digid": .timeoutConnect] : [:]
            play.pass(1)
        }
        // It fires two minutes after the failure, and goes on for two after the recovery.
        let firing = (down + 2)..<(up + 2)
        let free = firing.first { minute in !silences.contains { $0.contains(minute) } }
        #expect(play.told.first.flatMap { Int($0.prefix { $0 != " " }) } == free)
        #expect(play.told.count == (free == nil ? 0 : 2))
    }

    // MARK: Acknowledgements, reminders, escalation

    private func onCall() throws -> Outages {
        var people = try receiver("people")
        people.remindEvery = .seconds(600)
        people.escalation = Receiver.Escalation(
            receiver: ReceiverID("boss"), after: .seconds(900))
        var boss = try receiver("boss")
        // The boss is told of nothing by itself.
        boss.services = [ServiceID("nothing")]
        return try Outages([Self.one()], receivers: [people, boss])
    }

    private func occasions(_ play: Outages) -> [String] {
        play.full.filter { !$0.isOver }.map { message in
            let minute = (message.at - noon) / .seconds(60)
            return "\(Int(minute)) \(message.receiver) \(message.occasion.rawValue)"
        }
    }

    @Test func whatNobodyAcknowledgesIsRememberedAndEscalatedOnce() throws {
        let play = try onCall()
        play.failing = ["digid": .timeoutConnect]
        play.pass(40)
        // Told at 2; a reminder every ten minutes, whatever others are told; the boss after 15.
        #expect(
            occasions(play)
                == [
                    "2 people change", "12 people reminder", "17 boss escalation",
                    "22 people reminder", "32 people reminder",
                ])
        let parts = play.full.map(\.id)
        #expect(Set(parts).count == parts.count, "no two are one notification")
        #expect(play.monitor.incidents.open.first?.events.map(\.kind).contains(.escalated) == true)
    }

    @Test func anAcknowledgementKeepsRemindersBackUntilItRunsOut() throws {
        let play = try onCall()
        play.failing = ["digid": .timeoutConnect]
        play.pass(14)
        try play.order(
            .acknowledge(IncidentID("INC-2026-0001"), to: play.now + .seconds(3600)), by: "anna",
            reason: "looking at it")
        play.pass(59)
        #expect(occasions(play) == ["2 people change", "12 people reminder"])
        play.pass(2)
        #expect(occasions(play).count > 2, "it ran out and nobody has said anything since")
        let kinds = play.monitor.incidents.open.first?.events.map(\.kind) ?? []
        #expect(kinds.contains(.acknowledged) && kinds.contains(.unacknowledged))
        #expect(play.records.map(\.action) == [.acknowledgementBegan, .acknowledgementEnded])
    }

    @Test func anAcknowledgementDoesNotHideThatTheIncidentGrows() throws {
        let play = try Outages([
            Self.one(), .init(id: "svb", needs: [("digid", .login)]),
            .init(id: "duo", needs: [("digid", .login)]),
            .init(id: "uwv", needs: [("digid", .login)]),
        ])
        play.failing = ["digid": .timeoutConnect]
        play.pass(10)
        try play.order(.acknowledge(IncidentID("INC-2026-0001"), to: play.now + .seconds(3600)))
        for id in ["svb", "duo", "uwv"] { play.failing[id] = .httpStatus }
        play.pass(10)
        #expect(play.told.last == "12 update duo,svb,uwv INC-2026-0001")
    }

    @Test func anAcknowledgementEndsWithItsIncident() throws {
        let play = try onCall()
        play.failing = ["digid": .timeoutConnect]
        play.pass(4)
        try play.order(.acknowledge(IncidentID("INC-2026-0001"), to: play.now + .seconds(7200)))
        play.failing = [:]
        play.pass(5)
        #expect(play.snapshot().actions.isEmpty)
        #expect(play.records.map(\.action) == [.acknowledgementBegan, .acknowledgementEnded])
        play.failing = ["digid": .timeoutConnect]
        play.pass(14)
        #expect(occasions(play).last?.hasSuffix("people reminder") == true, "another incident")
    }

    @Test func aSecondAcknowledgementTakesThePlaceOfTheFirst() throws {
        let play = try onCall()
        play.failing = ["digid": .timeoutConnect]
        play.pass(4)
        let id = IncidentID("INC-2026-0001")
        try play.order(.acknowledge(id, to: play.now + .seconds(60)), by: "anna")
        try play.order(.acknowledge(id, to: play.now + .seconds(7200)), by: "bert")
        #expect(play.snapshot().actions.map(\.author) == ["bert"])
        play.pass(60)
        #expect(occasions(play) == ["2 people change"])
    }

    // MARK: Hours

    @Test func whatIsNotUrgentWaitsForTheHoursOfAReceiver() throws {
        var people = try receiver("people")
        people.hours = ServiceHours(
            weekdays: [1, 2, 3, 4, 5], from: .seconds(8 * 3600), to: .seconds(18 * 3600))
        // Tuesday 2026-11-24, 02:00 in Amsterdam.
        let night = Timestamp(seconds: 1_795_482_000)
        #expect(AmsterdamTime.clock(at: night) == (2, .seconds(2 * 3600)))
        let play = try Outages(
            [.init(id: "kvk", tier: .tier2), .init(id: "digid", tier: .tier0)], tierLevels: true,
            receivers: [people], start: night)
        play.failing = ["kvk": .timeoutConnect]
        play.pass(5 * 60)
        #expect(play.told == [], "critical can wait until eight")
        play.failing["digid"] = .connectRefused
        play.pass(5)
        #expect(play.told == ["302 page digid INC-2026-0002"], "a page cannot")
        play.pass(60)
        #expect(play.told.last == "360 critical kvk INC-2026-0001")
    }

    // MARK: Maintenance

    @Test func maintenanceIsNoOutageUntilItIsOverrun() throws {
        let play = try Outages([Self.one()])
        play.pass(1)
        try play.order(
            .maintain(
                [ServiceID("digid")], withDependants: false, from: play.now + .seconds(60),
                to: play.now + .seconds(60 + 1800)))
        play.pass(2)
        play.failing = ["digid": .connectRefused]
        play.pass(28)
        #expect(play.snapshot().services[0].ownState == .maintenance)
        #expect(play.told == [] && play.monitor.snapshotAlerts(at: play.now).isEmpty)
        play.pass(2)
        #expect(play.snapshot().services[0].ownState == .down)
        // Maintenance ended at minute 32: two minutes later it is an outage like any other.
        play.pass(4)
        #expect(play.told == ["34 page digid INC-2026-0001"])
        let actions = play.records.map(\.action)
        #expect(
            actions == [
                .operationPlanned, .maintenanceBegan, .maintenanceEnded, .maintenanceOverrun,
            ])
        #expect(
            play.monitor.incidents.open.first?.events.contains { $0.kind == .overrun } == true)
        let month = try #require(play.snapshot().objectives.first?.months.last)
        #expect(month.maintenance == .seconds(1800))
    }

    @Test func maintenanceDoesNotEndAnAlertThatFired() throws {
        let play = try Outages([Self.one()])
        play.failing = ["digid": .connectRefused]
        play.pass(5)
        try play.order(
            .maintain(
                [ServiceID("digid")], withDependants: false, from: nil,
                to: play.now + .seconds(7200)))
        play.pass(30)
        #expect(play.told == ["2 page digid INC-2026-0001"])
        play.failing = [:]
        play.pass(4)
        #expect(play.told.count == 2, "its cause is gone, so it is over")
    }

    @Test func maintenanceMayTakeInWhatNeedsTheService() throws {
        let play = try Outages([
            Self.one(), .init(id: "svb", needs: [("digid", .login)]),
            .init(id: "knmi"),
        ])
        let answer = try play.order(
            .maintain(
                [ServiceID("digid")], withDependants: true, from: nil,
                to: play.now + .seconds(7200)))
        #expect(answer.action?.scope == "service/digid and what needs it")
        for id in ["digid", "svb", "knmi"] { play.failing[id] = .connectRefused }
        play.pass(5)
        #expect(play.told == ["2 page knmi INC-2026-0001"])
    }

    // MARK: Dark services

    @Test func whatAnOperatorSaysOfADarkServiceExplainsWhatLeansOnIt() throws {
        let play = try Outages([
            .init(id: "nafin", tier: .tier0, kind: .dark),
            .init(id: "politie", sector: "safety", needs: [("nafin", .soft)]),
            .init(id: "uzi", sector: "care", needs: [("nafin", .hard)]),
        ])
        play.pass(2)
        try play.order(
            .setDark(ServiceID("nafin"), .down, to: play.now + .seconds(14_400)), by: "anna",
            reason: "Defence reports trouble")
        play.pass(3)
        #expect(play.told == ["4 page nafin INC-2026-0001"])
        #expect(play.root("INC-2026-0001") == "dark/nafin")
        let summary = play.full.first?.alert.summary.english
        #expect(summary?.contains("anna: Defence reports trouble") == true)
        #expect(play.snapshot().services.map(\.effectiveState) == [.down, .up, .down])
        play.failing = ["politie": .timeoutConnect]
        play.pass(4)
        #expect(
            play.told.dropFirst() == ["7 update politie INC-2026-0001"],
            "one dependant is enough to belong to it")
        #expect(
            play.monitor.incidents.open.first?.services.map(\.text) == ["nafin", "politie"])
        play.failing = [:]
        play.pass(5)
        let said = try #require(play.snapshot().actions.first)
        try play.order(.end(said.id), reason: "Defence reports that it is mended")
        play.pass(4)
        #expect(play.told.last?.contains("over") == true)
        #expect(play.snapshot().services[0].ownState == .unknown, "never shown as up")
    }

    // MARK: Incidents

    @Test func anIncidentIsResolvedByForceOnlyWhileAlertsFire() throws {
        let play = try Outages([Self.one()])
        play.failing = ["digid": .connectRefused]
        play.pass(5)
        let id = IncidentID("INC-2026-0001")
        #expect(throws: OperatorRefusal.self) {
            try play.order(.resolve(id, force: false), reason: "gone for good")
        }
        #expect(play.told.count == 1)
        try play.order(.resolve(id, force: true), reason: "gone for good")
        #expect(play.told.count == 2 && play.told[1].contains("over digid"))
        play.pass(5)
        play.failing = [:]
        play.pass(10)
        #expect(play.told.count == 2, "its end is not told again")
        try play.order(.resolve(id, force: false), reason: "cause: a broken switch")
        try play.order(.note(id), by: "bert", reason: "report is written")
        let events = play.monitor.incidents[id]?.events.suffix(2).map(\.text)
        #expect(events == ["anna: cause: a broken switch", "bert: report is written"])
        #expect(play.records.last?.humanLine.contains("bert: report is written") == true)
    }

    /// What comes to pass while an alert of a resolved incident fires on.
    enum Nuisance: CaseIterable {
        case silenceElsewhere, reload, restart, acknowledgedInTheSameSecond
    }

    @Test(arguments: Nuisance.allCases)
    func whatWasResolvedByForceIsNotToldAgain(nuisance: Nuisance) throws {
        let play = try Outages([Self.one(), Self.one("svb")])
        play.failing = ["digid": .connectRefused]
        play.pass(5)
        let id = IncidentID("INC-2026-0001")
        if nuisance == .acknowledgedInTheSameSecond {
            try play.order(.acknowledge(id, to: play.now + .seconds(600)), reason: "calling")
        }
        try play.order(.resolve(id, force: true), reason: "gone for good")
        #expect(play.told.count == 2)
        switch nuisance {
        case .silenceElsewhere:
            let answer = try play.order(
                .silence(scope(("service", "svb")), from: nil, to: play.now + .seconds(600)))
            play.pass(1)
            try play.order(.end(#require(answer.action?.id)))
        case .reload: play.reload(rules: play.monitor.rules.rules)
        case .restart: play.restart()
        case .acknowledgedInTheSameSecond: break
        }
        play.pass(5)
        #expect(play.told.count == 2, "\(play.told)")
        var monitor = play.monitor
        let why = monitor.explain("digid", at: play.now)
        let route = why?.rules.first { $0.firingSince != nil }?.routes.first
        #expect(route?.obstacle == .resolved && why?.incident == nil)
        // A new failure is news.
        play.failing = [:]
        play.pass(10)
        play.failing = ["digid": .connectRefused]
        play.pass(5)
        #expect(play.told.count == 3 && play.told[2].hasSuffix("page digid INC-2026-0002"))
    }

    /// What it cost was told, so that budgets say nothing when the service is back.
    @Test func whatWasResolvedByForceBurnsNoBudgetAfterwards() throws {
        let play = try Outages([Self.one()])
        let burning = rule(
            "burning", .burnRate(.init(rate: 14.4, long: .seconds(3600), short: .seconds(300))))
        play.reload(rules: Outages.rules + [burning])
        play.pass(5)
        play.failing = ["digid": .connectRefused]
        play.pass(5)
        try play.order(
            .resolve(IncidentID("INC-2026-0001"), force: true), reason: "gone for good")
        play.pass(70)
        play.failing = [:]
        play.pass(10)
        #expect(play.told.count == 2, "\(play.told)")
    }

    /// An order that is refused leaves what was ordered before.
    @Test func whatIsRefusedReplacesNothing() throws {
        let play = try Outages([Self.one(), .init(id: "nafin", kind: .dark)])
        play.failing = ["digid": .connectRefused]
        play.pass(5)
        let id = IncidentID("INC-2026-0001")
        let (soon, never) = (play.now + .seconds(3600), play.now + .seconds(30 * 86_400))
        try play.order(.acknowledge(id, to: soon))
        try play.order(.setDark(ServiceID("nafin"), .down, to: soon))
        let (actions, records) = (play.snapshot().actions, play.records.count)
        #expect(actions.count == 2)
        for to in [never, play.now] {
            #expect(throws: OperatorRefusal.self) { try play.order(.acknowledge(id, to: to)) }
            #expect(throws: OperatorRefusal.self) {
                try play.order(.setDark(ServiceID("nafin"), .busy, to: to))
            }
        }
        #expect(play.snapshot().actions == actions && play.records.count == records)
        // What takes its place is written down, and what it replaced as well.
        try play.order(.setDark(ServiceID("nafin"), .busy, to: soon))
        #expect(play.snapshot().actions.count == 2)
        #expect(play.records.suffix(2).map(\.action) == [.darkSet, .darkCleared])
        #expect(play.records.last?.result == "replaced by DRK-2026-0002")
        #expect(play.snapshot().services.last?.ownState == .busy)
    }

    // MARK: Restarts

    @Test(arguments: [1, 3, 5, 8]) func aRestartForgetsNothingOfOperators(minute: Int64) throws {
        let play = try Outages([Self.one(), Self.one("svb")])
        try play.order(
            .silence(scope(("service", "digid")), from: nil, to: play.now + .seconds(600)))
        play.failing = ["digid": .timeoutConnect]
        play.pass(minute)
        play.restart()
        play.pass(12 - minute)
        #expect(play.told == ["10 page digid INC-2026-0001"])
        let answer = try play.order(
            .silence(scope(("service", "svb")), from: nil, to: play.now + .seconds(600)))
        #expect(answer.action?.id.text == "SIL-2026-0002", "no number is given twice")
    }
}

extension HealthMonitor {
    /// Pending and firing alerts.
    fileprivate func snapshotAlerts(at now: Timestamp) -> [Alert] {
        var copy = self
        return copy.snapshot(at: now).alerts
    }
}
