import Foundation
import Testing

/// The architecture as tests: the build fails when a module imports upward, a file grows too
/// long, or a banned call appears.
struct TidyTests {
    /// Lines of the longest source file.
    static let fileLines = 500

    /// Module → the modules of this project that it may import.
    ///
    /// What is not here is a mistake.
    static let allowed: [String: Set<String>] = [
        "HealthModel": [],
        "Scheduling": ["HealthModel"],
        "TLSFindings": ["HealthModel"],
        "ResultStore": ["HealthModel"],
        "Alerting": ["HealthModel", "ResultStore", "TLSFindings"],
        "DurableStore": ["HealthModel", "ResultStore"],
        "Simulation": ["HealthModel", "Scheduling", "ResultStore", "Alerting"],
        "Exposition": ["HealthModel", "ResultStore", "TLSFindings", "Alerting"],
        "TLSInspection": ["HealthModel", "COpenSSL", "CProbeShims"],
        "PollLoop": ["HealthModel", "CLinux"],
        "Probing": [
            "HealthModel", "Scheduling", "PollLoop", "TLSInspection", "PatternMatching",
            "CProbeShims", "CCurl", "COpenSSL", "CUnbound", "CPublicSuffix",
        ],
        "PatternMatching": ["HealthModel", "CRegex"],
        "RuleTesting": ["HealthModel", "ResultStore", "Alerting"],
        "Catalogue": ["HealthModel", "Alerting", "RuleTesting", "PatternMatching"],
        "StatusServer": ["HealthModel", "ResultStore", "TLSFindings", "Alerting", "Exposition"],
        "SQLiteSupport": [],
        "Inventory": ["HealthModel", "TLSInspection", "SQLiteSupport"],
        "Evidence": ["HealthModel", "Alerting", "COpenSSL"],
        "Ledger": ["HealthModel", "Alerting", "Evidence", "SQLiteSupport"],
        "Notifying": [
            "HealthModel", "Scheduling", "Alerting", "PollLoop", "CProbeShims", "CCurl", "CLinux",
            "COpenSSL",
        ],
        "LabTLS": ["HealthModel", "COpenSSL", "CProbeShims"],
        "Lab": ["HealthModel", "LabTLS", "COpenSSL"],
        "Daemon": [
            "CLinux", "HealthModel", "Scheduling", "ResultStore", "Alerting", "Exposition",
            "DurableStore", "Evidence", "Ledger", "Notifying", "SQLiteSupport",
            "PollLoop", "Inventory",
            "TLSInspection", "Probing", "Catalogue", "StatusServer",
        ],
        "vitaal": [
            "Daemon", "StatusServer", "Lab", "Catalogue", "Probing", "HealthModel", "Alerting",
            "Scheduling", "TLSFindings", "TLSInspection", "Inventory", "DurableStore",
            "ResultStore", "Evidence", "Ledger", "RuleTesting",
        ],
        "vitaal-bench": [
            "Inventory", "TLSInspection", "HealthModel", "ResultStore", "DurableStore",
            "Simulation", "Scheduling", "Alerting", "LabTLS", "COpenSSL",
        ],
    ]

    /// Modules without I/O, clocks and Foundation.
    static let pure: Set<String> = [
        "HealthModel", "Scheduling", "TLSFindings", "ResultStore", "Alerting", "Exposition",
        "RuleTesting",
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

    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static let sources = swiftFiles(below: "Sources")
    static let tests = swiftFiles(below: "Tests")

    static func swiftFiles(below directory: String) -> [URL] {
        let walker = FileManager.default.enumerator(
            at: root.appending(path: directory), includingPropertiesForKeys: nil)
        let all = walker?.allObjects as? [URL] ?? []
        return all.filter { $0.pathExtension == "swift" }.sorted { $0.path < $1.path }
    }

    static func module(of file: URL) -> String {
        let parts = file.pathComponents
        let sources = parts.lastIndex(of: "Sources") ?? parts.lastIndex(of: "Tests") ?? 0
        return parts.indices.contains(sources + 1) ? parts[sources + 1] : ""
    }

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
        #expect(Self.sources.count > 50)
        #expect(Set(Self.sources.map(Self.module)).isSubset(of: Self.allowed.keys))
    }

    @Test(arguments: sources)
    func importsGoStrictlyDownward(_ file: URL) throws {
        let module = Self.module(of: file)
        let ours = Set(Self.allowed.keys).union([
            "CLinux", "CCurl", "COpenSSL", "CUnbound", "CPublicSuffix", "CRegex", "CProbeShims",
        ])
        for line in try Self.lines(of: file) {
            guard let name = Self.imported(by: line) else { continue }
            if ours.contains(name) {
                #expect(
                    Self.allowed[module]?.contains(name) == true,
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

    /// The C targets wrap and decide nothing.
    @Test(arguments: ["CLinux", "CProbeShims"])
    func shimsAreInline(_ module: String) throws {
        let header = Self.root.appending(path: "Sources/\(module)/include/\(module).h")
        let source = Self.root.appending(path: "Sources/\(module)/\(module).c")
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
