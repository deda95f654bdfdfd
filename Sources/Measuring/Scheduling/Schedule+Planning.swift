import HealthModel

extension Schedule {
    // MARK: From slot to start

    /// Moves an entry whose wake has come to its next stage.
    mutating func wakeEntry(_ index: Int, at now: Timestamp) {
        switch entries[index].stage {
        case .planned:
            skipMissed(index, at: now)
            entries[index].stage = .waiting
            counters.waiting += 1
            let host = entries[index].host
            hosts[host].regular.append(index)
            makeReady(host: host, at: now)
            setMissedWake(index)
        case .waiting:
            // It keeps its place in the queue, now for the later slot.
            skipMissed(index, at: now)
            setMissedWake(index)
        case .confirming:
            entries[index].stage = .waitingToConfirm
            counters.waiting += 1
            let host = entries[index].host
            hosts[host].confirmations.append(index)
            makeReady(host: host, at: now)
        case .started, .waitingToConfirm:
            break
        }
    }

    /// Moves on to the slot that is due now, counting those whose time has run out.
    private mutating func skipMissed(_ index: Int, at now: Timestamp) {
        let entry = entries[index]
        let current = entry.grid.last(atOrBefore: now)
        guard current > entry.slot else { return }
        reportMissed(
            index, first: entry.slot, count: entry.grid.steps(from: entry.slot, to: current))
        entries[index].slot = current
    }

    /// Wakes a waiting entry at its next slot, when the present one counts as missed.
    private mutating func setMissedWake(_ index: Int) {
        let entry = entries[index]
        setWake(entry: index, at: entry.grid.slot(entry.slot, plus: 1).instant)
    }

    mutating func start(_ index: Int, at now: Timestamp) -> Order {
        let isConfirmation = entries[index].stage == .waitingToConfirm
        entries[index].stage = .started
        entries[index].isInFlight = true
        // No wake while in flight: the owner's time limits guarantee the end.
        entries[index].wakeGeneration &+= 1
        let host = entries[index].host
        hosts[host].inFlight += 1
        hosts[host].users += 1
        hosts[host].lastStart = now
        pacer?.take(at: now)
        counters.waiting -= 1
        counters.inFlight += 1
        counters.starts += 1
        counters.confirmations += isConfirmation ? 1 : 0
        let entry = entries[index]
        return Order(
            endpoint: entry.endpoint, slot: entry.slot, attempt: isConfirmation ? 2 : 1,
            entry: index, generation: entry.generation)
    }

    // MARK: From outcome to the next slot

    /// When a failed first attempt is tried again; nil when its result is final.
    mutating func confirmationTime(
        of result: ProbeResult, order: Order, now: Timestamp
    ) -> Timestamp? {
        let entry = entries[order.entry]
        guard order.attempt == 1, entry.downSince == nil, result.reason?.meaning == .failure,
            let range = entry.endpoint.probe.confirmation
        else { return nil }
        // The second attempt should end before the next slot is missed, where that can be.
        let nextEnd = entry.grid.slot(order.slot, plus: 2).instant
        let latest =
            nextEnd - entry.endpoint.probe.timeout - ScheduleLimits.confirmationMargin - now
        let lower = max(range.lowerBound, .zero).nanoseconds
        let upper = max(lower, min(range.upperBound, latest).nanoseconds)
        let delay = Duration.nanoseconds(Int64.random(in: lower...upper, using: &random))
        if let rest = requestedRest(result), rest > delay { return nil }
        return now + delay
    }

    func merge(_ result: ProbeResult, into order: Order) -> ProbeResult {
        guard order.attempt == 2, let first = entries[order.entry].firstResult else {
            return result
        }
        var merged = result
        merged.attempts = 2
        merged.firstReason = first.reason
        merged.latenessMicroseconds = first.latenessMicroseconds
        return merged
    }

    /// How long the server asked to be left alone; nil when it did not.
    private func requestedRest(_ result: ProbeResult) -> Duration? {
        guard let reason = result.reason, let seconds = result.retryAfterSeconds, seconds > 0,
            reason.meaning == .blocked || [429, 503].contains(result.http?.status)
        else { return nil }
        return min(
            .seconds(seconds), limits.accelerated(ScheduleLimits.leaveAloneMax))
    }

