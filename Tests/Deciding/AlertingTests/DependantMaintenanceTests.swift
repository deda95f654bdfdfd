import HealthModel
import Testing

@testable import Alerting
@testable import Routing

/// Maintenance of services and of what needs them.
@Suite struct DependantMaintenanceTests {
    private static let base: [Outages.Kind] = [
        .init(id: "digid"), .init(id: "svb", needs: [("digid", .login)]), .init(id: "knmi"),
    ]
    private static let later = base + [.init(id: "duo", needs: [("svb", .hard)])]

    private func maintain(_ play: Outages, from: Timestamp? = nil) throws -> OperatorAction {
        let answer = try play.order(
            .maintain(
                [ServiceID("digid")], withDependants: true, from: from,
                to: play.now + .seconds(7200)))
        return try #require(answer.action)
    }

    private func state(_ play: Outages, _ id: String) -> HealthState? {
        play.snapshot().services.first { $0.id.text == id }?.ownState
    }

    @Test func aDependantThatIsAddedMeanwhileIsUnderIt() throws {
        let play = try Outages(Self.base)
        _ = try maintain(play)
        play.failing = ["digid": .connectRefused, "svb": .connectRefused]
        play.pass(5)
        play.reload(Self.later)
        #expect(state(play, "duo") == .maintenance, "from the reload on")
        play.failing["duo"] = .connectRefused
        play.pass(10)
        #expect(play.told == [])
        #expect(!play.records.map(\.action).contains(.maintenanceEnded))
    }

    @Test func aDependantThatLeansOnItNoMoreIsNotUnderIt() throws {
        let play = try Outages(Self.base)
        _ = try maintain(play)
        play.pass(3)
        play.reload([.init(id: "digid"), .init(id: "svb"), .init(id: "knmi")])
        #expect(state(play, "svb") == .up && state(play, "digid") == .maintenance)
        play.failing = ["digid": .connectRefused, "svb": .connectRefused]
        play.pass(5)
        #expect(play.told == ["5 page svb INC-2026-0001"])
    }

    @Test func itFollowsTheCatalogueAfterARestartAndWhenItBegins() throws {
        let play = try Outages(Self.base)
        let action = try maintain(play, from: noon + .seconds(300))
        #expect(action.scope == "service/digid and what needs it")
        #expect(action.effect == .maintenance([ServiceID("digid")]) && action.withDependants)
        play.reload(Self.later)
        #expect(state(play, "duo") != .maintenance, "it has not begun")
        play.restart()
        play.failing = ["digid": .connectRefused, "duo": .connectRefused]
        play.pass(1)
        play.failing = [:]
        play.pass(5)
        play.failing = ["digid": .connectRefused, "duo": .connectRefused]
        play.pass(10)
        #expect(state(play, "duo") == .maintenance)
        #expect(play.told == [])
    }

    @Test func whatStillFailsOfThemIsAnOverrun() throws {
        let play = try Outages(Self.base)
        let action = try maintain(play)
        play.reload(Self.later)
        play.failing = ["duo": .connectRefused]
        play.pass(122)
        let overrun = try #require(play.records.last { $0.action == .maintenanceOverrun })
        #expect(overrun.operation?.id == action.id && overrun.result == "still failing: duo")
    }

    @Test func withoutTheFlagItIsOfTheServicesAlone() throws {
        let play = try Outages(Self.base)
        try play.order(
            .maintain(
                [ServiceID("digid")], withDependants: false, from: nil,
                to: play.now + .seconds(7200)))
        #expect(play.monitor.actions.maintenance.keys.map(\.text) == ["digid"])
    }

    @Test func tooManyDependantsAreRefused() throws {
        func play(_ dependants: Int) throws -> Outages {
            try Outages(
                [.init(id: "digid")]
                    + (0..<dependants).map { .init(id: "s\($0)", needs: [("digid", .hard)]) })
        }
        _ = try maintain(try play(Limits.scopeNames - 1))
        #expect(throws: OperatorRefusal.scopeTooLarge) {
            _ = try maintain(try play(Limits.scopeNames))
        }
    }

    /// Whoever counts time is told which endpoints were under it, also when they no longer are.
    @Test func theEndpointsThatWereUnderItAreKept() throws {
        let play = try Outages(Self.base)
        let action = try maintain(play, from: noon + .seconds(60))
        #expect(play.actions[action.id]?.endpoints == [], "not before it begins")
        play.pass(2)
        #expect(play.actions[action.id]?.endpoints.map(\.text) == ["digid", "svb"])
        play.reload(Self.later)
        play.pass(1)
        #expect(play.actions[action.id]?.endpoints.map(\.text) == ["digid", "duo", "svb"])
        play.reload([.init(id: "digid"), .init(id: "knmi")])
        play.pass(1)
        #expect(play.actions[action.id]?.endpoints.map(\.text) == ["digid", "duo", "svb"])
    }
}
