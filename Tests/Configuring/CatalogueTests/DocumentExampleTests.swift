import Foundation
import TestSupport
import Testing

@testable import Catalogue

/// Whoever copies an example from a document gets what `vitaal validate` accepts.
@Suite struct DocumentExampleTests {
    /// What an example may lean on without showing it.
    private static let services = """
        sector: identity
        services:
          - id: login
            name: {nl: Inloggen, en: Login}
            owner: Owner
            tier: 0
            endpoints:
              - {id: login-www, url: 'https://www.login.example/'}
              - {id: login-app, url: 'https://app.login.example/'}
        """
    private static let receivers =
        "receivers: [{id: on-call, webhook: 'https://a.example/'}, {id: team, webhook: 'https://b.example/'}]"

    static let documents: [String] = {
        let files = FileManager.default
        let root = (try? files.contentsOfDirectory(atPath: Repository.root.path)) ?? []
        let below = files.subpaths(atPath: Repository.root.path + "/docs") ?? []
        return (root + below.map { "docs/" + $0 }).filter { $0.hasSuffix(".md") }.sorted()
    }()

    /// All examples of one document are one configuration.
    @Test(arguments: documents) func everyExampleIsValid(document: String) throws {
        let directory = try TemporaryDirectory()
        var files: [String: String] = [:]
        for (number, block) in Self.blocks(in: try Repository.text(document)).enumerated() {
            let name = "\(number).yml"
            let keys = Self.keys(of: block)
            if block.hasPrefix("  - id:") {
                files["alerts/" + name] = "rules:\n" + block
            } else if keys.contains("defaults") {
                files["probes/defaults.yml"] = block
            } else if keys.contains("cases") {
                files["alerts/\(number).test.yml"] = block
            } else if keys.contains("services") {
                files["probes/" + name] = block
            } else if keys.contains("rules") || keys.contains("receivers"), !keys.contains("route")
            {
                files["alerts/" + name] = block
            } else {
                // One of another program, which another test holds against it.
                #expect(keys.contains("route"), "\(document): what is this? \(block)")
            }
        }
        let texts = files.values
        if !texts.contains(where: { Self.keys(of: $0).contains("services") }) {
            files["probes/base.yml"] = Self.services
        }
        if !texts.contains(where: { Self.keys(of: $0).contains("receivers") }) {
            files["alerts/base.yml"] = Self.receivers
        }
        for (name, text) in files { try directory.write(name, text + "\n") }
        let (probes, alerts) = (directory.path + "/probes", directory.path + "/alerts")
        do {
            _ = try ConfigurationLoader.load(probesDirectory: probes, alertsDirectory: alerts)
            _ = try RuleTestLoader.check(in: alerts, probesDirectory: probes)
        } catch {
            Issue.record("\(document): \(error.description)")
        }
    }

    @Test func examplesAreFound() throws {
        #expect(Self.blocks(in: try Repository.text("README.md")).count >= 3)
        #expect(Self.blocks(in: try Repository.text("docs/tutorial.md")).count == 3)
    }

    /// None is overlooked, such as one within a list or one that is called otherwise.
    @Test(arguments: documents) func noExampleIsOverlooked(document: String) throws {
        let text = try Repository.text(document)
        let fences = text.matches(of: /```(?:yaml|yml|YAML)/).count
        #expect(fences == Self.blocks(in: text).count, "\(document)")
    }

    private static func keys(of block: String) -> Set<String> {
        Set(
            block.split(separator: "\n").compactMap { line in
                guard let first = line.first, first.isLetter else { return nil }
                return line.split(separator: ":").first.map(String.init)
            })
    }

    /// The texts between "```yaml" and the next "```".
    private static func blocks(in text: String) -> [String] {
        text.split(separator: "\n```yaml\n").dropFirst().map { rest in
            String(rest.split(separator: "\n```", maxSplits: 1).first ?? "")
        }
    }
}
