import Foundation
import TestSupport
import Testing

@testable import vitaal_bench

/// Whether a benchmark that got worse is told apart from one that did not.
struct ThresholdsTests {
    private static let names = BenchmarkRatio.allCases

    /// A file that gives every ratio 0.4, with some entries replaced or, by nil, left out.
    private static func file(_ changes: [String: String?] = [:]) -> Data {
        var entries = Dictionary(
            uniqueKeysWithValues: names.map { ($0.rawValue, #"{"ratio": 0.4}"#) })
        for (name, entry) in changes { entries[name] = entry }
        let body = entries.map { "\"\($0)\": \($1)" }.joined(separator: ", ")
        return Data("{\(body)}".utf8)
    }

    /// Every ratio as measured, with some of another value or, by nil, not measured.
    private static func measured(
        _ changes: [BenchmarkRatio: Double?] = [:]
    ) -> [BenchmarkRatio: Double] {
        var ratios = Dictionary(uniqueKeysWithValues: names.map { ($0, 0.4) })
        for (name, ratio) in changes { ratios[name] = ratio }
        return ratios
    }

    private static func mistake(in json: Data) -> String? {
        do {
            _ = try Thresholds(json: json)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func theFileOfTheProjectIsRead() throws {
        let thresholds = try Thresholds.read(
            from: Repository.root.appending(path: Thresholds.path).path)
        #expect(thresholds.thresholds.count == Self.names.count)
        #expect(thresholds.thresholds[.httpOverBlackbox]?.target == 0.17)
        #expect(thresholds.thresholds[.httpsOverHandshake]?.target == nil)
    }

    @Test func whatIsWorseByLessThanTheSlackIsFine() throws {
        let thresholds = try Thresholds(json: Self.file())
        #expect(thresholds.complaints(about: Self.measured()) == [])
        let atTheLimit = Self.measured([.httpOverBlackbox: 0.4 * Thresholds.slack])
        #expect(thresholds.complaints(about: atTheLimit) == [])
    }

    @Test func whatIsWorseIsNamedWithBothFigures() throws {
        let thresholds = try Thresholds(json: Self.file())
        let worse = Self.measured([.httpOverBlackbox: 0.47, .httpsOverPeers: 0.1])
        #expect(
            thresholds.complaints(about: worse) == [
                "http_over_blackbox is 0.47, more than 1.15 × 0.40 of Benchmarks/thresholds.json"
            ])
        #expect(thresholds.complaints(about: Self.measured([.httpsOverPeers: .nan])).count == 1)
    }

    @Test func whatWasNotMeasuredIsNoProof() throws {
        let thresholds = try Thresholds(json: Self.file())
        #expect(
            thresholds.complaints(about: Self.measured([.httpsOverPeers: nil])) == [
                "https_over_peers was not measured"
            ])
    }

    @Test func namesMustBeKnownAndComplete() {
        #expect(
            Self.mistake(in: Self.file(["https_over_pears": #"{"ratio": 1}"#]))
                == "unknown ratio 'https_over_pears'")
        #expect(
            Self.mistake(in: Self.file(["https_over_peers": nil]))
                == "ratio 'https_over_peers' is missing")
        #expect(Self.mistake(in: Self.file()) == nil)
    }

    @Test(arguments: [
        "0.4", #"{"target": 1}"#, #"{"ratio": 0}"#, #"{"ratio": -1}"#, #"{"ratio": "0.4"}"#,
        #"{"ratio": 1, "target": null}"#, #"{"ratio": 1, "targt": 1}"#,
    ])
    func everyEntryHasARatio(_ entry: String) {
        #expect(
            Self.mistake(in: Self.file(["https_over_peers": entry]))?
                .hasPrefix("'https_over_peers' must have") == true)
    }

    @Test(arguments: ["", "{", "[]", "7"])
    func somethingElseIsRefused(_ text: String) {
        #expect(Self.mistake(in: Data(text.utf8))?.hasPrefix("no JSON") == true)
    }

    @Test func aFileThatIsNotThereIsNamed() {
        #expect(throws: BenchError.self) { try Thresholds.read(from: "/nowhere/thresholds.json") }
    }
}
