import HealthModel
import Testing

@testable import Alerting
@testable import Routing

/// Maintenance that comes back.
@Suite struct RecurringMaintenanceTests {
    private static let digid = ServiceID("digid")

    /// Noon is 13:00 in Amsterdam on Monday 23 November 2026.
    private func daily(
        _ play: Outages, from: Timestamp? = nil, length: Duration = .seconds(1800),
        until: Timestamp? = nil
    ) throws -> OperatorAction {
        let start = from ?? play.now + .seconds(600)
        let answer = try play.order(
            .maintain(
                [Self.digid], withDependants: false, from: start, to: start + length,
                every: .daily, until: until))
        return try #require(answer.action)
    }

    @Test func itBeginsAndEndsEachTime() throws {
        let play = try Outages([.init(id: "digid")])
        let planned = try daily(play)
        #expect(planned.startsAt == noon + .seconds(600))
        play.failing = ["digid": .connectRefused]
        play.pass(9)
        #expect(play.told.count == 1, "before it begins an outage is one")
        play.failing = [:]
        play.pass(5)
        play.failing = ["digid": .connectRefused]
        play.pass(20)
        #expect(play.snapshot().services[0].ownState == .maintenance)
        play.failing = [:]
        play.pass(20)
        #expect(play.told.count == 2, "the page and its end")
        // The next afternoon.
        play.pass(24 * 60 - 54 + 11)
        #expect(play.snapshot().services[0].ownState == .maintenance)
        play.failing = ["digid": .connectRefused]
        play.pass(20)
        play.failing = [:]
        play.pass(20)
        #expect(play.told.count == 2)
        #expect(
            play.records.map(\.action) == [
                .operationPlanned, .maintenanceBegan, .maintenanceEnded, .maintenanceBegan,
                .maintenanceEnded,
            ])
        #expect(play.records[2].operation?.endsAt == noon + .seconds(2400))
        #expect(play.records[3].operation?.startsAt == noon + .seconds(87_000))
        let kept = try #require(play.snapshot().actions.first)
        #expect(kept.id == planned.id && kept.startsAt == noon + .seconds(2 * 86_400 + 600))
        #expect(play.actions[planned.id] == kept, "what is on disk says the same")
        let month = try #require(play.snapshot().objectives.first?.months.last)
        #expect(month.maintenance == .seconds(3600))
    }

    @Test func whatFailsAfterEachTimeIsAnOverrun() throws {
        let play = try Outages([.init(id: "digid")])
        _ = try daily(play)
        play.pass(12)
        play.failing = ["digid": .connectRefused]
        play.pass(40)
        #expect(play.records.map(\.action).last == .maintenanceOverrun)
        #expect(play.told.count == 1)
    }

    @Test func theLastTimeIsOverForGood() throws {
        let play = try Outages([.init(id: "digid")])
        let action = try daily(play, until: noon + .seconds(86_400))
        play.pass(41)
        let ended = try #require(play.actions[action.id])
        #expect(ended.endedAt == noon + .seconds(2400) && ended.endedBy == nil)
        #expect(play.snapshot().actions.isEmpty)
    }

    @Test func endingItEndsAllOfIt() throws {
        let play = try Outages([.init(id: "digid")])
        let action = try daily(play)
        play.pass(15)
        try play.order(.end(action.id))
        #expect(play.snapshot().services[0].ownState != .maintenance)
        play.pass(24 * 60)
        #expect(
            play.records.map(\.action) == [.operationPlanned, .maintenanceBegan, .maintenanceEnded])
    }

    @Test func aRestartDaysLaterFindsTheTimeOfThatDay() throws {
        let play = try Outages([.init(id: "digid")])
        let action = try daily(play)
        play.pass(1)
        var keeper = ActionKeeper()
        let later = noon + .seconds(5 * 86_400 + 1200)
        keeper.restore(Array(play.actions.values), at: later)
        let turns = keeper.advance(to: later)
        #expect(turns.count == 2, "the time that was missed ran out, that of today began")
        #expect(keeper[action.id]?.startsAt == noon + .seconds(5 * 86_400 + 600))
        #expect(keeper.maintenance[Self.digid]?.id == action.id)
        #expect(keeper.nextTurnAt == noon + .seconds(5 * 86_400 + 2400))
        #expect(keeper.advance(to: noon + .seconds(5 * 86_400 + 2399)).isEmpty)
        #expect(keeper.advance(to: noon + .seconds(5 * 86_400 + 2400)).count == 1)
        #expect(keeper.nextTurnAt == noon + .seconds(6 * 86_400 + 600))
    }

    @Test func aClockThatIsSetBackBringsTheTimeBack() throws {
        let play = try Outages([.init(id: "digid")])
        let action = try daily(play)
        var keeper = ActionKeeper()
        keeper.restore(Array(play.actions.values), at: noon)
        _ = keeper.advance(to: noon + .seconds(3 * 86_400))
        #expect(keeper[action.id]?.startsAt == noon + .seconds(3 * 86_400 + 600))
        let turns = keeper.advance(to: noon + .seconds(86_400 + 700))
        #expect(turns.count == 1 && keeper.maintenance[Self.digid] != nil)
        #expect(keeper[action.id]?.endsAt == noon + .seconds(86_400 + 2400))
    }

    /// Asked for in the middle of its time, it holds from then on.
    @Test func aFirstTimeThatHasBegunHoldsAtOnce() throws {
        let play = try Outages([.init(id: "digid")])
        let action = try daily(play, from: noon - .seconds(86_400 + 600))
        #expect(action.startsAt == noon && action.endsAt == noon + .seconds(1200))
        #expect(play.snapshot().services[0].ownState == .maintenance)
        play.pass(21)
        #expect(play.snapshot().actions.first?.startsAt == noon + .seconds(86_400 - 600))
    }

    /// At every look the keeper says what the windows say, over both changes of the clock.
    @Test(arguments: 0..<12) func itHoldsExactlyInItsWindows(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let start = try WrittenInstant(seed % 2 == 0 ? "2026-10-22 00:00" : "2027-03-25 00:00")
            .instant
        let from = start + .seconds(Int64.random(in: 0..<1440, using: &random) * 60)
        let days: Recurrence.Days = Bool.random(using: &random) ? .daily : .weekly([2, 6, 7])
        let length = Duration.seconds(60 * Int64.random(in: 1...1380, using: &random))
        let recurrence = Recurrence(days: days, from: from, length: length)
        var keeper = ActionKeeper()
        let first = try #require(recurrence.occurrence(endingAfter: start))
        _ = try keeper.add(
            .maintenance([Self.digid]), author: "anna", reason: "r", from: first.lowerBound,
            to: first.upperBound, recurrence: recurrence, at: start)
        var (now, begun, ended) = (start, 0, 0)
        while now < start + .seconds(8 * 86_400) {
            for turn in keeper.advance(to: now) {
                if case .began = turn { begun += 1 } else { ended += 1 }
            }
            let holds = keeper.maintenance[Self.digid] != nil
            let window = recurrence.occurrence(endingAfter: now)
            if holds != window?.contains(now) { Issue.record("at \(now) \(holds)") }
            if begun - ended != (holds ? 1 : 0) { Issue.record("at \(now): \(begun), \(ended)") }
            now = now + .seconds(Int64.random(in: 1...600, using: &random))
        }
        #expect(begun >= 3)
    }

    @Test(
        arguments: [
            (Recurrence.Days.daily, 23 * 3600), (.weekly([6, 7]), 23 * 3600),
            (.weekly([7]), 167 * 3600), (.monthly(place: 1, weekday: 7), 671 * 3600),
        ] as [(Recurrence.Days, Int64)])
    func itIsOverBeforeItComesBack(days: Recurrence.Days, seconds: Int64) throws {
        let play = try Outages([.init(id: "digid")])
        func request(_ length: Duration) -> OperatorOrder.Request {
            .maintain(
                [Self.digid], withDependants: false, from: noon, to: noon + length, every: days)
        }
        let most = Duration.seconds(seconds)
        #expect(throws: OperatorRefusal.overlapsItself(most)) {
            try play.order(request(most + .nanoseconds(1)))
        }
        #expect(throws: OperatorRefusal.endsTooEarly) { try play.order(request(.zero)) }
        #expect(play.actions.isEmpty)
        try play.order(request(most))
        #expect(play.actions.count == 1)
    }

    @Test func whatNeverBeginsIsRefused() throws {
        let play = try Outages([.init(id: "digid")])
        #expect(throws: OperatorRefusal.endsTooEarly) {
            _ = try daily(play, until: noon + .seconds(600))
        }
        #expect(throws: OperatorRefusal.startsTooLate) {
            _ = try daily(play, from: noon + Limits.planningDuration + .seconds(1))
        }
    }

    @Test func quietEndsWhenSomethingBegins() throws {
        let play = try Outages([.init(id: "digid")])
        play.pass(3)
        _ = try daily(play, from: play.now + .seconds(20))
        var monitor = play.monitor
        _ = monitor.evaluate(at: play.now)
        #expect(monitor.quietUntil(after: play.now) <= play.now + .seconds(20))
    }

    /// The windows of an action are those minutes in which it held.
    @Test(arguments: 0..<20) func itsWindowsAreWhatHeld(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        func minutes(_ most: Int64) -> Duration {
            .seconds(60 * Int64.random(in: 1...most, using: &random))
        }
        var action = OperatorAction(
            id: ActionID("MNT-2026-0001"), effect: .maintenance([Self.digid]), author: "anna",
            reason: "r", addedAt: noon, startsAt: noon + minutes(3000),
            endsAt: noon + minutes(3000) + .seconds(200_000))
        if seed % 4 > 0 {
            action.recurrence = Recurrence(
                days: seed % 2 == 0 ? .daily : .weekly([2, 4]), from: noon - minutes(3000),
                length: minutes(1380), until: seed % 3 == 0 ? noon + minutes(8000) : nil)
        }
        if seed % 5 < 3 { action.endedAt = noon + minutes(9000) }
        let range = (noon - minutes(500))..<(noon + minutes(10_000))
        let windows = action.windows(within: range)
        for (before, next) in zip(windows, windows.dropFirst()) {
            #expect(before.upperBound < next.lowerBound)
        }
        var instant = noon - .seconds(60_000)
        while instant < noon + .seconds(700_000) {
            let window =
                action.recurrence.map { $0.occurrence(endingAfter: instant) }
                ?? action.startsAt..<action.endsAt
            let holds =
                range.contains(instant) && window?.contains(instant) == true && instant >= noon
                && action.endedAt.map { instant < $0 } ?? true
            if windows.contains(where: { $0.contains(instant) }) != holds {
                Issue.record("\(action) \(instant)")
                break
            }
            instant = instant + .seconds(60)
        }
    }
}
