import Alerting
import FoundationEssentials
import GRDB
import HealthModel
import Incidents
import TestSupport
import Testing

@testable import Ledger

/// Incidents across the end of a process.
@Suite final class IncidentRowsTests {
    private static let noon = Timestamp(seconds: 1_795_435_200)
    private let files: TemporaryDirectory
    private var directory: String { files.path }

    init() throws {
        files = try TemporaryDirectory()
    }

    private func alert(_ service: String, incident: String?) -> Alert {
        Alert(
            key: AlertKey(rule: RuleID("r"), subject: .endpoint(EndpointID("\(service)-www"))),
            service: ServiceID(service), level: .critical, state: .firing,
            activeSince: Self.noon - .seconds(60), firingSince: Self.noon,
            reason: .connectRefused, summary: LocalizedText(dutch: "weg", english: "gone"),
            runbook: "book", incident: incident.map { IncidentID($0) })
    }

    /// An incident in which every field says something.
    private func incident(_ id: String, closedAt: Timestamp? = nil) -> Incident {
        var one = Incident(
            id: IncidentID(id), root: .shared(SharedEvidence(kind: .issuer, value: "O=a/b")),
            openedAt: Self.noon, occurrence: 2)
        one.closedAt = closedAt
        one.level = .page
        one.members = [
            Incident.Member(
                alert: alert("a", incident: id), joinedAt: Self.noon,
                endedAt: Self.noon + .seconds(5)),
            Incident.Member(
                alert: alert("b", incident: id), joinedAt: Self.noon + .seconds(1), endedAt: nil),
        ]
        one.isCalamity = true
        one.events = [
            Incident.Event(at: Self.noon, kind: .opened, text: "r a-www"),
            Incident.Event(at: Self.noon + .seconds(1), kind: .joined, text: "r b-www"),
        ]
        return one
    }

    private func note(_ incidents: [Incident], in ledger: inout Ledger) {
        var changes = AlertChanges()
        for one in incidents { changes.incidents[one.id] = one }
        ledger.note(changes)
    }

    private func remembered() throws -> [Incident] {
        try Ledger(dataDirectory: directory).memory.incidents
    }

    @Test func everythingOfAnIncidentIsReadBack() throws {
        var ledger = try Ledger(dataDirectory: directory)
        let one = incident("INC-2026-0001")
        note([one], in: &ledger)
        #expect(ledger.write(at: Self.noon) == [])
        #expect(try remembered() == [one])
        // What changed takes the place of what was known, also when it has fewer parts.
        var less = one
        less.members.removeLast()
        less.events.removeLast()
        less.mergedInto = IncidentID("INC-2026-0000")
        less.closedAt = Self.noon
        note([less], in: &ledger)
        _ = ledger.write(at: Self.noon)
        #expect(try remembered() == [less])
    }

