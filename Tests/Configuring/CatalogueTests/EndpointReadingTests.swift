import HealthModel
import Testing
import YAMLReading

@testable import Catalogue

@Suite struct EndpointReadingTests {
    @Test(arguments: [(0, 60), (1, 120), (2, 300), (3, 900)])
    func `fills in the defaults of the tier`(tier: Int, seconds: Int) throws {
        let endpoint = try readEndpoint("", tier: tier)
        #expect(endpoint.probe == Probe(interval: .seconds(seconds)))
        #expect(endpoint.id == EndpointID("a-www"))
        #expect(endpoint.service == ServiceID("a"))
    }

    @Test func `a service is in the peer group of its file unless it names one`() throws {
        let catalogue = try CatalogueReader.read([
            SourceFile(
                path: "a.yml",
                text: """
                    sector: local
                    peer_group: provinces
                    services:
                      - {id: a, name: {nl: A, en: A}, owner: O, tier: 3, kind: dark}
                      - {id: b, name: {nl: B, en: B}, owner: O, tier: 3, kind: dark, peer_group: c}
                    """),
            SourceFile(
                path: "b.yml",
                text: """
                    sector: local
                    services:
                      - {id: d, name: {nl: D, en: D}, owner: O, tier: 3, kind: dark}
                    """),
        ])
        #expect(catalogue.catalogue.services.map(\.peerGroup) == ["provinces", "c", nil])
    }