    /// Draws the conclusions of a final result for the pace of the endpoint.
    ///
    /// Down for longer than `backOffAfter`: the interval doubles with every failure up to
    /// `failureIntervalMax`. Blocked: it doubles from the first refusal up to `leaveAloneMax`.
    /// A fault of the monitor changes nothing; every other outcome restores the interval.
    mutating func noteOutcome(_ result: ProbeResult, entry index: Int, at now: Timestamp) {
        var entry = entries[index]
        entry.firstResult = nil
        entry.leaveAloneUntil = requestedRest(result).map { now + $0 }
        switch result.reason?.meaning {
        case .monitor: break
        case .failure:
            let downSince = entry.downSince ?? now
            entry.downSince = downSince
            if now - downSince > limits.accelerated(ScheduleLimits.backOffAfter) {
                entry.stride = doubled(entry, upTo: ScheduleLimits.failureIntervalMax)
            } else {
                entry.stride = 1
            }
        case .blocked:
            entry.downSince = nil
            entry.stride = doubled(entry, upTo: ScheduleLimits.leaveAloneMax)
        case nil, .slow, .busy, .maintenance:
            entry.downSince = nil
            entry.stride = 1
        }
        entries[index] = entry
    }

    private func doubled(_ entry: Entry, upTo intervalMax: Duration) -> Int64 {
        let most =
            limits.accelerated(intervalMax).wholeMilliseconds
            / entry.grid.intervalMilliseconds
        return max(1, min(entry.stride * 2, most))
    }

    /// Plans the next slot of an entry whose slot has its result.
    mutating func planNext(entry index: Int, at now: Timestamp) {
        let entry = entries[index]
        let grid = entry.grid
        // A slot in the future means that the clock was set back: go on from the present.
        // Rounding down matters only when a reload changed the grid under the slot.
        let done = grid.last(atOrBefore: min(entry.slot.instant, now))
        var next = grid.slot(done, plus: entry.stride)
        if let until = entry.leaveAloneUntil {
            next = max(next, grid.first(atOrAfter: until))
        }
        counters.backedOffSlots += grid.steps(from: done, to: next) - 1
        plan(index, slot: next, at: now)
    }

    /// Plans a slot; one that has already begun is woken now, not in the past, so that a slot
    /// delayed by a slow confirmation is not taken for a clock set forward.
    mutating func plan(_ index: Int, slot: Slot, at now: Timestamp) {
        entries[index].slot = slot
        entries[index].stage = .planned
        setWake(entry: index, at: max(slot.instant, now))
    }

    // MARK: A clock that was set

    /// Looks whether the wall clock was set since the last call, and plans anew when it was.
    mutating func noticeClock(_ now: Timestamp) {
        defer { lastSeen = now }
        guard let lastSeen else { return }
        if now < lastSeen - ScheduleLimits.clockStepBackMin {
            counters.clockSteps += 1
            replanBackward(from: lastSeen, to: now)
        } else if let first = wakes.top?.at,
            now - first > ScheduleLimits.clockStepForwardMin
        {
            counters.clockSteps += 1
            replanForward(to: now)
        }
    }

    /// Skips the slots in between instead of starting them all at once.
    private mutating func replanForward(to now: Timestamp) {
        for index in entryOfEndpoint.values {
            let entry = entries[index]
            guard entry.stage == .planned, entry.slot.instant < now else { continue }
            let next = entry.grid.first(atOrAfter: now)
            reportMissed(
                index, first: entry.slot, count: entry.grid.steps(from: entry.slot, to: next))
            plan(index, slot: next, at: now)
        }
        dropStaleWakes()
    }

    /// Moves every instant kept by the same step, so that remaining times stay what they were.
    private mutating func replanBackward(from before: Timestamp, to now: Timestamp) {
        let step = now - before
        wakes.removeAll()
        pacer?.shift(by: step)
        for index in hosts.indices {
            hosts[index].lastStart = hosts[index].lastStart.map { $0 + step }
            hosts[index].hasWake = false
        }
        for index in entryOfEndpoint.values {
            let entry = entries[index]
            entries[index].downSince = entry.downSince.map { $0 + step }
            entries[index].leaveAloneUntil = entry.leaveAloneUntil.map { $0 + step }
            switch entry.stage {
            case .planned:
                let isBackingOff = entry.stride > 1 || entry.leaveAloneUntil != nil
                let earliest = isBackingOff ? max(now, entry.slot.instant + step) : now
                plan(index, slot: entry.grid.first(atOrAfter: earliest), at: now)
            case .waiting:
                entries[index].slot = entry.grid.last(atOrBefore: now)
                setMissedWake(index)
            case .confirming(let at):
                entries[index].stage = .confirming(at: at + step)
                setWake(entry: index, at: at + step)
            case .started, .waitingToConfirm: break
            }
        }
        for index in hosts.indices where hosts[index].users > 0 { makeReady(host: index, at: now) }
    }
}
