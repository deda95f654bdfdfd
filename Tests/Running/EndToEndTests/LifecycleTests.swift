import Foundation
import Glibc
import TestSupport
import Testing

/// How the daemon starts, stops and shares a machine.
struct LifecycleTests {
    private static let refused = "http://127.0.0.1:1/"

    /// Ends within two seconds, also with a probe in flight, a scraper that keeps its connection,
    /// one that never finishes its request, and one that does not read its answer.
    @Test(.timeLimit(.minutes(2)), arguments: [SIGTERM, SIGINT])
    func stopsWithinTwoSeconds(signal: Int32) async throws {
        let silent = try Sockets.listener()
        defer { close(silent.descriptor) }
        let setting = try Setting(
            probes: Setting.catalogue(
                ["http://127.0.0.1:\(silent.port)/"], interval: "1s", timeout: "950ms"))
        try await Vitaal.daemon(setting) { daemon in
            try await eventually("that a probe is in flight") {
                try await daemon.sample("vitaal_probes_in_flight") ?? 0 > 0 ? true : nil
            }
            let connections = try (0..<3).map { _ in
                try #require(Sockets.connected(to: daemon.port))
            }
            defer { connections.forEach { close($0) } }
            let host = "Host: 127.0.0.1:\(daemon.port)\r\n"
            Sockets.send("GET /-/healthy HTTP/1.1\r\n\(host)\r\n", to: connections[0])
            Sockets.send("POST /-/reload HTTP/1.1\r\n\(host)Content-Le", to: connections[1])
            for _ in 0..<200 {
                Sockets.send("GET /metrics HTTP/1.1\r\n\(host)\r\n", to: connections[2])
            }
            let stopped = try await daemon.stop(signal)
            #expect(stopped.end == .exit(0), "\(daemon.child.errors)")
            // Two seconds, and what a busy machine makes of them; without a limit it would never end.
            #expect(stopped.took < .seconds(6))
            #expect(daemon.child.errors == "")
            #expect(daemon.evidence.last?["action"] == "monitor.stop")
            #expect(setting.directory.read("data/evidence.jsonl").hasSuffix("}\n"))
        }
    }

    /// Whoever started it may have stopped reading what it says.
    @Test(.timeLimit(.minutes(1)))
    func stopsAlthoughNobodyReadsTheOutput() async throws {
        let setting = try Setting(
            probes: Setting.catalogue((1...100).map { "http://127.0.0.\($0):1/" }))
        // Two lines for each endpoint, more than the 64 KiB that a pipe holds.
        let loud = Setting.quickRules.replacing(
            "{reason}", with: String(repeating: "loud ", count: 80))
        try setting.directory.write("alerts/test.yml", loud)
        let pipe = Pipe()
        try await Child.run(
            Vitaal.path,
            ["run", "--listen", "127.0.0.1:0", "--data-dir", setting.data] + setting.arguments,
            standardOutput: pipe.fileHandleForWriting.fileDescriptor
        ) { child in
            try await eventually("that every alert fires") {
                // A busy machine may also fire an alert about itself.
                setting.evidence.count {
                    $0["action"] == "alert.firing" && $0["object"]?.hasPrefix("service/") == true
                } == 100 ? true : nil
            }
            let clock = ContinuousClock()
            let start = clock.now
            child.send(SIGTERM)
            let end = try await child.waitForEnd()
            #expect(end == .exit(0))
            #expect(clock.now - start < .seconds(6))
            #expect(setting.evidence.last?["action"] == "monitor.stop")
        }
        withExtendedLifetime(pipe) {}
    }

