import HealthModel
import Testing
import YAMLReading

@testable import Catalogue

/// Every limit of the reader, at the limit and one past it.
@Suite struct LimitTests {
    private func lines(_ text: String, _ part: String) -> [String] {
        catalogueLines(text).filter { $0.contains(part) }
    }

    @Test func `bytes of a file`() {
        let comment = "#" + String(repeating: "x", count: Limits.yamlBytes - 1)
        #expect(catalogueLines(comment) == [])
        #expect(
            catalogueLines(comment + "x")
                == ["1:1: the file is too large; expected at most 4194304 bytes"])
    }

    @Test func `nesting`() {
        func nested(_ depth: Int) -> String {
            // The mapping at the top is the first level.
            "x: " + String(repeating: "[", count: depth - 1)
                + String(repeating: "]", count: depth - 1)
        }
        #expect(lines(nested(Limits.yamlDepth), "nested").isEmpty)
        #expect(
            lines(nested(Limits.yamlDepth + 1), "nested")
                == ["1:35: nested too deep; expected at most 32 levels"])
        // libyaml gives up long before the stack does.
        #expect(
            catalogueLines(nested(100_000)) == [
                "1:5: nested too deep; expected at most 32 levels"
            ])
    }

    @Test func `values of a file`() {
        func values(_ count: Int) -> String {
            // The mapping and the list are values as well.
            "x: [" + String(repeating: "a,", count: count - 2) + "]"
        }
        #expect(lines(values(Limits.yamlNodes), "too many values").isEmpty)
        #expect(lines(values(Limits.yamlNodes + 1), "too many values").count == 1)
    }

    @Test func `dependencies of a service`() {
        func file(_ count: Int) -> String {
            let names = (0..<count).map { "{service: s\($0), kind: soft}" }.joined(separator: ", ")
            return ServiceMistakeTests.service("depends_on: [\(names)]")
                + (0..<count).map { ServiceMistakeTests.one(id: "s\($0)", "tier: 1, kind: dark") }
                .joined()
        }
        #expect(catalogueLines(file(Limits.dependenciesPerService)) == [])
        #expect(
            catalogueLines(file(Limits.dependenciesPerService + 1))
                == ["8:17: a list of 65 dependencies; expected at most 64"])
    }

    @Test func `services of a catalogue`() {
        func files(_ count: Int) -> [SourceFile] {
            // Several files, since each may hold only so many values.
            stride(from: 0, to: count, by: 10_000).map { start in
                let services = (start..<min(start + 10_000, count)).map {
                    ServiceMistakeTests.one(id: "s\($0)", "tier: 1, kind: dark")
                }
                return SourceFile(
                    path: "\(start)", text: ServiceMistakeTests.head + services.joined())
            }
        }
        #expect(throws: Never.self) { try CatalogueReader.read(files(Limits.services)) }
        let error = #expect(throws: ConfigurationError.self) {
            try CatalogueReader.read(files(Limits.services + 1))
        }
        #expect(
            error?.description == "0:3:10: 20001 services in all; expected at most 20000")
    }

    @Test func `rules`() {
        func file(_ count: Int, from start: Int = 0) -> SourceFile {
            let rule = ruleFile().split(separator: "\n").dropFirst().joined(separator: "\n") + "\n"
            let rules = (start..<(start + count)).map {
                rule.replacing("id: r", with: "id: r\($0)")
            }
            return SourceFile(path: "f\(start)", text: "rules:\n" + rules.joined())
        }
        #expect(throws: Never.self) { try RuleReader.read([file(Limits.rules)]) }
        let inOne = #expect(throws: ConfigurationError.self) {
            try RuleReader.read([file(Limits.rules + 1)])
        }
        #expect(inOne?.description == "f0:2:3: a list of 257 rules; expected at most 256")
        let inAll = #expect(throws: ConfigurationError.self) {
            try RuleReader.read([file(Limits.rules), file(2, from: 900)])
        }
        #expect(inAll?.description == "f900:2:9: too many rules in all; expected at most 256")
    }

    @Test func `bytes of a pattern`() {
        let longest = String(repeating: "a", count: Limits.patternBytes)
        #expect(catalogueLines(endpointFile("body_matches: [\(longest)]")) == [])
        #expect(lines(endpointFile("body_matches: [\(longest)a]"), "4097 bytes").count == 1)
    }

    @Test func `items of a list, bytes of a text, length of an id`() {
        let items = Array(repeating: "S1", count: ValueLimits.listItems)
        #expect(catalogueLines(endpointFile("evidence: [\(items.joined(separator: ","))]")) == [])
        #expect(
            catalogueLines(endpointFile("evidence: [\((items + ["S1"]).joined(separator: ","))]"))
                == ["10:19: a list of 65 evidence codes; expected at most 64"])
        let text = String(repeating: "n", count: ValueLimits.textBytes)
        #expect(catalogueLines(endpointFile("note: \(text)")) == [])
        #expect(
            catalogueLines(endpointFile("note: \(text)n"))
                == ["10:15: the text has 1025 bytes; expected at most 1024"])
        let id = String(repeating: "i", count: Limits.identifierBytes)
        #expect(catalogueLines(endpointFile("").replacing("a-www", with: id)) == [])
        #expect(lines(endpointFile("").replacing("a-www", with: id + "i"), "is no id").count == 1)
    }

    @Test func `headers of a request`() {
        func headers(_ count: Int) -> String {
            "headers: {" + (0..<count).map { "X-\($0): v" }.joined(separator: ", ") + "}"
        }
        #expect(catalogueLines(endpointFile(headers(64))) == [])
        #expect(
            catalogueLines(endpointFile(headers(65))) == ["10:18: 65 headers; expected at most 64"])
    }

    @Test func `mistakes reported`() {
        func error(_ count: Int) -> ConfigurationError? {
            let keys = (0..<count).map { "key-\($0): 1\n" }.joined()
            return #expect(throws: ConfigurationError.self) {
                try CatalogueReader.read([SourceFile(path: "f", text: keys)])
            }
        }
        #expect(error(Limits.reportedMistakes)?.omittedCount == 0)
        let past = error(Limits.reportedMistakes + 1)
        #expect(past?.mistakes.count == Limits.reportedMistakes)
        #expect(past?.count == Limits.reportedMistakes + 1)
        #expect(past?.description.hasSuffix("\nand 1 more mistake") == true)
    }
}
