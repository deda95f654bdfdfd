import Alerting
import HTTPTypes
import HealthModel
import Hummingbird
import Logging
import NIOCore
import Routing
import Synchronization
import Testing

@testable import StatusServer

/// What operators ask for over HTTP.
struct OrderTests {
    /// A monitor that takes orders and notes them.
    private final class Taker: MonitorReading {
        let version = "0"
        let isReady = true
        let operatorToken: String?
        private let known: HealthSnapshot
        private let outcome: OrderOutcome
        private let taken = Mutex<[OperatorOrder]>([])

        init(token: String? = "secret", outcome: OrderOutcome) throws {
            operatorToken = token
            known = try Fixture.calm()
            self.outcome = outcome
        }

        var orders: [OperatorOrder] { taken.withLock { $0 } }

        func snapshot() -> HealthSnapshot { known }
        func counters() -> MonitorCounters { MonitorCounters(startedAt: Fixture.now) }
        func reload() async -> ReloadOutcome { .applied }
        func perform(_ order: OperatorOrder) async -> OrderOutcome {
            taken.withLock { $0.append(order) }
            return outcome
        }
    }

    private static let until = Timestamp(seconds: 1_795_446_000)

    private static var silence: OperatorAction {
        var scope = AlertScope()
        scope.services = [ServiceID("digid")]
        return OperatorAction(
            id: ActionID("SIL-2026-0001"), effect: .silence(scope), author: "anna",
            reason: "move", addedAt: Fixture.now, startsAt: Fixture.now, endsAt: until)
    }

    private static let body = """
        {"kind": "silence", "author": "anna", "reason": "move", "services": ["digid"], \
        "ends_at": "2026-11-23T15:00:00Z"}
        """

    private func ask(
        _ taker: Taker, _ body: String = body, token: String? = "secret",
        method: HTTPRequest.Method = .post, origin: String? = nil
    ) async throws -> (status: HTTPResponse.Status, body: String) {
        let server = StatusServer(reader: taker, logger: Logger(label: "test"))
        var headers: HTTPFields = [.contentType: "application/json"]
        if let token { headers[.authorization] = "Bearer \(token)" }
        if let origin { headers[.origin] = origin }
        let fields = headers
        return try await server.test { client in
            try await client.execute(
                uri: "/api/v1/orders", method: method, headers: fields,
                body: ByteBuffer(string: body)
            ) { ($0.status, String(buffer: $0.body)) }
        }
    }

