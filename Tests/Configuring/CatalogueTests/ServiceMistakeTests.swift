import Testing
import YAMLReading

@testable import Catalogue

@Suite struct ServiceMistakeTests {
    static let head = "sector: s\nservices:\n"

    /// A service on one line.
    static func one(
        id: String = "a", name: String = "{nl: A, en: A}", owner: String = "O", _ rest: String
    ) -> String {
        "  - {id: \(id), name: \(name), owner: \(owner), \(rest)}\n"
    }

    /// A file with the dark service `a`, whose lines from 8 on, at column 5, are `lines`.
    static func service(_ lines: String) -> String {
        head + "  - id: a\n    name: {nl: A, en: A}\n    owner: O\n    tier: 0\n    kind: dark\n"
            + lines.split(separator: "\n").map { "    \($0)\n" }.joined()
    }

    static let endpointE = "endpoints: [{id: e, url: 'http://e.example'}]"

    static let files = [
        Row(
            "root is a list", "[a]",
            """
            1:1: found a list; expected a file of services with keys such as `about`, \
            `enabled` and `sector`
            """),
        Row(
            "root is text", "hello",
            """
            1:1: found the text `hello`; expected a file of services with keys such as \
            `about`, `enabled` and `sector`
            """),
        Row(
            "unknown key", "servces: []",
            """
            1:1: unknown key `servces` in a file of services; did you mean `services`?
            """),
        Row(
            "unknown key far", "x: 1",
            """
            1:1: unknown key `x` in a file of services; expected `about`, `enabled`, `sector`, \
            `peer_group`, `defaults` or `services`
            """),
        Row(
            "services is a mapping", "services: {a: b}",
            """
            1:11: found a mapping; expected a list of services
            """),
        Row(
            "services is nothing", "services:",
            """
            1:10: found nothing; expected a list of services
            """),
        Row(
            "service is text", "services: [a]",
            """
            1:12: found the text `a`; expected a service with keys such as `id`, `name` and \
            `owner`
            """),
        Row(
            "empty service", "services: [{}]",
            """
            1:12: a service without `id`
            1:12: a service without `name`
            1:12: a service without `owner`
            1:12: a service without `sector`; expected `sector` here or once at the top of the \
            file
            1:12: a service without `tier`
            1:12: a service without endpoints; expected `endpoints`, or `kind: dark` when it \
            cannot be probed from outside
            """),
        Row(
            "sector is no id", "sector: Sector A\nservices: []",
            """
            1:9: `Sector A` is no id; expected lower-case letters, digits and hyphens, at most \
            63, not a hyphen first; did you mean `sector-a`?
            """),
        Row(
            "enabled", "enabled: 1",
            """
            1:10: found the number `1`; expected `true` or `false`
            """),
        Row(
            "defaults", "defaults: {busy_marker: [a]}",
            """
            1:12: unknown key `busy_marker` in defaults; did you mean `busy_markers`?
            """),
        Row(
            "default pattern", "defaults: {busy_markers: ['[']}",
            """
            1:27: the regular expression `[` is refused: missing ]: [; expected RE2 syntax, at \
            most 4096 bytes
            """),
        Row(
            "no sector", "services:\n" + one("tier: 1, kind: dark"),
            """
            2:5: a service without `sector`; expected `sector` here or once at the top of the \
            file
            """),
        Row(
            "wrong types", head + one(id: "5", name: "A", owner: "[]", "tier: high, kind: drak"),
            """
            3:10: found the number `5`; expected an id such as `digid-www`; put it in quotes: \
            "5"
            3:19: found the text `A`; expected a text in Dutch and English with keys such as \
            `nl` and `en`
            3:29: found a list; expected text
            3:39: found the text `high`; expected a whole number from 0 to 3
            3:51: found the text `drak`; expected `probed` or `dark`; did you mean `dark`?
            """),
        Row(
            "bad tier", head + one("tier: 4, kind: dark"),
            """
            3:51: found the number `4`; expected a whole number from 0 to 3
            """),
        Row(
            "bad id", head + one(id: "A_b", "tier: 1, kind: dark"),
            """
            3:10: `A_b` is no id; expected lower-case letters, digits and hyphens, at most 63, \
            not a hyphen first; did you mean `a-b`?
            """),
        Row(
            "name in one language", head + one(name: "{nl: A, fr: B}", "tier: 1, kind: dark"),
            """
            3:19: a text in Dutch and English without `en`
            3:27: unknown key `fr` in a text in Dutch and English; expected `nl` or `en`
            """),
        Row(
            "probed without endpoints", head + one("tier: 1"),
            """
            3:5: a service without endpoints; expected `endpoints`, or `kind: dark` when it \
            cannot be probed from outside
            """),
        Row(
            "probed with no endpoint", head + one("tier: 1, endpoints: []"),
            """
            3:5: a service without endpoints; expected `endpoints`, or `kind: dark` when it \
            cannot be probed from outside
            """),
        Row(
            "empty owner", head + one(owner: "''", "tier: 1, kind: dark"),
            """
            3:42: found an empty text; expected text
            """),
    ]

