import Foundation
import TestSupport
import Testing
import Yams

/// Writes the JSON Schema of a directory, whose keys `SchemaTests` hold against the readers, as
/// tables for people.
struct SchemaPage {
    private let root: Node

    /// Reads `schema.json` of `probes` or `alerts`; as YAML, since that keeps the order of keys.
    init(_ directory: String) throws {
        root = try #require(try Yams.compose(yaml: Repository.text("\(directory)/schema.json")))
    }

    /// What is said of a definition, such as `duration`.
    func description(of name: String) throws -> String {
        try #require(root["$defs"]?[name]?["description"]?.string)
    }

    /// The examples of a definition.
    func examples(of name: String) -> [String] {
        texts(root["$defs"]?[name]?["examples"])
    }

    /// Adds a section on the keys at the top of a file.
    func writeTop(as title: String, to page: inout ReferencePage) {
        write(root, "## \(title)", to: &page)
    }

    /// Adds a section on a definition, and on the mappings within it.
    func write(_ name: String, as title: String, to page: inout ReferencePage) throws {
        write(try #require(root["$defs"]?[name]), "## \(title)", to: &page)
    }

    private func write(_ schema: Node, _ title: String, to page: inout ReferencePage) {
        page.add(title, schema["description"]?.string)
        let required = Set(texts(schema["required"]))
        var inner: [(name: String, schema: Node)] = []
        var rows: [[String]] = []
        for (key, field) in schema["properties"]?.mapping ?? [:] {
            guard let name = key.string else { continue }
            if field["properties"] != nil { inner.append((name, field)) }
            let standard = field["default"]?.string.map { "`\($0)`" } ?? ""
            rows.append([
                "`\(name)`", value(of: field), required.contains(name) ? "required" : standard,
                field["description"]?.string ?? "",
            ])
        }
        page.add(columns: ["key", "value", "default", "meaning"], rows: rows)
        for (key, others) in schema["dependentRequired"]?.mapping ?? [:] {
            let needed = texts(others).map { "`\($0)`" }.joined(separator: ", ")
            page.add("`\(key.string ?? "")` needs \(needed).")
        }
        for (name, schema) in inner {
            write(schema, "### `\(name)`", to: &page)
        }
    }

    /// What may be written there, in words.
    private func value(of schema: Node) -> String {
        if let name = schema["$ref"]?.string?.split(separator: "/").last.map(String.init) {
            return name.replacing("_", with: " ")
        }
        if let choices = (schema["oneOf"] ?? schema["anyOf"])?.sequence {
            return choices.map { value(of: $0) }.joined(separator: " or ")
        }
        if let constant = schema["const"]?.string { return "`\(constant)`" }
        if schema["enum"] != nil {
            var seen: Set<String> = []
            return texts(schema["enum"]).filter { seen.insert($0).inserted }
                .map { "`\($0)`" }.joined(separator: ", ")
        }
        switch schema["type"]?.string {
        case "array":
            let item = schema["items"].map { value(of: $0) } ?? "text"
            return "list\(range(schema, "minItems", "maxItems")) of \(item)"
        case "object" where schema["properties"] != nil:
            let keys = schema["properties"]?.mapping?.keys.compactMap(\.string) ?? []
            return "mapping of " + keys.map { "`\($0)`" }.joined(separator: ", ")
        case "object": return "mapping" + range(schema, "minProperties", "maxProperties")
        case "integer": return "whole number" + range(schema, "minimum", "maximum")
        case "number": return "number" + range(schema, "minimum", "maximum")
        case "boolean": return "`true`, `false`"
        default:
            let examples = texts(schema["examples"]).map { "`\($0)`" }
            return "text"
                + (examples.isEmpty ? "" : ", such as \(examples.joined(separator: ", "))")
        }
    }

    /// The least and the most, such as ` (1 to 64)`; empty when nothing is said.
    private func range(_ schema: Node, _ least: String, _ most: String) -> String {
        let above = schema["exclusiveMinimum"]?.string
        switch (above.map { "above \($0)" } ?? schema[least]?.string, schema[most]?.string) {
        case (let from?, let to?): return " (\(from)\(above == nil ? " to" : ", at most") \(to))"
        case (let from?, nil): return " (at least \(from))"
        case (nil, let to?): return " (at most \(to))"
        case (nil, nil): return ""
        }
    }

    private func texts(_ list: Node?) -> [String] {
        list?.sequence?.compactMap(\.string) ?? []
    }
}
