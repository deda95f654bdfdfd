import Catalogue
import Foundation
import Glibc
import HealthModel
import Lab
import TestSupport
import Testing

/// The main job, end to end: DigiD breaks in the lab and everybody who should know does.
struct ScenarioTests {
    /// DigiD and what hangs on it, with the ids of the shipped catalogue.
    private static let probes = """
        about: Test.
        sector: identity
        services:
          - id: digid
            name: {nl: DigiD, en: DigiD citizen login}
            owner: Logius (BZK)
            tier: 0
            endpoints:
              - {id: digid-www, url: 'https://www.digid.nl/', interval: 60s}
              - {id: digid-mijn, url: 'https://mijn.digid.nl/', interval: 60s}
          - id: machtigen
            name: {nl: DigiD Machtigen, en: DigiD authorisation}
            owner: Logius (BZK)
            tier: 1
            depends_on: [{service: digid, kind: hard}]
            endpoints:
              - {id: machtigen-www, url: 'https://machtigen.digid.nl/', interval: 60s}
          - id: mijnoverheid
            name: {nl: MijnOverheid, en: MijnOverheid}
            owner: Logius (BZK)
            tier: 0
            depends_on: [{service: digid, kind: login}]
            endpoints:
              - {id: mijnoverheid-www, url: 'https://mijn.overheid.nl/', interval: 60s}
          - id: kvk
            name: {nl: Handelsregister, en: Trade register}
            owner: KVK
            tier: 1
            endpoints:
              - {id: kvk-www, url: 'https://www.kvk.nl/', interval: 60s}
        """

    /// At speed 30 a minute is two seconds, and the rule holds for one and keeps for one.
    private static let rules = """
        rules:
          - id: unreachable
            when: {state: down}
            for: 30s
            keep_firing_for: 30s
            level: {tier0: page, tier1: page, tier2: critical, tier3: digest}
            summary:
              nl: '{service} is niet bereikbaar: {reason} ({endpoint}).'
              en: '{service} is unreachable: {reason} ({endpoint}). Depend on it: {dependants}.'
        """

    private static let scenario = """
        name: digid-down
        summary: {nl: DigiD valt uit, en: DigiD fails}
        speed: 30
        timeline:
          - {at: 8s, services: [digid], fault: refused, for: 8s}
        """

    @Test(.timeLimit(.minutes(3)))
    func digidFailsAndEverybodyWhoShouldKnowDoes() async throws {
        let setting = try Setting(probes: Self.probes, rules: Self.rules)
        let scenario = try setting.directory.write("scenario.yml", Self.scenario)
        try await Vitaal.daemon(setting, ["--lab", "--scenario", scenario]) { daemon in
            try await eventually("that DigiD is up") {
                try await daemon.sample("probe_success", "\"digid-www\"") == 1 ? true : nil
            }
            try await eventually("that both of DigiD's endpoints are down") {
                let first = try await daemon.sample("probe_success", "\"digid-www\"")
                let second = try await daemon.sample("probe_success", "\"digid-mijn\"")
                return first == 0 && second == 0 ? true : nil
            }
            try await eventually("that the alert fires") {
                daemon.evidence.contains { $0["action"] == "alert.firing" } ? true : nil
            }
            try await checkStatusDuringOutage(daemon)
            try await eventually("that the alert is resolved") {
                daemon.evidence.contains { $0["action"] == "alert.resolved" } ? true : nil
            }
            // The first endpoint to answer ends the outage; the second follows at its own slot.
            let calm = try await eventually("that all is well") {
                let status = try await daemon.status()
                return status.status == 0 ? status : nil
            }
            #expect(calm.output.contains("ALL WELL"))
            #expect(try await daemon.sample("probe_success", "\"digid-www\"") == 1)
            #expect(try await daemon.sample("probe_success", "\"digid-mijn\"") == 1)
            let stopped = try await daemon.stop(SIGTERM)
            #expect(stopped.end == .exit(0))
            checkEvidence(daemon)
        }
    }

