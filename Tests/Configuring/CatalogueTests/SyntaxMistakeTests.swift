import HealthModel
import Testing
import YAMLReading

@testable import Catalogue

@Suite struct SyntaxMistakeTests {
    static let rows = [
        Row(
            "open bracket", "services: [",
            """
            2:1: not YAML: did not find expected node content (while parsing a flow node of \
            line 2)
            """),
        Row(
            "open quote", "about: 'x\nsector: s",
            """
            2:10: not YAML: found unexpected end of stream (while scanning a quoted scalar of \
            line 1)
            """),
        Row(
            "bad indentation", "sector: s\nservices:\n  - id: a\n   owner: b\n",
            """
            4:4: not YAML: did not find expected '-' indicator (while parsing a block \
            collection of line 3)
            """),
        Row(
            "no space after the colon", "sector:s\nservices: []",
            """
            2:9: not YAML: mapping values are not allowed in this context
            """),
        Row(
            "tabs", "services:\n\t- id: a\n  \t  owner: O\n",
            """
            2:1: a tab in the indentation; expected spaces
            3:3: a tab in the indentation; expected spaces
            """),
        Row(
            "second document", "sector: s\n---\nsector: t\n",
            """
            3:1: a second document in the file; expected one document per file
            """),
        Row(
            "undefined alias", "sector: *s",
            """
            1:9: not YAML: found undefined alias
            """),
        Row(
            "alias", "sector: &s x\nabout: *s",
            """
            2:8: the alias `*s`, which is not supported; expected the value itself, written \
            out
            """),
        Row(
            "anchor", "sector: &s x",
            """
            1:9: an anchor, which is not supported; expected the value without `&name`
            """),
        Row(
            "anchored list", "services: &s []",
            """
            1:11: an anchor, which is not supported; expected the value without `&name`
            """),
        Row(
            "tag", "sector: !!str x",
            """
            1:9: the tag `tag:yaml.org,2002:str`, which is not supported; expected the value \
            without it
            """),
        Row(
            "own tag", "services: !own []",
            """
            1:11: the tag `!own`, which is not supported; expected the value without it
            """),
        Row(
            "merge key", "<<: {a: b}",
            """
            1:1: unknown key `<<` in a file of services; expected `about`, `enabled`, \
            `sector`, `peer_group`, `defaults` or `services`
            """),
        Row(
            "key is a list", "? [a]\n: b",
            """
            1:3: a key that is not plain text; expected a key such as `services`
            """),
        Row(
            "control character", "sector: s\nabout: \"a\u{1}b\"",
            """
            2:10: the control character U+0001; expected readable text
            """),
        Row(
            "byte order mark", "\u{FEFF}sector: s",
            """
            1:1: the file starts with a byte order mark; expected UTF-8 without one
            """),
        Row(
            "carriage return alone", "sector: s\rabout: b",
            """
            1:10: the control character U+000D; expected readable text
            """),
        Row(
            "line separator", "about: a\u{2028}b",
            """
            1:9: the control character U+2028; expected readable text
            """),
        Row(
            "key twice", "sector: s\nservices: []\nsector: t\n",
            """
            3:1: the key `sector` is written twice, first on line 1
            """),
        Row(
            "key thrice", "sector: s\nsector: t\nsector: u\n",
            """
            2:1: the key `sector` is written twice, first on line 1
            3:1: the key `sector` is written twice, first on line 1
            """),
        Row(
            "key twice in quotes", "sector: s\n\"sector\": t\n",
            """
            2:1: the key `sector` is written twice, first on line 1
            """),
        Row(
            "key twice in braces", "defaults: {busy_markers: [a], 'busy_markers': []}",
            """
            1:31: the key `busy_markers` is written twice, first on line 1
            """),
        Row(
            "key twice in braces on lines", "defaults: {busy_markers: [a],\n  busy_markers: []}",
            """
            2:3: the key `busy_markers` is written twice, first on line 1
            """),
        Row(
            "two keys twice", "sector: s\nabout: a\nsector: t\nabout: b\nx: y\n",
            """
            3:1: the key `sector` is written twice, first on line 1
            4:1: the key `about` is written twice, first on line 2
            5:1: unknown key `x` in a file of services; expected `about`, `enabled`, `sector`, \
            `peer_group`, `defaults` or `services`
            """),
        Row(
            "key twice, nested",
            "defaults:\n  busy_markers: [a]\n  # busy_markers:\n\n  busy_markers: [b]\nabout: c\n",
            """
            5:3: the key `busy_markers` is written twice, first on line 2
            """),
    ]

