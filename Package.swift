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
        // C quarantine: system libraries and static inline wrappers, no logic.
        .target(name: "CLinux"),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CUnbound", providers: [.apt(["libunbound-dev"])]),
        .systemLibrary(
            name: "CPublicSuffix", pkgConfig: "libpsl", providers: [.apt(["libpsl-dev"])]),
        .target(
            name: "CRegex", linkerSettings: [.linkedLibrary("re2"), .linkedLibrary("stdc++")]),
        .target(name: "CProbeShims", dependencies: ["CCurl", "COpenSSL"]),
        // Takes the place of the ICU data that Foundation brings.
        .target(name: "CLocaleData"),

        // Pure core: time and state come in, values and actions go out.
        .target(name: "HealthModel", swiftSettings: pure + optimised),
        .target(name: "Scheduling", dependencies: ["HealthModel"], swiftSettings: pure + optimised),
        .target(name: "TLSFindings", dependencies: ["HealthModel"], swiftSettings: pure),
        .target(
            name: "ResultStore", dependencies: ["HealthModel"], swiftSettings: pure + optimised),
        .target(
            name: "Alerting", dependencies: ["HealthModel", "ResultStore", "TLSFindings"],
            swiftSettings: pure + optimised),
        .target(
            name: "RuleTesting", dependencies: ["HealthModel", "ResultStore", "Alerting"],
            swiftSettings: pure + optimised),
        .target(
            name: "Simulation",
            dependencies: ["HealthModel", "Scheduling", "ResultStore", "Alerting"],
            swiftSettings: strict + optimised),
        .target(
            name: "Exposition",
            dependencies: ["HealthModel", "ResultStore", "TLSFindings", "Alerting"],
            swiftSettings: pure),

        // Data plane: sockets, TLS, one loop thread per core.
        .target(
            name: "TLSInspection", dependencies: ["HealthModel", "COpenSSL", "CProbeShims"],
            swiftSettings: strict),
        .target(name: "PollLoop", dependencies: ["HealthModel", "CLinux"], swiftSettings: strict),
        .target(
            name: "PatternMatching", dependencies: ["HealthModel", "CRegex"],
            swiftSettings: strict),
        .target(
            name: "Probing",
            dependencies: [
                "HealthModel", "Scheduling", "PollLoop", "TLSInspection", "PatternMatching",
                "CProbeShims", "CCurl", "COpenSSL", "CUnbound", "CPublicSuffix",
            ],
            swiftSettings: strict),

        // Control plane.
        .target(
            name: "Catalogue",
            dependencies: [
                "HealthModel", "Alerting", "RuleTesting", "PatternMatching",
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),
        .target(
            name: "StatusServer",
            dependencies: [
                "HealthModel", "ResultStore", "TLSFindings", "Alerting", "Exposition",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .target(
            name: "LabTLS", dependencies: ["HealthModel", "COpenSSL", "CProbeShims"],
            swiftSettings: strict),
        .target(
            name: "Lab",
            dependencies: [
                "HealthModel", "LabTLS", "COpenSSL",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),
        .target(
            name: "Inventory",
            dependencies: [
                "HealthModel", "TLSInspection", "SQLiteSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .target(
            name: "Evidence", dependencies: ["HealthModel", "Alerting", "COpenSSL"],
            swiftSettings: strict),
        .target(
            name: "Ledger",
            dependencies: [
                "HealthModel", "Alerting", "Evidence", "SQLiteSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .target(
            name: "Notifying",
            dependencies: [
                "HealthModel", "Scheduling", "Alerting", "PollLoop", "CProbeShims", "CCurl",
                "CLinux", "COpenSSL",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: strict),
        .target(
            name: "SQLiteSupport",
            dependencies: [.product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict),
        .target(
            name: "Daemon",
            dependencies: [
                "CLinux", "HealthModel", "Scheduling", "ResultStore", "Alerting", "Exposition",
                "PollLoop", "Inventory", "DurableStore", "Evidence", "Ledger", "Notifying",
                "SQLiteSupport",
                "TLSInspection", "Probing", "Catalogue", "StatusServer",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .target(
            name: "DurableStore",
            dependencies: [
                "HealthModel", "ResultStore",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: strict + optimised),
        .executableTarget(
            name: "vitaal",
            dependencies: [
                "Daemon", "StatusServer", "Lab", "Catalogue", "Probing", "HealthModel", "Alerting",
                "Scheduling", "TLSFindings", "TLSInspection", "Inventory", "DurableStore",
                "ResultStore", "Evidence", "Ledger", "RuleTesting", "CLocaleData",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "vitaal-bench",
            dependencies: [
                "Inventory", "TLSInspection", "HealthModel", "ResultStore", "DurableStore",
                "Simulation", "Scheduling", "Alerting", "LabTLS", "COpenSSL",
            ],
            swiftSettings: strict),

        // Where tests put their files.
        .target(name: "TestFiles", path: "Tests/TestFiles", swiftSettings: strict),
        .testTarget(name: "HealthModelTests", dependencies: ["HealthModel"]),
        .testTarget(name: "TLSFindingsTests", dependencies: ["TLSFindings", "HealthModel"]),
        .testTarget(name: "SchedulingTests", dependencies: ["Scheduling", "HealthModel"]),
        .testTarget(
            name: "ResultStoreTests",
            dependencies: ["ResultStore", "Simulation", "Scheduling", "HealthModel"]),
        .testTarget(
            name: "DurableStoreTests",
            dependencies: [
                "TestFiles", "DurableStore", "ResultStore", "Simulation", "Scheduling",
                "HealthModel",
            ]),
        .testTarget(
            name: "AlertingTests",
            dependencies: ["Alerting", "Scheduling", "ResultStore", "TLSFindings", "HealthModel"]),
        .testTarget(
            name: "ExpositionTests",
            dependencies: ["Exposition", "Alerting", "ResultStore", "HealthModel"]),
        .testTarget(name: "PollLoopTests", dependencies: ["PollLoop", "CLinux", "HealthModel"]),
        .testTarget(
            name: "TLSInspectionTests",
            dependencies: ["TLSInspection", "COpenSSL", "CProbeShims", "HealthModel"]),
        .testTarget(
            name: "ProbingTests",
            dependencies: [
                "TestFiles", "Probing", "Scheduling", "TLSFindings", "TLSInspection", "PollLoop",
                "COpenSSL",
                "CProbeShims", "CCurl", "HealthModel", "LabTLS",
            ]),
        .testTarget(
            name: "CatalogueTests",
            dependencies: [
                "Catalogue", "Alerting", "RuleTesting", "PatternMatching", "HealthModel",
            ]),
        .testTarget(
            name: "RuleTestingTests",
            dependencies: ["RuleTesting", "Catalogue", "Alerting", "ResultStore", "HealthModel"]),
        .testTarget(
            name: "PatternMatchingTests", dependencies: ["PatternMatching", "HealthModel"]),
        .testTarget(
            name: "StatusServerTests",
            dependencies: [
                "StatusServer", "Alerting", "ResultStore", "HealthModel",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "LabTests",
            dependencies: [
                "Lab", "LabTLS", "TLSInspection", "COpenSSL", "CProbeShims", "HealthModel",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .testTarget(
            name: "InventoryTests",
            dependencies: [
                "TestFiles", "Inventory", "TLSInspection", "HealthModel", "LabTLS", "SQLiteSupport",
            ]),
        .testTarget(
            name: "EvidenceTests",
            dependencies: ["TestFiles", "Evidence", "Alerting", "HealthModel"]),
        .testTarget(
            name: "LedgerTests",
            dependencies: [
                "TestFiles", "Ledger", "Evidence", "Alerting", "RuleTesting", "HealthModel",
                "SQLiteSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .testTarget(
            name: "NotifyingTests",
            dependencies: [
                "Notifying", "Scheduling", "Alerting", "HealthModel", "LabTLS", "CCurl", "COpenSSL",
            ]),
        .testTarget(
            name: "ScenarioTests",
            dependencies: [
                "TestFiles", "Catalogue", "Alerting", "Scheduling", "PatternMatching", "Ledger",
                "Notifying",
                "Simulation", "HealthModel",
            ]),
        .testTarget(
            name: "SimulationTests", dependencies: ["Simulation", "Alerting", "HealthModel"]),
        .testTarget(name: "BenchTests", dependencies: ["vitaal-bench"]),
        .testTarget(name: "TidyTests"),
        .testTarget(
            name: "DaemonTests",
            dependencies: [
                "TestFiles", "Daemon", "StatusServer", "Alerting", "HealthModel", "Scheduling",
                "Probing",
                "TLSInspection", "Inventory", "DurableStore", "Evidence", "Ledger", "ResultStore",
                "Catalogue",
            ]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "TestFiles", "vitaal", "StatusServer", "Lab", "Catalogue", "HealthModel",
                "Evidence",
            ]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

// Fuzzing needs a compiler flag for everything and has no main function: only on demand (make fuzz).
if Context.environment["VITAAL_FUZZ"] == "1" {
    package.targets.append(
        .executableTarget(
            name: "vitaal-fuzz",
            dependencies: ["TLSInspection", "Probing", "ResultStore", "HealthModel"],
            path: "Tests/Fuzzing", exclude: ["Corpus"],
            swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]))
}