    @Test func `reads what a service promises`() throws {
        let catalogue = try CatalogueReader.read([
            SourceFile(
                path: "a.yml",
                text: """
                    sector: local
                    services:
                      - {id: a, name: {nl: A, en: A}, owner: O, tier: 1, kind: dark}
                      - id: b
                        name: {nl: B, en: B}
                        owner: O
                        tier: 1
                        kind: dark
                        objective: 99.95%
                        service_hours: mon-wed,fri 08:30-24:00
                    """)
        ])
        let objectives = catalogue.catalogue.services.map(\.objective)
        #expect(objectives[0] == Objective(target: 0.992))
        #expect(abs(objectives[1].target - 0.9995) < 1e-12)
        #expect(
            objectives[1].hours
                == ServiceHours(
                    weekdays: [1, 2, 3, 5], from: .seconds(30_600), to: .seconds(86_400)))
    }

    @Test(arguments: [
        (
            "objective: 100%",
            "9:16: found the text `100%`; expected a percentage above 0, below 100, such as "
                + "`99.5%`; nothing is always available; `99.9%` allows three quarters of an hour a "
                + "month"
        ),
        (
            "objective: 0.995",
            "9:16: found the number `0.995`; expected a percentage above 0, below 100, such as "
                + "`99.5%`; did you mean `99.5%`?"
        ),
        (
            "objective: 99",
            "9:16: found the number `99`; expected a percentage above 0, below 100, such as "
                + "`99.5%`; did you mean `99%`?"
        ),
        (
            "objective: 0%",
            "9:16: found the text `0%`; expected a percentage above 0, below 100, such as `99.5%`"
        ),
    ]) func `says what is wrong with a promise`(line: String, message: String) {
        #expect(catalogueLines(Self.promise(line)) == [message])
    }

    @Test(arguments: [
        "mon-fri", "08:00-17:00", "mon-fri 08:00", "fri-mon 08:00-17:00", "mon 24:00-08:00",
        "mon 08:00-24:01", "mon 8:00-17:00", "monday 08:00-17:00", "mon,,tue 08:00-17:00",
        "mon-tue-wed 08:00-17:00", "mon 08:00-12:00,", "mon 08:60-17:00",
        "mon 08:00-12:00 13:00-17:00", "mon 08:00-12:00,13:00", "mon",
    ]) func `says what is wrong with hours`(hours: String) {
        #expect(
            catalogueLines(Self.promise("service_hours: '\(hours)'")) == [
                "9:20: found the text `\(hours)`; expected days and hours in the time of Amsterdam, "
                    + "such as `mon-fri 08:00-17:00`, `mon-fri 08:00-12:00,13:00-17:00` or "
                    + "`mon-sun 22:00-06:00`"
            ])
    }

    private static func promise(_ line: String) -> String {
        """
        sector: local
        services:
          - id: a
            name: {nl: A, en: A}
            owner: O
            tier: 1
            kind: dark
            note: n
            \(line)
        """
    }

    @Test func `reads every key`() throws {
        let endpoint = try readEndpoint(
            """
            enabled: true
            interval: 5m
            timeout: 20s
            phase_timeouts: {resolve: 1s, connect: 2s, tls: 3s, processing: 20s}
            confirm: 10s..30s
            method: GET
            http_version: 2
            address_family: ipv6
            headers: {Accept-Language: nl, X-Number: 5}
            redirects: {follow: true, limit: 2, allow_domains: [b.example]}
            status: [200, 204, 300-399]
            header_matches:
              - {name: Server, pattern: ^nginx, optional: true}
            header_not_matches:
              - {name: X-Error, pattern: .}
            body_matches: [a, 'b c']
            body_not_matches: [d]
            body_bytes: {min: 10, max: 65536}
            maximum_duration: 3s
            busy_markers: [druk]
            maintenance_markers: [onderhoud]
            evidence: [S1]
            note: 'for people: only'
            """)
        #expect(
            endpoint.probe
                == Probe(
                    interval: .seconds(300), timeout: .seconds(20),
                    phaseTimeouts: PhaseTimeouts(
                        resolve: .seconds(1), connect: .seconds(2), tls: .seconds(3),
                        processing: .seconds(20)), confirmation: .seconds(10) ... .seconds(30),
                    method: .get, httpVersion: .http2, addressFamily: .ipv6,
                    requestHeaders: [
                        Header(name: "Accept-Language", value: "nl"),
                        Header(name: "X-Number", value: "5"),
                    ],
                    redirects: RedirectPolicy(limit: 2, allowedDomains: ["b.example"]),
                    assertions: Assertions(
                        statuses: [200...200, 204...204, 300...399],
                        headersMatching: [
                            HeaderPattern(name: "Server", pattern: "^nginx", isOptional: true)
                        ], headersNotMatching: [HeaderPattern(name: "X-Error", pattern: ".")],
                        bodyMatching: ["a", "b c"], bodyNotMatching: ["d"],
                        bodyBytes: 10...65_536, maximumDuration: .seconds(3),
                        busyMarkers: ["druk"], maintenanceMarkers: ["onderhoud"])))
    }

    @Test func `takes times that just fit`() throws {
        #expect(try readEndpoint("interval: 35s").probe.interval == .seconds(35))
        let tight = try readEndpoint("interval: 1s\ntimeout: 999ms\nconfirm: false").probe
        #expect(tight.timeout == .milliseconds(999))
        #expect(tight.confirmation == nil)
        #expect(
            try readEndpoint("maximum_duration: 9999ms").probe.assertions.maximumDuration
                == .milliseconds(9999))
    }

    @Test func `does not follow redirects when told so`() throws {
        let probe = try readEndpoint("redirects: {follow: false}").probe
        #expect(!probe.redirects.isFollowing)
    }

    @Test func `leaves disabled endpoints out, one by one and by file`() throws {
        let text = endpointFile("enabled: false")
        let one = try CatalogueReader.read([SourceFile(path: "f", text: text)])
        #expect(one.catalogue.services.count == 1)
        #expect(one.catalogue.endpoints.isEmpty)
        #expect(one.counts.disabledEndpoints == 1)
        let file = try CatalogueReader.read([
            SourceFile(path: "f", text: "enabled: false\n" + endpointFile(""))
        ])
        #expect(file.catalogue == .empty)
        #expect(file.counts.disabledServices == 1)
        #expect(file.counts.disabledEndpoints == 0)
    }

    @Test(arguments: [
        ("owned: true", "", true), ("owned: true", "owned: false", false), ("note: n", "", false),
        ("note: n", "owned: true", true), ("owned: true", "enabled: false", false),
    ])
    func `knows whose endpoint it is`(service: String, endpoint: String, isOwned: Bool) throws {
        let text = endpointFile(endpoint).replacing("owner: O", with: "owner: O\n    \(service)")
        let reading = try CatalogueReader.read([SourceFile(path: "f", text: text)])
        #expect(reading.ownedEndpoints == (isOwned ? [EndpointID("a-www")] : []))
    }

    @Test func `adds the shared markers behind its own`() throws {
        let shared = SourceFile(
            path: "z.yml", text: "defaults: {busy_markers: [shared], maintenance_markers: [m]}")
        func markers(_ lines: String) throws -> [[String]] {
            let file = SourceFile(path: "a.yml", text: endpointFile(lines))
            let endpoint = try #require(
                CatalogueReader.read([file, shared]).catalogue.endpoints.first)
            let assertions = endpoint.probe.assertions
            return [assertions.busyMarkers, assertions.maintenanceMarkers]
        }
        #expect(try markers("") == [["shared"], ["m"]])
        #expect(try markers("busy_markers: [own]") == [["own", "shared"], ["m"]])
        #expect(
            try markers("default_markers: false\nmaintenance_markers: [own]") == [[], ["own"]])
        #expect(try markers("method: HEAD") == [[], []])
    }

    @Test func `a service names its own sector or takes that of the file`() throws {
        let text = endpointFile("").replacing("owner: O", with: "owner: O\n    sector: other")
        let reading = try CatalogueReader.read([SourceFile(path: "f", text: text)])
        #expect(reading.catalogue.services.map(\.sector) == ["other"])
    }
}
