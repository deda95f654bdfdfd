public import HealthModel
public import RuleTesting
public import YAMLReading

/// One file of tests of rules.
public struct RuleTestFile: Sendable, Hashable {
    /// The path as messages show it.
    public var path: String
    /// Its cases.
    public var tests: [RuleTest]
}

/// Finds and reads the tests of rules: `*.test.yml` beside the rules.
public enum RuleTestLoader {
    /// Reads the tests in `path`, the rules beside them, and `probes/` when a test needs it.
    ///
    /// - Parameters:
    ///   - path: A directory of rules, or one file of tests.
    ///   - probesDirectory: The catalogue of tests that have none of their own.
    /// - Returns: The files, sorted by path.
    /// - Throws: every mistake in every file, sorted.
    public static func load(
        path: String, probesDirectory: String
    ) throws(ConfigurationError) -> [RuleTestFile] {
        try load(path: path, probesDirectory: probesDirectory, mayBeEmpty: false)
    }

    /// Checks the tests in a directory of rules without playing them; there need not be any.
    ///
    /// - Parameters:
    ///   - directory: The directory of rules.
    ///   - probesDirectory: The catalogue of tests that have none of their own.
    /// - Returns: How many cases there are.
    /// - Throws: every mistake in every file, sorted.
    public static func check(
        in directory: String, probesDirectory: String
    ) throws(ConfigurationError) -> Int {
        try load(path: directory, probesDirectory: probesDirectory, mayBeEmpty: true)
            .reduce(0) { $0 + $1.tests.count }
    }

    private static func load(
        path: String, probesDirectory: String, mayBeEmpty: Bool
    ) throws(ConfigurationError) -> [RuleTestFile] {
        let log = MistakeLog()
        let isFile = SourceDirectory.isTest(path)
        let slash = path.lastIndex(of: "/")
        let directory = isFile ? slash.map { String(path[..<$0]) } ?? "." : path
        let tests =
            isFile
            ? [SourceDirectory.file(path, log)].compactMap(\.self)
            : SourceDirectory.tests(in: path, log)
        // A directory that cannot be read has been reported.
        let rules = log.count == 0 ? SourceDirectory.files(in: directory, log) : []
        if log.count == 0, tests.isEmpty, !mayBeEmpty {
            log.add(
                at: SourcePosition(file: path), "no test here",
                expected: "files with names ending in `.test.yml`")
        }
        let files = read(tests, ruleFiles: rules, log) {
            CatalogueReader.read(SourceDirectory.files(in: probesDirectory, $0), $0).catalogue
        }
        if let error = log.error { throw error }
        return files
    }

    /// Reads tests that are already in memory: the pure part of `load`.
    ///
    /// - Parameters:
    ///   - tests: The files of tests.
    ///   - ruleFiles: The files of rules beside them.
    ///   - probes: The catalogue of tests that have none of their own.
    /// - Returns: The files, in their order.
    /// - Throws: every mistake in every file, sorted.
    public static func read(
        _ tests: [SourceFile], ruleFiles: [SourceFile], probes: ServiceCatalogue = .empty
    ) throws(ConfigurationError) -> [RuleTestFile] {
        let log = MistakeLog()
        let files = read(tests, ruleFiles: ruleFiles, log) { _ in probes }
        if let error = log.error { throw error }
        return files
    }

    private static func read(
        _ tests: [SourceFile], ruleFiles: [SourceFile], _ log: MistakeLog,
        probes: @escaping (MistakeLog) -> ServiceCatalogue
    ) -> [RuleTestFile] {
        let ruleLog = MistakeLog()
        let rules = RuleReader.reading(ruleFiles, ruleLog).rules
        if let error = ruleLog.error {
            // Tests of rules that cannot be read would only name what is missing.
            log.add(error)
            return []
        }
        var known: ServiceCatalogue?
        return tests.map { file in
            let reader = RuleTestReader(
                file: file, rules: rules,
                probes: {
                    if let known { return known }
                    let probesLog = MistakeLog()
                    let catalogue = probes(probesLog)
                    if let error = probesLog.error {
                        log.add(error)
                        return nil
                    }
                    known = catalogue
                    return catalogue
                }, log: log)
            return RuleTestFile(path: file.path, tests: reader.tests())
        }
    }
}
