import Foundation
import Glibc
import TestSupport
import Testing

/// The monitor's own line is lost, in the lab, and a webhook counts who is told what.
struct BlindnessTests {
    private static let probes = """
        about: Test.
        sector: identity
        defaults:
          controls: ['https://one.control.test/', 'https://two.control.test/']
        services:
          - id: digid
            name: {nl: DigiD, en: DigiD citizen login}
            owner: Logius (BZK)
            tier: 0
            endpoints:
              - {id: digid-www, url: 'https://www.digid.nl/', interval: 30s, timeout: 5s, confirm: false}
          - id: kvk
            name: {nl: Handelsregister, en: Trade register}
            owner: KVK
            tier: 1
            endpoints:
              - {id: kvk-www, url: 'https://www.kvk.nl/', interval: 30s, timeout: 5s, confirm: false}
        """

    private static func rules(_ all: UInt16, _ own: UInt16) -> String {
        """
        receivers:
          - {id: all, webhook: 'http://127.0.0.1:\(all)/'}
          - {id: own, webhook: 'http://127.0.0.1:\(own)/', about: monitor}
        rules:
          - id: unreachable
            when: {state: down}
            for: 30s
            level: page
            summary: {nl: '{service} is weg', en: '{service} is gone: {reason}'}

        """
    }

    /// At speed 5 a target is looked at every 2 s, a rule of 30 s fires after 6 s, and people hear
    /// of blindness after 4 s.
    private static let scenario = """
        name: uplink-lost
        summary: {nl: De eigen verbinding valt weg, en: The own line is lost}
        speed: 5
        timeline:
          - at: 8s
            hosts: [www.digid.nl, www.kvk.nl, one.control.test, two.control.test]
            fault: refused
            for: 20s
        """

    @Test(.timeLimit(.minutes(3))) func anUplinkThatIsLostPagesOnce() async throws {
        let (all, own) = (try Webhook(), try Webhook())
        let setting = try Setting(
            probes: Self.probes, rules: Self.rules(all.port, own.port))
        let scenario = try setting.directory.write("scenario.yml", Self.scenario)
        try await Vitaal.daemon(setting, ["--lab", "--scenario", scenario]) { daemon in
            try await eventually("that it sees") {
                try await daemon.sample("vitaal_control_target_up", "control-one-control-test") == 1
                    ? true : nil
            }
            try await eventually("that it is blind") {
                try await daemon.sample("vitaal_blind") == 1 ? true : nil
            }
            try await eventually("the page") { all.requests.count == 1 ? true : nil }
            let status = try await daemon.status()
            #expect(status.status == 3)
            #expect(status.output.contains("BLIND  The monitor sees nothing since "))
            #expect(status.output.contains("\n    2 of 2 control targets not reached: "))
            #expect(status.output.hasSuffix("NEXT: vitaal status monitor\n"))
            // That command leads somewhere.
            let asked = try await daemon.status("monitor")
            #expect(asked.status == 3)
            #expect(asked.errors == "")
            #expect(asked.output.contains("control targets: 0 of 2 reached"))
            let why = try await Vitaal.outcome(["why", "monitor", "--listen", daemon.address])
            #expect(why.status == 0)
            #expect(why.output.contains("control targets: 0 of 2 reached"))
            try await eventually("that it sees again") {
                try await daemon.sample("vitaal_blind") == 0 ? true : nil
            }
            try await eventually("that all is well") { () -> Bool? in
                let status = try await daemon.status()
                return status.status == 0 && status.output.contains("2 up") ? true : nil
            }
            try await eventually("the end") { all.requests.count == 2 ? true : nil }
            #expect(try await daemon.stop(SIGTERM).end == .exit(0))
        }
        for hook in [all, own] {
            #expect(hook.requests.count == 2)
            #expect(hook.requests.allSatisfy { $0.body.contains("monitor-blind") })
        }
        let actions = setting.evidence.compactMap { $0["action"] }
        #expect(actions.filter { $0 == "monitor.blind" }.count == 1)
        #expect(actions.filter { $0 == "monitor.sighted" }.count == 1)
        let firing = setting.evidence.filter { $0["action"] == "alert.firing" }
        #expect(firing.compactMap { $0["rule"] } == ["monitor-blind"])
    }
}
