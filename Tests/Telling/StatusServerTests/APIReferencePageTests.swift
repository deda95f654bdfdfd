import Foundation
import TestSupport
import Testing

@testable import StatusServer

@Suite struct APIReferencePageTests {
    private let notes: SourceNotes

    init() throws {
        notes = try SourceNotes(
            "Sources/Telling/StatusServer",
            [
                "StatusPath", "StatusDocument", "StatusDocument+Actions",
                "StatusDocument+Incidents", "StatusDocument+Objectives", "StatusDocument+Verdict",
                "StatusAnswer", "WhyDocument", "OrderDocument",
            ])
    }

    @Test func thePageOfTheAPIIsThatOfTheProgram() throws {
        var page = ReferencePage(
            "api.md", title: "What vitaal serves over HTTP",
            about: """
                `vitaal run` listens where `--listen` says. In JSON the keys are in snake_case,
                instants are RFC 3339 in UTC such as `2026-11-23T14:07:31.042Z`, durations are
                seconds. An optional key is left out where a meaning says "nil", or when
                there is nothing to say. More keys may come: programs pass over those that they do
                not know. Another path is answered with 404, another method with 405.
                """)
        var asked: [String] = []
        page.add("## Paths")
        page.add(
            columns: ["path", "methods", "answer", "documents"],
            rows: StatusPath.allCases.map { path in
                let note = notes.note(of: "\(path)", in: "StatusPath")
                let documents = documents(of: path)
                asked += documents
                return [
                    "`\(path.rawValue)`", path.methods, note.replacing("\n- ", with: " Parameter "),
                    documents.map { link($0) }.joined(separator: ", "),
                ]
            })
        #expect(asked.count >= 10)
        page.add("## Documents")
        var told: Set<String> = []
        while !asked.isEmpty {
            let type = asked.removeFirst()
            if told.insert(type).inserted { asked = try write(type, to: &page) + asked }
        }
        try expectKeys(of: page)
        try page.check()
    }

    /// Every key of a document with much in it stands on the page.
    private func expectKeys(of page: ReferencePage) throws {
        let document = try StatusDocument(reading: StubMonitor(Fixture.outage())).json()
        func walk(_ value: Any) {
            if let all = value as? [Any] { all.forEach(walk) }
            for (key, value) in value as? [String: Any] ?? [:] {
                #expect(page.contains("| `\(key)` |"), "\(key)")
                walk(value)
            }
        }
        walk(try JSONSerialization.jsonObject(with: Data(document)))
    }

    /// The documents that name this path as what they answer, or are the body of.
    private func documents(of path: StatusPath) -> [String] {
        notes.types.filter { _, note in
            let first = note.first ?? ""
            return ["`", "?"].contains { first.contains(" \(path.rawValue)\($0)") }
                && ["The answer to `", "The body of `"].contains { first.hasPrefix($0) }
        }.keys.sorted()
    }

    private func title(_ type: String) -> String { type.replacing("Document", with: "") }

    private func link(_ type: String) -> String {
        let anchor = title(type).lowercased().replacing(".", with: "")
        return "[\(title(type))](#\(anchor))"
    }

    /// Describes one document; returns those within it.
    private func write(_ type: String, to page: inout ReferencePage) throws -> [String] {
        var inner: [String] = []
        let fields = notes.parts[type] ?? []
        #expect(!fields.isEmpty, "\(type)")
        page.add("### \(title(type))")
        for paragraph in notes.types[type] ?? [] { page.add(paragraph) }
        page.add(
            columns: ["key", "value", "meaning"],
            rows: try fields.map { field in
                ["`\(try key(field.name))`", value(field.type, in: type, &inner), field.note]
            })
        return inner
    }

    /// What is in JSON where a Swift type is in the program.
    private func value(_ written: String, in type: String, _ inner: inout [String]) -> String {
        if written.hasSuffix("?") {
            return value(String(written.dropLast()), in: type, &inner) + ", optional"
        }
        if written.hasPrefix("[") {
            return "list of \(value(String(written.dropFirst().dropLast()), in: type, &inner))"
        }
        switch written {
        case "String": return "text"
        case "Bool": return "true or false"
        case "Int", "Int32", "Double": return "number"
        case "Instant": return "instant"
        default: break
        }
        guard let full = notes.resolve(written, within: type), let parts = notes.parts[full] else {
            Issue.record("\(type): what is \(written)?")
            return written
        }
        if parts.allSatisfy(\.type.isEmpty) {
            return parts.map { "`\($0.name)`" }.joined(separator: ", ")
        }
        inner.append(full)
        return link(full)
    }

    /// The key of a property, by the encoder that writes the documents.
    private func key(_ property: String) throws -> String {
        struct Key: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }
        struct Document: Encodable {
            var property: String
            func encode(to encoder: any Encoder) throws {
                var values = encoder.container(keyedBy: Key.self)
                try values.encode(0, forKey: Key(stringValue: property))
            }
        }
        let bytes = try JSONCoding.bytes(of: Document(property: property))
        return String(
            decoding: bytes.dropFirst(2).prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
    }
}