    /// A server that stops sending HSTS serves everybody, and its owner hears of it.
    @Test(.timeLimit(.minutes(2))) func whatAServerDoesNoMoreIsTold() async throws {
        let rules = """
            rules:
              - id: hsts-gone
                when: regressed(hsts)
                level: critical
                summary: {nl: '{service} zonder HSTS', en: '{service} without HSTS'}
            """
        let setting = try Setting(probes: Self.probes, rules: rules)
        let scenario = try setting.directory.write(
            "scenario.yml",
            """
            name: no-hsts
            summary: {nl: KVK zonder HSTS, en: KVK without HSTS}
            speed: 30
            timeline:
              - {at: 8s, hosts: [www.kvk.nl], fault: no_hsts, for: 8s}
            """)
        try await Vitaal.daemon(setting, ["--lab", "--scenario", scenario]) { daemon in
            try await eventually("that the alert fires") {
                daemon.evidence.contains { $0["action"] == "alert.firing" } ? true : nil
            }
            #expect(try await daemon.sample("probe_success", "\"kvk-www\"") == 1)
            try await eventually("that the alert is resolved") {
                daemon.evidence.contains { $0["action"] == "alert.resolved" } ? true : nil
            }
            #expect(try await daemon.stop(SIGTERM).end == .exit(0))
            let told = daemon.evidence.filter { $0["action"]?.hasPrefix("alert.") == true }
            #expect(told.map { $0["action"] } == ["alert.firing", "alert.resolved"])
            #expect(told.allSatisfy { $0["object"] == "endpoint/kvk-www" })
        }
    }

    private func checkStatusDuringOutage(_ daemon: Daemon) async throws {
        let broken = try await daemon.status()
        #expect(broken.status == 2)
        #expect(broken.output.contains("DOWN  DigiD citizen login (digid)"))
        #expect(broken.output.contains("2 services depend on it: machtigen, mijnoverheid"))
        #expect(!broken.output.contains("kvk"))
        // What hangs on DigiD shares its verdict, what does not is well.
        #expect(try await daemon.status("machtigen").status == 2)
        #expect(try await daemon.status("kvk").status == 0)
        #expect(try await daemon.sample("probe_success", "\"machtigen-www\"") == 1)
        #expect(try await daemon.sample("probe_success", "\"kvk-www\"") == 1)
    }

    /// One line for each transition, in order, with the fields of BIO2 8.15.
    private func checkEvidence(_ daemon: Daemon) {
        let evidence = daemon.evidence
        #expect(
            evidence.map { $0["action"] ?? "" } == [
                "monitor.start", "alert.pending", "alert.firing", "alert.resolved",
                "monitor.stop",
            ])
        for line in evidence {
            for key in ["ts", "action", "object", "result", "origin", "actor"] {
                #expect(line[key]?.isEmpty == false, "\(key) is missing in \(line)")
            }
        }
        for line in evidence.filter({ $0["action"]?.hasPrefix("alert.") == true }) {
            #expect(line["object"] == "service/digid")
            #expect(line["rule"] == "unreachable")
            #expect(line["level"] == "page")
            #expect(line["reason"] == "connect_refused")
        }
        // Each is told once on standard output as well.
        for word in ["PENDING", "FIRING", "RESOLVED"] {
            let told = daemon.child.lines.filter { $0.contains("PAGE") && $0.contains(word) }
            #expect(told.count == 1, "\(word): \(daemon.child.output)")
        }
    }

    /// Every built-in scenario plays the shipped catalogue: no step about something else.
    @Test(arguments: Scenario.builtInTexts.map(\.name))
    func builtInScenarioNamesOnlyWhatShips(name: String) throws {
        let shipped = try ConfigurationLoader.load(
            probesDirectory: Vitaal.root + "/probes", alertsDirectory: Vitaal.root + "/alerts")
        let hosts = LabHost.hosts(of: shipped.catalogue)
        let text = try #require(Scenario.builtInTexts.first { $0.name == name }).text
        let scenario = try ScenarioReader.read(text, file: name, hosts: hosts)
        for step in scenario.steps {
            #expect(hosts.contains { step.concerns($0) }, "\(step) concerns nobody")
        }
    }

    /// The scenario is checked against the catalogue before anything starts.
    @Test func aScenarioWithMistakesIsRefused() async throws {
        let setting = try Setting(probes: Self.probes, rules: Self.rules)
        let scenario = try setting.directory.write(
            "scenario.yml",
            """
            name: wrong
            summary: {nl: Fout, en: Wrong}
            timeline:
              - {at: 5s, services: [digit], fault: refused}
              - {at: 6s, hosts: [www.kvk.nl], fault: dwon}
            """)
        let refused = try await Vitaal.outcome(
            ["run", "--lab", "--scenario", scenario, "--data-dir", setting.data]
                + setting.arguments)
        #expect(refused.status == 2)
        #expect(refused.errors.contains("scenario.yml:4:25: no service `digit`"))
        #expect(refused.errors.contains("did you mean `digid`"))
        #expect(refused.errors.contains("scenario.yml:5:42: found the text `dwon`"))
    }
}
