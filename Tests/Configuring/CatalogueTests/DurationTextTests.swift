import HealthModel
import Testing
import YAMLReading

@testable import Catalogue

@Suite struct DurationTextTests {
    @Test(arguments: [
        ("0s", 0), ("1ms", 1), ("250ms", 250), ("60s", 60_000), ("007s", 7000), ("2m", 120_000),
        ("1h", 3_600_000), ("366d", 31_622_400_000),
    ])
    func `reads one number with one unit`(text: String, milliseconds: Int64) {
        #expect(DurationText.parse(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "s", "5", "5 s", " 5s", "5s ", "5S", "1.5s", "1m30s", "-5s", "+5s", "5w", "367d",
        "31622400001ms", "9223372036854775808s", "٥s", "5ｓ",
    ])
    func `refuses everything else`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: [
        ("45m", 2_700_000), ("1h30m", 5_400_000), ("1d2h3m4s5ms", 93_784_005),
        ("365d24h", 31_622_400_000),
    ])
    func `reads a sum where people type it`(text: String, milliseconds: Int64) {
        #expect(DurationText.parseSum(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "1h30", "30m1h", "1h1h", "1.5h", "1h 30m", "-1h", "1h-30m", "366d1ms", "h", "١h",
    ])
    func `refuses what is no sum`(text: String) {
        #expect(DurationText.parseSum(text) == nil)
    }

    @Test(arguments: [
        ("5s..15s", 5000, 15_000), ("0s..0s", 0, 0), ("500ms..1m", 500, 60_000),
    ])
    func `reads a range`(text: String, lower: Int64, upper: Int64) {
        #expect(
            DurationText.parseRange(text) == .milliseconds(lower) ... .milliseconds(upper))
    }

    @Test(arguments: ["5s", "5s...15s", "5s..", "..5s", "15s..5s", "5s..15s..20s", "5..15s"])
    func `refuses what is no range`(text: String) {
        #expect(DurationText.parseRange(text) == nil)
    }

    @Test(arguments: [
        ("60", "60s"), ("5 seconds", "5s"), ("10 Min", "10m"), ("2 hours", "2h"),
        ("1.5s", "1500ms"),
        ("1m30s", "90s"), ("90 s", "90s"), ("0.5h", "30m"), ("24h0.5d", "36h"),
    ])
    func `guesses what was meant`(text: String, suggestion: String) {
        #expect(DurationText.suggestion(for: text) == suggestion)
        #expect(DurationText.parse(suggestion) != nil)
    }

    @Test(arguments: ["", "soon", "-5s", "0.0001ms", "s5", "9999999999d"])
    func `does not guess wildly`(text: String) {
        #expect(DurationText.suggestion(for: text) == nil)
    }

    @Test func `writes what it reads`() {
        var random = SplitMix64(seed: 11)
        for _ in 0..<1000 {
            let duration = Duration.milliseconds(
                Int64.random(in: 0...31_622_400_000, using: &random))
            #expect(DurationText.parse(duration.fileText) == duration)
        }
    }
}
