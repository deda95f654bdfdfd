import Foundation
import TestSupport
import Testing

/// The architecture as tests: the build fails when a module imports upward, a file grows too
/// long, or a banned call appears.
struct TidyTests {
    /// Lines of the longest source file.
    static let fileLines = 500

    /// Lines of the longest function, its signature among them.
    static let functionLines = 70

    /// The folders of `Sources` and their modules as `Package.swift` has them.
    ///
    /// A module imports only those before it. Names of tests that test no module are among them.
    static let layers: [(key: String, value: [String])] = {
        let package = (try? Repository.text("Package.swift")) ?? ""
        let start = package.range(of: "\nlet layers: KeyValuePairs = [\n")?.upperBound
        let rest = package[(start ?? package.endIndex)...]
        let list = rest.range(of: "\n]\n").map { rest[..<$0.lowerBound] } ?? ""
        let names = list.matches(of: /"([^"]+)"(:?)/).map { (String($0.1), !$0.2.isEmpty) }
        return names.reduce(into: []) { layers, name in
            if name.1 {
                layers.append((name.0, []))
            } else if !layers.isEmpty {
                layers[layers.count - 1].value.append(name.0)
            }
        }
    }()

    /// All modules, those that are imported before those that import them.
    static let modules = layers.flatMap(\.value)

    /// Modules without I/O, clocks and Foundation.
    static let pure: Set<String> = [
        "HealthModel", "Scheduling", "TLSFindings", "Observing", "Rules", "Incidents", "Routing",
        "Alerting", "ResultFormat", "Exposition", "RuleTesting",
    ]
    /// Modules without Foundation, because every probe passes through them.
    static let dataPlane: Set<String> = pure.union([
        "TLSInspection", "PollLoop", "PatternMatching", "Probing",
    ])

    /// What Foundation answers with the help of ICU's data.
    static let localeDependent = [
        "DateFormatter", "NumberFormatter", "Locale(", "Locale.", "Calendar(",
        "Calendar.current", "TimeZone(", "TimeZone.", "NSRegularExpression", ".capitalized",
        ".localized(",
        "localizedCase", "localizedStandard", "localizedCompare", ".regularExpression",
        "DateComponents", "MeasurementFormatter", "ListFormatter",
    ]

    static let root = Repository.root

    /// What stands in one file, and is used by all others.
    static let standsOnce: KeyValuePairs = [
        "9E37_79B9": "SplitMix64.swift", "100_0000_01B3": "FNV1a.swift",
        "RandomNumberGenerator {": "SplitMix64.swift",
        "class TemporaryDirectory": "TemporaryDirectory.swift",
        "func eventually": "Eventually.swift",
    ]

    static let sources = swiftFiles(below: "Sources")
    static let tests = swiftFiles(below: "Tests")

    static func swiftFiles(below directory: String) -> [URL] {
        let walker = FileManager.default.enumerator(
            at: root.appending(path: directory), includingPropertiesForKeys: nil)
        let all = walker?.allObjects as? [URL] ?? []
        return all.filter { $0.pathExtension == "swift" }.sorted { $0.path < $1.path }
    }

    /// The folder below `Sources` or `Tests` that holds a file, and the module; empty when it is in none.
    static func place(of file: URL) -> (layer: String, module: String) {
        let parts = file.pathComponents
        let top = parts.lastIndex { ["Sources", "Tests"].contains($0) } ?? 0
        guard parts.indices.contains(top + 2) else { return ("", "") }
        return (parts[top + 1], parts[top + 2])
    }

    static func module(of file: URL) -> String { place(of: file).module }

    static func lines(of file: URL) throws -> [Substring] {
        try String(contentsOf: file, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The module that an import line names; nil for other lines.
    static func imported(by line: Substring) -> String? {
        let words = line.split(separator: " ").drop {
            ["public", "package", "internal", "private", "fileprivate", "@testable"].contains($0)
        }
        guard words.first == "import", words.count >= 2 else { return nil }
        let name = words[words.index(after: words.startIndex)]
        let kinds: Set<Substring> = ["struct", "class", "enum", "func", "protocol", "typealias"]
        let full = kinds.contains(name) ? words.last ?? name : name
        return full.split(separator: ".").first.map(String.init)
    }

    @Test func thereAreSources() {
        #expect(Self.sources.count > 50 && Self.layers.count == 9)
        for file in Self.sources {
            let (layer, module) = Self.place(of: file)
            let modules = Self.layers.first { $0.key == layer }?.value ?? []
            #expect(modules.contains(module), "\(layer)/\(module) is in no layer")
        }
    }

    /// Tests lie where what they test lies.
    @Test func testsMirrorTheSources() {
        for file in Self.tests {
            let (layer, module) = Self.place(of: file)
            guard module.hasSuffix("Tests"), layer != "Proving", layer != "Running" else {
                continue
            }
            let modules = Self.layers.first { $0.key == layer }?.value ?? []
            #expect(modules.contains(String(module.dropLast(5))), "\(layer)/\(module)")
        }
    }

    @Test(arguments: sources)
    func importsGoStrictlyDownward(_ file: URL) throws {
        let module = Self.module(of: file)
        let place = try #require(Self.modules.firstIndex(of: module))
        for line in try Self.lines(of: file) {
            guard let name = Self.imported(by: line) else { continue }
            if let other = Self.modules.firstIndex(of: name) {
                #expect(
                    other < place,
                    "\(file.lastPathComponent): \(module) must not import \(name)")
            }
            if Self.dataPlane.contains(module) {
                #expect(
                    !name.hasPrefix("Foundation"),
                    "\(file.lastPathComponent): no Foundation in the data plane")
            }
            if Self.pure.contains(module) {
                #expect(
                    !["Glibc", "Dispatch", "Synchronization"].contains(name),
                    "\(file.lastPathComponent): a pure module does no I/O")
            }
        }
    }

    @Test(arguments: sources + tests)
    func fileIsTidy(_ file: URL) throws {
        let lines = try Self.lines(of: file)
        let isSource = file.path.contains("/Sources/")
        #expect(
            lines.count <= Self.fileLines,
            "\(file.lastPathComponent): \(lines.count) lines, split it")
        // This file has to name what it bans.
        guard file.lastPathComponent != "TidyTests.swift" else { return }
        for (index, line) in lines.enumerated() {
            let place = "\(file.lastPathComponent):\(index + 1)"
            for banned in ["try!", "as!", "TODO", "FIXME", "ISO8601DateFormatter"] {
                #expect(!line.contains(banned), "\(place): \(banned)")
            }
            for (text, home) in Self.standsOnce where line.contains(text) {
                #expect(
                    file.lastPathComponent == home, "\(place): \(text) stands in \(home) already")
            }
            if isSource && line.contains("@unchecked Sendable") {
                let before = lines[max(0, index - 20)..<index].joined(separator: "\n")
                #expect(before.contains("// Safety:"), "\(place): says no why it is safe")
            }
            if isSource {
                // The program has no ICU data: what asks ICU would get no answer (CLocaleData).
                for locale in Self.localeDependent {
                    #expect(!line.contains(locale), "\(place): \(locale) needs ICU data")
                }
            }
            if isSource && Self.module(of: file) != "Daemon" {
                for clock in ["Date()", "ContinuousClock", "SystemClock", "clock_gettime"] {
                    #expect(!line.contains(clock), "\(place): clocks are read in Daemon only")
                }
            }
        }
    }

    @Test(arguments: sources + tests)
    func functionsAreShort(_ file: URL) throws {
        let lines = try Self.lines(of: file)
        for (index, line) in lines.enumerated() {
            guard line.hasSuffix("{") || line.hasSuffix("("),
                line.split(separator: " ").contains(where: { word in
                    word == "func" || word == "deinit"
                        || ["init(", "init<", "init?(", "subscript("].contains(
                            where: word.hasPrefix)
                })
            else { continue }
            let margin = line.prefix { $0 == " " }
            // The brace that ends it stands below its beginning; what is inside is indented.
            let end = lines[index...].dropFirst().firstIndex { line in
                line.hasPrefix(margin) && !line.dropFirst(margin.count).hasPrefix(" ")
                    && !line.dropFirst(margin.count).hasPrefix(")") && line.count > margin.count
            }
            guard let end, lines[end].dropFirst(margin.count).hasPrefix("}") else { continue }
            let length = end - index + 1
            #expect(
                length <= Self.functionLines,
                "\(file.lastPathComponent):\(index + 1): \(length) lines, split it")
        }
    }

    /// The C targets wrap and decide nothing.
    @Test(arguments: ["CLinux", "CProbeShims"])
    func shimsAreInline(_ module: String) throws {
        let header = Self.root.appending(path: "Sources/System/\(module)/include/\(module).h")
        let source = Self.root.appending(path: "Sources/System/\(module)/\(module).c")
        #expect(try String(contentsOf: source, encoding: .utf8) == "#include \"\(module).h\"\n")
        #expect(try String(contentsOf: header, encoding: .utf8).contains("static inline"))
    }

    @Test(arguments: [
        "README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile",
    ])
    func documentIsThere(_ name: String) throws {
        let text = try String(contentsOf: Self.root.appending(path: name), encoding: .utf8)
        #expect(text.count > 200)
    }
}
