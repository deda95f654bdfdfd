import Catalogue
import Foundation
import HealthModel
import Lab
import TestSupport
import Testing

/// `vitaal certs` on what a daemon saw in the lab, while it runs and after.
struct CertsTests {
    /// At speed 120 the slowest endpoint of the catalogue is probed every 7.5 s.
    private static let scenario = """
        name: quick
        summary: {nl: Alles werkt, en: All is well}
        speed: 120
        timeline: []
        """

    /// The shipped catalogue, whose hosts the lab plays with three authorities.
    private static func setting() throws -> Setting {
        let setting = try Setting(probes: Setting.catalogue(["http://127.0.0.1:1/"]))
        let files = FileManager.default
        let probes = setting.directory.path + "/probes"
        try files.removeItem(atPath: probes)
        try files.copyItem(atPath: Vitaal.root + "/probes", toPath: probes)
        return setting
    }

    /// What the catalogue and the rule of the lab say, without looking at any certificate.
    private struct Expectation {
        var broken: [String: Bool] = [:]
        /// Endpoint → the root of its other path.
        var surviving: [String: String] = [:]

        init(_ catalogue: ServiceCatalogue, without name: String) {
            let played = Set(LabHost.hosts(of: catalogue).map(\.name))
            for service in catalogue.services {
                let endpoints = catalogue.endpoints(of: service.id).filter {
                    $0.url.scheme == .https && played.contains($0.url.host)
                }
                let dead = endpoints.filter {
                    LabAuthority(host: $0.url.host).rootNames == ["\(name) root"]
                }
                for endpoint in endpoints {
                    let roots = LabAuthority(host: endpoint.url.host).rootNames
                    if roots.first == "\(name) root", roots.count > 1 {
                        surviving[endpoint.id.text] = roots[1]
                    }
                }
                if !dead.isEmpty { broken[service.id.text] = dead.count == endpoints.count }
            }
        }
    }

    private struct Document: Decodable {
        struct Service: Decodable {
            var service: String
            var outcome: String
            var endpoints: [Endpoint]
        }
        struct Endpoint: Decodable {
            var endpoint: String
            var outcome: String
            var chains: [Chain]
        }
        struct Chain: Decodable {
            var outcome: String
            var root: String?
        }
        var services: [Service]
    }

    @Test(.timeLimit(.minutes(5)))
    func distrustNamesExactlyTheServicesWithoutAnotherPath() async throws {
        let setting = try Self.setting()
        let catalogue = try ConfigurationLoader.load(
            probesDirectory: setting.directory.path + "/probes",
            alertsDirectory: setting.directory.path + "/alerts"
        ).catalogue
        let scenario = try setting.directory.write("scenario.yml", Self.scenario)
        try await Vitaal.daemon(setting, ["--lab", "--scenario", scenario]) { daemon in
            let hosts = Set(LabHost.hosts(of: catalogue).map(\.name))
            let wanted = Set(
                catalogue.endpoints.filter {
                    $0.url.scheme == .https && hosts.contains($0.url.host)
                }.map(\.id.text))
            try await eventually(
                "that every endpoint is in the inventory", within: .seconds(180)
            ) { () async throws -> Bool? in
                let list = try await Vitaal.outcome(["certs", "list", "--json"] + data(setting))
                guard list.status == 0 else { return nil }
                let json = try JSONSerialization.jsonObject(with: Data(list.output.utf8))
                let entries = json as? [[String: Any]] ?? []
                let seen = Set(entries.compactMap { $0["endpoint"] as? String })
                return seen.isSuperset(of: wanted) ? true : nil
            }
            for name in LabAuthority.names {
                try await check(name, Expectation(catalogue, without: name), setting)
            }
            let shown = try await Vitaal.outcome(["certs", "show", "digid-www"] + data(setting))
            #expect(shown.output.contains("  0 CN=www.digid.nl,O="))
            #expect(shown.output.contains("  1 CN=Lab CA West intermediate,O=Lab CA West"))
            let calendar = try await Vitaal.outcome(["certs", "calendar"] + data(setting))
            #expect(calendar.status == 0 && calendar.output.contains("####"))
            try await checkDates(setting)
            try await checkWhatIsNotClear(setting)
            #expect(try await daemon.sample("vitaal_inventory_dropped_total") == 0)
            #expect(try await daemon.stop(SIGTERM).end == .exit(0))
        }
        // The file is whole after the daemon, and was told nothing untrue.
        let history = try await Vitaal.outcome(["certs", "history", "digid-www"] + data(setting))
        #expect(history.status == 0)
        #expect(history.output.contains("trusted"))
        #expect(!setting.evidence.contains { $0["action"] == "certificate.changed" })
    }