    static let services = [
        Row(
            "dark with endpoints", service(endpointE),
            """
            8:5: a dark service with endpoints; expected no `endpoints`, or `kind: probed`
            """),
        Row(
            "dangling dependency", service("depends_on: [{service: zzzzzz, kind: hard}]"),
            """
            8:28: there is no service `zzzzzz`
            """),
        Row(
            "dependency on itself", service("depends_on: [{service: a, kind: hard}]"),
            """
            8:28: `a` depends on itself
            """),
        Row(
            "dependency kind", service("depends_on: [{service: a, kind: hrad}]"),
            """
            8:37: found the text `hrad`; expected `hard`, `login`, `soft` or `common`; did you \
            mean `hard`?
            """),
        Row(
            "dependency as text", service("depends_on: [a]"),
            """
            8:18: found the text `a`; expected a dependency with keys such as `service`, \
            `kind` and `audience`
            """),
        Row(
            "dependency without kind", service("depends_on: [{service: a}]"),
            """
            8:18: a dependency without `kind`
            """),
        Row(
            "audience", service("depends_on: [{service: z-z, kind: soft, audience: all}]"),
            """
            8:28: there is no service `z-z`
            8:55: found the text `all`; expected `citizen` or `business`
            """),
        Row(
            "service id twice", service("note: n") + one("tier: 1, kind: dark"),
            """
            9:10: the service id `a` is used twice, first at f:3:9
            """),
        Row(
            "endpoint id twice",
            head + one("tier: 1, \(endpointE)") + one(id: "b", "tier: 1, \(endpointE)"),
            """
            4:71: the endpoint id `e` is used twice, first at f:3:71
            """),
        Row(
            "dependency named twice",
            service("depends_on: [{service: b, kind: hard}, {service: b, kind: soft}]")
                + one(id: "b", "tier: 1, kind: dark"),
            """
            8:54: `a` names `b` twice; expected one dependency on each service
            """),
        Row(
            "dependency nearly right",
            service("depends_on: [{service: digit, kind: hard}]")
                + one(id: "digid", "tier: 1, kind: dark"),
            """
            8:28: there is no service `digit`; did you mean `digid`?
            """),
    ]

    @Test(arguments: files + services)
    func `says what is wrong with services`(row: Row) {
        #expect(catalogueLines(row.text) == row.lines)
    }

    static let three = [
        SourceFile(
            path: "a.yml",
            text: Self.service("depends_on: [{service: c, kind: hard}]")
                + "defaults: {busy_markers: [x]}\n"),
        SourceFile(path: "b.yml", text: Self.service("note: n") + "defaults: {}\n"),
        SourceFile(
            path: "c.yml",
            text: "enabled: false\n"
                + Self.service("depends_on: [{service: c, kind: hard}]").replacing(
                    "id: a", with: "id: c")),
    ]

    @Test func `compares ids, defaults and dependencies between files`() {
        let error = #expect(throws: ConfigurationError.self) {
            try CatalogueReader.read(Self.three)
        }
        #expect(
            error?.description == """
                a.yml:8:28: the service `c` is in a disabled file; expected a service of an \
                enabled file
                b.yml:3:9: the service id `a` is used twice, first at a.yml:3:9
                b.yml:9:1: a second `defaults`, the first is at a.yml:9:1
                c.yml:9:28: `c` depends on itself
                """)
    }

    @Test func `a file that is wrong does not hide the mistakes of another`() {
        let files = [
            SourceFile(path: "a.yml", text: "services: ["),
            SourceFile(path: "b.yml", text: "servics: []"),
        ]
        let error = #expect(throws: ConfigurationError.self) { try CatalogueReader.read(files) }
        #expect(error?.mistakes.map(\.position.file) == ["a.yml", "b.yml"])
    }
}
