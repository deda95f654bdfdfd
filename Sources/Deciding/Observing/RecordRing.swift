import HealthModel

/// The last records of one series, sorted by slot; grows as records come, up to `capacity`.
struct RecordRing: Sendable {
    private var records: [ResultRecord] = []
    /// Where the earliest record stands once the ring is full.
    private var head = 0
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    var count: Int { records.count }

    /// The record at `position`, 0 is the earliest.
    subscript(position: Int) -> ResultRecord { records[place(position)] }

    /// The first position whose slot is not before `slot`, by binary search.
    func firstPosition(atOrAfter slot: Slot) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].slot < slot { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The positions of the slots in a window.
    func positions(from: Timestamp, to: Timestamp) -> Range<Int> {
        let first = firstPosition(atOrAfter: Slot(atOrAfter: from))
        return first..<max(first, firstPosition(atOrAfter: Slot(atOrAfter: to)))
    }

    /// Keeps `record` in the order of slots.
    mutating func insert(_ record: ResultRecord, outcome: inout AppendOutcome) {
        // The usual case: later than all others.
        let isLatest = count == 0 || self[count - 1].slot < record.slot
        let position = isLatest ? count : firstPosition(atOrAfter: record.slot)
        if position < count, self[position].slot == record.slot {
            outcome.duplicates += 1
        } else if count < capacity {
            makeRoom()
            // Until the ring is full the head is 0, so positions are places.
            records.insert(record, at: position)
            outcome.appended += 1
        } else if isLatest {
            records[head] = record
            head = head + 1 == capacity ? 0 : head + 1
            outcome.appended += 1
        } else if position == 0 {
            outcome.tooOld += 1
        } else {
            // The earliest goes; what lies before the new one moves down by one.
            for moved in 1..<position { records[place(moved - 1)] = self[moved] }
            records[place(position - 1)] = record
            outcome.appended += 1
        }
    }

    private func place(_ position: Int) -> Int {
        let place = head + position
        return place < records.count ? place : place - records.count
    }

    /// Doubles the room, but never beyond the capacity, which the array by itself would do.
    private mutating func makeRoom() {
        guard records.count == records.capacity else { return }
        records.reserveCapacity(min(capacity, max(4, records.count * 2)))
    }
}

extension Slot {
    /// The earliest slot in whole milliseconds that is not before `instant`.
    init(atOrAfter instant: Timestamp) {
        let whole = instant.milliseconds
        self.init(milliseconds: Timestamp(milliseconds: whole) < instant ? whole + 1 : whole)
    }
}
