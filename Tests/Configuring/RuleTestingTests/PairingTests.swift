import HealthModel
import Testing

@testable import RuleTesting

struct PairingTests {
    /// The most pairs by trying everything.
    private func most(_ fitting: [[Int]], _ used: Set<Int> = [], from index: Int = 0) -> Int {
        guard index < fitting.count else { return 0 }
        var best = most(fitting, used, from: index + 1)
        for place in fitting[index] where !used.contains(place) {
            best = max(best, 1 + most(fitting, used.union([place]), from: index + 1))
        }
        return best
    }

    @Test(arguments: 0..<200) func pairsAsManyAsCanBe(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let (left, right) = (
            Int.random(in: 0...5, using: &generator), Int.random(in: 0...5, using: &generator)
        )
        let fitting = (0..<left).map { _ in
            (0..<right).filter { _ in Bool.random(using: &generator) }
        }
        let pairing = Pairing(Array(0..<left), Array(0..<right)) { fitting[$0].contains($1) }
        let count = most(fitting)
        #expect(pairing.isLeftPaired.count { $0 } == count)
        #expect(pairing.isRightPaired.count { $0 } == count)
        #expect(pairing.isComplete == (count == left && count == right))
    }

    /// The first that fits would take the only one of another.
    @Test func anOpenExpectationYields() {
        #expect(Pairing(["*", "a"], ["a", "b"]) { $0 == "*" || $0 == $1 }.isComplete)
    }
}
