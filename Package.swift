// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target: language mode 6, warnings are errors, explicit existentials and imports.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]
/// Modules that are optimised in debug builds too.
///
/// The tests play years of probes through them, and do it six times as fast. Checks of arithmetic,
/// bounds and preconditions stay.
let optimised: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]
/// The pure modules hold no unsafe code, and the compiler proves it.
let pure: [SwiftSetting] = strict + [.strictMemorySafety()]

/// All that decides, for whoever works with what was decided.
let deciding: [Target.Dependency] = [
    "HealthModel", "Observing", "Rules", "Incidents", "Routing", "Alerting",
]

let package = Package(
    name: "vitaal",
    products: [.executable(name: "vitaal", targets: ["vitaal"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // System: C wrappers without logic, and what every layer above needs of the machine.
        .target(name: "CLinux"),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CUnbound", providers: [.apt(["libunbound-dev"])]),
        .systemLibrary(
            name: "CPublicSuffix", pkgConfig: "libpsl", providers: [.apt(["libpsl-dev"])]),
        .target(
            name: "CRegex", linkerSettings: [.linkedLibrary("re2"), .linkedLibrary("stdc++")]),
        .target(name: "CProbeShims", dependencies: ["CCurl", "COpenSSL"]),
        // Takes the place of the ICU data that Foundation brings.
        .target(name: "CLocaleData"),
        .target(name: "PollLoop", dependencies: ["HealthModel", "CLinux"], swiftSettings: strict),
        .target(
            name: "PatternMatching", dependencies: ["HealthModel", "CRegex"],
            swiftSettings: strict),
        .target(
            name: "SQLiteSupport",
            dependencies: [.product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict),

        // Model: the words that all share.
        .target(name: "HealthModel", swiftSettings: pure + optimised),

        // Measuring: when to probe, sockets, TLS, one loop thread per core.
        .target(name: "Scheduling", dependencies: ["HealthModel"], swiftSettings: pure + optimised),
        .target(
            name: "TLSInspection", dependencies: ["HealthModel", "COpenSSL", "CProbeShims"],
            swiftSettings: strict),
        .target(name: "TLSFindings", dependencies: ["HealthModel"], swiftSettings: pure),
        .target(
            name: "Probing",
            dependencies: [
                "HealthModel", "Scheduling", "PollLoop", "TLSInspection", "PatternMatching",
                "CProbeShims", "CCurl", "COpenSSL", "CUnbound", "CPublicSuffix",
            ],
            swiftSettings: strict),

        // Deciding: time and state come in, values and actions go out.
        .target(
            name: "Observing", dependencies: ["HealthModel", "TLSFindings"],
            swiftSettings: pure + optimised),
        .target(
            name: "Rules", dependencies: ["HealthModel", "Observing"],
            swiftSettings: pure + optimised),
        .target(
            name: "Incidents", dependencies: ["HealthModel", "Observing"],
            swiftSettings: pure + optimised),
        .target(
            name: "Routing", dependencies: ["HealthModel", "Observing", "Rules", "Incidents"],
            swiftSettings: pure + optimised),
        .target(
            name: "Alerting",
            dependencies: [
                "HealthModel", "Observing", "Rules", "Incidents", "Routing", "TLSFindings",
            ],
            swiftSettings: pure + optimised),

        // Keeping: what is on disk.
        .target(
            name: "ResultFormat", dependencies: ["HealthModel", "Observing"],
            swiftSettings: pure + optimised),
        .target(
            name: "DurableStore",
            dependencies: [
                "HealthModel", "Observing", "ResultFormat",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: strict + optimised),
        .target(
            name: "Evidence", dependencies: deciding + ["COpenSSL"],
            swiftSettings: strict),
        .target(
            name: "Ledger",
            dependencies: deciding + [
                "Evidence", "SQLiteSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .target(
            name: "Inventory",
            dependencies: [
                "HealthModel", "TLSInspection", "SQLiteSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),

        // Telling: people, Prometheus, the API.
        .target(
            name: "Notifying",
            dependencies: deciding + [
                "PollLoop", "CProbeShims", "CCurl", "CLinux", "COpenSSL",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: strict),
        .target(
            name: "Exposition",
            dependencies: deciding + ["TLSFindings"],
            swiftSettings: pure),
        .target(
            name: "StatusServer",
            dependencies: deciding + [
                "TLSFindings", "Exposition",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),

        // Configuring: what people write.
        .target(
            name: "RuleTesting", dependencies: deciding,
            swiftSettings: pure + optimised),
        .target(
            name: "YAMLReading",
            dependencies: ["HealthModel", .product(name: "Yams", package: "Yams")],
            swiftSettings: strict),
        .target(
            name: "Catalogue",
            dependencies: deciding + ["RuleTesting", "PatternMatching", "YAMLReading"],
            swiftSettings: strict),

        // Proving: servers that fail as told, years that were made up, measurements.
        .target(
            name: "LabTLS", dependencies: ["HealthModel", "COpenSSL", "CProbeShims"],
            swiftSettings: strict),
        .target(
            name: "Lab",
            dependencies: [
                "HealthModel", "LabTLS", "COpenSSL", "YAMLReading",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .target(
            name: "Simulation", dependencies: deciding,
            swiftSettings: strict + optimised),
        .executableTarget(
            name: "vitaal-bench",
            dependencies: deciding + [
                "Inventory", "TLSInspection", "ResultFormat", "DurableStore", "Simulation",
                "Scheduling", "LabTLS", "COpenSSL",
            ],
            swiftSettings: strict),

        // Running: the thin shell around all of it.
        .target(
            name: "Daemon",
            dependencies: deciding + [
                "CLinux", "Scheduling", "Exposition", "PollLoop", "ResultFormat",
                "Inventory", "DurableStore", "Evidence", "Ledger", "Notifying", "SQLiteSupport",
                "TLSInspection", "Probing", "Catalogue", "YAMLReading", "StatusServer",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "vitaal",
            dependencies: deciding + [
                "Daemon", "StatusServer", "Lab", "Catalogue", "YAMLReading", "Probing",
                "Scheduling", "TLSFindings", "TLSInspection", "Inventory", "DurableStore",
                "ResultFormat", "Evidence", "Ledger", "RuleTesting", "CLocaleData",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        // What tests share: their directories, patience, and the files of the project.
        .target(
            name: "TestSupport", dependencies: ["HealthModel"], path: "Tests/TestSupport",
            swiftSettings: strict),
        .testTarget(name: "HealthModelTests", dependencies: ["HealthModel"]),
        .testTarget(
            name: "PatternMatchingTests", dependencies: ["PatternMatching", "HealthModel"]),
        .testTarget(
            name: "PollLoopTests",
            dependencies: ["TestSupport", "PollLoop", "CLinux", "HealthModel"]),
        .testTarget(name: "SchedulingTests", dependencies: ["Scheduling", "HealthModel"]),
        .testTarget(
            name: "TLSInspectionTests",
            dependencies: ["TLSInspection", "COpenSSL", "CProbeShims", "HealthModel"]),
        .testTarget(name: "TLSFindingsTests", dependencies: ["TLSFindings", "HealthModel"]),
        .testTarget(
            name: "ProbingTests",
            dependencies: [
                "TestSupport", "Probing", "Scheduling", "TLSFindings", "TLSInspection", "PollLoop",
                "COpenSSL", "CProbeShims", "CCurl", "HealthModel", "LabTLS",
            ]),
        .testTarget(name: "ObservingTests", dependencies: ["Observing", "HealthModel"]),
        .testTarget(
            name: "AlertingTests",
            dependencies: deciding + ["Scheduling", "TLSFindings"]),
        .testTarget(
            name: "ResultFormatTests",
            dependencies: ["ResultFormat", "Observing", "Simulation", "HealthModel"]),
        .testTarget(
            name: "DurableStoreTests",
            dependencies: [
                "TestSupport", "DurableStore", "Observing", "ResultFormat", "Simulation",
                "HealthModel",
            ]),
        .testTarget(
            name: "EvidenceTests",
            dependencies: deciding + ["TestSupport", "Evidence"]),
        .testTarget(
            name: "LedgerTests",
            dependencies: deciding + [
                "TestSupport", "Ledger", "Evidence", "RuleTesting", "SQLiteSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .testTarget(
            name: "InventoryTests",
            dependencies: [
                "TestSupport", "Inventory", "TLSInspection", "HealthModel", "LabTLS",
                "SQLiteSupport",
            ]),
        .testTarget(
            name: "NotifyingTests",
            dependencies: deciding + ["Notifying", "LabTLS", "CCurl", "COpenSSL"]),
        .testTarget(
            name: "ExpositionTests",
            dependencies: deciding + ["TestSupport", "Exposition"]),
        .testTarget(
            name: "StatusServerTests",
            dependencies: deciding + [
                "TestSupport", "StatusServer",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "RuleTestingTests",
            dependencies: deciding + ["TestSupport", "RuleTesting", "Catalogue", "YAMLReading"]),
        .testTarget(
            name: "CatalogueTests",
            dependencies: deciding + [
                "TestSupport", "Catalogue", "YAMLReading", "RuleTesting", "PatternMatching",
                .product(name: "Yams", package: "Yams"),
            ]),
        .testTarget(
            name: "LabTests",
            dependencies: [
                "YAMLReading", "Lab", "LabTLS", "TLSInspection", "COpenSSL", "CProbeShims",
                "HealthModel",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .testTarget(
            name: "SimulationTests", dependencies: deciding + ["Simulation"]),
        .testTarget(name: "BenchTests", dependencies: ["TestSupport", "vitaal-bench"]),
        .testTarget(
            name: "ScenarioTests",
            dependencies: deciding + [
                "TestSupport", "Catalogue", "YAMLReading", "Scheduling", "PatternMatching",
                "Ledger", "Notifying", "Simulation",
            ]),
        .testTarget(
            name: "DaemonTests",
            dependencies: deciding + [
                "TestSupport", "Daemon", "StatusServer", "Scheduling", "Probing",
                "TLSInspection", "Inventory", "DurableStore", "Evidence", "Ledger", "Catalogue",
                "YAMLReading",
            ]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "TestSupport", "vitaal", "StatusServer", "Lab", "Catalogue", "YAMLReading",
                "HealthModel", "Evidence",
            ]),
        .testTarget(name: "TidyTests", dependencies: ["TestSupport"], path: "Tests/TidyTests"),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

// Fuzzing needs a compiler flag for everything and has no main function: only on demand (make fuzz).
if Context.environment["VITAAL_FUZZ"] == "1" {
    package.targets.append(
        .executableTarget(
            name: "vitaal-fuzz",
            dependencies: ["TLSInspection", "Probing", "Observing", "ResultFormat", "HealthModel"],
            path: "Tests/Proving/Fuzzing", exclude: ["Corpus"],
            swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]))
}

/// The folders of `Sources` and `Tests`: a module imports those of its own folder and of those before
/// it in this list, never a later one.
let layers: KeyValuePairs = [
    "Model": ["HealthModel"],
    "System": [
        "CCurl", "CLinux", "CLocaleData", "COpenSSL", "CProbeShims", "CPublicSuffix", "CRegex",
        "CUnbound", "PatternMatching", "PollLoop", "SQLiteSupport",
    ],
    "Measuring": ["Scheduling", "TLSInspection", "TLSFindings", "Probing"],
    "Deciding": ["Observing", "Rules", "Incidents", "Routing", "Alerting"],
    "Keeping": ["ResultFormat", "DurableStore", "Evidence", "Ledger", "Inventory"],
    "Telling": ["Notifying", "Exposition", "StatusServer"],
    "Configuring": ["YAMLReading", "RuleTesting", "Catalogue"],
    "Proving": ["LabTLS", "Lab", "Simulation", "vitaal-bench", "Bench", "Scenario"],
    "Running": ["Daemon", "vitaal", "EndToEnd"],
]
for (layer, modules) in layers {
    for target in package.targets where target.path == nil {
        if modules.contains(target.name) { target.path = "Sources/\(layer)/\(target.name)" }
        if target.isTest, modules.contains(String(target.name.dropLast("Tests".count))) {
            target.path = "Tests/\(layer)/\(target.name)"
        }
    }
}
