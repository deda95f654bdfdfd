import ArgumentParser
import Catalogue
import Daemon
import HealthModel
import RuleTesting

/// `vitaal test`: plays the tests beside the rules.
struct TestRules: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Play the tests of the rules (*.test.yml in alerts/).",
        discussion: """
            A test says what endpoints answer from slot to slot, and which alerts, notifications \
            and incidents have to come of it when. Nothing is probed and nobody is told. Exit code \
            0 when all is as expected, 1 when not, 2 when a file has mistakes.
            """)

    @Argument(
        help: "Directories of rules, or files of tests. Default: alerts, else /etc/vitaal/alerts.")
    var paths: [String] = []

    @Option(
        help: ArgumentHelp(
            "Catalogue of tests that name no services. Default: probes, else /etc/vitaal/probes.",
            valueName: "dir"))
    var probes: String?

    @Flag(name: .shortAndLong, help: "Show every case and what happened in it.")
    var verbose = false

    @Flag(help: "Print what came of it as JSON.")
    var json = false

    func run() throws {
        let wanted = paths.isEmpty ? [Paths.configurationDirectory("alerts")] : paths
        let probesDirectory = probes ?? Paths.configurationDirectory("probes")
        var files: [RuleTestFile] = []
        var hasMistakes = false
        for path in wanted {
            do {
                files += try RuleTestLoader.load(path: path, probesDirectory: probesDirectory)
            } catch {
                StandardError.complain("the tests cannot be read\n\(error)")
                hasMistakes = true
            }
        }
        if hasMistakes { throw PluginExit.critical }
        var isOK = true
        var documents: [RuleTestDocument.File] = []
        for file in files {
            let outcomes = file.tests.map { $0.run() }
            isOK = isOK && outcomes.allSatisfy(\.isOK)
            if json {
                documents.append(RuleTestDocument.File(file.path, outcomes))
            } else {
                let lines = RuleTestReport.lines(of: file.path, outcomes, isVerbose: verbose)
                lines.forEach { Console.say($0) }
            }
        }
        if json { Console.say(try CheckReport.encode(RuleTestDocument(files: documents))) }
        throw isOK ? PluginExit.ok : PluginExit.warning
    }
}

/// What came of tests, as JSON.
struct RuleTestDocument: Encodable {
    struct File: Encodable {
        var file: String
        var ok: Bool
        var cases: [Case]
    }
    struct Case: Encodable {
        var name: String
        var place: String
        var ok: Bool
        var failures: [Failure]
    }
    struct Failure: Encodable {
        var kind: String
        var place: String
        var at: String
        var atSeconds: Double
        var expected: [Row]
        var came: [Row]
    }
    struct Row: Encodable {
        var text: String
        var matched: Bool
    }

    var files: [File]
}

extension RuleTestDocument.File {
    init(_ path: String, _ outcomes: [RuleTestOutcome]) {
        self.init(
            file: path, ok: outcomes.allSatisfy(\.isOK),
            cases: outcomes.map { outcome in
                RuleTestDocument.Case(
                    name: outcome.name, place: outcome.place, ok: outcome.isOK,
                    failures: outcome.failures.map(RuleTestDocument.Failure.init))
            })
    }
}

extension RuleTestDocument.Failure {
    init(_ failure: RuleTestOutcome.Failure) {
        func rows(_ rows: [RuleTestOutcome.Row]) -> [RuleTestDocument.Row] {
            rows.map { .init(text: $0.columns.joined(separator: " "), matched: $0.isMatched) }
        }
        self.init(
            kind: failure.kind, place: failure.place, at: failure.instant.rfc3339,
            atSeconds: failure.at.fractionalSeconds, expected: rows(failure.expected),
            came: rows(failure.came))
    }
}
