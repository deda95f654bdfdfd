/// A binary heap of one-shot timers, the earliest first; those of one deadline in order of
/// insertion.
///
/// Cancelling is O(1): the entry stays behind and is dropped when it comes up, and the heap is
/// rebuilt when most of it is left-overs.
struct TimerHeap {
    private struct Entry {
        var deadline: Int64
        var number: UInt64

        static func < (left: Entry, right: Entry) -> Bool {
            left.deadline == right.deadline
                ? left.number < right.number : left.deadline < right.deadline
        }
    }

    private var entries: [Entry] = []
    private var handlers: [UInt64: () -> Void] = [:]
    private var lastNumber: UInt64 = 0

    /// Timers that have neither fired nor been cancelled.
    var count: Int { handlers.count }

    /// Entries held, left-overs included; tests bound it.
    var entryCount: Int { entries.count }

    /// The earliest deadline; nil when there is no timer.
    var nextDeadline: Int64? {
        mutating get {
            dropCancelled()
            return entries.first?.deadline
        }
    }

    /// Adds a timer and returns its number, never 0.
    mutating func insert(deadline: Int64, handler: @escaping () -> Void) -> UInt64 {
        lastNumber += 1
        handlers[lastNumber] = handler
        entries.append(Entry(deadline: deadline, number: lastNumber))
        siftUp(from: entries.count - 1)
        return lastNumber
    }

    /// Removes a timer; does nothing when it has fired.
    mutating func cancel(_ number: UInt64) {
        guard handlers.removeValue(forKey: number) != nil else { return }
        if entries.count > 64 && entries.count > 2 * handlers.count { rebuild() }
    }

    /// Removes and returns the handler of the earliest timer that is due; nil when none is.
    mutating func popDue(at now: Int64) -> (() -> Void)? {
        dropCancelled()
        guard let first = entries.first, first.deadline <= now else { return nil }
        removeFirst()
        return handlers.removeValue(forKey: first.number)
    }

    private mutating func dropCancelled() {
        while let first = entries.first, handlers[first.number] == nil { removeFirst() }
    }

    private mutating func rebuild() {
        entries.removeAll { handlers[$0.number] == nil }
        entries.sort(by: <)
    }

    private mutating func removeFirst() {
        let last = entries.removeLast()
        guard !entries.isEmpty else { return }
        entries[0] = last
        siftDown()
    }

    private mutating func siftUp(from start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard entries[index] < entries[parent] else { return }
            entries.swapAt(index, parent)
            index = parent
        }
    }

    private mutating func siftDown() {
        var index = 0
        while true {
            var smallest = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < entries.count && entries[child] < entries[smallest] {
                smallest = child
            }
            guard smallest != index else { return }
            entries.swapAt(index, smallest)
            index = smallest
        }
    }
}
