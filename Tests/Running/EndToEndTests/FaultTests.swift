import Foundation
import Glibc
import TestSupport
import Testing

/// What goes wrong at the monitor itself: it goes on, says so, and blames nobody else.
struct FaultTests {
    /// Strangers are probed on purpose only.
    @Test(arguments: [
        ["https://stranger.example/"], ["https://127.example/"], ["http://192.0.2.1/"],
        ["http://127.0.0.1/", "https://stranger.example/"],
    ])
    func strangersAreRefusedWithAHint(urls: [String]) async throws {
        let setting = try Setting(probes: Setting.catalogue(urls))
        let outcome = try await Vitaal.outcome(
            ["run", "--listen", "127.0.0.1:0", "--data-dir", setting.data] + setting.arguments)
        #expect(outcome.status == 3)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains("vitaal run --lab"))
        #expect(outcome.errors.contains("--live --contact"))
        #expect(!FileManager.default.fileExists(atPath: setting.data))
    }

    /// A resolver on this machine may well know the whole internet.
    @Test func aLocalResolverDoesNotMakeStrangersLocal() async throws {
        let setting = try Setting(probes: Setting.catalogue(["https://stranger.example/"]))
        let outcome = try await Vitaal.outcome(
            ["run", "--listen", "127.0.0.1:0", "--data-dir", setting.data]
                + ["--resolver", "127.0.0.53"] + setting.arguments)
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("--live --contact"))
    }

    @Test(arguments: ["stranger.example", "https://stranger.example/deep", "e0", "s0"])
    func checkOfACatalogueHostNeedsLive(target: String) async throws {
        let setting = try Setting(probes: Setting.catalogue(["https://stranger.example/"]))
        let outcome = try await Vitaal.outcome(["check", target] + setting.arguments)
        #expect(outcome.status == 3)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains("--live --contact"))
    }

    /// Who is a stranger cannot be told from a catalogue that cannot be read.
    @Test func checkWithABrokenCatalogueProbesNobody() async throws {
        let setting = try Setting(probes: "services: [")
        let outcome = try await Vitaal.outcome(
            ["check", "stranger.example"] + setting.arguments)
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("vitaal validate"))
    }

    /// The resolver is gone: nobody is down, nobody is paged, and the reason is told.
    @Test(.timeLimit(.minutes(2)))
    func withoutAResolverStatesAreUnknown() async throws {
        let port = try Sockets.freePort(datagram: true)
        // Even a bug could reach nobody: these names are reserved (RFC 2606).
        let setting = try Setting(
            probes: Setting.catalogue(
                ["https://one.example/", "https://two.example/"], interval: "3s",
                timeout: "2900ms"))
        try await Vitaal.daemon(setting, ["--resolver", "127.0.0.1@\(port)"]) { daemon in
            try await eventually("that both have been measured twice") {
                try await daemon.results("monitor_no_resolver").filter { $0 >= 2 }.count == 2
                    ? true : nil
            }
            try await checkNobodyIsBlamed(daemon)
            let all = try await eventually("that nothing is measured") {
                let status = try await daemon.status()
                return status.status == 3 ? status : nil
            }
            #expect(!all.output.contains("ALL WELL"))
            #expect(all.output.contains("answer from 127.0.0.1@\(port)"), "\(all.output)")
            #expect(all.output.hasSuffix("NEXT: vitaal status monitor\n"), "\(all.output)")
            let one = try await daemon.status("s0")
            #expect(one.status == 3)
            #expect(one.output.contains("the monitor cannot reach a name server"))
        }
    }

    /// With a low limit of descriptors probes wait for each other; the rest works as ever.
    @Test(.timeLimit(.minutes(2)))
    func fewDescriptorsAreKeptForTheMonitorItself() async throws {
        // Each host takes the connection and keeps the probe waiting.
        let servers = try (1...60).map { try Sockets.listener(host: $0) }
        defer { servers.forEach { close($0.descriptor) } }
        let urls = servers.enumerated().map { "http://127.0.0.\($0 + 1):\($1.port)/" }
        let setting = try Setting(
            probes: Setting.catalogue(urls, interval: "2s", timeout: "1900ms"))
        try await Vitaal.daemon(setting, after: "ulimit -n 80") { daemon in
            try await eventually("that slots are missed") {
                try await daemon.sample("vitaal_missed_slots_total") ?? 0 > 0 ? true : nil
            }
            #expect(daemon.child.output.contains("limit of 80 file descriptors allows"))
            #expect(try await daemon.results("monitor_no_descriptors").isEmpty)
            #expect(try await daemon.sample("process_max_fds") == 80)
            #expect(try await daemon.sample("process_open_fds") ?? 80 < 80)
            #expect(try await daemon.post("/-/reload").status == 200)
            #expect(try await daemon.stop(SIGTERM).end == .exit(0))
        }
    }

    /// No descriptors are left at all: no crash, nobody is down, and later all is well again.
    @Test(.timeLimit(.minutes(2)))
    func withoutDescriptorsStatesAreUnknown() async throws {
        let setting = try Setting(
            probes: Setting.catalogue(["http://127.0.0.1:1/", "http://127.0.0.2:1/"]))
        try await Vitaal.daemon(setting, after: "ulimit -n 80") { daemon in
            try await eventually("that both are down") {
                daemon.evidence.count { $0["action"] == "alert.firing" } == 2 ? true : nil
            }
            let told = daemon.evidence
            try await eventually("that the lack was noticed") {
                // Clients that keep their connections take what is left, for two intervals.
                let connections = (0..<80).compactMap { _ in Sockets.connected(to: daemon.port) }
                try await Task.sleep(for: .seconds(2))
                connections.forEach { close($0) }
                let counts = try? await daemon.results("monitor_no_descriptors")
                try #require(daemon.child.ended == nil, "\(daemon.child.errors)")
                return counts?.contains { $0 >= 1 } == true ? true : nil
            }
            let refusals = try await daemon.results("connect_refused")
            try await eventually("that probing works again") {
                zip(try await daemon.results("connect_refused"), refusals)
                    .allSatisfy { $0 > $1 } ? true : nil
            }
            // Nothing was resolved, nothing was told twice, nobody was blamed.
            // A busy machine may say something of itself.
            #expect(daemon.evidence.filter { $0["rule"]?.hasPrefix("monitor-") != true } == told)
            #expect(try await daemon.stop(SIGTERM).end == .exit(0))
        }
    }

    private func checkNobodyIsBlamed(_ daemon: Daemon) async throws {
        #expect(daemon.evidence.map { $0["action"] } == ["monitor.start"])
        #expect(try await daemon.samples("vitaal_alert").isEmpty)
        let status = try await daemon.status()
        #expect(!status.output.contains("DOWN"))
        #expect(status.output.contains("2 not measured"))
    }

    /// The disk is full: probing and metrics go on, it is said once, and later nothing is lost.
    @Test(.timeLimit(.minutes(2)))
    func withAFullDiskMonitoringGoesOn() async throws {
        let setting = try Setting(probes: Setting.catalogue(["http://127.0.0.1:1/"]))
        let log = setting.data + "/evidence.jsonl"
        try FileManager.default.createDirectory(
            atPath: setting.data, withIntermediateDirectories: true)
        // Every write to this device fails for want of room (full(4)).
        try await withFullDevice {
            try FileManager.default.createSymbolicLink(
                atPath: log, withDestinationPath: "/dev/full")
            try await Vitaal.daemon(setting) { daemon in
                try await eventually("that lines wait") {
                    try await daemon.sample("vitaal_evidence_waiting_lines") ?? 0 >= 3 ? true : nil
                }
                #expect(try await daemon.sample("probe_success", "\"e0\"") == 0)
                let complaints = daemon.child.lines.filter { $0.contains("cannot be written") }
                #expect(complaints.count == 1)
                #expect(complaints.first?.contains("No space left on device") == true)
                try await eventually("the alert on the console") {
                    daemon.child.lines.contains { $0.contains("FIRING") } ? true : nil
                }

                try FileManager.default.removeItem(atPath: log)
                #expect(try await daemon.post("/-/reload").status == 200)
                try await eventually("that the lines are saved") {
                    try await daemon.sample("vitaal_evidence_waiting_lines") == 0 ? true : nil
                }
                #expect(
                    daemon.evidence.map { $0["action"] } == [
                        "monitor.start", "alert.pending", "alert.firing", "config.reload",
                    ])
                try await eventually("that it is written again") {
                    daemon.child.lines.contains { $0.contains("written again") } ? true : nil
                }
            }
        }
    }
}