    @Test(.timeLimit(.minutes(1)))
    func aPortInUseIsSaid() async throws {
        let taken = try Sockets.listener()
        defer { close(taken.descriptor) }
        let setting = try Setting(probes: Setting.catalogue([Self.refused]))
        let outcome = try await Vitaal.outcome(
            ["run", "--listen", "127.0.0.1:\(taken.port)", "--data-dir", setting.data]
                + setting.arguments)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("127.0.0.1:\(taken.port): the port is in use"))
        #expect(outcome.errors.contains("--listen"))
        // Nothing began, so there is nothing to tell.
        #expect(setting.evidence.isEmpty)
    }

    @Test(.timeLimit(.minutes(1)))
    func aSecondProcessOnTheSameDataIsRefused() async throws {
        let setting = try Setting(probes: Setting.catalogue([Self.refused]))
        try await Vitaal.daemon(setting) { daemon in
            let second = try await Vitaal.outcome(
                ["run", "--listen", "127.0.0.1:0", "--data-dir", setting.data]
                    + setting.arguments)
            #expect(second.status == 2)
            #expect(second.errors.contains("another vitaal writes to it"))
            #expect(second.errors.contains("--data-dir"))
            #expect(try await daemon.get("/-/healthy").status == 200)
        }
    }

    @Test func aDataDirectoryThatCannotBeIsSaid() async throws {
        let setting = try Setting(probes: Setting.catalogue([Self.refused]))
        let file = try setting.directory.write("file", "not a directory")
        let outcome = try await Vitaal.outcome(
            ["run", "--listen", "127.0.0.1:0", "--data-dir", file + "/data"] + setting.arguments)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("\(file)/data"))
        #expect(outcome.errors.contains("Not a directory"))
    }

    @Test(.timeLimit(.minutes(1)))
    func healthReadinessAndMethods() async throws {
        let setting = try Setting(probes: Setting.catalogue([Self.refused]))
        try await Vitaal.daemon(setting) { daemon in
            for (path, status) in [
                ("/-/healthy", 200), ("/-/ready", 200), ("/-/reload", 405), ("/nowhere", 404),
            ] {
                let answer = try await daemon.get(path)
                #expect(answer.status == status, "\(path)")
            }
            let reloads = daemon.evidence.count { $0["action"] == "config.reload" }
            #expect(reloads == 0)
        }
    }

    @Test func aTrustStoreThatCannotBeReadIsSaid() async throws {
        let setting = try Setting(probes: Setting.catalogue([Self.refused]))
        let outcome = try await Vitaal.outcome(
            ["run", "--listen", "127.0.0.1:0", "--data-dir", setting.data]
                + ["--ca-file", setting.directory.path + "/none.pem"] + setting.arguments)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("/none.pem: "))
        #expect(setting.evidence.isEmpty)
    }

    /// The two lines that a newcomer copies must work as they stand.
    @Test(.timeLimit(.minutes(1)))
    func theIntroductionTellsWhereEverythingIs() async throws {
        let setting = try Setting(probes: Setting.catalogue([Self.refused]))
        try await Vitaal.daemon(setting) { daemon in
            let output = daemon.child.output
            #expect(output.contains("http://127.0.0.1:\(daemon.port)/metrics"))
            #expect(output.contains("\(Vitaal.path) status --listen 127.0.0.1:\(daemon.port)"))
            #expect(output.contains(setting.data + "/evidence.jsonl"))
        }
    }

    @Test func statusWithoutADaemonIsUnknownAndSaysWhatToDo() async throws {
        let port = try Sockets.freePort()
        let outcome = try await Vitaal.outcome(["status", "--listen", "127.0.0.1:\(port)"])
        #expect(outcome.status == 3)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains("no answer from 127.0.0.1:\(port)"))
        #expect(outcome.errors.contains("vitaal run"))
    }

    @Test(.timeLimit(.minutes(1)))
    func statusOfSomethingElseIsUnknown() async throws {
        let setting = try Setting(probes: Setting.catalogue([Self.refused]))
        try await Vitaal.daemon(setting) { daemon in
            let outcome = try await daemon.status("nothing-like-it")
            #expect(outcome.status == 3)
            #expect(outcome.errors.contains("no service or endpoint 'nothing-like-it'"))
        }
    }

    /// Whatever is wrong on the command line is said with the usage of that very command.
    @Test(arguments: [
        (["run", "--listen", "nonsense"], "--listen"), (["run", "--loops", "0"], "--loops"),
        (["run", "--lab", "--scenario", "nonsense"], "built in are calm"),
        (["run", "--lab", "--scenario", "./none.yml"], "./none.yml"),
        (["run", "--scenario", "calm"], "--lab"),
        (["run", "--lab", "--ca-file", "other.pem"], "do not go with --lab"),
        (["run", "--live"], "--contact"), (["run", "--live", "--contact", "me"], "--contact"),
        (["run", "--lab", "--live", "--contact", "me@example.org"], "exclude each other"),
        (["status", "--listen", "nonsense"], "--listen"),
        (["check", "localhost", "--timeout", "0"], "--timeout"),
        (["check", "localhost", "--connect-to", "1:2"], "--connect-to"),
        (["check", "localhost", "--resolver", "nonsense"], "--resolver"),
        (["lab", "--scenario", "nonsense"], "built in are calm"),
    ])
    func usageMistakesNameTheCommand(arguments: [String], word: String) async throws {
        let outcome = try await Vitaal.outcome(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains(word), "\(outcome.errors)")
        #expect(outcome.errors.contains("Usage: vitaal \(arguments[0])"), "\(outcome.errors)")
        #expect(outcome.output == "")
    }
}
