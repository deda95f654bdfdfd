import Evidence
import Foundation
import TestSupport
import Testing

/// The program as it was built beside these tests.
enum Vitaal {
    /// Its path: the directory of the running test bundle.
    static let path: String = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        return URL(filePath: bundle ?? "").deletingLastPathComponent().appending(path: "vitaal")
            .path
    }()

    /// The root of the repository.
    static let root = Repository.root.path

    /// Runs a command to its end, in the root directory unless told otherwise.
    static func outcome(
        _ arguments: [String], directory: String = "/"
    ) async throws -> (status: Int32, output: String, errors: String) {
        try await Child.outcome(path, arguments, directory: directory)
    }

    /// Runs the daemon on the directories of `setting` while `body` runs.
    ///
    /// `body` begins once the daemon listens. A shell command `after` which it starts, such as
    /// `ulimit`, applies to it.
    @discardableResult static func daemon<Value>(
        _ setting: Setting, _ arguments: [String] = [], after shell: String? = nil,
        _ body: (Daemon) async throws -> Value
    ) async throws -> Value {
        let all =
            ["run", "--listen", "127.0.0.1:0"] + setting.arguments
            + ["--data-dir", setting.data, "--loops", "1"] + arguments
        let (program, words) =
            shell.map { ("/bin/sh", ["-c", "\($0) && exec \"$0\" \"$@\"", path] + all) }
            ?? (path, all)
        return try await Child.run(program, words, directory: setting.directory.path) { child in
            let port = try await eventually("that vitaal listens: \(child.errors)") {
                if let end = child.ended {
                    throw Child.StartError(description: "vitaal ended by \(end): \(child.errors)")
                }
                return listeningPort(in: child.lines)
            }
            return try await body(Daemon(child: child, port: port, setting: setting))
        }
    }

    private static func listeningPort(in lines: [Substring]) -> UInt16? {
        let metrics = lines.first { $0.hasSuffix("/metrics") }
        return metrics?.split(separator: ":").last?.split(separator: "/").first
            .flatMap { UInt16($0) }
    }
}

/// A running daemon.
struct Daemon: Sendable {
    let child: Child
    let port: UInt16
    let setting: Setting

    var address: String { "127.0.0.1:\(port)" }
    /// The lines of the evidence log.
    var evidence: [[String: String]] { setting.evidence }

    func get(_ path: String) async throws -> Answer { try await answer("GET", path) }

    func post(_ path: String) async throws -> Answer { try await answer("POST", path) }

    private func answer(_ method: String, _ path: String) async throws -> Answer {
        guard let answer = await Answer.of(method, path, port: port) else {
            throw Child.StartError(description: "no answer to \(method) \(path)")
        }
        return answer
    }

    /// The values of a metric, each with its labels as text.
    func samples(_ name: String) async throws -> [(labels: String, value: Double)] {
        try await get("/metrics").body.split(separator: "\n").compactMap { line in
            guard line.hasPrefix(name + "{") || line.hasPrefix(name + " "),
                let space = line.lastIndex(of: " "),
                let value = Double(line[line.index(after: space)...])
            else { return nil }
            return (String(line[..<space].dropFirst(name.count)), value)
        }
    }

    /// The value of the metric whose labels contain `label`; nil when there is none.
    func sample(_ name: String, _ label: String = "") async throws -> Double? {
        try await samples(name).first { $0.labels.contains(label) || label.isEmpty }?.value
    }

    /// For each endpoint that had it, how often it had this result.
    func results(_ result: String) async throws -> [Double] {
        try await samples("vitaal_probes_total")
            .filter { $0.labels.contains("result=\"\(result)\"") }.map(\.value)
    }

    /// `vitaal status`.
    func status(
        _ arguments: String...
    ) async throws -> (status: Int32, output: String, errors: String) {
        try await Vitaal.outcome(["status", "--listen", address] + arguments)
    }

    /// SIGTERM or SIGINT, and how long the end took.
    func stop(_ signal: Int32) async throws -> (end: Child.End, took: Duration) {
        let clock = ContinuousClock()
        let start = clock.now
        child.send(signal)
        let end = try await child.waitForEnd()
        return (end, clock.now - start)
    }
}

/// A temporary directory with a catalogue, rules and room for data.
struct Setting: Sendable {
    let directory: TemporaryDirectory

    /// Rules that fire after two seconds in real time.
    static let quickRules = """
        rules:
          - id: unreachable
            when: {state: down}
            for: 2s
            keep_firing_for: 1s
            level: {tier0: page, tier1: page, tier2: critical, tier3: digest}
            summary: {nl: '{service} is weg: {reason}', en: '{service} is gone: {reason}'}
        """

    /// Makes the directories with one file each.
    init(probes: String, rules: String = quickRules) throws {
        directory = try TemporaryDirectory()
        try directory.write("probes/test.yml", probes)
        try directory.write("alerts/test.yml", rules)
    }

    var data: String { directory.path + "/data" }
    var arguments: [String] {
        ["--probes", directory.path + "/probes", "--alerts", directory.path + "/alerts"]
    }

    /// The lines of the evidence log, of yesterday's file too when the test began before midnight,
    /// each taken apart; a line that is no JSON is a failure.
    var evidence: [[String: String]] {
        EvidenceFiles.list(in: data).flatMap { file in
            directory.wholeLines(of: "data/\(file.name)")
        }.map { line in
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8))
            guard let fields = object as? [String: Any] else {
                Issue.record("not a JSON object: \(line)")
                return [:]
            }
            return fields.mapValues { "\($0)" }
        }
    }

    /// One service for each URL, `s0` with the endpoint `e0` and so on.
    static func catalogue(
        _ urls: [String], tier: Int = 1, interval: String = "1s", timeout: String = "950ms"
    ) -> String {
        let services = urls.enumerated().map { number, url in
            """
              - id: s\(number)
                name: {nl: Dienst \(number), en: Service \(number)}
                owner: Owner \(number)
                tier: \(tier)
                endpoints:
                  - id: e\(number)
                    url: \(url)
                    interval: \(interval)
                    timeout: \(timeout)
                    confirm: false
            """
        }
        return "about: Test.\nsector: test\nservices:\n" + services.joined(separator: "\n") + "\n"
    }
}
