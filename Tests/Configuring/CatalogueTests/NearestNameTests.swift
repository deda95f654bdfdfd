import HealthModel
import Testing
import YAMLReading

@testable import Catalogue

@Suite struct NearestNameTests {
    /// The distance by its definition, without a table.
    private func slowDistance(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int {
        guard let first = left.first else { return right.count }
        guard let second = right.first else { return left.count }
        var best = slowDistance(left.dropFirst(), right.dropFirst()) + (first == second ? 0 : 1)
        best = min(best, slowDistance(left.dropFirst(), right) + 1)
        best = min(best, slowDistance(left, right.dropFirst()) + 1)
        if left.count > 1, right.count > 1, first == right[right.startIndex + 1],
            left[left.startIndex + 1] == second
        {
            best = min(best, slowDistance(left.dropFirst(2), right.dropFirst(2)) + 1)
        }
        return best
    }

    @Test func `measures distance as the definition does`() {
        var random = SplitMix64(seed: 7)
        for _ in 0..<300 {
            let words = (0..<2).map { _ in
                (0..<Int.random(in: 0...6, using: &random)).map { _ in
                    UInt8.random(in: 97...99, using: &random)
                }
            }
            #expect(
                NearestName.editDistance(words[0], words[1])
                    == slowDistance(words[0][...], words[1][...]))
        }
    }

    @Test(arguments: [
        ("intervall", "interval"), ("Interval", "interval"), ("itnerval", "interval"),
        ("time_out", "timeout"), ("phase-timeout", "phase_timeouts"), ("tsl", "tls"),
    ])
    func `finds what was meant`(name: String, meant: String) {
        let keys = ["interval", "timeout", "phase_timeouts", "tls", "url"]
        #expect(NearestName.nearest(to: name, among: keys) == meant)
    }

    @Test(arguments: ["", "dns", "x", "colour", String(repeating: "a", count: 129)])
    func `does not guess wildly`(name: String) {
        let keys = ["interval", "timeout", "tls", "y", String(repeating: "a", count: 128)]
        #expect(NearestName.nearest(to: name, among: keys) == nil)
    }

    @Test func `takes the first of equally near names, in any order`() {
        #expect(NearestName.nearest(to: "digic", among: ["digie", "digid"]) == "digid")
        #expect(NearestName.nearest(to: "digic", among: ["digid", "digie"]) == "digid")
    }
}
