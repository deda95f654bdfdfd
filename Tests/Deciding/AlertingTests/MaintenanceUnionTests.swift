import HealthModel
import Testing

@testable import Alerting

/// Maintenance windows of one service that overlap.
@Suite struct MaintenanceUnionTests {
    private static let digid = ServiceID("digid")

    private func maintain(_ play: Outages, _ from: Int64, _ to: Int64) throws {
        try play.order(
            .maintain(
                [Self.digid], withDependants: false, from: noon + .seconds(from * 60),
                to: noon + .seconds(to * 60)))
    }

    @Test func nothingIsOverrunWhileAnotherOneHolds() throws {
        let play = try Outages([.init(id: "digid")])
        play.pass(1)
        try maintain(play, 1, 10)
        try maintain(play, 5, 30)
        play.failing = ["digid": .connectRefused]
        play.pass(27)
        #expect(play.told == [])
        #expect(!play.records.map(\.action).contains(.maintenanceOverrun))
        play.pass(10)
        let overruns = play.records.filter { $0.action == .maintenanceOverrun }
        #expect(overruns.map { $0.operation?.id.text } == ["MNT-2026-0002"])
        #expect(play.told == ["32 page digid INC-2026-0001"])
    }

    @Test func theOneThatEndsLastCounts() throws {
        for order in [[(1, 40), (2, 20)], [(2, 20), (1, 40)], [(1, 40), (1, 40)]]
            as [[(Int64, Int64)]]
        {
            let play = try Outages([.init(id: "digid")])
            for (from, to) in order { try maintain(play, from, to) }
            play.pass(5)
            let shown = play.monitor.actions.maintenance[Self.digid]
            #expect(shown?.endsAt == noon + .seconds(2400))
            // Of two that end together the one that was asked for last.
            if order[0] == order[1] { #expect(shown?.id.text == "MNT-2026-0002") }
        }
    }

    /// At every look the service is under maintenance when one of the windows holds, for as long as
    /// they say, and an overrun is noted at the end of what they cover together only.
    @Test(arguments: 0..<30) func theyAreAUnion(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let play = try Outages([.init(id: "digid")])
        var windows: [Range<Int64>] = []
        for _ in 0..<Int.random(in: 2...5, using: &random) {
            let from = Int64.random(in: 1...30, using: &random)
            let window = from..<(from + Int64.random(in: 1...20, using: &random))
            windows.append(window)
            try maintain(play, window.lowerBound, window.upperBound)
        }
        play.failing = ["digid": .connectRefused]
        var ends: [Int64] = []
        for minute in 0..<60 as Range<Int64> {
            let isCovered = windows.contains { $0.contains(minute) }
            play.pass(1)
            #expect((play.monitor.actions.maintenance[Self.digid] != nil) == isCovered)
            if !isCovered, windows.contains(where: { $0.upperBound == minute }) {
                ends.append(minute)
            }
        }
        let overruns = play.records.filter { $0.action == .maintenanceOverrun }
        #expect(Set(overruns.map { Int64(($0.at - noon).components.seconds / 60) }) == Set(ends))
        let month = try #require(play.snapshot().objectives.first?.months.last)
        let covered = (0..<60).filter { minute in windows.contains { $0.contains(minute) } }.count
        #expect(month.maintenance == .seconds(60 * covered))
    }
}
