import HealthModel
import Testing

@testable import Alerting
@testable import Routing

/// What an acknowledgement keeps quiet.
@Suite struct AcknowledgementTests {
    private static func people() throws -> Receiver {
        let url = try #require(ProbeURL("http://127.0.0.1/"))
        return Receiver(id: ReceiverID("people"), kind: .webhook(url), level: .warning)
    }

    /// What was told while something fired, as `minute receiver occasion`.
    private static func occasions(_ play: Outages) -> [String] {
        play.full.filter { !$0.isOver }.map { message in
            let minute = Int((message.at - noon) / .seconds(60))
            return "\(minute) \(message.receiver) \(message.occasion.rawValue)"
        }
    }

    /// It covers what was named when it was given: what joins later is reminded of by itself.
    @Test func anAcknowledgementCoversWhatWasNamed() throws {
        var people = try Self.people()
        people.remindEvery = .seconds(600)
        let play = try Outages(
            [.init(id: "digid", tier: .tier0), .init(id: "svb", needs: [("digid", .login)])],
            receivers: [people])
        play.failing = ["digid": .timeoutConnect]
        play.pass(5)
        try play.order(.acknowledge(IncidentID("INC-2026-0001"), to: play.now + .seconds(14_400)))
        play.pass(30)
        #expect(Self.occasions(play) == ["2 people change"])
        play.failing["svb"] = .httpStatus
        play.pass(15)
        #expect(
            Self.occasions(play).dropFirst() == ["37 people update", "47 people reminder"])
        // Whoever acknowledges again knows that one, too.
        try play.order(.acknowledge(IncidentID("INC-2026-0001"), to: play.now + .seconds(14_400)))
        play.pass(30)
        #expect(Self.occasions(play).count == 3)
    }
}
