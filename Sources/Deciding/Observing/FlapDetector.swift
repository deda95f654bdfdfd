import HealthModel

/// Tells a state that changes too often from one that changed: Icinga's algorithm.
///
/// Of the last 20 results each that differs from the one before it counts, the newer the more: the
/// oldest 0.80, each next one 0.02 more. The sum as a share of 20 begins flapping above 30 % and
/// ends it at 25 % or below (Icinga 2, `lib/icinga/checkable-flapping.cpp`).
struct FlapDetector: Sendable, Hashable {
    /// Results that are looked at.
    static let results = 20
    /// Above this sum of weights, in hundredths, flapping begins: 30 % of 20.
    static let beginsAbove = 600
    /// At this sum or below it ends: 25 % of 20.
    static let endsAt = 500

    /// Whether the state changes too often to say.
    private(set) var isFlapping = false
    /// The last results and the one before them, oldest first; before the first one all was well.
    private var states: [HealthState] = [.up]

    /// Makes a detector that has seen nothing.
    init() {}

    /// The weights of the changes, in hundredths: whole numbers, so that a limit is met exactly.
    var sum: Int {
        // Of fewer than 20 results the newest have the weights of the newest.
        let missing = Self.results - (states.count - 1)
        return states.indices.dropFirst().reduce(0) { sum, index in
            states[index] == states[index - 1] ? sum : sum + 80 + 2 * (missing + index - 1)
        }
    }

    /// Takes the state of one more result; not that of a result which says nothing.
    mutating func take(_ state: HealthState) {
        states.append(state)
        if states.count > Self.results + 1 { states.removeFirst() }
        isFlapping = sum > (isFlapping ? Self.endsAt : Self.beginsAbove)
    }

    /// Takes the states of earlier results, oldest first, as if they had come before the others.
    mutating func recall(_ earlier: some Collection<HealthState>) {
        let later = states.dropFirst()
        self = FlapDetector()
        for state in earlier.suffix(Self.results) { take(state) }
        for state in later { take(state) }
    }
}
