import HealthModel
import TestSupport
import Testing

@testable import Daemon

struct LivePolicyTests {
    @Test(arguments: [
        "ops@example.org", "a.b+c@sub.example.org", "https://example.org/contact",
        "https://example.org",
    ])
    func aPersonCanBeReached(contact: String) {
        #expect(LivePolicy.isContact(contact))
    }

    @Test(arguments: [
        "", "me", "@example.org", "ops@", "ops@example", "ops@.org", "ops@example.",
        "a@b@example.org", "http://example.org/", "https://", "ftp://example.org",
        "ops@example.org)", "ops@exa mple.org", "ops@example.org\r\nX: y", "ops@ex\u{E4}mple.org",
        "\"ops\"@example.org", "<ops@example.org>", "ops@example.org;", "ops\\@example.org",
    ])
    func nobodyCanBeReached(contact: String) {
        #expect(!LivePolicy.isContact(contact))
    }

    @Test func theLengthOfAContactIsLimited() {
        let ending = "@example.org"
        let longest = String(repeating: "a", count: 200 - ending.utf8.count) + ending
        #expect(LivePolicy.isContact(longest))
        #expect(!LivePolicy.isContact("a" + longest))
    }

    @Test(arguments: [(1, 300), (299, 300), (300, 300), (301, 301), (3600, 3600)])
    func strangersAreProbedSlowly(seconds: Int, expected: Int) throws {
        let polite = LivePolicy.polite(try catalogue(seconds: seconds), owned: [])
        #expect(polite.endpoints.map(\.probe.interval) == [.seconds(expected), .seconds(expected)])
        #expect(polite.services.map(\.id) == [ServiceID("one")])
    }

    @Test func ownHostsKeepTheirInterval() throws {
        let polite = LivePolicy.polite(try catalogue(seconds: 60), owned: [EndpointID("a")])
        #expect(polite.endpoints.map(\.probe.interval) == [.seconds(60), .seconds(300)])
    }

    /// A control target is looked at every 10 s: only the operator's own, then.
    @Test func controlTargetsOfStrangersAreLeftOut() throws {
        let plain = try catalogue(seconds: 60)
        let watched = ServiceCatalogue(
            services: plain.services, endpoints: [], controls: plain.endpoints)
        #expect(LivePolicy.polite(watched, owned: []).controls == [])
        let own = LivePolicy.polite(watched, owned: [EndpointID("a")])
        #expect(own.controls.map(\.id) == [EndpointID("a")])
        #expect(own.controls.map(\.probe.interval) == [.seconds(60)])
    }

    @Test func theTotalRateIsCapped() {
        #expect(LivePolicy.limits.startsPerSecond == 5)
        #expect(LivePolicy.limits.hostSpacing == .seconds(1))
        #expect(LivePolicy.limits.acceleration == 1)
    }

    /// What a run is told decides how the files are taken.
    @Test func theRunDecidesHowFast() throws {
        let directory = try TemporaryDirectory()
        try directory.write("alerts/rules.yml", Bench.rules.replacing("for: 0s", with: "for: 1m"))
        try directory.write(
            "probes/test.yml", Bench.catalogue(["one"]).replacing("1d", with: "60s"))
        var configuration = Bench.configuration(directory)
        #expect(try configuration.loadWatch().catalogue.endpoints[0].probe.interval == .seconds(60))
        configuration.isPolite = true
        let polite = try configuration.loadWatch()
        #expect(polite.catalogue.endpoints[0].probe.interval == .seconds(300))
        configuration.isPolite = false
        configuration.limits.acceleration = 12
        let quick = try configuration.loadWatch()
        #expect(quick.catalogue.endpoints[0].probe.interval == .seconds(5))
        #expect(quick.rules.rules[0].holdTime[.tier1] == .seconds(5))
    }

    private func catalogue(seconds: Int) throws -> ServiceCatalogue {
        let url = try #require(ProbeURL("https://stranger.example/"))
        return ServiceCatalogue(
            services: [
                Service(
                    id: ServiceID("one"), name: LocalizedText(dutch: "Een", english: "One"),
                    owner: "Owner", sector: "test", tier: .tier1)
            ],
            endpoints: ["a", "b"].map { name in
                Endpoint(
                    id: EndpointID(name), service: ServiceID("one"), url: url,
                    probe: Probe(interval: .seconds(seconds), timeout: .milliseconds(500)))
            })
    }
}
