import Exposition
import HealthModel
import Testing

/// Splits a text made of one family with one sample into the sample's value.
private func written(_ value: SampleValue) -> String {
    var text = PrometheusText()
    text.addFamily("x", .gauge, help: "h", value)
    let line = String(decoding: text.bytes, as: UTF8.self).split(separator: "\n").last ?? ""
    return String(line.dropFirst(2))
}

@Suite struct PrometheusTextTests {
    @Test(arguments: [
        (SampleValue.integer(0), "0"), (.integer(-17), "-17"),
        (.integer(.max), "9223372036854775807"), (.integer(.min), "-9223372036854775808"),
        (.flag(true), "1"), (.flag(false), "0"), (.microseconds(1_500_000), "1.5"),
        (.microseconds(35), "0.000035"), (.microseconds(-35), "-0.000035"),
        (.microseconds(2_000_000), "2"), (.microseconds(.min), "-9223372036854.775808"),
        (.duration(.milliseconds(250)), "0.25"),
        (.timestamp(Timestamp(nanoseconds: 1_795_463_197_042_000_001)), "1795463197.042000001"),
        (.double(0), "0"), (.double(-0.0), "0"), (.double(1.1), "1.1"), (.double(5e-5), "5e-05"),
        (.double(9_007_199_254_740_992), "9007199254740992"),
        (.double(1e300), "1e+300"), (.double(.nan), "NaN"), (.double(.infinity), "+Inf"),
        (.double(-.infinity), "-Inf"),
    ])
    func valuesAreWrittenExactly(value: SampleValue, expected: String) {
        #expect(written(value) == expected)
    }

    @Test func doublesReadBackTheSame() {
        var generator = SplitMix64(seed: 7)
        for _ in 0..<2000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            #expect(Double(written(.double(value))) == value)
        }
    }

    @Test func decimalsReadBackTheSame() {
        var generator = SplitMix64(seed: 8)
        for _ in 0..<2000 {
            let value = Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &generator)
            #expect(Double(written(.microseconds(value))) == Double(value) / 1e6)
        }
    }

    @Test(arguments: [
        "", "plain", #"back\slash"#, "quote\"", "line\nfeed", "\\n", "\\\"\n\\", "}",
        "a,b=\"c\"} 7",
        "\r\n", "\u{0}\u{7F}\u{1B}[31m", "naïve 日本語 👩‍👩‍👧‍👦", "# HELP x y",
    ])
    func labelValuesSurviveARoundTrip(value: String) throws {
        var text = PrometheusText()
        text.openFamily("x", .gauge, help: value)
        text.addSample(LabelSet(["a": value, "b": "z"]), LabelSet("c", value), .integer(1))
        let parsed = try StrictParser(text.bytes)
        #expect(parsed.families.first?.help == value)
        #expect(parsed.samples("x").first?.labels == ["a": value, "b": "z", "c": value])
    }

    @Test func randomLabelValuesSurviveARoundTrip() throws {
        var generator = SplitMix64(seed: 9)
        let alphabet: [Character] = ["\\", "\"", "\n", "n", "{", "}", ",", "=", " ", "é", "👍"]
        for _ in 0..<500 {
            let length = Int.random(in: 0...20, using: &generator)
            let value = String(
                (0..<length).compactMap { _ in alphabet.randomElement(using: &generator) })
            var text = PrometheusText()
            text.openFamily("x", .gauge, help: "h")
            text.addSample(LabelSet("a", value), .integer(1))
            #expect(try StrictParser(text.bytes).samples("x").first?.labels == ["a": value])
        }
    }

    @Test(arguments: [
        (String(repeating: "a", count: Limits.labelValueBytes), Limits.labelValueBytes, false),
        (String(repeating: "a", count: Limits.labelValueBytes + 1), Limits.labelValueBytes, true),
        (String(repeating: "é", count: 128), 256, false),
        (String(repeating: "é", count: 129), 255, true),
        (String(repeating: "👩‍👩‍👧‍👦", count: 11), 253, true),
    ])
    func longLabelValuesAreCutAtACharacter(value: String, bytes: Int, isCut: Bool) throws {
        var text = PrometheusText()
        text.openFamily("x", .gauge, help: "h")
        text.addSample(LabelSet("a", value), .integer(1))
        let kept = try #require(try StrictParser(text.bytes).samples("x").first?.labels["a"])
        #expect(kept.utf8.count == bytes)
        #expect(kept.hasSuffix("…") == isCut)
        #expect(value.hasPrefix(isCut ? String(kept.dropLast()) : kept))
    }

    @Test func aFamilyWithoutSamplesLeavesNoTrace() {
        var text = PrometheusText()
        text.openFamily("empty", .gauge, help: "h")
        text.openFamily("full_total", .counter, help: "h")
        text.addSample(.none, .integer(1))
        #expect(
            String(decoding: text.bytes, as: UTF8.self)
                == "# HELP full_total h\n# TYPE full_total counter\nfull_total 1\n")
    }

    @Test func mistakesOfTheProgrammerStopTheProgram() async {
        await #expect(processExitsWith: .failure) {
            var text = PrometheusText()
            text.openFamily("probes", .counter, help: "a counter without _total")
        }
        await #expect(processExitsWith: .failure) {
            var text = PrometheusText()
            text.openFamily("two words", .gauge, help: "not a name")
        }
        await #expect(processExitsWith: .failure) {
            var text = PrometheusText()
            text.addSample(.none, .integer(1))
        }
        await #expect(processExitsWith: .failure) { _ = LabelSet("__name__", "reserved") }
    }
}
