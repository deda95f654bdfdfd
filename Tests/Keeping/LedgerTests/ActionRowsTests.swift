import Alerting
import FoundationEssentials
import GRDB
import HealthModel
import Routing
import TestSupport
import Testing

@testable import Ledger

/// What operators did, across the end of a process.
@Suite final class ActionRowsTests {
    private static let noon = Timestamp(seconds: 1_795_435_200)
    private let files: TemporaryDirectory
    private var directory: String { files.path }

    init() throws {
        files = try TemporaryDirectory()
    }

    private static var scope: AlertScope {
        var scope = AlertScope()
        scope.services = [ServiceID("digid"), ServiceID("svb")]
        scope.endpoints = [EndpointID("digid-www")]
        scope.rules = [RuleID("slow")]
        scope.tiers = [.tier0, .tier3]
        scope.sectors = ["a sector"]
        scope.owners = ["Logius (BZK)"]
        return scope
    }

    private func action(
        _ id: String, _ effect: OperatorAction.Effect, endedAt: Int64? = nil
    ) -> OperatorAction {
        var one = OperatorAction(
            id: ActionID(id), effect: effect, author: "anna", reason: "a \"reason\"",
            addedAt: Self.noon, startsAt: Self.noon + .seconds(1),
            endsAt: Self.noon + .seconds(3600))
        one.endedAt = endedAt.map { Self.noon + .seconds($0) }
        one.endedBy = endedAt.map { _ in "bert" }
        return one
    }

    private func note(_ actions: [OperatorAction], in ledger: inout Ledger) {
        var changes = AlertChanges()
        for one in actions { changes.actions[one.id] = one }
        ledger.note(changes)
    }

    private func remembered() throws -> [OperatorAction] {
        try Ledger(dataDirectory: directory).memory.actions.sorted { $0.id < $1.id }
    }

    @Test func everythingOfAnActionIsReadBack() throws {
        let actions = [
            action("ACK-2026-0001", .acknowledgement(IncidentID("INC-2026-0042"))),
            action("DRK-2026-0001", .dark(ServiceID("nafin"), .down)),
            action("MNT-2026-0001", .maintenance([ServiceID("digid"), ServiceID("svb")])),
            action("SIL-2026-0001", .silence(Self.scope)),
        ]
        var ledger = try Ledger(dataDirectory: directory)
        note(actions, in: &ledger)
        #expect(!ledger.isWritten)
        #expect(ledger.write(at: Self.noon).isEmpty)
        #expect(ledger.isWritten)
        #expect(try remembered() == actions)
    }

    @Test(arguments: [nil, noon + .seconds(9)])
    func howAnActionComesBackIsReadBack(until: Timestamp?) throws {
        var weekly = action("MNT-2026-0001", .maintenance([ServiceID("digid")]))
        weekly.recurrence = Recurrence(
            days: .weekly([2, 7]), from: Self.noon + .nanoseconds(7), length: .seconds(3600),
            until: until)
        var ledger = try Ledger(dataDirectory: directory)
        note([weekly], in: &ledger)
        _ = ledger.write(at: Self.noon)
        #expect(try remembered() == [weekly])
        try DatabaseQueue(path: directory + "/" + Ledger.name).write {
            try $0.execute(sql: "UPDATE operator_action SET recurrence = 'every blue moon'")
        }
        #expect(try remembered().isEmpty, "a program that cannot read it does not guess")
    }

    @Test func thatDependantsAreMeantTooIsReadBack() throws {
        var with = action("MNT-2026-0001", .maintenance([ServiceID("digid")]))
        with.withDependants = true
        let without = action("MNT-2026-0002", .maintenance([ServiceID("digid")]))
        var ledger = try Ledger(dataDirectory: directory)
        note([with, without], in: &ledger)
        _ = ledger.write(at: Self.noon)
        #expect(try remembered() == [with, without])
    }

    private func maintenance(_ from: Int64 = -100, _ to: Int64 = 100_000) throws -> MaintenanceTimes
    {
        try Ledger.maintenance(
            dataDirectory: directory,
            within: (Self.noon + .seconds(from))..<(Self.noon + .seconds(to)))
    }

    private func range(_ from: Int64, _ to: Int64) -> Range<Timestamp> {
        (Self.noon + .seconds(from))..<(Self.noon + .seconds(to))
    }

