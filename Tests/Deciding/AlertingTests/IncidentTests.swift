import HealthModel
import Testing

@testable import Alerting
@testable import Incidents
@testable import Rules

/// Alerts with one cause page once.
@Suite struct IncidentTests {
    typealias Kind = Outages.Kind

    /// DigiD and what leans on it: seven services that log in with it, and two that need it.
    private static let identity =
        [
            Kind(id: "digid", tier: .tier0),
            Kind(id: "machtigen", needs: [("digid", .hard)]),
            Kind(id: "mijnoverheid", sector: "portal", needs: [("machtigen", .hard)]),
        ]
        + (1...7).map {
            Kind(id: "gemeente\($0)", sector: "local", needs: [("digid", .login)])
        }

    @Test func oneServiceIsOneIncidentFromBeginningToEnd() throws {
        let play = try Outages(Self.identity)
        play.pass(2)
        play.failing = ["gemeente1": .connectRefused]
        play.pass(5)
        #expect(play.told == ["4 page gemeente1 INC-2026-0001"])
        #expect(play.root("INC-2026-0001") == "service/gemeente1")
        play.failing = [:]
        play.pass(4)
        #expect(play.told.dropFirst() == ["9 over gemeente1 INC-2026-0001"])
        let incident = try #require(play.monitor.incidents[IncidentID("INC-2026-0001")])
        #expect(incident.events.map(\.kind) == [.opened, .left, .closed])
        #expect(incident.openedAt == at(240) && incident.closedAt == at(540))
        // The next one has the next number, and the rule's own summary when nothing is to be added.
        play.failing = ["gemeente2": .connectRefused]
        play.pass(4)
        #expect(play.told.last == "13 page gemeente2 INC-2026-0002")
        #expect(
            play.full.last?.alert.summary.english
                == "gemeente2 EN: \(Reason.connectRefused.text)")
    }

    /// Whatever fails behind DigiD is the incident of DigiD: one page, one update, one end.
    @Test func theParentIsTheRootAndPagesOnce() throws {
        let play = try Outages(Self.identity)
        play.pass(1)
        play.failing = ["digid": .timeoutConnect, "machtigen": .httpStatus]
        play.pass(5)
        #expect(play.told == ["3 page digid,machtigen INC-2026-0001"])
        #expect(play.root("INC-2026-0001") == "service/digid")
        // What fails later for the same cause adds to it.
        play.failing["mijnoverheid"] = .httpStatus
        play.failing["gemeente3"] = .httpStatus
        play.failing["gemeente4"] = .httpStatus
        play.failing["gemeente5"] = .httpStatus
        play.pass(9)
        #expect(
            play.told.dropFirst() == [
                "8 update gemeente3,gemeente4,gemeente5,mijnoverheid INC-2026-0001"
            ])
        let update = try #require(play.full.last { $0.occasion == .update })
        #expect(update.text.contains("Because of: digid EN."))
        #expect(update.text.contains("Komt door: digid NL."))
        #expect(
            update.text.contains(
                "6 services touched: digid, machtigen, mijnoverheid, gemeente3 and 2 more."))
        #expect(
            update.text.contains(
                "6 diensten geraakt: digid, machtigen, mijnoverheid, gemeente3 en nog 2."))
        // DigiD is back, its dependants a little later: each end is told, and they stay together.
        play.failing["digid"] = nil
        play.pass(5)
        #expect(play.told.dropFirst(2) == ["17 partly -digid INC-2026-0001"])
        play.failing = [:]
        play.pass(4)
        #expect(
            play.told.dropFirst(3) == [
                "22 over machtigen,gemeente3,gemeente4,gemeente5,mijnoverheid INC-2026-0001"
            ])
        #expect(play.monitor.incidents.open == [])
    }

    /// The child notices first: the incident moves up to the parent, and is no second page.
    @Test func aParentThatFailsLaterBecomesTheRoot() throws {
        let play = try Outages(Self.identity)
        play.pass(1)
        play.failing = ["machtigen": .httpStatus]
        play.pass(6)
        #expect(play.root("INC-2026-0001") == "service/machtigen")
        play.failing["digid"] = .timeoutConnect
        play.pass(6)
        #expect(
            play.told == [
                "3 page machtigen INC-2026-0001", "9 update digid INC-2026-0001",
            ])
        #expect(play.root("INC-2026-0001") == "service/digid")
    }

    /// Machines hear of every alert, its beginning and its end, as it happens.
    @Test func machinesAreToldOfEachAlert() throws {
        let play = try Outages(Self.identity)
        play.pass(1)
        play.failing = ["digid": .timeoutConnect, "machtigen": .httpStatus]
        play.pass(4)
        play.failing = ["machtigen": .httpStatus]
        play.pass(4)
        let machine = ReceiverID("machine")
        let told = play.full.filter { $0.receiver == machine }
        #expect(
            told.flatMap(\.news).filter { $0.part == .begun }.map(\.alert.key.subject.description)
                .sorted() == ["digid", "machtigen"])
        #expect(told.allSatisfy { $0.alert.incident?.text == "INC-2026-0001" })
        let over = told.flatMap(\.news).filter { $0.part == .over }
        #expect(over.map(\.alert.key.subject.description) == ["digid"])
    }

    /// A quarter of the group, or three of it, within a quarter of an hour; one fewer are single
    /// failures, and so are three that are spread over hours.
    @Test(arguments: [
        (members: 12, failing: 3, isGroup: true), (members: 12, failing: 2, isGroup: false),
        (members: 8, failing: 2, isGroup: true), (members: 9, failing: 2, isGroup: false),
        (members: 4, failing: 1, isGroup: false),
    ]) func peers(members: Int, failing: Int, isGroup: Bool) throws {
        let kinds = (1...members).map {
            Kind(id: "provincie\($0)", tier: .tier2, sector: "local", peers: "provinces")
        }
        let play = try Outages(kinds, tierLevels: true)
        play.pass(1)
        for number in 1...failing { play.failing["provincie\(number)"] = .timeoutConnect }
        play.pass(6)
        if isGroup {
            let names = (1...failing).map { "provincie\($0)" }.joined(separator: ",")
            #expect(play.told == ["3 page \(names) INC-2026-0001"])
            #expect(play.root("INC-2026-0001") == "peer_group/provinces")
        } else {
            #expect(play.told.count == failing)
            #expect(play.told.allSatisfy { $0.contains("critical") })
        }
    }

    @Test func peersThatFailHoursApartAreNoGroup() throws {
        let play = try Outages(
            (1...12).map {
                Kind(id: "provincie\($0)", tier: .tier2, sector: "local", peers: "provinces")
            }, tierLevels: true)
        play.pass(1)
        for number in 1...4 {
            play.failing["provincie\(number)"] = .timeoutConnect
            play.pass(20)
        }
        #expect(play.told.count == 4)
        #expect(play.monitor.incidents.open.allSatisfy { $0.root.isOneService })
    }

    /// Members that disturb nobody by themselves are a page together.
    @Test func aGroupOfTheLowestTierPages() throws {
        let play = try Outages(
            (1...12).map {
                Kind(id: "stad\($0)", tier: .tier3, sector: "local", peers: "cities")
            }, tierLevels: true)
        play.pass(1)
        play.failing = ["stad1": .timeoutConnect]
        play.pass(5)
        #expect(play.told == [])
        #expect(play.monitor.incidents.open == [])
        for number in 2...5 { play.failing["stad\(number)"] = .timeoutConnect }
        play.pass(5)
        #expect(play.told == ["8 page stad1,stad2,stad3,stad4,stad5 INC-2026-0001"])
        play.failing = [:]
        play.pass(5)
        #expect(play.told.last == "13 over stad1,stad2,stad3,stad4,stad5 INC-2026-0001")
        #expect(play.told.count == 2)
    }

    /// Three sectors and no known link; two are two incidents.
    @Test(arguments: [3, 2]) func aCommonCause(sectors: Int) throws {
        let names = ["werk", "ziekenhuis", "rechtspraak"]
        let play = try Outages(names.map { Kind(id: $0, tier: .tier2, sector: "sector-\($0)") })
        play.pass(1)
        for name in names.prefix(sectors) { play.failing[name] = .timeoutConnect }
        play.pass(5)
        if sectors == 3 {
            #expect(play.told == ["3 page rechtspraak,werk,ziekenhuis INC-2026-0001"])
            #expect(play.root("INC-2026-0001") == "common_cause")
            #expect(
                play.full.contains {
                    $0.text.contains(
                        "At the same time as: failures in several sectors, with no known link.")
                })
        } else {
            #expect(play.told.count == 2)
        }
        // What fails much later is not taken for the same.
        play.pass(20)
        play.failing["werk"] = nil
        play.pass(5)
        play.failing["werk"] = .timeoutConnect
        play.pass(5)
        #expect(play.monitor.incidents.open.contains { $0.root == .service(ServiceID("werk")) })
    }

    /// The child of a service that belongs to the common cause goes with it.
    @Test func dependantsGoWithTheirParent() throws {
        let play = try Outages([
            Kind(id: "digid", tier: .tier0), Kind(id: "machtigen", needs: [("digid", .hard)]),
            Kind(id: "werk", sector: "work"), Kind(id: "ziekenhuis", sector: "care"),
        ])
        play.pass(1)
        play.failing = ["digid": .timeoutConnect, "machtigen": .httpStatus]
        play.pass(5)
        play.failing["werk"] = .timeoutConnect
        play.failing["ziekenhuis"] = .timeoutConnect
        play.pass(5)
        #expect(
            play.told == [
                "3 page digid,machtigen INC-2026-0001", "8 update werk,ziekenhuis INC-2026-0001",
            ])
        #expect(play.root("INC-2026-0001") == "common_cause")
        #expect(play.monitor.incidents.open.first?.failingServices.count == 4)
    }

    /// Which of three sectors fails first must not matter, nor that the first has paged already.
    @Test func whatHasPagedIsTakenIn() throws {
        let names = ["werk", "ziekenhuis", "rechtspraak"]
        let play = try Outages(names.map { Kind(id: $0, sector: "sector-\($0)") })
        play.pass(1)
        for (name, minutes) in zip(names, [1, 3, 4] as [Int64]) {
            play.failing[name] = .timeoutConnect
            play.pass(minutes)
        }
        #expect(
            play.told == [
                "3 page werk INC-2026-0001", "4 page ziekenhuis INC-2026-0002",
                "7 update rechtspraak INC-2026-0001",
            ])
        #expect(play.monitor.incidents.open.map(\.id.text) == ["INC-2026-0001"])
        #expect(
            play.monitor.incidents[IncidentID("INC-2026-0002")]?.mergedInto?.text
                == "INC-2026-0001")
        let alerts = play.monitor.alerts.values.map { $0.incident?.text }
        #expect(Set(alerts) == ["INC-2026-0001"])
        // Everybody who was told of a beginning hears of its end, once, at the same time.
        play.failing = [:]
        play.pass(5)
        #expect(
            play.told.dropFirst(3).sorted() == [
                "11 over werk,ziekenhuis,rechtspraak INC-2026-0001"
            ])
    }

    /// A network that no probe sees: more than half of what leans on it fails.
    @Test func aDarkServiceIsInferred() throws {
        let kinds = [
            Kind(id: "nafin", tier: .tier0, sector: "network", kind: .dark),
            Kind(id: "diginetwerk", sector: "network", kind: .dark, needs: [("nafin", .soft)]),
            Kind(id: "politie", sector: "safety", needs: [("nafin", .soft)]),
            Kind(id: "ncsc", sector: "safety", needs: [("nafin", .soft)]),
            Kind(id: "defensie", sector: "defence", needs: [("nafin", .soft)]),
            Kind(id: "digid", tier: .tier0, needs: [("diginetwerk", .soft)]),
            Kind(id: "knmi", sector: "safety"),
        ]
        let play = try Outages(kinds)
        play.pass(1)
        for name in ["politie", "ncsc", "defensie", "digid"] {
            play.failing[name] = .timeoutConnect
        }
        play.pass(6)
        #expect(play.told == ["3 page digid,defensie,ncsc,politie INC-2026-0001"])
        #expect(play.root("INC-2026-0001") == "dark/nafin")
        #expect(play.monitor.incidents.open.first?.services.count == 4)
        let words = play.full.first { $0.receiver == ReceiverID("people") }
        #expect(words?.text.contains("Tegelijk met: nafin NL (niet gemeten).") == true)
    }

    /// The authority that is distrusted, whatever the sectors are.
    @Test func refusedCertificatesOfOneAuthorityAreOneIncident() throws {
        let kinds = ["rdw", "duo", "svb", "knmi"].map { Kind(id: $0, sector: "sector-\($0)") }
        let play = try Outages(kinds)
        for kind in kinds { play.issuers[kind.id] = "O=DigiNotar" }
        play.issuers["knmi"] = "O=Other"
        play.pass(2)
        for name in ["rdw", "duo", "svb"] { play.failing[name] = .tlsUntrusted }
        play.pass(4)
        #expect(play.told == ["2 page duo,rdw,svb INC-2026-0001"])
        #expect(play.root("INC-2026-0001") == "issuer/O=DigiNotar")
    }

    /// The operator of a name server, whatever else the domains have.
    @Test func domainsOfOneNameServerAreOneIncident() throws {
        let kinds = ["rdw", "duo", "svb", "knmi"].map { Kind(id: $0, sector: "sector-\($0)") }
        let play = try Outages(kinds)
        play.nameServers = [
            "rdw": ["ns1.a.example", "ns2.a.example"], "duo": ["ns1.a.example", "ns.duo.example"],
            "svb": ["ns1.a.example", "ns2.a.example"], "knmi": ["ns1.b.example"],
        ]
        play.pass(2)
        for name in ["rdw", "duo", "svb"] { play.failing[name] = .dnsServfail }
        play.pass(4)
        #expect(play.told == ["4 page duo,rdw,svb INC-2026-0001"])
        #expect(play.root("INC-2026-0001") == "name_server/ns1.a.example")
        let words = "Because of: the name server ns1.a.example."
        #expect(play.full.contains { $0.text.contains(words) })
        // Another domain with another name server is another matter.
        play.pass(20)
        play.failing["knmi"] = .dnsServfail
        play.pass(4)
        #expect(play.root("INC-2026-0002") == "service/knmi")
    }

    /// Three times in a week is a recurrence; after a week it is not.
    @Test func recurrenceIsSaid() throws {
        let play = try Outages([Kind(id: "digid", tier: .tier0)])
        play.pass(1)
        for _ in 1...3 {
            play.failing = ["digid": .timeoutConnect]
            play.pass(10)
            play.failing = [:]
            play.pass(30)
        }
        #expect(play.monitor.incidents.closed.map(\.occurrence) == [1, 2, 3])
        let pages = play.full.filter { $0.receiver == ReceiverID("people") && !$0.isOver }
        #expect(
            pages.map { $0.text.contains("Incident number 3 in 7 days.") } == [false, false, true])
    }

    @Test func fourHoursAreACalamity() throws {
        let play = try Outages([Kind(id: "digid", tier: .tier0)])
        play.pass(1)
        play.failing = ["digid": .timeoutConnect]
        play.pass(242)
        #expect(play.told == ["3 page digid INC-2026-0001"])
        play.pass(120)
        #expect(play.told.dropFirst() == ["243 partly digid INC-2026-0001"])
        #expect(
            play.full.last?.text.contains("Calamity: open for more than 4 hours.") == true)
    }

    /// A restart at any minute tells the same as no restart.
    @Test(arguments: Int64(1)...16) func aRestartForgetsNothing(minute: Int64) throws {
        func run(restartAt: Int64?) throws -> [String] {
            let play = try Outages(Self.identity)
            for now in Int64(0)..<18 {
                if now == 1 { play.failing = ["machtigen": .httpStatus] }
                if now == 5 { play.failing["digid"] = .timeoutConnect }
                if now == 10 { play.failing["digid"] = nil }
                if now == 12 { play.failing = [:] }
                if now == restartAt { play.restart() }
                play.pass(1)
            }
            return play.told
        }
        #expect(try run(restartAt: minute) == run(restartAt: nil))
    }

    /// A reload raises a level, and gives the endpoint to another service.
    ///
    /// Who heard of the lower level hears of it, and the incident ends all the same.
    @Test func aReloadIsTakenOver() throws {
        let play = try Outages([Kind(id: "digid"), Kind(id: "duo")])
        var rules = Outages.rules
        rules[0].level = PerTier(.critical)
        rules.append(
            rule("refused", .certificateInvalid, level: .critical, summary: "{service} refused"))
        rules.remove(at: 1)
        play.reload(rules: rules)
        play.pass(1)
        play.issuers = ["digid": "O=A"]
        play.failing = ["digid": .tlsUntrusted]
        play.pass(4)
        #expect(play.told == ["1 critical digid INC-2026-0001"])
        rules[3].level = PerTier(.page)
        play.reload(rules: rules, movingDigidTo: "duo")
        play.pass(1)
        #expect(play.told.dropFirst() == ["5 update digid,-digid INC-2026-0001"])
        #expect(play.full.last?.alert.level == .page)
        play.failing = [:]
        play.pass(5)
        #expect(play.monitor.incidents.open == [])
        #expect(play.told.last?.hasSuffix("over digid INC-2026-0001") == true)
    }

    @Test func rootsAreReadBack() {
        let roots: [Incident.Root] = [
            .service(ServiceID("a")), .darkService(ServiceID("b")), .platform(ServiceID("c")),
            .peerGroup("d"), .commonCause,
            .shared(SharedEvidence(kind: .issuer, value: "O=a/b")),
            .shared(SharedEvidence(kind: .addressBlock, value: "192.0.2.0/24")),
            .shared(SharedEvidence(kind: .redirectHost, value: "login.example")),
            .shared(SharedEvidence(kind: .nameServer, value: "ns1.example")),
        ]
        for root in roots { #expect(Incident.Root(root.description) == root) }
        for text in ["", "service", "sector/x", "common"] { #expect(Incident.Root(text) == nil) }
    }

    @Test func neighboursShareANetworkAndTheLoopbackIsNone() {
        let rows: [(String, String?)] = [
            ("192.0.2.17", "192.0.2.0/24"), ("127.64.0.1", nil), ("::1", nil),
            ("2001:db8:a:b::1", "2001:db8:a::/48"), ("2001:db8::1", "2001:db8:0::/48"),
        ]
        for (address, block) in rows {
            #expect(SharedEvidence.addressBlock(of: NetworkAddress(address)) == block)
        }
    }

    /// The first event and the newest stay; one past the limit something in between goes.
    @Test func theTimelineIsBounded() {
        var incident = Incident(
            id: IncidentID("INC-2026-0001"), root: .commonCause, openedAt: noon)
        for number in 0...Incident.eventsMax { incident.note(.joined, "\(number)", at: noon) }
        #expect(incident.events.count == Incident.eventsMax)
        #expect(incident.events.first?.text == "0" && incident.events[1].text == "2")
        #expect(incident.events.last?.text == "\(Incident.eventsMax)")
    }
}
