import HealthModel

/// An instant at which an entry or a host needs attention.
struct Wake: Sendable {
    enum Target: Sendable {
        case entry(Int)
        case host(Int)
    }

    var at: Timestamp
    var target: Target
    /// The generation of the target when the wake was set; another one now means it is stale.
    var generation: UInt32
    /// Breaks ties, so that equal instants come out in the order they went in.
    var sequence: UInt64
}

/// A binary heap of wakes, the earliest first.
struct WakeHeap: Sendable {
    private var wakes: [Wake] = []
    private var nextSequence: UInt64 = 0

    var top: Wake? { wakes.first }
    var count: Int { wakes.count }

    /// Adds a wake in O(log n).
    mutating func push(at instant: Timestamp, _ target: Wake.Target, generation: UInt32) {
        wakes.append(
            Wake(at: instant, target: target, generation: generation, sequence: nextSequence))
        nextSequence += 1
        var child = wakes.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard precedes(child, parent) else { return }
            wakes.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the earliest wake in O(log n); nil when there is none.
    @discardableResult mutating func pop() -> Wake? {
        guard let top = wakes.first, let last = wakes.popLast() else { return nil }
        guard !wakes.isEmpty else { return top }
        wakes[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < wakes.count && precedes(child, least) {
                least = child
            }
            guard least != parent else { return top }
            wakes.swapAt(least, parent)
            parent = least
        }
    }

    mutating func removeAll() { wakes.removeAll(keepingCapacity: true) }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        let (left, right) = (wakes[left], wakes[right])
        return left.at == right.at ? left.sequence < right.sequence : left.at < right.at
    }
}

/// A first-in, first-out queue on an array; every operation is O(1) amortised.
struct Queue<Element: Sendable>: Sendable {
    private var elements: [Element] = []
    private var head = 0

    var isEmpty: Bool { head == elements.count }
    var first: Element? { isEmpty ? nil : elements[head] }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard let first else { return nil }
        head += 1
        // Compact when half is dead, so that each element is moved at most once.
        if head * 2 >= elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return first
    }

    mutating func removeAll(where isUnwanted: (Element) -> Bool) {
        elements.removeFirst(head)
        head = 0
        elements.removeAll(where: isUnwanted)
    }
}
