import HealthModel
import PatternMatching
import Testing

/// The outages of the past, played to the shipped catalogue and rules.
///
/// What is expected follows from the rules, not from a run. An outage is noticed within one
/// interval (tier 0 one minute, tier 1 two, tier 2 five, tier 3 fifteen) and the confirming probe
/// (15 s), and told after the hold time (2, 4, 10 and 30 minutes).
@Suite struct ScenarioTests {
    /// Tax, 2020 and later: admission control answers 200 with a page that says how many are in.
    ///
    /// That is the state `busy`: a warning for the desk after two minutes, `critical` when it has
    /// lasted for half an hour (`busy-long`), and their ends, no page, no incident, never down, and
    /// nobody who depends on it is impaired.
    @Test func aThrottlePageIsAWarningAndNeverAnOutage() throws {
        let drill = try Drill()
        let mijn = try #require(drill.catalogue.endpoint(EndpointID("belastingdienst-mijn")))
        let page = "<p>Het maximale aantal bezoekers is ingelogd. Probeer het later.</p>"
        let markers = try mijn.probe.assertions.busyMarkers.map { try Pattern($0) }
        try #require(markers.contains { $0.matches(page) })
        drill.world = { endpoint, _, second in
            let isCrowded = endpoint.id == mijn.id && (minutes(10)..<minutes(130)).contains(second)
            return Drill.Answer(reason: isCrowded ? .busy : nil)
        }
        for minute in stride(from: Int64(5), through: 150, by: 5) {
            drill.play(until: minutes(minute))
            let isBusy = (15...130).contains(minute)
            #expect(
                minute == 10 || drill.states(of: "belastingdienst").own == (isBusy ? .busy : .up))
            #expect(drill.states(of: "toeslagen").effective == .up)
        }
        #expect(drill.lines("on-call") == [])
        #expect(
            drill.lines("desk") == [
                "warning belastingdienst", "critical belastingdienst", "over belastingdienst",
                "over belastingdienst",
            ])
        let critical = try #require(drill.told("desk").dropFirst().first)
        #expect((minutes(40)...minutes(42)).contains(critical.second))
        #expect(drill.lines("machine") == drill.lines("desk"))
        #expect(drill.causes == [])
        drill.expectBalance()
    }

    /// DigiD, 1 March 2023: for four and a half hours the pages of those who log in do not come,
    /// the front page does but takes five seconds.
    ///
    /// One endpoint of two is a degraded service: one page after two minutes, one update when it is a
    /// calamity (four hours), one end. Slowness of what still answers is an early sign: a warning,
    /// for the desk only. Nobody else is touched: a degraded parent takes no child with it.
    @Test func partialFailureIsOnePageAndSlownessAWarning() throws {
        let drill = try Drill()
        let hours = minutes(10)..<minutes(280)
        drill.world = { endpoint, _, second in
            guard hours.contains(second), endpoint.isOf(["digid"]) else { return Drill.Answer() }
            return endpoint.id.text == "digid-mijn"
                ? Drill.Answer(reason: .timeoutProcessing, takes: 10)
                : Drill.Answer(takes: 5, total: .seconds(5))
        }
        drill.play(until: minutes(310))
        #expect(drill.lines("on-call") == ["page digid", "update digid", "over digid"])
        let desk = drill.lines("desk")
        #expect(desk.filter { $0.hasSuffix(" digid") } == drill.lines("on-call"))
        #expect(desk.filter { !$0.hasSuffix(" digid") } == ["warning digid-www", "over digid-www"])
        #expect(
            Set(drill.lines("machine")) == [
                "page digid", "over digid", "warning digid-www", "over digid-www",
            ])
        let page = try #require(drill.told("on-call").first)
        #expect(page.notification.alert.key.rule.text == "partly-unreachable")
        #expect((minutes(12)...minutes(14)).contains(page.second))
        #expect(drill.causes.map(\.root.description) == ["service/digid"])
        #expect(drill.causes.map(\.isCalamity) == [true])
        drill.expectBalance()
    }

    /// The defence network, 28 August 2024.
    ///
    /// What leans on it fails, in three sectors, and the network
    /// itself cannot be probed. Five hours stand for fifteen.
    ///
    /// The outage begins where every direct dependant is probed within a minute, before anything
    /// has held for two, so that the network is the root from the first page on. Then one update as
    /// it grows (three services or four), one when it is a calamity, one end. The thirty services
    /// that log in with DigiD answer themselves: what their citizens lose is told by the root, and
    /// their error budgets page nobody.
    @Test func aDarkNetworkIsInferredAndPagesOnce() throws {
        let drill = try Drill()
        let hit: Set<String> = ["politie", "ncsc", "defensie", "digid"]
        let (ncsc, defensie) = (
            try #require(drill.catalogue.endpoint(EndpointID("ncsc-www"))),
            try #require(drill.catalogue.endpoint(EndpointID("defensie-www")))
        )
        let slot = stride(from: minutes(40), to: minutes(60), by: 1).first {
            drill.slot(of: defensie, from: $0) == $0 && drill.slot(of: ncsc, from: $0) < $0 + 60
        }
        let begin = try #require(slot)
        drill.world = { endpoint, slot, second in
            let isOut = endpoint.isOf(hit) && slot >= begin && second < begin + minutes(5 * 60)
            return Drill.Answer(reason: isOut ? .timeoutConnect : nil, takes: isOut ? 10 : 0)
        }
        drill.play(until: begin + minutes(3 * 60))
        #expect(drill.states(of: "nafin").effective != .up)
        #expect(drill.states(of: "belastingdienst").effective == .impaired)
        drill.play(until: begin + minutes(5 * 60 + 30))
        #expect(drill.phases("on-call") == ["page", "update", "partly", "over"])
        #expect(drill.named("on-call") == hit)
        #expect(drill.lines("desk") == drill.lines("on-call"))
        #expect(drill.causes.map(\.root.description) == ["dark/nafin"])
        #expect(Set(drill.causes.flatMap(\.services).map(\.text)) == hit)
        let page = try #require(drill.told("on-call").first?.notification)
        #expect(page.text.contains("Tegelijk met: NAFIN / Haagse Ring (niet gemeten)."))
        drill.expectBalance()
    }

    /// CrowdStrike, 19 July 2024: four services of as many sectors, and no edge between them.
    ///
    /// All four fail within two minutes and fire between four and six: the first page names a common
    /// cause, one update follows, one end. What fails an hour later is an incident of its own.
    @Test func severalSectorsAtOnceAreACommonCause() throws {
        let drill = try Drill()
        let hit: Set<String> = ["uwv", "vecozo", "rws", "knmi"]
        drill.world = { endpoint, slot, _ in
            let isOut = endpoint.isOf(hit) && (minutes(10)..<minutes(160)).contains(slot)
            let isOther =
                endpoint.isOf(["overheidnl"]) && (minutes(70)..<minutes(90)).contains(slot)
            return Drill.Answer(reason: isOut ? .connectReset : isOther ? .httpStatus : nil)
        }
        drill.play(until: minutes(180))
        let told = drill.told("on-call")
        #expect(
            drill.phases("on-call") == ["page", "update", "page", "over", "partly", "over"])
        #expect(drill.named("on-call") == hit.union(["overheidnl"]))
        #expect(
            told.filter { !hit.contains("\($0.notification.alert.key.subject)") }.map(\.line)
                == ["page overheidnl", "over overheidnl"])
        #expect(drill.lines("desk") == drill.lines("on-call"))
        #expect(drill.causes.map(\.root.description) == ["common_cause", "service/overheidnl"])
        #expect(Set(try #require(drill.causes.first).services.map(\.text)) == hit)
        drill.expectBalance()
    }

    /// NoName, March 2024 and April 2025: websites of provinces and cities for three hours.
    ///
    /// Two peer groups are two incidents. Cities are tier 2: the first one that fires (ten minutes) is
    /// critical and for the desk, the second one makes it a page. Provinces are tier 3 and disturb
    /// nobody until the second one fires (half an hour): a page at once. Each group is told once more
    /// as it grows, and ends once.
    @Test func peersThatFailTogetherPageOncePerGroup() throws {
        let drill = try Drill(pack: "nl-provincies.yml")
        let cities: Set<String> = ["amsterdam", "rotterdam", "denhaag", "utrecht"]
        let provinces = Set(
            ["groningen", "fryslan", "drenthe", "limburg", "zeeland"].map { "provincie-" + $0 })
        drill.world = { endpoint, slot, _ in
            let isHit = endpoint.isOf(cities.union(provinces))
            let isOut = isHit && (minutes(20)..<minutes(200)).contains(slot)
            return Drill.Answer(reason: isOut ? .timeoutConnect : nil, takes: isOut ? 10 : 0)
        }
        drill.play(until: minutes(240))
        let each = ["page", "update", "partly", "over"]
        #expect(drill.phases("on-call") == each[..<2] + each[..<3] + ["over", "partly", "over"])
        #expect(drill.named("on-call") == cities.union(provinces))
        #expect(drill.named("desk") == cities.union(provinces))
        #expect(
            drill.causes.map(\.root.description) == [
                "peer_group/municipalities", "peer_group/provinces",
            ])
        #expect(drill.causes.map { Set($0.services.map(\.text)) } == [cities, provinces])
        drill.expectBalance()
    }
}
