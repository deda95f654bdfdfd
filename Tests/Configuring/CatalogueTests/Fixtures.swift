import Foundation
import HealthModel
import TestSupport
import Testing
import YAMLReading

@testable import Catalogue

/// The root of the repository.
let repository = Repository.root

/// The shipped directory with this name, `probes` or `alerts`.
func shipped(_ name: String) -> String { repository.appendingPathComponent(name).path }

/// One row of a table of mistakes: what is written, and every line that is said about it.
struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var text: String
    var lines: [String]

    init(_ name: String, _ text: String, _ lines: String) {
        self.name = name
        self.text = text
        self.lines = lines.split(separator: "\n").map(String.init)
    }

    var testDescription: String { name }
}

/// A file with one endpoint whose lines from 10 on, at column 9, are `lines`.
func endpointFile(_ lines: String, tier: Int = 0) -> String {
    """
    sector: test
    services:
      - id: a
        name: {nl: A, en: A}
        owner: O
        tier: \(tier)
        endpoints:
          - id: a-www
            url: https://a.example/

    """
        + lines.split(separator: "\n", omittingEmptySubsequences: false)
        .map { "        \($0)\n" }.joined()
}

/// A file with one rule whose lines from 6 on, at column 5, are `lines`.
func ruleFile(
    when: String = "{state: down}", level: String = "page", summary: String = "{nl: N, en: E}",
    _ lines: String = "note: n"
) -> String {
    """
    rules:
      - id: r
        when: \(when)
        level: \(level)
        summary: \(summary)

    """ + lines.split(separator: "\n").map { "    \($0)\n" }.joined()
}

/// What is said about one file of `probes/`, line by line, without the path.
func catalogueLines(_ text: String) -> [String] {
    do {
        _ = try CatalogueReader.read([SourceFile(path: "f", text: text)])
        return []
    } catch {
        return error.shortLines
    }
}

/// What is said about one file of `alerts/`, line by line, without the path.
func ruleLines(_ text: String) -> [String] {
    do {
        _ = try RuleReader.read([SourceFile(path: "f", text: text)])
        return []
    } catch {
        return error.shortLines
    }
}

extension ConfigurationError {
    /// The lines without the path `f:` in front.
    var shortLines: [String] {
        description.split(separator: "\n").map {
            $0.hasPrefix("f:") ? String($0.dropFirst(2)) : String($0)
        }
    }
}

/// The one endpoint that `endpointFile(lines)` describes.
func readEndpoint(_ lines: String, tier: Int = 0) throws -> Endpoint {
    let file = SourceFile(path: "f", text: endpointFile(lines, tier: tier))
    return try #require(CatalogueReader.read([file]).catalogue.endpoints.first)
}
