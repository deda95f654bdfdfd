import HealthModel
import Testing

@testable import Alerting
@testable import Routing

/// Why somebody was told or was not.
@Suite struct ExplanationTests {
    private func play(_ receivers: [Receiver]) throws -> Outages {
        try Outages(
            [
                .init(id: "digid"), .init(id: "svb", tier: .tier2, needs: [("digid", .login)]),
                .init(id: "nafin", kind: .dark),
            ], receivers: receivers)
    }

    private func receiver(
        _ id: String, _ change: (inout Receiver) -> Void = { _ in }
    ) throws
        -> Receiver
    {
        let url = try #require(ProbeURL("http://127.0.0.1/"))
        var one = Receiver(id: ReceiverID(id), kind: .webhook(url), level: .warning)
        change(&one)
        return one
    }

    private func explain(_ play: Outages, _ name: String) throws -> Explanation {
        var copy = play.monitor
        let found = copy.explain(name, at: play.now)
        return try #require(found)
    }

    private func routes(_ explanation: Explanation) -> [String] {
        explanation.rules.first?.routes.map {
            "\($0.receiver) \($0.told?.item.alert.level.rawValue ?? $0.obstacle?.rawValue ?? "due")"
        } ?? []
    }

    @Test func aCalmServiceSaysThatNoRuleHolds() throws {
        let play = try play([receiver("people")])
        play.pass(3)
        let why = try explain(play, "digid")
        #expect(why.rules.map(\.finding) == Array(repeating: .fails, count: why.rules.count))
        #expect(why.rules.count == Outages.rules.count && why.incident == nil)
        #expect(why.rules.allSatisfy { $0.routes.isEmpty && $0.activeSince == nil })
    }

    @Test func aPendingAlertSaysSinceWhenAndHowLong() throws {
        let play = try play([receiver("people")])
        play.failing = ["digid": .timeoutConnect]
        play.pass(1)
        let first = try #require(try explain(play, "digid").rules.first)
        #expect(first.key.rule.text == "unreachable" && first.finding == .holds)
        #expect(first.activeSince == noon && first.firingSince == nil)
        #expect(first.holdTime == .seconds(120))
    }

    @Test func everyReceiverSaysWhyItIsNotTold() throws {
        let play = try play([
            receiver("people"),
            receiver("other") { $0.services = [ServiceID("svb")] },
            receiver("monitor") { $0.about = .monitor },
            receiver("night") {
                $0.hours = ServiceHours(weekdays: [7], from: .zero, to: .seconds(3600))
                $0.levelOutsideHours = .page
            },
        ])
        play.failing = ["digid": .timeoutConnect]
        play.pass(5)
        let why = try explain(play, "digid")
        #expect(routes(why) == ["people page", "other scope", "monitor about", "night page"])
        #expect(why.incident?.incident.id.text == "INC-2026-0001")
        #expect(why.endpoints.map(\.consecutiveFailures) == [5])
        // One change, four results ago: 1.18 less 0.02 for each of them.
        #expect(why.flapShares == [EndpointID("digid"): 0.055])
    }

    @Test func hoursAndLevelsAreSaid() throws {
        let play = try Outages(
            [.init(id: "kvk", tier: .tier2)], tierLevels: true,
            receivers: [
                receiver("night") {
                    $0.hours = ServiceHours(weekdays: [7], from: .zero, to: .seconds(3600))
                }, receiver("boss") { $0.level = .page },
            ])
        play.failing = ["kvk": .timeoutConnect]
        play.pass(5)
        #expect(routes(try explain(play, "kvk")) == ["night hours", "boss level"])
    }

    @Test func aSilenceAndAnAcknowledgementAreSaid() throws {
        let play = try play([receiver("people")])
        var scope = AlertScope()
        scope.services = [ServiceID("digid")]
        try play.order(.silence(scope, from: nil, to: play.now + .seconds(3600)))
        play.failing = ["digid": .timeoutConnect]
        play.pass(5)
        try play.order(.acknowledge(IncidentID("INC-2026-0001"), to: play.now + .seconds(60)))
        let why = try explain(play, "inc-2026-0001")
        #expect(why.rules.first?.silence?.text == "SIL-2026-0001")
        #expect(routes(why) == ["people silence"])
        #expect(why.acknowledgement?.author == "anna")
    }

    @Test func maintenanceAndWhatOperatorsSayAreSaid() throws {
        let play = try play([receiver("people")])
        try play.order(
            .maintain(
                [ServiceID("svb")], withDependants: false, from: nil, to: noon + .seconds(600)))
        try play.order(.setDark(ServiceID("nafin"), .down, to: noon + .seconds(600)))
        play.failing = ["svb": .timeoutConnect]
        play.pass(3)
        let svb = try explain(play, "svb")
        #expect(svb.measured == .down && svb.service.ownState == .maintenance)
        #expect(svb.maintenance?.id.text == "MNT-2026-0001")
        #expect(svb.rules.allSatisfy { $0.finding != .holds })
        #expect(try explain(play, "nafin").said?.id.text == "DRK-2026-0001")
        var copy = play.monitor
        let nothing = copy.explain("nothing", at: play.now)
        #expect(nothing == nil)
    }
}
