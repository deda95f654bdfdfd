import Foundation
import HealthModel
import Testing
import YAMLReading

@testable import Catalogue

/// Files as a tired hand or a broken disk leaves them.
@Suite struct MutationTests {
    private static let scraps = [
        "\t", "\n", ": ", "- ", "[", "]", "{", "}", "'", "\"", "#", "&a ", "*a", "!!str ", "|\n",
        ">\n", "? ", "---\n", "...\n", "%YAML 1.1\n", "\u{0}", "é", "\r", "<<: ", ",", "  ", "~",
    ].map { Array($0.utf8) }

    private func mutated(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 0...12, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes.removeSubrange(place..<end)
            case 1: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 3: bytes.removeLast(bytes.count - place)
            default:
                let scrap = Self.scraps[Int.random(in: 0..<Self.scraps.count, using: &random)]
                bytes.insert(contentsOf: scrap, at: place)
            }
        }
        return bytes
    }

    private func expectPlausible(_ mistakes: [Mistake], in bytes: [UInt8], seed: UInt64) {
        let text = String(decoding: bytes, as: UTF8.self)
        // A mistake may stand behind the end, where something is missing.
        let lines = text.unicodeScalars.split(
            separator: "\n", omittingEmptySubsequences: false)
        for mistake in mistakes {
            let position = mistake.position
            #expect((1...(lines.count + 1)).contains(position.line), "seed \(seed): \(mistake)")
            let width = position.line <= lines.count ? lines[position.line - 1].count : 0
            // A column inside a character is named after the bytes before it.
            #expect((1...(width + 2)).contains(position.column), "seed \(seed): \(mistake)")
            #expect(!mistake.message.isEmpty)
            let isOneLine = mistake.description.unicodeScalars.allSatisfy { $0.value >= 0x20 }
            #expect(isOneLine, "seed \(seed): \(mistake)")
        }
    }

    @Test(arguments: ["probes/identity.yml", "probes/defaults.yml", "probes/income.yml"])
    func `a damaged catalogue never stops the reader`(name: String) throws {
        let original = [UInt8](try Data(contentsOf: repository.appendingPathComponent(name)))
        for seed in 0..<300 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let bytes = mutated(original, &random)
            do {
                _ = try CatalogueReader.read([SourceFile(path: "f", bytes: bytes)])
            } catch {
                expectPlausible(error.mistakes, in: bytes, seed: seed)
            }
        }
    }

    @Test func `damaged rules never stop the reader`() throws {
        let name = "alerts/certificates.yml"
        let original = [UInt8](try Data(contentsOf: repository.appendingPathComponent(name)))
        for seed in 0..<300 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let bytes = mutated(original, &random)
            do {
                _ = try RuleReader.read([SourceFile(path: "f", bytes: bytes)])
            } catch {
                expectPlausible(error.mistakes, in: bytes, seed: seed)
            }
        }
    }
}
