import Alerting
import HealthModel
import PatternMatching
import Rules
import Testing

@testable import Catalogue

@Suite struct ShippedFilesTests {
    let configuration: Configuration

    init() throws {
        configuration = try ConfigurationLoader.load(
            probesDirectory: shipped("probes"), alertsDirectory: shipped("alerts"))
    }

    @Test func `hold every service and endpoint of the catalogue`() {
        #expect(configuration.counts.services == 70)
        #expect(configuration.counts.darkServices == 9)
        #expect(configuration.counts.endpoints == 95)
        #expect(configuration.counts.disabledEndpoints == 2)
        #expect(configuration.counts.disabledServices == 20)
        #expect(configuration.catalogue.services.count == 70)
        #expect(configuration.catalogue.endpoints.count == 95)
        #expect(configuration.ownedEndpoints.isEmpty)
        #expect(configuration.sourceFiles.count == 26)
        #expect(Set(configuration.catalogue.services.map(\.sector)).count == 18)
    }

    @Test func `count the endpoints of each tier`() {
        var counts: [Tier: Int] = [:]
        for endpoint in configuration.catalogue.endpoints {
            guard let service = configuration.catalogue.service(endpoint.service) else { continue }
            counts[service.tier, default: 0] += 1
            #expect(endpoint.probe.interval == service.tier.defaultInterval)
            #expect(endpoint.probe.timeout == .seconds(10))
            #expect(endpoint.probe.confirmation == .seconds(5) ... .seconds(15))
            #expect(endpoint.probe.method == .get)
        }
        #expect(counts == [.tier0: 9, .tier1: 40, .tier2: 35, .tier3: 11])
    }

    @Test(arguments: [("digid", 30), ("eherkenning", 13)])
    func `know who depends on a login directly`(id: String, count: Int) {
        let dependants = configuration.catalogue.services.filter { service in
            service.dependencies.contains {
                $0.service == ServiceID(id) && ($0.kind == .hard || $0.kind == .login)
            }
        }
        #expect(dependants.count == count)
    }

    @Test func `describe DigiD as the domain notes do`() throws {
        let digid = try #require(configuration.catalogue.service(ServiceID("digid")))
        #expect(digid.name == LocalizedText(dutch: "DigiD", english: "DigiD citizen login"))
        #expect(digid.owner == "Logius (BZK)")
        #expect(digid.sector == "identity")
        #expect(digid.tier == .tier0)
        #expect(
            digid.dependencies == [
                Dependency(service: ServiceID("brp"), kind: .soft),
                Dependency(service: ServiceID("bsnk"), kind: .soft),
                Dependency(service: ServiceID("rdw"), kind: .soft),
                Dependency(service: ServiceID("sms-gateway"), kind: .soft),
                Dependency(service: ServiceID("logius-platform"), kind: .common),
                Dependency(service: ServiceID("diginetwerk"), kind: .soft),
            ])
        #expect(
            configuration.catalogue.endpoints(of: digid.id).map(\.url.description)
                == ["https://www.digid.nl/", "https://mijn.digid.nl/"])
    }

    @Test func `accept the statuses that mean alive`() throws {
        let api = try #require(configuration.catalogue.endpoint(EndpointID("kvk-api")))
        #expect([200, 401, 403, 404].allSatisfy(api.probe.assertions.accepts))
        #expect(![204, 402, 500].contains(where: api.probe.assertions.accepts))
    }

    @Test func `give every endpoint the shared markers, except where they mislead`() throws {
        for endpoint in configuration.catalogue.endpoints where endpoint.id.text != "logius-www" {
            #expect(endpoint.probe.assertions.busyMarkers.count >= 3)
            #expect(endpoint.probe.assertions.maintenanceMarkers.count == 1)
        }
        let logius = try #require(configuration.catalogue.endpoint(EndpointID("logius-www")))
        #expect(logius.probe.assertions.busyMarkers.isEmpty)
    }

    @Test func `know the page of the tax administration that admits nobody`() throws {
        let id = EndpointID("belastingdienst-mijn")
        let endpoint = try #require(configuration.catalogue.endpoint(id))
        let own = try Pattern(#require(endpoint.probe.assertions.busyMarkers.first))
        #expect(own.matches("<p>Het maximale aantal mensen is ingelogd.</p>"))
    }

    private func written(_ text: String) throws -> Condition {
        .expression(try Expression(parsing: text))
    }

    @Test func `hold the default rules`() throws {
        let rules = configuration.rules.rules
        #expect(
            rules.map(\.id.text) == [
                "unreachable", "partly-unreachable", "flapping", "slow", "ipv6-unreachable",
                "busy", "busy-long", "losing-answers", "slower-than-usual", "dnssec-bogus",
                "hsts-gone", "https-redirect-gone", "old-tls-back", "certificate-invalid",
                "certificate-renewal-late", "certificate-running-out",
                "certificate-almost-out",
                "certificate-renewal-overdue", "sent-certificate-running-out",
                "certificate-issuer-changed", "budget-burning-fast", "budget-burning",
                "budget-trend",
            ])
        let unreachable = try #require(rules.first)
        #expect(unreachable.condition == .state(.down))
        #expect(
            unreachable.holdTime
                == PerTier(
                    tier0: .seconds(120), tier1: .seconds(240), tier2: .seconds(600),
                    tier3: .seconds(1800)))
        #expect(
            unreachable.level
                == PerTier(tier0: .page, tier1: .page, tier2: .critical, tier3: .digest))
        #expect(
            rules.dropFirst(2).map(\.condition) == [
                .state(.flapping),
                .slow(quantile: 0.95, window: .seconds(600), threshold: .seconds(3)),
                try written("only_ipv6_fails"), .state(.busy), try written("state == busy for 30m"),
                try written(
                    "availability(10m) < 90% and failures(10m) >= 3 and changes(10m) >= 3"),
                try written(
                    "p95(total, 10m) > 3 * usual(p95(total, 10m)) and p95(total, 10m) > 1500ms"),
                try written("reason == \"dns_bogus\" and not only_ipv6_fails"),
                try written("regressed(hsts)"),
                try written("regressed(https_redirect)"), try written("regressed(modern_tls)"),
                .certificateInvalid,
                .certificateRunningOut(share: 0.75),
                .certificateRunningOut(share: 0.5), .certificateRunningOut(share: 0.25),
                .certificateRenewalOverdue, .sentCertificateRunningOut(share: 0.5),
                try written("changed(certificate.issuer)"),
                .burnRate(
                    BurnRateCondition(rate: 14.4, long: .seconds(3600), short: .seconds(300))),
                .burnRate(
                    BurnRateCondition(rate: 6, long: .seconds(21_600), short: .seconds(1800))),
                .burnRate(
                    BurnRateCondition(rate: 1, long: .seconds(259_200), short: .seconds(21_600))),
            ])
    }
}
