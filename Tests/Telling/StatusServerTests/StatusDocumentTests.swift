import Alerting
import HealthModel
import StatusServer
import Testing

@Suite struct StatusDocumentTests {
    @Test func aDocumentSurvivesJSON() throws {
        for snapshot in [try Fixture.calm(), try Fixture.outage(runbook: "https://runbook/")] {
            let document = Fixture.document(snapshot, scenario: "demo")
            let json = try document.json()
            #expect(try StatusDocument(json: json) == document)
            #expect(try StatusDocument(json: json).json() == json)
        }
    }

    @Test func keysAreInSnakeCase() throws {
        let json = String(
            decoding: try Fixture.document(try Fixture.outage()).json(), as: UTF8.self)
        for key in [
            "taken_at", "phases_seconds", "interval_seconds", "own_state", "effective_state",
            "not_after", "lifetime_left_ratio", "cipher_suite", "subject_kind", "last_success_at",
        ] {
            #expect(json.contains("\"\(key)\":"), "\(key)")
        }
        #expect(json.matches(of: /"[a-z_0-9]*[A-Z][A-Za-z]*":/).isEmpty)
        #expect(json.contains("\"taken_at\":\"2026-11-23T14:07:31.000Z\""))
    }

    @Test func unknownKeysArePassedOver() throws {
        let json = #"{"taken_at":"2026-11-23T14:07:31Z","alerts":[],"later":1}"#
        #expect(try AlertsDocument(json: Array(json.utf8)).alerts.isEmpty)
    }

    @Test(arguments: ["", "{", "[]", "{\"taken_at\":\"yesterday\",\"alerts\":[]}", "\u{0}"])
    func whatIsNoDocumentIsRefused(json: String) {
        #expect(throws: DecodingError.self) { try AlertsDocument(json: Array(json.utf8)) }
    }

    @Test(arguments: [
        ("2026-11-23T14:07:31Z", 0), ("2026-11-23T14:07:31.5Z", 500),
        ("2026-11-23T14:07:31.042Z", 42), ("2026-11-23T14:07:31.042999Z", 42),
    ])
    func instantsAreRead(text: String, milliseconds: Int64) throws {
        let instant = try #require(Instant(rfc3339: text))
        #expect(instant.timestamp == Fixture.now + .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "Z", "2026-11-23", "2026-11-23T14:07:31", "2026-11-23T14:07:31+01:00",
        "2026-11-23 14:07:31Z", "2026-13-23T14:07:31Z", "2026-11-23T24:07:31Z",
        "2026-11-23T14:07:31.Z", "2026-11-23T14:07:31.x0Z", "2026-11-23T14:07:31,5Z",
        "-026-11-23T14:07:31Z", "2026-11-23T14:07:3é",
    ])
    func malformedInstantsAreRefused(text: String) {
        #expect(Instant(rfc3339: text) == nil)
    }

    @Test func theRecentMarksAreCut() throws {
        let document = Fixture.document(try Fixture.outage())
        let recent = document.services.first?.endpoints.first?.recent
        #expect(recent == ".......................~?xxxxx")
        #expect(recent?.count == StatusDocument.recentResultsLimit)
    }

    @Test(arguments: Level.allCases)
    func theWorstFiringAlertIsTheVerdict(level: Level) throws {
        let expected: Verdict.Grade = level >= .critical ? .critical : .warning
        for state in [Alert.State.firing, .pending] {
            let alert = Fixture.alert(
                "r", .service(ServiceID("digid")), service: "digid", level: level, state: state)
            let mild = Fixture.alert(
                "mild", .service(ServiceID("digid")), service: "digid", level: .digest, state: state
            )
            let document = Fixture.document(
                try Fixture.snapshot([Fixture.brokenDigid], alerts: [mild, alert]))
            // It is down: never well, whatever waits.
            let wanted = state == .firing ? expected : .warning
            #expect(document.verdict.exitCode == wanted.rawValue)
            #expect(document.verdict.status == wanted.word)
        }
    }

    @Test(arguments: [
        ([], Verdict.Grade.critical), (["digid"], .critical), (["digid-www"], .critical),
        (["uwv"], .critical), (["knmi"], .warning), (["knmi", "uwv"], .critical),
        (["brp"], .unknown), (["nobody"], .unknown), (["digid", "nobody"], .unknown),
    ])
    func theVerdictOnSome(ids: [String], expected: Verdict.Grade) throws {
        let document = Fixture.document(try Fixture.outage(), about: ids)
        #expect(document.verdict.exitCode == expected.rawValue)
    }

    @Test func calmIsOK() throws {
        #expect(Fixture.document(try Fixture.calm()).verdict.exitCode == 0)
        #expect(Fixture.document(try Fixture.calm()).verdict.isWell)
        #expect(Verdict.Grade.allCases.map(\.rawValue) == [0, 1, 2, 3])
    }

    @Test(arguments: [(0, false), (360, false), (361, true), (100_000, true)])
    func samplesOlderThanThreeIntervalsAreStale(seconds: Int64, isStale: Bool) throws {
        let document = Fixture.document(try Fixture.calm(sampleAge: .seconds(seconds)))
        #expect(document.verdict.grounds.map(\.kind) == (isStale ? ["stale"] : []))
        #expect(document.verdict.exitCode == (isStale ? 3 : 0))
    }

    @Test func withoutASampleNothingIsSaid() throws {
        let snapshot = try Fixture.snapshot([Case(id: "digid", name: "DigiD", own: .unknown)])
        let document = Fixture.document(snapshot)
        #expect(document.sampleAge == nil)
        #expect(document.verdict.exitCode == 3)
    }
}