    @Test(arguments: rows)
    func `says what is wrong with the YAML`(row: Row) {
        #expect(catalogueLines(row.text) == row.lines)
    }

    static let bytes = [
        (
            bytes: [0x61, 0x3A, 0x20, 0xC3, 0x28] as [UInt8],
            line: "1:4: bytes that are not UTF-8; expected UTF-8 without a byte order mark"
        ),
        (
            bytes: [0x61, 0x0A, 0xC3, 0xA9, 0x62, 0xFF],
            line: "2:3: bytes that are not UTF-8; expected UTF-8 without a byte order mark"
        ),
        (
            bytes: [0xFF, 0xFE, 0x61, 0x00],
            line: "1:1: bytes that are not UTF-8; expected UTF-8 without a byte order mark"
        ),
        (
            bytes: [0x61, 0x3A, 0x20, 0x00],
            line: "1:4: the control character U+0000; expected readable text"
        ),
    ]

    @Test(arguments: bytes)
    func `names the first bytes that are not text`(bytes: [UInt8], line: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try CatalogueReader.read([SourceFile(path: "f", bytes: bytes)])
        }
        #expect(error?.shortLines == [line])
    }

    @Test(arguments: ["", "\n\n", "# nothing yet\n", "---\n", "~\n"])
    func `an empty file holds nothing and is no mistake`(text: String) throws {
        let reading = try CatalogueReader.read([SourceFile(path: "f", text: text)])
        #expect(reading.catalogue == .empty)
    }

    @Test(arguments: ["\r\n", "\n"])
    func `both line ends count lines alike`(end: String) {
        let text = ["sector: s", "services: []", "x: y", ""].joined(separator: end)
        #expect(catalogueLines(text).first?.hasPrefix("3:1: unknown key `x`") == true)
    }

    @Test func `columns count characters, not bytes`() {
        #expect(catalogueLines("{about: é, x: y}").first?.hasPrefix("1:12: unknown key") == true)
    }

    @Test func `an alias bomb is refused without expanding it`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            let references = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(references)]\n"
        }
        text += "? *a30\n: boom\n"
        let lines = catalogueLines(text)
        #expect(lines.count == SourceFile.aliasesReported)
        #expect(lines.allSatisfy { $0.contains("the alias `*a0`") })
    }

    @Test func `stars and ampersands in text are no aliases`() throws {
        let text = "about: 'R&D, *bold*, Q&A & *more*'\nsector: s\n"
        #expect(throws: Never.self) {
            try CatalogueReader.read([SourceFile(path: "f", text: text)])
        }
    }

    @Test func `a control character in a message cannot move the cursor`() {
        let lines = catalogueLines("\"a\\e[2Jb\": c\n")
        #expect(lines.first?.hasPrefix("1:1: unknown key `a?[2Jb` in a file of services") == true)
        #expect(
            catalogueLines(endpointFile("body_matches: [\"(\\e[2J\"]")) == [
                "10:24: the regular expression `(?[2J` is refused: missing ]: [2J; "
                    + "expected RE2 syntax, at most 4096 bytes"
            ])
    }

    @Test func `reports as many repeated keys as it says`() {
        let count = YAMLDocument.repeatedKeysLimit + 10
        let keys = (0..<count).map { "k\($0): 1\n" }.joined()
        let lines = catalogueLines(keys + keys)
        #expect(lines.count == YAMLDocument.repeatedKeysLimit + 1)
        #expect(lines.allSatisfy { $0.contains("is written twice") })
    }
}
