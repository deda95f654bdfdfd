/// Pairs what was expected with what came, as many of them as can be.
///
/// An expectation may leave things open and fit several; taking the first that fits could leave
/// another without its only one. Augmenting paths (Kuhn) find the most pairs.
struct Pairing {
    /// Whether each expectation has come.
    private(set) var isLeftPaired: [Bool]
    /// Whether each thing that came was expected.
    private(set) var isRightPaired: [Bool]

    /// Whether both sides are paired in full.
    var isComplete: Bool { isLeftPaired.allSatisfy(\.self) && isRightPaired.allSatisfy(\.self) }

    init<Left, Right>(_ left: [Left], _ right: [Right], fits: (Left, Right) -> Bool) {
        let fitting = left.map { one in right.indices.filter { fits(one, right[$0]) } }
        var owner = [Int?](repeating: nil, count: right.count)
        func pair(_ index: Int, _ seen: inout Set<Int>) -> Bool {
            for place in fitting[index] where seen.insert(place).inserted {
                if owner[place].map({ pair($0, &seen) }) ?? true {
                    owner[place] = index
                    return true
                }
            }
            return false
        }
        isLeftPaired = left.indices.map { index in
            var seen: Set<Int> = []
            return pair(index, &seen)
        }
        isRightPaired = owner.map { $0 != nil }
    }
}
