import Catalogue
import Foundation
import HealthModel
import RuleTesting
import TestSupport
import Testing

/// The tests that ship with the rules, by the code of `vitaal test`.
struct ShippedTestsTests {
    static let repository = Repository.root

    static func files() throws -> [RuleTestFile] {
        try RuleTestLoader.load(
            path: repository.appendingPathComponent("alerts").path,
            probesDirectory: repository.appendingPathComponent("probes").path)
    }

    @Test func `the shipped rules do what their tests say`() throws {
        for file in try Self.files() {
            let outcomes = file.tests.map { $0.run() }
            let report = RuleTestReport.lines(of: file.path, outcomes).joined(separator: "\n")
            let isOK = outcomes.allSatisfy(\.isOK)
            #expect(isOK, "\(report)")
        }
    }

    @Test func `every shipped rule fires in one test and just does not in another`() throws {
        let files = try Self.files()
        let tests = files.flatMap(\.tests)
        let rules = Set(tests.flatMap(\.rules.rules).map(\.id))
        #expect(rules.count == 23)
        let alerts = tests.flatMap(\.checks).compactMap(\.alerts)
        let firing = Set(alerts.joined().filter { $0.state == .firing }.map(\.rule))
        #expect(rules.subtracting(firing) == [])
        // In force, and at some instant neither firing nor left unlooked at.
        let silent = tests.filter { test in
            test.checks.contains { check in
                check.alerts.map { !$0.contains { $0.state == .firing } } ?? false
            }
        }
        let covered = Set(silent.flatMap(\.rules.rules).map(\.id))
        #expect(rules.subtracting(covered) == [])
    }
}
