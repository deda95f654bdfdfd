import HealthModel

/// The slots of one endpoint: the instants `t` with `(t - offset) % interval == 0`.
struct SlotGrid: Hashable {
    let intervalMilliseconds: Int64
    let offsetMilliseconds: Int64

    init(endpoint: EndpointID, vantage: VantageID, interval: Duration) {
        intervalMilliseconds = max(1, interval.wholeMilliseconds)
        offsetMilliseconds = Int64(
            stableHash(endpoint.text, vantage.text) % UInt64(intervalMilliseconds))
    }

    /// The last slot that is not after `instant`.
    func last(atOrBefore instant: Timestamp) -> Slot {
        let steps = (instant.milliseconds - offsetMilliseconds)
            .flooredQuotient(by: intervalMilliseconds)
        return Slot(milliseconds: offsetMilliseconds + steps * intervalMilliseconds)
    }

    /// The first slot that is not before `instant`.
    func first(atOrAfter instant: Timestamp) -> Slot {
        let slot = last(atOrBefore: instant)
        return slot.instant == instant ? slot : self.slot(slot, plus: 1)
    }

    /// The slot `count` steps after `slot`.
    func slot(_ slot: Slot, plus count: Int64) -> Slot {
        Slot(milliseconds: slot.milliseconds + count * intervalMilliseconds)
    }

    /// How many steps lie between two slots of this grid.
    func steps(from first: Slot, to last: Slot) -> Int {
        Int((last.milliseconds - first.milliseconds) / intervalMilliseconds)
    }
}
