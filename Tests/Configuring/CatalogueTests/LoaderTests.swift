import Alerting
import Foundation
import HealthModel
import TestSupport
import Testing
import YAMLReading

@testable import Catalogue

@Suite struct LoaderTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func load() throws(ConfigurationError) -> Configuration {
        try ConfigurationLoader.load(
            probesDirectory: directory.path + "/probes", alertsDirectory: directory.path + "/alerts"
        )
    }

    /// What is said about the directory, without its own path.
    private func lines() -> [String] {
        do {
            _ = try load()
            return []
        } catch {
            return error.mistakes.map {
                $0.description.replacing(directory.path + "/", with: "")
            }
        }
    }

    private func makeDirectory(_ name: String) throws {
        try FileManager.default.createDirectory(
            at: URL(filePath: directory.path).appending(path: name),
            withIntermediateDirectories: true)
    }

    @Test func `reads every YAML file, deep ones too, sorted, and nothing else`() throws {
        try directory.write("probes/b.yml", "# nothing")
        try directory.write("probes/a/z.yaml", endpointFile(""))
        try directory.write("probes/.hidden.yml", "[")
        try directory.write("probes/.git/x.yml", "[")
        try directory.write("probes/schema.json", "[")
        try directory.write("probes/README.md", "[")
        try directory.write("alerts/r.yml", ruleFile())
        try FileManager.default.createSymbolicLink(
            atPath: directory.path + "/probes/c.yml",
            withDestinationPath: directory.path + "/probes/b.yml")
        let configuration = try load()
        #expect(
            configuration.sourceFiles.map { $0.replacing(directory.path + "/", with: "") }
                == ["probes/a/z.yaml", "probes/b.yml", "probes/c.yml", "alerts/r.yml"])
        #expect(configuration.catalogue.endpoints.count == 1)
        #expect(configuration.rules.rules.count == 1)
    }

    /// A tool that writes a thousand files makes its mistake a thousand times; another one is seen.
    @Test(arguments: [
        (1, ""), (2, "; the same at probes/0002.yml:1:1"),
        (3, "; the same at probes/0002.yml:1:1, probes/0003.yml:1:1"),
        (4, "; the same at probes/0002.yml:1:1, probes/0003.yml:1:1 and in 1 more file"),
        (1500, "; the same at probes/0002.yml:1:1, probes/0003.yml:1:1 and in 1497 more files"),
    ])
    func `a mistake in many files is told once`(count: Int, rest: String) throws {
        for number in 1...count {
            let name = String(String(10_000 + number).dropFirst())
            try directory.write("probes/\(name).yml", "servces: []")
        }
        try directory.write("probes/z.yml", "secter: x")
        try directory.write("alerts/r.yml", ruleFile())
        let told = lines()
        #expect(told.count == 2 && told[1].hasPrefix("probes/z.yml:1:1: unknown key `secter`"))
        let hint = "; did you mean `services`?"
        #expect(
            told.first == "probes/0001.yml:1:1: unknown key `servces` in a file of services" + hint
                + rest)
        let error = try #require(throws: ConfigurationError.self) { try load() }
        #expect(error.count == count + 1)
    }

    @Test func `reports both directories at once`() throws {
        try directory.write("probes/a.yml", "servces: []")
        try directory.write("alerts/r.yml", "rule: []")
        #expect(
            lines() == [
                "alerts/r.yml:1:1: unknown key `rule` in a file of rules; did you mean `rules`?",
                "probes/a.yml:1:1: unknown key `servces` in a file of services; "
                    + "did you mean `services`?",
            ])
    }

    @Test func `a missing directory is a mistake`() throws {
        try directory.write("probes/a.yml", endpointFile(""))
        #expect(
            lines() == [
                "alerts:1:1: the directory cannot be read; expected a directory of YAML files"
            ])
    }

    @Test func `an empty directory is a mistake`() throws {
        try makeDirectory("probes")
        try directory.write("alerts/r.yml", "rules: []")
        #expect(
            lines() == [
                "probes:1:1: no file here; expected files with names ending in `.yml` or `.yaml`"
            ])
    }

    @Test func `nothing to watch is a mistake`() throws {
        try directory.write("probes/a.yml", "enabled: false\n" + endpointFile(""))
        try directory.write("alerts/r.yml", "rules: []")
        #expect(
            lines() == [
                "probes:1:1: no service in any enabled file; expected something to watch"
            ])
    }

    @Test func `a pipe, a dangling link and a file too large do not stop the others`() throws {
        try directory.write("probes/a.yml", "x: 1")
        #expect(mkfifo(directory.path + "/probes/pipe.yml", 0o600) == 0)
        try FileManager.default.createSymbolicLink(
            atPath: directory.path + "/probes/link.yml", withDestinationPath: "/nonexistent.yml")
        try directory.write(
            "probes/large.yml", String(repeating: "#", count: Limits.yamlBytes * 2))
        try directory.write("alerts/r.yml", "rules: []")
        let lines = lines()
        #expect(lines.count == 4)
        #expect(lines.contains("probes/pipe.yml:1:1: not a regular file"))
        #expect(lines.contains("probes/link.yml:1:1: the file cannot be read"))
        #expect(
            lines.contains(
                "probes/large.yml:1:1: the file is too large; expected at most 4194304 bytes"))
    }

    @Test func `a link to a directory above ends`() throws {
        try directory.write("probes/a.yml", endpointFile(""))
        try directory.write("alerts/r.yml", "rules: []")
        try FileManager.default.createSymbolicLink(
            atPath: directory.path + "/probes/loop", withDestinationPath: directory.path + "/probes"
        )
        #expect(lines().contains { $0.contains("directories within each other too deep") })
    }
}
