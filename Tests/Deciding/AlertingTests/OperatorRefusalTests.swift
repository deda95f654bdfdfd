import HealthModel
import Testing

@testable import Alerting
@testable import Routing

/// What is not done for operators, and what they are told then.
@Suite struct OperatorRefusalTests {
    private static let kinds: [Outages.Kind] = [
        .init(id: "digid"), .init(id: "nafin", kind: .dark),
    ]

    private static func scope(_ kind: String, _ name: String) -> AlertScope {
        var scope = AlertScope()
        _ = scope.add(kind, name)
        return scope
    }

    private static let soon = noon + .seconds(600)

    @Test(
        arguments: [
            (.silence(AlertScope(), from: nil, to: soon), OperatorRefusal.emptyScope),
            (
                .silence(scope("service", "digd"), from: nil, to: soon),
                .unknown(kind: "service", name: "digd")
            ),
            (
                .silence(scope("endpoint", "x"), from: nil, to: soon),
                .unknown(kind: "endpoint", name: "x")
            ),
            (.silence(scope("rule", "x"), from: nil, to: soon), .unknown(kind: "rule", name: "x")),
            (
                .silence(scope("sector", "x"), from: nil, to: soon),
                .unknown(kind: "sector", name: "x")
            ),
            (
                .silence(scope("owner", "x"), from: nil, to: soon),
                .unknown(kind: "owner", name: "x")
            ),
            (.silence(scope("service", "digid"), from: nil, to: noon), .endsTooEarly),
            (.silence(scope("service", "digid"), from: soon, to: soon), .endsTooEarly),
            (
                .silence(
                    scope("service", "digid"), from: nil,
                    to: noon + Limits.silenceDuration + .nanoseconds(1)),
                .lastsTooLong(Limits.silenceDuration)
            ),
            (
                .silence(
                    scope("service", "digid"),
                    from: noon + Limits.planningDuration + .nanoseconds(1),
                    to: noon + Limits.planningDuration + .seconds(60)), .startsTooLate
            ),
            (
                .acknowledge(IncidentID("INC-2026-0009"), to: soon),
                .unknown(kind: "incident", name: "INC-2026-0009")
            ),
            (.maintain([], withDependants: false, from: nil, to: soon), .emptyScope),
            (
                .maintain([ServiceID("x")], withDependants: false, from: nil, to: soon),
                .unknown(kind: "service", name: "x")
            ),
            (.setDark(ServiceID("x"), .down, to: soon), .unknown(kind: "service", name: "x")),
            (.setDark(ServiceID("digid"), .down, to: soon), .notDark(ServiceID("digid"))),
            (.setDark(ServiceID("nafin"), .up, to: soon), .darkState(.up)),
            (
                .setDark(
                    ServiceID("nafin"), .down,
                    to: noon + Limits.darkStateDuration + .nanoseconds(1)),
                .lastsTooLong(Limits.darkStateDuration)
            ),
            (
                .end(ActionID("SIL-2026-0009")),
                .unknown(kind: "operator action", name: "SIL-2026-0009")
            ),
            (
                .note(IncidentID("INC-2026-0009")),
                .unknown(kind: "incident", name: "INC-2026-0009")
            ),
        ] as [(OperatorOrder.Request, OperatorRefusal)])
    func whatCannotBeIsRefusedAndChangesNothing(
        request: OperatorOrder.Request, refusal: OperatorRefusal
    ) throws {
        let play = try Outages(Self.kinds)
        #expect(throws: refusal) { try play.order(request) }
        #expect(play.actions.isEmpty && play.records.isEmpty)
        #expect(!refusal.description.isEmpty)
    }

    @Test func whatIsAtTheLimitIsTaken() throws {
        let play = try Outages(Self.kinds)
        let scope = Self.scope("service", "digid")
        try play.order(.silence(scope, from: nil, to: noon + Limits.silenceDuration))
        try play.order(
            .silence(
                scope, from: noon + Limits.planningDuration,
                to: noon + Limits.planningDuration + .seconds(60)))
        try play.order(
            .setDark(ServiceID("nafin"), .down, to: noon + Limits.darkStateDuration))
        #expect(play.actions.count == 3)
    }

    @Test func authorAndReasonAreNeeded() throws {
        let play = try Outages(Self.kinds)
        let request = OperatorOrder.Request.silence(
            Self.scope("service", "digid"), from: nil, to: Self.soon)
        for bad in ["", "  ", "a\u{1B}[2J", "a\nb"] {
            #expect(throws: OperatorRefusal.author) { try play.order(request, by: bad) }
            #expect(throws: OperatorRefusal.reason) { try play.order(request, reason: bad) }
        }
        let (name, reason) = (Limits.operatorNameBytes, Limits.operatorReasonBytes)
        let (long, longer) = (
            String(repeating: "a", count: name), String(repeating: "b", count: reason)
        )
        try play.order(request, by: long, reason: longer)
        #expect(throws: OperatorRefusal.author) { try play.order(request, by: long + "a") }
        #expect(throws: OperatorRefusal.reason) { try play.order(request, reason: longer + "b") }
        // All of it fits in the log.
        let line = try #require(play.records.first?.jsonLine)
        #expect(line.contains(longer) && line.contains(long))
    }

    @Test func asManyAsTheLimitHold() throws {
        let play = try Outages(Self.kinds)
        let request = OperatorOrder.Request.silence(
            Self.scope("service", "digid"), from: nil, to: Self.soon)
        for _ in 0..<Limits.operatorActions { try play.order(request) }
        #expect(throws: OperatorRefusal.tooMany) { try play.order(request) }
        try play.order(.end(ActionID("SIL-2026-0001")))
        #expect(throws: OperatorRefusal.isOver("SIL-2026-0001")) {
            try play.order(.end(ActionID("SIL-2026-0001")))
        }
        let answer = try play.order(request)
        #expect(answer.action?.id.text == "SIL-2026-1001")
    }

    @Test func aScopeHoldsAsManyNamesAsTheLimit() throws {
        var scope = AlertScope()
        let play = try Outages((0...Limits.scopeNames).map { .init(id: "s\($0)") })
        for index in 0..<Limits.scopeNames { scope.services.insert(ServiceID("s\(index)")) }
        try play.order(.silence(scope, from: nil, to: Self.soon))
        scope.services.insert(ServiceID("s\(Limits.scopeNames)"))
        #expect(throws: OperatorRefusal.scopeTooLarge) {
            try play.order(.silence(scope, from: nil, to: Self.soon))
        }
        let all = scope.services.sorted()
        #expect(throws: OperatorRefusal.scopeTooLarge) {
            try play.order(.maintain(all, withDependants: false, from: nil, to: Self.soon))
        }
    }

    @Test func anIncidentThatIsOverCannotBeAcknowledged() throws {
        let play = try Outages(Self.kinds)
        play.failing = ["digid": .connectRefused]
        play.pass(5)
        play.failing = [:]
        play.pass(5)
        #expect(throws: OperatorRefusal.isOver("INC-2026-0001")) {
            try play.order(
                .acknowledge(IncidentID("INC-2026-0001"), to: play.now + .seconds(60)))
        }
    }

    @Test func numbersOrderByKindThenByCount() {
        let numbers = ["SIL-2026-10000", "SIL-2026-9999", "ACK-2026-0001", "SIL-2026-0002"]
        #expect(
            numbers.map { ActionID($0) }.sorted().map(\.text) == [
                "ACK-2026-0001", "SIL-2026-0002", "SIL-2026-9999", "SIL-2026-10000",
            ])
    }
}
