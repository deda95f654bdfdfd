import Alerting
import HealthModel
import Incidents
import Routing
import Testing

@testable import StatusServer

/// How incidents are shown.
@Suite struct IncidentTextTests {
    private func incident(closed: Bool = false) -> IncidentStatus {
        var one = Incident(
            id: IncidentID("INC-2026-0042"), root: .service(ServiceID("digid")),
            openedAt: Fixture.now - .seconds(432), occurrence: 3)
        one.level = .page
        one.members = ["digid", "uwv"].map { name in
            Incident.Member(
                alert: Fixture.alert(
                    "unreachable", .service(ServiceID(name)), service: name,
                    english: "\(name) is \u{1B}[2Jgone"),
                joinedAt: Fixture.now - .seconds(432),
                endedAt: closed ? Fixture.now - .seconds(60) : nil)
        }
        one.events = [
            Incident.Event(
                at: Fixture.now - .seconds(432), kind: .opened, text: "unreachable digid")
        ]
        if closed { one.closedAt = Fixture.now - .seconds(60) }
        return IncidentStatus(
            incident: one, cause: LocalizedText(dutch: "DigiD", english: "DigiD login"))
    }

    private func document(_ incidents: [IncidentStatus]) throws -> StatusDocument {
        var snapshot = try Fixture.outage()
        snapshot.incidents = incidents
        return Fixture.document(snapshot)
    }

    @Test func theOverviewBeginsWithWhatSeveralServicesShare() throws {
        let text = StatusText.render(try document([incident()]))
        let lines = text.split(separator: "\n").map(String.init)
        #expect(
            lines[2]
                == "✖ INC-2026-0042  PAGE  7m12s  DigiD login  number 3 in 7 days")
        #expect(lines[3] == "    2 services: digid, uwv")
        #expect(lines.count <= StatusText.overviewLines)
        // What is over is not on the first screen.
        #expect(!StatusText.render(try document([incident(closed: true)])).contains("INC-"))
    }

    /// What `vitaal ack add` asks for, whom to call, and whether somebody is at it already.
    @Test func whatOneNeedsToActStandsInTheFirst80Columns() throws {
        var snapshot = try Fixture.outage()
        snapshot.alerts[0].incident = IncidentID("INC-2026-0042")
        var services = snapshot.catalogue.services
        services[0].contact = "Logius 24/7, 0800 023"
        snapshot.catalogue = ServiceCatalogue(
            services: services, endpoints: snapshot.catalogue.endpoints)
        let overview = StatusText.render(Fixture.document(snapshot), width: 80)
        #expect(overview.contains("PAGE firing 7m12s  INC-2026-0042"), "\(overview)")
        let detail = StatusText.render(Fixture.document(snapshot), ids: ["digid"], width: 80)
        #expect(detail.hasSuffix("NEXT: call Logius 24/7, 0800 023\n"), "\(detail)")
        #expect(!detail.contains("acknowledged"))
        snapshot.actions = [
            OperatorAction(
                id: ActionID("ACK-2026-0001"),
                effect: .acknowledgement(IncidentID("INC-2026-0042")),
                author: "anna", reason: "calling", addedAt: Fixture.now, startsAt: Fixture.now,
                endsAt: Fixture.now + .seconds(3600))
        ]
        let known = StatusText.render(Fixture.document(snapshot), ids: ["digid"], width: 80)
        #expect(known.contains("INC-2026-0042  acknowledged by anna  unreachable"), "\(known)")
    }

    @Test func theListSaysWhatIsOpenAndWhatIsOver() throws {
        #expect(
            StatusText.incidents(try document([incident(), incident(closed: true)]))
                == """
                ✖ INC-2026-0042  PAGE  7m12s  DigiD login  number 3 in 7 days
                ✔ INC-2026-0042  PAGE  over after 6m12s  DigiD login  number 3 in 7 days

                """)
        #expect(
            StatusText.incidents(try document([]), language: .nl)
                == "geen incident, nu niet en de laatste 24 uur niet\n")
    }

    @Test func oneIncidentIsShownWhole() throws {
        let text = StatusText.incident("inc-2026-0042", of: try document([incident()]))
        let lines = (text ?? "").split(separator: "\n").map(String.init)
        #expect(lines[1] == "  DigiD login (service/digid)")
        #expect(lines[3] == "  PAGE  digid  unreachable  firing")
        #expect(lines[4] == "    digid is \u{FFFD}[2Jgone")
        #expect(lines.last?.hasSuffix("  opened  unreachable digid") == true)
        let narrow = StatusText.incident(
            "INC-2026-0042", of: try document([incident()]), width: 40)
        #expect((narrow ?? "").split(separator: "\n").allSatisfy { $0.count <= 40 })
        #expect(StatusText.incident("INC-2026-0043", of: try document([incident()])) == nil)
    }

    @Test func theDocumentComesBackAsItWent() throws {
        let status = try document([incident()])
        #expect(try StatusDocument(json: status.json()) == status)
        let incidents = IncidentsDocument(status)
        #expect(try IncidentsDocument(json: incidents.json()) == incidents)
        #expect(incidents.incidents.map(\.failingServices) == [["digid", "uwv"]])
        #expect(try document([]).incidents == nil)
    }
}