    private func data(_ setting: Setting) -> [String] { ["--data-dir", setting.data] }

    private func distrust(
        _ arguments: [String], _ setting: Setting
    ) async throws -> (status: Int32, output: String, errors: String) {
        try await Vitaal.outcome(
            ["certs", "distrust"] + arguments + data(setting) + setting.arguments)
    }

    private func check(
        _ name: String, _ expected: Expectation, _ setting: Setting
    ) async throws {
        #expect(expected.broken.count > 5 && !expected.surviving.isEmpty)
        let json = try await distrust(["--root", "\(name) root", "--json"], setting)
        #expect(json.status == 2, "\(json.errors)")
        let decoder = JSONDecoder()
        let document = try decoder.decode(Document.self, from: Data(json.output.utf8))
        let broken = document.services.filter { $0.outcome.hasPrefix("breaks") }
        let told = Dictionary(
            uniqueKeysWithValues: broken.map { ($0.service, $0.outcome == "breaks_entirely") })
        #expect(told == expected.broken)
        var surviving: [String: String] = [:]
        for endpoint in document.services.flatMap(\.endpoints) where endpoint.outcome == "survives"
        {
            let root = endpoint.chains.first?.root ?? ""
            surviving[endpoint.endpoint] = root.split(separator: ",").first.map {
                String($0.dropFirst("CN=".count))
            }
        }
        #expect(surviving == expected.surviving)

        let text = try await distrust(["--root", "\(name) root"], setting)
        #expect(text.status == 2)
        #expect(text.output.contains("BREAKS: \(expected.broken.count) services"))
        let first = try #require(text.output.range(of: "BREAKS"))
        let last = text.output.range(of: "SURVIVES")?.lowerBound ?? text.output.endIndex
        for service in expected.broken.keys {
            #expect(text.output[first.lowerBound..<last].contains("(\(service))"), "\(service)")
        }
    }

    /// Leaves of the lab are twenty days old.
    private func checkDates(_ setting: Setting) async throws {
        let name = LabAuthority.names[0] + " root"
        func day(_ ago: TimeInterval) -> String {
            String(Date(timeIntervalSinceNow: -ago * 86_400).formatted(.iso8601).prefix(10))
        }
        #expect(try await distrust(["--root", name, "--from", day(10)], setting).status == 0)
        #expect(try await distrust(["--root", name, "--from", day(30)], setting).status == 2)
        let late = try await distrust(
            ["--root", name, "--at", "2090-01-01T00:00:00Z"], setting)
        #expect(late.status == 0)
        #expect(late.output.contains("NOT TRUSTED BEFORE"))
        #expect(late.output.contains("tls_expired"))
    }

    private func checkWhatIsNotClear(_ setting: Setting) async throws {
        let several = try await distrust(["--root", "lab ca"], setting)
        #expect(several.status == 3)
        for name in LabAuthority.names { #expect(several.errors.contains("CN=\(name) root")) }
        let all = try await distrust(["--root", "lab ca", "--all"], setting)
        #expect(all.status == 2)
        #expect(!all.output.contains("SURVIVES") && !all.output.contains("UNAFFECTED"))
        let nobody = try await distrust(["--root", "DigiNotar"], setting)
        #expect(nobody.status == 3)
        #expect(nobody.errors.contains("no trusted root fits 'DigiNotar'"))
        let issuer = try await distrust(["--root", "noord intermediate"], setting)
        #expect(issuer.errors.contains("use --issuer"))
        #expect(try await distrust(["--issuer", "noord intermediate"], setting).status == 2)
        #expect(try await distrust([], setting).status != 0)
    }

    @Test func withoutAnInventoryItIsSaid() async throws {
        let directory = try TemporaryDirectory()
        for command in [["list"], ["show", "digid-www"], ["history", "x"], ["calendar"], []] {
            let outcome = try await Vitaal.outcome(
                ["certs"] + command + ["--data-dir", directory.path])
            #expect(outcome.status == 3)
            #expect(outcome.errors.contains("there is no inventory yet"), "\(outcome.errors)")
        }
    }
}