    @Test func whoeverCountsTimeIsToldWhatWasAnnounced() throws {
        #expect(try maintenance().isEmpty, "there is no ledger")
        let (a, b) = (EndpointID("a"), EndpointID("b"))
        var first = action("MNT-2026-0001", .maintenance([ServiceID("s")]), endedAt: 50)
        first.endpoints = [a, b]
        var second = action("MNT-2026-0002", .maintenance([ServiceID("s")]))
        second.endpoints = [a]
        // Withdrawn before it began.
        var third = action("MNT-2026-0003", .maintenance([ServiceID("s")]), endedAt: 0)
        third.endpoints = [EndpointID("c")]
        var daily = action("MNT-2026-0004", .maintenance([ServiceID("s")]))
        daily.endpoints = [b]
        daily.recurrence = Recurrence(
            days: .daily, from: Self.noon + .seconds(1), length: .seconds(60))
        var silenced = AlertScope()
        silenced.endpoints = [EndpointID("d")]
        var ledger = try Ledger(dataDirectory: directory)
        note(
            [first, second, third, daily, action("SIL-2026-0001", .silence(silenced))], in: &ledger)
        _ = ledger.write(at: Self.noon)
        #expect(try remembered().first { $0.id == second.id } == second)
        let times = try maintenance()
        #expect(times[a] == [range(1, 3600)])
        #expect(times[b] == [range(1, 61), range(86_401, 86_461)])
        #expect(times.keys.allSatisfy { $0 == a || $0 == b || times[$0] == [] })
        #expect(try maintenance(40, 70)[b] == [range(40, 61)])
        // What is over before is not looked at.
        #expect(try maintenance(50, 70)[b] == [range(50, 61)])
    }

    @Test func aLedgerOfAnotherVersionIsSaid() throws {
        _ = try Ledger(dataDirectory: directory)
        try DatabaseQueue(path: directory + "/" + Ledger.name).write {
            try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('form 2')")
        }
        let error = #expect(throws: Ledger.OpenError.self) { try maintenance() }
        #expect(error?.description.contains("another version of vitaal") == true)
    }

    @Test func aLedgerThatCannotBeReadIsSaid() throws {
        try Data("no database".utf8).write(to: URL(filePath: directory + "/" + Ledger.name))
        #expect(throws: Ledger.OpenError.self) { try maintenance() }
    }

    @Test func whatIsOverIsForgottenButForTheLastNumberOfItsKind() throws {
        var ledger = try Ledger(dataDirectory: directory)
        let all = (1...12).map {
            action("SIL-2026-\($0 < 10 ? "000" : "00")\($0)", .silence(Self.scope), endedAt: 5)
        }
        note(
            all + [action("MNT-2026-0001", .maintenance([ServiceID("a")]), endedAt: 5)], in: &ledger
        )
        _ = ledger.write(at: Self.noon)
        #expect(try remembered().map(\.id.text) == ["MNT-2026-0001", "SIL-2026-0012"])
        #expect(try remembered().map(\.endedBy) == ["bert", "bert"])
    }

    @Test func theLastNumberIsThatOfTheHighestCount() throws {
        var ledger = try Ledger(dataDirectory: directory)
        note(
            ["SIL-2026-9999", "SIL-2026-10000", "SIL-2025-0003"].map {
                action($0, .silence(Self.scope), endedAt: 5)
            }, in: &ledger)
        _ = ledger.write(at: Self.noon)
        #expect(try remembered().map(\.id.text) == ["SIL-2025-0003", "SIL-2026-10000"])
    }

    @Test func aSilenceWithANameOfAnotherProgramIsLeftOut() throws {
        var ledger = try Ledger(dataDirectory: directory)
        note([action("SIL-2026-0001", .silence(Self.scope))], in: &ledger)
        _ = ledger.write(at: Self.noon)
        try DatabaseQueue(path: directory + "/" + Ledger.name).write {
            try $0.execute(
                sql: "INSERT INTO operator_action_name VALUES ('SIL-2026-0001', 'colour', 'red')")
        }
        #expect(try remembered().isEmpty, "without the name it would silence more")
    }

    @Test func whatIsInForceIsWrittenAgainAfterDamage() throws {
        var ledger = try Ledger(dataDirectory: directory)
        let silence = action("SIL-2026-0001", .silence(Self.scope))
        let past = action("SIL-2026-0002", .silence(Self.scope), endedAt: 5)
        note([silence, past], in: &ledger)
        _ = ledger.write(at: Self.noon)
        let path = directory + "/" + Ledger.name
        let damage = DatabaseError(resultCode: .SQLITE_CORRUPT)
        #expect(ledger.fail(damage) != nil)
        #expect(ledger.write(at: Self.noon + .seconds(20)).isEmpty)
        #expect(FileManager.default.fileExists(atPath: path))
        // The last one is known too: its number is not given again.
        #expect(try remembered() == [silence, past])
    }

    @Test func whatEndedLongAgoIsRemoved() throws {
        var ledger = try Ledger(dataDirectory: directory)
        note([action("SIL-2026-0001", .silence(Self.scope), endedAt: 5)], in: &ledger)
        _ = ledger.write(at: Self.noon)
        let age = LedgerRows.incidentAge + .seconds(5)
        _ = ledger.write(at: Self.noon + age)
        #expect(try remembered().count == 1, "at its age it stays")
        _ = ledger.write(at: Self.noon + age + .seconds(61))
        #expect(try remembered().isEmpty)
        let names = try DatabaseQueue(path: directory + "/" + Ledger.name).read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM operator_action_name")
        }
        #expect(names == 0)
    }
}