    @Test func anOrderIsCarriedOutAndAnswered() async throws {
        let taker = try Taker(
            outcome: .done(OperatorAnswer(action: Self.silence), isDurable: true))
        let answer = try await ask(taker)
        #expect(answer.status == .ok)
        let document = try OrderAnswer(json: Array(answer.body.utf8))
        #expect(document.action?.id == "SIL-2026-0001" && document.isDurable)
        #expect(document.action?.scope == "service/digid")
        var scope = AlertScope()
        scope.services = [ServiceID("digid")]
        #expect(
            taker.orders == [
                OperatorOrder(
                    request: .silence(scope, from: nil, to: Self.until), author: "anna",
                    reason: "move", origin: "api")
            ])
    }

    @Test func whoeverCannotShowTheTokenIsRefused() async throws {
        let outcome = OrderOutcome.done(OperatorAnswer(), isDurable: true)
        let taker = try Taker(outcome: outcome)
        for token in [nil, "", "secre", "secret2", "SECRET"] {
            #expect(try await ask(taker, token: token).status == .unauthorized, "\(token ?? "-")")
        }
        #expect(try await ask(taker, origin: "http://localhost").status == .forbidden)
        #expect(try await ask(taker, method: .get).status == .methodNotAllowed)
        #expect(taker.orders.isEmpty)
        let deaf = try Taker(token: nil, outcome: outcome)
        #expect(try await ask(deaf, token: "").status == .unauthorized)
    }

    @Test func aRefusalSaysWhy() async throws {
        let taker = try Taker(outcome: .refused("there is no service 'digd'"))
        let answer = try await ask(taker)
        #expect(answer.status == .unprocessableContent)
        #expect(answer.body == "there is no service 'digd'\n")
    }

    @Test(arguments: [
        ("", "the body is not a JSON object that is an order"),
        ("[]", "the body is not a JSON object that is an order"),
        (#"{"author": "a", "reason": "b"}"#, "'kind' is missing"),
        (#"{"kind": "silence", "reason": "b"}"#, "'author' is missing"),
        (
            #"{"kind": "silence", "author": "a", "reason": "b", "services": ["x"]}"#,
            "'ends_at' is missing"
        ),
        (
            #"{"kind": "silence", "author": "a", "reason": "b", "service": ["x"]}"#,
            "'service' is no part of an order"
        ),
        (
            #"{"kind": "silence", "author": "a", "reason": "b", "services": "x"}"#,
            "'services' is of another type"
        ),
        (
            #"{"kind": "silence", "author": "a", "reason": "b", "tiers": [4], "ends_at": "2026-11-23T15:00:00Z"}"#,
            "'tiers' are 0 to 3"
        ),
        (
            #"{"kind": "dark", "author": "a", "reason": "b", "services": ["x", "y"], "state": "down", "ends_at": "2026-11-23T15:00:00Z"}"#,
            "'services' has to name one dark service"
        ),
        (
            #"{"kind": "dark", "author": "a", "reason": "b", "services": ["x"], "state": "gone", "ends_at": "2026-11-23T15:00:00Z"}"#,
            "'state' has to be down, degraded or busy"
        ),
        (#"{"kind": "end", "author": "a", "reason": "b"}"#, "'action' is missing"),
        (#"{"kind": "note", "author": "a", "reason": "b"}"#, "'incident' is missing"),
    ]) func whatIsNoOrderIsSaid(body: String, words: String) async throws {
        let taker = try Taker(outcome: .refused("never asked"))
        let answer = try await ask(taker, body)
        #expect(answer.status == .badRequest)
        #expect(answer.body == words + "\n")
        #expect(taker.orders.isEmpty)
    }

    @Test func anOrderTravelsUnchanged() throws {
        var order = OrderDocument(kind: .maintenance, author: "a", reason: "b")
        order.services = ["digid"]
        order.withDependants = true
        order.startsAt = Instant(Fixture.now)
        order.endsAt = Instant(Self.until)
        let read = try OrderDocument(json: order.json())
        #expect(read == order)
        #expect(
            try read.order(origin: "x").request
                == .maintain(
                    [ServiceID("digid")], withDependants: true,
                    from: Instant(Fixture.now).timestamp, to: Self.until))
    }

    @Test func maintenanceThatComesBackTravelsUnchanged() throws {
        var order = OrderDocument(kind: .maintenance, author: "a", reason: "b")
        order.services = ["digid"]
        order.startsAt = Instant(Fixture.now)
        order.endsAt = Instant(Self.until)
        order.every = "monthly on first sun"
        order.repeatsUntil = Instant(Self.until + .seconds(86_400))
        let read = try OrderDocument(json: order.json())
        #expect(read == order)
        #expect(
            try read.order(origin: "x").request
                == .maintain(
                    [ServiceID("digid")], withDependants: false,
                    from: Instant(Fixture.now).timestamp, to: Self.until,
                    every: .monthly(place: 1, weekday: 7), until: Self.until + .seconds(86_400)))
        order.every = "sometimes"
        #expect(throws: OrderDocument.Malformed.self) { try order.order(origin: "x") }
    }

    @Test func howMaintenanceComesBackIsShown() throws {
        var action = OperatorAction(
            id: ActionID("MNT-2026-0001"), effect: .maintenance([ServiceID("digid")]),
            author: "anna", reason: "move", addedAt: Fixture.now, startsAt: Fixture.now,
            endsAt: Self.until)
        action.recurrence = Recurrence(
            days: .weekly([7]), from: Fixture.now, length: Self.until - Fixture.now)
        var snapshot = try Fixture.outage()
        snapshot.actions = [action]
        let text = StatusText.actions(Fixture.document(snapshot))
        #expect(text.hasSuffix("UTC\n    weekly on sun\n"), "\(text)")
        action.recurrence?.until = Self.until + .seconds(86_400)
        #expect(
            StatusDocument.Action(action).repetition
                == "weekly on sun until 2026-11-24 16:00 Amsterdam")
    }

    @Test(arguments: [
        ("2026-12-05 22:00", "2026-12-05T21:00:00.000Z"),
        ("2026-12-05T22:00Z", "2026-12-05T22:00:00.000Z"),
        ("2026-12-05T22:00+02:00", "2026-12-05T20:00:00.000Z"),
    ]) func anInstantWithoutAZoneIsOneOfAmsterdam(text: String, utc: String) throws {
        let body = Self.body.replacing("2026-11-23T15:00:00Z", with: text)
        #expect(try OrderDocument(json: Array(body.utf8)).endsAt?.timestamp.rfc3339 == utc)
    }

    @Test func anInstantThatNeverComesIsRefused() {
        let body = Self.body.replacing("2026-11-23T15:00:00Z", with: "2027-03-28 02:30")
        let words = OrderDocument.Malformed(
            description: "'endsAt' is wrong: '2027-03-28 02:30' does not exist in Amsterdam, where "
                + "clocks go from 02:00 to 03:00 that night; perhaps 2027-03-28 03:30 is meant")
        #expect(throws: words) { try OrderDocument(json: Array(body.utf8)) }
    }

    @Test func whatOperatorsDidIsShown() throws {
        var snapshot = try Fixture.outage()
        snapshot.actions = [Self.silence]
        if let alert = snapshot.alerts.first {
            snapshot.silenced = [alert.key: ActionID("SIL-2026-0001")]
        }
        let document = Fixture.document(snapshot)
        #expect(document.actions?.map(\.id) == ["SIL-2026-0001"])
        #expect(document.alerts.first?.silencedBy == "SIL-2026-0001")
        let line = "SIL-2026-0001  silent for 52m29s  service/digid  anna: move\n"
        #expect(
            StatusText.actions(document) == line
                + "    2026-11-23 15:07:31 to 2026-11-23 16:00 Amsterdam\n"
                + "    2026-11-23 14:07:31 to 2026-11-23 15:00 UTC\n")
        #expect(StatusText.render(document, width: 120).contains(line))
        #expect(
            StatusText.actions(document, language: .nl)
                == "SIL-2026-0001  stil nog 52m29s  service/digid  anna: move\n"
                + "    2026-11-23 15:07:31 tot 2026-11-23 16:00 Amsterdam\n"
                + "    2026-11-23 14:07:31 tot 2026-11-23 15:00 UTC\n")
        var planned = snapshot
        planned.actions[0].startsAt = Fixture.now + .seconds(149)
        #expect(
            StatusText.render(Fixture.document(planned), width: 120)
                .contains("SIL-2026-0001  silent from 2026-11-23 15:10 Amsterdam  service/digid"))
        var none = document
        none.actions = nil
        #expect(StatusText.actions(none) == "none\n")
    }
}
