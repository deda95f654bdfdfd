import HealthModel
import Testing

@testable import PollLoop

/// The timers against a plain list that is searched from end to end.
@Suite struct TimerHeapTests {
    @Test(arguments: UInt64(0)..<20) func firesLikeAPlainList(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var heap = TimerHeap()
        var oracle: [(deadline: Int64, number: UInt64)] = []
        var now: Int64 = 0
        var numbers: [UInt64] = []
        for _ in 0..<2000 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<5:
                // Few different deadlines, so that ties are common.
                let deadline = now + Int64.random(in: -3...20, using: &generator)
                let number = heap.insert(deadline: deadline) {}
                numbers.append(number)
                oracle.append((deadline, number))
            case 5..<8:
                // Any number ever given, so that stale ones are cancelled too.
                guard let number = numbers.randomElement(using: &generator) else { continue }
                heap.cancel(number)
                oracle.removeAll { $0.number == number }
            default:
                now += Int64.random(in: 0...8, using: &generator)
                var count = 0
                while heap.popDue(at: now) != nil { count += 1 }
                let due = oracle.filter { $0.deadline <= now }
                #expect(count == due.count)
                oracle.removeAll { $0.deadline <= now }
            }
            #expect(heap.nextDeadline == oracle.map(\.deadline).min())
            #expect(heap.count == oracle.count)
        }
    }

    @Test(arguments: UInt64(0)..<20) func orderIsByDeadlineThenInsertion(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var heap = TimerHeap()
        final class Order { var fired: [Int] = [] }
        let order = Order()
        let deadlines = (0..<200).map { _ in Int64.random(in: 0...10, using: &generator) }
        let numbers = deadlines.enumerated().map { index, deadline in
            heap.insert(deadline: deadline) { order.fired.append(index) }
        }
        let cancelled = Set((0..<200).filter { _ in Bool.random(using: &generator) })
        for index in cancelled { heap.cancel(numbers[index]) }
        while let handler = heap.popDue(at: 10) { handler() }
        let wanted = (0..<200).filter { !cancelled.contains($0) }
            .sorted { (deadlines[$0], $0) < (deadlines[$1], $1) }
        #expect(order.fired == wanted)
    }

    /// A timer for each of many probes is set and cancelled: nothing piles up.
    @Test func leftOversAreBounded() {
        var heap = TimerHeap()
        var largest = 0
        var pending: [UInt64] = []
        for turn in 0..<20_000 {
            pending.append(heap.insert(deadline: Int64(turn) + 1_000_000) {})
            if pending.count > 100 { heap.cancel(pending.removeFirst()) }
            largest = max(largest, heap.entryCount)
        }
        #expect(heap.count == 100)
        #expect(largest <= 2 * 101 + 1)
    }

    @Test func emptyAndStale() {
        var heap = TimerHeap()
        #expect(heap.nextDeadline == nil)
        #expect(heap.popDue(at: .max) == nil)
        heap.cancel(0)
        heap.cancel(7)
        let number = heap.insert(deadline: 5) {}
        #expect(heap.popDue(at: 4) == nil)
        #expect(heap.popDue(at: 5) != nil)
        heap.cancel(number)
        #expect(heap.count == 0)
        #expect(heap.nextDeadline == nil)
    }
}