    /// Open ones however old, those of the last week, and the last one of all: the next number
    /// follows it.
    @Test func whatIsNoLongerNeededIsNotRead() throws {
        var ledger = try Ledger(dataDirectory: directory)
        let week = IncidentKeeper.recurrenceTime
        note(
            [
                incident("INC-2025-0001"),
                incident("INC-2026-0002", closedAt: Self.noon - week),
                incident("INC-2026-0003", closedAt: Self.noon - week - .nanoseconds(1)),
                incident("INC-2026-0004", closedAt: Self.noon - week - .seconds(1)),
            ], in: &ledger)
        _ = ledger.write(at: Self.noon)
        #expect(
            try remembered().map(\.id.text) == [
                "INC-2025-0001", "INC-2026-0002", "INC-2026-0004",
            ])
    }

    /// The last of each year: the clock may be set back over New Year.
    @Test func theLastOfEachYearIsRead() throws {
        var ledger = try Ledger(dataDirectory: directory)
        let long = Self.noon - IncidentKeeper.recurrenceTime - .seconds(1)
        let numbers = ["2026-9999", "2026-10000", "2027-0001", "2027-0002", "2000-0003"]
        note(numbers.map { incident("INC-\($0)", closedAt: long) }, in: &ledger)
        _ = ledger.write(at: Self.noon)
        let last = ["INC-2000-0003", "INC-2026-10000", "INC-2027-0002"]
        #expect(try remembered().map(\.id.text).sorted() == last)
        _ = ledger.fail(DatabaseError(resultCode: .SQLITE_CORRUPT))
        _ = ledger.write(at: Self.noon)
        #expect(try remembered().map(\.id.text).sorted() == last)
    }

    /// A report is owed for a month.
    @Test func whatHasToBeReportedIsRead() throws {
        var ledger = try Ledger(dataDirectory: directory)
        let long = Self.noon - .seconds(20 * 86_400)
        var aware = incident("INC-2026-0001", closedAt: long)
        aware.events.append(Incident.Event(at: long, kind: .aware, text: "anna: significant"))
        note(
            [aware, incident("INC-2026-0002", closedAt: long), incident("INC-2026-0003")],
            in: &ledger)
        _ = ledger.write(at: Self.noon)
        #expect(try remembered().map(\.id.text) == ["INC-2026-0001", "INC-2026-0003"])
    }

    /// One that was resolved by force years ago still says that nobody is called for its alert; a
    /// file that was damaged meanwhile has it too.
    @Test(arguments: [false, true])
    func whatWasResolvedByForceIsReadWhileItsAlertFires(isDamaged: Bool) throws {
        // The last of each year is read in any case.
        let last = ["INC-2024-0002", "INC-2026-0001"]
        var ledger = try Ledger(dataDirectory: directory)
        let year: Duration = .seconds(365 * 86_400)
        let forced = incident("INC-2024-0001", closedAt: Self.noon - year)
        let firing = alert("b", incident: "INC-2024-0001")
        var changes = AlertChanges()
        changes.incidents[forced.id] = forced
        changes.active[firing.key] = RememberedAlert(alert: firing, keepFiringSince: nil)
        ledger.note(changes)
        note(
            [
                incident("INC-2024-0002", closedAt: Self.noon - year),
                incident("INC-2026-0001", closedAt: Self.noon),
            ], in: &ledger)
        _ = ledger.write(at: Self.noon)
        if isDamaged {
            _ = ledger.fail(DatabaseError(resultCode: .SQLITE_CORRUPT))
            #expect(ledger.write(at: Self.noon).isEmpty)
        }
        #expect(try remembered().map(\.id.text) == ["INC-2024-0001"] + last)
        var over = AlertChanges()
        over.ended = [firing.key]
        ledger.note(over)
        _ = ledger.write(at: Self.noon)
        #expect(try remembered().map(\.id.text) == last)
    }

    @Test func whatEndedLongAgoIsRemoved() throws {
        do {
            var ledger = try Ledger(dataDirectory: directory)
            note(
                [
                    incident("INC-2026-0001", closedAt: Self.noon - .nanoseconds(1)),
                    incident("INC-2026-0002", closedAt: Self.noon), incident("INC-2026-0003"),
                ], in: &ledger)
            _ = ledger.write(at: Self.noon)
        }
        var later = try Ledger(dataDirectory: directory)
        _ = later.write(at: Self.noon + LedgerRows.incidentAge)
        let queue = try DatabaseQueue(path: directory + "/" + Ledger.name)
        for table in ["incident_event", "incident_alert"] {
            let kept = try queue.read {
                try String.fetchAll(
                    $0, sql: "SELECT DISTINCT incident FROM \(table) ORDER BY incident")
            }
            #expect(kept == ["INC-2026-0002", "INC-2026-0003"])
        }
    }

    /// A damaged file is begun anew with what is open.
    @Test func anOpenIncidentOutlivesDamage() throws {
        var ledger = try Ledger(dataDirectory: directory)
        let open = incident("INC-2026-0001")
        note([open, incident("INC-2026-0002", closedAt: Self.noon)], in: &ledger)
        _ = ledger.write(at: Self.noon)
        _ = ledger.fail(DatabaseError(resultCode: .SQLITE_CORRUPT))
        _ = ledger.write(at: Self.noon + .seconds(20))
        #expect(
            try remembered().map(\.id.text) == ["INC-2026-0001", "INC-2026-0002"])
        #expect(try remembered().first == open)
    }
}
